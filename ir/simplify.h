// Simplification of scalar expressions (indices, guards, values) by rules that are data, and the
// interval analysis that their guards ask. See rules.h for the rules themselves.
#pragma once

#include <unordered_map>

#include "ir/node.h"

namespace tinycc {

/// Both ends included. An empty interval has low > high; unknown ends are ±kFar.
struct Interval {
  int64_t low, high;
  static constexpr int64_t kFar = int64_t{1} << 62;
  bool is_point() const { return low == high; }
  /// Both ends are known: arithmetic within cannot have overflowed.
  bool is_finite() const { return low > -kFar && high < kFar; }
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Expressions with intervals tighter than bounds() would find: ranges of a split loop, guarded
/// terms.
using Known = std::vector<std::pair<Expr, Interval>>;

/// Every value that an integer or bool expression can take. Knows ranges, constants, + * div mod
/// min max where comparisons and casts; anything else has the interval of its dtype.
Interval bounds(Expr e);
Interval bounds(Expr e, const Known& known);

/// Intervals of many expressions, each node looked at once. The facts in `known` hold throughout.
class Bounds {
 public:
  explicit Bounds(const Known& known = {});
  Interval of(Expr e);
  /// The interval that the node's op gives on sources of these intervals.
  static Interval of_op(Expr e, const std::vector<Interval>& sources);

 private:
  Interval compute(Expr e) const;
  std::unordered_map<Expr, Interval> known_, memo_;
};

/// An equal expression that costs no more: sums in a canonical order of ranges (outermost, that is
/// the smallest id, first), constants folded and last, div and mod gone where intervals prove it,
/// comparisons decided where intervals decide them.
Expr simplify(Expr e);
/// Equal to `e` wherever the facts in `known` hold.
Expr simplify(Expr e, const Known& known);

/// `e` as constant + sum of coefficient*term; terms are ranges or other non-constant nodes, each
/// once. Works on any integer expression (in the worst case one term: e itself).
struct Affine {
  int64_t constant = 0;
  std::vector<std::pair<Expr, int64_t>> terms;  // ranges by their ids, then others by node id
  int64_t coefficient(Expr term) const;
};
Affine affine(Expr e);
/// The sum as an expression of the type, in the order of the terms, the constant last.
Expr sum_of(Pool& pool, const Affine& sum, DType dtype = DType::i64, const Shape& shape = {});

}  // namespace tinycc
