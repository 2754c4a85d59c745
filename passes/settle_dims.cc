// Computed dimensions; see settle_dims.h.
#include "passes/settle_dims.h"

#include <algorithm>

#include "ir/build.h"

namespace tinycc {
namespace {

Shape fixed(const Shape& shape) {
  Shape result;
  for (const Dim& d : shape) result.emplace_back(d.bound);
  return result;
}

/// Elements before the first computed dimension stay where they are only if there is but one of
/// each: then the elements that count are the first ones of memory.
bool is_prefix(const Shape& shape) {
  for (const Dim& d : shape) {
    if (!d.is_static()) return true;
    if (d.bound != 1) return false;
  }
  return true;
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
  const auto symbolic = [](Expr x) { return !is_static(x->shape); };
  if (e->is(Op::reshape) && (symbolic(e) || symbolic(e[0])) &&
      !(is_prefix(e->shape) && is_prefix(e[0]->shape))) {
    refuse(graph, e, "a reshape across");
  }
  if (e->is(Op::concat) && !e->shape[static_cast<size_t>(e->attr.ints[0])].is_static())
    refuse(graph, e, "a concatenation along");
}

/// The source of a reduction with the neutral value beyond the lengths of the axes that vanish.
Expr masked(Expr reduce, const Shape& shape, Expr source) {
  Pool& pool = *source->pool;
  for (const int64_t axis : reduce->attr.ints) {
    const Dim& d = shape[static_cast<size_t>(axis)];
    if (d.is_static()) continue;
    const Expr length =
        expand(reshape(d.value, Shape(source->shape.size(), Dim(1))), source->shape);
    const Expr neutral = neutral_of(combiner_of(reduce->op), source->dtype, pool);
    source = where(lt(iota(pool, source->shape, axis), length), source, neutral);
  }
  return source;
}

void add_lengths(Graph& graph) {
  const size_t own = graph.outputs.size();
  for (size_t i = 0; i < own; ++i) {
    const Shape shape = graph.outputs[i].value->shape;
    if (is_static(shape)) continue;
    graph.outputs[i].lengths.assign(shape.size(), -1);
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
  if (std::all_of(all.begin(), all.end(), [](Expr e) { return is_static(e->shape); })) return;
  for (Expr e : all) check(graph, e);
  add_lengths(graph);
  std::unordered_map<Expr, Expr> settled;
  for (Expr e : topological_with_dims(graph.roots())) {
    std::vector<Expr> sources;
    for (Expr s : e->sources) sources.push_back(settled.at(s));
    if (is_reduce(e->op) && !is_static(e[0]->shape)) {
      Shape lengths = e[0]->shape;
      for (Dim& d : lengths) {
        if (!d.is_static()) d.value = settled.at(d.value);
      }
      sources[0] = masked(e, lengths, sources[0]);
    }
    settled[e] = graph.pool->make(e->op, e->dtype, fixed(e->shape), std::move(sources), e->attr);
    if (const auto origin = graph.origins.find(e); origin != graph.origins.end()) {
      graph.origins.try_emplace(settled[e], origin->second);
    }
  }
  for (GraphInput& in : graph.inputs)
    in.node = settled.count(in.node) != 0 ? settled.at(in.node) : in.node;
  for (GraphOutput& out : graph.outputs) out.value = settled.at(out.value);
  for (GraphState& s : graph.states) {
    s.next = settled.at(s.next);
    if (settled.count(s.node) != 0) s.node = settled.at(s.node);
  }
}

}  // namespace tinycc
