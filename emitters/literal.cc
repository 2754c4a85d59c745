// See literal.h.
#include "emitters/literal.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

namespace tinycc {

namespace {

/// As printf's %a: "0x1.8p-1"; zero keeps its sign.
std::string hexadecimal(double value) {
  if (value == 0) return std::signbit(value) ? "-0x0p+0" : "0x0p+0";
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);  // 0.5 <= fraction < 1
  const auto bits = static_cast<uint64_t>(std::ldexp(fraction, 53));
  std::string digits = fmt::format("{:013x}", bits & ((uint64_t{1} << 52) - 1));
  digits.erase(digits.find_last_not_of('0') + 1);
  return fmt::format("{}0x1{}{}p{:+d}", value < 0 ? "-" : "", digits.empty() ? "" : ".", digits,
                     exponent - 1);
}

std::string float_literal(double value, bool wide) {
  if (std::isfinite(value)) return hexadecimal(value) + (wide ? "" : "f");
  const std::string macro = std::isnan(value) ? "NAN" : "INFINITY";
  const std::string sign = !std::isnan(value) && value < 0 ? "-" : "";
  return sign + (wide ? "(double)" : "") + macro;
}

std::string signed_literal(DType dtype, int64_t value) {
  if (dtype == DType::i64) {
    const bool least = value == std::numeric_limits<int64_t>::min();
    return least ? "(-9223372036854775807LL - 1)" : fmt::format("{}LL", value);
  }
  const bool least = dtype == DType::i32 && value == std::numeric_limits<int32_t>::min();
  return least ? "(-2147483647 - 1)" : fmt::format("{}", value);
}

std::string unsigned_literal(DType dtype, int64_t value) {
  if (dtype == DType::u64) return fmt::format("{}ULL", static_cast<uint64_t>(value));
  return fmt::format("{}u", value);
}

/// How each byte is written in a string: [0] at its shortest, [1] where an octal digit follows.
using EscapeTable = std::array<std::array<std::string, 256>, 2>;

EscapeTable escape_table() {
  EscapeTable table;
  for (unsigned c = 0; c < 256; ++c) {
    const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?';
    table[0][c] = plain ? std::string(1, static_cast<char>(c)) : fmt::format("\\{:o}", c);
    table[1][c] = plain ? table[0][c] : fmt::format("\\{:03o}", c);
  }
  return table;
}

}  // namespace

std::string literal(const TensorData& data, int64_t i) {
  const DType dtype = data.dtype;
  if (dtype == DType::f32 || dtype == DType::f64) {
    return float_literal(data.number(i), dtype == DType::f64);
  }
  if (is_float(dtype)) {
    return fmt::format("0x{:0{}x}u", encode_float(dtype, data.number(i)), bytes_of(dtype) * 2);
  }
  const int64_t value = data.integer(i);
  return kind_of(dtype) == DKind::signed_int ? signed_literal(dtype, value)
                                             : unsigned_literal(dtype, value);
}

bool needs_math_h(const TensorData& data) {
  if (data.dtype != DType::f32 && data.dtype != DType::f64) return false;
  for (int64_t i = 0; i < data.count(); ++i) {
    if (!std::isfinite(data.number(i))) return true;
  }
  return false;
}

std::vector<std::string> nested_items(const TensorData& data, const std::vector<int64_t>& extents) {
  std::vector<std::string> items;
  const int64_t count = count_of(extents);
  if (count == 0) return {"0"};
  for (int64_t i = 0; i < count; ++i) {
    std::string open, close;
    int64_t row = 1;
    for (size_t axis = extents.size(); axis-- > 1;) {
      row *= extents[axis];
      if (i % row == 0) open += '{';
      if ((i + 1) % row == 0) close += '}';
    }
    items.push_back(open + literal(data, i) + close);
  }
  return items;
}

std::string bytes_literal(std::span<const std::byte> bytes) {
  static const EscapeTable table = escape_table();
  std::string out;
  out.reserve(bytes.size() * 4 + 2);
  out += '"';
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto next = i + 1 < bytes.size() ? std::to_integer<unsigned>(bytes[i + 1]) : 0u;
    const bool digit_follows = next >= '0' && next <= '7';
    out += table[digit_follows ? 1 : 0][std::to_integer<size_t>(bytes[i])];
  }
  return out + '"';
}

}  // namespace tinycc
