// Computed dimensions; see settle_dims.h.
#include "passes/settle_dims.h"

#include <algorithm>
#include <numeric>

#include "ir/build.h"
#include "ir/dims.h"

namespace tinycc {
namespace {

Shape fixed(const Shape& shape) {
  Shape result;
  for (const Dim& d : shape) result.emplace_back(d.bound);
  return result;
}

void refuse(const Graph& graph, Expr e, const char* what) {
  const auto origin = graph.origins.find(e);
  const std::string where = origin == graph.origins.end() || origin->second.nodes.empty()
                                ? graph.name
                                : "node `" + origin->second.nodes.back() + "`";
  throw Error(ExitCode::unsupported,
              where + ": " + what + " a dimension whose length is only known at run time",
              "pin the input's shape, or cut the model before this node");
}

void check(const Graph& graph, Expr e) {
  const bool symbolic = !is_static(e->shape) || (e->sources.size() > 0 && !is_static(e[0]->shape));
  if (e->is(Op::reshape) && symbolic && !keeps_places(e[0]->shape, e->shape))
    refuse(graph, e, "a reshape across");
  if (e->is(Op::concat) && !e->shape[static_cast<size_t>(e->attr.ints[0])].is_static())
    refuse(graph, e, "a concatenation along");
}

/// Shapes as they were, with the settled nodes of their lengths.
class Settling {
 public:
  /// True where `axes` of a tensor of this shape are within their lengths, for `like`'s shape.
  Expr within(const Shape& shape, const std::vector<int64_t>& axes, Expr like) const {
    Expr all;
    for (const int64_t axis : axes) {
      const Dim& d = shape[static_cast<size_t>(axis)];
      if (d.is_static()) continue;
      const Shape ones(like->shape.size(), Dim(1));
      const Expr length = expand(reshape(done_.at(d.value), ones), like->shape);
      const Expr one = lt(iota(*like->pool, like->shape, axis), length);
      all = all ? all & one : one;
    }
    return all;
  }

  /// The sources of the settled node: what it must not read beyond the lengths is hidden.
  std::vector<Expr> sources(Expr e) const {
    std::vector<Expr> s;
    for (Expr source : e->sources) s.push_back(done_.at(source));
    if (is_reduce(e->op)) {
      const Expr neutral = neutral_of(combiner_of(e->op), s[0]->dtype, *s[0]->pool);
      if (const Expr w = within(e[0]->shape, e->attr.ints, s[0])) s[0] = where(w, s[0], neutral);
    } else if (e->is(Op::pad)) {  // behind the length the padding begins
      std::vector<int64_t> axes;
      for (int64_t i = 0; i < e->rank(); ++i) {
        if (e->attr.ints[static_cast<size_t>(2 * i + 1)] > 0) axes.push_back(i);
      }
      const Expr w = within(e[0]->shape, axes, s[0]);
      if (w) s[0] = where(w, s[0], expand_scalar(s[1], s[0]));
    } else if (e->is(Op::scatter)) {  // an index outside of its axis drops the update
      std::vector<int64_t> axes(e[1]->shape.size());
      std::iota(axes.begin(), axes.end(), 0);
      const Expr w = within(e[1]->shape, axes, s[1]);
      if (w) s[2] = where(w, s[2], constant_like(s[2], -1));
    }
    return s;
  }

  std::unordered_map<Expr, Expr>& done() { return done_; }

 private:
  static Expr expand_scalar(Expr value, Expr like) {
    return expand(reshape(value, Shape(like->shape.size(), Dim(1))), like->shape);
  }
  std::unordered_map<Expr, Expr> done_;
};

/// Which of the graph's dims each axis is.
std::vector<int64_t> dims_of(const Graph& graph, const Shape& shape) {
  std::vector<int64_t> dims(shape.size(), -1);
  for (size_t i = 0; i < shape.size(); ++i) {
    for (size_t k = 0; k < graph.dims.size(); ++k) {
      if (shape[i].value == graph.dims[k].node) dims[i] = static_cast<int64_t>(k);
    }
  }
  return dims;
}

void add_lengths(Graph& graph) {
  const size_t own = graph.outputs.size();
  for (size_t i = 0; i < own; ++i) {
    const Shape shape = graph.outputs[i].value->shape;
    if (is_static(shape)) continue;
    graph.outputs[i].lengths.assign(shape.size(), -1);
    graph.outputs[i].dims = dims_of(graph, shape);
    for (size_t d = 0; d < shape.size(); ++d) {
      if (shape[d].is_static()) continue;
      graph.outputs[i].lengths[d] = static_cast<int64_t>(graph.outputs.size());
      graph.outputs.push_back({graph.outputs[i].name + "_length_" + std::to_string(d),
                               cast(shape[d].value, DType::i64),
                               {},
                               true});
    }
  }
}

}  // namespace

void settle_dims(Graph& graph) {
  const std::vector<Expr> all = topological_with_dims(graph.roots());
  const bool fixed_inputs = std::all_of(graph.inputs.begin(), graph.inputs.end(), [](const auto& i) {
    return is_static(i.node->shape);
  });
  if (fixed_inputs && std::all_of(all.begin(), all.end(), [](Expr e) { return is_static(e->shape); }))
    return;
  for (Expr e : all) check(graph, e);
  add_lengths(graph);
  Settling settling;
  std::unordered_map<Expr, Expr>& settled = settling.done();
  for (Expr e : topological_with_dims(graph.roots())) {
    settled[e] =
        graph.pool->make(e->op, e->dtype, fixed(e->shape), settling.sources(e), e->attr);
    if (const auto origin = graph.origins.find(e); origin != graph.origins.end()) {
      graph.origins.try_emplace(settled[e], origin->second);
    }
  }
  for (GraphInput& in : graph.inputs) {
    if (!is_static(in.node->shape)) in.dims = dims_of(graph, in.node->shape);
    in.node = settled.count(in.node) != 0
                  ? settled.at(in.node)
                  : input(*graph.pool, in.name, in.node->dtype, fixed(in.node->shape));
  }
  for (GraphOutput& out : graph.outputs) out.value = settled.at(out.value);
  for (GraphState& s : graph.states) {
    s.next = settled.at(s.next);
    if (settled.count(s.node) != 0) s.node = settled.at(s.node);
  }
}

}  // namespace tinycc
