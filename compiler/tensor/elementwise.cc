// Arithmetic, comparisons, rounding and activations with broadcasting. See tensor.h; the
// transcendental functions are in functions.cc.
#include <cmath>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

Expr with_broadcast(Op op, Expr a, Expr b) {
  std::vector<Expr> operands{a, b};
  broadcast(operands);
  return binary(op, operands[0], operands[1]);
}

/// a / b towards zero: floor division, plus one where a remainder is left and the signs differ.
Expr truncating_div(Expr a, Expr b) {
  const Expr floored = a / b;
  if (kind_of(a->dtype) == DKind::unsigned_int) return floored;
  const Expr inexact = logical_not(eq(a % b, 0));
  const Expr signs_differ = binary(Op::bit_xor, lt(a, 0), lt(b, 0));
  return where(inexact & signs_differ, floored + 1, floored);
}

/// base^exponent on integers by repeated squaring; a negative exponent gives 0, 1 or -1.
Expr integer_power(Expr base, Expr exponent) {
  Expr result = constant_like(base, 1), square = base;
  for (int bit = 0; bit < 6; ++bit) {
    const Expr shifted = binary(Op::shr, exponent, constant_like(exponent, bit));
    result = where(eq(shifted & constant_like(exponent, 1), 1), result * square, result);
    square = square * square;
  }
  if (kind_of(exponent->dtype) != DKind::signed_int) return result;
  const Expr odd = eq(exponent & constant_like(exponent, 1), 1);
  const Expr unit =
      where(eq(base * base, 1), where(odd, base, base * base), constant_like(base, 0));
  return where(lt(exponent, 0), unit, result);
}

/// |x|^y = exp(y log |x|), negated for a negative x and odd y, NaN for a negative x and broken y.
Expr float_power(Expr x, Expr y) {
  const Expr magnitude = exp(y * log(abs(x)));
  const Expr half = y * 0.5;
  const Expr odd = logical_not(eq(trunc(half), half)) & eq(trunc(y), y);
  const Expr broken = logical_not(eq(trunc(y), y));
  const Expr nan = constant_like(x, std::nan(""));
  const Expr negative = where(broken, nan, where(odd, -magnitude, magnitude));
  return where(eq(y, 0), constant_like(x, 1), where(lt(x, 0), negative, magnitude));
}

/// Small exponents as products: exact, and what the source most likely meant.
std::optional<Expr> simple_power(Expr x, double y) {
  if (y == 1) return x;
  if (y == 2) return x * x;
  if (y == 3) return x * x * x;
  if (y == 4) return (x * x) * (x * x);
  if (y == 0.5) return sqrt(x);
  if (y == -0.5) return 1.0 / sqrt(x);
  if (y == -1) return 1.0 / x;
  return std::nullopt;
}

}  // namespace

Expr add(Expr a, Expr b) { return with_broadcast(Op::add, a, b); }
Expr mul(Expr a, Expr b) { return with_broadcast(Op::mul, a, b); }
Expr maximum(Expr a, Expr b) { return with_broadcast(Op::max, a, b); }
Expr minimum(Expr a, Expr b) { return with_broadcast(Op::min, a, b); }
Expr less(Expr a, Expr b) { return with_broadcast(Op::lt, a, b); }
Expr greater(Expr a, Expr b) { return less(b, a); }
Expr equal(Expr a, Expr b) { return with_broadcast(Op::eq, a, b); }
Expr less_equal(Expr a, Expr b) { return less(a, b) | equal(a, b); }
Expr greater_equal(Expr a, Expr b) { return less_equal(b, a); }
Expr bitwise(Op op, Expr a, Expr b) { return with_broadcast(op, a, b); }

Expr sub(Expr a, Expr b) {
  std::vector<Expr> operands{a, b};
  broadcast(operands);
  return operands[0] - operands[1];
}

Expr div(Expr a, Expr b) {
  std::vector<Expr> operands{a, b};
  broadcast(operands);
  if (is_float(operands[0]->dtype)) return operands[0] / operands[1];
  return truncating_div(operands[0], operands[1]);
}

/// Infinite divisors leave x as it is.
Expr remainder(Expr a, Expr b) {
  std::vector<Expr> operands{a, b};
  broadcast(operands);
  const Expr x = operands[0], y = operands[1];
  if (!is_float(x->dtype)) return x - truncating_div(x, y) * y;
  const Expr times = trunc(x / y);
  return where(eq(times, 0), x, x - times * y);
}

/// The remainder, moved to the divisor's sign; zero takes that sign, too.
Expr modulo(Expr a, Expr b) {
  std::vector<Expr> operands{a, b};
  broadcast(operands);
  const Expr x = operands[0], y = operands[1];
  if (!is_float(x->dtype)) return x % y;
  const Expr rest = remainder(x, y), negative = lt(y, 0);
  const Expr zero = where(negative, constant_like(y, -0.0), constant_like(y, 0));
  const Expr moved = where(binary(Op::bit_xor, lt(rest, 0), negative), rest + y, rest);
  return where(eq(rest, 0), zero, moved);
}

Expr power(Expr a, Expr b) {
  if (b->is(Op::constant) && is_float(a->dtype)) {
    const Expr x = broadcast_to(a, broadcast_shape({a, b}));
    if (const auto simple = simple_power(x, number_of(b))) return *simple;
  }
  const Shape shape = broadcast_shape({a, b});
  const Expr x = broadcast_to(a, shape), y = broadcast_to(b, shape);
  if (!is_float(a->dtype) && !is_float(b->dtype)) return integer_power(x, y);
  const DType wide = is_float(a->dtype) ? widened(a)->dtype : DType::f64;
  const Expr result = float_power(cast(x, wide), cast(y, wide));
  return cast(is_float(a->dtype) ? result : round(result), a->dtype);
}

Expr select(Expr condition, Expr a, Expr b) {
  std::vector<Expr> branches{a, b};
  const Shape shape = broadcast_shape({condition, a, b});
  broadcast(branches);
  return where(broadcast_to(condition, shape), broadcast_to(branches[0], shape),
               broadcast_to(branches[1], shape));
}

Expr abs(Expr x) { return kind_of(x->dtype) == DKind::unsigned_int ? x : max(x, -x); }

Expr sign(Expr x) {
  const Expr one = constant_like(x, 1);
  const Expr positive = where(lt(0, x), one, x);  // keeps zero and NaN
  return kind_of(x->dtype) == DKind::unsigned_int ? positive : where(lt(x, 0), -one, positive);
}

Expr floor(Expr x) {
  if (!is_float(x->dtype)) return x;
  const Expr whole = trunc(x);
  return where(lt(x, whole), whole - 1, whole);
}

Expr ceil(Expr x) {
  if (!is_float(x->dtype)) return x;
  const Expr whole = trunc(x);
  return where(lt(whole, x), whole + 1, whole);
}

Expr round(Expr x) { return is_float(x->dtype) ? cast(nearest(widened(x)), x->dtype) : x; }

Expr is_nan(Expr x) { return logical_not(eq(x, x)); }

Expr is_inf(Expr x, bool negative, bool positive) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Expr below = eq(x, -infinity), above = eq(x, infinity);
  if (negative && positive) return below | above;
  if (negative) return below;
  return positive ? above : constant(*x->pool, DType::boolean, 0, x->shape);
}

Expr relu(Expr x) { return max(x, 0); }

Expr clip(Expr x, std::optional<Expr> low, std::optional<Expr> high) {
  if (low) x = maximum(x, cast(*low, x->dtype));
  if (high) x = minimum(x, cast(*high, x->dtype));
  return x;
}

Expr sigmoid(Expr x) {
  const Expr wide = widened(x);
  return cast(1.0 / (1.0 + exp(-wide)), x->dtype);
}

Expr hard_sigmoid(Expr x, double alpha, double beta) {
  return max(min(x * alpha + beta, 1.0), 0.0);
}

Expr hard_swish(Expr x) { return x * hard_sigmoid(x, 1.0 / 6, 0.5); }

/// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): never overflows.
Expr softplus(Expr x) {
  const Expr wide = widened(x);
  return cast(max(wide, 0) + log(1.0 + exp(-abs(wide))), x->dtype);
}

Expr softsign(Expr x) { return x / (1.0 + abs(x)); }

Expr gelu(Expr x, bool tanh_form) {
  const Expr wide = widened(x);
  const Expr inner = tanh_form ? tanh((wide + wide * wide * wide * 0.044715) * std::sqrt(2 / M_PI))
                               : erf(wide * std::sqrt(0.5));
  return cast(wide * 0.5 * (1.0 + inner), x->dtype);
}

Expr swish(Expr x, double alpha) { return x * sigmoid(alpha == 1 ? x : x * alpha); }
Expr mish(Expr x) { return x * tanh(softplus(x)); }
/// For a slope of 0 to 1 the greater of both lines.
Expr leaky_relu(Expr x, double alpha) {
  return alpha >= 0 && alpha <= 1 ? max(x, x * alpha) : where(lt(x, 0), x * alpha, x);
}

Expr prelu(Expr x, Expr slope) {
  const Expr spread = broadcast_to(slope, x->shape);
  return where(lt(x, 0), x * spread, x);
}

Expr elu(Expr x, double alpha) {
  return where(lt(x, 0), cast((exp(widened(x)) - 1) * alpha, x->dtype), x);
}

Expr celu(Expr x, double alpha) {
  const Expr wide = widened(x);
  return cast(max(wide, 0) + min((exp(wide * (1 / alpha)) - 1) * alpha, 0), x->dtype);
}

Expr selu(Expr x, double alpha, double gamma) {
  const Expr wide = widened(x), below = (exp(wide) * alpha - alpha) * gamma;
  return cast(where(lt(0, wide), wide * gamma, below), x->dtype);
}

Expr thresholded_relu(Expr x, double alpha) { return where(lt(alpha, x), x, constant_like(x, 0)); }

Expr shrink(Expr x, double bias, double lambda) {
  return where(lt(x, -lambda), x + bias, where(lt(lambda, x), x - bias, constant_like(x, 0)));
}

}  // namespace tinycc
