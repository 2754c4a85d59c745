// Vector types of OpenCL C and what is done with them: the same names as those of GNU C
// (helpers_vector.cc), on the language's own types and functions. Also the mathematical functions of
// one number: a device has its own, whose errors its standard bounds (OpenCL C 1.2, 7.4).
#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"

namespace tinycc {
namespace {

// @L@: OpenCL's name of the elements' type, @N@: how many; the rest as in helpers_vector.cc.
constexpr HelperRow kVectorRows[] = {
    {"@V@", "typedef @L@@N@ @V@;\n"},
    {"@M@_F_AT_@X@",
     "/* The @N@ elements that start at this place. */\n"
     "#define @M@_F_AT_@X@(place) vload@N@(0, &(place))\n"},
    {"@M@_F_PUT_@X@", "#define @M@_F_PUT_@X@(place, x) vstore@N@((x), 0, &(place))\n"},
    {"@M@_F_SPLAT_@X@",
     "/* x in all lanes. */\n"
     "#define @M@_F_SPLAT_@X@(x) ((@V@)(x))\n"},
    {"@M@_F_TO_@X@",
     "/* Each lane converted. */\n"
     "#define @M@_F_TO_@X@(x) convert_@L@@N@(x)\n"},
    {"@M@_F_AS_@X@", "#define @M@_F_AS_@X@(x) as_@L@@N@(x)\n"},
    {"@M@_F_LANE_@X@", "#define @M@_F_LANE_@X@(x, lane) (((const @L@ *)&(x))[lane])\n"},
    {"@M@_F_SET_@X@", "#define @M@_F_SET_@X@(x, lane) (((@L@ *)&(x))[lane])\n"},
    {"@M@_F_SELECT_@X@",
     "/* Lane by lane: a where the mask is set, else b. */\n"
     "#define @M@_F_SELECT_@X@(mask, a, b) select((b), (a), (mask))\n"},
    {"@M@_F_MAX_@X@",
     "/* a < b ? b : a, lane by lane: a NaN in a passes. */\n"
     "#define @M@_F_MAX_@X@(a, b) @M@_F_SELECT_@X@((a) < (b), (b), (a))\n"},
    {"@M@_F_MIN_@X@", "#define @M@_F_MIN_@X@(a, b) @M@_F_SELECT_@X@((b) < (a), (b), (a))\n"},
};

// Of memory that holds f16 or bf16; lanes are f32. By way of the bits: PoCL's vload_half@N@ wants more alignment
// than a half's.
constexpr HelperRow kHalfRows[] = {
    {"@P@_f_at_f16x@N@", R"(
static inline float@N@ @P@_f_at_f16x@N@(ushort@N@ bits)
{
    return vload_half@N@(0, (const half *)&bits);
}
)"},
    {"@P@_f_put_f16x@N@", R"(
static inline ushort@N@ @P@_f_put_f16x@N@(float@N@ x)
{
    ushort@N@ bits;

    vstore_half@N@_rte(x, 0, (half *)&bits);
    return bits;
}
)"},
    {"@M@_F_AT_f16x@N@",
     "/* The @N@ elements of f16 that start at this place, as f32. */\n"
     "#define @M@_F_AT_f16x@N@(place) @P@_f_at_f16x@N@(vload@N@(0, &(place)))\n"},
    {"@M@_F_PUT_f16x@N@",
     "#define @M@_F_PUT_f16x@N@(place, x) vstore@N@(@P@_f_put_f16x@N@(x), 0, &(place))\n"},
    {"@M@_F_AT_bf16x@N@",
     "/* The @N@ elements of bf16 that start at this place, as f32. */\n"
     "#define @M@_F_AT_bf16x@N@(place) as_float@N@(convert_uint@N@(vload@N@(0, &(place))) << "
     "16)\n"},
    {"@P@_f_put_bf16x@N@", R"(
static inline ushort@N@ @P@_f_put_bf16x@N@(float@N@ x)
{
    const uint@N@ bits = as_uint@N@(x);
    const uint@N@ near = bits + 0x7FFFu + ((bits >> 16) & 1u);

    return convert_ushort@N@(select(near, (uint@N@)0x7FC00000u, isnan(x)) >> 16);
}
)"},
    {"@M@_F_PUT_bf16x@N@",
     "#define @M@_F_PUT_bf16x@N@(place, x) vstore@N@(@P@_f_put_bf16x@N@(x), 0, &(place))\n"},
};

constexpr HelperRow kLanesRow[] = {
    {"@M@_F_LANES_@X@",
     "/* The number of each lane. */\n#define @M@_F_LANES_@X@ ((@V@)(@LANES@))\n"},
};

// @BOTH@: of the vectors `first` and `last`.
constexpr HelperRow kAcrossRows[] = {
    {"@P@_f_@name@_@X@", R"(
/* @what@, as a tree. */
static inline @L@ @P@_f_@name@_@X@(const @V@ *x)
{
    const @L@@HALF@ first = (*x).@LO@;
    const @L@@HALF@ last = (*x).@HI@;
@REST@}
)"},
};

constexpr HelperRow kFloatRows[] = {
    {"@P@_f_sqrt_@X@", R"(
static inline void @P@_f_sqrt_@X@(@V@ *x)
{
    *x = sqrt(*x);
}
)"},
    {"@P@_f_trunc_@X@", R"(
static inline void @P@_f_trunc_@X@(@V@ *x)
{
    *x = trunc(*x);
}
)"},
    {"@P@_f_exp_@X@", R"(
static inline void @P@_f_exp_@X@(@V@ *x)
{
    *x = exp(*x);
}
)"},
    {"@P@_f_log_@X@", R"(
static inline void @P@_f_log_@X@(@V@ *x)
{
    *x = log(*x);
}
)"},
    {"@P@_f_sin_@X@", R"(
static inline void @P@_f_sin_@X@(@V@ *x)
{
    *x = sin(*x);
}
)"},
};

// @F@: vector of floats; @V@, @X@: of integers.
constexpr HelperRow kCastRows[] = {
    {"@P@_f_cast_@f@_@X@", R"(
/* x towards zero; beyond the ends the nearest end, NaN gives 0. */
static inline void @P@_f_cast_@f@_@X@(const @F@ *x, @V@ *whole)
{
    *whole = convert_@L@@N@_sat(select(*x, (@F@)(0), isnan(*x)));
}
)"},
};

// Of images: outside of one there are zeros.
constexpr HelperRow kImageRows[] = {
    {"@P@_f_texels",
     "constant sampler_t @P@_f_texels =\n"
     "    CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP | CLK_FILTER_NEAREST;\n"},
    {"@P@_f_component", R"(
static inline float @P@_f_component(float4 texel, int32_t k)
{
    const float2 pair = (k < 2) ? texel.lo : texel.hi;

    return ((k % 2) == 0) ? pair.x : pair.y;
}
)"},
};

constexpr HelperRow kScalarRows[] = {
    {"@M@_F_GUARDED", "#define @M@_F_GUARDED\n"},
    {"@P@_f_exp_f32", "#define @P@_f_exp_f32(x) exp((float)(x))\n"},
    {"@P@_f_log_f32", "#define @P@_f_log_f32(x) log((float)(x))\n"},
    {"@P@_f_sin_f32", "#define @P@_f_sin_f32(x) sin((float)(x))\n"},
    {"@P@_f_sqrt_f32", "#define @P@_f_sqrt_f32(x) sqrt((float)(x))\n"},
    {"@P@_f_trunc_f32", "#define @P@_f_trunc_f32(x) trunc((float)(x))\n"},
    {"@P@_f_widen_f16", R"(
static float @P@_f_widen_f16(uint16_t bits)
{
    return vload_half(0, (const half *)&bits);
}
)"},
    {"@P@_f_narrow_f16", R"(
/* The nearest f16; halfway between two, the even one. */
static uint16_t @P@_f_narrow_f16(float x)
{
    uint16_t bits = 0;

    vstore_half_rte(x, 0, (half *)&bits);
    return bits;
}
)"},
};

/// The language's own name of a type.
std::string own_name(DType t) {
  if (is_float(t)) return t == DType::f64 ? "double" : "float";
  const char* const names[] = {"char", "short", "int", "long"};
  const char* const name = names[bits_of(t) == 8    ? 0
                                 : bits_of(t) == 16 ? 1
                                 : bits_of(t) == 32 ? 2
                                                    : 3];
  return (kind_of(t) == DKind::signed_int ? "" : "u") + std::string(name);
}

Replacements words_of(Replacements with, DType t, int lanes) {
  with.insert(with.end(), {{"@V@", with[0].second + "_f_" + cross(t, lanes)},
                           {"@X@", cross(t, lanes)},
                           {"@L@", own_name(t)},
                           {"@N@", std::to_string(lanes)}});
  return with;
}

/// Sums and products of integers wrap: through the unsigned type.
std::string combined_text(DType t, const char* op, int lanes) {
  const std::string count = lanes == 1 ? "" : std::to_string(lanes);
  if (*op == '<') {
    return lanes == 1 ? "(first < last) ? last : first" : "select(first, last, first < last)";
  }
  if (is_float(t)) return fmt::format("first {} last", op);
  const std::string wraps = own_name(integer_type(bits_of(t), false)) + count;
  return fmt::format("as_{}{}(({})(as_{}(first) {} as_{}(last)))", own_name(t), count, wraps, wraps,
                     op, wraps);
}

void add_across(std::vector<HelperText>& helpers, const Replacements& with, DType t, int lanes) {
  const struct {
    const char *name, *what, *op;
  } rows[] = {{"sum", "The sum of all lanes", "+"},
              {"product", "The product of all lanes", "*"},
              {"largest", "The largest lane", "<"}};
  for (const auto& row : rows) {
    const int half = lanes / 2;
    const std::string both = combined_text(t, row.op, half);
    Replacements words = words_of(with, t, lanes);
    const std::string rest =
        half == 1 ? fmt::format("\n    return {};\n", both)
                  : fmt::format("    const {}{} both = {};\n\n    return {}_f_{}_{}(&both);\n",
                                own_name(t), half, both, with[0].second, row.name, cross(t, half));
    words.insert(words.end(), {{"@name@", row.name},
                               {"@what@", row.what},
                               {"@HALF@", half == 1 ? "" : std::to_string(half)},
                               {"@LO@", half == 1 ? "s0" : "lo"},
                               {"@HI@", half == 1 ? "s1" : "hi"},
                               {"@REST@", rest}});
    add_rows(helpers, kAcrossRows, words);
  }
}

void add_lanes(std::vector<HelperText>& helpers, const Replacements& with, int lanes) {
  std::string numbers;
  for (int i = 0; i < lanes; ++i) numbers += (i == 0 ? "" : ", ") + std::to_string(i);
  Replacements words = words_of(with, DType::i32, lanes);
  words.emplace_back("@LANES@", numbers);
  add_rows(helpers, kLanesRow, words);
}

}  // namespace

void add_opencl_vector_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                               int lanes) {
  constexpr DType kTypes[] = {DType::f32, DType::f64, DType::i8,  DType::u8,  DType::i16,
                              DType::u16, DType::i32, DType::u32, DType::i64, DType::u64};
  for (const DType t : kTypes) add_rows(helpers, kVectorRows, words_of(with, t, lanes));
  for (const DType t : kTypes) add_across(helpers, with, t, lanes);
  add_rows(helpers, kHalfRows, words_of(with, DType::f32, lanes));
  add_lanes(helpers, with, lanes);
  for (const DType f : {DType::f32, DType::f64}) {
    add_rows(helpers, kFloatRows, words_of(with, f, lanes));
    for (const DType i : {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32}) {
      Replacements words = words_of(with, i, lanes);
      words.insert(words.end(), {{"@f@", std::string(name_of(f))},
                                 {"@F@", own_name(f) + std::to_string(lanes)}});
      add_rows(helpers, kCastRows, words);
    }
  }
}

void use_opencl_functions(std::vector<HelperText>& helpers, const Replacements& with,
                          const Dialect& dialect) {
  std::vector<HelperText> own;
  add_rows(own, kScalarRows, with);
  replace_helpers(helpers, own);
  add_rows(helpers, kImageRows, with);
  Replacements words = with;
  words.insert(words.end(), {{"@D@", ""}, {"@T@", ""}});
  add_meeting_helpers(helpers, words, dialect);
  add_matrix_helpers(helpers, words, dialect.matrix, dialect.shared);
}

void replace_helpers(std::vector<HelperText>& helpers, const std::vector<HelperText>& own) {
  std::erase_if(helpers, [](const HelperText& h) { return h.text.starts_with("#include"); });
  for (HelperText& h : helpers) {
    for (const HelperText& o : own) {
      if (o.name == h.name) h.text = o.text;
    }
  }
}

}  // namespace tinycc
