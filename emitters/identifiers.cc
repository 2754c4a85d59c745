// Identifiers of emitted C, and how comments write types and layouts. See names.h.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "emitters/names.h"

namespace tinycc {

namespace {

constexpr size_t kLongest = 40;

/// Words that are no identifiers in C, in C++ (the header is for both) or in the languages of devices,
/// or that are macros or names of the C library wherever emitted code includes its headers. Sorted.
// clang-format off
constexpr std::string_view kReserved[] = {
    "EOF", "NULL", "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool",
    "break", "case", "catch", "char", "class", "compl", "complex", "concept", "const", "const_cast",
    "constant", "consteval", "constexpr", "constinit", "continue", "decltype", "default", "delete",
    "device", "do", "double", "dynamic_cast", "else", "enum", "errno", "explicit", "export",
    "extern", "false", "float", "for", "friend", "global", "goto", "half", "i386", "if",
    "imaginary", "inline", "int", "int16_t", "int32_t", "int64_t", "int8_t", "kernel", "linux",
    "local", "long", "main", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
    "operator", "or", "or_eq", "private", "protected", "ptrdiff_t", "public", "quad", "register",
    "reinterpret_cast", "requires", "restrict", "return", "sampler_t", "short", "signed", "size_t",
    "sizeof", "static", "static_assert", "static_cast", "stderr", "stdin", "stdout", "struct",
    "switch", "template", "this", "thread", "thread_local", "threadgroup", "throw", "true", "try",
    "typedef", "typeid", "typename", "typeof", "uchar", "uint", "uint16_t", "uint32_t", "uint64_t",
    "uint8_t", "uintptr_t", "ulong", "union", "unix", "unsigned", "ushort", "using", "virtual",
    "void", "volatile", "wchar_t", "while", "xor", "xor_eq"};
// clang-format on

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "0", "2(1,1)", "1/8", "1%8": one axis of a layout.
std::string axis_text(const Axis& axis) {
  std::string out = fmt::format("{}", axis.dim);
  if (axis.div != 1) out += fmt::format("/{}", axis.div);
  if (axis.mod != 0) out += fmt::format("%{}", axis.mod);
  if (axis.lo != 0 || axis.hi != 0) out += fmt::format("({},{})", axis.lo, axis.hi);
  if (axis.pad != 0) out += fmt::format("+{}", axis.pad);
  return out;
}

}  // namespace

std::string c_identifier(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_letter(c) || is_digit(c)) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  if (out.size() > kLongest) out.erase(0, out.size() - kLongest);
  while (!out.empty() && out.back() == '_') out.pop_back();
  while (!out.empty() && out.front() == '_') out.erase(0, 1);
  if (out.empty() || is_digit(out.front())) out.insert(0, "x");
  if (std::binary_search(std::begin(kReserved), std::end(kReserved), out)) out += "_";
  return out;
}

bool is_c_identifier(std::string_view text) {
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), fits) &&
         !std::binary_search(std::begin(kReserved), std::end(kReserved), text);
}

std::string unique_identifier(std::string_view text, std::set<std::string>& taken) {
  const std::string plain = c_identifier(text);
  if (taken.insert(plain).second) return plain;
  const auto name = [&](int64_t k) { return fmt::format("{}_{}", plain, k); };
  int64_t low = 1, high = 2;  // low is taken: then high is sought, in larger and larger steps
  for (; taken.contains(name(high)); high += std::max<int64_t>(1, high / 16)) low = high;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (taken.contains(name(middle)) ? low : high) = middle;
  }
  return *taken.insert(name(high)).first;
}

std::string shape_text(DType dtype, const std::vector<int64_t>& shape) {
  if (shape.empty()) return std::string(name_of(dtype));
  return fmt::format("{}[{}]", name_of(dtype), fmt::join(shape, ","));
}

std::string layout_text(const Buffer& buffer) {
  if (buffer.layout == Layout::row_major(buffer.shape.size())) return "";
  std::vector<std::string> axes;
  for (const Axis& axis : buffer.layout.axes) axes.push_back(axis_text(axis));
  return fmt::format("{}", fmt::join(axes, " "));
}

std::string extents_text(const Buffer& buffer) {
  std::string out;
  for (const int64_t extent : buffer.layout.extents(buffer.shape)) {
    out += fmt::format("[{}]", std::max<int64_t>(extent, 1));  // C has no empty arrays
  }
  return out;
}

}  // namespace tinycc
