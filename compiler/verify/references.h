// What a model's outputs should be, by somebody else than the emitted code.
#pragma once

#include "ir/graph.h"

namespace tinycc {

/// Results of one reference; `missing` says why there are none.
struct Reference {
  std::string name;
  std::vector<TensorData> outputs;
  std::string missing;
};

/// The reference interpreter on the traced graph, whose dimensions are settled; symbolic ones are at
/// their bounds. Not for more than `most_work` evaluations.
Reference interpreted(const Graph& graph, const std::vector<TensorData>& inputs, double most_work);

/// ONNX Runtime, without its optimiser, from the python3 in PATH; reads in_K.npy in `folder`, and
/// writes there.
Reference by_onnx_runtime(const std::string& model, const std::string& folder, size_t outputs);

}  // namespace tinycc
