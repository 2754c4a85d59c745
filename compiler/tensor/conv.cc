// Convolutions as one reduction over a product of windows and weights, the form that scheduling
// recognises (the axes of the product: n, group, co, y, x, then ci, ky, kx):
//   y[n, co, oy, ox] = sum over ci, ky, kx of x[n, ci, oy*s + ky*d, ox*s + kx*d] * w[co, ci, ky, kx]
// Axes of one channel, one group or a kernel of extent 1 do not appear. See tensor.h.
#include <algorithm>
#include <numeric>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

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
    const int64_t k = kernel[at(i)], reach = (k - 1) * dilations[at(i)] + 1, n = x->extent(2 + i);
    if (k < 1 || n < reach) refuse("a kernel is longer than its padded axis");
    x = k == 1 ? narrow(x, 2 + i, 0, (n - 1) / strides[at(i)] + 1, strides[at(i)])
               : window(x, 2 + i, k, strides[at(i)], dilations[at(i)]);
  }
  return x;
}

/// The whole sum without padding and bias; w is [co, c/groups, kernel…]. With g groups of more than
/// one output each, or more than one input each, the group has an axis of its own.
Expr convolve(Expr x, Expr w, const ConvOptions& options) {
  const int64_t spatial = x->rank() - 2, n = x->extent(0), groups = options.groups;
  const int64_t inputs = x->extent(1) / groups, outputs = w->extent(0) / groups;
  if (w->extent(1) != inputs || outputs * groups != w->extent(0)) {
    refuse("weights " + text_of(w->shape) + " do not fit " + std::to_string(x->extent(1)) +
           " channels in " + std::to_string(groups) + " groups");
  }
  const Ints whole = bounds_of(w->shape);
  const Expr seen =
      windows(x, Ints(whole.begin() + 2, whole.end()), options.strides, options.dilations);
  Ints kernel, extents{n}, left{n},
      right{1};  // extents: of the result; left, right: of the factors
  for (int64_t k : Ints(whole.begin() + 2, whole.end())) {
    if (k > 1) kernel.push_back(k);
  }
  if (groups > 1) {
    left.push_back(groups);
    right.push_back(groups);
  }
  const bool channelwise = groups > 1 && inputs == 1 && outputs == 1;
  if (!channelwise) {
    left.push_back(1);
    right.push_back(outputs);
  }
  for (int64_t i = 0; i < spatial; ++i) {
    left.push_back(seen->extent(2 + i));
    right.push_back(1);
  }
  const auto first_summed = static_cast<int64_t>(left.size());
  if (inputs > 1) {
    left.push_back(inputs);
    right.push_back(inputs);
  }
  left.insert(left.end(), kernel.begin(), kernel.end());
  right.insert(right.end(), kernel.begin(), kernel.end());
  // [n, g, ci, y, x, ky, kx] → [n, g, y, x, ci, ky, kx]
  Ints split{n, groups, inputs}, order{0, 1};
  const Ints rest = bounds_of(seen->shape);
  split.insert(split.end(), rest.begin() + 2, rest.end());
  for (int64_t i = 0; i < spatial; ++i) order.push_back(3 + i);
  order.push_back(2);
  for (size_t i = order.size(); i < split.size(); ++i) order.push_back(static_cast<int64_t>(i));
  const Expr data = reshape_to(permute(reshape_to(seen, split), order), left);
  Ints summed = iota_ints(static_cast<int64_t>(left.size()));
  summed.erase(summed.begin(), summed.begin() + first_summed);
  const Expr result = sum(mul(data, reshape_to(w, right)), summed);
  extents.push_back(w->extent(0));
  for (int64_t i = 0; i < spatial; ++i) extents.push_back(seen->extent(2 + i));
  return reshape_to(result, extents);
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

/// What one combination of phases needs: padded inputs, chosen taps.
struct PhaseSum {
  Ints amounts = Ints(4, 0), dilations;
  Expr weights;
  bool empty = false;
};

void add_axis(PhaseSum& sum, int64_t axis, const Phase& phase, int64_t inputs, int64_t outputs) {
  sum.empty |= phase.taps == 0;
  if (sum.empty) return;
  const int64_t before = (phase.taps - 1) * phase.spread - phase.shift;
  sum.amounts.insert(sum.amounts.end(), {before, outputs + phase.shift - inputs});
  sum.dilations.push_back(phase.spread);
  sum.weights = narrow(sum.weights, axis, phase.first + (phase.taps - 1) * phase.step, phase.taps,
                       phase.taps == 1 ? 1 : -phase.step);
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
  Ints extents = bounds_of(parts[0]->shape);
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
  Ints outputs, crop(4, 0), counts;
  int64_t combinations = 1;
  for (int64_t i = 0; i < spatial; ++i) {
    const int64_t stride = options.strides[at(i)], kernel = w->extent(2 + i);
    outputs.push_back((x->extent(2 + i) - 1) * stride + (kernel - 1) * options.dilations[at(i)] +
                      1 + output_padding[at(i)] - options.pads[at(2 * i)] -
                      options.pads[at(2 * i + 1)]);
    if (outputs.back() < 1) refuse("pads leave nothing of the result");
    counts.push_back((outputs.back() + stride - 1) / stride);
    crop.insert(crop.end(), {0, outputs.back() - counts.back() * stride});
    combinations *= stride;
  }
  const Expr wide = widened(x), weights = swapped_channels(cast(w, wide->dtype), options.groups);
  std::vector<Expr> parts;
  for (int64_t combination = 0; combination < combinations; ++combination) {
    PhaseSum sum;
    sum.weights = weights;
    int64_t rest = combination, scale = combinations;
    for (int64_t i = 0; i < spatial; ++i) {
      const int64_t stride = options.strides[at(i)];
      scale /= stride;
      const Phase phase = phase_of(rest / scale, w->extent(2 + i), stride, options.dilations[at(i)],
                                   options.pads[at(2 * i)]);
      rest %= scale;
      add_axis(sum, 2 + i, phase, x->extent(2 + i), counts[at(i)]);
    }
    Shape zeros{x->shape[0], weights->shape[0]};
    zeros.insert(zeros.end(), counts.begin(), counts.end());
    const ConvOptions plain{Ints(at(spatial), 1), sum.dilations, {}, options.groups};
    parts.push_back(sum.empty ? constant(*x->pool, wide->dtype, 0, zeros)
                              : convolve(pad_by(wide, sum.amounts, 0), sum.weights, plain));
  }
  const Expr y = pad_by(interleaved(parts, options.strides), crop, 0);
  return cast(with_bias(y, bias ? cast(bias, y->dtype) : bias), x->dtype);
}

}  // namespace tinycc
