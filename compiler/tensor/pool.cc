// Pooling: a reduction over windows of a padded tensor. See tensor.h.
#include <algorithm>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

/// Fills in what is not said; returns what the last, partial windows reach beyond the padding.
Ints complete(PoolOptions& options, Expr x) {
  const size_t spatial = options.kernel.size();
  if (x->shape.size() != spatial + 2)
    refuse("pooling of " + text_of(x->shape) + " over " + std::to_string(spatial) + " axes");
  if (options.strides.empty()) options.strides.assign(spatial, 1);
  if (options.dilations.empty()) options.dilations.assign(spatial, 1);
  if (options.pads.empty()) options.pads.assign(2 * spatial, 0);
  if (options.strides.size() != spatial || options.dilations.size() != spatial ||
      options.pads.size() != 2 * spatial) {
    refuse("strides, dilations or pads have the wrong length");
  }
  Ints beyond;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t stride = options.strides[i], before = options.pads[2 * i];
    const Dim& dim = x->shape[2 + i];
    const int64_t n = options.ceil_mode ? x->extent(static_cast<int64_t>(2 + i)) : dim.bound,
                  reach = (options.kernel[i] - 1) * options.dilations[i] + 1;
    const int64_t free = n + before + options.pads[2 * i + 1] - reach;
    if (stride < 1 || options.dilations[i] < 1 || reach < 1)
      refuse("a stride, dilation or kernel is below 1");
    if (free < 0 && !options.ceil_mode) refuse("a kernel is longer than its padded axis");
    int64_t last =
        (std::max<int64_t>(free, 0) + (options.ceil_mode ? stride - 1 : 0)) / stride * stride;
    if (free < 0) last = 0;
    if (options.ceil_mode && last >= n + before && last > 0)
      last -= stride;  // starts in the padding
    beyond.push_back(std::max<int64_t>(last - free, 0));
  }
  return beyond;
}

/// x, padded, as [n, c, spatial…, kernel…].
Expr windows(Expr x, const PoolOptions& options, const Ints& beyond, Expr value) {
  Ints amounts(4, 0);
  for (size_t i = 0; i < beyond.size(); ++i) {
    amounts.insert(amounts.end(), {options.pads[2 * i], options.pads[2 * i + 1] + beyond[i]});
  }
  x = pad_with(x, amounts, PadMode::constant, value);
  for (size_t i = 0; i < beyond.size(); ++i) {
    x = window(x, static_cast<int64_t>(2 + i), options.kernel[i], options.strides[i],
               options.dilations[i]);
  }
  return x;
}

Ints kernel_axes(Expr windowed) {
  const int64_t spatial = (windowed->rank() - 2) / 2;
  Ints axes = iota_ints(spatial);
  for (int64_t& axis : axes) axis += 2 + spatial;
  return axes;
}

Expr window_sum(Expr x, const PoolOptions& options, const Ints& beyond) {
  const Expr zero = constant(*x->pool, x->dtype, 0);
  const Expr windowed = windows(x, options, beyond, zero);
  return sum(windowed, kernel_axes(windowed));
}

/// How many elements each window holds, with x's batch and channels as 1.
Expr window_counts(Expr x, PoolOptions options, const Ints& beyond) {
  Shape shape = x->shape;
  shape[0] = shape[1] = Dim(1);
  Expr ones = constant(*x->pool, x->dtype, 1, shape);
  if (options.count_include_pad) {
    Ints amounts(4, 0);
    amounts.insert(amounts.end(), options.pads.begin(), options.pads.end());
    ones = pad_by(ones, amounts, 1);
    std::fill(options.pads.begin(), options.pads.end(), 0);
  }
  return window_sum(ones, options, beyond);
}

bool is_zero(const Ints& values) {
  return std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 0; });
}

Ints spatial_axes(Expr x) {
  if (x->rank() < 2) refuse("pooling of " + text_of(x->shape));
  Ints axes = iota_ints(x->rank());
  axes.erase(axes.begin(), axes.begin() + 2);
  return axes;
}

}  // namespace

std::pair<int64_t, int64_t> same_padding(int64_t extent, int64_t kernel, int64_t stride,
                                         int64_t dilation, bool odd_before) {
  const int64_t outputs = (extent + stride - 1) / stride;
  const int64_t total =
      std::max<int64_t>((outputs - 1) * stride + (kernel - 1) * dilation + 1 - extent, 0);
  const int64_t less = total / 2, more = total - less;
  return odd_before ? std::pair{more, less} : std::pair{less, more};
}

Expr max_pool(Expr x, PoolOptions options) {
  const Ints beyond = complete(options, x);
  const Expr windowed = windows(x, options, beyond, lowest(*x->pool, x->dtype));
  return max_over(windowed, kernel_axes(windowed));
}

/// The first place of the maximum in each window: positions ride along through the same windows.
Expr max_pool_indices(Expr x, PoolOptions options, bool column_major) {
  const Expr greatest = max_pool(x, options);
  const Ints beyond = complete(options, x);
  const Expr windowed = windows(x, options, beyond, lowest(*x->pool, x->dtype));
  Expr place = constant(*x->pool, DType::i64, 0, x->shape);
  int64_t scale = 1;
  for (int64_t i = 0; i < x->rank() - 2; ++i) {
    const int64_t axis = column_major ? 2 + i : x->rank() - 1 - i;
    place = place + iota(*x->pool, x->shape, axis) * static_cast<double>(scale);
    scale *= x->extent(axis);
  }
  for (int64_t axis : {int64_t{1}, int64_t{0}}) {
    place = place + iota(*x->pool, x->shape, axis) * static_cast<double>(scale);
    scale *= x->extent(axis);
  }
  const Expr none = constant_int(*x->pool, DType::i64, scale);
  const Expr places = windows(place, options, beyond, none);
  Shape one = greatest->shape;
  one.resize(windowed->shape.size(), Dim(1));
  const Expr hit = eq(windowed, expand(reshape(greatest, one), windowed->shape));
  return min_over(where(hit, places, none), kernel_axes(windowed));
}

Expr average_pool(Expr x, PoolOptions options) {
  const Ints beyond = complete(options, x);
  const Expr wide = widened(x), total = window_sum(wide, options, beyond);
  if (is_zero(beyond) && (options.count_include_pad || is_zero(options.pads))) {
    int64_t count = 1;
    for (int64_t k : options.kernel) count *= k;
    return cast(total * (1.0 / static_cast<double>(count)), x->dtype);
  }
  return cast(div(total, window_counts(wide, options, beyond)), x->dtype);
}

/// (sum |x|^p)^(1/p)
Expr lp_pool(Expr x, PoolOptions options, int64_t p) {
  const Ints beyond = complete(options, x);
  const Expr exponent = constant(*x->pool, x->dtype, static_cast<double>(p));
  const Expr inverse = constant(*x->pool, x->dtype, 1.0 / static_cast<double>(p));
  return power(window_sum(power(abs(x), exponent), options, beyond), inverse);
}

Expr global_average_pool(Expr x) { return mean(x, spatial_axes(x), true); }
Expr global_max_pool(Expr x) { return max_over(x, spatial_axes(x), true); }

}  // namespace tinycc
