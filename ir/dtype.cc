// The number types: table look-ups, and rounding to each floating format. All formats but f64 and
// f32 are described by one record (exponent and mantissa bits, bias, what happens at the top) and
// handled by the same arithmetic on doubles, which is exact: a double has room for all of them.
#include "ir/dtype.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "ir/error.h"

namespace tinycc {
namespace {

struct Row {
  std::string_view name;
  int onnx, bits;
  DKind kind;
  std::string_view c;
};

constexpr Row kRows[] = {
#define TCC_DTYPE(name, onnx, bits, kind, c) {#name, onnx, bits, DKind::kind, c},
#include "ir/dtypes.def"
#undef TCC_DTYPE
};

const Row& row_of(DType type) { return kRows[static_cast<size_t>(type)]; }
constexpr int kCount = static_cast<int>(sizeof kRows / sizeof kRows[0]);

/// What a format does beyond its largest value.
enum class Top : uint8_t {
  ieee,    // infinity; the last exponent holds infinity and NaN
  nan,     // ONNX's "fn": no infinity; all ones is NaN
  uz,      // ONNX's "fnuz": no infinity, no negative zero; that pattern is the only NaN
  finite,  // neither: saturates; NaN becomes the largest value
};

struct Format {
  int exponent_bits, mantissa_bits, bias;
  Top top;
  double largest;
};

Format format_of(DType type) {
  switch (type) {
    case DType::f16: return {5, 10, 15, Top::ieee, 65504.0};
    case DType::bf16: return {8, 7, 127, Top::ieee, 0x1.fep127};
    case DType::f8e4m3fn: return {4, 3, 7, Top::nan, 448.0};
    case DType::f8e4m3fnuz: return {4, 3, 8, Top::uz, 240.0};
    case DType::f8e5m2: return {5, 2, 15, Top::ieee, 57344.0};
    case DType::f8e5m2fnuz: return {5, 2, 16, Top::uz, 57344.0};
    case DType::f4e2m1: return {2, 1, 1, Top::finite, 6.0};
    default: TCC_CHECK(false, "no small floating type"); return {};
  }
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double beyond(const Format& f, double value) {
  switch (f.top) {
    case Top::ieee: return std::isnan(value) ? kNaN : std::copysign(kInfinity, value);
    case Top::nan:
    case Top::uz: return kNaN;
    case Top::finite: return std::isnan(value) ? 0 : std::copysign(f.largest, value);
  }
  return kNaN;
}

double round_small(const Format& f, double value) {
  if (!std::isfinite(value)) return beyond(f, value);
  int exponent = 0;
  std::frexp(value, &exponent);  // |value| in [2^(exponent-1), 2^exponent)
  const int unit = std::max(exponent - 1, 1 - f.bias) - f.mantissa_bits;
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -unit)), unit);
  if (std::fabs(rounded) > f.largest) return beyond(f, rounded);
  return rounded == 0 && f.top == Top::uz ? 0.0 : rounded;
}

uint64_t nan_pattern(const Format& f) {
  const uint64_t sign = uint64_t{1} << (f.exponent_bits + f.mantissa_bits);
  if (f.top == Top::uz) return sign;
  if (f.top == Top::nan) return sign - 1;
  return (sign - 1) ^ ((uint64_t{1} << (f.mantissa_bits - 1)) - 1);  // quiet
}

uint64_t encode_small(const Format& f, double value) {
  if (std::isnan(value)) return nan_pattern(f);
  const uint64_t sign = static_cast<uint64_t>(std::signbit(value))
                        << (f.exponent_bits + f.mantissa_bits);
  const uint64_t one = uint64_t{1} << f.mantissa_bits;
  if (std::isinf(value)) return sign | (((uint64_t{1} << f.exponent_bits) - 1) * one);
  int exponent = 0;
  std::frexp(value, &exponent);
  const int top = value == 0 ? 1 - f.bias : std::max(exponent - 1, 1 - f.bias);
  const auto steps = static_cast<uint64_t>(std::ldexp(std::fabs(value), f.mantissa_bits - top));
  // A normal value's leading one adds 1 to the exponent field; a subnormal has none.
  return sign | (static_cast<uint64_t>(top + f.bias - 1) * one + steps);
}

double decode_small(const Format& f, uint64_t pattern) {
  const uint64_t one = uint64_t{1} << f.mantissa_bits, last = (uint64_t{1} << f.exponent_bits) - 1;
  const uint64_t sign = pattern >> (f.exponent_bits + f.mantissa_bits) & 1;
  const uint64_t field = pattern >> f.mantissa_bits & last, mantissa = pattern & (one - 1);
  if (f.top == Top::uz && pattern == nan_pattern(f)) return kNaN;
  if (f.top == Top::nan && field == last && mantissa == one - 1) return kNaN;
  if (f.top == Top::ieee && field == last && mantissa != 0) return kNaN;
  const double magnitude =
      f.top == Top::ieee && field == last ? kInfinity
      : field == 0 ? std::ldexp(static_cast<double>(mantissa), 1 - f.bias - f.mantissa_bits)
                   : std::ldexp(static_cast<double>(one + mantissa),
                                static_cast<int>(field) - f.bias - f.mantissa_bits);
  return sign != 0 ? -magnitude : magnitude;
}

/// f8e8m0 is an exponent alone: 2^(pattern - 127), 255 is NaN. Nothing is zero, infinite or negative.
double decode_power(uint64_t pattern) {
  return pattern == 255 ? kNaN : std::ldexp(1.0, static_cast<int>(pattern) - 127);
}

/// To the nearest, in the middle up; the sign is ignored, infinity becomes NaN.
uint64_t encode_power(double value) {
  if (!std::isfinite(value)) return 255;
  if (std::fabs(value) <= 0x1p-127) return 0;
  int exponent = 0;  // |value| in [2^(exponent-1), 2^exponent)
  const bool up = std::frexp(std::fabs(value), &exponent) >= 0.75;
  return static_cast<uint64_t>(std::clamp(exponent - (up ? 0 : 1), -127, 127) + 127);
}

}  // namespace

std::string_view name_of(DType type) { return is_bool(type) ? "bool" : row_of(type).name; }

std::optional<DType> dtype_named(std::string_view name) {
  for (int i = 0; i < kCount; ++i) {
    if (name_of(static_cast<DType>(i)) == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

std::optional<DType> dtype_from_onnx(int number) {
  for (int i = 0; i < kCount; ++i) {
    if (kRows[i].onnx == number) return static_cast<DType>(i);
  }
  return std::nullopt;
}

int onnx_number(DType type) { return row_of(type).onnx; }
DKind kind_of(DType type) { return row_of(type).kind; }
int bits_of(DType type) { return row_of(type).bits; }
int64_t bytes_of(DType type) { return (bits_of(type) + 7) / 8; }
std::string_view c_type(DType type) { return row_of(type).c; }

double round_to(DType type, double value) {
  if (type == DType::f64) return value;
  if (type == DType::f32) return static_cast<double>(static_cast<float>(value));
  if (type == DType::f8e8m0) return decode_power(encode_power(value));
  return round_small(format_of(type), value);
}

int64_t wrap_to(DType type, int64_t value) {
  if (is_bool(type)) return value != 0 ? 1 : 0;
  const int spare = 64 - bits_of(type);
  const uint64_t top = static_cast<uint64_t>(value) << spare;
  if (kind_of(type) == DKind::signed_int) return static_cast<int64_t>(top) >> spare;
  return static_cast<int64_t>(top >> spare);
}

uint64_t encode_float(DType type, double value) {
  if (type == DType::f64) return std::bit_cast<uint64_t>(value);
  if (type == DType::f32) return std::bit_cast<uint32_t>(static_cast<float>(value));
  if (type == DType::f8e8m0) return encode_power(value);
  return encode_small(format_of(type), round_to(type, value));
}

double decode_float(DType type, uint64_t pattern) {
  if (type == DType::f64) return std::bit_cast<double>(pattern);
  if (type == DType::f32) {
    return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(pattern)));
  }
  if (type == DType::f8e8m0) return decode_power(pattern);
  return decode_small(format_of(type), pattern);
}

}  // namespace tinycc
