// See accuracy.h.
#include "compiler/verify/accuracy.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace tinycc {
namespace {

/// [classes] or [1, …, classes] of floats.
bool has_scores(const TensorData& data) {
  return is_float(data.dtype) && !data.shape.empty() && data.shape.back() > 1 &&
         data.count() == data.shape.back();
}

auto top(const std::vector<double>& v) { return std::max_element(v.begin(), v.end()) - v.begin(); }

}  // namespace

void Accuracy::add(const TensorData& got, const TensorData& real) {
  const std::vector<double> a = got.numbers(), b = real.numbers();
  for (size_t i = 0; i < b.size(); ++i) {
    const double error = std::fabs(a[i] - b[i]);
    if (!std::isfinite(error)) continue;  // both may be infinite
    worst_ = std::max(worst_, error);
    errors_ += error;
    noise_ += error * error;
    signal_ += b[i] * b[i];
    ++count_;
  }
  if (!has_scores(real)) return;
  ++rows_;
  agree_ += top(a) == top(b) ? 1 : 0;
}

std::string Accuracy::text() const {
  const double count = static_cast<double>(std::max<int64_t>(count_, 1));
  std::string text = fmt::format("max error {:.3g}, mean {:.3g}", worst_, errors_ / count);
  if (noise_ > 0 && signal_ > 0)
    text += fmt::format(", {:.1f} dB", 10 * std::log10(signal_ / noise_));
  if (rows_ > 0) text += fmt::format(", top-1 {} of {}", agree_, rows_);
  return text;
}

}  // namespace tinycc
