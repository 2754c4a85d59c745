// Rows of the op table: operators on quantised numbers in ONNX Runtime's domain com.microsoft, which
// its quantiser writes in the QOperator format, and its weight-only quantisation. See ops.h.
#include "compiler/onnx/ops.h"
#include "compiler/onnx/quantise.h"

namespace tinycc::onnx {
namespace {

constexpr const char* kDomain = "com.microsoft";

/// Operand i with its scale and zero point behind it, as real numbers; both may have an axis.
Expr real_operand(Call& c, size_t i, int64_t axis = 1) {
  const Expr x = c[i];
  const Expr zero = c.has(i + 2) ? spread(c[i + 2], x, axis, 0) : Expr();
  return dequantised(x, spread(cast(c[i + 1], DType::f32), x, axis, 0), zero);
}

/// Real numbers as the type of zero point i + 1, with scale i; u8 if it has none.
Expr quantised_result(Call& c, Expr real, size_t i) {
  const DType to = c.has(i + 1) ? c[i + 1]->dtype : DType::u8;
  const Expr zero = c.has(i + 1) ? spread(c[i + 1], real, -1, 0) : Expr();
  return quantised(real, spread(cast(c[i], DType::f32), real, -1, 0), zero, to);
}

template <Expr (*function)(Expr, Expr)>
Expr of_two(Call& c) {
  return quantised_result(c, function(real_operand(c, 0), real_operand(c, 3)), 6);
}

Expr leaky(Call& c) {
  return quantised_result(c, leaky_relu(real_operand(c, 0), c.real("alpha", 0.01)), 3);
}

Expr softmax_op(Call& c) {
  return quantised_result(c, softmax(real_operand(c, 0), c.integer("axis", -1)), 3);
}

/// x, perhaps with its channels last, pooled.
template <typename Pool>
Expr pooled(Call& c, Expr x, Pool pool) {
  const bool last = c.integer("channels_last", 0) != 0;
  const Expr y = pool(channels_first(x, last));
  return last ? move_axis(y, 1, -1) : y;
}

Expr average(Call& c) {
  const auto pool = [&](Expr x) { return average_pool(x, pool_options(c, x)); };
  return quantised_result(c, pooled(c, real_operand(c, 0), pool), 3);
}

/// Channels are always last; there is no scale.
Expr max_channels_last(Call& c) {
  const Expr x = channels_first(c[0], true);
  return move_axis(max_pool(x, pool_options(c, x)), 1, -1);
}

/// The pooled axes stay, with extent 1.
Expr global_average(Call& c) {
  return quantised_result(c, pooled(c, real_operand(c, 0), global_average_pool), 3);
}

/// Scale and zero point of the result, then each part with its own.
Expr concat(Call& c) {
  std::vector<Expr> parts;
  for (size_t i = 2; i + 1 < c.count(); i += 3) parts.push_back(real_operand(c, i));
  return quantised_result(c, join(parts, c.integer("axis")), 0);
}

/// condition, then two operands, each with scale and zero point.
Expr where_op(Call& c) {
  return quantised_result(c, select(c[0], real_operand(c, 1), real_operand(c, 4)), 7);
}

Expr flipped(Expr x, bool flip) { return flip ? permute(x, {1, 0}) : x; }

/// a, scale, zero, b, scale, zero, bias in units of both scales; without a result's scale, real.
Expr gemm(Call& c) {
  const bool flip_a = c.integer("transA", 0) != 0, flip_b = c.integer("transB", 0) != 0;
  const Expr a = centred(c[0], c.or_none(2), -1), b = centred(c[3], c.or_none(5), flip_b ? 0 : 1);
  Expr sums = matmul(flipped(a, flip_a), flipped(b, flip_b));
  if (c.has(6)) sums = add(sums, c[6]);
  const Expr real = cast(sums, DType::f32);
  const Expr scale = mul(mul(c[1], c[4]), constant(c.pool(), DType::f32, c.real("alpha", 1)));
  const Expr scaled = real * spread(scale, real, -1, 0);
  return c.has(7) ? quantised_result(c, scaled, 7) : scaled;
}

Expr with_bias(Call& c, size_t i, Expr y) { return c.has(i) ? add(y, c[i]) : y; }

/// a, b, their scales, their zero points, bias.
Expr matmul_to_float(Call& c) {
  return with_bias(c, 6, real_product(c[0], c[2], c.or_none(4), c[1], c[3], c.or_none(5)));
}

/// a is real, and quantised by its own range; b, scale, zero, bias.
Expr dynamic_matmul(Call& c) {
  const std::vector<Expr> a = quantised_by_range(c[0]);
  return with_bias(c, 4, real_product(a[0], a[1], a[2], c[1], c[2], c.or_none(3)));
}

/// Numbers of `bits` bits, packed low ones first in u8 along the last axis: `count` of them.
Expr unpacked(Expr packed, int64_t bits, int64_t count) {
  std::vector<Expr> parts;
  for (int64_t low = 0; low < 8; low += bits) {
    const Expr shifted = binary(Op::shr, packed, constant_like(packed, static_cast<double>(low)));
    parts.push_back(bits == 8
                        ? shifted
                        : shifted & constant_like(packed, static_cast<double>((1 << bits) - 1)));
  }
  const Expr all = stack(parts, packed->rank());
  Ints extents = bounds_of(packed->shape);
  extents.back() *= 8 / bits;
  return narrow(reshape_to(all, extents), -1, 0, count);
}

/// A B, where B [n, k] is packed by blocks of k: [n, blocks, bytes], scales [n, blocks].
Expr matmul_bits(Call& c) {
  const int64_t k = c.integer("K"), n = c.integer("N"), bits = c.integer("bits", 4),
                block = c.integer("block_size"), blocks = (k + block - 1) / block;
  if (bits != 2 && bits != 4 && bits != 8)
    throw Error(ExitCode::unsupported, std::to_string(bits) + " bits are not supported");
  if (c.has(4)) throw Error(ExitCode::unsupported, "g_idx is not supported");
  const Expr numbers = cast(unpacked(reshape_to(c[1], {n, blocks, -1}), bits, block), DType::f32);
  const auto each = [&](Expr e) { return expand(reshape_to(e, {n, blocks, 1}), numbers->shape); };
  Expr zero = constant_like(numbers, static_cast<double>(1 << (bits - 1)));
  if (c.has(3)) {
    const Expr given = c[3];
    zero = each(
        cast(is_float(given->dtype) ? given : unpacked(reshape_to(given, {n, -1}), bits, blocks),
             DType::f32));
  }
  const Expr weights = (numbers - zero) * each(cast(c[2], DType::f32));
  const Expr b = narrow(reshape_to(weights, {n, -1}), 1, 0, k);
  const Expr y = matmul(c[0], cast(permute(b, {1, 0}), c[0]->dtype));
  return with_bias(c, 5, y);
}

/// The 16 numbers that 4 bits stand for: floats of 4 bits, and quantiles of a normal distribution.
constexpr double kFloat4[] = {
    0,    5.208333333e-03,  0.66666667,  1,  0.33333333,  0.5,  0.16666667,  0.25,
    -0.0, -5.208333333e-03, -0.66666667, -1, -0.33333333, -0.5, -0.16666667, -0.25};
constexpr double kNormal4[] = {-1,
                               -0.6961928009986877,
                               -0.5250730514526367,
                               -0.39491748809814453,
                               -0.28444138169288635,
                               -0.18477343022823334,
                               -0.09105003625154495,
                               0,
                               0.07958029955625534,
                               0.16093020141124725,
                               0.24611230194568634,
                               0.33791524171829224,
                               0.44070982933044434,
                               0.5626170039176941,
                               0.7229568362236023,
                               1};

/// A B, where B [n, k] is flat: two numbers a byte, the first one high; one scale for each block.
Expr matmul_bnb4(Call& c) {
  const int64_t k = c.integer("K"), n = c.integer("N"), block = c.integer("block_size"),
                type = c.integer("quant_type");
  if (type != 0 && type != 1)
    throw Error(ExitCode::unsupported, "quant_type " + std::to_string(type) + " is not known");
  if ((n * k) % block != 0 || c.integer("transB", 1) != 1)
    throw Error(ExitCode::unsupported, "blocks that do not fill the weights, or transB 0");
  const auto& words = type == 0 ? kFloat4 : kNormal4;
  const Expr table = c.literal()(TensorData::of_numbers(
      DType::f32, {16}, std::vector<double>(std::begin(words), std::end(words))));
  const Expr low = reshape_to(unpacked(reshape_to(c[1], {-1, 1}), 4, 2), {-1, 2});
  const Expr numbers = gather_axis(table, cast(reverse(low, 1), DType::i64), 0);
  const Expr blocks = reshape_to(numbers, {-1, block});
  const Expr weights = blocks * expand(reshape_to(cast(c[2], DType::f32), {-1, 1}), blocks->shape);
  return matmul(c[0], cast(permute(reshape_to(weights, {n, k}), {1, 0}), c[0]->dtype));
}

/// Rows of a table that is quantised by blocks along its last axis.
Expr gather_blocks(Call& c) {
  const int64_t bits = c.integer("bits", 4), block = c.integer("block_size", 128);
  const bool packed = c[0]->dtype == DType::u8 && bits < 8;
  const int64_t rank = c[0]->rank(), last = rank - 1;
  if (axis_of(c.integer("quantize_axis", 1), rank) != last)
    throw Error(ExitCode::unsupported, "blocks along another axis than the last");
  const int64_t length = c[0]->extent(last) * (packed ? 8 / bits : 1);
  const Expr scale = c[2];
  const int64_t blocks = scale->extent(last);
  const auto numbers = [&](Expr e, int64_t count) { return packed ? unpacked(e, bits, count) : e; };
  Expr zero =
      c[0]->dtype == DType::u8
          ? constant(c.pool(), DType::u8, static_cast<double>(1 << (bits - 1)), scale->shape)
          : Expr();
  if (c.has(3)) zero = numbers(c[3], blocks);
  const Expr x = numbers(c[0], length);
  const Expr real = dequantised(x, spread(cast(scale, DType::f32), x, last, block),
                                zero ? spread(zero, x, last, block) : zero);
  return gather_axis(cast(real, scale->dtype), c[1], axis_of(c.integer("gather_axis", 0), rank));
}

const OpRow kRows[] = {
    {"DynamicQuantizeMatMul", 1, dynamic_matmul, kDomain},
    {"GatherBlockQuantized", 1, gather_blocks, kDomain},
    {"MatMulIntegerToFloat", 1, matmul_to_float, kDomain},
    {"MatMulBnb4", 1, matmul_bnb4, kDomain},
    {"MatMulNBits", 1, matmul_bits, kDomain},
    {"NhwcMaxPool", 1, max_channels_last, kDomain},
    {"QGemm", 1, gemm, kDomain},
    {"QLinearAdd", 1, of_two<add>, kDomain},
    {"QLinearAveragePool", 1, average, kDomain},
    {"QLinearConcat", 1, concat, kDomain},
    {"QLinearGlobalAveragePool", 1, global_average, kDomain},
    {"QLinearLeakyRelu", 1, leaky, kDomain},
    {"QLinearMul", 1, of_two<mul>, kDomain},
    {"QLinearSigmoid", 1,
     [](Call& c) { return quantised_result(c, sigmoid(real_operand(c, 0)), 3); }, kDomain},
    {"QLinearSoftmax", 1, softmax_op, kDomain},
    {"QLinearWhere", 1, where_op, kDomain},
};

}  // namespace

std::span<const OpRow> quantised_ops() { return kRows; }

}  // namespace tinycc::onnx
