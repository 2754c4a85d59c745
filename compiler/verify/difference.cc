// See difference.h.
#include "compiler/verify/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tinycc {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// From the exact to the rough: a graph has the last row that holds a type of its nodes.
struct Exactness {
  DType dtype;
  Tolerance tolerance;
};
constexpr Exactness kExactness[] = {
    {DType::i8, {2e-2, 1e-5, 4}},       {DType::u8, {2e-2, 1e-5, 4}},  // steps of quantisation
    {DType::f16, {1e-2, 1e-3, 4}},      {DType::bf16, {4e-2, 1e-2, 4}},
    {DType::f8e4m3fn, {1e-1, 1e-1, 4}}, {DType::f8e5m2, {2e-1, 1e-1, 4}},
};

double distance(double got, double want) {
  if (got == want || (std::isnan(got) && std::isnan(want))) return 0;
  const double d = std::fabs(got - want);
  return std::isnan(d) ? kInfinity : d;
}

double largest(const std::vector<double>& numbers) {
  double most = 0;
  for (const double n : numbers)
    if (std::isfinite(n)) most = std::max(most, std::fabs(n));
  return most;
}

/// Integers: more than one in a hundred beyond one step is as bad as one beyond all steps.
double share_of_steps(const std::vector<double>& distances, double worst, int64_t steps) {
  const auto far =
      std::count_if(distances.begin(), distances.end(), [](double d) { return d > 1; });
  const bool many = far * 100 > static_cast<int64_t>(distances.size());
  if (worst == 0) return 0;
  return steps == 0 || many ? kInfinity : worst / static_cast<double>(steps);
}

}  // namespace

Tolerance tolerance_of(const Graph& graph, const Target& target) {
  Tolerance tolerance;
  const std::vector<Expr> nodes = topological(graph.roots());
  for (const Exactness& row : kExactness) {
    const auto is_row = [&](Expr e) { return e->dtype == row.dtype; };
    if (std::any_of(nodes.begin(), nodes.end(), is_row)) tolerance = row.tolerance;
  }
  if (target.half || target.tf32)
    tolerance.relative = std::max(tolerance.relative, target.error_of_rounding());
  return tolerance;
}

Difference difference(const TensorData& got, const TensorData& want, const Tolerance& tolerance) {
  if (got.shape != want.shape) {
    return {
        kInfinity, kInfinity, 0,
        fmt::format("shape [{}], not [{}]", fmt::join(got.shape, ","), fmt::join(want.shape, ","))};
  }
  const std::vector<double> a = got.numbers(), b = want.numbers();
  std::vector<double> distances(a.size());
  std::transform(a.begin(), a.end(), b.begin(), distances.begin(), distance);
  const auto worst = std::max_element(distances.begin(), distances.end());
  if (worst == distances.end()) return {};
  Difference d{*worst, 0, worst - distances.begin(), ""};
  d.share = is_float(want.dtype) ? *worst / (tolerance.relative * largest(b) + tolerance.absolute)
                                 : share_of_steps(distances, *worst, tolerance.steps);
  return d;
}

}  // namespace tinycc
