// Rows of the op table: reductions and softmax. See ops.h.
#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// Axes from operand or attribute; none means all of them, or none with noop_with_empty_axes.
Ints axes_for(Call& c) {
  const auto axes = c.ints_or_operand("axes", 1);
  if (axes && !axes->empty()) return *axes;
  return c.integer("noop_with_empty_axes", 0) != 0 ? Ints() : iota_ints(c[0]->rank());
}

/// before(x) reduced by `reduction`.
Expr reduced(Call& c, Expr (*reduction)(Expr, const Ints&, bool), Expr x) {
  return reduction(x, axes_for(c), c.integer("keepdims", 1) != 0);
}

Expr reduce_l2(Call& c) {
  const Expr wide = is_float(c[0]->dtype) ? widened(c[0]) : cast(c[0], DType::f64);
  return cast(sqrt(reduced(c, sum, wide * wide)), c[0]->dtype);
}

Expr in_float(Call& c, Expr x, Expr (*function)(Expr)) {
  return is_float(x->dtype) ? function(x) : cast(function(cast(x, DType::f64)), c[0]->dtype);
}

Expr arg_op(Call& c, Expr (*function)(Expr, int64_t, bool, bool)) {
  return function(c[0], c.integer("axis", 0), c.integer("keepdims", 1) != 0,
                  c.integer("select_last_index", 0) != 0);
}

/// Before operator set 13: the axes from `axis` on are one.
Expr on_rows(Call& c, Expr (*function)(Expr, int64_t)) {
  return reshape_dims(function(flatten(c[0], c.integer("axis", 1)), 1), c[0]->shape);
}

Expr hardmax(Expr x, int64_t axis) {
  const Expr zero = constant(*x->pool, x->dtype, 0), one = constant(*x->pool, x->dtype, 1);
  axis = axis_of(axis, x->rank());
  return one_hot(arg_max(x, axis, false, false), x->extent(axis), zero, one, axis);
}

const OpRow kRows[] = {
    {"ArgMax", 1, [](Call& c) { return arg_op(c, arg_max); }},
    {"ArgMin", 1, [](Call& c) { return arg_op(c, arg_min); }},
    {"Hardmax", 1, [](Call& c) { return on_rows(c, hardmax); }},
    {"Hardmax", 13, [](Call& c) { return hardmax(c[0], c.integer("axis", -1)); }},
    {"LogSoftmax", 1, [](Call& c) { return on_rows(c, log_softmax); }},
    {"LogSoftmax", 13, [](Call& c) { return log_softmax(c[0], c.integer("axis", -1)); }},
    {"ReduceL1", 1, [](Call& c) { return reduced(c, sum, abs(c[0])); }},
    {"ReduceL2", 1, reduce_l2},
    {"ReduceLogSum", 1, [](Call& c) { return in_float(c, reduced(c, sum, c[0]), log); }},
    {"ReduceLogSumExp", 1, [](Call& c) { return reduced(c, log_sum_exp, c[0]); }},
    {"ReduceMax", 1, [](Call& c) { return reduced(c, max_over, c[0]); }},
    {"ReduceMean", 1, [](Call& c) { return reduced(c, mean, c[0]); }},
    {"ReduceMin", 1, [](Call& c) { return reduced(c, min_over, c[0]); }},
    {"ReduceProd", 1, [](Call& c) { return reduced(c, product, c[0]); }},
    {"ReduceSum", 1, [](Call& c) { return reduced(c, sum, c[0]); }},
    {"ReduceSumSquare", 1, [](Call& c) { return reduced(c, sum, c[0] * c[0]); }},
    {"Softmax", 1, [](Call& c) { return on_rows(c, softmax); }},
    {"Softmax", 13, [](Call& c) { return softmax(c[0], c.integer("axis", -1)); }},
};

}  // namespace

std::span<const OpRow> reduce_ops() { return kRows; }

}  // namespace tinycc::onnx
