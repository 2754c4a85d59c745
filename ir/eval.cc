// The reference interpreter of graphs; see eval.h. Nodes are evaluated in order of the graph and
// forgotten after their last use. An elementwise node with one user that is elementwise or a
// reduction is computed within its user, row by row, and never becomes a tensor.
//
// Scans: a node is evaluated within the innermost scan whose carry or counter it reads, that is
// once a step; what does not change from step to step is evaluated before.
#include "ir/eval.h"

#include <algorithm>

#include "ir/build.h"
#include "ir/eval_ops.h"
#include "ir/free.h"

namespace tinycc {
namespace {

/// Parts of a scan node's sources.
struct ScanParts {
  explicit ScanParts(Expr e)
      : id(e->attr.ints[0]),
        extent(e->attr.ints[1]),
        carries(static_cast<size_t>(e->attr.ints[2])),
        emits(static_cast<size_t>(e->attr.ints[3])),
        until(e->attr.ints[4] != 0),
        body(e->sources) {
    body.erase(body.begin(), body.begin() + e->attr.ints[2]);
  }
  int64_t id, extent;
  size_t carries, emits;
  bool until;
  std::vector<Expr> body;  // next values, emits, until
};

class Evaluator {
 public:
  Evaluator(const std::vector<Expr>& roots, const Values& leaves) : leaves_(leaves), roots_(roots) {
    const std::vector<Expr> order = topological_with_dims(roots);
    for (Expr e : order) analyse(e);
    for (Expr e : roots) users_[e] += 2;  // so that no root is computed within its user
    run(level_of(order, roots));
  }

  TensorData value(Expr e) const { return dense(values_.at(e)); }

 private:
  /// The nodes evaluated within one scan (or none), and which values end after each.
  struct Level {
    std::vector<Expr> nodes;
    std::vector<std::vector<Expr>> dead;
  };
  struct Running {
    std::vector<View> carries;
    View counter;
  };

  void analyse(Expr e);
  bool within_user(Expr e);
  void uses(Expr e, std::vector<Expr>& out);
  Level level_of(const std::vector<Expr>& order, const std::vector<Expr>& keep);
  void run(const Level& level);
  View eval_node(Expr e);
  View eval_leaf(Expr e) const;
  void eval_scan(Expr e);
  std::vector<int64_t> shape_of(Expr e) const;
  std::vector<View> views_of(Expr e, size_t first) const;

  const Values& leaves_;
  const std::vector<Expr> roots_;
  std::unordered_map<Expr, View> values_;
  std::unordered_map<Expr, std::vector<View>> scans_;  // all results of a scan
  FreeIds free_;
  std::unordered_map<Expr, int64_t> users_;
  std::unordered_map<Expr, Expr> user_;     // the last one seen
  std::unordered_set<Expr> dims_;           // values of dimensions
  std::unordered_map<Expr, Level> levels_;  // by scan
  Ids active_;                              // scans under way, outermost first
  std::unordered_map<int64_t, Running> running_;
};

void Evaluator::analyse(Expr e) {
  for (Expr s : e->sources) {
    ++users_[s];
    user_[s] = e;
  }
  for (const Dim& d : e->shape) {
    if (d.value) dims_.insert(d.value);
  }
}

bool Evaluator::within_user(Expr e) {
  if (!is_elementwise(e->op) || dims_.contains(e) || users_.at(e) != 1) return false;
  const Expr user = user_.at(e);
  return (is_elementwise(user->op) || is_reduce(user->op)) && free_.of(e) == free_.of(user);
}

/// The values that must be there when `e` is evaluated.
void Evaluator::uses(Expr e, std::vector<Expr>& out) {
  if (e->is(Op::scan)) {
    const std::vector<Expr> all = topological_with_dims({e});
    out.insert(out.end(), all.begin(), all.end());
    return;
  }
  for (Expr s : e->sources) {
    out.push_back(s);
    if (within_user(s)) uses(s, out);
  }
}

Evaluator::Level Evaluator::level_of(const std::vector<Expr>& order,
                                     const std::vector<Expr>& keep) {
  Level level;
  std::unordered_map<Expr, size_t> last;
  Ids active = active_;
  std::sort(active.begin(), active.end());
  for (Expr e : order) {
    const Ids& ids = free_.of(e);
    const bool here = active_.empty() ? ids.empty() : contains(ids, active_.back());
    if (!here || within_user(e) || !within(ids, active)) continue;
    std::vector<Expr> used;
    uses(e, used);
    for (Expr u : used) {
      if (last.contains(u)) last[u] = level.nodes.size();
    }
    last[e] = level.nodes.size();
    level.nodes.push_back(e);
  }
  level.dead.resize(level.nodes.size());
  for (Expr e : level.nodes) {
    const bool kept = dims_.contains(e) || std::find(keep.begin(), keep.end(), e) != keep.end();
    if (!kept) level.dead[last[e]].push_back(e);
  }
  return level;
}

void Evaluator::run(const Level& level) {
  for (size_t i = 0; i < level.nodes.size(); ++i) {
    const Expr e = level.nodes[i];
    if (e->is(Op::scan)) {
      eval_scan(e);
    } else {
      values_[e] = eval_node(e);
    }
    for (Expr done : level.dead[i]) {
      values_.erase(done);
      scans_.erase(done);
    }
  }
}

std::vector<int64_t> Evaluator::shape_of(Expr e) const {
  std::vector<int64_t> shape;
  for (const Dim& d : e->shape) {
    shape.push_back(d.value ? std::clamp<int64_t>(value(d.value).integer(0), 0, d.bound) : d.bound);
  }
  return shape;
}

std::vector<View> Evaluator::views_of(Expr e, size_t first) const {
  std::vector<View> views;
  for (size_t i = first; i < e->sources.size(); ++i) views.push_back(values_.at(e[i]));
  return views;
}

View Evaluator::eval_leaf(Expr e) const {
  const auto shape = shape_of(e);
  const auto& ints = e->attr.ints;
  if (e->is(Op::constant)) {
    return splat(is_float(e->dtype) ? TensorData::of_numbers(e->dtype, {}, {number_of(e)})
                                    : TensorData::of_integers(e->dtype, {}, {integer_of(e)}),
                 shape);
  }
  if (e->is(Op::iota)) return eval_iota(shape, ints[0]);
  if (e->is(Op::carry)) return running_.at(ints[0]).carries[static_cast<size_t>(ints[1])];
  if (e->is(Op::range)) return running_.at(ints[0]).counter;
  const auto found = leaves_.find(e->attr.name);
  TCC_CHECK(found != leaves_.end(), "no value for " + e->attr.name);
  TCC_CHECK(found->second.dtype == e->dtype && found->second.shape == shape,
            "the value for " + e->attr.name + " has another type or shape");
  return view_of(found->second);
}

View Evaluator::eval_node(Expr e) {
  if (class_of(e->op) == OpClass::leaf) return eval_leaf(e);
  const auto& ints = e->attr.ints;
  const LeafViews leaf = [&](Expr s) -> const View* {
    const auto found = values_.find(s);
    return s == e || found == values_.end() ? nullptr : &found->second;
  };
  if (is_elementwise(e->op)) return view_of(eval_elementwise(e, shape_of(e), leaf));
  if (is_reduce(e->op)) return view_of(eval_reduce(e, shape_of(e[0]), leaf));
  if (e->is(Op::get)) return scans_.at(e[0]).at(static_cast<size_t>(ints[0]));
  const View& source = values_.at(e[0]);
  switch (e->op) {
    case Op::reshape: return reshape_view(source, shape_of(e));
    case Op::permute: return permute_view(source, ints);
    case Op::expand: return expand_view(source, shape_of(e));
    case Op::slice: return slice_view(source, ints, shape_of(e));
    case Op::window: return window_view(source, ints[0], ints[1], ints[2], ints[3]);
    case Op::pad: return view_of(eval_pad(source, ints, values_.at(e[1])));
    case Op::concat: return view_of(eval_concat(views_of(e, 0), ints[0]));
    case Op::gather: return view_of(eval_gather(source, views_of(e, 1)));
    case Op::scatter:
      return view_of(eval_scatter(source, values_.at(e[1]), views_of(e, 2), e->attr.name));
    default: TCC_CHECK(false, "no tensor op: " + std::string(name_of(e->op))); return {};
  }
}

void Evaluator::eval_scan(Expr e) {
  const ScanParts parts(e);
  active_.push_back(parts.id);
  if (!levels_.contains(e)) levels_[e] = level_of(topological_with_dims(parts.body), parts.body);
  const Level& level = levels_[e];
  Running& now = running_[parts.id];
  now.carries.clear();
  for (size_t k = 0; k < parts.carries; ++k) now.carries.push_back(values_.at(e[k]));
  std::vector<std::vector<std::byte>> emitted(parts.emits);
  std::vector<std::vector<int64_t>> shapes(parts.emits);
  for (int64_t t = 0; t < parts.extent; ++t) {
    now.counter = view_of(TensorData::of_integers(DType::i64, {}, {t}));
    run(level);
    for (size_t j = 0; j < parts.emits; ++j) {
      const View& v = values_.at(parts.body[parts.carries + j]);
      const int64_t size = v.count() * bytes_of(v.dtype);
      shapes[j] = v.shape;
      emitted[j].resize(static_cast<size_t>(size * parts.extent));
      copy_view(v, emitted[j].data() + t * size, 0, dense_strides(v.shape));
    }
    std::vector<View> next;
    for (size_t k = 0; k < parts.carries; ++k) next.push_back(values_.at(parts.body[k]));
    now.carries = std::move(next);
    if (parts.until && value(parts.body.back()).integer(0) != 0) break;
  }
  std::vector<View> results = std::move(now.carries);
  for (size_t j = 0; j < parts.emits; ++j) {
    const Expr emit = parts.body[parts.carries + j];
    if (parts.extent == 0) shapes[j] = bounds_of(emit->shape);
    shapes[j].insert(shapes[j].begin(), parts.extent);
    results.push_back(view_of(TensorData::of_bytes(emit->dtype, shapes[j], std::move(emitted[j]))));
  }
  scans_[e] = std::move(results);
  for (Expr n : level.nodes) values_.erase(n);
  active_.pop_back();
}

}  // namespace

std::vector<TensorData> eval(const std::vector<Expr>& roots, const Values& leaves) {
  const Evaluator evaluator(roots, leaves);
  std::vector<TensorData> values;
  for (Expr root : roots) values.push_back(evaluator.value(root));
  return values;
}

std::vector<TensorData> eval(const Graph& graph, const Values& inputs) {
  Values leaves = inputs;
  leaves.insert(graph.weights.begin(), graph.weights.end());
  for (const GraphState& s : graph.states) leaves.emplace(s.name, s.initial);
  std::vector<Expr> outputs;
  for (const GraphOutput& o : graph.outputs) outputs.push_back(o.value);
  return eval(outputs, leaves);
}

}  // namespace tinycc
