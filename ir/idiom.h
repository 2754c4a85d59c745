// Loops that some CPUs have instructions for: a loop of kind `idiom` has one of these forms, and
// emitters write it as the call of a function whose body those instructions are. To all else it is a
// plain loop. Here is what such a loop may hold; how its operands lie in memory is the emitters' affair.
//
//   dot     for k { sum = sum + (a[k] + zero) * b[k] }        one sum; zero: dot_offset
//   madd    for c { sum[c] = sum[c] + (a + zero) * b[c] }     a is a[c], or one for all
//   scale   for c { y[c] = bytes(clamp((sum[c] * factor[c] + addend) >> shift, least, most)) }
//   start   for c { sum[c] = from[c] }                            or one number
#pragma once

#include <optional>

#include "ir/stmt.h"
#include "ir/target.h"

namespace tinycc {

/// Two loaded bytes, widened to 32 bits: (a + zero) * b.
struct ByteProduct {
  Expr shifted, a, b;  // shifted: a widened + zero
  int64_t zero = 0;
};
std::optional<ByteProduct> byte_product(Expr product);
/// Its factors in the other order; empty: one of them has a zero point.
std::optional<ByteProduct> exchanged(const ByteProduct& p, Expr product);

/// What is added to bytes of a type for an instruction to take them as the first factor of two or four products
/// a lane; empty: it does not take such bytes.
///   sdot, i8mm, smull   signed by signed: u8 - 128 is signed
///   vnni                unsigned by signed: i8 + 128 is unsigned
std::optional<int64_t> quad_offset(Dot dot, DType type);
/// The same for products that are neighbours in memory, all added to one sum: MVE's VMLADAVA takes bytes that
/// both have signs, or both none; 0 where nothing has to be added.
int64_t dot_offset(Dot dot, const ByteProduct& p);
/// The product of such bytes, a with its offset.
std::optional<ByteProduct> quad_product(Expr product, Dot dot);

/// (sum * factor + addend) >> shift, in i64.
struct ScaledSum {
  Expr sum, factor, addend;  // i32, i32, i64
  int64_t shift = 0;
  /// Is the addend one number for all, a multiple of 2^32 that the higher half of a product can take without
  /// overflow, and does the shift drop the lower half?
  bool is_high() const;
};
std::optional<ScaledSum> scaled_sum(Expr whole);

/// The addend is a load, or a multiple of 2^32; the shift is one by 32 at least.
struct Scaling : ScaledSum {
  int64_t least = 0, most = 0;
};
std::optional<Scaling> scaling(Expr value);

/// Does a statement give sums in registers their first values?
bool starts_sums(const Stmt& store);

/// The product that a statement adds to what it stores to; empty: it does something else.
Expr added_to(const Stmt& store);

}  // namespace tinycc
