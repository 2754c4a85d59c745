// Builders: one function a node, each checks its operands and works out type and shape. Written so
// that functions over primitives read as mathematics. Operands are strict here: elementwise ops
// want equal types and equal shapes, except that a C++ number or a scalar constant is spread over
// the other operand's shape. Broadcasting, promotion and the big operators live in compiler/tensor.
#pragma once

#include "ir/node.h"

namespace tinycc {

// ---- leaves --------------------------------------------------------------------------------

/// A number, everywhere in `shape`. attr.ints[0]: the integer, or the bits of the double.
Expr constant(Pool& pool, DType dtype, double value, Shape shape = {});
Expr constant_int(Pool& pool, DType dtype, int64_t value, Shape shape = {});
/// The same number as another node's type and shape.
Expr constant_like(Expr like, double value);
/// Value of a `constant` node; a float constant gives number_of, others integer_of.
double number_of(Expr constant);
int64_t integer_of(Expr constant);
bool is_constant(Expr e, double value);

/// attr.name: the tensor in the model's weights; input and state: their names.
Expr weight(Pool& pool, const std::string& name, DType dtype, Shape shape);
Expr input(Pool& pool, const std::string& name, DType dtype, Shape shape);
/// A dimension that the caller gives: an i64 from 1 to attr.ints[0].
Expr dim_input(Pool& pool, const std::string& name, int64_t bound);
Expr state(Pool& pool, const std::string& name, DType dtype, Shape shape);
/// A loop variable, i64, 0 <= r < extent. attr.ints: id, extent; attr.name: what it is called. A range
/// of symbolic extent has the extent as its only source; attr.ints[1] is then the bound.
Expr range(Pool& pool, int64_t extent, const std::string& name);
/// i64, each element its own index along `axis`. attr.ints: axis.
Expr iota(Pool& pool, Shape shape, int64_t axis);
/// Carry k of scan `id` at the start of a step. attr.ints: id, k.
Expr carry(Pool& pool, int64_t id, int64_t k, DType dtype, Shape shape);

// ---- elementwise ---------------------------------------------------------------------------

Expr unary(Op op, Expr a);
Expr binary(Op op, Expr a, Expr b);
Expr where(Expr condition, Expr a, Expr b);
Expr cast(Expr a, DType to);
Expr bitcast(Expr a, DType to);

inline Expr neg(Expr a) { return unary(Op::neg, a); }
inline Expr exp(Expr a) { return unary(Op::exp, a); }
inline Expr log(Expr a) { return unary(Op::log, a); }
inline Expr sin(Expr a) { return unary(Op::sin, a); }
inline Expr sqrt(Expr a) { return unary(Op::sqrt, a); }
inline Expr trunc(Expr a) { return unary(Op::trunc, a); }
inline Expr max(Expr a, Expr b) { return binary(Op::max, a, b); }
inline Expr min(Expr a, Expr b) { return binary(Op::min, a, b); }
inline Expr lt(Expr a, Expr b) { return binary(Op::lt, a, b); }
inline Expr eq(Expr a, Expr b) { return binary(Op::eq, a, b); }
Expr logical_not(Expr a);
/// An f32 or f64 to the nearest whole number, halves to the even one: adding 2^23 (in f64 2^52)
/// rounds; from there on there are only whole numbers.
Expr nearest(Expr x);
inline Expr operator-(Expr a) { return neg(a); }

// Arithmetic with a C++ number on either side: the number takes the other's type and shape.
#define TCC_OPERATOR(symbol, op)                                                         \
  inline Expr operator symbol(Expr a, Expr b) { return binary(Op::op, a, b); }           \
  inline Expr operator symbol(Expr a, double b) { return a symbol constant_like(a, b); } \
  inline Expr operator symbol(double a, Expr b) { return constant_like(b, a) symbol b; }
TCC_OPERATOR(+, add)
TCC_OPERATOR(*, mul)
TCC_OPERATOR(/, div)
TCC_OPERATOR(%, mod)
TCC_OPERATOR(&, bit_and)
TCC_OPERATOR(|, bit_or)
TCC_OPERATOR(^, bit_xor)
#undef TCC_OPERATOR
/// a - b is a + neg(b): exact in IEEE arithmetic; emitters print it as a subtraction.
inline Expr operator-(Expr a, Expr b) { return a + neg(b); }
inline Expr operator-(Expr a, double b) { return a + constant_like(a, -b); }
inline Expr operator-(double a, Expr b) { return constant_like(b, a) + neg(b); }
inline Expr max(Expr a, double b) { return max(a, constant_like(a, b)); }
inline Expr min(Expr a, double b) { return min(a, constant_like(a, b)); }
inline Expr lt(Expr a, double b) { return lt(a, constant_like(a, b)); }
inline Expr lt(double a, Expr b) { return lt(constant_like(b, a), b); }
inline Expr eq(Expr a, double b) { return eq(a, constant_like(a, b)); }

// ---- reductions ----------------------------------------------------------------------------

/// Tensor level: `axes` vanish. attr.ints: the axes, sorted.
Expr reduce(Op op, Expr a, std::vector<int64_t> axes);
/// Scalar level: over `ranges`, which become sources after the body.
Expr reduce_over(Op op, Expr body, const std::vector<Expr>& ranges);

/// All terms combined as a tree: the first half with the second half, term by term, until one is left.
Expr combined(Op combine, std::vector<Expr> terms);
/// The value that `combine` (add, mul, max) leaves as it is: where a reduction starts.
Expr neutral_of(Op combine, DType dtype, Pool& pool);

// ---- movement ------------------------------------------------------------------------------

Expr reshape(Expr a, Shape shape);                        // equal number of elements
Expr permute(Expr a, const std::vector<int64_t>& order);  // result axis i is a's axis order[i]
Expr expand(Expr a, Shape shape);                         // axes of extent 1 repeat
/// attr.ints: before_0, after_0, before_1, … (never negative); `value` is a scalar.
Expr pad(Expr a, const std::vector<int64_t>& amounts, Expr value);
/// attr.ints: start_0, step_0, start_1, …; counts are the new extents.
Expr slice(Expr a, const std::vector<int64_t>& starts, const std::vector<int64_t>& counts,
           const std::vector<int64_t>& steps);
/// attr.ints: axis, size, stride, dilation.
Expr window(Expr a, int64_t axis, int64_t size, int64_t stride, int64_t dilation);
Expr concat(const std::vector<Expr>& parts, int64_t axis);  // attr.ints: axis

// ---- indexing, scan ------------------------------------------------------------------------

Expr gather(Expr data, const std::vector<Expr>& indices);
/// `combine`: "" stores; "add", "mul", "max", "min" combine. attr.name: combine.
Expr scatter(Expr data, Expr updates, const std::vector<Expr>& indices, const std::string& combine);
/// attr.ints: id, extent, carries, emits, 1 if there is `until`. Sources: initial values, next
/// values, emits, until. The counter is counter(pool, id, extent), a range with the scan's id.
Expr scan(Pool& pool, int64_t id, int64_t extent, const std::vector<Expr>& initial,
          const std::vector<Expr>& next, const std::vector<Expr>& emits, Expr until = {});
Expr counter(Pool& pool, int64_t id, int64_t extent, const std::string& name = "t");
Expr get(Expr scan, int64_t k);
/// One element of buffer `id`, called `name`. attr.ints: id.
Expr load(Pool& pool, int64_t id, const std::string& name, DType dtype, std::vector<Expr> indices);

}  // namespace tinycc
