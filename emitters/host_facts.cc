// Facts about a program that several files of out/ state. See host_files.h.
#include <fmt/format.h>

#include <algorithm>

#include "emitters/host_files.h"
#include "ir/work.h"

namespace tinycc {

const Buffer& buffer_of(const Program& program, int64_t id) {
  return *program.buffers.at(id).buffer;
}

std::string struct_text(const Buffer& b, const std::string& type) {
  return fmt::format("typedef struct {{\n    {} at{};\n}} {};\n\n", c_type(b.dtype),
                     extents_text(b), type);
}

std::string port_type(const Program& program, const Port& port) {
  const Buffer& buffer = buffer_of(program, port.buffer);
  if (port.dims.empty() && port.lengths.empty()) return shape_text(buffer.dtype, buffer.shape);
  std::vector<std::string> axes;
  for (size_t d = 0; d < buffer.shape.size(); ++d) axes.push_back(axis_text(program, port, d));
  return fmt::format("{}[{}]", name_of(buffer.dtype), join(axes, ","));
}

std::string axis_text(const Program& program, const Port& port, size_t axis) {
  const std::string bound = std::to_string(buffer_of(program, port.buffer).shape[axis]);
  const int64_t dim = port.dims.empty() ? -1 : port.dims[axis];
  if (dim >= 0) return comment_text(program.dims[static_cast<size_t>(dim)].name) + "<=" + bound;
  return (port.lengths.empty() || port.lengths[axis] < 0 ? "" : "<=") + bound;
}

std::map<int64_t, std::string> dim_places(const Names& names) {
  std::map<int64_t, std::string> places;
  for (size_t k = 0; k < names.program().dims.size(); ++k)
    places[id_of(names.program().dims[k].range)] = "inputs->" + names.dim(k);
  return places;
}

bool has_limits(const Program& program) {
  return !program.dims.empty() || std::ranges::any_of(program.inputs, [](const Port& p) {
    return std::ranges::any_of(p.form.ranges, [](const auto& r) { return r.first <= r.second; });
  });
}

bool needs_stdint(DType dtype) { return c_type(dtype).ends_with("_t"); }

bool is_parallel(const HostInputs& host) {
  const Program& program = (host.cpu ? *host.cpu : host.names).program();
  return !program.target.is_device() && most_parts(program) > 1;
}

int64_t most_parts(const Program& program) {
  int64_t most = 1;
  for (const Kernel& k : program.kernels) most = std::max(most, k.parts);
  return most;
}

int64_t arena_align(const Program& program) {
  if (program.target.dialect == "gnu") return std::max<int64_t>(program.arena_align, 1);
  int64_t align = 1;
  for (const auto& [id, placed] : program.buffers) {
    if (placed.offset >= 0) align = std::max(align, bytes_of(placed.buffer->dtype));
  }
  return align;
}

std::vector<ArenaPart> arena_parts(const Names& names) {
  const Program& program = names.program();
  const bool single = program.memories.empty();
  const int64_t align = arena_align(program);
  std::vector<ArenaPart> parts;
  for (size_t m = 0; m < std::max<size_t>(program.memories.size(), 1); ++m) {
    const std::string name = names.arena(m), macro = names.macro(upper(name));
    const int64_t bytes = std::max<int64_t>(bytes_of_memory(program, m), 1);
    parts.push_back({m, name, single ? "" : c_identifier(program.memories[m].name), macro,
                     single ? "" : " " + macro + "_SECTION", (bytes + align - 1) / align * align});
  }
  return parts;
}

std::string context_type(const HostInputs& host) {
  return fmt::format("{}{}_{}", host.names.program().memories.empty() ? "" : "const ",
                     host.names.prefix(), context_word(host));
}

std::string context_parameter(const HostInputs& host) {
  return context_type(host) + " *" + context_word(host);
}

std::vector<std::string> context_objects(const HostInputs& host) {
  const std::string &n = host.names.prefix(), word = context_word(host);
  if (host.names.program().memories.empty()) return {fmt::format("static {0}_{1} {1};", n, word)};
  std::vector<std::string> objects, places;
  for (const ArenaPart& part : arena_parts(host.names)) {
    objects.push_back(fmt::format("static {0}_{1} {1}{2};", n, part.name, part.section));
    places.push_back("&" + part.name);
  }
  objects.push_back(fmt::format("static const {}_arena arena = {{{}}};", n, join(places, ", ")));
  return objects;
}

int64_t state_bytes(const Program& program) {
  int64_t bytes = 0;
  for (const Port& port : program.states) bytes += buffer_of(program, port.buffer).bytes();
  return bytes;
}

int64_t weight_bytes(const Program& program) {
  int64_t bytes = 0;
  for (const auto& [id, placed] : program.buffers) {
    if (placed.buffer->space == Space::weight) bytes += placed.buffer->bytes();
  }
  return bytes;
}

std::string argument_text(const Names& names, int64_t id) {
  const Placed& placed = names.program().buffers.at(id);
  const std::string& member = names.member(id);
  switch (placed.buffer->space) {
    case Space::input: return "inputs->" + member;
    case Space::output: return "outputs->" + member;
    case Space::state: return "&state->" + member;
    case Space::weight:
      return (names.weights_mode() == WeightsMode::bin ? "&inputs->" : "&") +
             names.weight_place(id);
    default: return "&" + arena_place(names, id, true);
  }
}

std::string scalar_text(const Names& names, int64_t id) {
  std::string place = argument_text(names, id);
  const bool address = place.starts_with("&");
  if (address) place.erase(0, 1);
  const Buffer& buffer = buffer_of(names.program(), id);
  std::string out = place + (address ? ".at" : "->at");
  for (size_t i = 0; i < buffer.layout.extents(buffer.shape).size(); ++i) out += "[0]";
  return out;
}

namespace {

void note_uses(const Program& program, const Step& step, size_t top,
               std::map<int64_t, Uses>& uses) {
  const auto note = [&](int64_t id, bool written) {
    Uses& entry = uses[id];
    entry.reads.resize(program.steps.size());
    entry.writes.resize(program.steps.size());
    (written ? entry.writes : entry.reads)[top] = true;
  };
  if (step.condition >= 0) note(step.condition, false);
  if (step.kind == Step::Kind::call) {
    const Kernel& kernel = program.kernels.at(step.kernel);
    for (size_t i = 0; i < step.arguments.size(); ++i) {
      const int64_t id = kernel.parameters.at(i)->id;
      note(step.arguments[i], std::ranges::count(kernel.outputs, id) != 0);
    }
  }
  for (const Step& inner : step.body) note_uses(program, inner, top, uses);
}

void add_work(const Program& program, const Step& step, int64_t times, Work& work) {
  if (step.kind == Step::Kind::repeat) times *= extent_of(step.range);
  if (step.kind == Step::Kind::call) {
    const Kernel& kernel = program.kernels.at(step.kernel);
    work.flops += times * kernel.flops;
    work.bytes_read += times * kernel.bytes_read;
    work.bytes_written += times * kernel.bytes_written;
    work.predicted_us += static_cast<double>(times) * roof_of(kernel, program.target).predicted_us;
  }
  for (const Step& inner : step.body) add_work(program, inner, times, work);
}

}  // namespace

std::map<int64_t, Uses> uses_of(const Program& program) {
  std::map<int64_t, Uses> uses;
  for (size_t i = 0; i < program.steps.size(); ++i) {
    note_uses(program, program.steps[i], i, uses);
  }
  return uses;
}

namespace {

std::string last_kernel(const Names& names, const Step& step) {
  if (step.kind == Step::Kind::call)
    return names.kernel(step.kernel).substr(names.prefix().size() + 1);
  return step.body.empty() ? "" : last_kernel(names, step.body.back());
}

}  // namespace

Work work_of(const Names& names, const Step& step) {
  Work work;
  switch (step.kind) {
    case Step::Kind::call:
      work.name = names.kernel(step.kernel).substr(names.prefix().size() + 1);
      break;
    case Step::Kind::repeat: work.name = fmt::format("loop of {}", extent_of(step.range)); break;
    case Step::Kind::select: work.name = "select"; break;
    case Step::Kind::block:
      work.name = fmt::format("rows up to {}", last_kernel(names, step));
      break;
  }
  add_work(names.program(), step, 1, work);
  return work;
}

std::string context_word(const HostInputs& host) {
  return host.names.program().target.is_device() ? "device" : "arena";
}

bool host_state(const Program& program) {
  return !program.states.empty() && !program.target.is_device();
}

TextValues common_values(const HostInputs& host) {
  const Names& names = host.names;
  const Program& program = names.program();
  const bool state = !program.states.empty();
  std::string parameters = fmt::format("const {0}_inputs *inputs, const {0}_outputs *outputs, {1}",
                                       names.prefix(), context_parameter(host));
  if (host_state(program)) parameters += fmt::format(", {}_state *state", names.prefix());
  return {
      {"name", names.prefix()},
      {"NAME", upper(names.prefix())},
      {"source", comment_text(program.source)},
      {"family", program.family},
      {"FAMILY", upper(program.family)},
      {"front", host.cpu ? "1" : ""},
      {"parameters", parameters},
      {"steps", fmt::format("{}", program.steps.size())},
      {"has_state", state ? "1" : ""},
      {"host_state", host_state(program) ? "1" : ""},
      {"device", program.target.is_device() ? "1" : ""},
      {"context", context_word(host)},
      {"context_objects", join(context_objects(host), "\n")},
      {"memories", program.memories.empty() ? "" : "1"},
      {"arena_align", fmt::format("{}", arena_align(program))},
      {"dims_too", program.dims.empty() ? "" : ", but for what stands in the inputs' dimensions"},
      {"limits", has_limits(program) ? "1" : ""},
      {"dims", program.dims.empty() ? "" : fmt::format("{}", program.dims.size())},
      {"has_weights", has_weights(program) ? "1" : ""},
      {"gnu", program.target.dialect == "gnu" ? "1" : ""},
      {"parallel", is_parallel(host) ? "1" : ""},
      {"most_parts", fmt::format("{}", most_parts((host.cpu ? *host.cpu : names).program()))},
      {"bin", names.weights_mode() == WeightsMode::bin ? "1" : ""},
      {"incbin", names.weights_mode() == WeightsMode::incbin ? "1" : ""}};
}

}  // namespace tinycc
