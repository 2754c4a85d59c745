// The functions that expressions of model.yaml can call: tables of rows {name, parameters, what it
// does, how}. Adding a function is one row; the reference in README.md is checked against the rows.
//
// Parameters as text: "input, weight, bias=none, stride: ints=1". A parameter has a kind behind
// ':', by default tensor, and may have a default value behind '='.
#pragma once

#include <optional>
#include <span>

#include "compiler/yaml/value.h"

namespace tinycc {

/// tensor: a number becomes a scalar. value: a tensor or a number, as it is. ints: one or a list.
/// length: an integer, or what is made of the inputs' symbolic dimensions; lengths: one or a list.
enum class ParameterKind : uint8_t {
  tensor,
  tensors,
  value,
  integer,
  ints,
  length,
  lengths,
  number,
  numbers,
  flag,
  text,
  dtype,
  padding,
  any
};

struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::tensor;
  std::optional<Value> fallback;  // nothing: it must be given
};

/// The arguments of one call, bound to the parameters and of their kinds.
class Arguments {
 public:
  Arguments(Pool& pool, const Literal& literal, std::vector<Value> values)
      : pool_(pool), literal_(literal), values_(std::move(values)) {}

  Pool& pool() const { return pool_; }
  /// Makes a node for a table of numbers.
  const Literal& literal() const { return literal_; }
  const Value& value(size_t i) const { return values_[i]; }
  bool given(size_t i) const { return !values_[i].is_none(); }
  /// Empty where the argument is none.
  Expr tensor(size_t i) const;
  /// The same; integers and bools become f32.
  Expr real(size_t i) const;
  std::optional<Expr> optional(size_t i) const;
  std::vector<Expr> tensors(size_t i) const;
  int64_t integer(size_t i) const { return static_cast<int64_t>(values_[i].number); }
  double number(size_t i) const { return values_[i].number; }
  bool flag(size_t i) const { return values_[i].number != 0; }
  const std::string& text(size_t i) const { return values_[i].text; }
  DType dtype(size_t i) const;
  Ints ints(size_t i) const;
  /// i64 scalars over constants and dimensions. Error(unsupported) where one depends on other data.
  Expr length(size_t i) const { return lengths(i)[0]; }
  std::vector<Expr> lengths(size_t i) const;
  std::vector<double> numbers(size_t i) const;
  /// One integer stands for `count` equal ones. Error(bad_input) for another number of them.
  Ints ints(size_t i, int64_t count, const char* what) const;
  /// Axes: none means all of x's, otherwise from 0.
  Ints axes(size_t i, Expr x) const;
  int64_t axis(size_t i, Expr x) const { return axis_of(integer(i), x->rank()); }

 private:
  Pool& pool_;
  const Literal& literal_;
  std::vector<Value> values_;
};

/// One row of a table.
struct Function {
  const char* name;
  const char* parameters;
  const char* says;  // one line for README.md
  Value (*call)(const Arguments& a);
};

/// A section of the reference.
struct FunctionTable {
  const char* title;
  std::span<const Function> rows;
};

/// All tables, in the order of the reference.
std::vector<FunctionTable> function_tables();
/// The row of this name, or nullptr.
const Function* find_function(const std::string& name);
std::vector<std::string> function_names();

/// The parameters of a row.
const std::vector<Parameter>& parameters_of(const Function& function);
/// What a kind takes, for messages: "an integer or a list of integers".
std::string_view describe(ParameterKind kind);
/// True if `value` is of the kind.
bool fits(const Value& value, const Parameter& parameter);

// The tables, one a file functions_*.cc.
std::span<const Function> elementwise_functions();
std::span<const Function> layer_functions();
std::span<const Function> shape_functions();
std::span<const Function> reduction_functions();
std::span<const Function> sequence_functions();

}  // namespace tinycc
