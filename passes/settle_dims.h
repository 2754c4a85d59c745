// Computed dimensions become fixed ones: every tensor is computed to its bound, and how much of an
// output is meant is an output of its own. In: a traced graph. Out: the same graph without symbolic
// dimensions.
#pragma once

#include "ir/graph.h"

namespace tinycc {

/// Reductions over a computed dimension leave out what lies beyond its length. Error(unsupported)
/// where a reshape or a concatenation would have to move elements by a computed distance.
void settle_dims(Graph& graph);

}  // namespace tinycc
