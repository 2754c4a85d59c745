// One elementwise op on one value, generated from the rows of ops.def: what the interpreters and
// constant folding compute with.
#pragma once

#include "ir/node.h"

namespace tinycc {

/// A scalar: `whole` for integers and bools (u64 keeps its bits), `real` for floats.
struct Number {
  double real = 0;
  int64_t whole = 0;
};

/// An op's integer result in its dtype: modulo 2^bits, for bool the lowest bit.
inline int64_t wrap_result(DType type, int64_t value) {
  return is_bool(type) ? value & 1 : wrap_to(type, value);
}
/// Towards zero, saturating at the ends of an integer type, NaN gives 0; for bool: value != 0.
int64_t saturate_to(DType type, double value);
/// What `cast` and `bitcast` do.
Number convert(DType from, DType to, Number value);
Number reinterpret(DType from, DType to, Number value);

/// The value of an elementwise op (unary, binary, where, cast, bitcast) on operands of `from` (for
/// `where`: of the branches; its condition is args[0]) with a result of `to`.
Number apply(Op op, DType from, DType to, const Number* args);
/// What a reduction starts at.
Number neutral_of(Op reduce, DType type);

}  // namespace tinycc
