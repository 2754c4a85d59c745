// Which tiles sums of products are cut in on a device, as work-groups (ir/groups.h): a group computes a tile
// of the result from panels of both operands that its items copy to the memory they share; each item keeps
// a smaller tile in registers. In: a computation. Out: sizes, by an estimate of cycles. No operator is
// named: rows are the ranges that only one operand moves with, columns those that only the other does; a
// convolution's rows are the pixels, its columns the channels. What becomes of the sizes: group_moves.h.
#pragma once

#include <optional>

#include "ir/groups.h"
#include "passes/draft.h"

namespace tinycc {

inline constexpr int64_t kColumnVector = 4;  // columns that an item computes at once

/// What a computation is made of: result = f(Σ g(A[rows, batch, sums], B[columns, batch, sums])).
struct Product {
  Expr a, b;  // loads
  std::vector<Expr> rows, columns, batch, sums;
};
/// Nothing where it is no such sum.
std::optional<Product> product_of(const Draft& draft, const Computation& computation);

/// A tile: of a group, of an item (of a warp, where that multiplies matrices), and how much of the sum is
/// staged at a time.
struct GroupTile {
  int64_t rows = 0, columns = 0, item_rows = 1, item_columns = 4;
  const MatrixForm* matrix = nullptr;
  const MatrixForm::Operand* operand = nullptr;  // of which
  int64_t unit = 1;                              // how deep a matrix is
  int64_t depth = 1;
  double cycles = 0;  // of the whole kernel, by the estimate
  /// Bytes between rows of matrices, so that they start in different banks.
  int64_t row_pad() const { return matrix->items > 1 ? 16 : 0; }
  int64_t items() const {
    return rows / item_rows * (columns / item_columns) * (matrix != nullptr ? matrix->items : 1);
  }
};
/// The fastest; rows 0: none fits.
GroupTile best_tile(const Draft& draft, const Computation& computation, const Product& product);

/// All that were considered, the fastest first.
std::vector<GroupTile> group_tiles(const Draft& draft, const Computation& computation,
                                   const Product& product);

/// Does any range of the computation end where only the run knows?
bool has_open_ends(const Computation& computation);

}  // namespace tinycc
