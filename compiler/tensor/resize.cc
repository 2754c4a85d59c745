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

/// The place in the source that result `o` of m shows; start and end say what is cropped. Number is
/// float for nearest, as in other runtimes: whether a place lies just below a whole number decides
/// there. Or it is an expression, for scales that only a run knows.
/// `resized` is the length n * s, which m rounds down.
template <typename Number, typename Constant>
Number coordinate(const std::string& mode, Number o, Number s, Constant m, Constant n,
                  Number resized, Number start, Number end) {
  const Constant half = 0.5;
  if (mode == "half_pixel") return (o + half) / s - half;
  if (mode == "half_pixel_symmetric")
    return (Constant(1) - m / (s * n)) * (n / 2) + (o + half) / s - half;
  if (mode == "pytorch_half_pixel") return m > 1 ? (o + half) / s - half : o * Constant(0);
  if (mode == "align_corners")
    return m > 1 ? o * (n - 1) / (resized - Constant(1)) : o * Constant(0);
  if (mode == "asymmetric") return o / s;
  if (mode == "tf_half_pixel_for_nn") return (o + half) / s;
  if (mode != "tf_crop_and_resize") {
    throw Error(ExitCode::unsupported, "coordinates '" + mode + "' are not supported");
  }
  return m > 1 ? start * (n - 1) + o * (end - start) * (n - 1) / (m - 1)
               : (start + end) / Constant(2) * (n - 1);
}

/// The same; what is a whole number but for rounding is one.
double place_of(const ResizeAxis& axis, const ResizeOptions& options, int64_t o, int64_t n) {
  const auto in = [&](auto zero) {
    using Number = decltype(zero);
    const double length = static_cast<double>(n) * axis.scale, whole = std::round(length);
    return coordinate(options.coordinates, static_cast<Number>(o), static_cast<Number>(axis.scale),
                      static_cast<Number>(axis.extent), static_cast<Number>(n),
                      static_cast<Number>(std::abs(length - whole) < 1e-3 ? whole : length),
                      static_cast<Number>(axis.roi_start), static_cast<Number>(axis.roi_end));
  };
  if (options.mode == "nearest") return static_cast<double>(in(0.0F));
  const double x = in(0.0);
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

Expr nearest(Expr x, const std::string& mode) {
  if (mode == "floor") return floor(x);
  if (mode == "ceil") return ceil(x);
  return mode == "round_prefer_ceil" ? floor(x + 0.5) : ceil(x - 0.5);
}

/// place_of for all results [m], with numbers that only a run knows.
Expr places_of(Pool& pool, const ResizeAxis& axis, const ResizeOptions& options, int64_t n) {
  const bool plain = options.mode == "nearest";
  const Shape line{Dim(axis.extent)};
  const Expr o = index_along(pool, line, 0, plain ? DType::f32 : DType::f64);
  const auto spread = [&](Expr scalar, double otherwise) {
    return scalar ? expand(reshape(cast(scalar, o->dtype), {Dim(1)}), line)
                  : constant_like(o, otherwise);
  };
  const Expr scale = spread(axis.computed_scale, axis.scale);
  const auto length = static_cast<double>(n);
  const Expr x = coordinate(options.coordinates, o, scale, static_cast<double>(axis.extent), length,
                            scale * length, spread(axis.computed_start, axis.roi_start),
                            spread(axis.computed_end, axis.roi_end));
  const Expr whole = round(x);
  return plain ? x : where(lt(abs(x - whole), 1e-6), whole, x);
}

/// Rows of x at `places` (a float [m] or [m, taps]), clamped into the axis.
Expr rows_at(Expr x, Expr places, int64_t axis) {
  const auto last = static_cast<double>(x->extent(axis) - 1);
  return gather_axis(x, cast(min(max(places, 0), last), DType::i64), axis);
}

/// The table of neighbours and weights is worked out in each run. An antialiasing kernel is at most
/// as wide as the extents say.
Expr weighted_by_run(Expr x, Expr places, const ResizeAxis& axis, const ResizeOptions& options) {
  Pool& pool = *x->pool;
  const auto n = static_cast<double>(x->extent(axis.axis));
  const double least = options.antialias ? std::min(static_cast<double>(axis.extent) / n, 1.0) : 1;
  const auto half = static_cast<int64_t>(std::ceil((options.mode == "cubic" ? 2 : 1) / least));
  const Shape table{Dim(axis.extent), Dim(2 * half)};
  const auto wide = [&](Expr e) { return expand(unsqueeze(e, {1}), table); };
  const Expr tap =
      wide(floor(places)) + index_along(pool, table, 1, DType::f64) - static_cast<double>(half - 1);
  Expr distance = tap - wide(places);
  if (options.antialias && axis.computed_scale) {
    const Expr narrow = min(cast(axis.computed_scale, DType::f64), 1.0);
    distance = distance * expand(reshape(narrow, {Dim(1), Dim(1)}), table);
  } else if (options.antialias) {
    distance = distance * std::min(axis.scale, 1.0);
  }
  Expr weights = resize_kernel(distance, options.mode, options.cubic_a);
  const Expr outside = lt(tap, 0) | lt(n - 1, tap);
  if (options.exclude_outside) weights = where(outside, constant_like(weights, 0), weights);
  if (options.exclude_outside || options.antialias)
    weights = weights / expand(sum(weights, {1}, true), table);
  const Expr seen = rows_at(x, tap, axis.axis);
  Ints extents(seen->shape.size(), 1);
  extents[static_cast<size_t>(axis.axis)] = axis.extent;
  extents[static_cast<size_t>(axis.axis + 1)] = 2 * half;
  return sum(mul(seen, reshape_to(cast(weights, x->dtype), extents)), {axis.axis + 1});
}

Expr by_run(Expr x, const ResizeAxis& axis, const ResizeOptions& options) {
  const int64_t n = x->extent(axis.axis);
  const Expr places = places_of(*x->pool, axis, options, n);
  const Expr y = options.mode == "nearest" ? rows_at(x, nearest(places, options.nearest), axis.axis)
                                           : weighted_by_run(x, places, axis, options);
  if (options.coordinates != "tf_crop_and_resize") return y;
  const Expr outside = lt(places, 0) | lt(static_cast<double>(n - 1), places);
  return where(along(outside, axis.axis, y), constant_like(y, options.extrapolation), y);
}

Expr resize_axis(Expr x, const ResizeAxis& axis, const ResizeOptions& options,
                 const Literal& literal) {
  const int64_t n = x->extent(axis.axis);
  const bool crops = options.coordinates == "tf_crop_and_resize";
  if (axis.extent < 1 || n < 1) refuse("an axis would be resized to nothing");
  if (axis.extent > kLongest) refuse("an axis would be resized to an absurd extent");
  if (axis.computed_scale || axis.computed_start) return by_run(x, axis, options);
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

Expr resize_kernel(Expr distance, const std::string& mode, double a) {
  const Expr d = abs(distance);
  if (mode == "linear") return max(1.0 - d, 0);
  const Expr near = (d * (a + 2) - (a + 3)) * d * d + 1.0,
             far = ((d * a - 5 * a) * d + 8 * a) * d - 4 * a;
  return where(lt(d, 1), near, where(lt(d, 2), far, constant_like(d, 0)));
}

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
