// NAME_weights.h and what it declares: the constants as C source, or as a binary file. Small
// tensors are hexadecimal literals in one struct; large ones are strings of bytes, an object each,
// in as many files as keep a compiler's time and memory within bounds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "emitters/host_files.h"
#include "emitters/literal.h"
#include "ir/hash.h"

namespace tinycc {

namespace {

constexpr int64_t kRowBytes = 4032;       // C99 promises strings of 4,095 bytes
constexpr int64_t kShardBytes = 4 << 20;  // of data: about 0.3 s of compiling

/// One tensor that is constant.
struct Constant {
  int64_t id = 0;
  std::string member;
  std::string type;  // its struct, or empty: a plain array
  const Buffer* buffer = nullptr;
  const TensorData* data = nullptr;
  bool apart = false;
};

std::vector<Constant> constants_of(const Names& names) {
  std::vector<Constant> out;
  const Program& program = names.program();
  for (const auto& [id, data] : program.weights) {
    const Buffer& buffer = buffer_of(program, id);
    if (buffer.space != Space::weight) continue;  // the first value of a state: NAME_state_init
    TCC_CHECK(data.count() == buffer.elements(),
              fmt::format("{} has {} values, its buffer {}", buffer.name, data.count(),
                          buffer.elements()));
    out.push_back({id, names.member(id), names.weight_is_struct(id) ? names.type(id) : "", &buffer,
                   &data, names.weight_is_apart(id)});
  }
  return out;
}

/// Vectors' alignment where the dialect has vectors, else 0.
int64_t vector_align(const Program& program) {
  return program.target.dialect == "gnu" ? program.target.vector_bytes : 0;
}

bool is_aligned(const Program& program, const Constant& c) {
  const int64_t align = vector_align(program);
  return align > bytes_of(c.buffer->dtype) && c.buffer->bytes() >= align;
}

int64_t align_of(const Program& program, const Constant& c) {
  return is_aligned(program, c) ? vector_align(program) : bytes_of(c.buffer->dtype);
}

std::string describe(const Constant& c) {
  const Buffer& buffer = *c.buffer;
  std::string out = comment_text(buffer.alias.empty() ? buffer.name : buffer.alias) + " " +
                    shape_text(buffer.dtype, buffer.shape);
  const std::string axes = layout_text(buffer);
  return axes.empty() ? out : out + ", axes " + axes;
}

std::string range_text(const TensorData& data) {
  double low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < data.count(); ++i) {
    low = std::min(low, data.number(i));
    high = std::max(high, data.number(i));
  }
  return low > high ? "" : fmt::format("; range {:.3g} .. {:.3g}", low, high);
}

// ---- declarations ----------------------------------------------------------------------------

std::string member_text(const Names& names, const Constant& c) {
  std::string out = c.type.empty() ? fmt::format("{} {}{}", c_type(c.buffer->dtype), c.member,
                                                 extents_text(*c.buffer))
                                   : fmt::format("{} {}", c.type, c.member);
  if (is_aligned(names.program(), c)) out += " " + names.macro("ALIGNED");
  return fmt::format("{}; /* {} */\n", out, describe(c));
}

std::string large_type(const Names& names, const Constant& c, int64_t rows, int64_t row_bytes) {
  const std::string aligned =
      is_aligned(names.program(), c) ? " " + names.macro("ALIGNED") : std::string();
  const std::string values =
      c.type.empty() ? fmt::format("{} at{}", c_type(c.buffer->dtype), extents_text(*c.buffer))
                     : c.type + " tensor";
  return fmt::format(
      "typedef union {{ /* {} */\n    char rows[{}][{}];\n    {}{};\n}} {}_data;\n"
      "extern const {}_data {};\n\n",
      describe(c), rows, row_bytes, values, aligned, names.prefixed("w_" + c.member),
      names.prefixed("w_" + c.member), names.prefixed("w_" + c.member));
}

/// Rows of equal length, as few as there can be, that hold `bytes`; a row ends between numbers.
std::pair<int64_t, int64_t> rows_of(int64_t bytes) {
  const int64_t rows = (bytes + kRowBytes - 1) / kRowBytes;
  const int64_t length = ((bytes + rows - 1) / rows + 7) / 8 * 8;
  return {rows, length};
}

/// Structs of weights that no header of the model declares yet; a device's declares none.
std::string weight_types(const Names& names) {
  std::set<std::string> wanted;
  for (const auto& [id, placed] : names.program().buffers) {
    if (placed.buffer->space == Space::weight) wanted.insert(names.type(id));
  }
  std::string out;
  for (const auto& [type, id] : names.shared_types()) {
    const Buffer& buffer = buffer_of(names.program(), id);
    const bool here = names.program().target.is_device() ? wanted.count(type) != 0
                                                         : buffer.space == Space::weight;
    if (!here) continue;
    out += struct_text(buffer, type);
  }
  return out;
}

std::string declarations(const HostInputs& host, const std::vector<Constant>& constants) {
  const Names& names = host.names;
  std::string members, large;
  bool integers = false, aligned = false;
  for (const Constant& c : constants) {
    integers = integers || needs_stdint(c.buffer->dtype);
    aligned = aligned || is_aligned(names.program(), c);
    if (c.apart) {
      const auto [rows, length] = rows_of(c.buffer->bytes());
      large += large_type(names, c, rows, length);
    } else {
      members += member_text(names, c);
    }
  }
  TextValues values = common_values(host);
  values.merge(
      TextValues{{"stdint", integers ? "1" : ""},
                 {"align", aligned ? fmt::format("{}", vector_align(names.program())) : ""},
                 {"weight_types", weight_types(names)},
                 {"members", members},
                 {"mark_bytes", fmt::format("{}", kWeightsMarkBytes)},
                 {"large", large}});
  return expand_template("weights.h", values);
}

// ---- as source -------------------------------------------------------------------------------

std::string initialiser(const Constant& c) {
  const std::vector<int64_t> extents = c.buffer->layout.extents(c.buffer->shape);
  std::string items = wrap_items(nested_items(*c.data, extents), 5).substr(5);
  const size_t braces = extents.empty() ? 0 : (count_of(extents) == 0 ? extents.size() : 1);
  items = std::string(braces, '{') + items + std::string(braces, '}');
  if (!c.type.empty()) items = "{" + items + "}";
  const bool fits = items.find('\n') == std::string::npos && items.size() + c.member.size() < 90;
  return fmt::format("    /* {}{} */\n    .{} ={}{},\n", describe(c), range_text(*c.data), c.member,
                     fits ? " " : "\n    ", items);
}

std::string small_file(const HostInputs& host, const std::vector<Constant>& constants) {
  std::string text;
  bool math = false;
  for (const Constant& c : constants) {
    if (c.apart) continue;
    text += initialiser(c);
    math = math || needs_math_h(*c.data);
  }
  if (text.empty()) return text;
  TextValues values = common_values(host);
  values["math"] = math ? "1" : "";
  values["initialisers"] = text;
  return expand_template("weights.c", values);
}

std::string large_object(const Names& names, const Constant& c) {
  const std::vector<std::byte>& bytes = *c.data->bytes;
  const auto length = static_cast<size_t>(rows_of(c.buffer->bytes()).second);
  const std::string name = names.prefixed("w_" + c.member);
  std::string out = fmt::format("/* {} */\nconst {}_data {} = {{{{\n", describe(c), name, name);
  for (size_t at = 0; at < bytes.size(); at += length) {
    const size_t count = std::min(length, bytes.size() - at);
    out += bytes_literal(std::span(bytes).subspan(at, count)) + ",\n";
  }
  return out + "}};\n\n";
}

/// Large tensors, in order, in files of about kShardBytes of data.
std::vector<SourceFile> large_files(const HostInputs& host, const std::vector<Constant>& all) {
  std::vector<SourceFile> files;
  TextValues values = common_values(host);
  std::string text;
  int64_t filled = 0;
  const auto finish = [&] {
    if (text.empty()) return;
    values["objects"] = std::exchange(text, {});
    files.push_back({fmt::format("{}_weights_{}.c", host.names.prefix(), files.size() + 1),
                     expand_template("weights_large.c", values)});
    filled = 0;
  };
  for (const Constant& c : all) {
    if (!c.apart) continue;
    if (filled + c.buffer->bytes() > kShardBytes) finish();
    text += large_object(host.names, c);
    filled += c.buffer->bytes();
  }
  finish();
  return files;
}

// ---- as a binary file ------------------------------------------------------------------------

void pad_to(std::string& out, int64_t align) {
  while (static_cast<int64_t>(out.size()) % align != 0) out += '\0';
}

std::string weights_mark(const Names& names, std::string_view contents) {
  std::string mark = fmt::format("tinycc weights 1 {:016x} ", fnv1a(contents)) + names.prefix();
  mark.resize(kWeightsMarkBytes, '\0');
  return mark;
}

}  // namespace

int64_t weights_align(const Names& names) {
  int64_t align = 1;
  for (const Constant& c : constants_of(names)) {
    align = std::max(align, align_of(names.program(), c));
  }
  return align;
}

std::string weights_binary(const Names& names) {
  std::string out;
  for (const Constant& c : constants_of(names)) {
    pad_to(out, align_of(names.program(), c));
    const std::vector<std::byte>& bytes = *c.data->bytes;
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  pad_to(out, weights_align(names));
  return weights_mark(names, out) + out;
}

std::vector<SourceFile> weight_files(const HostInputs& host) {
  const Names& names = host.names;
  const std::vector<Constant> constants = constants_of(names);
  if (constants.empty()) return {};
  const std::string stem = names.prefix() + "_weights";
  std::vector<SourceFile> files{{stem + ".h", declarations(host, constants), Role::header}};
  if (names.weights_mode() == WeightsMode::source) {
    const std::string small = small_file(host, constants);
    if (!small.empty()) files.push_back({stem + ".c", small});
    for (SourceFile& file : large_files(host, constants)) files.push_back(std::move(file));
    return files;
  }
  files.push_back({stem + ".bin", weights_binary(names), Role::text});
  if (names.weights_mode() == WeightsMode::incbin) {
    TextValues values = common_values(host);
    values["file_bytes"] = thousands(static_cast<int64_t>(files.back().text.size()));
    values["file_align"] = fmt::format("{}", weights_align(names));
    files.push_back({stem + ".c", expand_template("weights_incbin.c", values)});
  }
  return files;
}

}  // namespace tinycc
