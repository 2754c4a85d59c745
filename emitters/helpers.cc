// What the bodies of kernels share: functions of the integer ops that C has no operator for (here),
// mathematical functions (helpers_math.cc), vector types and what is done with them
// (helpers_vector.cc). A helper is written into a file only where it is named.
#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"

namespace tinycc {
namespace {

// @F@, @f@: a float type and its name; @I@, @i@: an integer type and its name; @U@: the unsigned type
// in which it wraps; @HIGH@, @LOW@: where conversions saturate; @MAX@, @MIN@: to what; @BITS@.
constexpr HelperRow kCastRows[] = {
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

constexpr HelperRow kIntegerRows[] = {
    {"@P@_f_div_@i@",
     "/* The floor of a / b; 0 for b == 0. */\n"
     "static @I@ @P@_f_div_@i@(@I@ a, @I@ b)\n"
     "{\n"
     "    @I@ quotient = 0;\n"
     "\n"
     "    if (b > 0) {\n"
     "        quotient = (@I@)((a < 0) ? (-1 - ((-1 - a) / b)) : (a / b));\n"
     "    } else if (b < (@I@)-1) {\n"
     "        quotient = (@I@)((a > 0) ? (-1 + ((a - 1) / b)) : (a / b));\n"
     "    } else if (b != 0) {\n"
     "        quotient = (@I@)((@U@)0 - (@U@)a);\n"
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
     "    if (b > 0) {\n"
     "        rest = (@I@)(a % b);\n"
     "        if (rest < 0) {\n"
     "            rest = (@I@)(rest + b);\n"
     "        }\n"
     "    } else if (b < (@I@)-1) {\n"
     "        rest = (@I@)(a % b);\n"
     "        if (rest > 0) {\n"
     "            rest = (@I@)(rest + b);\n"
     "        }\n"
     "    } else {\n"
     "        rest = 0;\n"
     "    }\n"
     "    return rest;\n"
     "}\n"},
};

constexpr HelperRow kUnsignedRows[] = {
    {"@P@_f_div_@i@", "#define @P@_f_div_@i@(a, b) ((@I@)(((b) == 0) ? 0 : ((a) / (b))))\n"},
    {"@P@_f_mod_@i@", "#define @P@_f_mod_@i@(a, b) ((@I@)(((b) == 0) ? 0 : ((a) % (b))))\n"},
};

constexpr HelperRow kShiftRows[] = {
    {"@P@_f_shl_@i@",
     "/* a * 2^b, the low @BITS@ bits; 0 for b outside of [0, @BITS@). */\n"
     "#define @P@_f_shl_@i@(a, b) ((@I@)(((uint64_t)(b) < @BITS@u) ? ((@U@)(a) << (b)) : 0u))\n"},
};

constexpr HelperRow kSignedShiftRows[] = {
    {"@P@_f_shr_@i@",
     "/* The floor of a / 2^b. */\n"
     "#if (-3 >> 1) != -2\n"
     "#error \"@P@ needs right shifts that move the sign in\"\n"
     "#endif\n"
     "#define @P@_f_shr_@i@(a, b) \\\n"
     "    ((@I@)(((uint64_t)(b) < @BITS@u) ? ((a) >> (b)) : (((a) < 0) ? -1 : 0)))\n"},
};

constexpr HelperRow kUnsignedShiftRows[] = {
    {"@P@_f_shr_@i@",
     "/* The floor of a / 2^b. */\n"
     "#define @P@_f_shr_@i@(a, b) ((@I@)(((uint64_t)(b) < @BITS@u) ? ((@U@)(a) >> (b)) : 0u))\n"},
};

/// What the rows about integer type `i` name.
Replacements integer_words(Replacements with, DType i) {
  with.insert(with.end(), {{"@I@", std::string(c_type(i))},
                           {"@i@", std::string(name_of(i))},
                           {"@BITS@", std::to_string(bits_of(i))},
                           {"@U@", bits_of(i) == 64 ? "uint64_t" : "uint32_t"}});
  return with;
}

void add_integer_helpers(std::vector<HelperText>& helpers, const Replacements& with) {
  for (const DType i : {DType::i64, DType::i32, DType::i16, DType::i8, DType::u64, DType::u32,
                        DType::u16, DType::u8, DType::i4, DType::i2, DType::u4, DType::u2}) {
    const bool is_signed = kind_of(i) == DKind::signed_int;
    const Replacements words = integer_words(with, i);
    if (is_signed) {
      add_rows(helpers, kIntegerRows, words);
      add_rows(helpers, kSignedShiftRows, words);
    } else {
      add_rows(helpers, kUnsignedRows, words);
      add_rows(helpers, kUnsignedShiftRows, words);
    }
    add_rows(helpers, kShiftRows, words);
    for (const DType f : {DType::f32, DType::f64}) {
      Replacements cast = words;
      cast.insert(cast.end(), {{"@F@", scalar_type(f)}, {"@f@", std::string(name_of(f))}});
      for (const auto& word : saturation_words(f, i)) cast.push_back(word);
      add_rows(helpers, kCastRows, cast);
    }
  }
}

}  // namespace

std::string cross(DType t, int lanes) { return fmt::format("{}x{}", name_of(t), lanes); }

std::string replaced(std::string text, const Replacements& with) {
  for (const auto& [from, to] : with) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  }
  return text;
}

Replacements saturation_words(DType from, DType to) {
  const bool is_signed = kind_of(to) == DKind::signed_int;
  const std::string type = fmt::format("{}INT{}", is_signed ? "" : "U", bits_of(to));
  const int64_t most = (int64_t{1} << (bits_of(to) - (is_signed ? 1 : 0)) % 63) - 1;
  const bool small = bits_of(to) < 8;  // no macros name the ends
  const std::string suffix = from == DType::f32 ? "f" : "";
  const int power = bits_of(to) - (is_signed ? 1 : 0);
  return {{"@MAX@", small ? std::to_string(most) : type + "_MAX"},
          {"@MIN@", !is_signed ? "0"
                    : small    ? std::to_string(-most - 1)
                               : type + "_MIN"},
          {"@HIGH@", fmt::format("0x1p{}{}", power, suffix)},
          {"@LOW@", is_signed ? fmt::format("-0x1p{}{}", power, suffix) : "-1.0" + suffix}};
}

std::vector<HelperText> kernel_helpers(const Names& names) {
  std::vector<HelperText> helpers;
  const std::string macro = names.macro("");
  const Replacements with{{"@P@", names.prefix()},
                          {"@M@", macro.substr(0, macro.size() - 1)},
                          {"@EXP@", kExpPolynomial},
                          {"@LOG@", kLogPolynomial}};
  add_math_helpers(helpers, with);
  add_narrow_helpers(helpers, with);
  add_integer_helpers(helpers, with);
  const Dialect dialect = dialect_of(names.program().target);
  if (*dialect.function != 0 || *dialect.local != 0) {
    use_cxx_functions(helpers, with, dialect);
    return helpers;
  }
  if (!dialect.gnu_vectors) {
    use_opencl_functions(helpers, with, dialect);
    for (const int lanes : {2, 4, 8, 16}) add_opencl_vector_helpers(helpers, with, lanes);
    return helpers;
  }
  add_idiom_helpers(helpers, with);
  for (const int lanes : {2, 4, 8, 16, 32, 64}) add_vector_helpers(helpers, with, lanes);
  add_quad_helpers(helpers, with, names.program().target);
  return helpers;
}

}  // namespace tinycc
