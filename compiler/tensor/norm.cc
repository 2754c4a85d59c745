// Normalisations. Means and variances in two passes: exact, and cheap enough. See tensor.h.
#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

/// The axes from `first` to the last.
Ints axes_from(int64_t first, int64_t rank) {
  Ints axes = iota_ints(rank);
  axes.erase(axes.begin(), axes.begin() + first);
  return axes;
}

/// x / sqrt(mean of squares + epsilon), over `axes`.
Expr over_deviation(Expr x, const Ints& axes, double epsilon) {
  const Expr inverse = 1.0 / sqrt(mean(x * x, axes, true) + epsilon);
  return x * expand(inverse, x->shape);
}

Expr scaled(Expr x, std::optional<Expr> scale, std::optional<Expr> bias) {
  if (scale) x = mul(x, *scale);
  return bias ? add(x, *bias) : x;
}

}  // namespace

/// (x - mean) * scale / sqrt(variance + epsilon) + bias, as x * s + (bias - mean * s).
Expr batch_norm(Expr x, Expr scale, Expr bias, Expr mean, Expr variance, double epsilon) {
  if (x->rank() < 2) refuse("batch normalisation wants channels");
  const Expr wide = widened(x);
  const DType dtype = wide->dtype;
  const Expr s = div(cast(scale, dtype), sqrt(cast(variance, dtype) + epsilon));
  const Expr shift = sub(cast(bias, dtype), mul(cast(mean, dtype), s));
  return cast(wide * along(s, 1, wide) + along(shift, 1, wide), x->dtype);
}

Expr normalise(Expr x, const Ints& axes, double epsilon) {
  const Expr wide = widened(x);
  const Expr centred = wide - expand(mean(wide, axes, true), wide->shape);
  return cast(over_deviation(centred, axes, epsilon), x->dtype);
}

Expr layer_norm(Expr x, std::optional<Expr> scale, std::optional<Expr> bias, int64_t axis,
                double epsilon) {
  const Ints axes = axes_from(axis_of(axis, x->rank()), x->rank());
  return cast(scaled(normalise(widened(x), axes, epsilon), scale, bias), x->dtype);
}

Expr rms_norm(Expr x, std::optional<Expr> scale, int64_t axis, double epsilon) {
  const Ints axes = axes_from(axis_of(axis, x->rank()), x->rank());
  return cast(scaled(over_deviation(widened(x), axes, epsilon), scale, {}), x->dtype);
}

Expr group_norm(Expr x, Expr scale, Expr bias, int64_t groups, double epsilon) {
  if (x->rank() < 3 || groups < 1 || x->extent(1) % groups != 0) {
    refuse("group normalisation of " + text_of(x->shape) + " in " + std::to_string(groups) +
           " groups");
  }
  Shape split{x->shape[0], Dim(groups), Dim(x->extent(1) / groups)};
  split.insert(split.end(), x->shape.begin() + 2, x->shape.end());
  const Expr wide = reshape_dims(widened(x), split);
  const Expr y = reshape_dims(normalise(wide, axes_from(2, wide->rank()), epsilon), x->shape);
  return cast(y * along(cast(scale, y->dtype), 1, y) + along(cast(bias, y->dtype), 1, y), x->dtype);
}

/// x / (bias + alpha / size * sum of squares over `size` channels around)^beta
Expr local_response_norm(Expr x, int64_t size, double alpha, double beta, double bias) {
  if (x->rank() < 2 || size < 1) refuse("local response normalisation wants channels and a size");
  Ints amounts(2 * x->shape.size(), 0);
  amounts[2] = (size - 1) / 2;
  amounts[3] = size - 1 - amounts[2];
  const Expr squares = window(pad_by(x * x, amounts, 0), 1, size, 1, 1);
  const Expr base = sum(squares, {-1}) * (alpha / static_cast<double>(size)) + bias;
  return x / power(base, constant(*x->pool, x->dtype, beta));
}

}  // namespace tinycc
