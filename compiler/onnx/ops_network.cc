// Rows of the op table: convolution, pooling, products, normalisation. See ops.h.
#include <algorithm>
#include <cmath>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

int64_t channels_of(Expr x) {
  if (x->rank() < 2) refuse("a tensor of shape " + text_of(x->shape) + " has no channels");
  return x->extent(1);
}

/// ONNX lists all amounts before, then all after; ours go axis by axis.
Ints by_axis(const Ints& pads) {
  Ints result;
  for (size_t i = 0; i < pads.size() / 2; ++i)
    result.insert(result.end(), {pads[i], pads[i + pads.size() / 2]});
  return result;
}

std::string auto_pad(Call& c) {
  return c.choice("auto_pad", {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}, "NOTSET");
}

/// Pads from attribute `pads` or `auto_pad` for windows of `kernel` over x's spatial axes.
Ints pads_for(Call& c, Expr x, const Ints& kernel, const Ints& strides, const Ints& dilations) {
  const std::string mode = auto_pad(c);
  if (mode == "NOTSET") return by_axis(c.ints("pads", Ints(2 * kernel.size(), 0)));
  Ints pads;
  for (size_t i = 0; i < kernel.size(); ++i) {
    std::pair<int64_t, int64_t> amounts{0, 0};
    if (mode != "VALID") {
      amounts = same_padding(x->extent(static_cast<int64_t>(i + 2)), kernel[i], strides[i],
                             dilations[i], mode == "SAME_LOWER");
    }
    pads.insert(pads.end(), {amounts.first, amounts.second});
  }
  return pads;
}

/// One number for each axis, none below `least`.
void expect_numbers(const Ints& values, size_t length, int64_t least, const char* what) {
  if (values.size() != length) refuse(std::string(what) + " has the wrong length");
  for (int64_t v : values) {
    if (v < least) refuse(std::string(what) + " holds " + std::to_string(v));
  }
}

Expr conv_op(Call& c) { return conv(c[0], c[1], c.or_none(2), conv_options(c, c[0], c[1])); }

/// With output_shape or SAME the pads are what makes that shape come out.
Expr conv_transpose_op(Call& c) {
  ConvOptions options = conv_options(c, c[0], c[1]);
  const size_t spatial = options.strides.size();
  const Ints extra = c.ints("output_padding", Ints(spatial, 0));
  const std::string mode = auto_pad(c);
  const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  expect_numbers(extra, spatial, 0, "output_padding");
  for (size_t i = 0; i < spatial && (same || c.has_attribute("output_shape")); ++i) {
    const int64_t inputs = c[0]->extent(static_cast<int64_t>(i + 2)), stride = options.strides[i];
    const Ints shape = c.ints("output_shape", Ints(spatial, 0));
    expect_numbers(shape, spatial, 0, "output_shape");
    const int64_t wanted = c.has_attribute("output_shape") ? shape[i] : inputs * stride;
    const int64_t total = (inputs - 1) * stride + extra[i] +
                          (c[1]->shape[i + 2].bound - 1) * options.dilations[i] + 1 - wanted;
    const int64_t less = (total - (total < 0 ? 1 : 0)) / 2, more = total - less;  // floor
    options.pads[2 * i] = mode == "SAME_UPPER" ? less : more;
    options.pads[2 * i + 1] = mode == "SAME_UPPER" ? more : less;
  }
  return conv_transpose(c[0], c[1], c.or_none(2), options, extra);
}

Outputs max_pool_op(Call& c) {
  const PoolOptions options = pool_options(c, c[0]);
  const Expr values = max_pool(c[0], options);
  if (!c.wants(1)) return {values};
  return {values, max_pool_indices(c[0], options, c.integer("storage_order", 0) != 0)};
}

Expr global_lp_pool(Call& c) {
  const Expr p = constant(c.pool(), c[0]->dtype, static_cast<double>(c.integer("p", 2)));
  channels_of(c[0]);
  Ints axes = iota_ints(c[0]->rank());
  axes.erase(axes.begin(), axes.begin() + 2);
  return power(sum(power(abs(c[0]), p), axes, true), div(constant(c.pool(), c[0]->dtype, 1), p));
}

/// alpha * A B + beta * C, both perhaps transposed.
Expr gemm(Call& c) {
  if (c[0]->rank() != 2 || c[1]->rank() != 2) refuse("Gemm wants matrices");
  const Expr a = c.integer("transA", 0) != 0 ? permute(c[0], {1, 0}) : c[0];
  const Expr b = c.integer("transB", 0) != 0 ? permute(c[1], {1, 0}) : c[1];
  const double alpha = c.real("alpha", 1), beta = c.real("beta", 1);
  const auto scaled = [](Expr x, double by) { return by == 1 ? x : x * by; };
  const Expr product = scaled(matmul(a, b), alpha);
  return c.has(2) && beta != 0 ? add(product, broadcast_to(scaled(c[2], beta), product->shape))
                               : product;
}

/// Training: the batch's own mean and variance are used, and join the running ones.
Outputs batch_norm_op(Call& c) {
  const double epsilon = c.real("epsilon", 1e-5), momentum = c.real("momentum", 0.9);
  if (c.integer("training_mode", 0) == 0)
    return {batch_norm(c[0], c[1], c[2], c[3], c[4], epsilon)};
  Ints axes = iota_ints(c[0]->rank());
  channels_of(c[0]);
  axes.erase(axes.begin() + 1);
  const Expr centre = mean(c[0], axes), centred = c[0] - along(centre, 1, c[0]);
  const Expr variance = mean(centred * centred, axes);
  return {batch_norm(c[0], c[1], c[2], centre, variance, epsilon),
          c[3] * momentum + centre * (1 - momentum), c[4] * momentum + variance * (1 - momentum)};
}

/// Operator set 18 has scale and bias by group, 21 by channel.
Expr group_norm_op(Call& c) {
  const int64_t groups = c.integer("num_groups"), channels = channels_of(c[0]);
  Expr scale = c[1], bias = c[2];
  if (c.version < 21 && groups > 0 && scale->rank() == 1 && scale->extent(0) == groups) {
    const auto by_channel = [&](Expr v) {
      return reshape_to(expand(reshape_to(v, {groups, 1}), {groups, channels / groups}),
                        {channels});
    };
    scale = by_channel(scale);
    bias = by_channel(bias);
  }
  return group_norm(c[0], scale, bias, groups, c.real("epsilon", 1e-5));
}

/// Mean and inverse deviation are further results.
Outputs layer_norm_op(Call& c) {
  const int64_t axis = axis_of(c.integer("axis", -1), c[0]->rank());
  const double epsilon = c.real("epsilon", 1e-5);
  Outputs outputs{layer_norm(c[0], c.maybe(1), c.maybe(2), axis, epsilon)};
  if (!c.wants(1) && !c.wants(2)) return outputs;
  Ints axes = iota_ints(c[0]->rank());
  axes.erase(axes.begin(), axes.begin() + axis);
  const Expr wide = widened(c[0]), centre = mean(wide, axes, true), centred = sub(wide, centre);
  outputs.push_back(centre);
  outputs.push_back(1.0 / sqrt(mean(centred * centred, axes, true) + epsilon));
  return outputs;
}

/// x / (sum |x|^p)^(1/p), 0 where that is 0.
Expr lp_normalise(Call& c) {
  const int64_t axis = c.integer("axis", -1);
  const Expr total =
      c.integer("p", 2) == 1 ? sum(abs(c[0]), {axis}, true) : sqrt(sum(c[0] * c[0], {axis}, true));
  const Expr divisor = expand(total, c[0]->shape);
  return where(eq(divisor, 0), constant_like(c[0], 0), c[0] / divisor);
}

Expr mean_variance(Call& c) {
  const Ints axes = c.ints("axes", Ints{0, 2, 3});
  const Expr centred = c[0] - expand(mean(c[0], axes, true), c[0]->shape);
  const Expr deviation = sqrt(mean(centred * centred, axes, true)) + 1e-9;
  return centred / expand(deviation, c[0]->shape);
}

std::string aspect_policy(Call& c) {
  return c.choice("keep_aspect_ratio_policy", {"stretch", "not_larger", "not_smaller"}, "stretch");
}

/// Extent and scale of the axes, from known scales or sizes.
std::vector<ResizeAxis> known_targets(Call& c, const Ints& axes, const std::vector<double>& scales,
                                      const Ints& sizes) {
  if ((sizes.empty() ? scales.size() : sizes.size()) != axes.size())
    refuse("scales or sizes have the wrong length");
  const std::string policy = aspect_policy(c);
  std::vector<ResizeAxis> result;
  double common = policy == "not_larger" ? 1e30 : 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto extent = static_cast<double>(c[0]->extent(axes[i]));
    ResizeAxis axis;
    axis.axis = axes[i];
    axis.scale = sizes.empty() ? scales[i] : static_cast<double>(sizes[i]) / extent;
    if (!(axis.scale > 0 && extent * axis.scale < 1e9)) refuse("a scale is absurd");
    axis.extent = sizes.empty() ? static_cast<int64_t>(std::floor(extent * axis.scale)) : sizes[i];
    common = policy == "not_larger" ? std::min(common, axis.scale) : std::max(common, axis.scale);
    result.push_back(axis);
  }
  for (ResizeAxis& axis : result) {
    if (sizes.empty() || policy == "stretch") continue;
    axis.scale = common;
    axis.extent = static_cast<int64_t>(
        std::floor(common * static_cast<double>(c[0]->extent(axis.axis)) + 0.5));
  }
  return result;
}

/// Scales or sizes that only a run knows; the model states the extents.
std::vector<ResizeAxis> computed_targets(Call& c, const Ints& axes, size_t operand, bool sizes) {
  const Ints extents = c.stated(0, operand);
  const std::string policy = aspect_policy(c);
  const Expr numbers = cast(reshape_to(c[operand], {-1}), sizes ? DType::f64 : DType::f32);
  if (numbers->extent(0) != static_cast<int64_t>(axes.size()))
    refuse("scales or sizes have the wrong length");
  std::vector<ResizeAxis> result;
  Expr common;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto extent = static_cast<double>(c[0]->extent(axes[i]));
    const Expr number = pick(numbers, 0, static_cast<int64_t>(i));
    ResizeAxis axis;
    axis.axis = axes[i];
    axis.extent = extents.at(static_cast<size_t>(axes[i]));
    axis.scale = static_cast<double>(axis.extent) / extent;
    axis.computed_scale = sizes ? number / extent : number;
    common = !common                  ? axis.computed_scale
             : policy == "not_larger" ? min(common, axis.computed_scale)
                                      : max(common, axis.computed_scale);
    result.push_back(axis);
  }
  for (ResizeAxis& axis : result) {
    if (sizes) axis.computed_scale = policy == "stretch" ? Expr() : common;
  }
  return result;
}

std::vector<ResizeAxis> resize_targets(Call& c, Ints axes, size_t scales, size_t sizes) {
  axes = axes_of(axes, c[0]->rank());
  const bool by_scale = c.has(scales) && count_of(c[scales]->shape) > 0;
  const size_t operand = by_scale ? scales : sizes;
  if (!c.known(operand)) return computed_targets(c, axes, operand, !by_scale);
  return by_scale ? known_targets(c, axes, c.constant(scales).numbers(), {})
                  : known_targets(c, axes, {}, c.constant_ints(sizes));
}

ResizeOptions resize_options(Call& c, const char* coordinates) {
  ResizeOptions options;
  options.mode = c.choice("mode", {"nearest", "linear", "cubic"}, "nearest");
  options.coordinates =
      c.choice("coordinate_transformation_mode",
               {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
                "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"},
               coordinates);
  options.nearest =
      c.choice("nearest_mode", {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"},
               "round_prefer_floor");
  options.cubic_a = c.real("cubic_coeff_a", -0.75);
  options.exclude_outside = c.integer("exclude_outside", 0) != 0;
  options.antialias = c.integer("antialias", 0) != 0;
  options.extrapolation = c.real("extrapolation_value", 0);
  return options;
}

/// roi = [starts…, ends…] of the axes.
void set_region(Call& c, std::vector<ResizeAxis>& targets) {
  const size_t n = targets.size();
  if (count_of(c[1]->shape) != static_cast<int64_t>(2 * n)) refuse("roi has the wrong length");
  for (size_t i = 0; i < n; ++i) {
    if (c.known(1)) {
      targets[i].roi_start = c.constant(1).number(static_cast<int64_t>(i));
      targets[i].roi_end = c.constant(1).number(static_cast<int64_t>(i + n));
    } else {
      targets[i].computed_start = pick(c[1], 0, static_cast<int64_t>(i));
      targets[i].computed_end = pick(c[1], 0, static_cast<int64_t>(i + n));
    }
  }
}

Expr resize_op(Call& c) {
  std::vector<ResizeAxis> targets =
      resize_targets(c, c.ints("axes", iota_ints(c[0]->rank())), 2, 3);
  const ResizeOptions options = resize_options(c, "half_pixel");
  if (options.coordinates == "tf_crop_and_resize") set_region(c, targets);
  return resize(c[0], targets, options, c.literal());
}

/// Resize before operator set 11, and Upsample: scales only, coordinates divided by the scale.
Expr upsample(Call& c) {
  ResizeOptions options = resize_options(c, "asymmetric");
  options.nearest = "floor";
  const Ints axes = iota_ints(c[0]->rank());
  return resize(
      c[0],
      c.has(1) ? resize_targets(c, axes, 1, 1) : known_targets(c, axes, c.reals("scales"), {}),
      options, c.literal());
}

const OpRow kRows[] = {
    {"AveragePool", 1, [](Call& c) { return average_pool(c[0], pool_options(c, c[0])); }},
    {"BatchNormalization", 1, batch_norm_op},
    {"Conv", 1, conv_op},
    {"ConvTranspose", 1, conv_transpose_op},
    {"Einsum", 12, [](Call& c) { return einsum(c.text("equation"), c.all()); }},
    {"Gemm", 1, gemm},
    {"GlobalAveragePool", 1, [](Call& c) { return global_average_pool(c[0]); }},
    {"GlobalLpPool", 2, global_lp_pool},
    {"GlobalMaxPool", 1, [](Call& c) { return global_max_pool(c[0]); }},
    {"GroupNormalization", 18, group_norm_op},
    {"InstanceNormalization", 1,
     [](Call& c) {
       return group_norm(c[0], c[1], c[2], channels_of(c[0]), c.real("epsilon", 1e-5));
     }},
    {"LRN", 1,
     [](Call& c) {
       return local_response_norm(c[0], c.integer("size"), c.real("alpha", 1e-4),
                                  c.real("beta", 0.75), c.real("bias", 1));
     }},
    {"LayerNormalization", 17, layer_norm_op},
    {"LpNormalization", 1, lp_normalise},
    {"LpPool", 2, [](Call& c) { return lp_pool(c[0], pool_options(c, c[0]), c.integer("p", 2)); }},
    {"MatMul", 1, [](Call& c) { return matmul(c[0], c[1]); }},
    {"MaxPool", 1, max_pool_op},
    {"MeanVarianceNormalization", 9, mean_variance},
    {"RMSNormalization", 23,
     [](Call& c) {
       return rms_norm(c[0], c.maybe(1), c.integer("axis", -1), c.real("epsilon", 1e-5));
     }},
    {"Resize", 10, upsample},
    {"Resize", 11, resize_op},
    {"Upsample", 7, upsample},
};

}  // namespace

ConvOptions conv_options(Call& c, Expr x, Expr w) {
  if (x->rank() < 3 || w->rank() != x->rank()) {
    refuse("operands of shapes " + text_of(x->shape) + " and " + text_of(w->shape));
  }
  const size_t spatial = x->shape.size() - 2;
  const Ints whole = bounds_of(w->shape), kernel(whole.begin() + 2, whole.end());
  if (c.ints("kernel_shape", kernel) != kernel) refuse("kernel_shape does not fit the weights");
  ConvOptions options;
  options.strides = c.ints("strides", Ints(spatial, 1));
  options.dilations = c.ints("dilations", Ints(spatial, 1));
  options.groups = c.integer("group", 1);
  expect_numbers(options.strides, spatial, 1, "strides");
  expect_numbers(options.dilations, spatial, 1, "dilations");
  options.pads = pads_for(c, x, kernel, options.strides, options.dilations);
  return options;
}

PoolOptions pool_options(Call& c, Expr x) {
  PoolOptions options;
  options.kernel = c.ints("kernel_shape");
  const size_t spatial = options.kernel.size();
  if (x->shape.size() != spatial + 2)
    refuse("kernel_shape does not fit shape " + text_of(x->shape));
  expect_numbers(options.kernel, spatial, 1, "kernel_shape");
  options.strides = c.ints("strides", Ints(spatial, 1));
  options.dilations = c.ints("dilations", Ints(spatial, 1));
  expect_numbers(options.strides, spatial, 1, "strides");
  expect_numbers(options.dilations, spatial, 1, "dilations");
  options.pads = pads_for(c, x, options.kernel, options.strides, options.dilations);
  options.ceil_mode = c.integer("ceil_mode", 0) != 0;
  options.count_include_pad = c.integer("count_include_pad", 0) != 0;
  return options;
}

std::span<const OpRow> network_ops() { return kRows; }

}  // namespace tinycc::onnx
