// Elementwise expressions over rows of values: the arithmetic of the reference interpreter, a few
// hundred elements at a time, so that the choice of the op is outside of every loop.
#pragma once

#include "ir/node.h"
#include "ir/view.h"

namespace tinycc {

inline constexpr int64_t kRow = 512;  // values; a handful of rows fit the first cache

/// Up to kRow values of one type: floats as doubles, integers and bools as int64.
struct Row {
  alignas(64) double real[kRow];
  alignas(64) int64_t whole[kRow];
};

/// out[i] = op(args[0][i], …), rounded or wrapped to `to`; `from` as for apply() in scalar.h.
void apply_rows(Op op, DType from, DType to, const Row* const* args, Row& out, int64_t count);
/// Folds a row into accumulators `step` apart (0: all into one), not rounded.
void fold_row(Op combine, const Row& row, int64_t count, double* into, int64_t step);
void fold_row(Op combine, DType type, const Row& row, int64_t count, int64_t* into, int64_t step);
void load_row(const View& v, int64_t element, int64_t step, int64_t count, Row& row);
void store_row(DType type, const Row& row, int64_t count, std::byte* to, int64_t step);

/// An expression of elementwise ops over views of one shape, evaluated without a tensor for any of
/// its inner nodes.
class RowProgram {
 public:
  /// Adds `e`: what `leaf` gives a view for is a leaf, any other node an op on its sources.
  void build(Expr e, const std::function<const View*(Expr)>& leaf);
  /// Adds one operand a leaf, in order; returns how many.
  size_t add_leaves(Nest& nest) const;
  /// The row at the leaves' offsets.
  const Row& run(const Nest& nest, const int64_t* at, int64_t count);

 private:
  struct Instruction {
    Op op;
    DType from, to;
    size_t args[3];
  };
  size_t add(Expr e, const std::function<const View*(Expr)>& leaf);
  std::vector<View> leaves_;  // rows 0 …; then one row an instruction
  std::vector<Instruction> instructions_;
  std::vector<std::unique_ptr<Row>> rows_;
  size_t result_ = 0;
};

}  // namespace tinycc
