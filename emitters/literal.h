// Numbers as C source: exact, so that no compiler rounds, and compact where there are many.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ir/tensor.h"

namespace tinycc {

/// Element i as a literal of its C type: "0x1.8p-1f", "-7", "0x3c00" (the pattern of an f16),
/// "(-2147483647 - 1)", "INFINITY".
std::string literal(const TensorData& data, int64_t i);
/// True when some literal of the data is a macro of <math.h>.
bool needs_math_h(const TensorData& data);

/// All elements as items of an initialiser for an array of these extents, with the braces of inner
/// dimensions: "{{0x1p+0f", "0x1p-1f}", … For wrap_items.
std::vector<std::string> nested_items(const TensorData& data, const std::vector<int64_t>& extents);

/// Bytes as a string literal: printable characters as they are, the others as octal escapes.
std::string bytes_literal(std::span<const std::byte> bytes);

}  // namespace tinycc
