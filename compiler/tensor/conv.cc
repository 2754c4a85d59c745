// Convolutions as one reduction over a product of windows and weights, the form that scheduling
// recognises (the axes of the product: n, group, co, y, x, then ci, ky, kx):
//   y[n, co, oy, ox] = sum over ci, ky, kx of x[n, ci, oy*s + ky*d, ox*s + kx*d] * w[co, ci, ky, kx]
// Axes of one channel, one group or a kernel of extent 1 do not appear. See tensor.h.
#include <algorithm>
#include <numeric>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

constexpr int64_t kMostPhases = 4096;  // of a transposed convolution

size_t at(int64_t i) { return static_cast<size_t>(i); }

/// Checks ranks and lengths, and fills in ones and zeros for what is not said.
void complete(ConvOptions& options, Expr x, Expr w) {
  const size_t spatial = x->shape.size() - 2;
  if (x->rank() < 3 || w->rank() != x->rank()) {
    refuse("a convolution of " + text_of(x->shape) + " with weights " + text_of(w->shape));
  }
  if (options.strides.empty()) options.strides.assign(spatial, 1);
  if (options.dilations.empty()) options.dilations.assign(spatial, 1);
  if (options.pads.empty()) options.pads.assign(2 * spatial, 0);
  if (options.strides.size() != spatial || options.dilations.size() != spatial ||
      options.pads.size() != 2 * spatial) {
    refuse("strides, dilations or pads have the wrong length");
  }
  for (size_t i = 0; i < spatial; ++i) {
    if (options.strides[i] < 1 || options.dilations[i] < 1)
      refuse("a stride or dilation is below 1");
  }
  if (options.groups < 1 || x->extent(1) % options.groups != 0) {
    refuse(std::to_string(x->extent(1)) + " channels in " + std::to_string(options.groups) +
           " groups");
  }
}

/// x's windows as [n, spatial…, c, kernel…]: the kernel's axes of extent 1 are left out.
Expr windows(Expr x, const Ints& kernel, const Ints& strides, const Ints& dilations) {
  const auto spatial = static_cast<int64_t>(kernel.size());
  for (int64_t i = 0; i < spatial; ++i) {
    const int64_t k = kernel[at(i)], reach = (k - 1) * dilations[at(i)] + 1;
    if (k < 1 || x->dim(2 + i).bound < reach) refuse("a kernel is longer than its padded axis");
    x = k == 1 ? slice_axis(x, 2 + i, 0, x->dim(2 + i).bound, strides[at(i)])
               : window(x, 2 + i, k, strides[at(i)], dilations[at(i)]);
  }
  return x;
}

/// Extents of the product's axes: of the windows (left) and of the weights (right), 1 where a factor
/// repeats. The axes from `summed` on are summed.
struct Product {
  Shape left, right;
  size_t summed = 0;

  void add(const Dim& in_left, const Dim& in_right) {
    left.push_back(in_left);
    right.push_back(in_right);
  }
};

Product product_of(Expr seen, Expr w, int64_t spatial, int64_t groups) {
  const int64_t inputs = seen->extent(1) / groups, outputs = w->extent(0) / groups;
  Product p;
  p.add(seen->dim(0), 1);
  if (groups > 1) p.add(groups, groups);
  if (groups == 1 || inputs > 1 || outputs > 1) p.add(1, outputs);
  for (int64_t i = 0; i < spatial; ++i) p.add(seen->dim(2 + i), 1);
  p.summed = p.left.size();
  if (inputs > 1) p.add(inputs, inputs);
  for (int64_t i = 0; i < spatial; ++i) {
    if (w->extent(2 + i) > 1) p.add(w->extent(2 + i), w->extent(2 + i));
  }
  return p;
}

/// [n, g*ci, y, x, ky, kx] → [n, g, y, x, ci, ky, kx]
Expr inputs_behind(Expr seen, int64_t spatial, int64_t groups) {
  Shape split = seen->shape;
  split[1] = Dim(seen->extent(1) / groups);
  split.insert(split.begin() + 1, Dim(groups));
  return move_axis(reshape_dims(seen, split), 2, 2 + spatial);
}

/// The whole sum without padding and bias; w is [co, c/groups, kernel…].
Expr convolve(Expr x, Expr w, const ConvOptions& options) {
  const int64_t spatial = x->rank() - 2, groups = options.groups;
  if (w->extent(1) * groups != x->extent(1) || w->extent(0) % groups != 0) {
    refuse("weights " + text_of(w->shape) + " do not fit " + std::to_string(x->extent(1)) +
           " channels in " + std::to_string(groups) + " groups");
  }
  const Ints whole = bounds_of(w->shape);
  const Expr seen =
      windows(x, {whole.begin() + 2, whole.end()}, options.strides, options.dilations);
  const Product p = product_of(seen, w, spatial, groups);
  Ints summed = iota_ints(static_cast<int64_t>(p.left.size()));
  summed.erase(summed.begin(), summed.begin() + static_cast<int64_t>(p.summed));
  Shape extents = seen->shape;
  extents.resize(at(2 + spatial));
  extents[1] = Dim(w->extent(0));
  const Expr data = reshape_dims(inputs_behind(seen, spatial, groups), p.left);
  return reshape_dims(sum(mul(data, reshape_dims(w, p.right)), summed), extents);
}

Expr with_bias(Expr y, Expr bias) { return bias ? add(y, along(bias, 1, y)) : y; }

/// Amounts for pad_with: nothing for n and c, then the spatial ones.
Ints with_channels(const Ints& pads) {
  Ints amounts(4, 0);
  amounts.insert(amounts.end(), pads.begin(), pads.end());
  return amounts;
}

/// One axis of a transposed convolution, one of its `stride` phases: outputs o = m*stride + phase.
/// With f = o + before, f = i*stride + k*dilation holds for taps k = first + j*step, at inputs
/// i = m + shift - j*spread. So it is a convolution of stride 1 with every step-th tap, reversed.
struct Phase {
  int64_t first = 0, step = 1, taps = 0, spread = 1, shift = 0;
};

Phase phase_of(int64_t phase, int64_t kernel, int64_t stride, int64_t dilation, int64_t before) {
  const int64_t common = std::gcd(stride, dilation);
  Phase result{0, stride / common, 0, dilation / common, 0};
  const int64_t offset = (phase + before) % stride;
  while (result.first < result.step && (result.first * dilation) % stride != offset) ++result.first;
  if (result.first == result.step || result.first >= kernel)
    return result;  // no tap hits this phase
  result.taps = (kernel - 1 - result.first) / result.step + 1;
  result.shift = (phase + before - result.first * dilation) / stride;
  return result;
}

/// The outputs of one phase along every axis, `counts` of them: a convolution of the padded (or
/// cut) input with the taps of these phases; zeros if there are none.
Expr phase_sum(Expr x, Expr w, const ConvOptions& options, const Ints& phases, const Ints& counts) {
  Ints amounts(4, 0), dilations;
  Shape shape{x->shape[0], w->shape[0]};
  shape.insert(shape.end(), counts.begin(), counts.end());
  for (size_t i = 0; i < phases.size(); ++i) {
    const auto axis = static_cast<int64_t>(2 + i);
    const Phase p = phase_of(phases[i], w->extent(axis), options.strides[i], options.dilations[i],
                             options.pads[2 * i]);
    if (p.taps == 0) return constant(*x->pool, x->dtype, 0, shape);
    amounts.push_back((p.taps - 1) * p.spread - p.shift);
    amounts.push_back(counts[i] + p.shift - x->extent(axis));
    dilations.push_back(p.spread);
    w = narrow(w, axis, p.first + (p.taps - 1) * p.step, p.taps, p.taps == 1 ? 1 : -p.step);
  }
  return convolve(pad_by(x, amounts, 0), w,
                  {Ints(phases.size(), 1), dilations, {}, options.groups});
}

/// The next combination of phases, the last axis fastest; false after the last.
bool advance(Ints& phases, const Ints& strides) {
  for (size_t i = phases.size(); i-- > 0;) {
    if (++phases[i] < strides[i]) return true;
    phases[i] = 0;
  }
  return false;
}

/// [c, co/g, k…] → [co, c/g, k…]
Expr swapped_channels(Expr w, int64_t groups) {
  Ints extents = bounds_of(w->shape);
  const int64_t inputs = extents[0] / groups, outputs = extents[1];
  extents.insert(extents.begin(), groups);
  extents[1] = inputs;
  const Expr swapped = move_axis(reshape_to(w, extents), 2, 1);
  Ints result(extents.begin() + 1, extents.end());
  result[0] = outputs * groups;
  result[1] = inputs;
  return reshape_to(swapped, result);
}

/// [phase_0][phase_1]… of tensors [n, co, m_0, m_1, …], last phase fastest, interleaved: each axis
/// m_i is followed by its phases and both are joined.
Expr interleaved(std::vector<Expr> parts, const Ints& strides) {
  const auto spatial = static_cast<int64_t>(strides.size());
  for (int64_t axis = spatial - 1; axis >= 0; --axis) {
    const auto stride = strides[at(axis)];
    std::vector<Expr> merged;
    for (size_t i = 0; i < parts.size(); i += at(stride)) {
      const std::vector<Expr> row(parts.begin() + static_cast<int64_t>(i),
                                  parts.begin() + static_cast<int64_t>(i) + stride);
      Ints joined = bounds_of(row[0]->shape);
      joined[at(2 + axis)] *= stride;
      merged.push_back(stride == 1 ? row[0] : reshape_to(stack(row, 3 + axis), joined));
    }
    parts = merged;
  }
  return parts[0];
}

}  // namespace

Expr conv(Expr x, Expr w, Expr bias, ConvOptions options) {
  complete(options, x, w);
  const DType dtype = promoted(x->dtype, w->dtype);
  const Expr padded = pad_by(widened(cast(x, dtype)), with_channels(options.pads), 0);
  const Expr y = convolve(padded, widened(cast(w, dtype)), options);
  return cast(with_bias(y, bias ? cast(bias, y->dtype) : bias), dtype);
}

Expr conv_transpose(Expr x, Expr w, Expr bias, ConvOptions options, Ints output_padding) {
  complete(options, x, w);
  const int64_t spatial = x->rank() - 2;
  if (w->extent(0) != x->extent(1))
    refuse("weights " + text_of(w->shape) + " do not fit the channels");
  if (output_padding.empty()) output_padding.assign(at(spatial), 0);
  if (static_cast<int64_t>(output_padding.size()) != spatial)
    refuse("output_padding has the wrong length");
  Ints counts, crop(4, 0);  // outputs of one phase; what the last phases have too many
  for (int64_t i = 0; i < spatial; ++i) {
    const int64_t stride = options.strides[at(i)],
                  reach = (w->extent(2 + i) - 1) * options.dilations[at(i)];
    const int64_t outputs = (x->extent(2 + i) - 1) * stride + reach + 1 + output_padding[at(i)] -
                            options.pads[at(2 * i)] - options.pads[at(2 * i + 1)];
    if (outputs < 1) refuse("pads leave nothing of the result");
    counts.push_back((outputs + stride - 1) / stride);
    crop.insert(crop.end(), {0, outputs - counts.back() * stride});
  }
  const Expr wide = widened(x), weights = swapped_channels(cast(w, wide->dtype), options.groups);
  std::vector<Expr> parts;
  Ints phases(at(spatial), 0);
  expect_size({options.strides.begin(), options.strides.end()}, kMostPhases);
  do {
    parts.push_back(phase_sum(wide, weights, options, phases, counts));
  } while (advance(phases, options.strides));
  const Expr y = pad_by(interleaved(parts, options.strides), crop, 0);
  return cast(with_bias(y, bias ? cast(bias, y->dtype) : bias), x->dtype);
}

}  // namespace tinycc
