// The call sequence as statements of C: calls, bounded loops and selects, and a function for each
// top-level step that is more than a call.
#include <fmt/format.h>

#include <optional>

#include "emitters/host_device.h"
#include "emitters/host_model.h"
#include "ir/simplify.h"

namespace tinycc {

namespace {

using Scope = std::map<int64_t, std::string>;  // loop variables by the id of their range

/// What calls are written with.
struct Calls {
  const HostInputs& host;
  std::optional<DeviceCalls> device;  // empty: the kernels are functions of C
};

// ---- steps as statements ---------------------------------------------------------------------

/// The value of one of the kernel's scalars: a sum of counters of loops around the call.
std::string scalar_argument(const Kernel& kernel, const Step& step, Expr range,
                            const Scope& scope) {
  const auto place = std::ranges::find(kernel.scalars, range) - kernel.scalars.begin();
  const bool given = place < std::ssize(step.scalars);
  const Affine sum = affine(given ? step.scalars[static_cast<size_t>(place)] : range);
  std::string text;
  for (const auto& [term, factor] : sum.terms) {
    const auto variable = term->is(Op::range) ? scope.find(id_of(term)) : scope.end();
    TCC_CHECK(variable != scope.end(), kernel.name + " uses a range that no step binds");
    text += (text.empty() ? "" : " + ") + (factor == 1 ? "" : fmt::format("{} * ", factor)) +
            variable->second;
  }
  if (text.empty()) return fmt::format("{}", sum.constant);
  return sum.constant == 0 ? text : fmt::format("{} + {}", text, sum.constant);
}

std::string call_text(const Calls& calls, const Step& step, const Scope& scope, size_t indent) {
  const Names& names = calls.host.names;
  const size_t k = step.kernel;
  if (calls.device) {
    std::vector<std::string> scalars;
    for (const Expr range : names.free_ranges(k)) scalars.push_back(scope.at(id_of(range)));
    return calls.device->launch(step, scalars, indent);
  }
  const bool parallel = names.program().kernels[k].parts > 1;
  std::vector<std::string> arguments;
  if (parallel) arguments.push_back("inputs");
  for (const size_t m : arenas_of(names, k)) arguments.push_back(arena_pointer(names, m));
  for (size_t i = 0; i < step.arguments.size(); ++i) {
    if (!names.parameters(k)[i].passed) continue;
    arguments.push_back(argument_text(names, step.arguments[i]));
  }
  for (const Expr range : names.free_ranges(k))
    arguments.push_back(scalar_argument(names.program().kernels[k], step, range, scope));
  if (names.takes_weights(k)) arguments.push_back("inputs->weights");
  return wrap_arguments(fmt::format("{}{}({});", names.kernel(k), parallel ? "_parts" : "",
                                    join(arguments, ", ")),
                        indent) +
         "\n";
}

std::string steps_text(const Calls& calls, const std::vector<Step>& steps, Scope scope,
                       size_t indent);

std::string condition_text(const Calls& calls, int64_t buffer) {
  return calls.device ? calls.device->flag(buffer) : scalar_text(calls.host.names, buffer);
}

std::string repeat_text(const Calls& calls, const Step& step, Scope scope, size_t indent) {
  const std::string margin(indent, ' ');
  std::set<std::string> taken{"inputs", "outputs", "arena", "state"};
  for (const auto& [id, name] : scope) taken.insert(name);
  const std::string variable = unique_identifier(step.range->attr.name, taken);
  scope[id_of(step.range)] = variable;
  std::string out = fmt::format("{0}for (int32_t {1} = 0; {1} < {2}; ++{1}) {{\n", margin, variable,
                                extent_of(step.range));
  out += steps_text(calls, step.body, scope, indent + 4);
  if (step.condition >= 0) {
    out += fmt::format("{0}    if ({1} != 0) {{\n{0}        break;\n{0}    }}\n", margin,
                       condition_text(calls, step.condition));
  }
  return out + margin + "}\n";
}

std::string select_text(const Calls& calls, const Step& step, const Scope& scope, size_t indent) {
  const std::string margin(indent, ' ');
  const auto branch = [&](size_t i) {
    return i < step.body.size() ? steps_text(calls, {step.body[i]}, scope, indent + 4) : "";
  };
  std::string out =
      fmt::format("{}if ({} != 0) {{\n", margin, condition_text(calls, step.condition));
  out += branch(0);
  const std::string otherwise = branch(1);
  if (!otherwise.empty()) out += margin + "} else {\n" + otherwise;
  return out + margin + "}\n";
}

std::string step_text(const Calls& calls, const Step& step, const Scope& scope, size_t indent) {
  switch (step.kind) {
    case Step::Kind::call: return call_text(calls, step, scope, indent);
    case Step::Kind::repeat: return repeat_text(calls, step, scope, indent);
    case Step::Kind::select: return select_text(calls, step, scope, indent);
    case Step::Kind::block: return steps_text(calls, step.body, scope, indent);
  }
  return "";
}

std::string steps_text(const Calls& calls, const std::vector<Step>& steps, Scope scope,
                       size_t indent) {
  std::string out;
  for (const Step& step : steps) out += step_text(calls, step, scope, indent);
  return out;
}

// ---- top-level steps -------------------------------------------------------------------------

/// The parameters among inputs, outputs, arena, state that `text` names, and as arguments.
std::pair<std::string, std::string> used_parameters(const HostInputs& host,
                                                    const std::string& text) {
  std::vector<std::string> parameters, arguments;
  const std::string& n = host.names.prefix();
  const std::pair<std::string, std::string> all[] = {
      {"inputs", fmt::format("const {}_inputs *inputs", n)},
      {"outputs", fmt::format("const {}_outputs *outputs", n)},
      {context_word(host), context_parameter(host)},
      {"state", fmt::format("{}_state *state", n)}};
  for (const auto& [word, declaration] : all) {
    if (!has_word(text, word)) continue;
    parameters.push_back(declaration);
    arguments.push_back(word);
  }
  return {parameters.empty() ? "void" : join(parameters, ", "), join(arguments, ", ")};
}

}  // namespace

std::string pointer_locals(const HostInputs& host, std::string& text) {
  const Names& names = host.names;
  std::string locals;
  const auto add = [&](const std::string& type, const std::string& place, const std::string& name) {
    if (!has_word(text, place)) return;
    for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
      const size_t end = at + place.size();
      const bool whole =
          end == text.size() || text[end] == ',' || text[end] == ')' || text[end] == '-';
      whole ? (void)text.replace(at, place.size(), name) : (void)++at;
    }
    locals += fmt::format("{} *const {} = {};\n", type, name, place);
  };
  for (const ArenaPart& part : arena_parts(names)) {
    if (!part.member.empty())
      add(names.prefixed(part.name), arena_pointer(names, part.memory), part.name);
  }
  for (const Port& port : names.program().outputs)
    add(names.type(port.buffer), "outputs->" + names.member(port.buffer),
        names.member(port.buffer));
  return locals;
}

namespace {

std::string with_locals(const HostInputs& host, std::string text, size_t indent) {
  std::string locals = pointer_locals(host, text);
  if (locals.empty()) return text;
  std::string out;
  for (size_t at = 0; at < locals.size();) {
    const size_t end = locals.find('\n', at) + 1;
    out += std::string(indent, ' ') + locals.substr(at, end - at);
    at = end;
  }
  return out + "\n" + text;
}

}  // namespace

TopLevel top_level(const HostInputs& host) {
  Calls calls{host, {}};
  if (host.names.program().target.is_device()) calls.device.emplace(host);
  TopLevel top;
  const std::vector<Step>& steps = host.names.program().steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].kind == Step::Kind::call) {
      top.calls.push_back(call_text(calls, steps[i], dim_places(host.names), 0));
      continue;
    }
    const std::string body = step_text(calls, steps[i], dim_places(host.names), 4);
    const auto [parameters, arguments] = used_parameters(host, body);
    const std::string name = host.names.prefixed(fmt::format("f_step_{}", i));
    if (!steps[i].computes.empty()) {
      top.functions +=
          "/" +
          wrap_words(fmt::format("Step {}: {}", i, comment_text(steps[i].computes)), " * ")
              .substr(1) +
          " */\n";
    }
    top.functions += wrap_arguments(fmt::format("static void {}({})", name, parameters), 0) +
                     "\n{\n" + with_locals(host, body, 4) + "}\n\n";
    top.calls.push_back(fmt::format("{}({});\n", name, arguments));
  }
  return top;
}

std::string cases_text(const std::vector<std::string>& calls) {
  std::string out;
  for (size_t i = 0; i < calls.size(); ++i) {
    out += fmt::format("case {}:\n", i);
    for (size_t at = 0; at < calls[i].size();) {
      const size_t end = calls[i].find('\n', at) + 1;
      out += "    " + calls[i].substr(at, end - at);
      at = end;
    }
    out += "    break;\n";
  }
  return out;
}

}  // namespace tinycc
