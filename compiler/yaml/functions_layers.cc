// Functions of model.yaml with weights: convolution, products, normalisation … (functions.h).
#include "compiler/yaml/functions.h"

namespace tinycc {
namespace {

/// "same" and "valid", or amounts for both sides of each spatial axis.
Ints pads_of(const Arguments& a, size_t i, Expr x, const Ints& kernel, const Ints& strides,
             const Ints& dilations) {
  const auto count = static_cast<int64_t>(kernel.size());
  Ints pads;
  if (!a.value(i).is(Value::Kind::text)) {
    for (const int64_t amount : a.ints(i, count, "padding"))
      pads.insert(pads.end(), {amount, amount});
    return pads;
  }
  if (a.text(i) == "valid") return Ints(2 * kernel.size(), 0);
  for (size_t k = 0; k < kernel.size(); ++k) {
    const auto axis = static_cast<int64_t>(k) + 2;
    const auto [before, after] =
        same_padding(x->extent(axis), kernel[k], strides[k], dilations[k], false);
    pads.insert(pads.end(), {before, after});
  }
  return pads;
}

/// x [n, c, spatial…] with the wanted number of spatial axes.
void check_rank(Expr x, int64_t spatial, const char* what) {
  if (x->rank() == spatial + 2) return;
  const char* forms[] = {"", "[n, c, l]", "[n, c, h, w]", "[n, c, d, h, w]"};
  refuse(std::string(what) + " has shape " + text_of(x->shape) + ", and " + forms[spatial] +
         " is needed");
}

void check_bias(Expr bias, int64_t channels) {
  if (!bias || (bias->rank() == 1 && bias->extent(0) == channels)) return;
  refuse("bias has shape " + text_of(bias->shape) + ", and [" + std::to_string(channels) +
         "] is needed");
}

template <int64_t spatial>
Value convolution(const Arguments& a) {
  const Expr x = a.tensor(0), w = a.tensor(1), bias = a.tensor(2);
  check_rank(x, spatial, "input");
  check_rank(w, spatial, "weight");
  check_bias(bias, w->extent(0));
  ConvOptions options;
  options.strides = a.ints(3, spatial, "stride");
  options.dilations = a.ints(5, spatial, "dilation");
  options.groups = a.integer(6);
  const Ints extents = bounds_of(w->shape);
  options.pads = pads_of(a, 4, x, Ints(extents.begin() + 2, extents.end()), options.strides,
                         options.dilations);
  return Value::of(conv(x, w, bias, options));
}

template <int64_t spatial>
Value transposed(const Arguments& a) {
  const Expr x = a.tensor(0), w = a.tensor(1), bias = a.tensor(2);
  check_rank(x, spatial, "input");
  check_rank(w, spatial, "weight");
  ConvOptions options;
  options.strides = a.ints(3, spatial, "stride");
  for (const int64_t amount : a.ints(4, spatial, "padding")) {
    options.pads.insert(options.pads.end(), {amount, amount});
  }
  options.groups = a.integer(6);
  options.dilations = a.ints(7, spatial, "dilation");
  check_bias(bias, w->extent(1) * options.groups);
  return Value::of(conv_transpose(x, w, bias, options, a.ints(5, spatial, "output_padding")));
}

/// kernel_size and stride (none: the kernel's), from argument 1 on.
PoolOptions pool_options(const Arguments& a, int64_t spatial) {
  check_rank(a.tensor(0), spatial, "input");
  PoolOptions options;
  options.kernel = a.ints(1, spatial, "kernel_size");
  options.strides = a.given(2) ? a.ints(2, spatial, "stride") : options.kernel;
  for (const int64_t amount : a.ints(3, spatial, "padding")) {
    options.pads.insert(options.pads.end(), {amount, amount});
  }
  options.dilations.assign(static_cast<size_t>(spatial), 1);
  return options;
}

template <int64_t spatial>
Value max_pooling(const Arguments& a) {
  PoolOptions options = pool_options(a, spatial);
  options.dilations = a.ints(4, spatial, "dilation");
  options.ceil_mode = a.flag(5);
  return Value::of(max_pool(a.tensor(0), options));
}

template <int64_t spatial>
Value average_pooling(const Arguments& a) {
  PoolOptions options = pool_options(a, spatial);
  options.ceil_mode = a.flag(4);
  options.count_include_pad = a.flag(5);
  return Value::of(average_pool(a.real(0), options));
}

template <int64_t spatial>
Value adaptive_average(const Arguments& a) {
  const Expr x = a.real(0);
  check_rank(x, spatial, "input");
  PoolOptions options;
  for (const int64_t size : a.ints(1, spatial, "output_size")) {
    const int64_t extent = x->extent(2 + static_cast<int64_t>(options.kernel.size()));
    if (size < 1 || extent % size != 0) {
      refuse("output_size " + std::to_string(size) + " does not divide the extent " +
             std::to_string(extent));
    }
    options.kernel.push_back(extent / size);
  }
  options.strides = options.kernel;
  return Value::of(average_pool(x, options));
}

Value linear_call(const Arguments& a) {
  const Expr x = a.tensor(0), w = a.tensor(1), bias = a.tensor(2);
  if (w->rank() != 2) refuse("weight has shape " + text_of(w->shape) + ", and [out, in] is needed");
  if (x->rank() < 1 || x->extent(x->rank() - 1) != w->extent(1)) {
    refuse("the last axis of input " + text_of(x->shape) + " does not fit weight " +
           text_of(w->shape) + ", which is [out, in]");
  }
  check_bias(bias, w->extent(0));
  const Expr y = matmul(x, transpose(w, {1, 0}));
  return Value::of(bias ? add(y, bias) : y);
}

Value embedding(const Arguments& a) {
  if (a.tensor(1)->rank() != 2)
    refuse("weight is a table [count, size], not " + describe(a.value(1)));
  return Value::of(gather_axis(a.tensor(1), a.tensor(0), 0));
}

/// An optional scale or bias of a normalisation, by default one number for all `channels`.
Expr per_channel(const Arguments& a, size_t i, Expr x, int64_t channels, double otherwise) {
  if (!a.given(i)) return constant(a.pool(), x->dtype, otherwise, {channels});
  const Expr t = a.tensor(i);
  if (t->rank() != 1 || t->extent(0) != channels) {
    refuse("one number a channel, [" + std::to_string(channels) + "], is needed, not " +
           describe(t));
  }
  return t;
}

int64_t channels_of(Expr x) {
  if (x->rank() < 2) refuse("input has shape " + text_of(x->shape) + ", and [n, c, ...] is needed");
  return x->extent(1);
}

Value batch_norm_call(const Arguments& a) {
  const Expr x = a.real(0);
  const int64_t c = channels_of(x);
  const Expr mean = per_channel(a, 1, x, c, 0), variance = per_channel(a, 2, x, c, 1);
  const Expr scale = per_channel(a, 3, x, c, 1), bias = per_channel(a, 4, x, c, 0);
  return Value::of(batch_norm(x, scale, bias, mean, variance, a.number(5)));
}

Value group_norm_call(const Arguments& a) {
  const Expr x = a.real(0);
  const int64_t c = channels_of(x);
  const Expr scale = per_channel(a, 2, x, c, 1), bias = per_channel(a, 3, x, c, 0);
  return Value::of(group_norm(x, scale, bias, a.integer(1), a.number(4)));
}

Value instance_norm_call(const Arguments& a) {
  const Expr x = a.real(0);
  const int64_t c = channels_of(x);
  const Expr scale = per_channel(a, 1, x, c, 1), bias = per_channel(a, 2, x, c, 0);
  return Value::of(group_norm(x, scale, bias, c, a.number(3)));
}

Value layer_norm_call(const Arguments& a) {
  const Expr x = a.real(0);
  return Value::of(layer_norm(x, a.optional(1), a.optional(2), a.axis(3, x), a.number(4)));
}

Value rms_norm_call(const Arguments& a) {
  const Expr x = a.real(0);
  return Value::of(rms_norm(x, a.optional(1), a.axis(2, x), a.number(3)));
}

Value local_norm_call(const Arguments& a) {
  return Value::of(
      local_response_norm(a.real(0), a.integer(1), a.number(2), a.number(3), a.number(4)));
}

#define TCC_CONV                                                                     \
  "input, weight, bias=none, stride: ints=1, padding: padding=0, dilation: ints=1, " \
  "groups: int=1"
#define TCC_TRANSPOSED                                                                  \
  "input, weight, bias=none, stride: ints=1, padding: ints=0, output_padding: ints=0, " \
  "groups: int=1, dilation: ints=1"
#define TCC_MAX_POOL                                                                 \
  "input, kernel_size: ints, stride: ints=none, padding: ints=0, dilation: ints=1, " \
  "ceil_mode: flag=false"
#define TCC_AVG_POOL                                               \
  "input, kernel_size: ints, stride: ints=none, padding: ints=0, " \
  "ceil_mode: flag=false, count_include_pad: flag=true"

constexpr Function kLayers[] = {
    {"conv1d", TCC_CONV, "weight [out, in/groups, k]; padding may be \"same\" or \"valid\"",
     convolution<1>},
    {"conv2d", TCC_CONV, "weight [out, in/groups, kh, kw]; padding may be \"same\" or \"valid\"",
     convolution<2>},
    {"conv3d", TCC_CONV, "weight [out, in/groups, kd, kh, kw]; padding as above", convolution<3>},
    {"conv_transpose1d", TCC_TRANSPOSED, "weight [in, out/groups, k]", transposed<1>},
    {"conv_transpose2d", TCC_TRANSPOSED, "weight [in, out/groups, kh, kw]", transposed<2>},
    {"max_pool1d", TCC_MAX_POOL, "stride=none: as kernel_size", max_pooling<1>},
    {"max_pool2d", TCC_MAX_POOL, "stride=none: as kernel_size", max_pooling<2>},
    {"avg_pool1d", TCC_AVG_POOL, "stride=none: as kernel_size", average_pooling<1>},
    {"avg_pool2d", TCC_AVG_POOL, "stride=none: as kernel_size", average_pooling<2>},
    {"adaptive_avg_pool1d", "input, output_size: ints", "where output_size divides the extent",
     adaptive_average<1>},
    {"adaptive_avg_pool2d", "input, output_size: ints", "where output_size divides the extents",
     adaptive_average<2>},
    {"global_avg_pool", "input", "mean of each channel: [n, c, 1, ...]",
     [](const Arguments& a) {
       return channels_of(a.tensor(0)), Value::of(global_average_pool(a.real(0)));
     }},
    {"global_max_pool", "input", "maximum of each channel: [n, c, 1, ...]",
     [](const Arguments& a) {
       return channels_of(a.tensor(0)), Value::of(global_max_pool(a.tensor(0)));
     }},
    {"linear", "input, weight, bias=none", "input @ weight.T + bias; weight [out, in]",
     linear_call},
    {"matmul", "x, y", "x @ y: NumPy's product of matrices, vectors and batches",
     [](const Arguments& a) { return Value::of(matmul(a.tensor(0), a.tensor(1))); }},
    {"einsum", "equation: text, operands: tensors", "einsum(\"bij,bjk->bik\", [x, y])",
     [](const Arguments& a) { return Value::of(einsum(a.text(0), a.tensors(1))); }},
    {"embedding", "indices, weight", "rows of a table [count, size]", embedding},
    {"batch_norm", "input, running_mean, running_var, weight=none, bias=none, eps: number=1e-5",
     "with the statistics given", batch_norm_call},
    {"layer_norm", "input, weight=none, bias=none, dim: int=-1, eps: number=1e-5",
     "over the axes from dim on", layer_norm_call},
    {"rms_norm", "input, weight=none, dim: int=-1, eps: number=1e-5", "over the axes from dim on",
     rms_norm_call},
    {"group_norm", "input, num_groups: int, weight=none, bias=none, eps: number=1e-5",
     "over groups of channels", group_norm_call},
    {"instance_norm", "input, weight=none, bias=none, eps: number=1e-5", "over each channel",
     instance_norm_call},
    {"local_response_norm", "input, size: int, alpha: number=1e-4, beta: number=0.75, k: number=1",
     "across `size` neighbouring channels", local_norm_call},
    {"softmax", "input, dim: int=-1", "exp(x) / sum(exp(x)), overflow avoided",
     [](const Arguments& a) { return Value::of(softmax(a.real(0), a.integer(1))); }},
    {"log_softmax", "input, dim: int=-1", "log(softmax(x))",
     [](const Arguments& a) { return Value::of(log_softmax(a.real(0), a.integer(1))); }},
};

}  // namespace

std::span<const Function> layer_functions() { return kLayers; }

}  // namespace tinycc
