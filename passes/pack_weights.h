// Packing of constant operands: their elements are laid out at compile time in the order in which
// the scheduled loops read them.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// For each weight the layout in which its loads, found in `body`, walk through memory. Where an
/// index is no mixed-radix sum of ranges the dimensions are only reordered.
std::vector<Layout> packed_layouts(const std::vector<BufferRef>& weights, const StmtRef& body);

}  // namespace tinycc
