// Layouts of buffers and the loop that becomes the vector: both follow from how elements are
// reached, never from what operator reads them.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// How a kernel's innermost vector runs.
struct VectorChoice {
  Expr range;            // empty: scalar code
  bool reduced = false;  // the range is one of the reduction: partial sums side by side
  double cost = 0;       // in element accesses divided by useful lanes
};

/// The cheapest vector loop for a computation, given the layouts of the draft. A weight whose index
/// is affine has no layout yet: it will be packed as the loop wants it.
VectorChoice choose_vector(const Draft& draft, const Computation& computation);

/// Chooses the innermost dimension of every arena buffer by votes of the kernels that write and
/// read it, each weighted by what another order would cost it.
void choose_layouts(Draft& draft);

/// Is every index of this load affine in ranges, so that packing can put its elements in any order?
bool is_packable(const Draft& draft, Expr load);
/// The factor of `range` in dimension `dim` of this index; and the only dimension in which it occurs
/// (-1: none, -2: several, or not affine).
int64_t dimension_of(Expr range, const std::vector<Expr>& index, int64_t& factor);

}  // namespace tinycc
