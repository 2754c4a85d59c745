// Packing of constant operands: their elements are laid out at compile time in the order in which
// the scheduled loops read them.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// Each weight with the layout in which its loads, found in `body`, walk through memory. Where an
/// index is no mixed-radix sum of ranges the dimensions are only reordered. `scalars` are outside of all
/// loops.
std::vector<Buffer> packed_weights(const std::vector<BufferRef>& weights, const StmtRef& body,
                                   const std::vector<Expr>& scalars);

/// The statements with loads of another buffer in the place of one.
StmtRef renumbered(const StmtRef& body, int64_t from, int64_t to);

}  // namespace tinycc
