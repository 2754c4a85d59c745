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
#include <vector>

#include "passes/draft.h"

namespace tinycc {

/// A tile: of a group, of an item (of a warp, where that multiplies matrices of 16×16 by 16×8), and how
/// much of the sum is staged at a time.
struct GroupTile {
  int64_t rows = 0, columns = 0, item_rows = 1, item_columns = 4;
  bool matrix = false;
  int64_t depth = 1;
  double cycles = 0;  // of the whole kernel, by the estimate
  int64_t items() const { return rows / item_rows * (columns / item_columns) * (matrix ? 32 : 1); }
};

/// The moves that are worth a trial, best first: tiles; or for few results of long sums a group each. None
/// where the target has no groups, or the computation is too small. They may turn out to be illegal.
std::vector<std::string> group_moves(const Draft& draft, const Computation& computation);

/// Are there enough results for all of a device's items, even four an item?
bool fills_device(const Draft& draft, const Computation& computation);

}  // namespace tinycc
