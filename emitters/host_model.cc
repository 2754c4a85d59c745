// NAME.c: the call sequence, as a whole (run) and by step, and the checks at the entries; with the
// kernels, or with a header of kernels that stand in files of their own. Template: model.c.in.
#include <fmt/format.h>

#include <algorithm>

#include "emitters/host_model.h"
#include "emitters/literal.h"

namespace tinycc {

namespace {

// ---- entries ---------------------------------------------------------------------------------

std::string is_null_text(const HostInputs& host) {
  const Program& program = host.names.program();
  std::vector<std::string> pointers{"inputs", "outputs", "arena"};
  for (const ArenaPart& part : arena_parts(host.names)) {
    if (!part.member.empty()) pointers.push_back("arena->" + part.member);
  }
  if (!program.states.empty()) pointers.push_back("state");
  if (host.names.weights_mode() == WeightsMode::bin) pointers.push_back("inputs->weights");
  for (const Port& port : program.inputs) {
    pointers.push_back("inputs->" + host.names.member(port.buffer));
  }
  for (const Port& port : program.outputs) {
    pointers.push_back("outputs->" + host.names.member(port.buffer));
  }
  std::vector<std::string> tests;
  for (const std::string& p : pointers) tests.push_back(fmt::format("({} == NULL) ||", p));
  tests.back().resize(tests.back().size() - 3);
  return wrap(tests, std::string(12, ' ')).substr(12);
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
  const TensorData data = given ? found->second : TensorData::of_numbers(buffer.dtype, {1}, {0});
  if (is_splat(data)) return nested_loops(names, port, literal(data, 0));
  return fmt::format("{0}state->{1} = {2};\n", state_constant(names, port, data),
                     names.member(port.buffer),
                     names.prefixed(names.member(port.buffer) + "_first"));
}

std::string state_init_text(const Names& names) {
  std::string out;
  for (const Port& port : names.program().states) out += first_value(names, port);
  return out;
}

std::string prototypes(const HostInputs& host) {
  std::string out;
  for (const size_t k : called_kernels(host.names)) {
    out += wrap_arguments(host.names.signature(k) + ";", 0) + "\n";
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

std::string arena_asserts(const Names& names) {
  std::string out;
  for (const ArenaPart& part : arena_parts(names))
    out += fmt::format(
        "_Static_assert(sizeof({0}_{1}) == {2}_BYTES, \"{3} plan\");\n"
        "_Static_assert(_Alignof({0}_{1}) == {4}_ALIGN, \"{3} alignment\");\n",
        names.prefix(), part.name, part.macro, part.name, names.macro("ARENA"));
  return out;
}

std::string arena_entries(const Names& names, TextValues values) {
  std::vector<std::string> functions;
  for (const ArenaPart& part : arena_parts(names)) {
    values["part"] = part.name;
    values["PART"] = part.macro;
    functions.push_back(expand_template("arena.c", values));
  }
  return join(functions, "\n");
}

TextValues model_values(const HostInputs& host) {
  const Names& names = host.names;
  const Program& program = names.program();
  const TopLevel top = top_level(host);
  std::string run = join(top.calls, ""), cases = cases_text(top.calls);
  const std::string run_locals = pointer_locals(host, run);
  const std::string step_locals = pointer_locals(host, cases);
  TextValues values = common_values(host);
  values.merge(TextValues{{"arguments", program.states.empty() ? "inputs, outputs, arena"
                                                               : "inputs, outputs, arena, state"},
                          {"const_parameters", without_const_arena(host)},
                          {"is_null", is_null_text(host)},
                          {"wrong_dim", wrong_dim_text(names)},
                          {"run", run_locals + (run_locals.empty() ? "" : "\n") + run},
                          {"step_locals", step_locals + (step_locals.empty() ? "" : "\n")},
                          {"cases", cases},
                          {"composites", top.functions},
                          {"parts", parts_text(host)},
                          {"state_init", state_init_text(names)},
                          {"checks", nan_check(names)},
                          {"arena_asserts", arena_asserts(names)},
                          {"arena_entries", arena_entries(names, values)},
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

/// Each element of an input, as C names it.
std::vector<std::string> elements_text(const Names& names, const Port& port) {
  std::vector<std::string> places{fmt::format("inputs->{}->at", names.member(port.buffer))};
  for (const int64_t extent : buffer_of(names.program(), port.buffer).shape) {
    std::vector<std::string> longer;
    for (const std::string& place : places)
      for (int64_t i = 0; i < extent; ++i) longer.push_back(fmt::format("{}[{}]", place, i));
    places = std::move(longer);
  }
  return places;
}

}  // namespace

/// Every dimension must lie within its bounds, and every number that decides one.
std::string wrong_dim_text(const Names& names) {
  std::vector<std::string> tests;
  for (const Port& port : names.program().inputs) {
    if (port.form.ranges.empty()) continue;
    size_t i = 0;
    for (const std::string& place : elements_text(names, port)) {
      const auto [least, most] = port.form.range_of(i++);
      if (least < most)
        tests.push_back(fmt::format("({0} < {1}) || ({0} > {2}) ||", place, least, most));
      if (least == most) tests.push_back(fmt::format("({} != {}) ||", place, least));
    }
  }
  for (size_t k = 0; k < names.program().dims.size(); ++k) {
    tests.push_back(fmt::format("(inputs->{0} < 1) || (inputs->{0} > {1}) ||", names.dim(k),
                                names.program().dims[k].bound()));
  }
  if (tests.empty()) return "";
  tests.back().resize(tests.back().size() - 3);
  return wrap(tests, std::string(8, ' ')).substr(8);
}

std::string state_constant(const Names& names, const Port& port, const TensorData& data) {
  const Buffer& buffer = buffer_of(names.program(), port.buffer);
  const std::vector<int64_t> extents = buffer.layout.extents(buffer.shape);
  return fmt::format("static const {} {} = {{{}\n{}\n{}}};\n", names.type(port.buffer),
                     names.prefixed(names.member(port.buffer) + "_first"),
                     extents.empty() ? "" : "{", wrap_items(nested_items(data, extents), 4),
                     extents.empty() ? "" : "}");
}

std::string parts_text(const HostInputs& host) {
  std::string out;
  const Names& names = host.names;
  for (const size_t k : called_kernels(names)) {
    const int64_t parts = names.program().kernels[k].parts;
    if (parts <= 1) continue;
    const std::string signature = names.signature(k, true);
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
                            {"parts", fmt::format("{}", parts)},
                            {"members", join(members, "\n")},
                            {"arguments", join(arguments, ", ")},
                            {"from_job", "call->" + join(arguments, ", call->")}});
    values["parameters"] = parameters;
    out += wrap_long_lines(expand_template("parts.c", values)) + "\n";
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
  std::vector<SourceFile> files{{n + ".c", wrap_long_lines(expand_template("model.c", values))}};
  if (!sharded) return files;
  values["prototypes"] = prototypes(host);
  files.push_back({n + "_kernels.h", expand_template("kernels.h", values), Role::header});
  values["shards"] = fmt::format("{}", shards.size());
  for (size_t i = 0; i < shards.size(); ++i) {
    values["shard"] = fmt::format("{}", i + 1);
    values["kernels"] = shards[i];
    values["helpers"] = helpers_for(host, shards[i]);
    files.push_back(
        {fmt::format("{}_kernels_{}.c", n, i + 1), expand_template("kernels.c", values)});
  }
  return files;
}

}  // namespace tinycc
