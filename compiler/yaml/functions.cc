// See functions.h: parameters from text, arguments by kind.
#include "compiler/yaml/functions.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/yaml/expression.h"

namespace tinycc {
namespace {

struct KindRow {
  ParameterKind kind;
  const char* name;
  const char* takes;
};
constexpr KindRow kKinds[] = {
    {ParameterKind::tensor, "tensor", "a tensor"},
    {ParameterKind::tensors, "tensors", "a list of tensors"},
    {ParameterKind::value, "value", "a tensor or a number"},
    {ParameterKind::integer, "int", "an integer"},
    {ParameterKind::ints, "ints", "an integer or a list of integers"},
    {ParameterKind::length, "length", "an integer or a dimension"},
    {ParameterKind::lengths, "lengths", "a list of integers and dimensions"},
    {ParameterKind::number, "number", "a number"},
    {ParameterKind::numbers, "numbers", "a number or a list of numbers"},
    {ParameterKind::flag, "flag", "true or false"},
    {ParameterKind::text, "text", "a text in quotes"},
    {ParameterKind::dtype, "dtype", "a number type such as f32"},
    {ParameterKind::padding, "padding", "an integer, a list of integers, \"same\" or \"valid\""},
    {ParameterKind::any, "any", "anything"},
};

/// A default value: a literal of the expression language.
Value literal(const std::string& text) {
  if (text == "none") return {};
  if (text == "true" || text == "false") return Value::of_boolean(text == "true");
  if (dtype_named(text)) return Value::of_text(text);
  if (text.front() == '"') return Value::of_text(text.substr(1, text.size() - 2));
  const bool integer = text.find_first_of(".e") == std::string::npos;
  return Value::of_number(std::stod(text), integer);
}

ParameterKind kind_named(const std::string& name) {
  const auto same = [&](const KindRow& row) { return row.name == name; };
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds), same);
  TCC_CHECK(found != std::end(kKinds), "no kind of parameter is called " + name);
  return found->kind;
}

/// "stride: ints=1"
Parameter parse_parameter(std::string text) {
  Parameter parameter;
  if (const size_t equals = text.find('='); equals != std::string::npos) {
    parameter.fallback = literal(text.substr(equals + 1));
    text.resize(equals);
  }
  if (const size_t colon = text.find(": "); colon != std::string::npos) {
    parameter.kind = kind_named(text.substr(colon + 2));
    text.resize(colon);
  }
  parameter.name = text;
  return parameter;
}

std::vector<Parameter> parse_parameters(const std::string& text) {
  std::vector<Parameter> parameters;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(", ", start), text.size());
    parameters.push_back(parse_parameter(text.substr(start, end - start)));
    start = end + 2;
  }
  return parameters;
}

/// Axes, sizes and amounts: small enough that products of two do not overflow.
bool is_whole(const Value& v) {
  const bool whole = v.is(Value::Kind::number) && std::floor(v.number) == v.number;
  return whole && std::abs(v.number) <= 1e9;
}

bool is_length(const Value& v) {
  if (!v.is(Value::Kind::tensor)) return is_whole(v);
  return v.tensor->shape.empty() && is_integer(v.tensor->dtype);
}

bool is_number(const Value& v) { return v.is(Value::Kind::number); }

bool is_tensor(const Value& v) {
  return v.is(Value::Kind::tensor) || v.is(Value::Kind::number) || v.is(Value::Kind::boolean);
}

bool one_or_list(const Value& v, bool (*each)(const Value&)) {
  if (!v.is(Value::Kind::list)) return each(v);
  return std::all_of(v.items.begin(), v.items.end(), each);
}

}  // namespace

Expr Arguments::tensor(size_t i) const { return as_tensor(values_[i], {}, pool_); }

Expr Arguments::real(size_t i) const {
  const Expr x = tensor(i);
  return !x || is_float(x->dtype) ? x : cast(x, DType::f32);
}

std::optional<Expr> Arguments::optional(size_t i) const {
  return given(i) ? std::optional<Expr>(tensor(i)) : std::nullopt;
}

std::vector<Expr> Arguments::tensors(size_t i) const {
  std::vector<Expr> out;
  for (const Value& item : values_[i].items) out.push_back(as_tensor(item, {}, pool_));
  return out;
}

DType Arguments::dtype(size_t i) const { return *dtype_named(values_[i].text); }

Ints Arguments::ints(size_t i) const {
  Ints out;
  for (const double number : numbers(i)) out.push_back(static_cast<int64_t>(number));
  return out;
}

std::vector<Expr> Arguments::lengths(size_t i) const {
  const Value& all = values_[i];
  std::vector<Expr> out;
  for (const Value& v : all.is(Value::Kind::list) ? all.items : std::vector<Value>{all})
    out.push_back(length_of(v, pool_));
  return out;
}

std::vector<double> Arguments::numbers(size_t i) const {
  if (!values_[i].is(Value::Kind::list)) return {values_[i].number};
  std::vector<double> out;
  for (const Value& item : values_[i].items) out.push_back(item.number);
  return out;
}

Ints Arguments::ints(size_t i, int64_t count, const char* what) const {
  Ints out = ints(i);
  const bool one = !values_[i].is(Value::Kind::list);
  if (one) out.assign(static_cast<size_t>(count), out[0]);
  if (static_cast<int64_t>(out.size()) != count) {
    refuse(std::string(what) + " has " + std::to_string(out.size()) + " values, and " +
           std::to_string(count) + " are needed");
  }
  return out;
}

Ints Arguments::axes(size_t i, Expr x) const {
  return given(i) ? axes_of(ints(i), x->rank()) : iota_ints(x->rank());
}

std::vector<FunctionTable> function_tables() {
  return {{"Elementwise", elementwise_functions()},
          {"Layers", layer_functions()},
          {"Reductions", reduction_functions()},
          {"Shape and indexing", shape_functions()},
          {"Recurrence, attention, resizing", sequence_functions()}};
}

const Function* find_function(const std::string& name) {
  static const std::map<std::string, const Function*> by_name = [] {
    std::map<std::string, const Function*> all;
    for (const FunctionTable& table : function_tables()) {
      for (const Function& row : table.rows) all[row.name] = &row;
    }
    return all;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const FunctionTable& table : function_tables()) {
    for (const Function& row : table.rows) names.emplace_back(row.name);
  }
  return names;
}

const std::vector<Parameter>& parameters_of(const Function& function) {
  static std::map<const Function*, std::vector<Parameter>> parsed;
  const auto [entry, fresh] = parsed.try_emplace(&function);
  if (fresh) entry->second = parse_parameters(function.parameters);
  return entry->second;
}

std::string_view describe(ParameterKind kind) { return kKinds[static_cast<size_t>(kind)].takes; }

bool fits(const Value& v, const Parameter& parameter) {
  if (v.is_none() && parameter.kind != ParameterKind::any)
    return parameter.fallback && parameter.fallback->is_none();
  switch (parameter.kind) {
    case ParameterKind::tensor:
    case ParameterKind::value: return is_tensor(v);
    case ParameterKind::tensors: return v.is(Value::Kind::list) && one_or_list(v, is_tensor);
    case ParameterKind::integer: return is_whole(v);
    case ParameterKind::ints: return one_or_list(v, is_whole);
    case ParameterKind::length: return is_length(v);
    case ParameterKind::lengths: return one_or_list(v, is_length);
    case ParameterKind::number: return is_number(v);
    case ParameterKind::numbers: return one_or_list(v, is_number);
    case ParameterKind::flag: return v.is(Value::Kind::boolean);
    case ParameterKind::text: return v.is(Value::Kind::text);
    case ParameterKind::dtype: return v.is(Value::Kind::text) && dtype_named(v.text);
    case ParameterKind::padding:
      return one_or_list(v, is_whole) ||
             (v.is(Value::Kind::text) && (v.text == "same" || v.text == "valid"));
    case ParameterKind::any: return true;
  }
  return false;
}

}  // namespace tinycc
