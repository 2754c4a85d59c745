// Tensors of different shapes side by side, as a sequence whose length only a run knows needs them.
// Each is a row of `data`, its elements without gaps, with its rank and extents in a row of `shapes`;
// the first `count` rows are meant. In and out: nodes. All is bounded, and grows with what is added.
#pragma once

#include "compiler/tensor/tensor.h"

namespace tinycc {

struct Ragged {
  /// One axis of every element: its extent, or the greatest.
  struct Extent {
    int64_t bound = 1;
    bool fixed = true;
  };
  Expr data;                                   // [rows, cells]
  Expr shapes;                                 // i64 [rows, 1 + ranks]
  Expr count;                                  // i64; -1: there is no sequence at all
  std::optional<std::vector<Extent>> element;  // if all have the same rank

  int64_t rows() const { return data->extent(0); }
};

Ragged ragged_of(Pool& pool, const std::vector<Expr>& elements, Expr count, DType dtype);
/// Row k (an i64 scalar). Error(unsupported) if its rank is not known.
Expr element_of(const Ragged& r, Expr k);
/// An element more, at `place`, 0 … count.
Ragged inserted(const Ragged& r, Expr element, Expr place);
Ragged erased(const Ragged& r, Expr place);
Ragged select(Expr condition, Ragged a, Ragged b);

}  // namespace tinycc
