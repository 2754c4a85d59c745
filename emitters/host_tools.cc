// NAME_cli.c and NAME_bench.c, and what they share with the self-test. Templates: cli.c.in,
// bench.c.in, load_weights.c.in.
#include "emitters/host_tools.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/work.h"

namespace tinycc {

namespace {

/// NumPy's name of the type that carries a dtype's values or bit patterns in a .npy file.
const char* numpy_type(DType dtype) {
  switch (dtype) {
    case DType::f32: return "<f4";
    case DType::f64: return "<f8";
    case DType::f16: return "<f2";
    case DType::boolean: return "|b1";
    default: break;
  }
  const bool negative = kind_of(dtype) == DKind::signed_int;
  switch (bytes_of(dtype)) {
    case 1: return negative ? "|i1" : "|u1";
    case 2: return negative ? "<i2" : "<u2";
    case 4: return negative ? "<i4" : "<u4";
    default: return negative ? "<i8" : "<u8";
  }
}

bool is_text(const Port& port) { return port.form.kind == PortForm::Kind::text; }

/// As a file has it: a string is one element.
std::vector<int64_t> file_shape(const Program& program, const Port& port) {
  std::vector<int64_t> shape = buffer_of(program, port.buffer).shape;
  if (is_text(port)) shape.pop_back();
  return shape;
}

/// Bytes of it.
int64_t file_element(const Program& program, const Port& port) {
  const Buffer& buffer = buffer_of(program, port.buffer);
  return is_text(port) ? buffer.shape.back() : bytes_of(buffer.dtype);
}

std::string file_type(const Program& program, const Port& port) {
  return is_text(port) ? fmt::format("|S{}", file_element(program, port))
                       : numpy_type(buffer_of(program, port.buffer).dtype);
}

bool any_form(const Program& program, bool (*is)(const Port&)) {
  return std::ranges::any_of(program.inputs, is) || std::ranges::any_of(program.outputs, is);
}

/// Several ports to one file or folder.
bool has_rows(const Port& port) {
  return port.form.kind != PortForm::Kind::tensor && !is_text(port);
}
bool is_special(const Port& port) { return port.form.kind != PortForm::Kind::tensor; }

/// A row for each file or folder; see `slot` in cli.c.in.
std::string slot_rows(const Program& program, const std::vector<Port>& ports) {
  std::string out;
  for (size_t k = 0; k < ports.size(); ++k) {
    const PortForm& form = ports[k].form;
    if (form.kind == PortForm::Kind::part || ports[k].is_length) continue;
    if (!has_rows(ports[k])) {
      out += fmt::format("{{{}, TENSOR, 0u, 0u, 0, 0, {{0}}}},\n", k);
      continue;
    }
    const char* const kind = form.kind == PortForm::Kind::sequence   ? "SEQUENCE"
                             : form.kind == PortForm::Kind::optional ? "OPTIONAL"
                                                                     : "LOOSE";
    std::vector<int64_t> extents = form.extents.value_or(std::vector<int64_t>());
    if (extents.empty()) extents = {0};
    out += fmt::format(
        "{{{}, {}, {}u, {}u, {}, {}, {{{}}}}},\n", k, kind,
        buffer_of(program, ports[k].buffer).shape[0], file_element(program, ports[k]),
        buffer_of(program, ports[k + 1].buffer).shape[1] - 1,
        form.extents ? static_cast<int64_t>(form.extents->size()) : -1, fmt::join(extents, ", "));
  }
  return out;
}

/// As Python writes a tuple: "()", "(10,)", "(1, 10)".
std::string python_tuple(const std::vector<std::string>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

/// The rest of a row where there are symbolic dimensions: rank, bytes of an element, bounds, dims.
std::string axes_row(const Program& program, const Port& port) {
  std::vector<int64_t> bounds = file_shape(program, port), dims = port.dims;
  const size_t rank = bounds.size();
  if (bounds.empty()) bounds = {0};  // C has no empty list
  dims.resize(bounds.size(), -1);
  return fmt::format(", {}, {}u, {{{}}}, {{{}}}", rank, file_element(program, port),
                     fmt::join(bounds, ", "), fmt::join(dims, ", "));
}

std::string dim_rows(const Program& program) {
  std::string out;
  for (const ProgramDim& d : program.dims)
    out += fmt::format("{{{}, {}, 0}},\n", c_string(d.name), d.bound());
  return out;
}

std::string cli_rows(const Names& names, const std::vector<Port>& ports, const char* object) {
  std::string out;
  for (const Port& port : ports) {
    const Program& program = names.program();
    std::vector<std::string> axes;
    for (size_t d = 0; d < file_shape(program, port).size(); ++d)
      axes.push_back(axis_text(program, port, d));
    const std::string text =
        any_form(program, is_special)
            ? fmt::format(", {}u", is_text(port) ? file_element(program, port) : 0)
            : "";
    out += fmt::format("{{{}, \"'{}'\", {}, &{}.{}, {}u{}{}}},\n", c_string(port.name),
                       file_type(program, port), c_string(python_tuple(axes)), object,
                       names.member(port.buffer), port_bytes(program, port), text,
                       program.dims.empty() ? "" : axes_row(program, port));
  }
  return out;
}

/// Rows of the outputs whose shapes are known after a run only; of strings as elements, or of bytes.
std::string length_rows(const Names& names, bool as_file) {
  const Program& program = names.program();
  std::string out;
  for (size_t k = 0; k < program.outputs.size(); ++k) {
    const Port& port = program.outputs[k];
    if (port.lengths.empty()) continue;
    const Buffer& buffer = buffer_of(program, port.buffer);
    const std::vector<int64_t> shape = as_file ? file_shape(program, port) : buffer.shape;
    std::vector<std::string> lengths;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      const int64_t from = port.lengths[axis];
      const size_t at = static_cast<size_t>(from);
      lengths.push_back(from < 0 ? "NULL"
                                 : "&out." + names.member(program.outputs[at].buffer) + ".at");
    }
    out += fmt::format("{{{}, {}, {}u, {{{}}}, {{{}}}}},\n", k, shape.size(),
                       as_file ? file_element(program, port) : bytes_of(buffer.dtype),
                       fmt::join(shape, ", "), join(lengths, ", "));
  }
  return out;
}

/// Outputs but for lengths, which come behind them.
size_t own_outputs(const Program& program) {
  return static_cast<size_t>(std::count_if(program.outputs.begin(), program.outputs.end(),
                                           [](const Port& p) { return !p.is_length; }));
}

/// Values of the model's own: neither lengths nor parts of another.
size_t own_values(const std::vector<Port>& ports) {
  return static_cast<size_t>(std::count_if(ports.begin(), ports.end(), [](const Port& p) {
    return !p.is_length && p.form.kind != PortForm::Kind::part;
  }));
}

std::string ports_comment(const Program& program, const std::vector<Port>& ports,
                          const char* kind) {
  std::vector<std::string> list;
  for (const Port& port : ports) {
    list.push_back(comment_text(port.name) + " " + port_type(program, port));
  }
  return wrap_words(fmt::format("{}: {}.", kind, list.empty() ? "none" : join(list, ", ")), " * ");
}

std::string step_rows(const Names& names) {
  std::string out;
  for (const Step& step : names.program().steps) {
    const Work work = work_of(names, step);
    out += fmt::format("{{{}, {}.0, {}.0, {:.3f}, {}}},\n", c_string(work.name), work.flops,
                       work.bytes_read + work.bytes_written, work.predicted_us,
                       c_string(listed(step.nodes, 3)));
  }
  return out;
}

/// What steps are held against: vectors of the machine, memory as large as a step needs (up to 64
/// MiB), and the limits that the target's record states.
TextValues roof_values(const Program& program) {
  const Target& t = program.target;
  int64_t most = 32 << 10;
  for (const Kernel& k : program.kernels) {
    while (most < k.bytes_read + k.bytes_written && most < 64 << 20) most *= 2;
  }
  const double memory = static_cast<double>(t.memory_mbps) * 1e-3;
  return {{"roof_vector_bytes", fmt::format("{}", std::max<int64_t>(t.vector_bytes, 4))},
          {"roof_bytes", fmt::format("{}", most)},
          {"roof_l2", fmt::format("{}", t.l2_bytes)},
          {"roof_gflops", fmt::format("{:.3f}", peak_gflops(t))},
          {"roof_cache", fmt::format("{:.3f}", std::max(cache_gbps(t), memory))},
          {"roof_memory", fmt::format("{:.3f}", memory)}};
}

/// Some value that is no special case: floats near 0.01 (or 1), integers 0.
std::string fill_text(const Names& names) {
  std::string out;
  for (const Port& port : names.program().inputs) {
    if (!is_float(buffer_of(names.program(), port.buffer).dtype)) continue;
    out += fmt::format("(void)memset(&in.{0}, 0x3C, sizeof in.{0});\n", names.member(port.buffer));
  }
  return out;
}

}  // namespace

std::string port_struct_members(const Names& names, const std::vector<Port>& ports) {
  std::string out;
  for (const Port& port : ports) {
    out += fmt::format("{} {};\n", names.type(port.buffer), names.member(port.buffer));
  }
  return out;
}

std::string inputs_value(const HostInputs& host, const std::vector<std::string>& dims,
                         const std::string& hook) {
  std::vector<std::string> items;
  const Names& names = host.names;
  if (names.weights_mode() == WeightsMode::bin) items.push_back("&weights");
  for (const Port& port : names.program().inputs) {
    items.push_back("&in." + names.member(port.buffer));
  }
  if (names.program().inputs.empty()) items.push_back("0");
  for (size_t k = 0; k < names.program().dims.size(); ++k) items.push_back(dims[k]);
  if (is_parallel(host)) items.push_back(hook);
  return "{" + join(items, ", ") + "}";
}

std::string outputs_value(const HostInputs& host) {
  std::vector<std::string> items;
  for (const Port& port : host.names.program().outputs) {
    items.push_back("&out." + host.names.member(port.buffer));
  }
  return "{" + join(items, ", ") + "}";
}

int64_t port_bytes(const Program& program, const Port& port) {
  const Buffer& buffer = buffer_of(program, port.buffer);
  return count_of(buffer.shape) * bytes_of(buffer.dtype);
}

std::vector<std::string> bounds_of_dims(const Program& program) {
  std::vector<std::string> bounds;
  for (const ProgramDim& d : program.dims) bounds.push_back(fmt::format("{}", d.bound()));
  return bounds;
}

TextValues tool_values(const HostInputs& host, const std::vector<std::string>& dims) {
  const Names& names = host.names;
  const Program& program = names.program();
  TextValues values = common_values(host);
  const bool bin = names.weights_mode() == WeightsMode::bin;
  const std::string n = names.prefix();
  values.merge(TextValues{
      {"has_inputs", program.inputs.empty() ? "" : "1"},
      {"inputs", fmt::format("{}", program.inputs.size())},
      {"outputs", fmt::format("{}", own_outputs(program))},
      {"lengths", length_rows(names, false)},
      {"write_output", length_rows(names, false).empty() ? "npy_write(path, &out_ports[at])"
                                                         : "write_output(path, at)"},
      {"in_members", port_struct_members(names, program.inputs)},
      {"out_members", port_struct_members(names, program.outputs)},
      {"state_argument", host_state(program) ? ", &state" : ""},
      {"state_or_device", host_state(program) ? "&state" : "memory"},
      {"comma_null", program.target.is_device() ? ", NULL" : ""},
      {"of_what", program.target.is_device() ? "" : " of one core"},
      {"why", host.cpu                     ? n + "_message(&device)"
              : program.target.is_device() ? "tinycc_rt_device_message(&device.rt)"
                                           : "\"refused\""},
      {"io_tables",
       wrap_items({fmt::format("const {}_inputs inputs = {};", n,
                               inputs_value(host, dims, "tinycc_rt_parallel_for, &pool, threads"))},
                  0) +
           "\n" + fmt::format("const {}_outputs outputs = {};", n, outputs_value(host))},
      {"load_weights", bin ? expand_template("load_weights.c", values) : ""}});
  return values;
}

std::string cli_file(const HostInputs& host) {
  const Names& names = host.names;
  const Program& program = names.program();
  std::string files;
  for (size_t k = 0; k < std::min<size_t>(program.inputs.size(), 4); ++k) {
    files += " " + c_identifier(program.inputs[k].ident) + ".npy";
  }
  if (program.inputs.size() > 4) files += " ...";
  std::vector<std::string> dims;
  for (size_t k = 0; k < program.dims.size(); ++k) dims.push_back(fmt::format("dims[{}].value", k));
  TextValues values = tool_values(host, dims);
  const bool rows = any_form(program, has_rows), forms = any_form(program, is_special);
  values["lengths"] = length_rows(names, true);
  values["outputs"] = fmt::format("{}", own_values(program.outputs));
  values.merge(TextValues{
      {"files", fmt::format("{}", own_values(program.inputs))},
      {"ranks", values["lengths"].empty() && program.dims.empty() && !rows ? "" : "1"},
      {"inputs_comment", ports_comment(program, program.inputs, "Inputs")},
      {"outputs_comment", ports_comment(program, program.outputs, "Outputs")},
      {"dim_rows", dim_rows(program)},
      {"forms", forms ? "1" : ""},
      {"rows", rows ? "1" : ""},
      {"in_slots", slot_rows(program, program.inputs)},
      {"out_slots", slot_rows(program, program.outputs)},
      {"rank_max", forms ? "10" : "8"},
      {"descr_wanted", forms ? "(wanted->text != 0u) ? \"'|S\" : wanted->descr" : "wanted->descr"},
      {"in_ports", cli_rows(names, program.inputs, "in")},
      {"out_ports", cli_rows(names, program.outputs, "out")},
      {"usage_files", files}});
  return expand_template("cli.c", values);
}

std::string bench_file(const HostInputs& host) {
  TextValues values = tool_values(host, bounds_of_dims(host.names.program()));
  values.merge(TextValues{{"usage_threads", is_parallel(host) ? " [THREADS]" : ""},
                          {"step_rows", step_rows(host.names)},
                          {"fill_inputs", fill_text(host.names)}});
  values.merge(roof_values(host.names.program()));
  return expand_template("bench.c", values);
}

}  // namespace tinycc
