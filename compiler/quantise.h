// Quantisation as a model.yaml or the command line asks for it. In: a float graph, what is asked, files
// of calibration data. Out: the graph with rounded tensors (passes/quantise.h), and what `verify` needs
// to tell how much accuracy that costs. The reference interpreter finds the ranges, so that they are the
// same on every machine.
#pragma once

#include <optional>

#include "compiler/yaml/document.h"
#include "ir/eval.h"
#include "passes/quantise.h"

namespace tinycc {

enum class RangeMethod : uint8_t { minmax, percentile, mse };

struct QuantiseSpec {
  std::string data;  // a file of samples; empty: weights alone
  Location at;       // of `data`
  RangeMethod method = RangeMethod::minmax;
  double percentile = 99.99;
  WeightForm weights;
};

/// Errors: Error(bad_input) that points at the node.
QuantiseSpec parse_quantise(const YamlNode& node);
/// --quantize KEY=VALUE,…: Error(usage).
QuantiseSpec parse_quantise(const std::string& text);
std::vector<std::string> quantise_keys();

/// What became of a model.
struct Quantised {
  Graph real;                   // as it was
  std::vector<Values> samples;  // inputs by name
  std::string summary;          // a few lines for people
};

/// `folder`: what the path of the data is relative to. Errors: Error(bad_input) for data that do not
/// fit, Error(unsupported) for a graph that cannot be quantised.
Quantised quantise_model(Graph& graph, const QuantiseSpec& spec, const std::string& folder);

}  // namespace tinycc
