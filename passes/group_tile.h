// Sums of products on a device, as work-groups (ir/groups.h): a group computes a tile of the result
// from panels of both operands that its items copy to the memory they share; each item keeps a smaller
// tile in registers. In: a computation. Out: the moves. No operator is named: rows are the ranges that
// only one operand moves with, columns those that only the other does; a convolution's rows are the
// pixels, its columns the channels.
//
//   for y x { Σk A[y,k] * B[k,x] }  →  for yo group, xo group { for ko {
//       panel = A[yo,ko]; panel_2 = B[ko,xo]; for yl lane, xl lane { for k { for y x {…} } } } }
#pragma once

#include <string>

#include "passes/draft.h"

namespace tinycc {

/// A tile: of a group, of an item, and how much of the sum is staged at a time.
struct GroupTile {
  int64_t rows = 0, columns = 0, item_rows = 1, item_columns = 4, depth = 1;
  double cycles = 0;  // of the whole kernel, by the estimate
  int64_t items() const { return rows / item_rows * (columns / item_columns); }
};

/// The moves, or "" where the computation is no such sum, or too small.
std::string group_moves(const Draft& draft, const Computation& computation);

}  // namespace tinycc
