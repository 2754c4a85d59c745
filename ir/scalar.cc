// The op table's expressions on one value; see scalar.h.
#include "ir/scalar.h"

#include <cmath>

#include "ir/arith.h"

namespace tinycc {
namespace {

double on_floats(Op op, double a, double b) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return on_float;
#define TCC_BINARY(name, result, spelling, on_float, on_int) \
  case Op::name: return on_float;
#include "ir/ops.def"
    default: TCC_CHECK(false, "not elementwise"); return 0;
  }
}

template <class T>
T on_words(Op op, T a, T b) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return static_cast<T>(on_int);
#define TCC_BINARY(name, result, spelling, on_float, on_int) \
  case Op::name: return static_cast<T>(on_int);
#include "ir/ops.def"
    default: TCC_CHECK(false, "not elementwise"); return 0;
  }
}

}  // namespace

int64_t saturate_to(DType type, double value) {
  if (is_bool(type)) return value != 0 ? 1 : 0;
  if (std::isnan(value)) return 0;
  const int bits = bits_of(type);
  if (kind_of(type) == DKind::unsigned_int) {
    if (value <= 0) return 0;
    const uint64_t most = ~uint64_t{0} >> (64 - bits);
    return static_cast<int64_t>(value < std::ldexp(1.0, bits) ? static_cast<uint64_t>(value)
                                                              : most);
  }
  const double end = std::ldexp(1.0, bits - 1);
  if (value >= end) return INT64_MAX >> (64 - bits);
  return value < -end ? INT64_MIN >> (64 - bits) : static_cast<int64_t>(value);
}

namespace {

/// In one rounding, also where a double cannot hold the integer: by way of round-to-odd.
double real_of(DType from, DType to, int64_t whole) {
  const bool negative = from != DType::u64 && whole < 0;
  const auto bits = static_cast<uint64_t>(whole);
  uint64_t size = negative ? uint64_t{0} - bits : bits;
  const uint64_t low = 0xfff;
  if (to != DType::f64 && size >> 53 != 0) size = (size & ~low) | ((size & low) != 0 ? low + 1 : 0);
  const auto value = static_cast<double>(size);
  return round_to(to, negative ? -value : value);
}

}  // namespace

Number convert(DType from, DType to, Number v) {
  if (!is_float(from)) {
    return is_float(to) ? Number{real_of(from, to, v.whole), 0} : Number{0, wrap_to(to, v.whole)};
  }
  return is_float(to) ? Number{round_to(to, v.real), 0} : Number{0, saturate_to(to, v.real)};
}

Number reinterpret(DType from, DType to, Number v) {
  const uint64_t mask = ~uint64_t{0} >> (64 - bits_of(from));
  const uint64_t pattern =
      is_float(from) ? encode_float(from, v.real) : static_cast<uint64_t>(v.whole) & mask;
  if (is_float(to)) return {decode_float(to, pattern), 0};
  return {0, wrap_to(to, static_cast<int64_t>(pattern))};
}

Number apply(Op op, DType from, DType to, const Number* args) {
  const Number a = args[0], b = class_of(op) == OpClass::unary ? Number{} : args[1];
  if (op == Op::where) return a.whole != 0 ? b : args[2];
  if (op == Op::cast) return convert(from, to, a);
  if (op == Op::bitcast) return reinterpret(from, to, a);
  if (is_float(from)) {
    const double value = on_floats(op, a.real, b.real);
    return is_float(to) ? Number{round_to(to, value), 0} : Number{0, value != 0 ? 1 : 0};
  }
  if (from != DType::u64) return {0, wrap_result(to, on_words<int64_t>(op, a.whole, b.whole))};
  const auto ua = static_cast<uint64_t>(a.whole), ub = static_cast<uint64_t>(b.whole);
  return {0, wrap_result(to, static_cast<int64_t>(on_words<uint64_t>(op, ua, ub)))};
}

Number neutral_of(Op reduce, DType type) {
  const bool lowest = reduce == Op::reduce_max && kind_of(type) == DKind::signed_int;
  if (lowest) return {0, INT64_MIN >> (64 - bits_of(type))};
  switch (reduce) {
#define TCC_REDUCE(name, combine, neutral) \
  case Op::name: return {neutral, reduce == Op::reduce_mul ? 1 : 0};
#include "ir/ops.def"
    default: TCC_CHECK(false, "not a reduction"); return {};
  }
}

}  // namespace tinycc
