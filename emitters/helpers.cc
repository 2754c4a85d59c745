// What the bodies of kernels share: vector types and their macros, functions of the ops that C has
// no operator for. A helper is written into a file only where it is named.
//
// exp is ours, not libm's: the same bits on every board, no undefined symbol, and it vectorises.
//   exp(x) = 2^n * exp(r), n = round(x / ln 2), r = x - n ln 2 in two parts, |r| <= ln(2)/2;
//   the polynomial is Taylor's of degree 7; 2^n in two factors, so that denormal results are right.
#include <fmt/format.h>

#include "emitters/writer.h"

namespace tinycc {
namespace {

struct Row {
  const char* name;  // @P@: prefix, @M@: macro prefix, @N@: lanes, @B@: bytes of a vector
  const char* text;
};

constexpr Row kVectorRows[] = {
    {"@P@_f_f32x@N@",
     "/* @N@ lanes. `aligned`: elements need no more than their own alignment; arrays of the arena "
     "are\n"
     " * aligned to whole vectors all the same. */\n"
     "typedef float @P@_f_f32x@N@ __attribute__((vector_size(@B@), aligned(4), may_alias));\n"},
    {"@P@_f_i32x@N@",
     "typedef int32_t @P@_f_i32x@N@ __attribute__((vector_size(@B@), aligned(4), may_alias));\n"},
    {"@M@_F_AT_f32x@N@",
     "/* The @N@ elements that start at this place. */\n"
     "#define @M@_F_AT_f32x@N@(place) (*(const @P@_f_f32x@N@ *)&(place))\n"},
    {"@M@_F_PUT_f32x@N@", "#define @M@_F_PUT_f32x@N@(place) (*(@P@_f_f32x@N@ *)&(place))\n"},
    {"@M@_F_KEEP_f32x@N@",
     "/* GCC for x86 would read what a vector was loaded from again, at each use. */\n"
     "#if defined(__x86_64__) && !defined(__clang__) && \\\n"
     "    ((@B@ == 16) || defined(__AVX512F__) || ((@B@ == 32) && defined(__AVX__)))\n"
     "#define @M@_F_KEEP_f32x@N@(vector) __asm__(\"\" : \"+v\"(vector))\n"
     "#else\n"
     "#define @M@_F_KEEP_f32x@N@(vector) ((void)0)\n"
     "#endif\n"},
    {"@M@_F_SPLAT_f32x@N@",
     "/* x in all lanes: x - 0 is x for every x. */\n"
     "#define @M@_F_SPLAT_f32x@N@(x) ((x) - (@P@_f_f32x@N@){0.0f})\n"},
    {"@M@_F_SPLAT_i32x@N@",
     "#define @M@_F_SPLAT_i32x@N@(x) (-(@P@_f_i32x@N@){(x)} - (@P@_f_i32x@N@){0})\n"},
    {"@M@_F_SELECT_f32x@N@",
     "/* Lane by lane: a where the mask is set, else b. */\n"
     "#define @M@_F_SELECT_f32x@N@(mask, a, b) \\\n"
     "    ((@P@_f_f32x@N@)(((mask) & (@P@_f_i32x@N@)(a)) | (~(mask) & (@P@_f_i32x@N@)(b))))\n"},
    {"@M@_F_MAX_f32x@N@",
     "/* a < b ? b : a, lane by lane: a NaN in a passes. */\n"
     "#define @M@_F_MAX_f32x@N@(a, b) @M@_F_SELECT_f32x@N@((a) < (b), (b), (a))\n"},
    {"@M@_F_MIN_f32x@N@",
     "#define @M@_F_MIN_f32x@N@(a, b) @M@_F_SELECT_f32x@N@((b) < (a), (b), (a))\n"},
    {"@P@_f_exp_f32x@N@",
     "/* exp of each lane, error below 1 ulp; NaN gives NaN. */\n"
     "static inline void @P@_f_exp_f32x@N@(@P@_f_f32x@N@ *x)\n"
     "{\n"
     "    const @P@_f_f32x@N@ low = @M@_F_SPLAT_f32x@N@(-104.0f);\n"
     "    const @P@_f_f32x@N@ high = @M@_F_SPLAT_f32x@N@(89.0f);\n"
     "    const @P@_f_f32x@N@ above = @M@_F_MAX_f32x@N@(*x, low);\n"
     "    const @P@_f_f32x@N@ within = @M@_F_MIN_f32x@N@(above, high);\n"
     "    const @P@_f_f32x@N@ shifted = (within * 1.44269504f) + 12582912.0f;\n"
     "    const @P@_f_f32x@N@ n = shifted - 12582912.0f;\n"
     "    const @P@_f_f32x@N@ r = (within - (n * 0.693359375f)) - (n * -2.12194440e-4f);\n"
     "    const @P@_f_i32x@N@ whole = (@P@_f_i32x@N@)shifted - 0x4B400000;\n"
     "    const @P@_f_i32x@N@ half = whole >> 1;\n"
     "    @P@_f_f32x@N@ power = (r * 1.98412698e-4f) + 0.00138888892f;\n"
     "    power = (power * r) + 0.00833333377f;\n"
     "    power = (power * r) + 0.0416666679f;\n"
     "    power = (power * r) + 0.166666672f;\n"
     "    power = (power * r) + 0.5f;\n"
     "    power = (power * r) + 1.0f;\n"
     "    power = (power * r) + 1.0f;\n"
     "    *x = (power * (@P@_f_f32x@N@)((half + 127) << 23)) *\n"
     "         (@P@_f_f32x@N@)(((whole - half) + 127) << 23);\n"
     "}\n"},
};

constexpr Row kScalarRows[] = {
    {"INFINITY", "#include <math.h>\n"},
    {"NAN", "#include <math.h>\n"},
    {"@P@_f_exp_f32",
     "/* exp(x), error below 1 ulp; NaN gives NaN. exp(x) = 2^n exp(r) with n = round(x / ln 2), "
     "which\n"
     " * adding 1.5 * 2^23 leaves in the low bits; 2^n in two factors, for denormal results. */\n"
     "static float @P@_f_exp_f32(float x)\n"
     "{\n"
     "    union {\n"
     "        float number;\n"
     "        int32_t bits;\n"
     "    } shifted, low, high;\n"
     "    const float above = (x < -104.0f) ? -104.0f : x;\n"
     "    const float within = (above > 89.0f) ? 89.0f : above;\n"
     "    const float finite = (within == within) ? within : 0.0f;\n"
     "    float n = 0.0f;\n"
     "    float r = 0.0f;\n"
     "    float power = 1.98412698e-4f; /* 1/5040 */\n"
     "    int32_t whole = 0;\n"
     "\n"
     "    shifted.number = (finite * 1.44269504f) + 12582912.0f;\n"
     "    n = shifted.number - 12582912.0f;\n"
     "    r = (within - (n * 0.693359375f)) - (n * -2.12194440e-4f);\n"
     "    power = (power * r) + 0.00138888892f; /* 1/720 */\n"
     "    power = (power * r) + 0.00833333377f; /* 1/120 */\n"
     "    power = (power * r) + 0.0416666679f;  /* 1/24 */\n"
     "    power = (power * r) + 0.166666672f;   /* 1/6 */\n"
     "    power = (power * r) + 0.5f;\n"
     "    power = (power * r) + 1.0f;\n"
     "    power = (power * r) + 1.0f;\n"
     "    whole = shifted.bits - 0x4B400000;\n"
     "    low.bits = ((whole / 2) + 127) * 8388608;\n"
     "    high.bits = ((whole - (whole / 2)) + 127) * 8388608;\n"
     "    return (power * low.number) * high.number;\n"
     "}\n"},
    {"@P@_f_sqrt_f32", "#include <math.h>\n#define @P@_f_sqrt_f32(x) sqrtf(x)\n"},
    {"@P@_f_log_f32", "#include <math.h>\n#define @P@_f_log_f32(x) logf(x)\n"},
    {"@P@_f_sin_f32", "#include <math.h>\n#define @P@_f_sin_f32(x) sinf(x)\n"},
    {"@P@_f_trunc_f32", "#include <math.h>\n#define @P@_f_trunc_f32(x) truncf(x)\n"},
    {"@P@_f_exp_f64", "#include <math.h>\n#define @P@_f_exp_f64(x) exp(x)\n"},
    {"@P@_f_sqrt_f64", "#include <math.h>\n#define @P@_f_sqrt_f64(x) sqrt(x)\n"},
    {"@P@_f_log_f64", "#include <math.h>\n#define @P@_f_log_f64(x) log(x)\n"},
    {"@P@_f_sin_f64", "#include <math.h>\n#define @P@_f_sin_f64(x) sin(x)\n"},
    {"@P@_f_trunc_f64", "#include <math.h>\n#define @P@_f_trunc_f64(x) trunc(x)\n"},
};

// @F@, @f@: a float type and its name; @I@, @i@: an integer type and its name; @U@: the unsigned type
// in which it wraps; @HIGH@, @LOW@: where conversions saturate; @MAX@, @MIN@: to what; @BITS@.
constexpr Row kCastRows[] = {
    {"@P@_f_cast_@f@_@i@",
     "/* x towards zero; beyond the ends the nearest end, NaN gives 0. */\n"
     "static @I@ @P@_f_cast_@f@_@i@(@F@ x)\n"
     "{\n"
     "    @I@ whole = 0;\n"
     "\n"
     "    if (x >= @HIGH@) {\n"
     "        whole = @MAX@;\n"
     "    } else if (x <= @LOW@) {\n"
     "        whole = @MIN@;\n"
     "    } else if (x == x) {\n"
     "        whole = (@I@)x;\n"
     "    } else {\n"
     "        whole = 0;\n"
     "    }\n"
     "    return whole;\n"
     "}\n"},
};

constexpr Row kIntegerRows[] = {
    {"@P@_f_div_@i@",
     "/* The floor of a / b; 0 for b == 0. */\n"
     "static @I@ @P@_f_div_@i@(@I@ a, @I@ b)\n"
     "{\n"
     "    @I@ quotient = 0;\n"
     "\n"
     "    if (b == (@I@)-1) {\n"
     "        quotient = (@I@)((@U@)0 - (@U@)a);\n"
     "    } else if (b != 0) {\n"
     "        quotient = (@I@)(a / b);\n"
     "        quotient = (@I@)(quotient - ((((a % b) != 0) && ((a < 0) != (b < 0))) ? 1 : 0));\n"
     "    } else {\n"
     "        quotient = 0;\n"
     "    }\n"
     "    return quotient;\n"
     "}\n"},
    {"@P@_f_mod_@i@",
     "/* a minus b times the floor of a / b; 0 for b == 0. */\n"
     "static @I@ @P@_f_mod_@i@(@I@ a, @I@ b)\n"
     "{\n"
     "    @I@ rest = 0;\n"
     "\n"
     "    if ((b != 0) && (b != (@I@)-1)) {\n"
     "        rest = (@I@)(a % b);\n"
     "        rest = (@I@)(rest + (((rest != 0) && ((rest < 0) != (b < 0))) ? b : 0));\n"
     "    }\n"
     "    return rest;\n"
     "}\n"},
};

constexpr Row kUnsignedRows[] = {
    {"@P@_f_div_@i@", "#define @P@_f_div_@i@(a, b) ((@I@)(((b) == 0) ? 0 : ((a) / (b))))\n"},
    {"@P@_f_mod_@i@", "#define @P@_f_mod_@i@(a, b) ((@I@)(((b) == 0) ? 0 : ((a) % (b))))\n"},
};

constexpr Row kShiftRows[] = {
    {"@P@_f_shl_@i@",
     "/* a * 2^b, the low @BITS@ bits; 0 for b outside of [0, @BITS@). */\n"
     "#define @P@_f_shl_@i@(a, b) ((@I@)(((uint64_t)(b) < @BITS@u) ? ((@U@)(a) << (b)) : 0u))\n"},
    {"@P@_f_shr_@i@",
     "/* The floor of a / 2^b. */\n"
     "#define @P@_f_shr_@i@(a, b) \\\n"
     "    ((@I@)(((uint64_t)(b) < @BITS@u) ? ((a) >> (b)) : (((a) < 0) ? -1 : 0)))\n"},
};

std::string replaced(std::string text,
                     const std::vector<std::pair<std::string, std::string>>& with) {
  for (const auto& [from, to] : with) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

namespace {

using Replacements = std::vector<std::pair<std::string, std::string>>;

template <size_t n>
void add_rows(std::vector<HelperText>& helpers, const Row (&rows)[n], const Replacements& with) {
  for (const Row& row : rows)
    helpers.push_back({replaced(row.name, with), replaced(row.text, with)});
}

/// What the rows about integer type `i` name.
Replacements integer_words(Replacements with, DType i) {
  const bool is_signed = kind_of(i) == DKind::signed_int;
  const int bits = bits_of(i);
  const std::string type(c_type(i)), upper = fmt::format("{}INT{}", is_signed ? "" : "U", bits);
  with.insert(with.end(), {{"@I@", type},
                           {"@i@", std::string(name_of(i))},
                           {"@BITS@", std::to_string(bits)},
                           {"@U@", bits == 64 ? "uint64_t" : "uint32_t"},
                           {"@MAX@", upper + "_MAX"},
                           {"@MIN@", is_signed ? upper + "_MIN" : "0"}});
  return with;
}

void add_integer_helpers(std::vector<HelperText>& helpers, const Replacements& with) {
  for (const DType i : {DType::i64, DType::i32, DType::i16, DType::i8, DType::u64, DType::u32,
                        DType::u16, DType::u8}) {
    const bool is_signed = kind_of(i) == DKind::signed_int;
    const Replacements words = integer_words(with, i);
    if (is_signed)
      add_rows(helpers, kIntegerRows, words);
    else
      add_rows(helpers, kUnsignedRows, words);
    add_rows(helpers, kShiftRows, words);
    for (const DType f : {DType::f32, DType::f64}) {
      Replacements cast = words;
      const std::string suffix = f == DType::f32 ? "f" : "";
      const int power = bits_of(i) - (is_signed ? 1 : 0);
      cast.insert(cast.end(), {{"@F@", scalar_type(f)},
                               {"@f@", std::string(name_of(f))},
                               {"@HIGH@", fmt::format("0x1p{}{}", power, suffix)},
                               {"@LOW@", is_signed ? fmt::format("-0x1p{}{}", power, suffix)
                                                   : "-1.0" + suffix}});
      add_rows(helpers, kCastRows, cast);
    }
  }
}

}  // namespace

std::vector<HelperText> kernel_helpers(const Names& names) {
  std::vector<HelperText> helpers;
  const std::string macro = names.macro("");
  const Replacements with{{"@P@", names.prefix()}, {"@M@", macro.substr(0, macro.size() - 1)}};
  add_rows(helpers, kScalarRows, with);
  add_integer_helpers(helpers, with);
  for (const int lanes : {2, 4, 8, 16, 32}) {
    Replacements sized = with;
    sized.insert(sized.end(), {{"@N@", std::to_string(lanes)}, {"@B@", std::to_string(lanes * 4)}});
    add_rows(helpers, kVectorRows, sized);
  }
  return helpers;
}

}  // namespace tinycc
