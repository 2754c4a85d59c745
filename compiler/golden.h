// Golden vectors: inputs with the outputs that the reference interpreter computes, for the emitted
// self-test.
#pragma once

#include "emitters/host.h"
#include "ir/graph.h"

namespace tinycc {

/// Cases for a model that does `macs` multiply-adds a run. Beyond what the interpreter can do in
/// about a second the cases have no outputs. With tensors in half precision (`half`) they may be off by
/// 2 % of the largest output.
std::vector<GoldenCase> golden_cases(const Graph& graph, int64_t macs, bool half = false);

/// Input k of such a case: golden_input(), within the bounds that are checked on entry.
TensorData generated_input(const GraphInput& in, uint32_t seed, size_t k);

}  // namespace tinycc
