// Expands and permutes on their way through elementwise ops, and the shapes that this takes.
#include <algorithm>

#include "passes/tensor_rules.h"

namespace tinycc {
namespace {

bool all_of(const std::vector<Expr>& exprs, bool (*holds)(Expr)) {
  return std::all_of(exprs.begin(), exprs.end(), holds);
}

bool is_constant_node(Expr e) { return e->is(Op::constant); }

/// op(expand(a), expand(b)) = expand(op(a, b)), where a and b may still differ in shape.
Expr expand_after_elementwise(Expr e, const GraphFacts&) {
  if (!is_elementwise(e->op) || all_of(e->sources, is_constant_node)) return {};
  Shape shape = core_of(e->sources[0])->shape;
  for (Expr s : e->sources) shape = joined(shape, core_of(s)->shape);
  if (shape == e->shape) return {};
  std::vector<Expr> sources;
  for (Expr s : e->sources) sources.push_back(expand(core_of(s), shape));
  const Expr small = e->pool->make(e->op, e->dtype, shape, std::move(sources), e->attr);
  return expand(small, e->shape);
}

std::vector<int64_t> inverse(const std::vector<int64_t>& order) {
  std::vector<int64_t> result(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    result[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  }
  return result;
}

/// op(permute(a), permute(b)) = permute(op(a, b)) for equal orders; constants have no order, and
/// those that were expanded are small.
Expr permute_after_elementwise(Expr e, const GraphFacts& facts) {
  if (!is_elementwise(e->op)) return {};
  const auto permuted =
      std::find_if(e->sources.begin(), e->sources.end(), [](Expr s) { return s->is(Op::permute); });
  if (permuted == e->sources.end()) return {};
  const std::vector<int64_t> order = (*permuted)->attr.ints, back = inverse(order);
  std::vector<Expr> sources;
  for (Expr s : e->sources) {
    const bool same = s->is(Op::permute) && s->attr == (*permuted)->attr;
    if (!same && !s->is(Op::constant) && !(s->is(Op::expand) && facts.is_constant(s))) return {};
    sources.push_back(same ? s->sources[0] : permute(s, back));
  }
  const Shape shape = (*permuted)->sources[0]->shape;
  return permute(e->pool->make(e->op, e->dtype, shape, std::move(sources), e->attr), order);
}

Expr permute_before_expand(Expr e, const GraphFacts&) {
  if (!e->is(Op::permute) || !e->sources[0]->is(Op::expand)) return {};
  return expand(permute(e->sources[0]->sources[0], e->attr.ints), e->shape);
}

Expr reshape_before_expand(Expr e, const GraphFacts&) {
  if (!e->is(Op::reshape) || !e->sources[0]->is(Op::expand)) return {};
  const Expr small = e->sources[0]->sources[0];
  const auto shape = reshaped_core(small->shape, e->sources[0]->shape, e->shape);
  return shape ? expand(reshape(small, *shape), e->shape) : Expr();
}

Expr expand_of_expand(Expr e, const GraphFacts&) {
  if (!e->is(Op::expand) || !e->sources[0]->is(Op::expand)) return {};
  return expand(e->sources[0]->sources[0], e->shape);
}

/// slice(expand(a)) = expand(slice(a)): axes that a has are cut, the others get shorter.
Expr slice_before_expand(Expr e, const GraphFacts&) {
  if (!e->is(Op::slice) || !e->sources[0]->is(Op::expand)) return {};
  const Expr small = e->sources[0]->sources[0];
  Extents starts, counts, steps;
  for (size_t i = 0; i < e->shape.size(); ++i) {
    const bool has = small->shape[i].bound != 1;
    starts.push_back(has ? e->attr.ints[2 * i] : 0);
    steps.push_back(has ? e->attr.ints[2 * i + 1] : 1);
    counts.push_back(has ? e->shape[i].bound : 1);
  }
  return expand(slice(small, starts, counts, steps), e->shape);
}

/// reduce(expand(a)) = expand(reduce(a)) as far as the axes of the expand remain.
Expr reduce_before_expand(Expr e, const GraphFacts&) {
  if (!is_reduce(e->op) || e->sources.size() != 1 || !e->sources[0]->is(Op::expand)) return {};
  Shape inner = e->sources[0]->sources[0]->shape;
  for (int64_t axis : e->attr.ints) {
    inner[static_cast<size_t>(axis)] = e->sources[0]->shape[static_cast<size_t>(axis)];
  }
  if (inner == e->sources[0]->shape) return {};
  return expand(reduce(e->op, expand(e->sources[0]->sources[0], inner), e->attr.ints), e->shape);
}

}  // namespace

const std::vector<TensorRule> kSpreadRules = {
    {"expand-after-elementwise", Exactness::exact, expand_after_elementwise},
    {"permute-after-elementwise", Exactness::exact, permute_after_elementwise},
    {"permute-before-expand", Exactness::exact, permute_before_expand},
    {"reshape-before-expand", Exactness::exact, reshape_before_expand},
    {"expand-of-expand", Exactness::exact, expand_of_expand},
    {"slice-before-expand", Exactness::exact, slice_before_expand},
    {"reduce-before-expand", Exactness::exact, reduce_before_expand},
};

Shape shape_of(const Extents& extents) { return {extents.begin(), extents.end()}; }

Expr core_of(Expr e) {
  if (e->is(Op::expand)) return e->sources[0];
  if (!e->is(Op::constant)) return e;
  return e->pool->make(Op::constant, e->dtype, Shape(e->shape.size(), Dim(1)), {}, e->attr);
}

Shape joined(const Shape& a, const Shape& b) {
  Shape result = a;
  for (size_t i = 0; i < a.size(); ++i) {
    if (b[i].bound != 1) result[i] = b[i];
  }
  return result;
}

namespace {

/// Axes first … last-1 of `from` are axes first … last-1 of `to` together.
struct Group {
  size_t from_first, from_last, to_first, to_last;
};

std::vector<Group> groups_of(const Shape& from, const Shape& to) {
  std::vector<Group> groups;
  size_t i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    Group g{i, i, j, j};
    int64_t a = i < from.size() ? from[i++].bound : 1, b = j < to.size() ? to[j++].bound : 1;
    while (a != b) (a < b ? a : b) *= a < b ? from[i++].bound : to[j++].bound;
    g.from_last = i;
    g.to_last = j;
    groups.push_back(g);
  }
  return groups;
}

}  // namespace

std::optional<Shape> reshaped_core(const Shape& small, const Shape& from, const Shape& to) {
  if (count_of(from) == 0) return {};
  Shape result = to;
  for (const Group& g : groups_of(from, to)) {
    int64_t kept = 1, all = 1;
    for (size_t i = g.from_first; i < g.from_last; ++i) {
      kept *= small[i].bound;
      all *= from[i].bound;
    }
    if (kept == all) continue;
    if (kept != 1) return {};
    for (size_t j = g.to_first; j < g.to_last; ++j) result[j] = Dim(1);
  }
  return result;
}

}  // namespace tinycc
