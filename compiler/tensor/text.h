// Strings as tensors of bytes: u8 [shape…, width], one row a string, zeros behind its end. In: such
// rows, called cells, and numbers. Out: nodes. Bounded, therefore: what is made of two strings is as
// wide as both. Letters' case and blanks are those of ASCII; other bytes are kept as they are.
#pragma once

#include "compiler/tensor/tensor.h"

namespace tinycc {

/// The strings' cells, as numbers of this shape; the width is that of the longest.
TensorData cells_of(const std::vector<std::string>& strings, std::vector<int64_t> shape);
/// The same cells, wider.
Expr widen_cells(Expr cells, int64_t width);
/// Bytes of each string, i64.
Expr text_lengths(Expr cells);
/// Which are equal; shapes broadcast.
Expr text_equal(Expr a, Expr b);
Expr text_concat(Expr a, Expr b);
enum class LetterCase : uint8_t { keep, lower, upper };
Expr text_case(Expr cells, LetterCase to);

struct SplitText {
  Expr cells, counts;  // [shape…, most, width], where `most` is a computed dimension; i64 [shape…]
};
/// Python's str.split; without a delimiter at runs of blanks. At most `splits` splits unless negative.
SplitText text_split(Expr cells, const std::string& delimiter, int64_t splits);
/// Which strings, as a whole, a deterministic automaton takes: from state 0 on to the state
/// next[state][classes[byte]]; `accepts` by state.
Expr text_matches(Expr cells, Expr classes, Expr next, Expr accepts);

}  // namespace tinycc
