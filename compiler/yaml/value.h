// What an expression of model.yaml is worth while it is traced: a tensor of the graph, or something
// known now, a number, a text, a list, the name of a group of weights.
#pragma once

#include "compiler/tensor/tensor.h"

namespace tinycc {

struct Value {
  enum class Kind : uint8_t { none, number, boolean, text, list, tensor, group };

  Kind kind = Kind::none;
  double number = 0;     // boolean: 0 or 1
  bool integer = false;  // a number that was made from integers
  std::string text;      // a text; a group's name without the last '.'
  std::vector<Value> items;
  Expr tensor;

  bool is(Kind k) const { return kind == k; }
  bool is_none() const { return kind == Kind::none; }

  static Value of(Expr tensor);
  static Value of(std::vector<Expr> tensors);
  static Value of_number(double number, bool integer);
  static Value of_integer(int64_t number) { return of_number(static_cast<double>(number), true); }
  static Value of_boolean(bool truth);
  static Value of_text(std::string text);
  static Value of_list(std::vector<Value> items);
  static Value of_group(std::string name);
};

/// For messages: "a tensor f32[1,8,8]", "the number 3", "a list of 2".
std::string describe(const Value& value);
/// "f32[1,8,8]"
std::string describe(Expr tensor);

/// The value as a tensor; a number becomes a scalar constant, in the type of `like` if that is a
/// tensor that can hold it, else f32. Nothing for what is no number.
Expr as_tensor(const Value& value, Expr like, Pool& pool);

/// An integer, or a scalar that is made of symbolic dimensions, as an i64 scalar. Error(unsupported)
/// for a tensor that depends on other data.
Expr length_of(const Value& value, Pool& pool);

/// a OP b for any two numbers, booleans or tensors; `op` as it is written: "+", "<=", "@".
/// Throws Error(bad_input) without a place.
Value apply_binary(const std::string& op, const Value& a, const Value& b, Pool& pool);
Value apply_minus(const Value& a);

}  // namespace tinycc
