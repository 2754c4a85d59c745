// See literal.h.
#include "emitters/literal.h"

#include <fmt/format.h>

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
  static constexpr char kOctal[] = "01234567";
  std::string out = "\"";
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?') {
      out += static_cast<char>(c);
      continue;
    }
    const int next = i + 1 < bytes.size() ? static_cast<int>(bytes[i + 1]) : 0;
    const bool digit_follows = next >= '0' && next <= '7';
    out += '\\';
    if (digit_follows || c >= 64) out += kOctal[c / 64];
    if (digit_follows || c >= 8) out += kOctal[c / 8 % 8];
    out += kOctal[c % 8];
  }
  return out + '"';
}

}  // namespace tinycc
