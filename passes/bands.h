// Less memory for more time: neighbouring computations become a band, which runs row by row. A row of
// the last one is made as soon as the rows that it needs are there, and of what passes between them
// only as many rows are kept, in a ring, as somebody has yet to read. Nothing is computed twice.
//
//   for y { a[y] = f(x[y-1 … y+1]) }  for y { b[y] = g(a[2y … 2y+2]) }
//                        →  a[0], then for y { a[2y+1], a[2y+2], b[y] }, where a has three rows
//
// In: a draft. Out: one whose bands need no more than so many bytes at any time, by an estimate; of
// those the one with the fewest rows in bands.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// Computations, neighbours, that run row by row: each no longer has a loop over rows; which row it
/// makes is a scalar of its kernel.
struct Band {
  struct Call {
    size_t part;  // which of the draft's computations
    int64_t row;
  };
  size_t first = 0, last = 0;  // computations, both included
  std::vector<Expr> rows;      // the scalar of each
  std::vector<Call> calls;     // in their order
};

struct Banded {
  Draft draft;
  std::vector<Band> bands;  // in the order of the computations
};

/// Nothing: there are no such bands. Of 0 bytes: those that need least; of -1: the same, if computations
/// alone write over nothing that they read.
std::optional<Banded> with_bands(const Draft& draft, int64_t bytes);

/// Tensors of channels and more lie with their first dimension behind these outermost, as rows.
Draft with_rows_outermost(Draft draft);

/// The calls of a band as steps: repeats where turns are alike. `parts` has a call of each
/// computation, whose row is to be filled in.
Step band_step(const Band& band, const std::vector<Step>& parts);

}  // namespace tinycc
