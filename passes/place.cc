// See place.h.
#include "passes/place.h"

#include <algorithm>
#include <set>

#include "ir/reach.h"
#include "ir/traffic.h"
#include "passes/plan.h"

namespace tinycc {
namespace {

/// Devices take parts of a buffer that start at a multiple of this many bytes.
constexpr int64_t kDeviceAlign = 512;

/// Whole vectors; with speed in mind, whole lines of a cache.
int64_t alignment(const Target& target) {
  if (target.is_device()) return kDeviceAlign;
  if (!target.has_vectors()) return 8;
  const bool lines = target.prefer == Prefer::speed && target.vector_bytes >= 16;
  return std::max<int64_t>(target.vector_bytes, lines ? 64 : 4);
}

bool recomputes(const StmtRef& body, int64_t target) {
  bool overlap = false;
  walk(body, [&](const Stmt& s) {
    if (s.kind != StmtKind::store || s.buffer->id != target) return;
    for (Expr i : s.index) {
      for (Expr n : topological({i})) overlap |= n->is(Op::min) || n->is(Op::max);
    }
  });
  return overlap;
}

class Placer {
 public:
  Placer(const Draft& draft, const std::vector<Unit>& units, const std::vector<int64_t>& bands,
         int64_t enough, Program& program)
      : draft_(draft), units_(units), bands_(bands), enough_(enough), program_(program) {
    for (size_t i = 0; i < units.size(); ++i) {
      const bool goes_on = i > 0 && bands[i] >= 0 && bands[i] == bands[i - 1];
      times_.push_back(i == 0 ? 0 : times_.back() + (goes_on ? 0 : 1));
    }
  }

  void run() {
    find_lives();
    add_lifetimes();
    place_arena();
    for (const auto& [id, b] : draft_.buffers) {
      if (b.space == Space::arena || b.space == Space::weight) continue;
      program_.buffers[id] = {
          std::make_shared<const Buffer>(b),    -1, first_.count(id) != 0 ? first_[id] : 0,
          last_.count(id) != 0 ? last_[id] : 0, -1, -1};
    }
  }

 private:
  void find_lives() {
    for (size_t i = 0; i < units_.size(); ++i) {
      for (const BufferRef& b : units_[i].kernel.parameters) last_[b->id] = times_[i];
      for (const int64_t id : units_[i].kernel.outputs) first_.try_emplace(id, times_[i]);
    }
    for (const auto& [id, loop] : draft_.loops) live_through(id);
  }

  /// What a loop finds from outside or leaves behind lives through all of its turns.
  void live_through(int64_t loop) {
    int64_t begin = -1, end = -1;
    for (size_t i = 0; i < units_.size(); ++i) {
      const std::vector<int64_t> around = loops_around(draft_, units_[i].parts[0]->loop);
      if (std::find(around.begin(), around.end(), loop) == around.end()) continue;
      if (begin < 0) begin = times_[i];
      end = times_[i];
    }
    for (auto& [buffer, from] : first_) {
      int64_t& to = last_[buffer];
      const bool touches = from <= end && to >= begin, inside = from >= begin && to <= end;
      if (!touches || (inside && draft_.loops.at(loop).until != buffer)) continue;
      from = std::min(from, begin);
      to = std::max(to, end);
    }
  }

  void add_lifetimes() {
    ImagePlan images(program_.images);
    std::set<int64_t> started;
    for (size_t i = 0; i < units_.size(); ++i) {
      for (const int64_t id : units_[i].kernel.outputs) {
        const Buffer& b = draft_.buffers.at(id);
        if (b.space != Space::arena || !started.insert(id).second) continue;
        if (b.is_image())
          program_.buffers[id] = images.place(b, first_[id], last_[id]);
        else
          lifetimes_.push_back(
              {id, b.bytes(), first_[id], last_[id], in_place(i), written_over(i, b)});
      }
    }
  }

  /// A buffer whose memory the kernel's result can take over: read for the last time here, element
  /// for element where the result is written.
  int64_t in_place(size_t step) const {
    const Unit& u = units_[step];
    const Computation& c = *u.parts[0];
    if (u.parts.size() > 1 || bands_[step] >= 0 || recomputes(u.kernel.body, c.target)) return -1;
    const Buffer& to = draft_.buffers.at(c.target);
    const std::vector<Expr> loads = loads_in(c.value);
    for (Expr l : loads) {
      const Buffer& from = draft_.buffers.at(l->attr.ints[0]);
      if (last_.count(from.id) == 0 || last_.at(from.id) != times_[step]) continue;
      if (!reads_in_place(draft_, c, l) || !(from.layout == to.layout)) continue;
      if (from.layout.has_halo() && from.halo_value != to.halo_value) continue;
      const bool same_place = std::all_of(loads.begin(), loads.end(), [&](Expr other) {
        return other->attr.ints[0] != from.id || other->sources == c.index;
      });
      if (same_place) return from.id;
    }
    return -1;
  }

  /// What else the step may write over as it goes: of scalar loops only, whose order is the text's.
  std::vector<std::pair<int64_t, int64_t>> written_over(size_t step, const Buffer& to) const {
    const Computation& c = *units_[step].parts[0];
    if (!is_tight(draft_.target) || c.loop >= 0) return {};
    if (first_.at(to.id) != times_[step]) return {};
    std::vector<std::pair<int64_t, int64_t>> over;
    for (const auto& [id, last] : last_) {
      const auto found = draft_.buffers.find(id);
      if (found == draft_.buffers.end() || found->second.space != Space::arena) continue;
      if (last != times_[step] || first_.at(id) == last) continue;
      const std::optional<int64_t> lag = bands_[step] >= 0
                                             ? lag_in_band(step, id, to.id)
                                             : lag_of(units_[step].kernel, found->second, to);
      if (lag) over.emplace_back(id, *lag);
    }
    return over;
  }

  std::optional<int64_t> lag_in_band(size_t step, int64_t read, int64_t written) const {
    int64_t band = bands_[step];
    const auto found =
        std::find_if(program_.steps.begin(), program_.steps.end(),
                     [&](const Step& s) { return s.kind == Step::Kind::block && band-- == 0; });
    return lag_of(program_, calls_in(program_, *found), read, written);
  }

  void place_arena() {
    program_.arena_align = alignment(draft_.target);
    for (const auto& [id, b] : draft_.buffers) {
      if (b.dtype == DType::f64 || b.dtype == DType::i64)
        program_.arena_align = std::max<int64_t>(8, program_.arena_align);
    }
    program_.memories = draft_.target.memories;
    if (!program_.memories.empty()) {
      const std::map<int64_t, int64_t> accessed = accessed_bits(program_);
      for (Lifetime& l : lifetimes_) l.accessed = accessed.at(l.buffer);
    }
    const Plan plan =
        plan_memory(lifetimes_, program_.arena_align, enough_, program_.memories);
    for (size_t m = 0; m < program_.memories.size(); ++m) program_.memories[m].bytes = plan.used[m];
    program_.arena_bytes = plan.bytes;
    program_.arena_bound_bytes = plan.bound;
    for (const Lifetime& l : lifetimes_) {
      program_.buffers[l.buffer] = {std::make_shared<const Buffer>(draft_.buffers.at(l.buffer)),
                                    plan.offsets.at(l.buffer),
                                    l.first,
                                    l.last,
                                    l.in_place_of,
                                    -1};
    }
  }

  const Draft& draft_;
  const std::vector<Unit>& units_;
  const std::vector<int64_t>& bands_;
  int64_t enough_;
  Program& program_;
  std::vector<int64_t> times_;               // of units: those of a band have the same
  std::map<int64_t, int64_t> first_, last_;  // by buffer: times
  std::vector<Lifetime> lifetimes_;
};

}  // namespace

void place_buffers(const Draft& draft, const std::vector<Unit>& units,
                   const std::vector<int64_t>& bands, int64_t enough, Program& program) {
  Placer(draft, units, bands, enough, program).run();
}

std::vector<int64_t> loops_around(const Draft& draft, int64_t loop) {
  std::vector<int64_t> path;
  for (; loop >= 0; loop = draft.loops.at(loop).parent) path.insert(path.begin(), loop);
  return path;
}

}  // namespace tinycc
