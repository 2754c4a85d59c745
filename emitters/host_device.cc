// The files of a network on a device: NAME.h, NAME.c (tables of kernels and memories, and the call
// sequence, for the stub's tinycc_rt_device.h), NAME.cl (the kernels) and NAME_program.c (their text,
// for the device's compiler). Templates: device.h.in, device.c.in, opencl.cl.in, program.c.in.
#include "emitters/host_device.h"

#include <fmt/format.h>

#include <algorithm>

#include "emitters/host_model.h"
#include "ir/image.h"

namespace tinycc {
namespace {

constexpr size_t kPieceBytes = 3000;  // C99 promises string literals of 4,095 bytes

/// What belongs to a device's language besides its dialect: how its files are called and built.
struct Language {
  const char *name, *title, *extension, *options, *handle;
  bool from_text;  // the device's driver compiles the kernels, or else the build does
};

constexpr Language kLanguages[] = {
    {"opencl", "OpenCL 1.2", "cl", "-cl-std=CL1.2", "cl_mem", true},
    {"cuda", "CUDA", "cu", "", "a pointer of cudaMalloc", false},
    {"hip", "HIP", "hip", "", "a pointer of hipMalloc", false},
    {"metal", "Metal", "metal", "", "id<MTLBuffer>", true},
};

const Language& language_of(const Names& names) {
  const std::string& name = names.program().target.language;
  const auto* found =
      std::ranges::find_if(kLanguages, [&](const Language& l) { return name == l.name; });
  TCC_CHECK(found != std::end(kLanguages), "no device speaks " + name);
  return *found;
}

// ---- memories --------------------------------------------------------------------------------

/// A row of the table of memories: a buffer, or several that are in the same place or image.
struct Memory {
  int64_t buffer;
  std::string number;  // its enumerator
};

class Memories {
 public:
  explicit Memories(const Names& names) : names_(names) {
    const Program& program = names.program();
    for (const std::vector<Port>* ports : {&program.inputs, &program.outputs, &program.states})
      for (const Port& port : *ports) add(port.buffer);
    ports_ = program.inputs.size() + program.outputs.size();
    for (const auto& [id, placed] : program.buffers) {
      if (placed.offset >= 0 || placed.image >= 0 || placed.buffer->space == Space::weight) add(id);
    }
  }

  const std::vector<Memory>& rows() const { return rows_; }
  const Memory& of(int64_t buffer) const { return rows_[row_.at(buffer)]; }
  const std::map<int64_t, size_t>& row_of() const { return row_; }
  size_t ports() const { return ports_; }

 private:
  void add(int64_t id) {
    const Placed& placed = names_.program().buffers.at(id);
    if (placed.offset >= 0 || placed.image >= 0) {
      const auto [place, fresh] =
          places_.emplace(placed.image >= 0 ? std::pair{-1 - placed.image, int64_t{0}}
                                            : std::pair{placed.offset, placed.buffer->bytes()},
                          rows_.size());
      row_[id] = place->second;
      if (!fresh) return;
    }
    row_[id] = rows_.size();
    rows_.push_back({id, names_.macro("M_" + upper(unique_identifier(names_.member(id), taken_)))});
  }

  const Names& names_;
  std::vector<Memory> rows_;
  std::map<int64_t, size_t> row_;
  std::map<std::pair<int64_t, int64_t>, size_t>
      places_;  // by offset and bytes in the arena, or image
  std::set<std::string> taken_;
  size_t ports_ = 0;
};

std::string memory_row(const Names& names, const Memory& m) {
  const Placed& placed = names.program().buffers.at(m.buffer);
  const Buffer& b = *placed.buffer;
  int64_t bytes = std::max<int64_t>(b.bytes(), 1);
  ImageSize size = b.is_image() ? image_size(b) : ImageSize{};
  const std::string comment = comment_text(b.name) + " " + shape_text(b.dtype, b.shape);
  std::string kind = "PORT", first = "NULL";
  if (placed.offset >= 0) kind = "ARENA";
  if (placed.image >= 0) {
    const Image& image = names.program().images[static_cast<size_t>(placed.image)];
    kind = "IMAGE";
    size = {image.width, image.height};
    bytes = size.width * size.height * kTexel * bytes_of(image.dtype);
  }
  if (b.space == Space::weight) {
    kind = "WEIGHT";
    first = "&" + names.weight_place(m.buffer);
  }
  if (b.space == Space::state) {
    kind = "STATE";
    if (names.program().weights.count(m.buffer) != 0)
      first = "&" + names.prefixed(names.member(m.buffer) + "_first");
  }
  return fmt::format("{{TINYCC_RT_{}, {}u, {}u, {}, {}u, {}u}}, /* {} */\n", kind,
                     std::max<int64_t>(placed.offset, 0), bytes, first, size.width, size.height,
                     comment);
}

/// Constants that states start as, with their types where no weight has them.
std::string states_text(const Names& names) {
  std::string out;
  std::set<std::string> known;
  for (const auto& [id, placed] : names.program().buffers) {
    if (placed.buffer->space == Space::weight) known.insert(names.type(id));
  }
  for (const Port& port : names.program().states) {
    const auto found = names.program().weights.find(port.buffer);
    if (found == names.program().weights.end()) continue;
    const std::string& type = names.type(port.buffer);
    if (known.insert(type).second)
      out += struct_text(buffer_of(names.program(), port.buffer), type);
    out += state_constant(names, port, found->second);
  }
  return out;
}

/// May the launches be recorded once and for all? On CUDA and HIP, where nothing in them changes.
bool is_recorded(const Program& program) {
  return (program.target.language == "cuda" || program.target.language == "hip") &&
         program.steps.size() > 1 && std::ranges::all_of(program.steps, [](const Step& s) {
           return s.kind == Step::Kind::call && s.scalars.empty();
         });
}

// ---- kernels ---------------------------------------------------------------------------------

std::string kernel_rows(const Names& names) {
  const Target& target = names.program().target;
  std::string out;
  for (const size_t k : called_kernels(names)) {
    const auto& [items, group] =
        std::pair(names.program().kernels[k].parts, names.program().kernels[k].group);
    out += fmt::format("{{\"{}\", {}, {}, {}}},\n", names.kernel(k), items,
                       group > 0 ? group : std::min(items, target.group), group > 0 ? 1 : 0);
  }
  return out;
}

/// Structs of all that kernels take, as the header has them for the host.
std::string kernel_types(const Names& names) {
  std::map<std::string, std::string> types;
  for (const size_t k : called_kernels(names)) {
    for (const ParameterNames& p : names.parameters(k)) {
      if (p.image) continue;
      const Buffer& b = buffer_of(names.program(), p.buffer);
      types[p.type] = struct_text(b, p.type);
    }
  }
  std::string out;
  for (const auto& [name, text] : types) out += text;
  return out;
}

/// Ends of integers, and suffixes, that the kernels' text names and the language does not.
std::string limits_text(const std::string& text) {
  static constexpr struct {
    const char *name, *arguments, *value;
  } kMacros[] = {
      {"INT8_MAX", "", "127"},
      {"INT8_MIN", "", "(-128)"},
      {"UINT8_MAX", "", "255"},
      {"INT16_MAX", "", "32767"},
      {"INT16_MIN", "", "(-32768)"},
      {"UINT16_MAX", "", "65535"},
      {"INT32_MAX", "", "2147483647"},
      {"INT32_MIN", "", "(-2147483647 - 1)"},
      {"UINT32_MAX", "", "4294967295u"},
      {"INT64_MAX", "", "9223372036854775807L"},
      {"INT64_MIN", "", "(-9223372036854775807L - 1)"},
      {"UINT64_MAX", "", "18446744073709551615uL"},
      {"INT64_C", "(x)", "x##L"},
      {"UINT64_C", "(x)", "x##uL"},
  };
  std::string out;
  for (const auto& [name, arguments, value] : kMacros) {
    if (has_word(text, name))
      out += fmt::format("#ifndef {0}\n#define {0}{1} {2}\n#endif\n", name, arguments, value);
  }
  return out.empty() ? "" : out + "\n";
}

/// The kernels as functions that a host can start.
std::string function_rows(const Names& names) {
  std::string out;
  for (const size_t k : called_kernels(names))
    out += fmt::format("TINYCC_RT_FUNCTION({}),\n", names.kernel(k));
  return out;
}

std::string program_text(const HostInputs& host) {
  TextValues values = common_values(host);
  std::string kernels;
  bool sharded = true;
  for (const std::string& shard : kernel_shards(host, sharded)) kernels += shard;
  values["kernels"] = kernels;
  values["helpers"] = helpers_for(host, kernels);
  values["types"] = kernel_types(host.names);
  const std::string all = values["types"] + values["helpers"] + kernels;
  const Language& language = language_of(host.names);
  const bool fp64 = has_word(all, "double");
  if (fp64 && std::string_view(language.name) == "metal")
    throw Error(ExitCode::unsupported,
                "Metal has no 64-bit floats, and the model computes with them",
                "cast them to float32 in the model, or take another target");
  values["limits"] = limits_text(all);
  values["fp64"] = fp64 ? "1" : "";
  values["functions"] = function_rows(host.names);
  values["kernel_room"] = device_values(host).at("kernel_room");
  values["language"] = language.title;
  const std::string text = wrap_long_lines(
      expand_template(fmt::format("{}.{}", language.name, language.extension), values));
  return host.format ? host.format(text) : text;
}

// ---- the call sequence -----------------------------------------------------------------------

/// Every input must be there, or bound.
std::string null_ports(const Names& names, const Memories& memories) {
  std::vector<std::string> tests;
  const Program& program = names.program();
  for (const auto& [ports, word] :
       {std::pair{&program.inputs, "inputs"}, {&program.outputs, "outputs"}}) {
    for (const Port& port : *ports) {
      tests.push_back(fmt::format("(({}->{} == NULL) && (device->foreign[{}] == 0)) ||", word,
                                  names.member(port.buffer), memories.of(port.buffer).number));
    }
  }
  if (tests.empty()) return "";
  tests.back().resize(tests.back().size() - 3);
  return wrap(tests, std::string(16, ' ')).substr(16);
}

std::string transfers(const Names& names, const Memories& memories, bool up) {
  const Program& program = names.program();
  std::string out;
  for (const Port& port : up ? program.inputs : program.outputs) {
    out += wrap_arguments(fmt::format("{}_{}(device, {}, {}->{});", names.prefix(),
                                      up ? "write" : "read", memories.of(port.buffer).number,
                                      up ? "inputs" : "outputs", names.member(port.buffer)),
                          0) +
           "\n";
  }
  return out.empty() ? (up ? "(void)inputs;\n(void)device;\n" : "(void)outputs;\n") : out;
}

std::string port_numbers(const Names& names, const Memories& memories) {
  std::string out;
  std::set<std::string> taken;
  for (size_t k = 0; k < memories.ports(); ++k) {
    const std::string member = unique_identifier(names.member(memories.rows()[k].buffer), taken);
    out += fmt::format("{} = {}{}\n", names.macro("PORT_" + upper(member)), k,
                       k + 1 < memories.ports() ? "," : "");
  }
  return out.empty() ? names.macro("PORT_NONE = 0\n") : out;
}

/// The text in pieces that string literals hold, each ending with a line where lines are short.
std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> pieces(1);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (pieces.back().size() + (end - at) > kPieceBytes) pieces.emplace_back();
    pieces.back() += text.substr(at, end - at);
    at = end;
  }
  return pieces;
}

/// A piece as literals, one a line; in parentheses, since no comma is missing between them.
std::string literal_lines(const std::string& piece) {
  std::string out;
  for (size_t at = 0; at < piece.size();) {
    const size_t end = std::min(piece.find('\n', at), piece.size() - 1) + 1;
    out += (at == 0 ? "    (" : "     ") + c_string(piece.substr(at, end - at)) + "\n";
    at = end;
  }
  out.back() = ')';
  return out + ",\n";
}

}  // namespace

DeviceCalls::DeviceCalls(const HostInputs& host) : host_(host) {
  const Memories memories(host.names);
  for (const auto& [id, row] : memories.row_of()) memories_[id] = memories.rows()[row].number;
  for (const size_t k : called_kernels(host.names)) kernels_.emplace(k, kernels_.size());
}

std::string DeviceCalls::launch(const Step& step, const std::vector<std::string>& scalars,
                                size_t indent) const {
  std::vector<std::string> arguments;
  for (const int64_t id : step.arguments) arguments.push_back(memories_.at(id));
  const auto list = [](const std::vector<std::string>& items) {
    return items.empty() ? "NULL" : fmt::format("(const int32_t[]){{{}}}", join(items, ", "));
  };
  return wrap_arguments(
             fmt::format("(void)tinycc_rt_device_launch(&device->rt, {}, {}, {}, {}, {});",
                         kernels_.at(step.kernel), list(arguments), arguments.size(), list(scalars),
                         scalars.size()),
             indent) +
         fmt::format(" /* {} */\n", host_.names.kernel(step.kernel));
}

std::string DeviceCalls::flag(int64_t buffer) const {
  return fmt::format("tinycc_rt_device_flag(&device->rt, {})", memories_.at(buffer));
}

TextValues device_values(const HostInputs& host) {
  const Names& names = host.names;
  const Memories memories(names);
  const Language& language = language_of(names);
  const size_t kernels = called_kernels(names).size(), count = memories.rows().size();
  const auto number = [](size_t n) { return std::to_string(n); };
  return {{"language", language.title},
          {"extension", language.extension},
          {"options", language.options},
          {"handle", language.handle},
          {"kernel_count", number(kernels)},
          {"kernel_room", number(std::max<size_t>(kernels, 1))},
          {"memory_count", number(count)},
          {"memory_room", number(std::max<size_t>(count, 1))},
          {"port_numbers", port_numbers(names, memories)}};
}

std::vector<SourceFile> device_files(const HostInputs& host) {
  const Names& names = host.names;
  const std::string& n = names.prefix();
  for (const Port& port : names.program().inputs) {
    if (!port.form.ranges.empty())  // it may lie in the device's memory alone
      throw Error(ExitCode::unsupported,
                  "input '" + port.name + "' decides how much is computed: not on a device");
  }
  const Memories memories(names);
  const std::string text = program_text(host);
  const std::vector<std::string> pieces = pieces_of(text);
  const TopLevel top = top_level(host);
  const std::string kernels = kernel_rows(names);
  std::string rows, numbers, texts;
  for (const Memory& m : memories.rows()) {
    rows += memory_row(names, m);
    numbers += m.number + ",\n";
  }
  for (const std::string& piece : pieces) texts += literal_lines(piece);
  if (!numbers.empty()) numbers.resize(numbers.size() - 2);
  TextValues values = common_values(host);
  values.merge(device_values(host));
  values.merge(
      TextValues{{"pieces", std::to_string(pieces.size())},
                 {"texts", texts},
                 {"kernel_rows", kernels.empty() ? "{\"\", 0, 0, 0}" : kernels},
                 {"memory_rows", rows.empty() ? "{TINYCC_RT_ARENA, 0u, 0u, NULL, 0u, 0u}" : rows},
                 {"memory_numbers", numbers.empty() ? names.macro("M_NONE") : numbers},
                 {"states", states_text(names)},
                 {"null_ports", null_ports(names, memories)},
                 {"wrong_dim", wrong_dim_text(names)},
                 {"uploads", transfers(names, memories, true)},
                 {"downloads", transfers(names, memories, false)},
                 {"composites", top.functions},
                 {"run", join(top.calls, "")},
                 {"recorded", is_recorded(names.program()) ? "1" : ""},
                 {"launched", is_recorded(names.program()) ? "" : "1"},
                 {"cases", cases_text(top.calls)}});
  const Language& language = language_of(names);
  const bool emulated = std::string_view(language.name) != "opencl";
  values.merge(TextValues{{"from_text", language.from_text ? "1" : ""},
                          {"emulated", emulated ? "1" : ""},
                          {"functions", function_rows(names)}});
  std::vector<SourceFile> files{{n + ".c", wrap_long_lines(expand_template("device.c", values))},
                                {n + "." + language.extension, text, Role::kernels}};
  if (language.from_text) files.push_back({n + "_program.c", expand_template("program.c", values)});
  if (emulated)
    files.push_back({n + "_emulate.cc", expand_template("emulate.cc", values), Role::text});
  return files;
}

}  // namespace tinycc
