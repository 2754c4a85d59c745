// Reductions over axes, softmax, argmax. Sums of narrow floats are kept in f32. See tensor.h.
#include <algorithm>
#include <limits>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

/// The reduction over `axes`, with extent 1 in their places if `keep`; neutral for nothing.
Expr reduce_axes(Op op, Expr x, const Ints& axes, bool keep) {
  const Ints where = axes_of(axes, x->rank());
  Expr result = reduce(op, x, where);
  if (count_of(x->shape) == 0)
    result = broadcast_to(neutral_of(combiner_of(op), x->dtype, *x->pool), result->shape);
  if (!keep) return result;
  Shape shape = x->shape;
  for (int64_t axis : where) shape[static_cast<size_t>(axis)] = Dim(1);
  return reshape(result, shape);
}

/// How many elements `axes` hold.
Dim count_over(Expr x, const Ints& axes) {
  Shape shape;
  for (int64_t axis : axes_of(axes, x->rank())) shape.push_back(x->dim(axis));
  return dim_of(count_of_dims(*x->pool, shape));
}

/// The greatest index (or the least) along `axis` at which x equals `extreme`.
Expr index_of(Expr x, Expr extreme, int64_t axis, bool keep, bool last) {
  const Expr index = iota(*x->pool, x->shape, axis);
  const Expr rank = last ? index : -index;
  const Expr none = constant_like(rank, static_cast<double>(-x->dim(axis).bound));
  const Expr found = max_over(where(eq(x, expand(extreme, x->shape)), rank, none), {axis}, keep);
  return last ? found : -found;
}

/// x shifted so that the greatest value along `axes` is 0; an empty or all -inf row is left alone.
Expr shifted(Expr x, Expr greatest) { return x - expand(greatest, x->shape); }

}  // namespace

Expr sum(Expr x, const Ints& axes, bool keep) {
  return axes.empty() ? x : cast(reduce_axes(Op::reduce_add, widened(x), axes, keep), x->dtype);
}

Expr mean(Expr x, const Ints& axes, bool keep) {
  if (axes.empty()) return x;
  const Dim count = count_over(x, axes);
  const Expr total = reduce_axes(Op::reduce_add, widened(x), axes, keep);
  if (!count.is_static() || !is_float(x->dtype))
    return cast(div(total, cast(length_of(*x->pool, count), total->dtype)), x->dtype);
  return cast(total * (1.0 / static_cast<double>(count.bound)), x->dtype);
}

Expr product(Expr x, const Ints& axes, bool keep) {
  return axes.empty() ? x : cast(reduce_axes(Op::reduce_mul, widened(x), axes, keep), x->dtype);
}

Expr max_over(Expr x, const Ints& axes, bool keep) {
  return axes.empty() ? x : reduce_axes(Op::reduce_max, x, axes, keep);
}

/// min x = -max -x; for integers ~x reverses the order without overflow, and 1 - x for bool.
Expr min_over(Expr x, const Ints& axes, bool keep) {
  if (axes.empty()) return x;
  if (is_float(x->dtype)) return -reduce_axes(Op::reduce_max, -x, axes, keep);
  const double mask = is_bool(x->dtype) ? 1 : -1;
  const Expr ones = kind_of(x->dtype) == DKind::unsigned_int ? highest(*x->pool, x->dtype)
                                                             : constant(*x->pool, x->dtype, mask);
  const Expr greatest = reduce_axes(Op::reduce_max, binary(Op::bit_xor, x, ones), axes, keep);
  return binary(Op::bit_xor, greatest, ones);
}

Expr log_sum_exp(Expr x, const Ints& axes, bool keep) {
  if (axes.empty()) return x;
  const Expr wide = widened(x);
  const Expr greatest = max(max_over(wide, axes, true), std::numeric_limits<float>::lowest());
  const Expr total = sum(exp(shifted(wide, greatest)), axes, true);
  const Expr result = cast(log(total) + greatest, x->dtype);
  return keep ? result : squeeze(result, axes);
}

Expr arg_max(Expr x, int64_t axis, bool keep, bool last) {
  axis = axis_of(axis, x->rank());
  return index_of(x, max_over(x, {axis}, true), axis, keep, last);
}

Expr arg_min(Expr x, int64_t axis, bool keep, bool last) {
  axis = axis_of(axis, x->rank());
  return index_of(x, min_over(x, {axis}, true), axis, keep, last);
}

/// One division a row.
Expr rounded_sum(Expr x, int64_t axis) {
  axis = axis_of(axis, x->rank());
  return x->dtype == DType::bf16 ? unsqueeze(reduce(Op::reduce_add, x, {axis}), {axis})
                                 : sum(x, {axis}, true);
}

Expr softmax(Expr x, int64_t axis) {
  const Expr power = exp(shifted(x, max_over(x, {axis}, true)));
  const Expr total = rounded_sum(power, axis);
  if (bits_of(x->dtype) < 32) return power / expand(total, x->shape);
  return power * expand(1.0 / total, x->shape);
}

Expr log_softmax(Expr x, int64_t axis) {
  const Expr wide = widened(x);
  const Expr low = shifted(wide, max_over(wide, {axis}, true));
  return cast(low - expand(log(sum(exp(low), {axis}, true)), x->shape), x->dtype);
}

}  // namespace tinycc
