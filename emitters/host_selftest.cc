// NAME_test.c: golden vectors as tables, and the tables by which the test reaches the model's
// inputs and outputs. Large inputs are made by a hash; large outputs are checked by samples and by
// a mean, so that the file stays small. Template: test.c.in.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "emitters/golden.h"
#include "emitters/host_tools.h"
#include "emitters/literal.h"

namespace tinycc {

namespace {

constexpr int64_t kValues = 8000;  // of outputs, in the whole file; as many of inputs

// ---- types -----------------------------------------------------------------------------------

std::vector<DType> types_of(const Program& program,
                            std::initializer_list<const std::vector<Port>*> lists) {
  std::vector<DType> out;
  for (const std::vector<Port>* ports : lists) {
    for (const Port& port : *ports) {
      const DType dtype = buffer_of(program, port.buffer).dtype;
      if (std::ranges::count(out, dtype) == 0) out.push_back(dtype);
    }
  }
  return out;
}

std::string type_code(DType dtype) { return "TYPE_" + upper(name_of(dtype)); }

std::string type_codes(const std::vector<DType>& types) {
  std::string out;
  for (size_t i = 0; i < types.size(); ++i) {
    out += fmt::format("#define {} {}\n", type_code(types[i]), i);
  }
  return out + "\n";
}

std::string value_cases(const std::vector<DType>& types) {
  std::string out;
  for (const DType dtype : types) {
    const GoldenType& row = golden_type(dtype);
    out += fmt::format("case {}:\n    value = {}{};\n    break;\n", type_code(dtype),
                       row.small_float ? "" : "(double)", row.value);
  }
  return out;
}

std::string generate_cases(const std::vector<DType>& types) {
  std::string out;
  for (const DType dtype : types) {
    const std::string_view c = c_type(dtype);
    out += fmt::format("case {}:\n    (({} *)tensor->data)[i] = ({})({});\n    break;\n",
                       type_code(dtype), c, c, golden_type(dtype).generate);
  }
  return out;
}

// ---- golden vectors --------------------------------------------------------------------------

/// A decimal literal that reads back as the same number.
std::string decimal(double value, bool single) {
  if (std::isnan(value)) return "(double)NAN";
  if (std::isinf(value)) return value < 0 ? "-(double)INFINITY" : "(double)INFINITY";
  std::string text = single ? fmt::format("{}", static_cast<float>(value)) : shortest(value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string input_literal(const TensorData& data, int64_t i) {
  const bool plain = data.dtype == DType::f32 && std::isfinite(data.number(i));
  return plain ? decimal(data.number(i), true) + "f" : literal(data, i);
}

std::string array_text(const std::string& type, const std::string& name,
                       const std::vector<std::string>& items) {
  return fmt::format("static const {} {}[{}] = {{\n{}\n}};\n", type, name, items.size(),
                     wrap_items(items, 4));
}

/// Elements of an output that stand in the test: all, or some whose distance has no common factor
/// with their number, so that every row and column has its turn.
struct Samples {
  int64_t count = 0, stride = 1;
};

Samples samples_of(int64_t elements, int64_t most) {
  if (elements <= most) return {elements, 1};
  int64_t stride = elements / most;
  while (std::gcd(stride, elements) != 1) ++stride;
  return {most, stride};
}

double tolerance_of(const GoldenCase& golden, const TensorData& data) {
  double largest = 0;
  for (int64_t i = 0; i < data.count(); ++i) {
    const double magnitude = std::fabs(data.number(i));
    if (std::isfinite(magnitude)) largest = std::max(largest, magnitude);
  }
  return golden.absolute + golden.relative * largest;
}

std::string input_arrays(const GoldenCase& golden, const std::vector<Port>& ports, size_t k) {
  const auto embedded = [&](const Port& p) { return !golden.seed || !p.form.ranges.empty(); };
  if (golden.inputs.empty() || std::ranges::none_of(ports, embedded)) return "";
  std::string out;
  std::vector<std::string> names;
  for (size_t i = 0; i < golden.inputs.size(); ++i) {
    const TensorData& data = golden.inputs[i];
    const bool left_out = data.count() == 0 || !embedded(ports[i]);
    names.push_back(left_out ? "NULL" : fmt::format("golden_{}_in_{}", k, i));
    if (left_out) continue;
    std::vector<std::string> items;
    for (int64_t at = 0; at < data.count(); ++at) items.push_back(input_literal(data, at));
    out += array_text(std::string(c_type(data.dtype)), names.back(), items);
  }
  return out +
         fmt::format("static const void *const golden_{}_in[] = {{{}}};\n", k, join(names, ", "));
}

/// An output with zeros where its lengths end, which the self-test passes over.
TensorData meant_part(const GoldenCase& golden, const std::vector<Port>& ports, size_t i) {
  const TensorData& data = golden.outputs[i];
  if (ports[i].lengths.empty()) return data;
  std::vector<std::byte> bytes = *data.bytes;
  const auto size = static_cast<int64_t>(bytes.size()) / std::max<int64_t>(data.count(), 1);
  for (int64_t element = 0; element < data.count(); ++element) {
    int64_t rest = element;
    bool meant = true;
    for (size_t d = data.shape.size(); d-- > 0; rest /= data.shape[d]) {
      const int64_t from = ports[i].lengths[d];
      if (from < 0) continue;
      meant &= rest % data.shape[d] < golden.outputs[static_cast<size_t>(from)].integer(0);
    }
    if (!meant) std::fill_n(bytes.begin() + element * size, size, std::byte{0});
  }
  return TensorData::of_bytes(data.dtype, data.shape, std::move(bytes));
}

std::string output_arrays(const GoldenCase& golden, const std::vector<Port>& ports, size_t k,
                          int64_t most) {
  std::string out, rows;
  for (size_t i = 0; i < ports.size(); ++i) {
    if (golden.outputs.empty() || golden.outputs[i].count() == 0) {
      rows += fmt::format("    {{NULL, 0u, 1u, 0.0, {}}},\n", decimal(golden.absolute, false));
      continue;
    }
    const TensorData data = meant_part(golden, ports, i);
    const Samples samples = samples_of(data.count(), most);
    const std::string name = fmt::format("golden_{}_out_{}", k, i);
    std::vector<std::string> items;
    for (int64_t s = 0; s < samples.count; ++s) {
      items.push_back(
          decimal(data.number(s * samples.stride % data.count()), data.dtype == DType::f32));
    }
    out += array_text("double", name, items);
    rows +=
        fmt::format("    {{{}, {}u, {}u, {}, {}}},\n", name, samples.count, samples.stride,
                    decimal(signed_mean(data), false), decimal(tolerance_of(golden, data), false));
  }
  return out + fmt::format("static const expectation golden_{}_out[] = {{\n{}}};\n", k, rows);
}

/// The given cases; without any, one that compares the ways to run with each other.
std::vector<GoldenCase> cases_of(const HostInputs& host) {
  if (!host.golden.empty()) return host.golden;
  GoldenCase generated;
  generated.what = "generated input";
  generated.seed = 1;
  return {generated};
}

std::vector<int64_t> bounds(const Program& program) {
  std::vector<int64_t> bounds;
  for (const ProgramDim& d : program.dims) bounds.push_back(d.bound());
  return bounds;
}

std::string golden_text(const HostInputs& host) {
  const std::vector<GoldenCase> cases = cases_of(host);
  const Program& program = host.names.program();
  const size_t tables = std::max<size_t>(cases.size() * program.outputs.size(), 1);
  const int64_t most = std::max<int64_t>(kValues / static_cast<int64_t>(tables), 16);
  std::string out, rows;
  int64_t embedded = 0;
  for (size_t k = 0; k < cases.size(); ++k) {
    const GoldenCase& golden = cases[k];
    for (const TensorData& data : golden.inputs) embedded += golden.seed ? 0 : data.count();
    const std::string inputs = input_arrays(golden, program.inputs, k);
    out += inputs + output_arrays(golden, program.outputs, k, most) + "\n";
    const std::vector<int64_t> dims = golden.dims.empty() ? bounds(program) : golden.dims;
    rows += fmt::format(
        "    {{{}, {}, {}u, {}{}, golden_{}_out}},\n", c_string(golden.what),
        inputs.empty() ? "NULL" : fmt::format("golden_{}_in", k), golden.seed.value_or(0),
        dims.empty() ? "" : fmt::format("{{{}}}, ", fmt::join(dims, ", ")), golden.runs, k);
  }
  TCC_CHECK(embedded <= kValues,
            fmt::format("{} values of golden inputs are too many to embed; use a seed", embedded));
  return out + "static const golden_case golden[] = {\n" + rows + "};\n";
}

// ---- tables ----------------------------------------------------------------------------------

std::string port_rows(const Names& names, const std::vector<Port>& ports, const char* object) {
  std::string out;
  for (const Port& port : ports) {
    const Buffer& buffer = buffer_of(names.program(), port.buffer);
    out += fmt::format("{{{}, {}, {}u, {}u, &{}.{}}},\n", c_string(port.name),
                       type_code(buffer.dtype), count_of(buffer.shape),
                       port_bytes(names.program(), port), object, names.member(port.buffer));
  }
  return out;
}

/// Outputs, each with a guard behind it; and the guards as a list.
std::pair<std::string, std::string> guarded_members(const Names& names) {
  std::set<std::string> taken{"guard"};
  for (const Port& port : names.program().outputs) taken.insert(names.member(port.buffer));
  std::string members;
  std::vector<std::string> guards;
  for (const Port& port : names.program().outputs) {
    const std::string& member = names.member(port.buffer);
    const std::string guard = unique_identifier(member + "_guard", taken);
    members +=
        fmt::format("{} {};\nunsigned char {}[GUARD];\n", names.type(port.buffer), member, guard);
    guards.push_back("out." + guard);
  }
  return {members, join(guards, ", ")};
}

std::string null_ports(const HostInputs& host) {
  const Names& names = host.names;
  const std::string ok = names.macro("ERROR_NULL");
  const std::string state = host_state(names.program()) ? ", &state" : "";
  std::string out;
  for (const Port& port : names.program().inputs) {
    const std::string& member = names.member(port.buffer);
    out += fmt::format(
        "some_inputs = inputs;\nsome_inputs.{0} = NULL;\n"
        "expect({1}_run(&some_inputs, &outputs, &{4}{2}) == {3}, \"no {0}\");\n",
        member, names.prefix(), state, ok, context_word(host));
  }
  for (const Port& port : names.program().outputs) {
    const std::string& member = names.member(port.buffer);
    out += fmt::format(
        "some_outputs = outputs;\nsome_outputs.{0} = NULL;\n"
        "expect({1}_run(&inputs, &some_outputs, &{4}{2}) == {3}, \"no {0}\");\n",
        member, names.prefix(), state, ok, context_word(host));
  }
  return out;
}

std::string first_element(std::string place, const Buffer& buffer) {
  for (size_t i = 0; i < buffer.shape.size(); ++i) place += "[0]";
  return place;
}

std::string set_dims(const Names& names) {
  std::string out;
  for (size_t k = 0; k < names.program().dims.size(); ++k)
    out += fmt::format("inputs.{} = test->dims[{}];\n", names.dim(k), k);
  return out;
}

std::string wrong_dims(const HostInputs& host) {
  const Names& names = host.names;
  const std::string state = host_state(names.program()) ? ", &state" : "";
  std::string out;
  for (const Port& port : names.program().inputs) {
    if (port.form.ranges.empty() || port.form.ranges[0].first > port.form.ranges[0].second)
      continue;
    const std::string first = first_element("in." + names.member(port.buffer) + ".at",
                                            buffer_of(names.program(), port.buffer));
    out += fmt::format(
        "{0} = {1};\nexpect({2}_run(&inputs, &outputs, &arena{3}) == {4}, \"{5} is {1}\");\n"
        "{0} = {6};\n",
        first, port.form.ranges[0].second + 1, names.prefix(), state, names.macro("ERROR_DIM"),
        names.member(port.buffer), port.form.ranges[0].first);
  }
  for (size_t k = 0; k < names.program().dims.size(); ++k) {
    for (const int64_t wrong : {int64_t{0}, names.program().dims[k].bound() + 1}) {
      out += fmt::format(
          "inputs.{0} = {1};\n"
          "expect({2}_run(&inputs, &outputs, &{5}{3}) == {4}, \"{0} is {1}\");\n"
          "inputs = kept_inputs;\n",
          names.dim(k), wrong, names.prefix(), state, names.macro("ERROR_DIM"), context_word(host));
    }
  }
  return out;
}

/// For each part of the arena: what fills it, what tests it, and the calls of these tests.
void arena_tests(const Names& names, TextValues& values) {
  std::string fill, tests, calls;
  values["start"] =
      arena_align(names.program()) > 1 ? "size_t start = 0;" : "const size_t start = 0;";
  values["align_matters"] = arena_align(names.program()) > 1 ? "1" : "";
  for (const ArenaPart& part : arena_parts(names)) {
    const std::string place = "memory" + (part.member.empty() ? "" : "->" + part.member);
    fill += fmt::format("(void)memset({0}, 0xFF, sizeof *{0});\n", place);
    values["part"] = part.name;
    values["PART"] = part.macro;
    values["member"] = part.member;
    tests += (tests.empty() ? "" : "\n") + expand_template("test_arena.c", values);
    calls += fmt::format("test_{}(&golden[k]);\n", part.name);
  }
  values.merge(
      TextValues{{"fill_arena", fill}, {"arena_tests", tests}, {"arena_calls", calls}});
}

bool any_small_float(const std::vector<DType>& types) {
  return std::ranges::any_of(types, [](DType t) { return golden_type(t).small_float; });
}

}  // namespace

std::string test_file(const HostInputs& host) {
  const Names& names = host.names;
  const Program& program = names.program();
  const std::vector<DType> in = types_of(program, {&program.inputs});
  const std::vector<DType> out = types_of(program, {&program.outputs});
  const auto [members, guards] = guarded_members(names);
  const bool known = !host.golden.empty();
  TextValues values = tool_values(host, bounds_of_dims(program));
  values["out_members"] = members;
  values.merge(TextValues{
      {"golden_comment", known ? "Golden vectors from tinycc's reference interpreter."
                               : "The ways to run are compared with each other."},
      {"type_codes", type_codes(types_of(program, {&program.inputs, &program.outputs}))},
      {"golden", golden_text(host)},
      {"kept_members", port_struct_members(names, program.outputs)},
      {"in_ports", port_rows(names, program.inputs, "in")},
      {"out_ports", port_rows(names, program.outputs, "out")},
      {"kept_ports", port_rows(names, program.outputs, "kept")},
      {"guards", guards},
      {"inputs_value", inputs_value(host, bounds_of_dims(program), "NULL, NULL, 1")},
      {"mutable_inputs", is_parallel(host) || !program.dims.empty() ? "1" : ""},
      {"set_dims", set_dims(names)},
      {"wrong_dims", wrong_dims(host)},
      {"outputs_value", outputs_value(host)},
      {"small_floats", any_small_float(out) ? "1" : ""},
      {"value_cases", value_cases(out)},
      {"generate_cases", generate_cases(in)},
      {"context_type", context_type(host)},
      {"null_ports", null_ports(host)}});
  arena_tests(names, values);
  return expand_template("test.c", values);
}

}  // namespace tinycc
