// Rows of the op table: conversions between numbers and their quantised form. See ops.h.
#include <algorithm>

#include "compiler/onnx/ops.h"
#include "compiler/onnx/quantise.h"

namespace tinycc::onnx {

Expr spread(Expr v, Expr x, int64_t axis, int64_t block) {
  if (count_of(v->shape) == 1) return broadcast_to(reshape_to(v, {}), x->shape);
  axis = axis_of(axis, x->rank());
  if (v->rank() == 1 && block == 0) return along(v, axis, x);
  if (v->rank() != x->rank() || block < 1)
    refuse("a scale of shape " + text_of(v->shape) + " for " + text_of(x->shape));
  Ints blocks = bounds_of(v->shape), joined = blocks;
  blocks.insert(blocks.begin() + axis + 1, 1);
  Shape repeated(blocks.begin(), blocks.end());
  repeated[static_cast<size_t>(axis + 1)] = Dim(block);
  joined[static_cast<size_t>(axis)] *= block;
  const Expr whole = reshape_to(expand(reshape_to(v, blocks), repeated), joined);
  return narrow(whole, axis, 0, x->extent(axis));
}

Expr quantised(Expr x, Expr scale, Expr zero, DType to) {
  const double limit = largest_of(to);
  if (is_float(to)) return cast(limit > 0 ? max(min(x / scale, limit), -limit) : x / scale, to);
  const Expr scaled = round(x / scale);
  const Expr shifted = zero ? scaled + cast(zero, x->dtype) : scaled;
  const double least = static_cast<double>(integer_of(lowest(*x->pool, to)));
  const double most = static_cast<double>(integer_of(highest(*x->pool, to)));
  return cast(max(min(shifted, most), least), to);
}

Expr dequantised(Expr x, Expr scale, Expr zero) {
  const Expr shifted = is_float(x->dtype) ? cast(x, scale->dtype)
                       : zero ? cast(cast(x, DType::i32) - cast(zero, DType::i32), scale->dtype)
                              : cast(x, scale->dtype);
  return shifted * scale;
}

Expr centred(Expr x, Expr zero, int64_t axis) {
  const Expr wide = cast(x, DType::i32);
  return zero ? wide - spread(cast(zero, DType::i32), wide, axis, 0) : wide;
}

Expr real_product(Expr a, Expr a_scale, Expr a_zero, Expr b, Expr b_scale, Expr b_zero) {
  const Expr sums = cast(matmul(centred(a, a_zero, -2), centred(b, b_zero, -1)), DType::f32);
  return sums * spread(mul(a_scale, b_scale), sums, -1, 0);
}

Expr channels_first(Expr x, bool last) { return last ? move_axis(x, -1, 1) : x; }

std::vector<Expr> quantised_by_range(Expr x) {
  const Ints axes = iota_ints(x->rank());
  const Expr low = min(min_over(x, axes), 0), high = max(max_over(x, axes), 0);
  const Expr span = (high - low) * (1.0 / 255),
             scale = where(eq(span, 0), constant_like(span, 1), span);
  const Expr zero = cast(max(min(round(-low / scale), 255), 0), DType::u8);
  return {quantised(x, broadcast_to(scale, x->shape), broadcast_to(zero, x->shape), DType::u8),
          scale, zero};
}

namespace {

Expr quantise_op(Call& c) {
  const int64_t axis = c.integer("axis", 1), block = c.integer("block_size", 0),
                type = c.integer("output_dtype", 0);
  const DType to = c.has(2)    ? c[2]->dtype
                   : type != 0 ? dtype_of(static_cast<int32_t>(type))
                               : DType::u8;
  const Expr x = is_float(c[0]->dtype) ? widened(c[0]) : cast(c[0], DType::f32);
  const Expr scale = cast(spread(c[1], x, axis, block), x->dtype);
  return quantised(x, scale, c.has(2) ? spread(c[2], x, axis, block) : Expr(), to);
}

Expr dequantise_op(Call& c) {
  const int64_t axis = c.integer("axis", 1), block = c.integer("block_size", 0);
  const Expr zero = c.has(2) ? spread(c[2], c[0], axis, block) : Expr();
  const Expr scale = spread(c[1], c[0], axis, block);
  return cast(dequantised(c[0], widened(scale), zero), scale->dtype);
}

Expr matmul_integer(Call& c) {
  return matmul(centred(c[0], c.or_none(2), -2), centred(c[1], c.or_none(3), -1));
}

/// a, scale, zero, b, scale, zero, result's scale and zero.
Expr qlinear_matmul(Call& c) {
  const Expr sums = matmul(centred(c[0], c[2], -2), centred(c[3], c[5], -1));
  const Expr factor =
      div(mul(cast(c[1], DType::f32), cast(c[4], DType::f32)), cast(c[6], DType::f32));
  const Expr real = mul(cast(sums, DType::f32), spread(factor, sums, -1, 0));
  return quantised(real, constant_like(real, 1), spread(c[7], real, -1, 0), c[7]->dtype);
}

/// x, w, their zero points.
Expr conv_integer(Call& c) {
  return conv(centred(c[0], c.or_none(2), 1), centred(c[1], c.or_none(3), 0), {},
              conv_options(c, c[0], c[1]));
}

/// x, scale, zero, w, scale, zero, result's scale and zero, bias (in units of both scales).
Expr qlinear_conv(Call& c) {
  const bool last = c.integer("channels_last", 0) != 0;  // com.microsoft
  const Expr x = channels_first(c[0], last);
  const Expr sums =
      conv(centred(x, c[2], 1), centred(c[3], c[5], 0), c.or_none(8), conv_options(c, x, c[3]));
  const Expr factor = reshape_to(div(mul(c[1], c[4]), c[6]), {-1});
  const Expr real = cast(sums, DType::f32);
  const Expr scaled = real * along(cast(factor, DType::f32), 1, real);
  const Expr y =
      quantised(scaled, constant_like(scaled, 1), spread(c[7], scaled, 1, 0), c[7]->dtype);
  return last ? move_axis(y, 1, -1) : y;
}

const OpRow kRows[] = {
    {"ConvInteger", 10, conv_integer},
    {"DequantizeLinear", 10, dequantise_op},
    {"DynamicQuantizeLinear", 11, [](Call& c) { return Outputs(quantised_by_range(c[0])); }},
    {"MatMulInteger", 10, matmul_integer},
    {"QLinearMatMul", 10, qlinear_matmul},
    {"QLinearConv", 10, qlinear_conv},
    {"QuantizeLinear", 10, quantise_op},
    {"DequantizeLinear", 1, dequantise_op, "com.microsoft"},
    {"QLinearConv", 1, qlinear_conv, "com.microsoft"},
    {"QuantizeLinear", 1, quantise_op, "com.microsoft"},
};

}  // namespace

std::span<const OpRow> quantise_ops() { return kRows; }

}  // namespace tinycc::onnx
