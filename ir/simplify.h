// Simplification of scalar expressions (indices, guards, values) by rules that are data, and the
// interval analysis that their guards ask. See rules.h for the rules themselves.
#pragma once

#include "ir/node.h"

namespace tinycc {

/// Both ends included. An empty interval has low > high; unknown ends are ±kFar.
struct Interval {
  int64_t low, high;
  static constexpr int64_t kFar = int64_t{1} << 62;
  bool is_point() const { return low == high; }
};

/// Every value that an integer or bool expression can take. Knows ranges, constants, + * div mod
/// min max where comparisons and casts; anything else has the interval of its dtype.
Interval bounds(Expr e);

/// An equal expression that costs no more: sums in a canonical order of ranges (outermost, that is
/// the smallest id, first), constants folded and last, div and mod gone where intervals prove it,
/// comparisons decided where intervals decide them.
Expr simplify(Expr e);

/// `e` as constant + sum of coefficient*term; terms are ranges or other non-constant nodes, each
/// once. Works on any integer expression (in the worst case one term: e itself).
struct Affine {
  int64_t constant = 0;
  std::vector<std::pair<Expr, int64_t>> terms;  // in order of the terms' ids
  int64_t coefficient(Expr term) const;
};
Affine affine(Expr e);

}  // namespace tinycc
