// Rows of the op table: reductions and softmax. See ops.h.
#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

using Reduction = Expr (*)(Expr, const Ints&, bool);

/// Axes from operand or attribute; none means all of them, or none with noop_with_empty_axes.
Ints axes_for(Call& c) {
  const auto axes = c.ints_or_operand("axes", 1);
  if (axes && !axes->empty()) return *axes;
  return c.integer("noop_with_empty_axes", 0) != 0 ? Ints() : iota_ints(c[0]->rank());
}

/// The axes that the bits of `mask` name.
Ints axes_in(int64_t mask) {
  Ints axes;
  for (int64_t axis = 0; mask >> axis != 0; ++axis) {
    if ((mask >> axis & 1) != 0) axes.push_back(axis);
  }
  return axes;
}

/// Axes that only a run knows: every set of axes that gives the stated shape is a choice. Which one
/// is meant are the bits of the axes, together.
Expr by_chosen_axes(Call& c, Reduction reduction, Expr x, bool keep) {
  const Ints stated = c.stated(0, 1);
  const Shape shape(stated.begin(), stated.end());
  const int64_t rank = x->rank();
  if (rank > 8)
    refuse("axes that are not known beforehand, of a tensor of rank " + std::to_string(rank));
  int64_t alike = 0;  // axes of extent 1 that stay: reduced or not, it is the same
  for (int64_t axis = 0; keep && axis < rank; ++axis)
    alike |= x->dim(axis) == Dim(1) ? int64_t{1} << axis : 0;
  std::vector<std::pair<int64_t, Expr>> choices;
  for (int64_t mask = 0; mask < int64_t{1} << rank; ++mask) {
    const Expr result = (mask & alike) != 0 ? Expr() : reduction(x, axes_in(mask), keep);
    if (result && result->shape == shape) choices.emplace_back(mask, result);
  }
  if (choices.empty()) refuse("no axes of " + text_of(x->shape) + " give " + text_of(shape));
  Expr bits = constant_int(c.pool(), DType::i64, 0);
  for (Expr axis : c.elements(1)) {
    const Expr place = where(lt(axis, 0), axis + static_cast<double>(rank), axis);
    bits = bits | binary(Op::shl, constant_like(bits, 1), place);
  }
  return choose(bits & static_cast<double>(~alike), choices);
}

/// x reduced over the node's axes.
Expr reduced(Call& c, Reduction reduction, Expr x) {
  const bool keep = c.integer("keepdims", 1) != 0;
  if (c.has(1) && !c.known(1)) return by_chosen_axes(c, reduction, x, keep);
  return reduction(x, axes_for(c), keep);
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
