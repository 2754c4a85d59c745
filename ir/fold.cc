// Folding of constants; see fold.h.
#include "ir/fold.h"

#include <algorithm>
#include <array>

#include "ir/build.h"
#include "ir/scalar.h"

namespace tinycc {
namespace {

Number value_of(Expr constant) {
  return is_float(constant->dtype) ? Number{number_of(constant), 0}
                                   : Number{0, integer_of(constant)};
}

/// Bits that hold the magnitude of an integer type, or that a float type holds exactly.
int magnitude_bits(DType type) {
  if (is_bool(type)) return 1;
  return kind_of(type) == DKind::signed_int ? bits_of(type) - 1 : bits_of(type);
}
int exact_bits(DType type) {
  switch (type) {
    case DType::f64: return 53;
    case DType::f32: return 24;
    case DType::f16: return 11;
    default: return 0;
  }
}

/// Each value of `from` is one of `to`.
bool is_lossless(DType from, DType to) {
  if (is_float(from)) return bits_of(from) < bits_of(to) && exact_bits(to) >= 24;
  if (is_float(to)) return magnitude_bits(from) <= exact_bits(to);
  const bool loses_sign = kind_of(from) == DKind::signed_int && kind_of(to) != DKind::signed_int;
  return !loses_sign && magnitude_bits(from) <= magnitude_bits(to);
}

/// x: a → b → c equals x: a → c. An integer that went by a float saturates, else it wraps.
bool is_one_cast(DType a, DType b, DType c) {
  if (is_lossless(a, b)) return is_float(a) || !is_float(b) || is_float(c) || is_lossless(a, c);
  return is_integer(a) && is_integer(b) && is_integer(c) && bits_of(c) <= bits_of(b);
}

}  // namespace

std::optional<Expr> fold(Expr e) {
  const auto is_number = [](Expr s) { return s->is(Op::constant); };
  if (!is_elementwise(e->op) || !std::all_of(e->sources.begin(), e->sources.end(), is_number)) {
    return {};
  }
  std::array<Number, 3> values;
  std::transform(e->sources.begin(), e->sources.end(), values.begin(), value_of);
  const Number result = apply(e->op, e->sources.back()->dtype, e->dtype, values.data());
  if (!is_float(e->dtype)) return constant_int(*e->pool, e->dtype, result.whole, e->shape);
  return constant(*e->pool, e->dtype, result.real, e->shape);
}

Expr merge_casts(Expr e) {
  if (!e->is(Op::cast) || !e->sources[0]->is(Op::cast)) return e;
  const Expr x = e->sources[0]->sources[0];
  return is_one_cast(x->dtype, e->sources[0]->dtype, e->dtype) ? cast(x, e->dtype) : e;
}

}  // namespace tinycc
