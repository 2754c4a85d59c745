// Views of concatenations that are stored: a permute or reshape between a concatenation and where it
// ends, an output or a larger concatenation, goes to the parts, so that each is computed straight into
// its final place. In: a rewritten graph. Out: the same values.
//
//   output = permute(concat(a, reshape(concat(b, c))))
//     →  output = concat(permute(a), concat(permute(reshape(b)), permute(reshape(c))))
#pragma once

#include "ir/graph.h"

namespace tinycc {

void place_views(Graph& graph);

}  // namespace tinycc
