// What the simplifier needs of linear forms beyond simplify.h: which nodes are linear, and sums
// whose terms are replaced on the way.
#pragma once

#include "ir/simplify.h"

namespace tinycc {

/// A node that affine() looks into: a sum, a negation, or a product with a constant.
bool is_linear(Expr e);
/// The canonical order of terms: ranges first, outermost (smallest id) first; then everything else
/// in order of creation.
bool comes_before(Expr a, Expr b);
/// As affine(e), with every term replaced by leaf(term), which may be linear itself.
Affine affine(Expr e, const std::function<Expr(Expr)>& leaf);
/// Sorts the terms, merges equal ones, drops those with coefficient 0; wraps to the type.
void tidy(Affine& sum, DType dtype);
/// a - b, for i64.
Affine difference(const Affine& a, const Affine& b);
/// The interval of a sum from those of its terms; unknown ends where one is unknown.
Interval bounds_of(const Affine& sum, Bounds& bounds);

}  // namespace tinycc
