// Chains of kernels on blocks: a stack of values that a sum reads, and the stack that reads the sums,
// are much larger than what they come from. Where they would leave the near caches the three kernels
// take turns over blocks of elements, and merge.h makes one of them that keeps a block at a time.
//
//   for t V[e,t] = …   for e t M[e,t] = Σ V[e,t]…   for t y[t] = … M[e,t]
//                                →  for b { for t in b V; for e, t in b M; for t in b y }
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// Gives the computations of each such chain a common number, a split range and that as outermost.
void block_chains(Draft& draft);

}  // namespace tinycc
