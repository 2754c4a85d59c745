// Arguments of a call to the parameters of a function (evaluate.h).
#include <algorithm>

#include "compiler/nearest.h"
#include "compiler/yaml/evaluate.h"

namespace tinycc {
namespace {

std::string signature(const std::string& what, const std::vector<Parameter>& parameters) {
  std::string text;
  for (const Parameter& p : parameters) {
    text += (text.empty() ? "" : ", ") + p.name + (p.fallback ? "=..." : "");
  }
  return what + "(" + text + ")";
}

/// The place of the parameter that an argument is for.
size_t place_of(const std::string& what, const std::vector<Parameter>& parameters,
                const GivenArgument& argument, size_t position, const Expression& in) {
  if (argument.name.empty() && position < parameters.size()) return position;
  if (argument.name.empty()) {
    fail_in(in.node, argument.ast->begin, what + " takes no more arguments",
            signature(what, parameters));
  }
  std::vector<std::string> names;
  for (const Parameter& p : parameters) names.push_back(p.name);
  const auto found = std::find(names.begin(), names.end(), argument.name);
  if (found == names.end()) {
    const std::string near = nearest(argument.name, names);
    fail_in(in.node, argument.ast->begin, what + " has no parameter '" + argument.name + "'",
            (near.empty() ? "" : "did you mean '" + near + "'? ") + signature(what, parameters));
  }
  return static_cast<size_t>(found - names.begin());
}

void check_kind(const std::string& what, const Parameter& p, const GivenArgument& argument,
                const Expression& in) {
  if (fits(argument.value, p)) return;
  std::string takes(describe(p.kind));
  if (p.fallback && p.fallback->is_none()) takes += " or none";
  const bool group = argument.value.is(Value::Kind::group);
  fail_in(in.node, argument.ast->begin,
          what + ": " + p.name + " takes " + takes + ", not " + describe(argument.value),
          group ? "name one of its tensors: " + argument.value.text + ".NAME" : "");
}

}  // namespace

std::vector<Value> bind_arguments(const std::string& what, const std::vector<Parameter>& parameters,
                                  const std::vector<GivenArgument>& given, const Expression& in,
                                  const Ast& call) {
  std::vector<std::optional<Value>> bound(parameters.size());
  for (size_t i = 0; i < given.size(); ++i) {
    const size_t place = place_of(what, parameters, given[i], i, in);
    if (bound[place]) {
      fail_in(in.node, given[i].ast->begin,
              what + ": " + parameters[place].name + " is given twice");
    }
    check_kind(what, parameters[place], given[i], in);
    bound[place] = given[i].value;
  }
  std::vector<Value> values;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!bound[i] && !parameters[i].fallback) {
      fail_in(in.node, call.begin, what + ": " + parameters[i].name + " is missing",
              signature(what, parameters));
    }
    values.push_back(bound[i] ? *bound[i] : *parameters[i].fallback);
  }
  return values;
}

}  // namespace tinycc
