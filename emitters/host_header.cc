// NAME.h, the whole interface of a model: how to use it, types of inputs, outputs and tensors, the
// plan of the arena as a table and as a union, entry points. Template: header.h.in.
#include <fmt/format.h>

#include <algorithm>

#include "emitters/host_device.h"
#include "ir/overlap.h"

namespace tinycc {

namespace {

// ---- the comment at the head -----------------------------------------------------------------

std::string ports_text(const Program& program, const std::vector<Port>& ports) {
  std::vector<std::string> list;
  for (const Port& port : ports) {
    list.push_back(comment_text(port.name) + " " + port_type(program, port));
  }
  return join(list, ", ");
}

/// "image f32[1,1,8,8]  ->  probs f32[1,10]          80,896 multiply-adds a run"
std::string interface_text(const Program& program) {
  const std::string in = ports_text(program, program.inputs);
  const std::string out = ports_text(program, program.outputs);
  const std::string macs = thousands(program.macs) + " multiply-adds a run";
  const std::string line = in + "  ->  " + out + "          " + macs;
  if (line.size() <= 90) return " *     " + line;
  return wrap_words(in, " *     ") + "\n" + wrap_words("-> " + out, " *     ") + "\n *     " + macs;
}

bool depends_on_data(const std::vector<Step>& steps) {
  return std::ranges::any_of(
      steps, [](const Step& s) { return s.condition >= 0 || depends_on_data(s.body); });
}

/// "image.at[0][0][i][j]": indices are letters where there is more than one element.
std::string element_example(const std::string& member, const Buffer& buffer) {
  std::string out = member + ".at";
  char letter = 'i';
  for (const int64_t extent : buffer.shape) {
    out += extent == 1 ? "[0]" : fmt::format("[{}]", letter);
    if (extent != 1 && letter < 'n') ++letter;
  }
  return out;
}

std::string usage_line(const std::string& code, const std::string& meaning) {
  return " *     " + left_aligned(code, 40) + (meaning.empty() ? "" : " " + meaning);
}

std::string address_list(const Names& names, const std::vector<Port>& ports, bool weights) {
  std::vector<std::string> list;
  if (weights) list.push_back("weights");
  for (const Port& port : ports) list.push_back("&" + names.member(port.buffer));
  return list.empty() ? "0" : join(list, ", ");
}

void declare_ports(const Names& names, const std::vector<Port>& ports, bool inputs,
                   std::vector<std::string>& lines) {
  for (const Port& port : ports) {
    const std::string& member = names.member(port.buffer);
    const std::string example = element_example(member, buffer_of(names.program(), port.buffer));
    lines.push_back(usage_line(fmt::format("static {} {};", names.type(port.buffer), member),
                               inputs ? "fill " + example : "then holds " + example));
  }
}

std::string dim_names(const Names& names) {
  std::vector<std::string> list;
  for (size_t k = 0; k < names.program().dims.size(); ++k) list.push_back(names.dim(k));
  return join(list, ", ");
}

std::string usage_text(const HostInputs& host) {
  const Names& names = host.names;
  const Program& program = names.program();
  const std::string& n = names.prefix();
  const bool state = !program.states.empty(), bin = names.weights_mode() == WeightsMode::bin;
  const bool device = program.target.is_device();
  std::vector<std::string> lines;
  const std::string about =
      device ? fmt::format("{0}_open(&device, NULL) first, {0}_close(&device) last", n)
      : program.memories.empty() ? "scratch memory, yours; its contents need no care"
                                 : "scratch memory, yours";
  for (const std::string& object : context_objects(host))
    lines.push_back(usage_line(object, lines.empty() ? about : ""));
  if (state && !device) {
    lines.push_back(usage_line(fmt::format("static {}_state state;", n),
                               fmt::format("kept between runs; {}_state_init(&state) first", n)));
  }
  if (bin) {
    lines.push_back(usage_line(fmt::format("const {}_weights *weights;", n),
                               fmt::format("from {0}_weights_at(memory, bytes, &weights)", n)));
  }
  declare_ports(names, program.inputs, true, lines);
  for (size_t k = 0; k < program.dims.size(); ++k) {
    lines.push_back(usage_line(fmt::format("const int32_t {} = {};", names.dim(k), "..."),
                               fmt::format("1 .. {}", program.dims[k].bound())));
  }
  declare_ports(names, program.outputs, false, lines);
  const auto initial = [&](const char* kind, const std::string& list) {
    const std::string code = fmt::format("const {}_{} {} = {{", n, kind, kind);
    lines.push_back(wrap_words(list + "};", " *     " + code));
  };
  initial("inputs", address_list(names, program.inputs, bin) +
                        (program.dims.empty() ? "" : ", " + dim_names(names)) +
                        (is_parallel(host) ? ", NULL, NULL, 1" : ""));
  if (is_parallel(host)) {
    lines.push_back(
        " *         (several threads: tinycc_rt_parallel_for, a tinycc_rt_pool * and how many it "
        "has)");
  }
  initial("outputs", address_list(names, program.outputs, false));
  lines.push_back(fmt::format(" *     if ({}_run(&inputs, &outputs, &{}{}) == {}) {{ ... }}", n,
                              context_word(host), host_state(program) ? ", &state" : "",
                              names.macro("OK")));
  return join(lines, "\n");
}

// ---- types -----------------------------------------------------------------------------------

std::string array_text(const Buffer& buffer) {
  return fmt::format("{} at{};", c_type(buffer.dtype), extents_text(buffer));
}

/// What the elements of a port stand for where they are no plain numbers.
std::string form_text(const Program& program, const Port& port) {
  const std::vector<int64_t>& shape = buffer_of(program, port.buffer).shape;
  switch (port.form.kind) {
    case PortForm::Kind::tensor: break;
    case PortForm::Kind::text:
      return fmt::format("; strings of up to {} bytes, zeros behind each", shape.back());
    case PortForm::Kind::sequence:
      return fmt::format("; a sequence of up to {} tensors, a row each, without gaps", shape[0]);
    case PortForm::Kind::optional: return "; a tensor without gaps, or none";
    case PortForm::Kind::loose: return "; a tensor without gaps";
    case PortForm::Kind::part:
      return shape.empty() ? "; how many rows there are; -1: no sequence at all"
                           : "; rank and extents of each row";
  }
  return "";
}

/// What the elements must be, where that is checked.
std::string ranges_text(const PortForm& form) {
  std::vector<std::string> texts;
  for (const auto& [least, most] : form.ranges) {
    texts.push_back(least == most  ? fmt::format("{}", least)
                    : least < most ? fmt::format("{} .. {}", least, most)
                                   : "any");
  }
  return texts.empty() ? "" : "; must be " + join(texts, ", ");
}

std::string port_types(const Names& names, const std::vector<Port>& ports, const char* kind) {
  std::string out;
  for (const Port& port : ports) {
    const std::string text = fmt::format(
        "/* {} `{}`: {}{}{}{} */", kind, comment_text(port.name), port_type(names.program(), port),
        form_text(names.program(), port) + ranges_text(port.form), port.meaning.empty() ? "" : "; ",
        comment_text(port.meaning));
    out += wrap_words(text, "") + "\n";
    out +=
        fmt::format("typedef struct {{\n    {}\n}} {};\n\n",
                    array_text(buffer_of(names.program(), port.buffer)), names.type(port.buffer));
  }
  return out;
}

std::string port_members(const Names& names, const std::vector<Port>& ports, const char* qualifier,
                         const char* kind) {
  std::string out;
  for (const Port& port : ports) {
    out +=
        fmt::format("{}{} *{};\n", qualifier, names.type(port.buffer), names.member(port.buffer));
  }
  return out.empty() ? fmt::format("int none; /* this model has no {} */\n", kind) : out;
}

std::string dim_members(const Names& names) {
  std::string out;
  for (size_t k = 0; k < names.program().dims.size(); ++k) {
    const ProgramDim& d = names.program().dims[k];
    out += fmt::format("int32_t {}; /* {}: 1 .. {} */\n", names.dim(k), comment_text(d.name),
                       d.bound());
  }
  return out;
}

/// Buffers of a shared type that lie in the arena or the state: "h1", or "h1, h2 and 3 more".
std::string members_of_type(const Names& names, const std::string& type) {
  std::vector<std::string> list;
  for (const auto& [id, placed] : names.program().buffers) {
    if (names.type(id) == type && placed.buffer->space != Space::weight) {
      list.push_back(names.member(id));
    }
  }
  if (list.size() > 4) {
    const size_t more = list.size() - 3;
    list.resize(3);
    return join(list, ", ") + fmt::format(" and {} more", more);
  }
  return join(list, ", ");
}

std::string tensor_comment(const Names& names, const std::string& type, const Buffer& buffer) {
  std::string out = members_of_type(names, type) + ": " + shape_text(buffer.dtype, buffer.shape);
  const std::string axes = layout_text(buffer);
  if (!axes.empty()) out += ", axes " + axes;
  return out + "; " + thousands(buffer.bytes()) + " bytes";
}

std::string tensor_types(const Names& names) {
  std::string out;
  bool layouts = false;
  for (const auto& [type, id] : names.shared_types()) {
    const Buffer& buffer = buffer_of(names.program(), id);
    if (buffer.space == Space::weight) continue;  // they stand in NAME_weights.h
    layouts = layouts || !layout_text(buffer).empty();
    out += wrap_words("/* " + tensor_comment(names, type, buffer) + " */", "");
    out += fmt::format("\ntypedef struct {{\n    {}\n}} {};\n\n", array_text(buffer), type);
  }
  if (out.empty()) return out;
  return std::string("/* Intermediate tensors, in the layout that their producer writes.") +
         (layouts ? " `axes` are those of memory,\n * outermost first: 2(1,1) is dimension 2 of "
                    "the model's tensor with a halo of one element before\n * and behind, 1/8 and "
                    "1%8 are dimension 1 in blocks of 8, +2 is padding that nobody reads. */\n"
                  : " */\n") +
         out;
}

std::string state_type(const Names& names) {
  const Program& program = names.program();
  if (program.states.empty()) return "";
  std::string out = "/* What persists between runs; yours, one for each stream of inputs. */\n";
  out += "typedef struct {\n";
  for (const Port& port : program.states) {
    out += fmt::format("    {} {}; /* {} {}{}{} */\n", names.type(port.buffer),
                       names.member(port.buffer), comment_text(port.name), port_type(program, port),
                       port.meaning.empty() ? "" : "; ", comment_text(port.meaning));
  }
  return out + fmt::format("}} {}_state;\n\n", names.prefix());
}

/// How many bytes each part of the arena has, and where objects of its type come to lie.
std::string arena_macros(const Names& names) {
  std::string out;
  for (const ArenaPart& part : arena_parts(names)) {
    out += fmt::format("#define {}_BYTES {}u\n", part.macro, part.bytes);
    if (part.section.empty()) continue;
    out += fmt::format(
        "#ifndef {0}_SECTION\n#define {0}_SECTION /* __attribute__((section(\".{1}\"))) */\n"
        "#endif\n",
        part.macro, names.program().memories[part.memory].name);
  }
  return out;
}

std::string arena_types(const Names& names, TextValues values) {
  const std::vector<Bank>& memories = names.program().memories;
  std::string out, members;
  for (const ArenaPart& part : arena_parts(names)) {
    values["the_arena"] =
        memories.empty() ? "The arena" : "The part of the arena in " + memories[part.memory].name;
    values["part"] = part.name;
    values["PART"] = part.macro;
    values["plan"] = plan_text(names, part.memory);
    values["arena_members"] = arena_members(names, part.memory);
    out += expand_template("arena.h", values) + "\n";
    members += fmt::format("    {}_{} *{};\n", names.prefix(), part.name, part.member);
  }
  if (memories.empty()) return out;
  return out + fmt::format(
                   "/* The arena: its parts, which are yours. */\ntypedef struct {{\n{}}} "
                   "{}_arena;\n\n",
                   members, names.prefix());
}

std::string arena_entries(const Names& names) {
  std::string out;
  for (const ArenaPart& part : arena_parts(names))
    out += fmt::format("{0}_status {0}_{1}_at(void *memory, size_t bytes, {0}_{1} **arena);\n",
                       names.prefix(), part.name);
  return out;
}

/// Is a tensor written over another one while that is read?
bool has_trails(const Program& program) {
  return std::ranges::any_of(program.buffers, [&](const auto& a) {
    return std::ranges::any_of(program.buffers, [&](const auto& b) {
      return a.second.last == b.second.first && shifted(a.second, b.second);
    });
  });
}

bool any_stdint(const HostInputs& host) {
  const Program& program = host.names.program();
  return is_parallel(host) || !program.dims.empty() ||
         std::ranges::any_of(program.buffers, [](const auto& entry) {
           const Buffer& buffer = *entry.second.buffer;
           return buffer.space != Space::weight && needs_stdint(buffer.dtype);
         });
}

}  // namespace

std::string header_file(const HostInputs& host) {
  const Names& names = host.names;
  const Program& program = names.program();
  const bool state = !program.states.empty();
  const int64_t align = arena_align(program);
  TextValues values = common_values(host);
  values.merge(TextValues{
      {"interface", interface_text(program)},
      {"clipped", ends_early(program) ? "1" : ""},
      {"usage", usage_text(host)},
      {"data_dependent",
       depends_on_data(program.steps) ? "which steps run, as the model says" : ""},
      {"externals", join(host.externals, ", ")},
      {"and_state", state ? " and a state" : ""},
      {"comma_state", state ? ", state" : ""},
      {"stdint", any_stdint(host) ? "1" : ""},
      {"arena_bytes", fmt::format("{}", arena_parts(names)[0].bytes)},  // a device has one
      {"arena_macros", arena_macros(names)},
      {"any_memory", program.memories.empty() ? "" : "_..."},
      {"arena_entries", arena_entries(names)},
      {"state_bytes", fmt::format("{}", state_bytes(program))},
      {"weight_bytes", fmt::format("{}", weight_bytes(program))},
      {"weights_align", fmt::format("{}", weights_align(names))},
      {"if_more_comma", names.weights_mode() == WeightsMode::bin || has_limits(program) ? "," : ""},
      {"if_dims_comma", has_limits(program) ? "," : ""},
      {"dim_error", has_limits(program) ? ", " + names.macro("ERROR_DIM") : ""},
      {"dim_names", dim_names(names)},
      {"port_types",
       port_types(names, program.inputs, "Input") + port_types(names, program.outputs, "Output")},
      {"input_members",
       port_members(names, program.inputs, "const ", "inputs") + dim_members(names)},
      {"output_members", port_members(names, program.outputs, "", "outputs")},
      {"tensor_types", tensor_types(names)},
      {"state_type", state_type(names)},
      {"trails", has_trails(program) ? "1" : ""},
      {"lengths_too", program.dims.empty() ? "" : " that its lengths take in"},
      {"aligned", program.target.dialect == "gnu"
                      ? fmt::format(" __attribute__((aligned({})))", align)
                      : ""}});
  values["arena_types"] = arena_types(names, values);
  if (!program.target.is_device()) return wrap_long_lines(expand_template("header.h", values));
  values.merge(device_values(host));
  if (host.cpu) values.merge(front_values(host));
  return wrap_long_lines(expand_template(host.cpu ? "front.h" : "device.h", values));
}

}  // namespace tinycc
