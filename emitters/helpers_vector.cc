// Vector types of GNU C, and macros and functions on them: one set for each number of lanes and each
// type of element. Functions take their vectors by address, since how vectors are passed depends on
// the compiler's options. The mathematical ones are those of helpers_math.cc, all lanes at once.
#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"

namespace tinycc {
namespace {

// @T@: type of the elements, @C@: in C, @V@: the vector, @X@: "f32x8", @MASK@: the vector of signed
// integers of this size, @ZERO@, @B@: bytes of the vector, @A@: of an element.
constexpr HelperRow kType[] = {
    {"@V@",
     "/* @N@ lanes, aligned as one element is. */\n"
     "typedef @C@ @V@ __attribute__((vector_size(@B@), aligned(@A@), may_alias));\n"},
};

constexpr HelperRow kElementRows[] = {
    {"@M@_F_AT_@X@",
     "/* The @N@ elements that start at this place. */\n"
     "#define @M@_F_AT_@X@(place) (*(const @V@ *)&(place))\n"},
    {"@M@_F_PUT_@X@", "#define @M@_F_PUT_@X@(place) (*(@V@ *)&(place))\n"},
    {"@M@_F_KEEP_@X@", R"(
/* GCC for x86 would read what a vector was loaded from again, at each use. */
#if defined(__x86_64__) && !defined(__clang__) && \
    ((@B@ == 16) || defined(__AVX512F__) || ((@B@ == 32) && defined(__AVX__)))
#define @M@_F_KEEP_@X@(vector) __asm__("" : "+v"(vector))
#else
#define @M@_F_KEEP_@X@(vector) ((void)0)
#endif
)"},
    {"@M@_F_SPLAT_@X@",
     "/* x in all lanes: x - 0 is x for every x. */\n"
     "#define @M@_F_SPLAT_@X@(x) ((@C@)(x) - (@V@){@ZERO@})\n"},
    {"@M@_F_TO_@X@",
     "/* Each lane converted. */\n"
     "#define @M@_F_TO_@X@(x) __builtin_convertvector((x), @V@)\n"},
    {"@M@_F_SELECT_@X@",
     "/* Lane by lane: a where the mask is set, else b. */\n"
     "#define @M@_F_SELECT_@X@(mask, a, b) \\\n"
     "    ((@V@)(((mask) & (@MASK@)(a)) | (~(mask) & (@MASK@)(b))))\n"},
    {"@M@_F_MAX_@X@",
     "/* a < b ? b : a, lane by lane: a NaN in a passes. */\n"
     "#define @M@_F_MAX_@X@(a, b) @M@_F_SELECT_@X@((a) < (b), (b), (a))\n"},
    {"@M@_F_MIN_@X@", "#define @M@_F_MIN_@X@(a, b) @M@_F_SELECT_@X@((b) < (a), (b), (a))\n"},
};

// @HALF@: the vector of the first lanes, @FIRST@ and @LAST@: the numbers of these and of the others.
constexpr HelperRow kAcrossRows[] = {
    {"@P@_f_@name@_@X@", R"(
/* @what@, as a tree. */
static inline @C@ @P@_f_@name@_@X@(const @V@ *x)
{
    const @HALF@ first = __builtin_shufflevector(*x, *x, @FIRST@);
    const @HALF@ last = __builtin_shufflevector(*x, *x, @LAST@);
    const @HALF@ both = @BOTH@;

    return @P@_f_@name@_@half@(&both);
}
)"},
};

constexpr HelperRow kPairRows[] = {
    {"@P@_f_@name@_@X@", R"(
static inline @C@ @P@_f_@name@_@X@(const @V@ *x)
{
    const @C@ first = (*x)[0];
    const @C@ last = (*x)[1];

    return @PAIR@;
}
)"},
};

constexpr HelperRow kLanesRow[] = {
    {"@M@_F_LANES_@X@",
     "/* The number of each lane. */\n#define @M@_F_LANES_@X@ ((@V@){@LANES@})\n"},
};

// @WHOLE@: from here on there are only whole numbers.
constexpr HelperRow kFloatRows[] = {
    {"@P@_f_sqrt_@X@", R"(
static inline void @P@_f_sqrt_@X@(@V@ *x)
{
    for (int i = 0; i < @N@; ++i) {
        (*x)[i] = @SQRT@((*x)[i]);
    }
}
)"},
    {"@P@_f_trunc_@X@", R"(
/* Each lane towards zero: adding @WHOLE@ rounds to the nearest whole number. */
static inline void @P@_f_trunc_@X@(@V@ *x)
{
    const @MASK@ sign = (@MASK@)*x & (@MASK@)@M@_F_SPLAT_@X@(-0.0@f@);
    const @V@ size = (@V@)((@MASK@)*x ^ sign);
    const @V@ nearest = (size + @WHOLE@) - @WHOLE@;
    const @V@ whole = nearest - @M@_F_SELECT_@X@(nearest > size, @M@_F_SPLAT_@X@(1.0@f@), @M@_F_SPLAT_@X@(0.0@f@));

    *x = @M@_F_SELECT_@X@(size < @M@_F_SPLAT_@X@(@WHOLE@), (@MASK@)whole | sign, *x);
}
)"},
};

// @V@, @I@, @U@: vectors of f32, i32, u32.
constexpr HelperRow kMathRows[] = {
    {"@P@_f_exp_@X@", R"(
/* exp of each lane, error below 1.2 ulp; NaN gives NaN. exp(x) = 2^n exp(r) with n = round(x / ln 2),
 * which adding 1.5 * 2^23 leaves in the low bits; 2^n in two factors, for denormal results. */
static inline void @P@_f_exp_@X@(@V@ *x)
{
    const @V@ low = @M@_F_SPLAT_@X@(-104.0f);
    const @V@ high = @M@_F_SPLAT_@X@(89.0f);
    const @V@ above = @M@_F_MAX_@X@(*x, low);
    const @V@ within = @M@_F_MIN_@X@(above, high);
    const @V@ shifted = (within * 1.44269504f) + 12582912.0f;
    const @V@ n = shifted - 12582912.0f;
    const @V@ r = (within - (n * 0.693359375f)) - (n * -2.12194440e-4f);
    const @I@ exponents = (@I@)shifted - (0x4B400000 - 254); /* of both factors, with their biases */
    const @I@ half = exponents >> 1;
    @V@ power = (r * 0.00138145965f) + 0.00836871751f;

    @EXP@
    *x = (power * (@V@)(half << 23)) * (@V@)((exponents - half) << 23);
}
)"},
    {"@P@_f_log_@X@", R"(
/* log of each lane, error below 1 ulp. log(x) = n ln 2 + log(1 + f), sqrt(1/2) <= 1 + f < sqrt(2),
 * where 0x004AFB0D is the distance from sqrt(1/2) to 1 in bits; denormals are scaled by 2^23. */
static inline void @P@_f_log_@X@(@V@ *x)
{
    const @V@ infinity = @M@_F_SPLAT_@X@(INFINITY);
    const @V@ zero = @M@_F_SPLAT_@X@(0.0f);
    const @I@ tiny = *x < @M@_F_SPLAT_@X@(1.17549435e-38f);
    const @V@ scaled = @M@_F_SELECT_@X@(tiny, *x * 8388608.0f, *x);
    const @U@ bits = (@U@)scaled + 0x004AFB0Du;
    const @V@ n = @M@_F_TO_@X@(((@I@)(bits >> 23) - 127) + (tiny & -23));
    const @V@ f = (@V@)((bits & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
    @V@ rest = (f * -0.0763442963f) + 0.127615497f;

    @LOG@
    rest = @M@_F_SELECT_@X@(*x < infinity, rest, *x);
    rest = @M@_F_SELECT_@X@(*x < zero, @M@_F_SPLAT_@X@(NAN), rest);
    *x = @M@_F_SELECT_@X@(*x == zero, -infinity, rest);
}
)"},
    {"@P@_f_sin_@X@", R"(
/* sin of each lane, error below 3 ulp. x = n pi/2 + r, |r| <= pi/4; n by adding 1.5 * 2^23. */
static inline void @P@_f_sin_@X@(@V@ *x)
{
    const @I@ near = (*x >= @M@_F_SPLAT_@X@(-8192.0f)) & (*x <= @M@_F_SPLAT_@X@(8192.0f));
    const @V@ shifted = (*x * 0.636619772f) + 12582912.0f;
    const @V@ n = shifted - 12582912.0f;
    const @V@ part = (*x - (n * 1.5703125f)) - (n * 4.83751297e-4f);
    const @V@ r = (part - (n * 7.54953362e-8f)) - (n * 2.56334407e-12f);
    const @V@ z = r * r;
    const @V@ odd = (((z * -1.95146320e-4f) + 0.00833215564f) * z) - 0.166666552f;
    const @V@ even = (((z * 2.44324128e-5f) - 0.00138873095f) * z) + 0.0416666456f;
    const @I@ quarter = (@I@)shifted;
    const @I@ swapped = (quarter & 1) != 0;
    const @V@ sine = r + (r * (z * odd));
    const @V@ cosine = 1.0f - ((z * 0.5f) - ((z * z) * even));
    @V@ y = @M@_F_SELECT_@X@(swapped, cosine, sine);

    y = (@V@)((@I@)y ^ ((quarter & 2) << 30));
    for (int i = 0; i < @N@; ++i) {
        if (near[i] == 0) {
            y[i] = @P@_f_sin_f32((*x)[i]);
        }
    }
    *x = y;
}
)"},
};

// @F@: vector of floats, @fx@: "f32x8"; @V@, @X@: of integers.
constexpr HelperRow kClampRows[] = {
    {"@P@_f_cast_@f@_@X@", R"(
/* x towards zero; beyond the ends the nearest end, NaN gives 0. */
static inline void @P@_f_cast_@f@_@X@(const @F@ *x, @V@ *whole)
{
    const @F@ above = @M@_F_MAX_@fx@(*x, @M@_F_SPLAT_@fx@(@MIN@));
    const @F@ within = @M@_F_MIN_@fx@(above, @M@_F_SPLAT_@fx@(@MAX@));
    const @F@ number = @M@_F_SELECT_@fx@(*x == *x, within, @M@_F_SPLAT_@fx@(0.0@suffix@));

    *whole = @STEPS@;
}
)"},
};

constexpr HelperRow kCutRows[] = {
    {"@P@_f_cast_@f@_@X@", R"(
/* x towards zero; beyond the ends the nearest end, NaN gives 0. */
static inline void @P@_f_cast_@f@_@X@(const @F@ *x, @V@ *whole)
{
    const @V@ below = *x <= @M@_F_SPLAT_@fx@(@LOW@);
    const @V@ above = *x >= @M@_F_SPLAT_@fx@(@HIGH@);
    const @V@ within = (*x == *x) & ~(below | above);
    const @F@ number = @M@_F_SELECT_@fx@(within, *x, @M@_F_SPLAT_@fx@(0.0f));

    *whole = @M@_F_TO_@X@(number) | (below & @MIN@) | (above & @MAX@);
}
)"},
};

Replacements element_words(Replacements with, DType t, int lanes) {
  const std::string prefix = with[0].second + "_f_";
  const DType masks[] = {DType::i8, DType::i16, DType::i32, DType::i64};
  std::string mask;
  for (const DType m : masks) mask = bits_of(m) == bits_of(t) ? prefix + cross(m, lanes) : mask;
  with.insert(with.end(), {{"@V@", prefix + cross(t, lanes)},
                           {"@X@", cross(t, lanes)},
                           {"@C@", std::string(c_type(t))},
                           {"@MASK@", mask},
                           {"@ZERO@", number_text(t, 0, 0)},
                           {"@N@", std::to_string(lanes)},
                           {"@A@", std::to_string(bytes_of(t))},
                           {"@B@", std::to_string(bytes_of(t) * lanes)},
                           {"@f@", t == DType::f32 ? "f" : ""},
                           {"@SQRT@", t == DType::f32 ? "__builtin_sqrtf" : "__builtin_sqrt"},
                           {"@WHOLE@", t == DType::f32 ? "8388608.0f" : "4503599627370496.0"},
                           {"@I@", prefix + cross(DType::i32, lanes)},
                           {"@U@", prefix + cross(DType::u32, lanes)}});
  return with;
}

std::string numbers(int from, int to) {
  std::string list;
  for (int i = from; i < to; ++i) list += (i == from ? "" : ", ") + std::to_string(i);
  return list;
}

/// Functions that combine all lanes. Sums and products of integers wrap: through the unsigned type.
void add_across(std::vector<HelperText>& helpers, const Replacements& with, DType t, int lanes) {
  const std::string prefix = with[0].second + "_f_", macro = with[1].second + "_F_";
  const DType wraps = integer_type(bits_of(t), false);
  const std::string half = cross(t, lanes / 2), part = prefix + half,
                    whole = prefix + cross(wraps, lanes / 2), type(c_type(t)),
                    wide = bits_of(t) == 64 ? "uint64_t" : "uint32_t";
  const auto arithmetic = [&](const char* op) {
    return is_float(t)
               ? std::pair(fmt::format("first {} last", op), fmt::format("first {} last", op))
               : std::pair(fmt::format("({0})(({1})first {2} ({1})last)", part, whole, op),
                           fmt::format("({0})(({1})first {2} ({1})last)", type, wide, op));
  };
  const struct {
    const char *name, *what;
    std::pair<std::string, std::string> both;
  } rows[] = {{"sum", "The sum of all lanes", arithmetic("+")},
              {"product", "The product of all lanes", arithmetic("*")},
              {"largest",
               "The largest lane",
               {macro + "MAX_" + half + "(first, last)", "(first < last) ? last : first"}}};
  for (const auto& row : rows) {
    Replacements words{{"@name@", row.name},       {"@what@", row.what},
                       {"@HALF@", part},           {"@FIRST@", numbers(0, lanes / 2)},
                       {"@half@", half},           {"@LAST@", numbers(lanes / 2, lanes)},
                       {"@BOTH@", row.both.first}, {"@PAIR@", row.both.second}};
    for (const auto& word : element_words(with, t, lanes)) words.push_back(word);
    if (lanes == 2)
      add_rows(helpers, kPairRows, words);
    else
      add_rows(helpers, kAcrossRows, words);
  }
}

/// One type of elements; what a comment says of f32 is not said again of the others.
template <size_t n>
void add_elements(std::vector<HelperText>& helpers, const HelperRow (&rows)[n],
                  const Replacements& with, DType t, int lanes) {
  const size_t first = helpers.size();
  add_rows(helpers, rows, element_words(with, t, lanes));
  for (size_t i = first; t != DType::f32 && i < helpers.size(); ++i) {
    if (helpers[i].text.starts_with("/*"))
      helpers[i].text.erase(0, helpers[i].text.find("*/\n") + 3);
  }
}

}  // namespace

void add_vector_helpers(std::vector<HelperText>& helpers, const Replacements& with, int lanes) {
  constexpr DType kTypes[] = {DType::f32, DType::f64, DType::i8,  DType::u8,  DType::i16,
                              DType::u16, DType::i32, DType::u32, DType::i64, DType::u64};
  const std::string prefix = with[0].second + "_f_", macro = with[1].second + "_F_";
  for (const DType t : kTypes) add_elements(helpers, kType, with, t, lanes);
  for (const DType t : kTypes) add_elements(helpers, kElementRows, with, t, lanes);
  for (const DType t : kTypes) add_across(helpers, with, t, lanes);
  Replacements numbered = element_words(with, DType::i32, lanes);
  numbered.emplace_back("@LANES@", numbers(0, lanes));
  add_rows(helpers, kLanesRow, numbered);
  for (const DType f : {DType::f32, DType::f64}) {
    add_rows(helpers, kFloatRows, element_words(with, f, lanes));
    for (const DType i : {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32}) {
      Replacements words{{"@f@", std::string(name_of(f))},
                         {"@F@", prefix + cross(f, lanes)},
                         {"@fx@", cross(f, lanes)},
                         {"@suffix@", f == DType::f32 ? "f" : ""}};
      std::string steps = macro + "TO_" + cross(DType::i32, lanes) + "(number)";
      for (int bits = 16; bits >= bits_of(i); bits /= 2) {
        const bool last = bits == bits_of(i);
        const DType half = last ? i : DType::i16;
        steps = macro + "TO_" + cross(half, lanes) + "(" + steps + ")";
      }
      words.emplace_back("@STEPS@", steps);
      for (const auto& word : saturation_words(f, i)) words.push_back(word);
      for (const auto& word : element_words(with, i, lanes)) words.push_back(word);
      if (f == DType::f32 && i == DType::i32)
        add_rows(helpers, kCutRows, words);
      else
        add_rows(helpers, kClampRows, words);
    }
  }
  add_rows(helpers, kMathRows, element_words(with, DType::f32, lanes));
}

}  // namespace tinycc
