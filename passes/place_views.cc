// Views of what is stored; see place_views.h.
#include "passes/place_views.h"

#include <algorithm>

#include "ir/build.h"
#include "passes/tensor_rules.h"

namespace tinycc {
namespace {

int64_t product(const Shape& shape, int64_t axes) {
  int64_t n = 1;
  for (int64_t i = 0; i < axes; ++i) n *= shape[static_cast<size_t>(i)].bound;
  return n;
}

/// Where axis `axis` of the source is after this permute or reshape, by itself; -1: not so.
int64_t axis_after(Expr view, int64_t axis) {
  if (view->is(Op::permute)) {
    const auto& order = view->attr.ints;
    return std::find(order.begin(), order.end(), axis) - order.begin();
  }
  const Shape &from = view[0]->shape, &to = view->shape;
  for (int64_t k = 0; k < view->rank(); ++k) {
    if (to[static_cast<size_t>(k)] == from[static_cast<size_t>(axis)] &&
        product(to, k) == product(from, axis))
      return k;
  }
  return -1;
}

class Placing {
 public:
  explicit Placing(Graph& graph) : graph_(graph), facts_(graph) {}

  void run() {
    rewrite_graph(graph_, facts_,
                  [&](Expr e) { return e->is(Op::concat) ? with_placed_parts(e) : e; });
    for (GraphOutput& o : graph_.outputs) o.value = placed(o.value);
  }

 private:
  Expr with_placed_parts(Expr e) {
    std::vector<Expr> parts;
    for (Expr part : e->sources) parts.push_back(placed(part));
    return parts == e->sources ? e : concat(parts, e->attr.ints[0]);
  }

  bool moves_alone(Expr view) const {
    return (view->is(Op::permute) || view->is(Op::reshape)) && is_static(view->shape) &&
           is_static(view[0]->shape) && facts_.is_used_once(view) && facts_.is_used_once(view[0]);
  }

  /// What is stored somewhere, as a concatenation if it is a view of one.
  Expr placed(Expr view) {
    if (!moves_alone(view)) return view;
    const Expr source = placed(view[0]);
    if (!source->is(Op::concat) || count_of(source->shape) == 0) return view;
    const int64_t axis = source->attr.ints[0], after = axis_after(view, axis);
    if (after < 0) return view;
    std::vector<Expr> parts;
    for (Expr part : source->sources) parts.push_back(placed(of_part(view, part, axis, after)));
    const Expr result = concat(parts, after);
    move_origin(view, result);
    return result;
  }

  /// The same view of one of the parts.
  Expr of_part(Expr view, Expr part, int64_t axis, int64_t after) {
    if (view->is(Op::permute)) return permute(part, view->attr.ints);
    Shape shape = view->shape;
    shape[static_cast<size_t>(after)] = part->shape[static_cast<size_t>(axis)];
    return reshape(part, shape);
  }

  void move_origin(Expr from, Expr to) {
    const auto found = graph_.origins.find(from);
    if (found != graph_.origins.end()) graph_.origins.try_emplace(to, Origin(found->second));
  }

  Graph& graph_;
  GraphFacts facts_;
};

}  // namespace

void place_views(Graph& graph) { Placing(graph).run(); }

}  // namespace tinycc
