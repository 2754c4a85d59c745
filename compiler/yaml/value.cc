// See value.h.
#include "compiler/yaml/value.h"

#include <algorithm>
#include <cmath>

#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53: integers up to it are exact

std::string number_text(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

bool is_scalar(const Value& v) { return v.is(Value::Kind::number) || v.is(Value::Kind::boolean); }

using OnNumbers = Value (*)(const Value& a, const Value& b);
using OnTensors = Expr (*)(Expr a, Expr b);

/// An operator on two numbers gives an integer where both are, and the result is one.
Value number_result(const Value& a, const Value& b, double value) {
  const bool whole = a.integer && b.integer && std::floor(value) == value;
  if (a.integer && b.integer && std::abs(value) > kExact) {
    refuse("the result is too large for a whole number");
  }
  return Value::of_number(value, whole);
}

Value divide(const Value& a, const Value& b) {
  if (b.number == 0) refuse("division by zero");
  return number_result(a, b, a.number / b.number);
}

Value modulo_numbers(const Value& a, const Value& b) {
  if (b.number == 0) refuse("division by zero");
  return number_result(a, b, a.number - b.number * std::floor(a.number / b.number));
}

/// One row an operator.
struct Operator {
  const char* symbol;
  OnNumbers on_numbers;  // nullptr: tensors only
  OnTensors on_tensors;
};

#define TCC_ON_NUMBERS(expression) \
  [](const Value& a, const Value& b) { return number_result(a, b, expression); }
#define TCC_COMPARES(expression) \
  [](const Value& a, const Value& b) { return Value::of_boolean(expression); }

constexpr Operator kOperators[] = {
    {"+", TCC_ON_NUMBERS(a.number + b.number), add},
    {"-", TCC_ON_NUMBERS(a.number - b.number), sub},
    {"*", TCC_ON_NUMBERS((a.number * b.number)), mul},
    {"/", divide, div},
    {"%", modulo_numbers, modulo},
    {"**", TCC_ON_NUMBERS(std::pow(a.number, b.number)), power},
    {"@", nullptr, matmul},
    {"<", TCC_COMPARES(a.number < b.number), less},
    {">", TCC_COMPARES(a.number > b.number), greater},
    {"<=", TCC_COMPARES(a.number <= b.number), less_equal},
    {">=", TCC_COMPARES(a.number >= b.number), greater_equal},
    {"==", TCC_COMPARES(a.number == b.number), equal},
    {"!=", TCC_COMPARES(a.number != b.number),
     [](Expr a, Expr b) { return logical_not(equal(a, b)); }},
};

#undef TCC_ON_NUMBERS
#undef TCC_COMPARES

/// A quotient of integers, and an integer with a fraction, are floats, as in PyTorch.
Expr operand(const std::string& op, const Value& value, const Value& other, Pool& pool) {
  const Expr tensor = as_tensor(value, other.tensor, pool);
  const bool fraction = other.is(Value::Kind::number) && !other.integer;
  const bool to_float = (op == "/" || fraction) && !is_float(tensor->dtype);
  return to_float ? cast(tensor, DType::f32) : tensor;
}

}  // namespace

Value Value::of(Expr tensor) {
  Value v;
  v.kind = Kind::tensor;
  v.tensor = tensor;
  return v;
}

Value Value::of(std::vector<Expr> tensors) {
  std::vector<Value> items;
  for (const Expr tensor : tensors) items.push_back(of(tensor));
  return of_list(std::move(items));
}

Value Value::of_number(double number, bool integer) {
  Value v;
  v.kind = Kind::number;
  v.number = number;
  v.integer = integer;
  return v;
}

Value Value::of_boolean(bool truth) {
  Value v = of_number(truth ? 1 : 0, true);
  v.kind = Kind::boolean;
  return v;
}

Value Value::of_text(std::string text) {
  Value v;
  v.kind = Kind::text;
  v.text = std::move(text);
  return v;
}

Value Value::of_list(std::vector<Value> items) {
  Value v;
  v.kind = Kind::list;
  v.items = std::move(items);
  return v;
}

Value Value::of_group(std::string name) {
  Value v = of_text(std::move(name));
  v.kind = Kind::group;
  return v;
}

std::string describe(Expr tensor) {
  std::string out = std::string(name_of(tensor->dtype)) + "[";
  for (size_t i = 0; i < tensor->shape.size(); ++i) {
    out += (i > 0 ? "," : "") + text_of(tensor->shape[i]);
  }
  return out + "]";
}

std::string describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::none: return "none";
    case Value::Kind::number: return "the number " + number_text(value.number);
    case Value::Kind::boolean: return value.number != 0 ? "true" : "false";
    case Value::Kind::text: return "the text '" + value.text + "'";
    case Value::Kind::list: return "a list of " + std::to_string(value.items.size());
    case Value::Kind::tensor: return "a tensor " + describe(value.tensor);
    case Value::Kind::group: return "the group of weights '" + value.text + "'";
  }
  return "";
}

Expr as_tensor(const Value& value, Expr like, Pool& pool) {
  if (value.is(Value::Kind::tensor)) return value.tensor;
  if (value.is(Value::Kind::boolean) && !like) {
    return constant_int(pool, DType::boolean, value.number != 0 ? 1 : 0);
  }
  if (!is_scalar(value)) return {};
  DType dtype = like ? like->dtype : DType::f32;
  if (!is_float(dtype) && !value.integer) dtype = DType::f32;
  if (is_bool(dtype) && value.is(Value::Kind::number))
    dtype = value.integer ? DType::i64 : DType::f32;
  if (is_float(dtype)) return constant(pool, dtype, value.number);
  return constant_int(pool, dtype, static_cast<int64_t>(value.number));
}

Expr length_of(const Value& value, Pool& pool) {
  if (!value.is(Value::Kind::tensor))
    return constant_int(pool, DType::i64, static_cast<int64_t>(value.number));
  const auto entries = entries_of(value.tensor, {});
  if (entries && entries->size() == 1) return simplify(cast((*entries)[0], DType::i64));
  throw Error(ExitCode::unsupported, "a length that depends on the data of an input",
              "lengths are made of integers and of dimensions such as seq<=512");
}

Value apply_binary(const std::string& op, const Value& a, const Value& b, Pool& pool) {
  const auto row = std::find_if(std::begin(kOperators), std::end(kOperators),
                                [&](const Operator& o) { return o.symbol == op; });
  TCC_CHECK(row != std::end(kOperators), "operator " + op);
  if (is_scalar(a) && is_scalar(b) && row->on_numbers != nullptr) return row->on_numbers(a, b);
  for (const Value* side : {&a, &b}) {
    const bool fits =
        side->is(Value::Kind::tensor) || (is_scalar(*side) && row->on_numbers != nullptr);
    if (!fits) refuse("'" + op + "' takes tensors and numbers, not " + describe(*side));
  }
  return Value::of(row->on_tensors(operand(op, a, b, pool), operand(op, b, a, pool)));
}

Value apply_minus(const Value& a) {
  if (a.is(Value::Kind::number)) return Value::of_number(-a.number, a.integer);
  if (!a.is(Value::Kind::tensor)) refuse("'-' takes a tensor or a number, not " + describe(a));
  return Value::of(neg(a.tensor));
}

}  // namespace tinycc
