// See calibrate.h.
#include "compiler/calibrate.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/data/data.h"
#include "compiler/nearest.h"

namespace tinycc {
namespace {

constexpr int64_t kMostKept = 1 << 16;  // values of a tensor that are looked at, over all samples
constexpr int kCandidates = 60;         // of ranges, for the least error
constexpr double kSmallest = 0.2;       // of them: a share of the whole

// ---- samples

class Reader {
 public:
  Reader(const Graph& graph, const std::string& path, const Location& at)
      : graph_(graph), path_(path), at_(at) {}

  std::vector<Values> read() {
    const Tensors tensors = load();
    if (tensors.size() != graph_.inputs.size() || !has_names(tensors)) fail_names(tensors);
    for (const GraphInput& in : graph_.inputs)
      add(in, tensors.size() == 1 ? tensors.begin()->second : tensors.at(in.name));
    return samples_;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
    throw Error(ExitCode::bad_input, path_ + ": " + what, hint, at_);
  }

  Tensors load() const {
    if (!std::filesystem::exists(path_))
      throw Error(ExitCode::bad_input, "the file '" + path_ + "' does not exist",
                  at_.file.empty() ? "" : "the path is relative to the model's folder", at_);
    try {
      return load_tensors(path_);
    } catch (const Error& error) {
      throw Error(error.code, error.what(), error.hint, at_);
    }
  }

  bool has_names(const Tensors& tensors) const {
    if (path_.ends_with(".npy")) return true;  // it has none
    return std::all_of(graph_.inputs.begin(), graph_.inputs.end(),
                       [&](const GraphInput& in) { return tensors.contains(in.name); });
  }

  [[noreturn]] void fail_names(const Tensors& tensors) const {
    std::vector<std::string> there, wanted;
    for (const auto& [name, data] : tensors) there.push_back(name);
    for (const GraphInput& in : graph_.inputs) wanted.push_back(in.name);
    fail("its arrays are " + listing(there) + ", the inputs of the model " + listing(wanted),
         "numpy.savez(file, " + wanted[0] + "=…) names them");
  }

  void add(const GraphInput& in, const TensorData& data) {
    const std::vector<int64_t> shape = bounds_of(in.node->shape);
    std::vector<int64_t> stacked = shape;
    stacked.insert(stacked.begin(), data.shape.empty() ? 0 : data.shape[0]);
    std::vector<int64_t> batch = shape;
    if (!batch.empty() && batch[0] == 1) batch[0] = stacked[0];
    if (data.shape != stacked && (batch == shape || data.shape != batch) && data.shape != shape)
      fail(fmt::format("'{}' has the shape [{}], the input [{}]", in.name,
                       fmt::join(data.shape, ","), fmt::join(shape, ",")),
           fmt::format("samples are stacked: [count,{}]", fmt::join(shape, ",")));
    const int64_t each = count_of(shape), count = each > 0 ? data.count() / each : 0;
    if (count == 0) fail("'" + in.name + "' has no samples", "one is the least");
    if (!samples_.empty() && samples_.size() != static_cast<size_t>(count))
      fail(
          fmt::format("'{}' has {} samples, the inputs before {}", in.name, count, samples_.size()),
          "each input needs as many");
    samples_.resize(static_cast<size_t>(count));
    for (int64_t k = 0; k < count; ++k)
      samples_[static_cast<size_t>(k)][in.name] = part(in, data, k, shape);
  }

  /// Sample k, in the input's type.
  TensorData part(const GraphInput& in, const TensorData& data, int64_t k,
                  const std::vector<int64_t>& shape) const {
    const DType type = in.node->dtype;
    const int64_t each = count_of(shape);
    if (is_float(type) != is_float(data.dtype))
      fail(fmt::format("'{}' is {}, the input {}", in.name, name_of(data.dtype), name_of(type)),
           "convert it, so that nothing is rounded unseen");
    if (!is_float(type)) {
      std::vector<int64_t> integers;
      for (int64_t i = k * each; i < (k + 1) * each; ++i) integers.push_back(data.integer(i));
      return TensorData::of_integers(type, shape, integers);
    }
    std::vector<double> numbers;
    for (int64_t i = k * each; i < (k + 1) * each; ++i) numbers.push_back(data.number(i));
    if (!std::all_of(numbers.begin(), numbers.end(), [](double v) { return std::isfinite(v); }))
      fail(fmt::format("sample {} of '{}' has a NaN or an infinity", k, in.name),
           "leave that sample out");
    return TensorData::of_numbers(type, shape, numbers);
  }

  const Graph& graph_;
  const std::string path_;
  const Location at_;
  std::vector<Values> samples_;
};

// ---- ranges

/// What is kept of a tensor: its ends, and some of its values.
struct Seen {
  double low = 0, high = 0;
  std::vector<double> values;

  void add(const TensorData& data, int64_t most) {
    const int64_t step = std::max<int64_t>(1, data.count() / most);
    for (int64_t i = 0; i < data.count(); ++i) {
      const double v = data.number(i);
      if (!std::isfinite(v)) continue;  // masks
      low = std::min(low, v);
      high = std::max(high, v);
      if (i % step == 0) values.push_back(v);
    }
  }
};

ValueRange between_percentiles(Seen& seen, double percentile) {
  std::vector<double>& v = seen.values;
  if (v.empty()) return {seen.low, seen.high};
  std::sort(v.begin(), v.end());
  const double last = static_cast<double>(v.size() - 1);
  const auto high = static_cast<size_t>(std::llround(last * percentile / 100)),
             low = static_cast<size_t>(std::llround(last * (1 - percentile / 100)));
  return {v[low], v[high]};
}

/// The sum of squares of what 255 steps from low to high do to the values.
double error_of(const std::vector<double>& values, ValueRange range) {
  const double step = (range.high - range.low) / 255;
  if (!(step > 0)) return 0;
  double sum = 0;
  for (const double v : values) {
    const double inside = std::clamp(v, range.low, range.high),
                 d = v - std::nearbyint(inside / step) * step;
    sum += d * d;
  }
  return sum;
}

ValueRange of_least_error(const Seen& seen) {
  ValueRange best{seen.low, seen.high};
  double least = error_of(seen.values, best);
  for (int i = 1; i < kCandidates; ++i) {
    const double share = 1 - (1 - kSmallest) * i / kCandidates;
    const ValueRange range{seen.low * share, seen.high * share};
    const double error = error_of(seen.values, range);
    if (error < least) {
      best = range;
      least = error;
    }
  }
  return best;
}

}  // namespace

std::vector<Values> read_samples(const Graph& graph, const std::string& path, const Location& at) {
  return Reader(graph, path, at).read();
}

std::vector<ValueRange> ranges_of(const Graph& graph, const std::vector<Expr>& tensors,
                                  const std::vector<Values>& samples, const QuantiseSpec& spec) {
  std::vector<Seen> seen(tensors.size());
  const int64_t most = std::max<int64_t>(kMostKept / static_cast<int64_t>(samples.size()), 16);
  for (Values leaves : samples) {
    for (const auto& [name, data] : graph.weights) leaves.emplace(name, data);
    for (const GraphState& s : graph.states) leaves.emplace(s.name, s.initial);
    const std::vector<TensorData> values = eval(tensors, leaves);
    for (size_t i = 0; i < values.size(); ++i) seen[i].add(values[i], most);
  }
  std::vector<ValueRange> ranges;
  for (Seen& s : seen) {
    switch (spec.method) {
      case RangeMethod::minmax: ranges.push_back({s.low, s.high}); break;
      case RangeMethod::percentile:
        ranges.push_back(between_percentiles(s, spec.percentile));
        break;
      case RangeMethod::mse: ranges.push_back(of_least_error(s)); break;
    }
  }
  return ranges;
}

}  // namespace tinycc
