// Constants move together until they are one: factors and addends behind a convolution or matrix
// product go into its weights and its bias. Batch normalisation disappears this way, as it is
// nothing but x*s + b with constants along the channels:
//
//   ((reduce_add(x*w) + b1)*s + b2  →  reduce_add(x*(w*s)) + (b1*s + b2)
//
// The products of constants are then computed by fold_constants. A constant here is any tensor that
// depends on weights alone, most often an expand of a small one.
#include <algorithm>

#include "passes/fuse.h"
#include "passes/tensor_rules.h"
#include "passes/weight_only.h"

namespace tinycc {
namespace {

bool is_float_op(Expr e, Op op) { return e->is(op) && is_float(e->dtype); }

/// The sources of a binary node as (variable, constant); both empty when there are not one of each.
std::pair<Expr, Expr> with_constant(Expr e, const GraphFacts& facts) {
  const bool first = facts.is_constant(e->sources[0]), second = facts.is_constant(e->sources[1]);
  if (first == second) return {};
  return first ? std::pair(e->sources[1], e->sources[0]) : std::pair(e->sources[0], e->sources[1]);
}

/// Two constants combined before either is repeated; nothing when that is larger than both.
Expr combined(Op op, Expr a, Expr b) {
  const Expr small_a = core_of(a), small_b = core_of(b);
  const Shape shape = joined(small_a->shape, small_b->shape);
  if (count_of(shape) > std::max(count_of(small_a->shape), count_of(small_b->shape))) return {};
  return expand(binary(op, expand(small_a, shape), expand(small_b, shape)), a->shape);
}

/// A sum of products with weights: reduce_add(data * weights), perhaps reshaped.
struct WeightedSum {
  Expr reduce, product, data, weights;
};

std::optional<WeightedSum> weighted_sum(Expr e, const GraphFacts& facts) {
  WeightedSum sum;
  sum.reduce = e->is(Op::reshape) ? e->sources[0] : e;
  if (!is_float_op(sum.reduce, Op::reduce_add) || sum.reduce->sources.size() != 1) return {};
  if (!facts.is_used_once(e) || !facts.is_used_once(sum.reduce)) return {};
  sum.product = sum.reduce->sources[0];
  if (!sum.product->is(Op::mul)) return {};
  std::tie(sum.data, sum.weights) = with_constant(sum.product, facts);
  return sum.data ? std::optional(sum) : std::nullopt;
}

/// `factor`, which multiplies a node of shape `outer`, as a tensor that multiplies sum.product.
Expr before_reduction(Expr factor, const Shape& outer, const WeightedSum& sum) {
  const Expr small = core_of(factor);
  const auto shape = reshaped_core(small->shape, outer, sum.reduce->shape);
  if (!shape) return {};
  Shape inner = *shape;  // ascending axes, so each goes where it was
  for (int64_t axis : sum.reduce->attr.ints) inner.insert(inner.begin() + axis, Dim(1));
  return expand(reshape(small, inner), sum.product->shape);
}

/// reduce_add(x*w)*s = reduce_add(x*(w*s))
Expr factor_into_weights(Expr e, const GraphFacts& facts) {
  if (!is_float_op(e, Op::mul)) return {};
  const auto [value, factor] = with_constant(e, facts);
  const auto sum = value ? weighted_sum(value, facts) : std::nullopt;
  if (!sum || is_widened_byte(skip_views(sum->weights))) return {};
  const Expr inner = before_reduction(factor, value->shape, *sum);
  const Expr weights = inner ? combined(Op::mul, sum->weights, inner) : Expr();
  if (!weights || count_of(core_of(weights)->shape) > count_of(core_of(sum->weights)->shape))
    return {};
  return reshape(reduce(Op::reduce_add, sum->data * weights, sum->reduce->attr.ints), e->shape);
}

/// (reduce_add(x*w) + b)*s = reduce_add(x*w)*s + b*s
Expr factor_over_bias(Expr e, const GraphFacts& facts) {
  if (!is_float_op(e, Op::mul)) return {};
  const auto [value, factor] = with_constant(e, facts);
  if (!value || !value->is(Op::add) || !facts.is_used_once(value)) return {};
  const auto [term, bias] = with_constant(value, facts);
  if (!term || !weighted_sum(term, facts)) return {};
  const Expr scaled = combined(Op::mul, bias, factor);
  return scaled ? term * factor + scaled : Expr();
}

/// reduce_add(x*w)/c = reduce_add(x*w)*(1/c)
Expr divisor_to_factor(Expr e, const GraphFacts& facts) {
  if (!is_float_op(e, Op::div) || !facts.is_constant(e->sources[1])) return {};
  const Expr value = e->sources[0];
  const bool biased = value->is(Op::add) && with_constant(value, facts).first;
  if (!weighted_sum(biased ? with_constant(value, facts).first : value, facts)) return {};
  const Expr divisor = core_of(e->sources[1]);
  return value * expand(1.0 / divisor, e->shape);
}

/// (x + b1) + b2 = x + (b1 + b2), and for products.
Expr merge_constants(Expr e, const GraphFacts& facts) {
  if (!is_float_op(e, Op::add) && !is_float_op(e, Op::mul)) return {};
  const auto [value, outer] = with_constant(e, facts);
  if (!value || value->op != e->op || !facts.is_used_once(value)) return {};
  const auto [x, inner] = with_constant(value, facts);
  const Expr both = x ? combined(e->op, inner, outer) : Expr();
  return both ? binary(e->op, x, both) : Expr();
}

/// Constants second: both orders of a sum or product become the same node.
Expr constant_second(Expr e, const GraphFacts& facts) {
  if (!is_float_op(e, Op::add) && !is_float_op(e, Op::mul)) return {};
  if (!facts.is_constant(e->sources[0]) || facts.is_constant(e->sources[1])) return {};
  return binary(e->op, e->sources[1], e->sources[0]);
}

/// x + 0 = x, but for x = -0.
Expr add_zero(Expr e, const GraphFacts&) {
  return is_float_op(e, Op::add) && is_constant(e->sources[1], 0) ? e->sources[0] : Expr();
}

}  // namespace

const std::vector<TensorRule> kConstantRules = {
    {"constant-second", Exactness::exact, constant_second},
    {"add-zero", Exactness::reassociates, add_zero},
    {"merge-constants", Exactness::reassociates, merge_constants},
    {"factor-into-weights", Exactness::reassociates, factor_into_weights},
    {"factor-over-bias", Exactness::reassociates, factor_over_bias},
    {"divisor-to-factor", Exactness::reassociates, divisor_to_factor},
};

}  // namespace tinycc
