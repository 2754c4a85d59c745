// From tensors to elements: the value of one element of a tensor as a scalar expression. Movement
// ops become index arithmetic here and are gone.
#pragma once

#include <unordered_map>

#include "passes/draft.h"
#include "passes/fuse.h"

namespace tinycc {

/// Lowers tensor expressions. A tensor that lies in a buffer is loaded; everything else is computed
/// in place, its reductions over fresh ranges.
class Indexer {
 public:
  Indexer(Pool& pool, const std::map<int64_t, Buffer>& buffers,
          const std::unordered_map<Expr, Stored>& stored, const BufferChoice& choice,
          const std::unordered_map<Expr, Expr>& dims)
      : pool_(pool), buffers_(buffers), stored_(stored), choice_(choice), dims_(dims) {}

  /// Element `index` of `node`, which is computed here even if it has a buffer (its sources are
  /// loaded if they have).
  Expr compute(Expr node, const std::vector<Expr>& index);
  /// Element `index` of `node`: a load if it has a buffer.
  Expr element(Expr node, const std::vector<Expr>& index);

 private:
  Expr movement(Expr node, const std::vector<Expr>& index);
  Expr padded(Expr node, const std::vector<Expr>& index);
  Expr concatenated(Expr node, const std::vector<Expr>& index);
  Expr reduction(Expr node, const std::vector<Expr>& index);
  Expr gathered(Expr node, const std::vector<Expr>& index);
  Expr number(int64_t value);

  Pool& pool_;
  const std::map<int64_t, Buffer>& buffers_;
  const std::unordered_map<Expr, Stored>& stored_;
  const BufferChoice& choice_;
  const std::unordered_map<Expr, Expr>& dims_;  // the ranges of those that the caller gives
  std::unordered_map<Expr, std::vector<std::pair<std::vector<Expr>, Expr>>> memo_;
};

/// Splits every range of a computation that is only read as r/c, r%c …, so that the divisions
/// vanish: a flattened index becomes the indices that it was flattened from.
void split_flattened_ranges(Computation& computation);

/// Cuts a range of a computation in blocks of `size`, which divides it. The range over the blocks.
Expr cut_range(Computation& computation, Expr range, int64_t size);

/// Ranges that choose between the parts of a stack: the conditions in the value ask for each k
/// whether such a range lies below it.
std::vector<Expr> choosing_ranges(const Computation& computation);

/// Gives the ranges names that differ: those of the tensor's axes; ky for what slides along y; k.
void name_ranges(Computation& computation);

}  // namespace tinycc
