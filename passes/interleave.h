// Rows side by side: a kernel that takes row after row, and in each waits for a sum or a maximum before
// it goes on, makes several rows at once, so that one row's work fills the other's waiting.
//
//   for y 8 { alloc m; m = max_k x[y,k]; for j e[y,j] = f(x[y,j], m) }
//             →  for yo 2 { alloc m[4]; for yi 4 m[yi] = max_k …; for j for yi 4 e[4*yo + yi,j] = … }
#pragma once

#include "passes/merge.h"

namespace tinycc {

/// Does so where the kernel is merged of several computations, its rows have partial sums, divide,
/// and what is kept of so many of them stays in the nearest cache.
void interleave_rows(Unit& unit, const Target& target);

}  // namespace tinycc
