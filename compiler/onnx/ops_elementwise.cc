// Rows of the op table: elementwise operators. See ops.h.
#include <algorithm>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

Expr folded_over(Call& c, Expr (*combine)(Expr, Expr)) {
  const std::vector<Expr> operands = c.all();
  Expr result = operands[0];
  for (size_t i = 1; i < operands.size(); ++i) result = combine(result, operands[i]);
  return result;
}

Expr clip_by_attributes(Call& c) {
  std::optional<Expr> low, high;
  if (c.has_attribute("min")) low = constant(c.pool(), c[0]->dtype, c.real("min"));
  if (c.has_attribute("max")) high = constant(c.pool(), c[0]->dtype, c.real("max"));
  return clip(c[0], low, high);
}

Expr bit_shift(Call& c) {
  return bitwise(c.choice("direction", {"LEFT", "RIGHT"}) == "LEFT" ? Op::shl : Op::shr, c[0],
                 c[1]);
}

Expr bitwise_not(Call& c) {
  const Expr ones = is_bool(c[0]->dtype) ? constant(c.pool(), DType::boolean, 1)
                                         : constant_int(c.pool(), c[0]->dtype, -1);
  return binary(Op::bit_xor, c[0], ones);
}

/// Before operator set 7: with `broadcast` the second operand lies along the first one's axes from
/// `axis` on (by default its last ones).
Expr aligned(Call& c, Expr (*function)(Expr, Expr)) {
  if (c.integer("broadcast", 0) == 0 || !c.has_attribute("axis")) return function(c[0], c[1]);
  const int64_t behind = c[0]->rank() - axis_of(c.integer("axis"), c[0]->rank()) - c[1]->rank();
  if (behind < 0) refuse("axis does not fit the operands");
  Shape shape = c[1]->shape;
  shape.resize(shape.size() + static_cast<size_t>(behind), Dim(1));
  return function(c[0], reshape(c[1], shape));
}

/// Before operator set 7: one slope, or one a channel.
Expr prelu_by_channel(Call& c) {
  if (count_of(c[1]->shape) == 1) return prelu(c[0], reshape_to(c[1], {}));
  return prelu(c[0], along(reshape_to(c[1], {-1}), std::min<int64_t>(1, c[0]->rank() - 1), c[0]));
}

Expr bit_cast(Call& c) {
  const DType to = dtype_of(static_cast<int32_t>(c.integer("to")));
  if (bits_of(to) != bits_of(c[0]->dtype)) refuse("the types differ in width");
  return bitcast(c[0], to);
}

Expr truth_not(Call& c) { return logical_not(c[0]); }
Expr mean_of(Call& c) {
  return div(folded_over(c, add), constant(c.pool(), c[0]->dtype, static_cast<double>(c.count())));
}
Expr modulo_of(Call& c) {
  return c.integer("fmod", 0) != 0 ? remainder(c[0], c[1]) : modulo(c[0], c[1]);
}
Expr gelu_of(Call& c) {
  return gelu(c[0], c.choice("approximate", {"none", "tanh"}, "none") == "tanh");
}

Expr inf_of(Call& c) {
  return is_inf(c[0], c.integer("detect_negative", 1) != 0, c.integer("detect_positive", 1) != 0);
}

/// As a power of two, up by default: past any fraction, but not beyond the largest one unless told so.
Expr cast_to_power(Call& c, Expr x) {
  const std::string mode = c.choice("round_mode", {"up", "down", "nearest"}, "up");
  if (mode == "nearest") return cast(x, DType::f8e8m0);
  const auto number = [&](int64_t n) { return constant_int(c.pool(), DType::u32, n); };
  const Expr bits = bitcast(x, DType::u32), down = bitwise(Op::bit_and, bits, number(0x7F800000));
  const Expr next = bitwise(Op::bit_and, add(bits, number(0x007FFFFF)), number(0x7F800000));
  Expr stays = equal(down, number(0x7F800000));
  if (c.integer("saturate", 1) != 0)
    stays = bitwise(Op::bit_or, stays, equal(down, number(0x7F000000)));
  return cast(bitcast(mode == "up" ? select(stays, down, next) : down, DType::f32), DType::f8e8m0);
}

/// Types of 4 and 2 bits take the low bits of the whole number; float8 saturates unless told not to.
Expr cast_to(Call& c, DType to) {
  if (is_integer(to) && bits_of(to) < 8 && is_float(c[0]->dtype))
    return cast(cast(c[0], DType::i32), to);
  if (to == DType::f8e8m0) return cast_to_power(c, cast(c[0], DType::f32));
  const double most = largest_of(to);
  if (most == 0 || !is_float(c[0]->dtype) || c.integer("saturate", 1) == 0) return cast(c[0], to);
  return cast(max(min(c[0], most), -most), to);
}

Expr cast_op(Call& c) { return cast_to(c, dtype_of(static_cast<int32_t>(c.integer("to")))); }

const OpRow kRows[] = {
    {"Abs", 1, [](Call& c) { return abs(c[0]); }},
    {"Acos", 7, [](Call& c) { return acos(c[0]); }},
    {"Acosh", 9, [](Call& c) { return acosh(c[0]); }},
    {"Add", 1, [](Call& c) { return aligned(c, add); }},
    {"Add", 7, [](Call& c) { return add(c[0], c[1]); }},
    {"And", 1,
     [](Call& c) { return aligned(c, [](Expr a, Expr b) { return bitwise(Op::bit_and, a, b); }); }},
    {"And", 7, [](Call& c) { return bitwise(Op::bit_and, c[0], c[1]); }},
    {"Asin", 7, [](Call& c) { return asin(c[0]); }},
    {"Asinh", 9, [](Call& c) { return asinh(c[0]); }},
    {"Atan", 7, [](Call& c) { return atan(c[0]); }},
    {"Atanh", 9, [](Call& c) { return atanh(c[0]); }},
    {"BitCast", 26, bit_cast},
    {"BitShift", 11, bit_shift},
    {"BitwiseAnd", 18, [](Call& c) { return bitwise(Op::bit_and, c[0], c[1]); }},
    {"BitwiseNot", 18, bitwise_not},
    {"BitwiseOr", 18, [](Call& c) { return bitwise(Op::bit_or, c[0], c[1]); }},
    {"BitwiseXor", 18, [](Call& c) { return bitwise(Op::bit_xor, c[0], c[1]); }},
    {"Cast", 6, cast_op},
    {"CastLike", 15, [](Call& c) { return cast_to(c, c[1]->dtype); }},
    {"Ceil", 1, [](Call& c) { return ceil(c[0]); }},
    {"Celu", 12, [](Call& c) { return celu(c[0], c.real("alpha", 1)); }},
    {"Clip", 1, clip_by_attributes},
    {"Clip", 11, [](Call& c) { return clip(c[0], c.maybe(1), c.maybe(2)); }},
    {"Cos", 7, [](Call& c) { return cos(c[0]); }},
    {"Cosh", 9, [](Call& c) { return cosh(c[0]); }},
    {"Div", 1, [](Call& c) { return aligned(c, div); }},
    {"Div", 7, [](Call& c) { return div(c[0], c[1]); }},
    {"Elu", 1, [](Call& c) { return elu(c[0], c.real("alpha", 1)); }},
    {"Equal", 1, [](Call& c) { return aligned(c, equal); }},
    {"Equal", 7, [](Call& c) { return equal(c[0], c[1]); }},
    {"Erf", 9, [](Call& c) { return erf(c[0]); }},
    {"Exp", 1, [](Call& c) { return exp(c[0]); }},
    {"Floor", 1, [](Call& c) { return floor(c[0]); }},
    {"Gelu", 20, gelu_of},
    {"Gelu", 1, [](Call& c) { return gelu(c[0], false); }, "com.microsoft"},
    {"Greater", 1, [](Call& c) { return aligned(c, greater); }},
    {"Greater", 7, [](Call& c) { return greater(c[0], c[1]); }},
    {"GreaterOrEqual", 12, [](Call& c) { return greater_equal(c[0], c[1]); }},
    {"HardSigmoid", 1,
     [](Call& c) { return hard_sigmoid(c[0], c.real("alpha", 0.2), c.real("beta", 0.5)); }},
    {"HardSwish", 14, [](Call& c) { return hard_swish(c[0]); }},
    {"Identity", 1, [](Call& c) { return c[0]; }},
    {"IsInf", 10, inf_of},
    {"IsNaN", 9, [](Call& c) { return is_nan(c[0]); }},
    {"LeakyRelu", 1, [](Call& c) { return leaky_relu(c[0], c.real("alpha", 0.01)); }},
    {"Less", 1, [](Call& c) { return aligned(c, less); }},
    {"Less", 7, [](Call& c) { return less(c[0], c[1]); }},
    {"LessOrEqual", 12, [](Call& c) { return less_equal(c[0], c[1]); }},
    {"Log", 1, [](Call& c) { return log(c[0]); }},
    {"Max", 1, [](Call& c) { return folded_over(c, maximum); }},
    {"Mean", 1, mean_of},
    {"Min", 1, [](Call& c) { return folded_over(c, minimum); }},
    {"Mish", 18, [](Call& c) { return mish(c[0]); }},
    {"Mod", 10, modulo_of},
    {"Mul", 1, [](Call& c) { return aligned(c, mul); }},
    {"Mul", 7, [](Call& c) { return mul(c[0], c[1]); }},
    {"Neg", 1, [](Call& c) { return neg(c[0]); }},
    {"Not", 1, truth_not},
    {"Or", 1,
     [](Call& c) { return aligned(c, [](Expr a, Expr b) { return bitwise(Op::bit_or, a, b); }); }},
    {"Or", 7, [](Call& c) { return bitwise(Op::bit_or, c[0], c[1]); }},
    {"PRelu", 1, prelu_by_channel},
    {"PRelu", 7, [](Call& c) { return prelu(c[0], c[1]); }},
    {"Pow", 1, [](Call& c) { return aligned(c, power); }},
    {"Pow", 7, [](Call& c) { return power(c[0], c[1]); }},
    {"QuickGelu", 1, [](Call& c) { return swish(c[0], c.real("alpha", 1.702)); }, "com.microsoft"},
    {"Reciprocal", 1, [](Call& c) { return 1.0 / c[0]; }},
    {"Relu", 1, [](Call& c) { return relu(c[0]); }},
    {"Round", 11, [](Call& c) { return round(c[0]); }},
    {"Selu", 1,
     [](Call& c) {
       return selu(c[0], c.real("alpha", 1.67326319217681884765625),
                   c.real("gamma", 1.05070102214813232421875));
     }},
    {"Shrink", 9, [](Call& c) { return shrink(c[0], c.real("bias", 0), c.real("lambd", 0.5)); }},
    {"Sigmoid", 1, [](Call& c) { return sigmoid(c[0]); }},
    {"Sign", 9, [](Call& c) { return sign(c[0]); }},
    {"Sin", 7, [](Call& c) { return sin(c[0]); }},
    {"Sinh", 9, [](Call& c) { return sinh(c[0]); }},
    {"Softplus", 1, [](Call& c) { return softplus(c[0]); }},
    {"Softsign", 1, [](Call& c) { return softsign(c[0]); }},
    {"Sqrt", 1, [](Call& c) { return sqrt(c[0]); }},
    {"Sub", 1, [](Call& c) { return aligned(c, sub); }},
    {"Sub", 7, [](Call& c) { return sub(c[0], c[1]); }},
    {"Sum", 1, [](Call& c) { return folded_over(c, add); }},
    {"SwiGLU", 28, [](Call& c) { return mul(swish(c[0], c.real("alpha", 1)), c[1]); }},
    {"Swish", 24, [](Call& c) { return swish(c[0], c.real("alpha", 1)); }},
    {"Tan", 7, [](Call& c) { return tan(c[0]); }},
    {"Tanh", 1, [](Call& c) { return tanh(c[0]); }},
    {"ThresholdedRelu", 10, [](Call& c) { return thresholded_relu(c[0], c.real("alpha", 1)); }},
    {"Where", 9, [](Call& c) { return select(c[0], c[1], c[2]); }},
    {"Xor", 1,
     [](Call& c) { return aligned(c, [](Expr a, Expr b) { return bitwise(Op::bit_xor, a, b); }); }},
    {"Xor", 7, [](Call& c) { return bitwise(Op::bit_xor, c[0], c[1]); }},
};

}  // namespace

std::span<const OpRow> elementwise_ops() { return kRows; }

}  // namespace tinycc::onnx
