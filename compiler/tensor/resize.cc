// Resampling, one axis after the other: each result element is a weighted sum of few neighbours.
// A regular table of neighbours (rational scales) becomes strided slices, one set a phase; any other
// is gathered. See tensor.h; the formulas are those of ONNX Resize.
#include <algorithm>
#include <cmath>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

constexpr int64_t kPhases = 8;
constexpr int64_t kLongest = 1 << 20;  // elements of an axis

/// Result o is the sum over t of weights[o][t] * x[first[o] + t], indices clamped into the axis.
struct Taps {
  Ints first;
  std::vector<std::vector<double>> weights;
  std::vector<bool> outside;  // tf_crop_and_resize: beyond the axis
};

/// The place in the source that result `o` shows. Number is float for nearest, as in other runtimes:
/// whether a place lies just below a whole number decides there.
template <typename Number>
Number coordinate(const ResizeAxis& axis, const std::string& mode, Number o, Number n) {
  const auto m = static_cast<Number>(axis.extent), s = static_cast<Number>(axis.scale);
  const Number half = 0.5;
  if (mode == "half_pixel") return (o + half) / s - half;
  if (mode == "half_pixel_symmetric") return n / 2 * (1 - m / (s * n)) + (o + half) / s - half;
  if (mode == "pytorch_half_pixel") return m > 1 ? (o + half) / s - half : 0;
  if (mode == "align_corners") return m > 1 ? o * (n - 1) / (m - 1) : 0;
  if (mode == "asymmetric") return o / s;
  if (mode == "tf_half_pixel_for_nn") return (o + half) / s;
  if (mode != "tf_crop_and_resize") {
    throw Error(ExitCode::unsupported, "coordinates '" + mode + "' are not supported");
  }
  const auto start = static_cast<Number>(axis.roi_start), end = static_cast<Number>(axis.roi_end);
  return m > 1 ? start * (n - 1) + o * (end - start) * (n - 1) / (m - 1)
               : (start + end) / 2 * (n - 1);
}

/// The same; what is a whole number but for rounding is one.
double place_of(const ResizeAxis& axis, const ResizeOptions& options, int64_t o, int64_t n) {
  if (options.mode == "nearest") {
    return static_cast<double>(
        coordinate(axis, options.coordinates, static_cast<float>(o), static_cast<float>(n)));
  }
  const double x =
      coordinate(axis, options.coordinates, static_cast<double>(o), static_cast<double>(n));
  return std::abs(x - std::round(x)) < 1e-6 ? std::round(x) : x;
}

double nearest(double x, const std::string& mode) {
  if (mode == "floor") return std::floor(x);
  if (mode == "ceil") return std::ceil(x);
  return mode == "round_prefer_ceil" ? std::floor(x + 0.5) : std::ceil(x - 0.5);
}

/// The interpolating kernel at distance d: a triangle, or Keys' cubic with coefficient a.
double kernel(double d, const ResizeOptions& options) {
  d = std::abs(d);
  const double a = options.cubic_a;
  if (options.mode == "linear") return std::max(1 - d, 0.0);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/// Antialiasing widens the kernel by 1 / scale; the weights then need their sum back to 1.
std::vector<double> weights_around(double x, int64_t first, int64_t taps, double narrow, int64_t n,
                                   const ResizeOptions& options) {
  std::vector<double> weights;
  double total = 0;
  for (int64_t t = 0; t < taps; ++t) {
    const bool outside = first + t < 0 || first + t >= n;
    const double w = kernel((static_cast<double>(first + t) - x) * narrow, options);
    weights.push_back(options.exclude_outside && outside ? 0 : w);
    total += weights.back();
  }
  if (options.exclude_outside || narrow < 1) {
    for (double& w : weights) w /= total;
  }
  return weights;
}

Taps taps_of(const ResizeAxis& axis, int64_t n, const ResizeOptions& options) {
  Taps result;
  const double narrow = options.antialias ? std::min(axis.scale, 1.0) : 1;
  const auto half = static_cast<int64_t>(std::ceil((options.mode == "cubic" ? 2 : 1) / narrow));
  for (int64_t o = 0; o < axis.extent; ++o) {
    const double x = place_of(axis, options, o, n);
    const bool plain = options.mode == "nearest";
    const int64_t first =
        static_cast<int64_t>(plain ? nearest(x, options.nearest) : std::floor(x)) -
        (plain ? 0 : half - 1);
    result.first.push_back(first);
    result.weights.push_back(plain ? std::vector<double>{1}
                                   : weights_around(x, first, 2 * half, narrow, n, options));
    result.outside.push_back(options.coordinates == "tf_crop_and_resize" &&
                             (x < 0 || x > static_cast<double>(n - 1)));
  }
  return result;
}

bool similar(const std::vector<double>& a, const std::vector<double>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::abs(a[i] - b[i]) > 1e-6) return false;
  }
  return true;
}

/// The least number of phases after which the table repeats, `stride` elements further; or 0.
int64_t phases_of(const Taps& taps, int64_t& stride) {
  const auto m = static_cast<int64_t>(taps.first.size());
  for (int64_t phases = 1; phases <= std::min(kPhases, m - 1); ++phases) {
    stride = taps.first[static_cast<size_t>(phases)] - taps.first[0];
    bool regular = stride > 0;
    for (auto o = static_cast<size_t>(phases); regular && o < taps.first.size(); ++o) {
      const size_t before = o - static_cast<size_t>(phases);
      regular = taps.first[o] - taps.first[before] == stride &&
                similar(taps.weights[o], taps.weights[before]);
    }
    if (regular) return phases;
  }
  return 0;
}

Expr by_phases(Expr x, int64_t axis, const Taps& taps, int64_t phases, int64_t stride) {
  const auto m = static_cast<int64_t>(taps.first.size()), n = x->extent(axis);
  const int64_t count = (m + phases - 1) / phases,
                reach = static_cast<int64_t>(taps.weights[0].size()) - 1;
  const auto ends = std::minmax_element(taps.first.begin(), taps.first.begin() + phases);
  const int64_t before = std::max<int64_t>(-*ends.first, 0);
  const int64_t after = std::max<int64_t>(*ends.second + (count - 1) * stride + reach - n + 1, 0);
  Ints amounts(2 * x->shape.size(), 0);
  amounts[static_cast<size_t>(2 * axis)] = before;
  amounts[static_cast<size_t>(2 * axis + 1)] = after;
  const Expr padded = pad_with(x, amounts, PadMode::edge, {});
  std::vector<Expr> parts;
  for (size_t p = 0; p < static_cast<size_t>(phases); ++p) {
    Expr total;
    for (size_t t = 0; t < taps.weights[p].size(); ++t) {
      const double w = taps.weights[p][t];
      if (w == 0) continue;
      const Expr seen =
          narrow(padded, axis, taps.first[p] + static_cast<int64_t>(t) + before, count, stride);
      const Expr term = w == 1 ? seen : seen * w;
      total = total ? total + term : term;
    }
    parts.push_back(total);
  }
  Ints extents = bounds_of(parts[0]->shape);
  extents[static_cast<size_t>(axis)] *= phases;
  const bool repeats =
      std::all_of(parts.begin(), parts.end(), [&](Expr e) { return e == parts[0]; });
  Expr joined = unsqueeze(parts[0], {axis + 1});
  Shape spread = joined->shape;
  spread[static_cast<size_t>(axis + 1)] = Dim(phases);
  joined = repeats ? expand(joined, spread) : stack(parts, axis + 1);
  return narrow(reshape_to(joined, extents), axis, 0, m);
}

Expr by_table(Expr x, int64_t axis, const Taps& taps, const Literal& literal) {
  const auto m = static_cast<int64_t>(taps.first.size()),
             width = static_cast<int64_t>(taps.weights[0].size());
  Ints indices;
  std::vector<double> weights;
  for (size_t o = 0; o < taps.first.size(); ++o) {
    for (int64_t t = 0; t < width; ++t)
      indices.push_back(std::clamp<int64_t>(taps.first[o] + t, 0, x->extent(axis) - 1));
    weights.insert(weights.end(), taps.weights[o].begin(), taps.weights[o].end());
  }
  if (width == 1)
    return gather_axis(x, literal(TensorData::of_integers(DType::i64, {m}, indices)), axis);
  const Expr seen =
      gather_axis(x, literal(TensorData::of_integers(DType::i64, {m, width}, indices)), axis);
  Ints extents(seen->shape.size(), 1);
  extents[static_cast<size_t>(axis)] = m;
  extents[static_cast<size_t>(axis + 1)] = width;
  const Expr factors = literal(TensorData::of_numbers(x->dtype, {m, width}, weights));
  return sum(mul(seen, reshape_to(factors, extents)), {axis + 1});
}

Expr resize_axis(Expr x, const ResizeAxis& axis, const ResizeOptions& options,
                 const Literal& literal) {
  const int64_t n = x->extent(axis.axis);
  const bool crops = options.coordinates == "tf_crop_and_resize";
  if (axis.extent < 1 || n < 1) refuse("an axis would be resized to nothing");
  if (axis.extent > kLongest) refuse("an axis would be resized to an absurd extent");
  if (axis.extent == n && axis.scale == 1 && !crops) return x;
  const Taps taps = taps_of(axis, n, options);
  int64_t stride = 0;
  const int64_t phases = phases_of(taps, stride);
  const Expr y = phases > 0 ? by_phases(x, axis.axis, taps, phases, stride)
                            : by_table(x, axis.axis, taps, literal);
  if (std::count(taps.outside.begin(), taps.outside.end(), true) == 0) return y;
  const Ints flags(taps.outside.begin(), taps.outside.end());
  const Expr outside = literal(TensorData::of_integers(DType::boolean, {axis.extent}, flags));
  return where(along(outside, axis.axis, y), constant_like(y, options.extrapolation), y);
}

}  // namespace

Expr resize(Expr x, const std::vector<ResizeAxis>& axes, const ResizeOptions& options,
            const Literal& literal) {
  if (options.mode != "nearest" && options.mode != "linear" && options.mode != "cubic") {
    throw Error(ExitCode::unsupported, "mode '" + options.mode + "' is not supported");
  }
  Expr wide = options.mode == "nearest" ? x : is_float(x->dtype) ? widened(x) : cast(x, DType::f32);
  for (const ResizeAxis& axis : axes) wide = resize_axis(wide, axis, options, literal);
  return cast(wide, x->dtype);
}

}  // namespace tinycc
