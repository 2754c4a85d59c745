// Packing of constant operands: their elements are laid out at compile time in the order in which
// the scheduled loops read them.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// The layout in which `loads` of one weight, found in `body`, walk through memory. Where an index
/// is no mixed-radix sum of ranges the dimensions are only reordered.
Layout packed_layout(const Buffer& weight, const StmtRef& body);

}  // namespace tinycc
