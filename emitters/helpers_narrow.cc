// Types that C does not have, as functions of C99: floats of 16, 8 and 4 bits are patterns in memory
// and floats in arithmetic, rounded after each operation; integers of 4 and 2 bits lie in bytes and
// wrap after each operation. And bits of one type as another.
#include <fmt/format.h>

#include "emitters/helpers.h"
#include "ir/dtype.h"

namespace tinycc {
namespace {

constexpr HelperRow kShared[] = {
    {"@P@_f_small_value", R"(
/* The value of a float's pattern: a sign over `exponent` over `mantissa` bits. Patterns from `first`
 * on (without the sign) are infinite or NaN; `nan` is a pattern that is NaN. */
static float @P@_f_small_value(uint32_t bits, uint32_t exponent, uint32_t mantissa, int32_t bias,
                               uint32_t first, uint32_t nan)
{
    union {
        float number;
        uint32_t bits;
    } value;
    const uint32_t sign = bits >> (exponent + mantissa);
    const uint32_t size = bits & ((1u << (exponent + mantissa)) - 1u);
    const uint32_t field = size >> mantissa;

    if ((bits == nan) || (size == nan) || (size > first)) {
        value.bits = 0x7FC00000u;
    } else if (size == first) {
        value.bits = 0x7F800000u;
    } else if (field != 0u) {
        value.bits = ((uint32_t)((int32_t)field + (127 - bias)) << 23);
        value.bits |= (size & ((1u << mantissa) - 1u)) << (23u - mantissa);
    } else {
        value.bits = (uint32_t)(128 - bias) << 23; /* 2^(1 - bias) */
        value.number = value.number * ((float)size / (float)(1u << mantissa));
    }
    return (sign != 0u) ? -value.number : value.number;
}
)"},
    {"@P@_f_small_bits", R"(
/* The pattern nearest to x, ties to even. Beyond `largest` it is `beyond`, for NaN `nan`. */
static uint32_t @P@_f_small_bits(float x, uint32_t exponent, uint32_t mantissa, int32_t bias,
                                 uint32_t largest, uint32_t beyond, uint32_t nan)
{
    union {
        float number;
        uint32_t bits;
    } value;
    uint32_t size = 0;
    uint32_t steps = 0;
    uint32_t shift = 23u - mantissa;
    int32_t power = 0;

    value.number = x;
    size = value.bits & 0x7FFFFFFFu;
    power = (int32_t)(size >> 23) - 127;
    steps = (size & 0x007FFFFFu) | ((power > -127) ? 0x00800000u : 0u);
    power = (power > -127) ? power : -126;
    if (power < (1 - bias)) {
        shift += (uint32_t)((1 - bias) - power);
        power = 1 - bias;
    }
    if (shift < 31u) {
        const uint32_t rest = steps & ((1u << shift) - 1u);
        const uint32_t half = 1u << (shift - 1u);

        steps >>= shift;
        steps += ((rest > half) || ((rest == half) && ((steps & 1u) != 0u))) ? 1u : 0u;
    } else {
        steps = 0;
    }
    steps += (uint32_t)((power + bias) - 1) << mantissa;
    if (steps > largest) {
        steps = beyond;
    }
    if (size > 0x7F800000u) {
        steps = nan;
    } else if (((steps == 0u) || (steps == nan)) && (nan == (1u << (exponent + mantissa)))) {
        /* zero has no sign, and minus zero is NaN */
    } else {
        steps |= (value.bits >> 31) << (exponent + mantissa);
    }
    return steps;
}
)"},
    {"@P@_f_odd_f32", R"(
/* x as a float, to an odd one if it is inexact: rounding that once more, to fewer bits, is right. */
static float @P@_f_odd_f32(double x)
{
    union {
        float number;
        uint32_t bits;
    } value;

    value.number = (float)x;
    if (((double)value.number != x) && ((value.bits & 1u) == 0u) && (x == x)) {
        const double size = (x < 0.0) ? -x : x;
        const double near = (x < 0.0) ? -(double)value.number : (double)value.number;

        value.bits = (near > size) ? (value.bits - 1u) : (value.bits | 1u);
    }
    return value.number;
}
)"},
};

// @T@, @t@: the name of a float of 8 or 4 bits and the C type of its pattern.
constexpr HelperRow kFloatRows[] = {
    {"@P@_f_widen_@T@", R"(
static float @P@_f_widen_@T@(uint32_t bits)
{
    return @P@_f_small_value(bits, @EXPONENT@u, @MANTISSA@u, @BIAS@, @FIRST@u, @NEVER@u);
}
)"},
    {"@P@_f_narrow_@T@", R"(
static @t@ @P@_f_narrow_@T@(float x)
{
    return (@t@)@P@_f_small_bits(x, @EXPONENT@u, @MANTISSA@u, @BIAS@, @LARGEST@u, @BEYOND@u, @NAN@u);
}
)"},
    {"@P@_f_round_@T@", R"(
static float @P@_f_round_@T@(float x)
{
    return @P@_f_widen_@T@(@P@_f_narrow_@T@(x));
}
)"},
};

// An exponent alone; see encode_power in ir/dtype.cc.
constexpr HelperRow kPowerRows[] = {
    {"@P@_f_widen_f8e8m0", R"(
static float @P@_f_widen_f8e8m0(uint32_t bits)
{
    union {
        float number;
        uint32_t bits;
    } value;

    value.bits = (bits == 255u) ? 0x7FC00000u : ((bits == 0u) ? 0x00400000u : (bits << 23));
    return value.number;
}
)"},
    {"@P@_f_narrow_f8e8m0", R"(
/* The pattern of the nearest power of two, whatever the sign. */
static uint8_t @P@_f_narrow_f8e8m0(float x)
{
    union {
        float number;
        uint32_t bits;
    } value;
    uint32_t field = 0;

    value.number = x;
    field = (value.bits >> 23) & 0xFFu;
    if ((field < 254u) && ((value.bits & 0x007FFFFFu) > ((field > 0u) ? 0x003FFFFFu : 0x005FFFFFu))) {
        ++field;
    }
    return (uint8_t)field;
}
)"},
    kFloatRows[2],
};

// What rounding to f16 begins with: the number without its sign, and the same as a multiple of 2^-24,
// the least f16.
constexpr const char* kF16Parts = R"(
    union {
        float number;
        uint32_t bits;
    } value, small;
    uint32_t sign = 0;
    uint32_t size = 0;
    uint32_t near = 0;

    value.number = x;
    sign = value.bits & 0x80000000u;
    size = value.bits ^ sign;
    small.bits = size;
    small.number = small.number + 0.5f; /* in steps of 2^-24 */)";

// The two formats that models compute in, without branches: compilers make vectors of these. Sums with
// 2^23 steps of the format's least number round to such steps; the rest is integer arithmetic.
constexpr HelperRow kF16Rows[] = {
    {"@P@_f_widen_f16", R"(
static float @P@_f_widen_f16(uint32_t bits)
{
    union {
        float number;
        uint32_t bits;
    } value, small;
    const uint32_t size = (bits & 0x7FFFu) << 13;

    small.bits = size + 0x38800000u;
    small.number = small.number - 6.103515625e-05f; /* 2^-14 */
    value.bits = size + ((size < 0x0F800000u) ? 0x38000000u : 0x70000000u); /* infinite, NaN */
    value.bits = (size < 0x00800000u) ? small.bits : value.bits;
    value.bits |= (bits & 0x8000u) << 16;
    return value.number;
}
)"},
    {"@P@_f_narrow_f16", R"(
static uint16_t @P@_f_narrow_f16(float x)
{
@F16_PARTS@
    near = (size + (0x0FFFu + ((size >> 13) & 1u))) & 0xFFFFE000u;
    near = (near >= 0x47800000u) ? 0x7C00u : ((near - 0x38000000u) >> 13);
    near = (size < 0x38800000u) ? (small.bits - 0x3F000000u) : near;
    near = (size > 0x7F800000u) ? 0x7E00u : near;
    return (uint16_t)(near | (sign >> 16));
}
)"},
    {"@P@_f_round_f16", R"(
static float @P@_f_round_f16(float x)
{
@F16_PARTS@
    small.number = small.number - 0.5f;
    near = (size + (0x0FFFu + ((size >> 13) & 1u))) & 0xFFFFE000u;
    near = (near >= 0x47800000u) ? 0x7F800000u : near;
    near = (size < 0x38800000u) ? small.bits : near;
    near = (size > 0x7F800000u) ? 0x7FC00000u : near;
    value.bits = near | sign;
    return value.number;
}
)"},
};
constexpr HelperRow kBf16Rows[] = {
    {"@P@_f_widen_bf16", R"(
static float @P@_f_widen_bf16(uint32_t bits)
{
    union {
        float number;
        uint32_t bits;
    } value;

    value.bits = bits << 16;
    return value.number;
}
)"},
    {"@P@_f_narrow_bf16", R"(
static uint16_t @P@_f_narrow_bf16(float x)
{
    union {
        float number;
        uint32_t bits;
    } value;
    uint32_t near = 0;

    value.number = x;
    near = value.bits + (0x7FFFu + ((value.bits >> 16) & 1u));
    near = ((value.bits & 0x7FFFFFFFu) > 0x7F800000u) ? 0x7FC00000u : near;
    return (uint16_t)(near >> 16);
}
)"},
    {"@P@_f_round_bf16", R"(
static float @P@_f_round_bf16(float x)
{
    return @P@_f_widen_bf16(@P@_f_narrow_bf16(x));
}
)"},
};

struct SmallFloat {
  DType dtype;
  int exponent, mantissa, bias;
  unsigned largest, beyond, nan, first;  // first: of those that are no finite numbers
};

constexpr SmallFloat kFloats[] = {
    {DType::f8e4m3fn, 4, 3, 7, 0x7E, 0x7F, 0x7F, 0xFF},
    {DType::f8e4m3fnuz, 4, 3, 8, 0x7F, 0x80, 0x80, 0xFF},
    {DType::f8e5m2, 5, 2, 15, 0x7B, 0x7C, 0x7E, 0x7C},
    {DType::f8e5m2fnuz, 5, 2, 16, 0x7F, 0x80, 0x80, 0xFF},
    {DType::f4e2m1, 2, 1, 1, 0x7, 0x7, 0x0, 0xFF},
};

constexpr HelperRow kSignedRow[] = {
    {"@P@_f_round_@T@",
     "#define @P@_f_round_@T@(x) \\\n    ((int8_t)((((int32_t)(x) & @MASK@) ^ @SIGN@) - "
     "@SIGN@))\n"},
};
constexpr HelperRow kUnsignedRow[] = {
    {"@P@_f_round_@T@",
     "#define @P@_f_round_@T@(x) \\\n    ((uint8_t)((uint32_t)(x) & @MASK@u))\n"},
};

// @F@, @G@: two C types of one width; @f@, @g@: their names.
constexpr HelperRow kBitcastRow[] = {
    {"@P@_f_bitcast_@f@_@g@", R"(
static @G@ @P@_f_bitcast_@f@_@g@(@F@ x)
{
    union {
        @F@ from;
        @G@ to;
    } value;

    value.from = x;
    return value.to;
}
)"},
};

Replacements words_of(Replacements with, const SmallFloat& f) {
  // f4e2m1 has no NaN, which becomes 0; no pattern of it is special.
  const unsigned never = f.dtype == DType::f4e2m1 ? 0xFFU : f.nan;
  with.insert(with.end(), {{"@T@", std::string(name_of(f.dtype))},
                           {"@t@", std::string(c_type(f.dtype))},
                           {"@EXPONENT@", std::to_string(f.exponent)},
                           {"@MANTISSA@", std::to_string(f.mantissa)},
                           {"@BIAS@", std::to_string(f.bias)},
                           {"@LARGEST@", fmt::format("0x{:X}", f.largest)},
                           {"@BEYOND@", fmt::format("0x{:X}", f.beyond)},
                           {"@FIRST@", fmt::format("0x{:X}", f.first)}});
  with.push_back({"@NAN@", fmt::format("0x{:X}", f.nan)});
  with.push_back({"@NEVER@", fmt::format("0x{:X}", never)});
  return with;
}

}  // namespace

void add_narrow_helpers(std::vector<HelperText>& helpers, const Replacements& with) {
  add_rows(helpers, kShared, with);
  Replacements f16 = with;
  f16.push_back({"@F16_PARTS@", kF16Parts + 1});
  add_rows(helpers, kF16Rows, f16);
  add_rows(helpers, kBf16Rows, with);
  for (const SmallFloat& f : kFloats) add_rows(helpers, kFloatRows, words_of(with, f));
  Replacements power = with;
  power.insert(power.end(), {{"@T@", "f8e8m0"}});
  add_rows(helpers, kPowerRows, power);
  for (const DType i : {DType::i4, DType::i2, DType::u4, DType::u2}) {
    Replacements words = with;
    words.insert(words.end(), {{"@T@", std::string(name_of(i))},
                               {"@MASK@", std::to_string((1 << bits_of(i)) - 1)},
                               {"@SIGN@", std::to_string(1 << (bits_of(i) - 1))}});
    if (kind_of(i) == DKind::signed_int)
      add_rows(helpers, kSignedRow, words);
    else
      add_rows(helpers, kUnsignedRow, words);
  }
  for (const auto& [f, ints] : {std::pair{DType::f32, std::pair{DType::i32, DType::u32}},
                                std::pair{DType::f64, std::pair{DType::i64, DType::u64}}}) {
    for (const DType i : {ints.first, ints.second}) {
      for (const auto& [from, to] : {std::pair{f, i}, std::pair{i, f}}) {
        Replacements words = with;
        words.insert(words.end(), {{"@F@", std::string(c_type(from))},
                                   {"@f@", std::string(name_of(from))},
                                   {"@G@", std::string(c_type(to))},
                                   {"@g@", std::string(name_of(to))}});
        add_rows(helpers, kBitcastRow, words);
      }
    }
  }
}

}  // namespace tinycc
