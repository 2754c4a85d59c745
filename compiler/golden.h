// Golden vectors: inputs with the outputs that the reference interpreter computes, for the emitted
// self-test.
#pragma once

#include "emitters/host.h"
#include "ir/graph.h"

namespace tinycc {

/// Cases for a model that does `macs` multiply-adds a run. Beyond what the interpreter can do in
/// about a second the cases have no outputs. `relative`: what they may be off, of the largest output,
/// instead of what floats may; 0: that.
std::vector<GoldenCase> golden_cases(const Graph& graph, int64_t macs, double relative = 0);

/// Input k of such a case: golden_input(), within the bounds that are checked on entry.
TensorData generated_input(const GraphInput& in, uint32_t seed, size_t k);

}  // namespace tinycc
