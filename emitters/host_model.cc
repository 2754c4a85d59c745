// NAME.c: the call sequence, as a whole (run) and by step, and the checks at the entries; with the
// kernels, or with a header of kernels that stand in files of their own. Template: model.c.in.
#include <fmt/format.h>

#include <algorithm>

#include "emitters/host_model.h"
#include "emitters/literal.h"

namespace tinycc {

namespace {

using Scope = std::map<int64_t, std::string>;  // loop variables by the id of their range

// ---- steps as statements ---------------------------------------------------------------------

std::string call_text(const HostInputs& host, const Step& step, const Scope& scope,
                      size_t indent) {
  const Names& names = host.names;
  const size_t k = step.kernel;
  const bool parallel = host.kernels[k].parts > 1;
  std::vector<std::string> arguments;
  if (parallel) arguments.push_back("inputs");
  for (size_t i = 0; i < step.arguments.size(); ++i) {
    if (!names.parameters(k)[i].passed) continue;
    arguments.push_back(argument_text(names, step.arguments[i]));
  }
  for (const Expr range : names.free_ranges(k)) {
    const auto variable = scope.find(id_of(range));
    TCC_CHECK(variable != scope.end(), names.kernel(k) + " uses a range that no step binds");
    arguments.push_back(variable->second);
  }
  if (names.takes_weights(k)) arguments.push_back("inputs->weights");
  return wrap_arguments(fmt::format("{}{}({});", names.kernel(k), parallel ? "_parts" : "",
                                    join(arguments, ", ")), indent) + "\n";
}

std::string steps_text(const HostInputs& host, const std::vector<Step>& steps, Scope scope,
                       size_t indent);

std::string repeat_text(const HostInputs& host, const Step& step, Scope scope, size_t indent) {
  const std::string margin(indent, ' ');
  std::set<std::string> taken{"inputs", "outputs", "arena", "state"};
  for (const auto& [id, name] : scope) taken.insert(name);
  const std::string variable = unique_identifier(step.range->attr.name, taken);
  scope[id_of(step.range)] = variable;
  std::string out = fmt::format("{0}for (int32_t {1} = 0; {1} < {2}; ++{1}) {{\n", margin, variable,
                                extent_of(step.range));
  out += steps_text(host, step.body, scope, indent + 4);
  if (step.condition >= 0) {
    out += fmt::format("{0}    if ({1} != 0) {{\n{0}        break;\n{0}    }}\n", margin,
                       scalar_text(host.names, step.condition));
  }
  return out + margin + "}\n";
}

std::string select_text(const HostInputs& host, const Step& step, const Scope& scope,
                        size_t indent) {
  const std::string margin(indent, ' ');
  const auto branch = [&](size_t i) {
    return i < step.body.size() ? steps_text(host, {step.body[i]}, scope, indent + 4) : "";
  };
  std::string out =
      fmt::format("{}if ({} != 0) {{\n", margin, scalar_text(host.names, step.condition));
  out += branch(0);
  const std::string otherwise = branch(1);
  if (!otherwise.empty()) out += margin + "} else {\n" + otherwise;
  return out + margin + "}\n";
}

std::string step_text(const HostInputs& host, const Step& step, const Scope& scope,
                      size_t indent) {
  switch (step.kind) {
    case Step::Kind::call: return call_text(host, step, scope, indent);
    case Step::Kind::repeat: return repeat_text(host, step, scope, indent);
    case Step::Kind::select: return select_text(host, step, scope, indent);
    case Step::Kind::block: return steps_text(host, step.body, scope, indent);
  }
  return "";
}

std::string steps_text(const HostInputs& host, const std::vector<Step>& steps, Scope scope,
                       size_t indent) {
  std::string out;
  for (const Step& step : steps) out += step_text(host, step, scope, indent);
  return out;
}

/// Copies the outputs' pointers that `text` uses into locals, which it then names instead. (A
/// checker of MISRA's rule 11.8 takes `outputs->probs` for a pointer to const.)
std::string output_locals(const HostInputs& host, std::string& text) {
  std::string locals;
  for (const Port& port : host.names.program().outputs) {
    const std::string& member = host.names.member(port.buffer);
    const std::string place = "outputs->" + member;
    if (!has_word(text, place)) continue;
    for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
      const size_t end = at + place.size();
      const bool whole = end == text.size() || text[end] == ',' || text[end] == ')' ||
                         text[end] == '-';
      whole ? (void)text.replace(at, place.size(), member) : (void)++at;
    }
    locals += fmt::format("{} *const {} = {};\n", host.names.type(port.buffer), member, place);
  }
  return locals;
}

// ---- top-level steps -------------------------------------------------------------------------

/// The parameters among inputs, outputs, arena, state that `text` names, and as arguments.
std::pair<std::string, std::string> used_parameters(const HostInputs& host,
                                                    const std::string& text) {
  std::vector<std::string> parameters, arguments;
  const std::string& n = host.names.prefix();
  for (const auto& [word, declaration] :
       {std::pair{"inputs", fmt::format("const {}_inputs *inputs", n)},
        std::pair{"outputs", fmt::format("const {}_outputs *outputs", n)},
        std::pair{"arena", fmt::format("{}_arena *arena", n)},
        std::pair{"state", fmt::format("{}_state *state", n)}}) {
    if (!has_word(text, word)) continue;
    parameters.push_back(declaration);
    arguments.push_back(word);
  }
  return {parameters.empty() ? "void" : join(parameters, ", "), join(arguments, ", ")};
}

/// The statement for each top-level step, and the functions behind those that are no plain calls.
struct TopLevel {
  std::vector<std::string> calls;
  std::string functions;
};

std::string with_locals(const HostInputs& host, std::string text, size_t indent) {
  std::string locals = output_locals(host, text);
  if (locals.empty()) return text;
  std::string out;
  for (size_t at = 0; at < locals.size();) {
    const size_t end = locals.find('\n', at) + 1;
    out += std::string(indent, ' ') + locals.substr(at, end - at);
    at = end;
  }
  return out + "\n" + text;
}

TopLevel top_level(const HostInputs& host) {
  TopLevel top;
  const std::vector<Step>& steps = host.names.program().steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].kind == Step::Kind::call) {
      top.calls.push_back(call_text(host, steps[i], {}, 0));
      continue;
    }
    const std::string body = step_text(host, steps[i], {}, 4);
    const auto [parameters, arguments] = used_parameters(host, body);
    const std::string name = host.names.prefixed(fmt::format("f_step_{}", i));
    if (!steps[i].computes.empty()) {
      top.functions += "/" + wrap_words(fmt::format("Step {}: {}", i,
                                                    comment_text(steps[i].computes)),
                                        " * ").substr(1) + " */\n";
    }
    top.functions +=
        wrap_arguments(fmt::format("static void {}({})", name, parameters), 0) + "\n{\n" +
        with_locals(host, body, 4) + "}\n\n";
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

// ---- entries ---------------------------------------------------------------------------------

std::string is_null_text(const HostInputs& host) {
  const Program& program = host.names.program();
  std::vector<std::string> pointers{"inputs", "outputs", "arena"};
  if (!program.states.empty()) pointers.push_back("state");
  if (host.names.weights_mode() == WeightsMode::bin) pointers.push_back("inputs->weights");
  for (const Port& port : program.inputs) {
    pointers.push_back("inputs->" + host.names.member(port.buffer));
  }
  for (const Port& port : program.outputs) {
    pointers.push_back("outputs->" + host.names.member(port.buffer));
  }
  std::string text;
  for (const std::string& p : pointers) text += (text.empty() ? "(" : " || (") + p + " == NULL)";
  return wrap_words(text, std::string(12, ' ')).substr(12);
}

std::string nested_loops(const Names& names, const Port& port, const std::string& value) {
  static constexpr const char* kCounters[] = {"i", "j", "k", "l", "m", "n", "o", "p"};
  const Buffer& buffer = buffer_of(names.program(), port.buffer);
  std::string out, place = "state->" + names.member(port.buffer) + ".at";
  size_t depth = 0;
  for (const int64_t extent : buffer.layout.extents(buffer.shape)) {
    const std::string counter = depth < 8 ? kCounters[depth] : fmt::format("i{}", depth);
    out += fmt::format("{0:{1}}for (int32_t {2} = 0; {2} < {3}; ++{2}) {{\n", "", depth * 4,
                       counter, extent);
    place += "[" + counter + "]";
    ++depth;
  }
  out += fmt::format("{:{}}{} = {};\n", "", depth * 4, place, value);
  while (depth-- > 0) out += fmt::format("{:{}}}}\n", "", depth * 4);
  return out;
}

bool is_splat(const TensorData& data) {
  const std::vector<std::byte>& bytes = *data.bytes;
  const auto size = static_cast<ptrdiff_t>(bytes_of(data.dtype));
  return data.count() <= 1 || std::equal(bytes.begin() + size, bytes.end(), bytes.begin());
}

/// `state->h = first value`: by loops where all elements are equal, else from a constant.
std::string first_value(const Names& names, const Port& port) {
  const auto found = names.program().weights.find(port.buffer);
  const Buffer& buffer = buffer_of(names.program(), port.buffer);
  const bool given = found != names.program().weights.end() && found->second.count() > 0;
  const TensorData data =
      given ? found->second : TensorData::of_numbers(buffer.dtype, {1}, {0});
  if (is_splat(data)) return nested_loops(names, port, literal(data, 0));
  const std::vector<int64_t> extents = buffer.layout.extents(buffer.shape);
  return fmt::format("static const {} {}_first = {{{{\n{}\n}}}};\nstate->{} = {}_first;\n",
                     names.type(port.buffer), names.member(port.buffer),
                     wrap_items(nested_items(data, extents), 4), names.member(port.buffer),
                     names.member(port.buffer));
}

std::string state_init_text(const Names& names) {
  std::string out;
  for (const Port& port : names.program().states) out += first_value(names, port);
  return out;
}

std::string prototypes(const HostInputs& host) {
  std::string out;
  for (const size_t k : called_kernels(host.names)) {
    out += wrap_arguments(host.names.signature(k, host.kernels[k].parts) + ";", 0) + "\n";
  }
  return out;
}

std::string without_const_arena(const HostInputs& host) {
  const std::string& n = host.names.prefix();
  std::string out = fmt::format(
      "const {0}_inputs *inputs, const {0}_outputs *outputs, const {0}_arena *arena", n);
  if (!host.names.program().states.empty()) out += fmt::format(", const {}_state *state", n);
  return out;
}

TextValues model_values(const HostInputs& host) {
  const Names& names = host.names;
  const Program& program = names.program();
  const TopLevel top = top_level(host);
  std::string run = join(top.calls, ""), cases = cases_text(top.calls);
  const std::string run_locals = output_locals(host, run);
  const std::string step_locals = output_locals(host, cases);
  TextValues values = common_values(host);
  values.merge(TextValues{
      {"arguments", program.states.empty() ? "inputs, outputs, arena"
                                           : "inputs, outputs, arena, state"},
      {"const_parameters", without_const_arena(host)},
      {"is_null", is_null_text(host)},
      {"run", run_locals + (run_locals.empty() ? "" : "\n") + run},
      {"step_locals", step_locals + (step_locals.empty() ? "" : "\n")},
      {"cases", cases},
      {"composites", top.functions},
      {"parts", parts_text(host)},
      {"state_init", state_init_text(names)},
      {"checks", nan_check(names)},
      {"file_bytes", ""},
      {"mark", "\"\""},
      {"mark_bytes", fmt::format("{}", kWeightsMarkBytes)},
      {"weights_align", fmt::format("{}", weights_align(names))}});
  if (names.weights_mode() != WeightsMode::source) {
    const std::string binary = weights_binary(names);
    values["file_bytes"] = fmt::format("{}", binary.size());
    values["mark"] = c_string(std::string(binary.c_str()));
  }
  return values;
}

}  // namespace

std::string parts_text(const HostInputs& host) {
  std::string out;
  const Names& names = host.names;
  for (const size_t k : called_kernels(names)) {
    if (host.kernels[k].parts <= 1) continue;
    const std::string signature = names.signature(k);
    const std::string& name = names.kernel(k);
    const size_t open = signature.find('(');
    const std::string parameters = signature.substr(open + 1, signature.size() - open - 2);
    std::vector<std::string> arguments, members;
    for (const ParameterNames& p : names.parameters(k)) {
      if (!p.passed) continue;
      arguments.push_back(p.name);
      members.push_back(fmt::format("{}{} *{};", p.written ? "" : "const ", p.type, p.name));
    }
    for (const Expr range : names.free_ranges(k)) {
      arguments.push_back(names.range_name(k, range));
      members.push_back("int32_t " + arguments.back() + ";");
    }
    if (names.takes_weights(k)) {
      arguments.push_back("weights");
      members.push_back(fmt::format("const {}_weights *weights;", names.prefix()));
    }
    TextValues values = common_values(host);
    values.merge(TextValues{{"kernel", name},
                            {"parameters", parameters},
                            {"parts", fmt::format("{}", host.kernels[k].parts)},
                            {"members", join(members, "\n")},
                            {"arguments", join(arguments, ", ")},
                            {"from_job", "call->" + join(arguments, ", call->")}});
    values["parameters"] = parameters;
    out += expand_template("parts.c", values) + "\n";
  }
  return out;
}

std::vector<SourceFile> model_files(const HostInputs& host) {
  const std::string& n = host.names.prefix();
  bool sharded = false;
  const std::vector<std::string> shards = kernel_shards(host, sharded);
  TextValues values = model_values(host);
  values["sharded"] = sharded ? "1" : "";
  values["contents"] = sharded ? "call sequence" : "kernels and call sequence";
  values["kernels"] = sharded || shards.empty() ? "" : shards[0];
  values["helpers"] = helpers_for(host, values["kernels"]);
  std::vector<SourceFile> files{{n + ".c", expand_template("model.c", values)}};
  if (!sharded) return files;
  values["prototypes"] = prototypes(host);
  files.push_back({n + "_kernels.h", expand_template("kernels.h", values), Role::header});
  values["shards"] = fmt::format("{}", shards.size());
  for (size_t i = 0; i < shards.size(); ++i) {
    values["shard"] = fmt::format("{}", i + 1);
    values["kernels"] = shards[i];
    values["helpers"] = helpers_for(host, shards[i]);
    files.push_back({fmt::format("{}_kernels_{}.c", n, i + 1),
                     expand_template("kernels.c", values)});
  }
  return files;
}

}  // namespace tinycc
