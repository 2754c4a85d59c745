// Golden vectors; see golden.h.
#include "compiler/golden.h"

#include <algorithm>

#include "ir/eval.h"

namespace tinycc {
namespace {

constexpr int64_t kMostMacs = 30'000'000;
constexpr int64_t kMostEmbedded = 8000;  // values of all inputs; more are made by a formula

int64_t input_values(const Graph& graph) {
  int64_t sum = 0;
  for (const GraphInput& in : graph.inputs) sum += count_of(bounds_of(in.node->shape));
  return sum;
}

}  // namespace

TensorData generated_input(const GraphInput& in, uint32_t seed, size_t k) {
  TensorData data = golden_input(in.node->dtype, bounds_of(in.node->shape), seed, k);
  if (in.form.ranges.empty()) return data;
  std::vector<int64_t> values = data.integers();
  for (size_t i = 0; i < values.size(); ++i) {
    const auto [least, most] = in.form.range_of(i);
    if (least <= most) values[i] = std::clamp(values[i], least, most);
  }
  return TensorData::of_integers(data.dtype, data.shape, values);
}

std::vector<GoldenCase> golden_cases(const Graph& graph, int64_t macs, double relative) {
  std::vector<GoldenCase> cases;
  const uint32_t count = macs <= kMostMacs / 10 ? 3 : 1;
  for (uint32_t seed = 1; seed <= count; ++seed) {
    GoldenCase c;
    c.what = "numbers from seed " + std::to_string(seed);
    if (relative > 0) c.relative = relative;
    Values values;
    for (size_t k = 0; k < graph.inputs.size(); ++k) {
      c.inputs.push_back(generated_input(graph.inputs[k], seed, k));
      values[graph.inputs[k].name] = c.inputs.back();
    }
    for (const GraphInput& d : graph.dims) {  // the bound, the least, something between
      const int64_t bound = d.node->attr.ints[0];
      c.dims.push_back(count == 1 || seed == 3 ? (2 * bound + 2) / 3 : seed == 1 ? bound : 1);
      values[d.name] = TensorData::of_integers(DType::i64, {}, {c.dims.back()});
    }
    if (input_values(graph) * count > kMostEmbedded) c.seed = seed;
    if (macs <= kMostMacs) c.outputs = eval(graph, values);
    cases.push_back(std::move(c));
  }
  return cases;
}

}  // namespace tinycc
