// Functions of model.yaml that work on each element (functions.h).
#include <cmath>

#include "compiler/yaml/functions.h"

namespace tinycc {
namespace {

#define TCC_UNARY_CALL(function) [](const Arguments& a) { return Value::of(function(a.tensor(0))); }
#define TCC_REAL_CALL(function) [](const Arguments& a) { return Value::of(function(a.real(0))); }

/// One of two operators on values of which either may be a plain number.
#define TCC_BINARY_CALL(function)                                      \
  [](const Arguments& a) {                                             \
    const Expr x = as_tensor(a.value(0), a.value(1).tensor, a.pool()); \
    const Expr y = as_tensor(a.value(1), a.value(0).tensor, a.pool()); \
    return Value::of(function(x, y));                                  \
  }

Expr logical(Op op, Expr a, Expr b) {
  return bitwise(op, cast(a, DType::boolean), cast(b, DType::boolean));
}

/// A bound of clamp in the type of what is clamped; a fraction on integers makes them floats.
std::optional<Expr> bound(const Arguments& a, size_t i, Expr x) {
  if (!a.given(i)) return std::nullopt;
  return cast(as_tensor(a.value(i), x, a.pool()), x->dtype);
}

Value clamp(const Arguments& a) {
  const Expr x = a.tensor(0);
  return Value::of(clip(x, bound(a, 1, x), bound(a, 2, x)));
}

Value gelu_call(const Arguments& a) {
  const std::string& form = a.text(1);
  if (form != "none" && form != "tanh")
    refuse("approximate is \"none\" or \"tanh\", not '" + form + "'");
  return Value::of(gelu(a.real(0), form == "tanh"));
}

/// A condition that is known now chooses now.
Value where_call(const Arguments& a) {
  if (a.value(0).is(Value::Kind::boolean)) return a.value(a.flag(0) ? 1 : 2);
  const Expr yes = as_tensor(a.value(1), a.value(2).tensor, a.pool());
  const Expr no = as_tensor(a.value(2), a.value(1).tensor, a.pool());
  return Value::of(select(cast(a.tensor(0), DType::boolean), yes, no));
}

/// Numbers of expressions stay numbers: sqrt(64) can scale by a plain constant.
template <double (*on_number)(double), Expr (*on_tensor)(Expr)>
Value either(const Arguments& a) {
  if (!a.value(0).is(Value::Kind::number)) return Value::of(on_tensor(a.real(0)));
  return Value::of_number(on_number(a.number(0)), false);
}

Value floor_call(const Arguments& a) {
  if (!a.value(0).is(Value::Kind::number)) return Value::of(floor(a.tensor(0)));
  return Value::of_number(std::floor(a.number(0)), true);
}

Value trunc_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  return Value::of(is_float(x->dtype) ? trunc(x) : x);
}

constexpr Function kElementwise[] = {
    {"relu", "x", "max(x, 0)", TCC_UNARY_CALL(relu)},
    {"relu6", "x", "x clamped to 0 ... 6",
     [](const Arguments& a) {
       const Expr x = a.tensor(0);
       return Value::of(clip(x, constant(a.pool(), x->dtype, 0), constant(a.pool(), x->dtype, 6)));
     }},
    {"leaky_relu", "x, negative_slope: number=0.01", "x, below 0 times the slope",
     [](const Arguments& a) { return Value::of(leaky_relu(a.real(0), a.number(1))); }},
    {"prelu", "x, weight", "x, below 0 times weight: one a channel, or one",
     [](const Arguments& a) {
       const Expr x = a.real(0), w = cast(a.tensor(1), x->dtype);
       const bool each = w->rank() == 1 && w->extent(0) > 1 && x->rank() > 1;
       return Value::of(prelu(x, each ? along(w, 1, x) : w));
     }},
    {"elu", "x, alpha: number=1", "x, below 0 alpha*(exp(x) - 1)",
     [](const Arguments& a) { return Value::of(elu(a.real(0), a.number(1))); }},
    {"celu", "x, alpha: number=1", "x, below 0 alpha*(exp(x/alpha) - 1)",
     [](const Arguments& a) { return Value::of(celu(a.real(0), a.number(1))); }},
    {"selu", "x", "the self-normalising elu",
     [](const Arguments& a) {
       return Value::of(selu(a.real(0), 1.6732632423543772, 1.0507009873554805));
     }},
    {"gelu", "x, approximate: text=\"none\"",
     "x * P(normal < x); \"tanh\": its usual approximation", gelu_call},
    {"silu", "x", "x * sigmoid(x)", [](const Arguments& a) { return Value::of(swish(a.real(0))); }},
    {"mish", "x", "x * tanh(softplus(x))", TCC_REAL_CALL(mish)},
    {"sigmoid", "x", "1 / (1 + exp(-x))", TCC_REAL_CALL(sigmoid)},
    {"hardsigmoid", "x", "x/6 + 1/2, clamped to 0 ... 1",
     [](const Arguments& a) { return Value::of(hard_sigmoid(a.real(0), 1.0 / 6, 0.5)); }},
    {"hardswish", "x", "x * hardsigmoid(x)", TCC_REAL_CALL(hard_swish)},
    {"softplus", "x", "log(1 + exp(x))", TCC_REAL_CALL(softplus)},
    {"softsign", "x", "x / (1 + abs(x))", TCC_REAL_CALL(softsign)},
    {"tanh", "x", "hyperbolic tangent", TCC_REAL_CALL(tanh)},
    {"exp", "x", "e to the power of x; a number gives a number", either<std::exp, exp>},
    {"log", "x", "natural logarithm; a number gives a number", either<std::log, log>},
    {"sqrt", "x", "square root; a number gives a number", either<std::sqrt, sqrt>},
    {"rsqrt", "x", "1 / sqrt(x)",
     [](const Arguments& a) { return Value::of(1.0 / sqrt(a.real(0))); }},
    {"reciprocal", "x", "1 / x", [](const Arguments& a) { return Value::of(1.0 / a.real(0)); }},
    {"sin", "x", "sine; a number gives a number", either<std::sin, sin>},
    {"cos", "x", "cosine; a number gives a number", either<std::cos, cos>},
    {"tan", "x", "tangent", TCC_REAL_CALL(tan)},
    {"asin", "x", "inverse sine", TCC_REAL_CALL(asin)},
    {"acos", "x", "inverse cosine", TCC_REAL_CALL(acos)},
    {"atan", "x", "inverse tangent", TCC_REAL_CALL(atan)},
    {"sinh", "x", "hyperbolic sine", TCC_REAL_CALL(sinh)},
    {"cosh", "x", "hyperbolic cosine", TCC_REAL_CALL(cosh)},
    {"erf", "x", "error function", TCC_REAL_CALL(erf)},
    {"abs", "x", "absolute value", TCC_UNARY_CALL(abs)},
    {"sign", "x", "-1, 0 or 1", TCC_UNARY_CALL(sign)},
    {"floor", "x", "the next integer below; a number gives a number", floor_call},
    {"ceil", "x", "the next integer above", TCC_UNARY_CALL(ceil)},
    {"round", "x", "the nearest integer, ties to even", TCC_UNARY_CALL(round)},
    {"trunc", "x", "the next integer towards zero", trunc_call},
    {"clamp", "x, min: value=none, max: value=none", "x, at least min and at most max", clamp},
    {"maximum", "x: value, y: value", "the larger", TCC_BINARY_CALL(maximum)},
    {"minimum", "x: value, y: value", "the smaller", TCC_BINARY_CALL(minimum)},
    {"pow", "x: value, y: value", "x to the power of y, as x ** y", TCC_BINARY_CALL(power)},
    {"fmod", "x: value, y: value", "remainder with the sign of x (x % y: of y)",
     TCC_BINARY_CALL(remainder)},
    {"where", "condition, x: value, y: value", "x where the condition holds, else y", where_call},
    {"logical_and", "x, y", "both are not zero",
     [](const Arguments& a) { return Value::of(logical(Op::bit_and, a.tensor(0), a.tensor(1))); }},
    {"logical_or", "x, y", "one is not zero",
     [](const Arguments& a) { return Value::of(logical(Op::bit_or, a.tensor(0), a.tensor(1))); }},
    {"logical_xor", "x, y", "just one is not zero",
     [](const Arguments& a) { return Value::of(logical(Op::bit_xor, a.tensor(0), a.tensor(1))); }},
    {"logical_not", "x", "x is zero",
     [](const Arguments& a) { return Value::of(logical_not(cast(a.tensor(0), DType::boolean))); }},
    {"isnan", "x", "x is not a number", TCC_REAL_CALL(is_nan)},
    {"cast", "x, dtype: dtype", "x in another number type: cast(x, f16)",
     [](const Arguments& a) { return Value::of(cast(a.tensor(0), a.dtype(1))); }},
};

}  // namespace

std::span<const Function> elementwise_functions() { return kElementwise; }

}  // namespace tinycc
