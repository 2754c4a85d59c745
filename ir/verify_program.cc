// The verifier of programs; see verify.h. Time is counted in calls, in the order of the text. A
// buffer lives from its first use to its last; one that a repeat reads before it writes lives
// through the whole repeat, since the next turn reads what this one left.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ir/image.h"
#include "ir/reach.h"
#include "ir/simplify.h"
#include "ir/verify.h"

namespace tinycc {
namespace {

constexpr int64_t kNever = INT64_MAX;

struct Life {
  int64_t first = kNever, last = -1;
  bool written = false;  // anything, so far
};

class ProgramVerifier {
 public:
  ProgramVerifier(const Program& program, std::string_view after)
      : program_(program), after_(after) {}

  void run() {
    for (const Kernel& k : program_.kernels) verify(k, after_);
    memories();
    for (const auto& [id, placed] : program_.buffers) buffer(id, placed);
    for (const Port& p : program_.inputs) begin(p);
    for (const Port& p : program_.states) begin(p);
    steps(program_.steps);
    for (const Port& p : program_.outputs) end(p);
    for (const Port& p : program_.states) end(p);
    overlaps();
  }

 private:
  void check(bool holds, const std::string& what) const {
    if (holds) return;
    const std::string pass = after_.empty() ? "" : "after " + std::string(after_) + ": ";
    bug(pass + "program " + program_.name + where_ + ": " + what, __FILE__, __LINE__);
  }
  const Buffer& known(int64_t id) const {
    const auto found = program_.buffers.find(id);
    check(found != program_.buffers.end(), "no buffer " + std::to_string(id));
    return *found->second.buffer;
  }
  /// Does it share memory with others, the arena or an image?
  bool shares(int64_t id) const {
    const Placed& p = program_.buffers.at(id);
    return p.offset >= 0 || p.image >= 0;
  }

  void memories() const;
  void buffer(int64_t id, const Placed& placed);
  void begin(const Port& port);
  void end(const Port& port);
  void use(int64_t id, bool reads, bool writes);
  void steps(const std::vector<Step>& steps) {
    for (const Step& s : steps) step(s);
  }
  void step(const Step& s);
  void repeat(const Step& s);
  void block(const Step& s);
  void call(const Step& s);
  void overlaps() const;
  bool trails(int64_t a, int64_t b) const;

  const Program& program_;
  std::string_view after_;
  std::string where_;
  int64_t now_ = 0;
  std::vector<const Step*> calls_, blocks_;  // by time; null: within a repeat, not within a block
  int64_t repeats_ = 0;                      // under way
  const Step* block_ = nullptr;
  std::map<int64_t, Life> lives_;
  std::unordered_set<std::string> names_;  // of buffers
};

void ProgramVerifier::memories() const {
  int64_t sum = 0;
  for (const Bank& m : program_.memories) {
    check(m.bytes <= m.size, "more lies in " + m.name + " than it has");
    check(m.bytes % program_.arena_align == 0, m.name + " ends within a unit of alignment");
    sum += m.bytes;
  }
  check(program_.memories.empty() || sum == program_.arena_bytes, "memories that are not the arena");
}

void ProgramVerifier::buffer(int64_t id, const Placed& placed) {
  check(placed.buffer != nullptr && placed.buffer->id == id, "a buffer under another's id");
  const Buffer& b = *placed.buffer;
  check(names_.insert(b.name).second, "two buffers called " + b.name);
  const auto value = program_.weights.find(id);
  if (value != program_.weights.end()) {
    check(value->second.dtype == b.dtype && value->second.count() == b.elements(),
          "the value of " + b.name + " does not fit its layout");
  }
  if (placed.image >= 0) {
    check(b.is_image() && placed.image < std::ssize(program_.images), b.name + " is no image");
    const Image& i = program_.images[static_cast<size_t>(placed.image)];
    const ImageSize size = image_size(b);
    check(i.dtype == b.dtype && size.width <= i.width && size.height <= i.height,
          b.name + " does not fit its image");
  } else if (placed.offset >= 0) {
    const auto [memory, offset] = place_in_memory(program_, placed.offset);
    check(offset + b.bytes() <= bytes_of_memory(program_, memory),
          b.name + (program_.memories.empty() ? " leaves the arena" : " leaves its memory"));
    check(placed.offset % std::max<int64_t>(bytes_of(b.dtype), 1) == 0, b.name + " is not aligned");
  } else {
    check(b.space != Space::arena, b.name + " has no place in the arena");
  }
  if (b.space == Space::weight || b.space == Space::state) lives_[id].written = true;
}

void ProgramVerifier::begin(const Port& port) {
  known(port.buffer);
  lives_[port.buffer] = {-1, -1, true};
}

void ProgramVerifier::end(const Port& port) {
  where_ = ", at its end";
  if (count_of(known(port.buffer).shape) > 0) use(port.buffer, true, false);
}

void ProgramVerifier::use(int64_t id, bool reads, bool writes) {
  Life& life = lives_[id];
  check(!reads || life.written, known(id).name + " is read before anything wrote it");
  life.written |= writes;
  life.first = std::min(life.first, now_);
  life.last = std::max(life.last, now_);
}

void ProgramVerifier::step(const Step& s) {
  switch (s.kind) {
    case Step::Kind::call: return call(s);
    case Step::Kind::repeat: return repeat(s);
    case Step::Kind::select: {
      known(s.condition);
      use(s.condition, true, false);
      check(s.body.size() == 2, "a select without two branches");
      return steps(s.body);
    }
    case Step::Kind::block: return block(s);
  }
}

/// Rows that a ring keeps are still there when they are read.
void ProgramVerifier::block(const Step& s) {
  const Step* outside = std::exchange(block_, &s);
  steps(s.body);
  block_ = outside;
  std::map<std::pair<const Step*, size_t>, Reach> reaches;
  std::map<int64_t, std::map<int64_t, int64_t>> rows;  // by ring and place
  for (const Called& c : calls_in(program_, s)) {
    const Kernel& k = program_.kernels[c.step->kernel];
    for (size_t i = 0; i < k.parameters.size(); ++i) {
      const int64_t id = c.step->arguments[i];
      const auto [dim, kept] = ring_of(known(id));
      if (dim < 0 || known(id).space != Space::arena) continue;
      const Reach& reach = reaches.try_emplace({c.step, i}, k, *k.parameters[i]).first->second;
      const Interval in = reach.rows(static_cast<size_t>(dim), false, c.scalars),
                     out = reach.rows(static_cast<size_t>(dim), true, c.scalars);
      for (int64_t r = in.low; r <= in.high; ++r) {
        const auto found = rows[id].find(r % kept);
        check(found != rows[id].end() && found->second == r,
              known(id).name + " no longer has row " + std::to_string(r));
      }
      for (int64_t r = out.low; r <= out.high; ++r) rows[id][r % kept] = r;
    }
  }
}

/// What the body reads of what lived before, or leaves to its next turn, lives through all of it.
void ProgramVerifier::repeat(const Step& s) {
  const std::map<int64_t, Life> before = lives_;
  const int64_t start = now_;
  ++repeats_;
  steps(s.body);
  --repeats_;
  if (s.condition >= 0) use(s.condition, true, false);
  for (auto& [id, life] : lives_) {
    const auto earlier = before.find(id);
    const bool used = life.last >= start;
    if (used && earlier != before.end() && earlier->second.written) {
      life.first = std::min(life.first, start);
      life.last = std::max(life.last, now_ - 1);
    }
  }
}

void ProgramVerifier::call(const Step& s) {
  check(s.kernel < program_.kernels.size(), "a call of no kernel");
  const Kernel& k = program_.kernels[s.kernel];
  where_ = ", call of " + k.name;
  check(s.arguments.size() == k.parameters.size(), "a wrong number of arguments");
  check(s.scalars.size() == k.scalars.size(), "a wrong number of scalars");
  for (size_t i = 0; i < s.arguments.size(); ++i) {
    const Buffer &parameter = *k.parameters[i], &argument = known(s.arguments[i]);
    check(parameter.dtype == argument.dtype && parameter.shape == argument.shape &&
              parameter.layout == argument.layout,
          argument.name + " does not fit parameter " + parameter.name);
    const bool written = std::count(k.outputs.begin(), k.outputs.end(), parameter.id) != 0;
    check(!written || argument.space != Space::weight, argument.name + " is constant");
    use(s.arguments[i], !written, written);
  }
  for (size_t i = 0; i < s.scalars.size(); ++i) {
    const Interval values = bounds(s.scalars[i]);
    check(values.low >= 0 && values.high < extent_of(k.scalars[i]),
          "scalar " + k.scalars[i]->attr.name + " may leave its range");
  }
  calls_.push_back(repeats_ == 0 || block_ ? &s : nullptr);
  blocks_.push_back(block_);
  ++now_;
}

/// Does the call, or the block, that begins `b` write it over `a` behind its last reads of that?
bool ProgramVerifier::trails(int64_t a, int64_t b) const {
  const Life &read = lives_.at(a), &written = lives_.at(b);
  if (written.first < 0 || read.first >= written.first) return false;
  const Step *call = calls_[static_cast<size_t>(written.first)],
             *block = blocks_[static_cast<size_t>(written.first)];
  if (call == nullptr || read.last >= std::ssize(blocks_)) return false;
  std::optional<int64_t> lag;
  if (block != nullptr && blocks_[static_cast<size_t>(read.last)] == block) {
    lag = lag_of(program_, calls_in(program_, *block), a, b);
  } else if (block == nullptr && read.last == written.first) {
    const Kernel& k = program_.kernels[call->kernel];
    const Buffer *in = parameter_of(k, *call, a), *out = parameter_of(k, *call, b);
    if (in != nullptr && out != nullptr) lag = lag_of(k, *in, *out);
  }
  return lag && program_.buffers.at(a).offset - program_.buffers.at(b).offset >= *lag;
}

/// What lives at the same time must not lie at the same place. In the order of the first steps, so that
/// each meets those alone that are still alive.
void ProgramVerifier::overlaps() const {
  std::vector<int64_t> placed, alive;
  for (const auto& [id, life] : lives_) {
    if (shares(id) && life.last >= life.first) placed.push_back(id);
  }
  std::sort(placed.begin(), placed.end(), [&](int64_t a, int64_t b) {
    return std::pair(lives_.at(a).first, a) < std::pair(lives_.at(b).first, b);
  });
  std::unordered_map<int64_t, int64_t> homes;  // whose memory a chain of buffers took over
  for (const int64_t b : placed) {
    const Placed& pb = program_.buffers.at(b);
    const auto from = homes.find(pb.same_as);
    homes[b] = from == homes.end() ? b : from->second;
    const int64_t first = lives_.at(b).first;
    std::erase_if(alive, [&](int64_t a) { return lives_.at(a).last < first; });
    for (const int64_t a : alive) {
      const Placed& pa = program_.buffers.at(a);
      const bool elsewhere =
          pa.image != pb.image || (pa.image < 0 && (pa.offset + pa.buffer->bytes() <= pb.offset ||
                                                    pb.offset + pb.buffer->bytes() <= pa.offset));
      // In place, the step that reads the old value for the last time writes the new one.
      const bool taken_over = homes.at(a) == homes.at(b) && lives_.at(a).last == first;
      check(elsewhere || taken_over || trails(a, b),
            pa.buffer->name + " and " + pb.buffer->name + " live at the same time and place");
    }
    alive.push_back(b);
  }
}

}  // namespace

void verify(const Program& program, std::string_view after) {
  ProgramVerifier(program, after).run();
}

}  // namespace tinycc
