// Fusion and lowering of a whole graph; see draft.h.
#include "passes/draft.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/index.h"
#include "passes/scopes.h"

namespace tinycc {
namespace {

constexpr const char* kAxisNames[5][5] = {
    {}, {"i"}, {"i", "j"}, {"c", "y", "x"}, {"n", "c", "y", "x"}};

/// What the model calls a tensor: the last of its nodes' names.
std::string label(const Graph& graph, Expr e) {
  const auto found = graph.origins.find(e);
  return found == graph.origins.end() || found->second.nodes.empty() ? ""
                                                                     : found->second.nodes.back();
}

class Lowering {
 public:
  Lowering(const Graph& graph, const Target& target)
      : graph_(graph), order_(topological(graph.roots())), scopes_(order_) {
    draft_.graph = &graph;
    draft_.pool = graph.pool;
    draft_.target = target;
    for (const GraphInput& d : graph.dims)
      draft_.dims[d.node] = range(*draft_.pool, d.node->attr.ints[0] + 1, d.name);
    choice_ = choose_buffers(graph, {.halo = target.has_frames(),
                                     .guards = target.is_device() && !target.images,
                                     .stacks = target.has_vectors(),
                                     .widens = target.is_device()});
  }

  Draft run() {
    store_leaves();
    store_outputs();
    for (auto it = choice_.nodes.rbegin(); it != choice_.nodes.rend(); ++it) store_chosen(*it);
    Indexer indexer(*draft_.pool, draft_.buffers, draft_.stored, choice_, draft_.dims);
    for (Expr e : order_) visit(indexer, e);
    loop_ = -1;
    copy_to(indexer, output_copies_);
    keep_states(indexer);
    take_section(-1);
    drop_unread();
    drop_single_axes();
    fill_halos();
    return std::move(draft_);
  }

 private:
  int64_t new_buffer(const std::string& name, DType dtype, const Shape& shape, Space space) {
    const int64_t id = draft_.pool->fresh_id();
    Buffer b;
    b.id = id;
    b.alias = name;
    const std::string wish = name.empty() ? "t" + std::to_string(id) : name;
    b.name = wish;
    for (int n = 2; !names_.insert(b.name).second; ++n) b.name = wish + "_" + std::to_string(n);
    b.dtype = dtype;
    b.shape = bounds_of(shape);
    b.layout = Layout::row_major(shape.size());
    b.space = space;
    draft_.buffers[id] = b;
    return id;
  }

  static Stored whole(int64_t id, Expr e) { return {id, std::vector<int64_t>(e->shape.size(), 0)}; }

  void visit(Indexer& indexer, Expr e) {
    loop_ = scopes_.of(e);
    if (chosen().count(e) != 0) {
      const bool in_parts = e->is(Op::concat) && choice_.stacks.count(e) == 0;
      if (!in_parts && !is_stored_leaf(e)) compute(indexer, e);
      copy_to(indexer, part_copies_[e]);
    }
    if (e->is(Op::scan)) add_loop(indexer, e);
  }

  /// Last of all, when nothing reads the old values any more, states take their next values. A next
  /// value that is another state is set aside before that one changes.
  void keep_states(Indexer& indexer) {
    for (const GraphState& s : graph_.states) {
      if (draft_.stored.count(s.node) == 0)
        draft_.stored[s.node] =
            whole(new_buffer(s.name, s.node->dtype, s.node->shape, Space::state), s.node);
      if (s.next->is(Op::state) && s.next != s.node) {
        const int64_t kept = new_buffer("", s.next->dtype, s.next->shape, Space::arena);
        copy_value(indexer, s.next, kept);
        kept_[s.next] = kept;
      }
    }
    for (const GraphState& s : graph_.states) {
      const Stored to = draft_.stored.at(s.node);
      if (s.next == s.node) continue;
      const std::vector<Expr> ranges = fresh_ranges(s.next->shape);
      const auto kept = kept_.find(s.next);
      const Expr value = kept == kept_.end()
                             ? indexer.element(s.next, ranges)
                             : load(*draft_.pool, draft_.buffers.at(kept->second), ranges);
      add(value, s.next, to);
    }
  }

  // ---- loops of the host

  /// The memory of carry k of a scan, or, beyond the carries, of what it emits turn by turn.
  int64_t scan_buffer(Expr scan, int64_t k) {
    const auto [found, fresh] = scan_buffers_.try_emplace({scan->attr.ints[0], k}, -1);
    if (!fresh) return found->second;
    const int64_t carries = scan->attr.ints[2];
    const Expr source = scan[static_cast<size_t>(k < carries ? k : carries + k)];
    Shape shape = source->shape;
    if (k >= carries) shape.insert(shape.begin(), Dim(scan->attr.ints[1]));
    const std::string name =
        label(graph_, scan) + (k < carries ? "_carry" : "_emit") + std::to_string(k);
    return found->second = new_buffer(name, source->dtype, shape, Space::arena);
  }

  void add_loop(Indexer& indexer, Expr scan) {
    const int64_t id = scan->attr.ints[0], carries = scan->attr.ints[2], emits = scan->attr.ints[3];
    const bool has_until = scan->attr.ints[4] != 0;
    HostLoop& loop = draft_.loops[id];
    loop.counter = scopes_.loops().at(id).counter;
    loop.parent = loop_;
    for (int64_t k = 0; k < carries; ++k)
      copy_value(indexer, scan[static_cast<size_t>(k)], scan_buffer(scan, k));
    for (int64_t k = carries; k < carries + emits && has_until; ++k)
      clear(indexer, scan_buffer(scan, k));
    loop_ = id;
    for (int64_t k = 0; k < emits; ++k)
      emit(indexer, scan[static_cast<size_t>(2 * carries + k)], scan_buffer(scan, carries + k),
           loop.counter);
    hand_on(indexer, scan);
    if (has_until) loop.until = draft_.stored.at(scan->sources.back()).buffer;
    loop_ = loop.parent;
    sections_[loop_].push_back({id, {}});
  }

  /// carry_k = next_k. A next value that is another carry must be read before that is overwritten.
  void hand_on(Indexer& indexer, Expr scan) {
    const int64_t carries = scan->attr.ints[2];
    std::vector<std::pair<Stored, int64_t>> moved;
    for (int64_t k = 0; k < carries; ++k) {
      const Expr next = scan[static_cast<size_t>(carries + k)];
      const int64_t to = scan_buffer(scan, k);
      if (!next->is(Op::carry)) continue;
      if (draft_.stored.at(next).buffer == to) continue;
      const int64_t kept = new_buffer("", next->dtype, next->shape, Space::arena);
      copy_value(indexer, next, kept);
      moved.emplace_back(whole(kept, next), to);
    }
    for (int64_t k = 0; k < carries; ++k) {
      const Expr next = scan[static_cast<size_t>(carries + k)];
      if (!next->is(Op::carry)) copy_value(indexer, next, scan_buffer(scan, k));
    }
    for (const auto& [from, to] : moved) {
      const Buffer& b = draft_.buffers.at(from.buffer);
      const std::vector<Expr> ranges = fresh_ranges(Shape(b.shape.begin(), b.shape.end()));
      add(load(*draft_.pool, b, ranges), {}, {to, from.offset});
    }
  }

  void copy_value(Indexer& indexer, Expr value, int64_t buffer) {
    const std::vector<Expr> ranges = fresh_ranges(value->shape);
    add(indexer.element(value, ranges), value, whole(buffer, value));
  }

  void clear(Indexer& indexer, int64_t buffer) {
    const Buffer& b = draft_.buffers.at(buffer);
    const Expr zero = constant(*draft_.pool, b.dtype, 0, Shape(b.shape.begin(), b.shape.end()));
    copy_value(indexer, zero, buffer);
  }

  /// Row t of what a loop leaves behind.
  void emit(Indexer& indexer, Expr value, int64_t buffer, Expr counter) {
    const std::vector<Expr> ranges = fresh_ranges(value->shape);
    index_.insert(index_.begin(), counter);
    add(indexer.element(value, ranges), value, {buffer, std::vector<int64_t>(index_.size(), 0)});
  }

  /// Appends the computations of a section to the draft, loops in their places.
  void take_section(int64_t loop) {
    for (auto& [inner, computation] : sections_[loop]) {
      if (computation)
        draft_.computations.push_back(std::move(*computation));
      else
        take_section(inner);
    }
  }

  // ---- memory

  void store_leaves() {
    for (Expr e : order_) {
      if (e->is(Op::scan)) {
        for (int64_t k = 0; k < e->attr.ints[2]; ++k)
          carry_buffers_[{e->attr.ints[0], k}] = scan_buffer(e, k);
      }
      if (e->is(Op::get)) draft_.stored[e] = whole(scan_buffer(e[0], e->attr.ints[0]), e);
    }
    for (Expr e : order_) {
      if (e->is(Op::carry))
        draft_.stored[e] = whole(carry_buffers_.at({e->attr.ints[0], e->attr.ints[1]}), e);
      if (!is_stored_leaf(e) || e->is(Op::carry) || e->is(Op::get)) continue;
      const Space space = e->is(Op::input)    ? Space::input
                          : e->is(Op::weight) ? Space::weight
                                              : Space::state;
      draft_.stored[e] = whole(new_buffer(e->attr.name, e->dtype, e->shape, space), e);
    }
  }

  /// A tensor that is an output twice, or a leaf, is copied to the further ones.
  void store_outputs() {
    const std::unordered_set<Expr> lengths = lengths_in(order_);
    for (const GraphOutput& o : graph_.outputs) {
      const Stored here =
          whole(new_buffer(o.name, o.value->dtype, o.value->shape, Space::output), o.value);
      if (draft_.stored.count(o.value) != 0 || lengths.count(o.value) != 0)
        output_copies_.emplace_back(o.value, here);
      else
        draft_.stored[o.value] = here;
    }
  }

  /// Users first: a concatenation has its place before its parts, which then lie in it.
  void store_chosen(Expr e) {
    if (draft_.stored.count(e) == 0 && is_framed_copy(e)) return store_framed_copy(e);
    if (draft_.stored.count(e) == 0) {
      const int64_t id = new_buffer(label(graph_, e), e->dtype, e->shape, Space::arena);
      draft_.stored[e] = whole(id, e);
      if (const auto halo = choice_.halos.find(e); halo != choice_.halos.end())
        frame(draft_.buffers[id], halo->second);
    }
    if (e->is(Op::concat) && choice_.stacks.count(e) == 0) place_parts(e);
  }

  /// Padding that gets memory: a copy of the source in a buffer with a frame.
  static bool is_framed_copy(Expr e) { return e->is(Op::pad) && e[1]->is(Op::constant); }

  void store_framed_copy(Expr e) {
    const std::string source = is_stored_leaf(e[0]) ? e[0]->attr.name : label(graph_, e[0]);
    const std::string name =
        label(graph_, e).empty() && !source.empty() ? source + "_halo" : label(graph_, e);
    const int64_t id = new_buffer(name, e->dtype, e[0]->shape, Space::arena);
    Halo halo;
    Stored stored{id, {}};
    for (size_t i = 0; i < e->attr.ints.size(); i += 2) {
      halo.before.push_back(e->attr.ints[i]);
      halo.after.push_back(e->attr.ints[i + 1]);
      stored.offset.push_back(-e->attr.ints[i]);
    }
    halo.value = number_of(e[1]);
    frame(draft_.buffers[id], halo);
    draft_.stored[e] = stored;
    framed_.insert(e);
  }

  static void frame(Buffer& b, const Halo& halo) {
    b.halo_value = halo.value;
    for (size_t d = 0; d < b.layout.axes.size(); ++d) {
      b.layout.axes[d].lo = halo.before[d];
      b.layout.axes[d].hi = halo.after[d];
    }
  }

  void place_parts(Expr e) {
    const auto axis = static_cast<size_t>(e->attr.ints[0]);
    Stored place = draft_.stored.at(e);
    for (Expr part : e->sources) {
      const bool elsewhere = draft_.stored.count(part) != 0 || choice_.halos.count(part) != 0 ||
                             is_stored_leaf(part) || chosen().count(part) == 0;
      if (elsewhere)
        part_copies_[e].emplace_back(part, place);
      else
        draft_.stored[part] = place;
      place.offset[axis] += part->shape[axis].bound;
    }
  }

  const std::unordered_set<Expr>& chosen() {
    if (chosen_.empty()) chosen_.insert(choice_.nodes.begin(), choice_.nodes.end());
    return chosen_;
  }

  std::vector<Expr> fresh_ranges(const Shape& shape) {
    std::vector<Expr> ranges;
    for (size_t i = 0; i < shape.size(); ++i) {
      const std::string name =
          shape.size() < 5 ? kAxisNames[shape.size()][i] : "i" + std::to_string(i);
      ranges.push_back(shape[i].bound == 1 ? constant_int(*draft_.pool, DType::i64, 0)
                                           : range(*draft_.pool, shape[i].bound, name));
    }
    index_ = ranges;
    return ranges;
  }

  /// For each element of what fresh_ranges() was asked for last: stored there, or at `places`, which
  /// depend on data. Of nothing there is nothing to compute.
  void add(Expr value, Expr node, const Stored& stored, const std::vector<Expr>& places = {}) {
    const auto is_empty = [](Expr i) { return i->is(Op::range) && extent_of(i) == 0; };
    if (std::any_of(index_.begin(), index_.end(), is_empty)) return;
    Computation c;
    c.node = node;
    c.target = stored.buffer;
    c.value = simplify(value);
    for (size_t i = 0; i < index_.size(); ++i) {
      const bool own = index_[i]->is(Op::range) && draft_.loops.count(id_of(index_[i])) == 0;
      if (own) c.ranges.push_back(index_[i]);
      if (places.empty())
        c.index.push_back(simplify(index_[i] + static_cast<double>(stored.offset[i])));
    }
    if (!places.empty()) c.index = places;
    c.ordered = !places.empty();
    c.loop = loop_;
    if (node) c.origin = origin_of(node);
    split_flattened_ranges(c);
    name_ranges(c);
    sections_[loop_].push_back({-1, std::move(c)});
  }

  /// The model's nodes that are computed together with `node`: its own and those inlined into it.
  Origin origin_of(Expr node) const {
    std::set<Expr, ById> inlined;
    std::vector<Expr> stack{node};
    while (!stack.empty()) {
      const Expr e = stack.back();
      stack.pop_back();
      if ((e != node && draft_.stored.count(e) != 0) || !inlined.insert(e).second) continue;
      stack.insert(stack.end(), e->sources.begin(), e->sources.end());
    }
    Origin all;
    for (Expr e : inlined) {
      const auto found = graph_.origins.find(e);
      if (found == graph_.origins.end()) continue;
      for (const std::string& n : found->second.nodes) {
        if (std::find(all.nodes.begin(), all.nodes.end(), n) == all.nodes.end())
          all.nodes.push_back(n);
      }
      if (!found->second.computes.empty()) all.computes = found->second.computes;
    }
    return all;
  }

  void compute(Indexer& indexer, Expr e) {
    if (framed_.count(e) != 0) {
      const std::vector<Expr> ranges = fresh_ranges(e[0]->shape);
      const Stored interior{draft_.stored.at(e).buffer, std::vector<int64_t>(ranges.size(), 0)};
      return add(indexer.element(e[0], ranges), e, interior);
    }
    if (e->is(Op::scatter)) return scatter(indexer, e);
    const std::vector<Expr> ranges = fresh_ranges(e->shape);
    add(indexer.compute(e, ranges), e, draft_.stored.at(e));
  }

  /// A copy of the data, then the updates one after the other; one that falls outside stores what is
  /// there already.
  void scatter(Indexer& indexer, Expr e) {
    const Stored to = draft_.stored.at(e);
    copy_value(indexer, e[0], to.buffer);
    const std::vector<Expr> ranges = fresh_ranges(e[1]->shape);
    std::vector<Expr> at;
    Expr inside = constant_int(*draft_.pool, DType::boolean, 1);
    for (size_t i = 2; i < e->sources.size(); ++i) {
      const Expr wanted = cast(indexer.element(e[i], ranges), DType::i64);
      const auto last = static_cast<double>(e->extent(static_cast<int64_t>(i) - 2) - 1);
      at.push_back(min(max(wanted, 0.0), last));
      inside = inside & eq(at.back(), wanted);
    }
    const Expr old = load(*draft_.pool, draft_.buffers.at(to.buffer), at),
               update = indexer.element(e[1], ranges);
    const std::string& how = e->attr.name;
    const Expr stored = how.empty() ? update
                                    : binary(how == "add"   ? Op::add
                                             : how == "mul" ? Op::mul
                                             : how == "max" ? Op::max
                                                            : Op::min,
                                             old, update);
    add(where(inside, stored, old), e, to, at);
  }

  using Copies = std::vector<std::pair<Expr, Stored>>;

  void copy_to(Indexer& indexer, const Copies& copies) {
    for (const auto& [node, stored] : copies) {
      const std::vector<Expr> ranges = fresh_ranges(node->shape);
      add(indexer.element(node, ranges), node, stored);
    }
  }

  /// What nobody reads any more, now that all is simplified, is not computed.
  void drop_unread() {
    for (size_t before = 0; before != draft_.computations.size();) {
      before = draft_.computations.size();
      std::set<int64_t> read;
      for (const auto& [id, loop] : draft_.loops) read.insert(loop.until);
      for (const Computation& c : draft_.computations) {
        for (Expr l : loads_in(c.value)) read.insert(l->attr.ints[0]);
        for (Expr i : c.index) {
          for (Expr l : loads_in(i)) read.insert(l->attr.ints[0]);
        }
      }
      std::erase_if(draft_.computations, [&](const Computation& c) {
        return draft_.buffers.at(c.target).space == Space::arena && read.count(c.target) == 0;
      });
    }
  }

  /// A dimension of one element needs no axis in memory of our own.
  void drop_single_axes() {
    for (auto& entry : draft_.buffers) {
      Buffer& b = entry.second;
      if (b.space != Space::arena) continue;
      std::erase_if(b.layout.axes, [&](const Axis& a) {
        return b.shape[static_cast<size_t>(a.dim)] == 1 && a.lo == 0 && a.hi == 0;
      });
    }
  }

  /// The first computation that writes a buffer with a halo also writes the frame.
  void fill_halos() {
    std::unordered_set<int64_t> done;
    for (Computation& c : draft_.computations) {
      c.fills_halo = draft_.buffers.at(c.target).layout.has_halo() && done.insert(c.target).second;
    }
  }

  using Section =
      std::vector<std::pair<int64_t, std::optional<Computation>>>;  // a loop, or neither

  const Graph& graph_;
  const std::vector<Expr> order_;
  const Scopes scopes_;
  Draft draft_;
  int64_t loop_ = -1;                       // where computations are added
  std::map<int64_t, Section> sections_;     // by loop
  std::unordered_map<Expr, int64_t> kept_;  // old values of states, set aside
  std::map<std::pair<int64_t, int64_t>, int64_t> scan_buffers_, carry_buffers_;
  BufferChoice choice_;
  Copies output_copies_;
  std::unordered_map<Expr, Copies> part_copies_;  // by concatenation: parts that lie elsewhere too
  std::set<std::string> names_;                   // of buffers
  std::unordered_set<Expr> chosen_;
  std::unordered_set<Expr> framed_;  // pad nodes that are framed copies
  std::vector<Expr> index_;
};

}  // namespace

const TensorData& weight_of(const Draft& draft, const Buffer& weight) {
  const auto made = draft.tables.find(weight.alias);
  return made != draft.tables.end() ? made->second : draft.graph->weights.at(weight.alias);
}

const Buffer& add_weight(Draft& draft, const std::string& name, const TensorData& values) {
  Buffer b;
  b.id = draft.pool->fresh_id();
  b.name = name;
  for (const auto& [id, other] : draft.buffers) {
    if (other.name == b.name) b.name += "_" + std::to_string(b.id);
  }
  b.alias = b.name;
  b.dtype = values.dtype;
  b.shape = values.shape;
  b.layout = Layout::row_major(b.shape.size());
  b.space = Space::weight;
  draft.tables[b.alias] = values;
  return draft.buffers[b.id] = b;
}

std::optional<ByteProduct> weighted_product(const Draft& draft, Expr product) {
  const auto is_weight = [&](Expr l) {
    return draft.buffers.at(l->attr.ints[0]).space == Space::weight;
  };
  const std::optional<ByteProduct> p = byte_product(product);
  if (!p || is_weight(p->b)) return p;
  return is_weight(p->a) ? exchanged(*p, product) : std::nullopt;
}

Draft lower_graph(const Graph& graph, const Target& target) {
  return Lowering(graph, target).run();
}

}  // namespace tinycc
