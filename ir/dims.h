// Symbolic dimensions as products: which reshapes leave every element where it is in memory, although
// strides are those of the bounds and only a run knows the lengths.
#pragma once

#include <optional>

#include "ir/node.h"

namespace tinycc {

/// coefficient * product of bases; bases are sorted by id, and none is a product with a constant.
struct Monomial {
  int64_t coefficient = 1;
  std::vector<Expr> bases;
  friend bool operator==(const Monomial&, const Monomial&) = default;
};
Monomial monomial_of(const Dim& dim);
Monomial product_of(const Shape& shape);
/// a / b if that is a monomial.
std::optional<Monomial> quotient(const Monomial& a, const Monomial& b);

/// Axes [from, from_end) of one shape that hold the same elements as axes [to, to_end) of another.
struct AxisGroup {
  size_t from = 0, from_end = 0, to = 0, to_end = 0;
};
/// The shortest groups, in order; nothing if the shapes hold different numbers of elements.
std::optional<std::vector<AxisGroup>> axis_groups(const Shape& from, const Shape& to);

/// True if a reshape at the bounds is right for every length: each group has no symbolic axis, or one
/// on each side, behind axes of extent 1 alone.
bool keeps_places(const Shape& from, const Shape& to);

}  // namespace tinycc
