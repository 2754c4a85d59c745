// See evaluate.h. Names and weights: names.cc; binding and subscripts: bind.cc.
#include "compiler/yaml/evaluate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/nearest.h"

namespace tinycc {
namespace {

constexpr int64_t kMostSteps = 200000;  // of tracing: a loop or a function that runs away
constexpr size_t kDeepestCall = 50;
constexpr size_t kLongestTrail = 120;  // of an error's hint
constexpr double kMostElements = 1e12;

/// "input is f32[1,3,8,8], weight is f32[8,4,3,3]"
std::string operands_text(const std::vector<Parameter>& parameters,
                          const std::vector<Value>& values) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is(Value::Kind::tensor)) continue;
    text += (text.empty() ? "" : ", ") + parameters[i].name + " is " + describe(values[i].tensor);
  }
  return text;
}

void check_size(const Value& value) {
  if (value.is(Value::Kind::list))
    std::for_each(value.items.begin(), value.items.end(), check_size);
  if (!value.is(Value::Kind::tensor)) return;
  double count = 1;
  for (const Dim& dim : value.tensor->shape) count *= static_cast<double>(dim.bound);
  if (count > kMostElements) refuse("the result " + describe(value.tensor) + " fits no memory");
  if (count < 1) refuse("the result " + describe(value.tensor) + " has no elements");
}

}  // namespace

/// Enters a user's function; leaves it however the call ends.
struct Evaluator::Call {
  Call(Evaluator& evaluator, Scope& inner) : self(evaluator), outer(evaluator.scope_) {
    self.scope_ = &inner;
    std::swap(self.counters_, counters);
    ++self.calls_;
  }
  ~Call() {
    self.scope_ = outer;
    std::swap(self.counters_, counters);
    --self.calls_;
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Evaluator& self;
  Scope* outer;
  std::string counters;
};

Value Evaluator::evaluate(const Expression& expression, const std::string& what) {
  path_.push_back(what + counters_);
  const Value value = eval(expression, expression.ast);
  if (value.is(Value::Kind::tensor)) note(value.tensor, expression.node.text);
  path_.pop_back();
  return value;
}

Expr Evaluator::evaluate_tensor(const Expression& expression, const std::string& what) {
  const Value value = evaluate(expression, what);
  if (value.is(Value::Kind::tensor)) return value.tensor;
  fail_in(expression.node, expression.ast.begin,
          "'" + what + "' must be a tensor, and this is " + describe(value),
          value.is(Value::Kind::list) ? "pick one with [0]" : "");
}

void Evaluator::spend(const Expression& in, const Ast& ast) {
  if (++spent_ <= kMostSteps) return;
  fail_in(in.node, ast.begin, "tracing takes more than " + std::to_string(kMostSteps) + " steps",
          "does a loop run too often?");
}

Value Evaluator::eval(const Expression& in, const Ast& ast) {
  const auto operand = [&](size_t i) { return eval(in, ast.items[i]); };
  switch (ast.kind) {
    case Ast::Kind::number: return Value::of_number(ast.number, ast.integer);
    case Ast::Kind::text: return Value::of_text(interpolated(in, ast));
    case Ast::Kind::name: return eval_name(in, ast);
    case Ast::Kind::call: return eval_call(in, ast);
    case Ast::Kind::index: return eval_index(in, ast);
    case Ast::Kind::list: {
      std::vector<Value> items;
      for (size_t i = 0; i < ast.items.size(); ++i) items.push_back(operand(i));
      return Value::of_list(std::move(items));
    }
    case Ast::Kind::unary: {
      const Value x = operand(0);
      if (ast.text == "+") return x;
      return located(in, ast, "-", "", [&] { return apply_minus(x); });
    }
    case Ast::Kind::binary: {
      spend(in, ast);
      const Value a = operand(0), b = operand(1);
      const std::string operands = "left is " + describe(a) + ", right is " + describe(b);
      const Value result = located(in, ast, ast.text, operands, [&] {
        const Value value = apply_binary(ast.text, a, b, *graph_.pool);
        check_size(value);
        return value;
      });
      if (result.is(Value::Kind::tensor)) note(result.tensor, in.text_of(ast));
      return result;
    }
    case Ast::Kind::slice:
    case Ast::Kind::missing: break;
  }
  fail_in(in.node, ast.begin, "a value is expected here");
}

Value Evaluator::eval_call(const Expression& in, const Ast& ast) {
  spend(in, ast);
  if (const auto found = functions_.find(ast.text); found != functions_.end()) {
    return call_user(*found->second, in, ast);
  }
  if (const Function* function = find_function(ast.text)) return call_function(*function, in, ast);
  if (ast.text == "weight" && ast.arguments.size() == 1) {  // for names that are no names here
    const Value name = eval(in, ast.arguments[0].value);
    const Value found = name.is(Value::Kind::text) ? find_weight(name.text) : Value();
    if (!found.is_none()) return found;
    std::vector<std::string> names;
    for (const auto& [known, data] : weights_) names.push_back(known);
    fail_in(in.node, ast.arguments[0].value.begin, "there is no weight " + describe(name),
            suggestion(name.text, names, "there are"));
  }
  std::vector<std::string> names = function_names();
  for (const auto& [name, function] : functions_) names.push_back(name);
  fail_in(in.node, ast.begin, "unknown function '" + ast.text + "'",
          nearest(ast.text, names).empty() ? "compiler/yaml/README.md lists the functions"
                                           : suggestion(ast.text, names, ""));
}

Value Evaluator::call_function(const Function& function, const Expression& in, const Ast& ast) {
  std::vector<GivenArgument> given;
  for (const AstArgument& argument : ast.arguments) {
    given.push_back({&argument.value, argument.name, eval(in, argument.value)});
  }
  const std::vector<Parameter>& parameters = parameters_of(function);
  const std::vector<Value> values = bind_arguments(ast.text, parameters, given, in, ast);
  const std::string operands = operands_text(parameters, values);
  const Value result = located(in, ast, ast.text, operands, [&] {
    const Value value = function.call(Arguments(*graph_.pool, literal_, values));
    check_size(value);
    return value;
  });
  if (result.is(Value::Kind::tensor)) note(result.tensor, in.text_of(ast));
  for (const Value& item : result.items) note(item.tensor, in.text_of(ast));
  return result;
}

Value Evaluator::call_user(const UserFunction& function, const Expression& in, const Ast& ast) {
  if (calls_ >= kDeepestCall) {
    fail_in(in.node, ast.begin, "calls are nested too deeply",
            "a function cannot call itself; a loop over layers is 'for i in 0..6:'");
  }
  std::vector<Parameter> parameters;
  for (const auto& p : function.header.parameters) {
    Parameter parameter{p.name, ParameterKind::any, std::nullopt};
    const bool optional = p.fallback.ast.kind != Ast::Kind::missing;
    if (optional) parameter.fallback = eval(p.fallback, p.fallback.ast);
    parameters.push_back(parameter);
  }
  std::vector<GivenArgument> given;
  for (const AstArgument& argument : ast.arguments) {
    given.push_back({&argument.value, argument.name, eval(in, argument.value)});
  }
  const std::vector<Value> values = bind_arguments(ast.text, parameters, given, in, ast);
  Scope inner;
  for (size_t i = 0; i < values.size(); ++i) inner[parameters[i].name] = values[i];
  const Call call(*this, inner);
  try {
    run(function.steps);
    return eval(function.result, function.result.ast);
  } catch (const Error& error) {
    if (error.hint.size() > kLongestTrail) throw;
    const std::string trail =
        "in " + ast.text + "(), called in line " + std::to_string(in.node.at(ast.begin).line);
    throw Error(error.code, error.what(), error.hint + (error.hint.empty() ? "" : "; ") + trail,
                error.at);
  }
}

// ---- let -------------------------------------------------------------------------------------

void Evaluator::run(const std::vector<LetStep>& steps) {
  for (const LetStep& step : steps) step.loop ? run_loop(step) : run_assignment(step);
}

void Evaluator::run_assignment(const LetStep& step) {
  const Value value = evaluate(step.value, step.names[0]);
  if (step.names.size() == 1) return assign(step, step.names[0], value);
  if (!value.is(Value::Kind::list) || value.items.size() != step.names.size()) {
    fail_in(step.value.node, step.value.ast.begin,
            std::to_string(step.names.size()) + " values are expected here, and this is " +
                describe(value));
  }
  for (size_t i = 0; i < step.names.size(); ++i) assign(step, step.names[i], value.items[i]);
}

void Evaluator::assign(const LetStep& step, const std::string& name, Value value) {
  if (scope_ == &globals_ && fixed_.contains(name)) {
    fail_at(step.key, "'" + name + "' is an input or a state already", "choose another name");
  }
  (*scope_)[name] = std::move(value);
}

std::vector<Value> Evaluator::loop_values(const LoopHeader& loop) {
  if (loop.to.ast.kind == Ast::Kind::missing) {
    const Value list = eval(loop.from, loop.from.ast);
    if (list.is(Value::Kind::list)) return list.items;
    fail_in(loop.from.node, loop.from.ast.begin,
            "a loop runs over numbers or a list, not over " + describe(list),
            "write for i in 0..6, or for k in [1, 3, 5]");
  }
  const int64_t from = integer(loop.from, loop.from.ast, 0), to = integer(loop.to, loop.to.ast, 0);
  std::vector<Value> values;
  if (to - from > kMostSteps) fail_in(loop.to.node, loop.to.ast.begin, "the loop runs too often");
  for (int64_t i = from; i < to; ++i) values.push_back(Value::of_integer(i));
  return values;
}

void Evaluator::run_loop(const LetStep& step) {
  const std::string& variable = step.loop->variable;
  const auto hidden = scope_->extract(variable);
  const std::string outer = counters_;
  int64_t count = 0;
  for (const Value& value : loop_values(*step.loop)) {
    spend(step.loop->from, step.loop->from.ast);
    (*scope_)[variable] = value;
    counters_ = outer + "." + std::to_string(count++);
    run(step.body);
  }
  counters_ = outer;
  scope_->erase(variable);
  if (!hidden.empty()) (*scope_)[variable] = hidden.mapped();
}

}  // namespace tinycc
