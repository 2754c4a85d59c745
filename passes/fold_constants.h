// Runs at compile time what depends on no input.
#pragma once

#include "ir/graph.h"

namespace tinycc {

/// Evaluates the parts of a graph that depend on weights and numbers alone; each becomes a new
/// weight, named after the weights that it comes from ("conv1.weight*bn1.scale"), or a constant
/// where all its numbers are equal. Left as they are: what only moves or repeats a weight, as that
/// costs nothing; what is larger than the weights that it comes from (dequantised weights); and
/// index arithmetic on iota, which the simplifier of indices sees through.
void fold_constants(Graph& graph);

/// Vectors of equal numbers among the weights become constants; weights that nothing reads go.
void drop_weights(Graph& graph);

}  // namespace tinycc
