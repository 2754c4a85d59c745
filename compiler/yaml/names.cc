// What names in expressions stand for: values, weights, groups of weights (evaluate.h).
#include <algorithm>
#include <limits>
#include <numbers>

#include "compiler/nearest.h"
#include "compiler/yaml/evaluate.h"

namespace tinycc {
namespace {

/// Names with a meaning of their own; a let may hide them.
Value builtin(const std::string& name, bool& found) {
  found = true;
  if (name == "none") return {};
  if (name == "true" || name == "false") return Value::of_boolean(name == "true");
  if (name == "pi") return Value::of_number(std::numbers::pi, false);
  if (name == "inf") return Value::of_number(std::numeric_limits<double>::infinity(), false);
  if (dtype_named(name)) return Value::of_text(name);
  found = false;
  return {};
}

/// A number or text as a part of a name.
std::string name_part(const Value& value) {
  if (value.is(Value::Kind::number) && value.integer) {
    return std::to_string(static_cast<int64_t>(value.number));
  }
  return value.is(Value::Kind::text) || value.is(Value::Kind::group) ? value.text : "";
}

bool is_name_char(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); }

}  // namespace

Evaluator::Evaluator(const ModelFile& model, Graph& graph, Tensors weights)
    : model_(model), graph_(graph), weights_(std::move(weights)) {
  literal_ = [this](TensorData data) { return literal(std::move(data)); };
  for (const UserFunction& function : model.functions) {
    functions_[function.header.name] = &function;
  }
}

void Evaluator::define(const std::string& name, Value value) {
  fixed_.insert(name);
  globals_[name] = std::move(value);
}

Expr Evaluator::literal(TensorData data) {
  std::string name;
  do name = "constant_" + std::to_string(literals_++);
  while (weights_.contains(name) || graph_.weights.contains(name));
  const Expr node =
      weight(*graph_.pool, name, data.dtype, Shape(data.shape.begin(), data.shape.end()));
  graph_.weights[name] = std::move(data);
  return node;
}

/// What stands behind '$', as text: its value is an integer, a text or a group.
std::string Evaluator::part_of_name(const Expression& in, const Ast& ast, const std::string& text) {
  YamlNode node = in.node;
  node.text = text;
  try {
    const Expression part = parse_expression(node);
    const std::string value = name_part(eval(part, part.ast));
    if (!value.empty()) return value;
  } catch (const Error& error) {  // its place is within the part
    throw Error(error.code, error.what(), error.hint, in.node.at(ast.begin));
  }
  fail_in(in.node, ast.begin, "'" + text + "' is neither an integer nor a text",
          "only these can be part of a name");
}

/// The text of a name with $i and ${i + 1} replaced by their values.
std::string Evaluator::interpolated(const Expression& in, const Ast& ast) {
  std::string out;
  for (size_t i = 0; i < ast.text.size();) {
    if (ast.text[i] != '$') {
      out += ast.text[i++];
      continue;
    }
    const bool braces = i + 1 < ast.text.size() && ast.text[i + 1] == '{';
    const size_t begin = i + (braces ? 2 : 1);
    size_t end = braces ? ast.text.find('}', begin) : begin;
    while (!braces && end < ast.text.size() && is_name_char(ast.text[end])) ++end;
    if (end == std::string::npos || end == begin) {
      fail_in(in.node, ast.begin, "'$' is followed by no name", "write layers.$i.weight");
    }
    out += part_of_name(in, ast, ast.text.substr(begin, end - begin));
    i = end + (braces ? 1 : 0);
  }
  return out;
}

const Value* Evaluator::find_variable(const std::string& name) const {
  for (const Scope* scope : {static_cast<const Scope*>(scope_), &globals_}) {
    if (const auto found = scope->find(name); found != scope->end()) return &found->second;
  }
  return nullptr;
}

Value Evaluator::eval_name(const Expression& in, const Ast& ast) {
  const std::string name = interpolated(in, ast);
  if (const Value* variable = find_variable(name)) return *variable;
  bool known = false;
  const Value value = builtin(name, known);
  if (known) return value;
  return group_member(in, ast, name);
}

/// A weight or a group by its whole name, or by a name whose first part is a variable for a group.
Value Evaluator::group_member(const Expression& in, const Ast& ast, const std::string& name) {
  std::string whole = name;
  const size_t dot = std::min(name.find('.'), name.size());
  const std::string first = name.substr(0, dot);
  const Value* variable = find_variable(first);
  if (variable != nullptr && variable->is(Value::Kind::group)) {
    whole = variable->text + name.substr(dot);
  } else if (variable != nullptr) {
    fail_in(in.node, ast.begin, "'" + first + "' is " + describe(*variable) + ", and has no parts",
            "only groups of weights have parts");
  }
  if (const Value tensor = find_weight(whole); !tensor.is_none()) return tensor;
  const auto next = weights_.lower_bound(whole + ".");
  if (next != weights_.end() && next->first.starts_with(whole + ".")) return Value::of_group(whole);
  unknown_name(in, ast, whole);
}

Value Evaluator::find_weight(const std::string& name) {
  if (const auto made = weight_nodes_.find(name); made != weight_nodes_.end()) return made->second;
  const auto found = weights_.find(name);
  return found == weights_.end() ? Value() : use_weight(name, found->second);
}

Value Evaluator::use_weight(const std::string& name, const TensorData& data) {
  const Shape shape(data.shape.begin(), data.shape.end());
  const Value value = Value::of(weight(*graph_.pool, name, data.dtype, shape));
  graph_.weights[name] = data;
  weight_nodes_[name] = value;
  return value;
}

std::vector<std::string> Evaluator::visible_names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : *scope_) names.push_back(name);
  if (scope_ != &globals_) {
    for (const auto& [name, value] : globals_) names.push_back(name);
  }
  for (const auto& [name, data] : weights_) names.push_back(name);
  return names;
}

void Evaluator::unknown_name(const Expression& in, const Ast& ast, const std::string& name) {
  std::string hint;
  if (find_function(name) != nullptr || functions_.contains(name)) {
    hint = "'" + name + "' is a function: call it, " + name + "(...)";
  } else if (const std::string near = nearest(name, visible_names()); !near.empty()) {
    hint = "did you mean '" + near + "'?";
  } else if (model_.weights.empty()) {
    hint = "the model has no weights: file; values are " + listing(visible_names());
  } else {
    hint = "there are " + listing(visible_names());
  }
  fail_in(in.node, ast.begin, "unknown name '" + name + "'", hint);
}

// ---- origins ---------------------------------------------------------------------------------

std::string Evaluator::path() const {
  std::string out;
  for (const std::string& part : path_) out += (out.empty() ? "" : ".") + part;
  return out;
}

void Evaluator::note(Expr value, const std::string& computes) {
  if (value && !value->sources.empty()) graph_.note_origin(value, path(), computes);
}

}  // namespace tinycc
