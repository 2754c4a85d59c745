// Fusion and lowering of a whole graph; see draft.h.
#include "passes/draft.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/index.h"

namespace tinycc {
namespace {

constexpr const char* kAxisNames[5][5] = {
    {}, {"i"}, {"i", "j"}, {"c", "y", "x"}, {"n", "c", "y", "x"}};

/// What the model calls a tensor: the last of its nodes' names.
std::string label(const Graph& graph, Expr e) {
  const auto found = graph.origins.find(e);
  return found == graph.origins.end() || found->second.nodes.empty() ? "" : found->second.nodes.back();
}

class Lowering {
 public:
  Lowering(const Graph& graph, const Target& target) : graph_(graph) {
    draft_.graph = &graph;
    draft_.pool = graph.pool;
    draft_.target = target;
    choice_ = choose_buffers(graph, {.halo = target.prefer == Prefer::speed});
  }

  Draft run() {
    store_leaves();
    store_outputs();
    for (auto it = choice_.nodes.rbegin(); it != choice_.nodes.rend(); ++it) store_chosen(*it);
    Indexer indexer(*draft_.pool, draft_.buffers, draft_.stored, choice_);
    for (Expr e : choice_.nodes) {
      if (!e->is(Op::concat) && !is_stored_leaf(e)) compute(indexer, e);
      copy_to(indexer, part_copies_[e]);
    }
    copy_to(indexer, output_copies_);
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

  void store_leaves() {
    for (Expr e : topological(graph_.roots())) {
      if (!is_stored_leaf(e)) continue;
      const Space space = e->is(Op::input) ? Space::input : e->is(Op::weight) ? Space::weight : Space::state;
      draft_.stored[e] = whole(new_buffer(e->attr.name, e->dtype, e->shape, space), e);
    }
  }

  /// A tensor that is an output twice, or a leaf, is copied to the further ones.
  void store_outputs() {
    for (const GraphOutput& o : graph_.outputs) {
      const Stored here = whole(new_buffer(o.name, o.value->dtype, o.value->shape, Space::output), o.value);
      if (draft_.stored.count(o.value) != 0) output_copies_.emplace_back(o.value, here);
      else draft_.stored[o.value] = here;
    }
  }

  /// Users first: a concatenation has its place before its parts, which then lie in it.
  void store_chosen(Expr e) {
    if (draft_.stored.count(e) == 0 && is_framed_copy(e)) return store_framed_copy(e);
    if (draft_.stored.count(e) == 0) {
      const int64_t id = new_buffer(label(graph_, e), e->dtype, e->shape, Space::arena);
      draft_.stored[e] = whole(id, e);
      if (const auto halo = choice_.halos.find(e); halo != choice_.halos.end()) frame(draft_.buffers[id], halo->second);
    }
    if (e->is(Op::concat)) place_parts(e);
  }

  /// Padding that gets memory: a copy of the source in a buffer with a frame.
  static bool is_framed_copy(Expr e) { return e->is(Op::pad) && e[1]->is(Op::constant); }

  void store_framed_copy(Expr e) {
    const int64_t id = new_buffer(label(graph_, e), e->dtype, e[0]->shape, Space::arena);
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
      if (elsewhere) part_copies_[e].emplace_back(part, place);
      else draft_.stored[part] = place;
      place.offset[axis] += part->shape[axis].bound;
    }
  }

  const std::unordered_set<Expr>& chosen() {
    if (chosen_.empty()) chosen_.insert(choice_.nodes.begin(), choice_.nodes.end());
    return chosen_;
  }

  std::vector<Expr> fresh_ranges(Expr e) {
    std::vector<Expr> ranges;
    for (size_t i = 0; i < e->shape.size(); ++i) {
      const std::string name = e->shape.size() < 5 ? kAxisNames[e->shape.size()][i] : "i" + std::to_string(i);
      ranges.push_back(e->shape[i].bound == 1 ? constant_int(*draft_.pool, DType::i64, 0)
                                              : range(*draft_.pool, e->shape[i].bound, name));
    }
    index_ = ranges;
    return ranges;
  }

  void add(Expr value, Expr node, const Stored& stored) {
    Computation c;
    c.node = node;
    c.target = stored.buffer;
    c.value = simplify(value);
    for (size_t i = 0; i < index_.size(); ++i) {
      if (index_[i]->is(Op::range)) c.ranges.push_back(index_[i]);
      c.index.push_back(simplify(index_[i] + static_cast<double>(stored.offset[i])));
    }
    c.origin = origin_of(node);
    split_flattened_ranges(c);
    name_ranges(c);
    draft_.computations.push_back(std::move(c));
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
        if (std::find(all.nodes.begin(), all.nodes.end(), n) == all.nodes.end()) all.nodes.push_back(n);
      }
      if (!found->second.computes.empty()) all.computes = found->second.computes;
    }
    return all;
  }

  void compute(Indexer& indexer, Expr e) {
    if (framed_.count(e) != 0) {
      const std::vector<Expr> ranges = fresh_ranges(e[0]);
      const Stored interior{draft_.stored.at(e).buffer, std::vector<int64_t>(ranges.size(), 0)};
      return add(indexer.element(e[0], ranges), e, interior);
    }
    const std::vector<Expr> ranges = fresh_ranges(e);
    add(indexer.compute(e, ranges), e, draft_.stored.at(e));
  }

  using Copies = std::vector<std::pair<Expr, Stored>>;

  void copy_to(Indexer& indexer, const Copies& copies) {
    for (const auto& [node, stored] : copies) {
      const std::vector<Expr> ranges = fresh_ranges(node);
      add(indexer.element(node, ranges), node, stored);
    }
  }

  /// The first computation that writes a buffer with a halo also writes the frame.
  void fill_halos() {
    std::unordered_set<int64_t> done;
    for (Computation& c : draft_.computations) {
      c.fills_halo = draft_.buffers.at(c.target).layout.has_halo() && done.insert(c.target).second;
    }
  }

  const Graph& graph_;
  Draft draft_;
  BufferChoice choice_;
  Copies output_copies_;
  std::unordered_map<Expr, Copies> part_copies_;  // by concatenation: parts that lie elsewhere too
  std::set<std::string> names_;  // of buffers
  std::unordered_set<Expr> chosen_;
  std::unordered_set<Expr> framed_;  // pad nodes that are framed copies
  std::vector<Expr> index_;
};

}  // namespace

Draft lower_graph(const Graph& graph, const Target& target) { return Lowering(graph, target).run(); }

}  // namespace tinycc
