// Transcendental functions over exp, log, sin and sqrt, within a few ULP in f32; tests/accuracy/cases
// has the bounds of these and of the activations, held over all floats. See tensor.h.
// Narrower types are computed in f32; in f64 tanh, erf and the arc functions are as good as f32.
#include <cmath>
#include <initializer_list>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

/// Horner's rule; coefficients from the highest power down.
Expr polynomial(Expr x, std::initializer_list<double> coefficients) {
  const double* c = coefficients.begin();
  Expr sum = constant_like(x, *c++);
  for (; c != coefficients.end(); ++c) sum = sum * x + *c;
  return sum;
}

/// `magnitude` with the sign of x.
Expr with_sign(Expr magnitude, Expr x) { return where(lt(x, 0), -magnitude, magnitude); }

/// function(x) computed in f32 at least, rounded once.
template <typename Function>
Expr in_wide(Expr x, Function function) {
  return cast(function(widened(x)), x->dtype);
}

/// t P(t^2) / Q(t^2) with t = x clamped to ±end, where the quotient is exactly 1. A quotient of
/// polynomials needs no exp, and the same for every x.
Expr odd_quotient(Expr x, double end, std::initializer_list<double> p,
                  std::initializer_list<double> q) {
  const Expr t = max(min(x, end), -end), z = t * t;
  return polynomial(z, p) * t / polynomial(z, q);
}

/// Minimax coefficients, fitted for this; at most 6 ulp in f32.
Expr tanh_wide(Expr x) {
  return odd_quotient(x, 8.3001118, {1.33537323e-8, 2.0608406e-5, 3.49554745e-3, 0.133809909, 1},
                      {7.77617572e-7, 3.2855678e-4, 2.58768275e-2, 0.467143059, 1});
}

/// Likewise; at most 6 ulp.
Expr erf_wide(Expr x) {
  return odd_quotient(
      x, 3.8119979,
      {2.04600883e-6, 2.84832466e-4, 3.7722725e-3, 5.27684204e-2, 0.190587983, 1.12837911},
      {3.8047001e-5, 1.1637815e-3, 1.49826435e-2, 0.11418023, 0.502236903, 1});
}

/// Cephes, atanf.c: the argument reduced to |x| <= tan(pi/8), then an odd polynomial.
Expr atan_wide(Expr x) {
  const Expr t = abs(x);
  const Expr large = lt(2.414213562373095, t), middle = lt(0.4142135623730950, t);
  const Expr reduced = where(large, -1.0 / t, where(middle, (t - 1) / (t + 1), t));
  const Expr offset = where(large, constant_like(t, M_PI / 2),
                            where(middle, constant_like(t, M_PI / 4), constant_like(t, 0)));
  const Expr z = reduced * reduced;
  const Expr rest =
      polynomial(z, {8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1}) *
          z * reduced +
      reduced;
  return with_sign(offset + rest, x);
}

/// (e^x - e^-x) / 2; its series where that would cancel.
Expr sinh_wide(Expr x) {
  const Expr z = x * x;
  const Expr near = polynomial(z, {1.0 / 5040, 1.0 / 120, 1.0 / 6, 1}) * x;
  return where(lt(abs(x), 0.5), near, (exp(x) - exp(-x)) * 0.5);
}

/// cos x = 1 - 2 sin^2(x/2): no rounding of x + pi/2.
Expr cos_wide(Expr x) {
  const Expr half = sin(x * 0.5);
  return 1.0 - half * half * 2.0;
}

Expr asin_wide(Expr x) { return atan_wide(x / sqrt((1.0 - x) * (1.0 + x))); }
Expr tan_wide(Expr x) { return sin(x) / cos_wide(x); }
Expr acos_wide(Expr x) { return M_PI / 2 - asin_wide(x); }
Expr cosh_wide(Expr x) { return (exp(x) + exp(-x)) * 0.5; }
Expr asinh_wide(Expr x) { return with_sign(log(abs(x) + sqrt(x * x + 1)), x); }
Expr acosh_wide(Expr x) { return log(x + sqrt(x * x - 1)); }
Expr atanh_wide(Expr x) { return log((1.0 + x) / (1.0 - x)) * 0.5; }

}  // namespace

Expr tanh(Expr x) { return in_wide(x, tanh_wide); }
Expr erf(Expr x) { return in_wide(x, erf_wide); }
Expr cos(Expr x) { return in_wide(x, cos_wide); }
Expr tan(Expr x) { return in_wide(x, tan_wide); }
Expr asin(Expr x) { return in_wide(x, asin_wide); }
Expr acos(Expr x) { return in_wide(x, acos_wide); }
Expr atan(Expr x) { return in_wide(x, atan_wide); }
Expr sinh(Expr x) { return in_wide(x, sinh_wide); }
Expr cosh(Expr x) { return in_wide(x, cosh_wide); }
Expr asinh(Expr x) { return in_wide(x, asinh_wide); }
Expr acosh(Expr x) { return in_wide(x, acosh_wide); }
Expr atanh(Expr x) { return in_wide(x, atanh_wide); }

}  // namespace tinycc
