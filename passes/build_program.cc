// From a draft to a program: layouts, schedules, packed weights, kernels, memory. See
// build_program.h.
#include "passes/build_program.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "ir/image.h"
#include "ir/overlap.h"
#include "ir/pack.h"
#include "ir/simplify.h"
#include "ir/traffic.h"
#include "passes/bands.h"
#include "passes/images.h"
#include "passes/index.h"
#include "passes/interleave.h"
#include "passes/merge.h"
#include "passes/moves.h"
#include "passes/pack_weights.h"
#include "passes/place.h"
#include "passes/same_kernel.h"
#include "passes/schedule.h"
#include "passes/share.h"

namespace tinycc {
namespace {

/// Letters, digits and single underscores, in lower case: what the model calls a node, as a name.
std::string word(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += static_cast<char>(std::tolower(c));
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.substr(0, 40);
}

class Builder {
 public:
  Builder(Draft draft, const MovesOf& moves_of, int64_t ram = 0, std::vector<Band> bands = {})
      : draft_(std::move(draft)), moves_of_(moves_of), ram_(ram), bands_(std::move(bands)) {
    program_.name = draft_.graph->name;
    program_.source = draft_.graph->source;
    program_.pool = draft_.pool;
    program_.target = draft_.target;
  }

  Program run() {
    schedule_units();
    merge_units();
    if (draft_.target.images) use_images(draft_, units_);
    for (Unit& u : units_) add_unit(u);
    close_loops({});
    std::vector<int64_t> bands;
    for (const Unit& u : units_) bands.push_back(band_of(u));
    place_buffers(draft_, units_, bands, ram_, program_);
    part_overlapping();
    add_ports();
    add_states();
    return std::move(program_);
  }

  std::vector<std::vector<size_t>> parts() {
    schedule_units();
    merge_units();
    std::vector<std::vector<size_t>> all;
    for (const Unit& u : units_) {
      all.emplace_back();
      for (const Computation* c : u.parts)
        all.back().push_back(static_cast<size_t>(c - draft_.computations.data()));
    }
    return all;
  }

 private:
  // ---- kernels

  void schedule_units() {
    for (const Computation& c : draft_.computations) {
      Unit u;
      Kernel& k = u.kernel;
      k.name = kernel_name(c);
      const std::optional<std::string> moves =
          moves_of_ ? moves_of_(draft_, c, k.name) : std::nullopt;
      const Scheduled s = schedule(draft_, c, moves ? &*moves : nullptr);
      k.body = s.body;
      k.schedule = s.moves;
      k.cost = std::llround(s.cost);
      k.nodes = c.origin.nodes;
      k.computes = c.origin.computes;
      collect_parameters(k, c);
      count_work(k, c);
      u.parts = {&c};
      units_.push_back(std::move(u));
    }
  }

  /// Neighbours become one kernel where that pays; what only passes between them leaves the arena.
  void merge_units() {
    std::vector<Unit> all;
    for (Unit& u : units_) {
      std::optional<Unit> both;
      if (!all.empty() && band_of(all.back()) < 0 && band_of(u) < 0)
        both = merged(draft_, all.back(), u);
      if (!both || idles(all.back(), u, *both)) {
        all.push_back(std::move(u));
        continue;
      }
      const Unit last = std::exchange(all.back(), std::move(*both));
      all.back().kernel.name = merged_name(last, u);
    }
    units_ = std::move(all);
    for (const auto& [id, loop] : draft_.loops) ++users_[loop.until];  // the host reads it
    for (const Unit& u : units_) {
      for (const BufferRef& b : u.kernel.parameters) ++users_[b->id];
    }
    for (Unit& u : units_) shrink_buffers(draft_, u, [&](int64_t id) { return users_[id] == 1; });
    if (draft_.target.prefer != Prefer::speed) return;
    for (Unit& u : units_) interleave_rows(u, draft_.target);
  }

  /// Would a device have less to do at a time than in either kernel?
  bool idles(const Unit& first, const Unit& second, const Unit& both) const {
    if (!draft_.target.is_device() || first.parts[0]->chain >= 0) return false;
    const auto items = [&](Kernel k) {
      share_among_threads(k, draft_.target);
      return k.parts;
    };
    const int64_t least = std::min(items(first.kernel), items(second.kernel));
    if (both.kernel.flops <= kSmallOnDevice && least <= draft_.target.group) return false;
    return items(both.kernel) < least;
  }

  /// After the part that has a node of the model of its own; the last of them.
  static std::string merged_name(const Unit& first, const Unit& second) {
    const bool unnamed = second.kernel.name.starts_with("copy_");
    return unnamed ? first.kernel.name : second.kernel.name;
  }

  void add_unit(Unit& u) {
    Kernel& k = u.kernel;
    share_among_threads(k, draft_.target);
    const Traffic traffic = traffic_of(k);
    k.bytes_read = traffic.read;
    k.bytes_written = traffic.written;
    pack_weights(k);
    if (!draft_.target.has_vectors()) k.body = expand_unrolled(k.body);
    Step step;
    step.computes = k.computes;
    step.nodes = k.nodes;
    for (const BufferRef& b : k.parameters) step.arguments.push_back(b->id);
    step.scalars = k.scalars;
    step.kernel = find_or_add(k);
    open_loops(u.parts[0]->loop);
    const int64_t band = band_of(u);
    if (band < 0) return body().push_back(std::move(step));
    const Band& whole = bands_[static_cast<size_t>(band)];
    parts_of_band_.push_back(std::move(step));
    if (parts_of_band_.size() <= whole.last - whole.first) return;
    body().push_back(band_step(whole, std::exchange(parts_of_band_, {})));
  }

  /// The number of its band, or -1.
  int64_t band_of(const Unit& u) const {
    const auto place = static_cast<size_t>(u.parts[0] - draft_.computations.data());
    const auto found = std::find_if(bands_.begin(), bands_.end(), [&](const Band& b) {
      return b.first <= place && place <= b.last;
    });
    return found == bands_.end() ? -1 : found - bands_.begin();
  }

  // ---- loops of the host: computations of one are neighbours
  std::vector<Step>& body() { return open_.empty() ? program_.steps : open_.back().second.body; }

  void open_loops(int64_t loop) {
    const std::vector<int64_t> wanted = loops_around(draft_, loop);
    close_loops(wanted);
    for (size_t i = open_.size(); i < wanted.size(); ++i) {
      Step repeat;
      repeat.kind = Step::Kind::repeat;
      repeat.range = draft_.loops.at(wanted[i]).counter;
      repeat.condition = draft_.loops.at(wanted[i]).until;
      open_.emplace_back(wanted[i], std::move(repeat));
    }
  }

  /// Ends the open loops that are not on the way to `wanted`.
  void close_loops(const std::vector<int64_t>& wanted) {
    while (open_.size() > wanted.size() ||
           (!open_.empty() && open_.back().first != wanted[open_.size() - 1])) {
      Step done = std::move(open_.back().second);
      open_.pop_back();
      body().push_back(std::move(done));
    }
  }

  /// The index of an equal kernel that is there already, or of this one, added.
  size_t find_or_add(Kernel k) {
    Kernel form = canonical(k, *draft_.pool);
    std::vector<std::pair<Kernel, size_t>>& alike = forms_[{k.schedule, k.flops, k.bytes_read}];
    for (const auto& [other, place] : alike) {
      if (same_kernel(other, form)) return place;
    }
    alike.emplace_back(std::move(form), program_.kernels.size());
    k.name = unique_name(k.name);
    program_.kernels.push_back(std::move(k));
    return program_.kernels.size() - 1;
  }

  std::string kernel_name(const Computation& c) {
    const std::vector<std::string>& nodes = c.origin.nodes;
    std::string name =
        nodes.empty() ? "copy_" + word(draft_.buffers.at(c.target).name) : word(nodes.front());
    if (nodes.size() > 1 && word(nodes.back()) != name) name += "_" + word(nodes.back());
    return name.substr(0, 40);
  }

  std::string unique_name(const std::string& name) {
    std::string unique = name;
    for (int n = 2; !names_.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
    return unique;
  }

  void collect_parameters(Kernel& k, const Computation& c) {
    std::set<int64_t> seen;
    const auto add = [&](int64_t id) {
      if (seen.insert(id).second)
        k.parameters.push_back(std::make_shared<const Buffer>(draft_.buffers.at(id)));
    };
    for (Expr l : loads_in(c.value)) add(l->attr.ints[0]);
    add(c.target);
    k.outputs = {c.target};
    std::set<Expr, ById> own(c.ranges.begin(), c.ranges.end()), free;
    for (Expr r : reduction_ranges(c.value)) own.insert(r);
    std::vector<Expr> roots(c.index);
    roots.push_back(c.value);
    for (Expr n : topological(roots)) {
      if (n->is(Op::range) && own.count(n) == 0) free.insert(n);
    }
    k.scalars.assign(free.begin(), free.end());
  }

  /// Arithmetic on values, not on indices.
  static int64_t operations(Expr e) {
    int64_t n = 0;
    std::vector<Expr> stack{e};
    std::set<const Node*> seen;
    while (!stack.empty()) {
      const Expr now = stack.back();
      stack.pop_back();
      if (!seen.insert(now.get()).second || now->is(Op::load) || is_reduce(now->op)) continue;
      n += is_elementwise(now->op) && is_float(now->dtype) && !now->is(Op::cast) &&
                   !now->is(Op::where)
               ? 1
               : 0;
      stack.insert(stack.end(), now->sources.begin(), now->sources.end());
    }
    return n;
  }

  /// Of all turns of all loops.
  static int64_t operations(const StmtRef& s) {
    int64_t n = s->kind == StmtKind::store ? operations(s->value) : 0;
    for (const StmtRef& part : s->body) n += operations(part);
    return s->kind == StmtKind::loop ? n * extent_of(s->range) : n;
  }

  void count_work(Kernel& k, const Computation& c) {
    const int64_t outputs = turns_of(c.ranges);
    k.flops = choosing_ranges(c).empty() ? outputs * operations(c.value) : operations(k.body);
    if (const Expr reduce = reduction_in(c.value)) {
      const int64_t all = outputs * turns_of(reduction_ranges(c.value));
      k.flops += all * (1 + operations(reduce[0]));
      if (reduce->is(Op::reduce_add) && reduce[0]->is(Op::mul)) k.macs = all;
    }
    for (const BufferRef& b : k.parameters) {
      if (b->id == c.target)
        k.bytes_written += outputs * bits_of(b->dtype) / 8;
      else
        k.bytes_read += b->bytes();
    }
  }

  // ---- weights

  void pack_weights(Kernel& k) {
    std::vector<BufferRef> weights;
    for (const BufferRef& b : k.parameters) {
      if (b->space == Space::weight) weights.push_back(b);
    }
    std::vector<Buffer> packed = packed_weights(weights, k.body, k.scalars);
    if (draft_.target.images) make_images(packed, k.body, draft_.target);
    for (const Buffer& b : packed) pack_weight(k, b);
  }

  /// Gives the kernel the weight in its own order; equal orders of one weight are one buffer.
  void pack_weight(Kernel& k, Buffer packed) {
    const Buffer b = packed;
    std::vector<Buffer>& orders = packed_[b.id];
    const auto same = std::find_if(orders.begin(), orders.end(), [&](const Buffer& p) {
      return p.layout == packed.layout && p.image_axes == packed.image_axes;
    });
    if (same != orders.end()) {
      packed = *same;
    } else {
      if (!orders.empty()) {
        packed.id = draft_.pool->fresh_id();
        packed.name = fmt::format("{}_order_{}", b.name, orders.size() + 1);
      }
      orders.push_back(packed);
      program_.weights[packed.id] = pack(packed, of_type(weight_of(draft_, b), b.dtype));
    }
    const auto ref = program_.buffers[packed.id].buffer = std::make_shared<const Buffer>(packed);
    if (packed.id != b.id) k.body = renumbered(k.body, b.id, packed.id);
    for (BufferRef& p : k.parameters) {
      if (p->id == b.id && p->space == Space::weight) p = ref;
    }
  }

  static TensorData of_type(const TensorData& data, DType dtype) {
    return data.dtype == dtype ? data : TensorData::of_numbers(dtype, data.shape, data.numbers());
  }

  // ---- calls

  /// A kernel that writes over what it reads knows its buffers by name: it is of one list of
  /// arguments alone.
  void part_overlapping() {
    using List = std::pair<size_t, std::vector<int64_t>>;
    std::set<List> lists;
    std::map<List, size_t> own;
    for_each_call(program_.steps, [&](Step& s) { lists.emplace(s.kernel, s.arguments); });
    for_each_call(program_.steps, [&](Step& s) {
      const std::vector<bool> shifted = shifted_arguments(program_, s);
      if (std::count(shifted.begin(), shifted.end(), true) == 0) return;
      const List list{s.kernel, s.arguments};
      const auto [found, is_new] = own.try_emplace(list, s.kernel);
      const auto is_ours = [&](const List& l) { return l.first == s.kernel; };
      if (is_new && std::count_if(lists.begin(), lists.end(), is_ours) > 1) {
        lists.erase(list);
        Kernel k = program_.kernels[s.kernel];
        k.name = unique_name(k.name);
        found->second = program_.kernels.size();
        program_.kernels.push_back(std::move(k));
      }
      s.kernel = found->second;
    });
  }

  static void for_each_call(std::vector<Step>& steps, const std::function<void(Step&)>& visit) {
    for (Step& s : steps) {
      if (s.kind == Step::Kind::call) visit(s);
      for_each_call(s.body, visit);
    }
  }

  void add_ports() {
    for (const GraphInput& in : draft_.graph->inputs) {
      const auto stored = draft_.stored.find(in.node);
      program_.inputs.push_back(
          {in.name, word(in.name),
           stored != draft_.stored.end() ? stored->second.buffer : unused_input(in), in.meaning});
      program_.inputs.back().dims = in.dims;
      program_.inputs.back().form = in.form;
    }
    for (const GraphInput& d : draft_.graph->dims)
      program_.dims.push_back({d.name, word(d.name), draft_.dims.at(d.node)});
    size_t next = 0;
    for (const auto& [id, b] : draft_.buffers) {  // in the order of the graph's outputs
      if (b.space != Space::output) continue;
      const GraphOutput& o = draft_.graph->outputs[next++];
      program_.outputs.push_back(
          {o.name, word(o.name), id, "", o.lengths, o.is_length, o.dims, o.form});
    }
  }

  void add_states() {
    for (const GraphState& s : draft_.graph->states) {
      const int64_t id = draft_.stored.at(s.node).buffer;
      program_.states.push_back({s.name, word(s.name), id, ""});
      if (s.initial.bytes) program_.weights[id] = pack(draft_.buffers.at(id), s.initial);
    }
  }

  /// An input that nothing reads is still a part of the interface.
  int64_t unused_input(const GraphInput& in) {
    Buffer b;
    b.id = draft_.pool->fresh_id();
    b.name = in.name;
    b.dtype = in.node->dtype;
    b.shape = bounds_of(in.node->shape);
    b.layout = Layout::row_major(b.shape.size());
    b.space = Space::input;
    program_.buffers[b.id].buffer = std::make_shared<const Buffer>(b);
    return b.id;
  }

  Draft draft_;
  const MovesOf& moves_of_;
  int64_t ram_;
  std::vector<Band> bands_;
  Program program_;
  std::set<std::string> names_;
  std::vector<std::pair<int64_t, Step>> open_;  // loops that are being filled, outermost first
  std::vector<Step> parts_of_band_;             // of the band that is being filled
  std::vector<Unit> units_;                     // kernels to be, in order
  // Kernels of the program in canonical form with their places, by what equal ones have in common.
  std::map<std::tuple<std::string, int64_t, int64_t>, std::vector<std::pair<Kernel, size_t>>>
      forms_;
  std::unordered_map<int64_t, int64_t> users_;     // of a buffer: units, and loops of the host
  std::map<int64_t, std::vector<Buffer>> packed_;  // by weight: the orders it is stored in
};

}  // namespace

Program build_program(Banded banded, const MovesOf& moves, int64_t ram) {
  return Builder(std::move(banded.draft), moves, ram, std::move(banded.bands)).run();
}

std::vector<std::vector<size_t>> kernel_parts(const Draft& draft, const MovesOf& moves) {
  return Builder(draft, moves).parts();
}

}  // namespace tinycc
