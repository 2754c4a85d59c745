// Helpers for sums of products of bytes, whose bodies are the instructions that Arm's microcontrollers
// have for them (Cortex-M4's and M7's DSP extension; MVE), and else loops. What calls them: idioms.cc.
#include <string>
#include <utility>
#include <vector>

#include "emitters/helpers.h"

namespace tinycc {
namespace {

// @T@, @S@: the types of both operands, @t@, @s@: their names; @N@: so many terms.
constexpr HelperRow kSums[] = {
    {"@P@_f_dot_@t@_@s@x@N@", R"(
/* sum + a[0] * b[0] + ... + a[@LAST@] * b[@LAST@], modulo 2^32. */
@M@_F_INLINE int32_t @P@_f_dot_@t@_@s@x@N@(int32_t sum, const @T@ *a, const @S@ *b)
{
@IDIOM@    uint32_t total = (uint32_t)sum;

    for (int32_t i = 0; i < @N@; ++i) {
        total += (uint32_t)((int32_t)a[i] * (int32_t)b[i]);
    }
    return (int32_t)total;
@END@}
)"},
};

constexpr HelperRow kCentredSums[] = {
    {"@P@_f_dot_centred_u8_i8x@N@", R"(
/* sum + (a[0] - 128) * b[0] + ... + (a[@LAST@] - 128) * b[@LAST@], modulo 2^32. */
@M@_F_INLINE int32_t @P@_f_dot_centred_u8_i8x@N@(int32_t sum, const uint8_t *a, const int8_t *b)
{
#if defined(@M@_F_MVE)
    return @FAST@;
#else
    uint32_t total = (uint32_t)sum;

    for (int32_t i = 0; i < @N@; ++i) {
        total += (uint32_t)(((int32_t)a[i] - 128) * (int32_t)b[i]);
    }
    return (int32_t)total;
#endif
}
)"},
};
constexpr const char* kCentred8 =
    "vmladavaq_s16(sum, vsubq_n_s16((int16x8_t)vldrbq_u16(a), 128), vldrbq_s16(b))";
constexpr const char* kCentred16 =
    "vmladavaq_s8(sum, (int8x16_t)veorq_u8(vldrbq_u8(a), vdupq_n_u8(0x80u)), vldrbq_s8(b))";

// @T@, @t@: the type of a, @S@, @s@: of b.
constexpr HelperRow kProducts[] = {
    {"@P@_f_madd_@t@_@s@x4", R"(
/* sums[i] += (a[i] + zero) * b[i] for 4 i, modulo 2^32. */
@M@_F_INLINE void @P@_f_madd_@t@_@s@x4(int32_t *sums, const @T@ *a, int32_t zero, const @S@ *b)
{
#if defined(@M@_F_MVE)
    @M@_F_FOUR(sums) += vaddq_n_s32(@LOAD4_T@(a), zero) * @LOAD4_S@(b);
#elif defined(@M@_F_SIMD32)
    const uint32_t x = *(const @P@_f_word *)(const void *)a;
    const uint32_t y = *(const @P@_f_word *)(const void *)b;
    const uint32_t zeros = ((uint32_t)zero & 0xFFFFu) * 0x00010001u;
    uint32_t x_even;
    uint32_t x_odd;
    uint32_t y_even;
    uint32_t y_odd;

    @M@_F_EVEN_PLUS("@t1@", x_even, x, zeros);
    @M@_F_ODD_PLUS("@t1@", x_odd, x, zeros);
    @M@_F_EVEN("@s1@", y_even, y);
    @M@_F_ODD("@s1@", y_odd, y);
    @M@_F_SMLA("bb", sums[0], x_even, y_even);
    @M@_F_SMLA("bb", sums[1], x_odd, y_odd);
    @M@_F_SMLA("tt", sums[2], x_even, y_even);
    @M@_F_SMLA("tt", sums[3], x_odd, y_odd);
#else
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)(((int32_t)a[i] + zero) * (int32_t)b[i]));
    }
#endif
}
)"},
};

// Sums of channels in pairs, which MVE keeps even ones first: so do all helpers of such sums.
constexpr HelperRow kPairs[] = {
    {"@P@_f_madd_@t@_@s@x8", R"(
/* The same for 8 i, sums being in an order of their own. */
@M@_F_INLINE void @P@_f_madd_@t@_@s@x8(int32_t *sums, const @T@ *a, int32_t zero, const @S@ *b)
{
#if defined(@M@_F_MVE)
    const int16x8_t x = vaddq_n_s16(@LOAD_T@(a), (int16_t)zero);
    const int16x8_t y = @LOAD_S@(b);

    @M@_F_FOUR(&sums[0]) = vaddq_s32(@M@_F_FOUR(&sums[0]), vmullbq_int_s16(x, y));
    @M@_F_FOUR(&sums[4]) = vaddq_s32(@M@_F_FOUR(&sums[4]), vmulltq_int_s16(x, y));
#else
    for (int32_t i = 0; i < 8; ++i) {
        sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)(((int32_t)a[i] + zero) * (int32_t)b[i]));
    }
#endif
}
)"},
};

constexpr HelperRow kProductsWithOne[] = {
    {"@P@_f_madd_@s@x4", R"(
/* sums[i] += a * b[i] for 4 i, modulo 2^32; a has 16 bits. */
@M@_F_INLINE void @P@_f_madd_@s@x4(int32_t *sums, int32_t a, const @S@ *b)
{
#if defined(@M@_F_MVE)
    @M@_F_FOUR(sums) = vmlaq_n_s32(@M@_F_FOUR(sums), @LOAD4_S@(b), a);
#elif defined(@M@_F_SIMD32)
    const uint32_t y = *(const @P@_f_word *)(const void *)b;
    uint32_t y_even;
    uint32_t y_odd;

    @M@_F_EVEN("@s1@", y_even, y);
    @M@_F_ODD("@s1@", y_odd, y);
    @M@_F_SMLA("bb", sums[0], a, y_even);
    @M@_F_SMLA("bb", sums[1], a, y_odd);
    @M@_F_SMLA("bt", sums[2], a, y_even);
    @M@_F_SMLA("bt", sums[3], a, y_odd);
#else
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)(a * (int32_t)b[i]));
    }
#endif
}
)"},
};

// @T@, @t@: the type of the results. @of@: "sums", or "dots", which are in registers of their own; @FOUR@:
// how a vector is made of them.
constexpr HelperRow kScalings[] = {
    {"@P@_f_scale_@of@_@t@x4", R"(
/* y[i] = (sums[i] * factors[i] + addend * 2^32) >> shift, within least and most, for 4 i; shift >= 32. */
@M@_F_INLINE void @P@_f_scale_@of@_@t@x4(@T@ *y, const int32_t *sums, const int32_t *factors,
                                         int32_t addend, int32_t shift, int32_t least, int32_t most)
{
#if defined(@M@_F_MVE)
    const int32x4_t high = vaddq_n_s32(vmulhq_s32(@FOUR@(sums), vld1q_s32(factors)), addend);
    const int32x4_t whole = vshlq_r_s32(high, 32 - shift);

    @STORE4@vmaxq_s32(vminq_s32(whole, vdupq_n_s32(most)), vdupq_n_s32(least)));
#else
    for (int32_t i = 0; i < 4; ++i) {
        const int64_t product = (int64_t)sums[i] * (int64_t)factors[i];
        const int32_t whole = ((int32_t)(product >> 32) + addend) >> (shift - 32);
        const int32_t below = (most < whole) ? most : whole;

        y[i] = (@T@)((below < least) ? least : below);
    }
#endif
}
)"},
    {"@P@_f_scale_each_@of@_@t@x4", R"(
/* y[i] = (sums[i] * factors[i] + addends[i]) >> shift, likewise. */
@M@_F_INLINE void @P@_f_scale_each_@of@_@t@x4(@T@ *y, const int32_t *sums, const int32_t *factors,
                                              const int64_t *addends, int32_t shift, int32_t least,
                                              int32_t most)
{
#if defined(@M@_F_MVE)
    const int32x4_t s = @FOUR@(sums);
    const int32x4_t f = vld1q_s32(factors);
    const int32x4x2_t halves = vld2q_s32((const int32_t *)(const void *)addends);
    const uint32x4_t bits = (uint32x4_t)halves.val[0];
    const uint32x4_t low = vaddq_u32((uint32x4_t)vmulq_s32(s, f), bits);
    const int32x4_t high = vaddq_s32(vmulhq_s32(s, f), halves.val[1]);
    const int32x4_t sum = vaddq_m_n_s32(high, high, 1, vcmphiq_u32(bits, low)); /* the carry */
    const int32x4_t whole = vshlq_r_s32(sum, 32 - shift);

    @STORE4@vmaxq_s32(vminq_s32(whole, vdupq_n_s32(most)), vdupq_n_s32(least)));
#else
    for (int32_t i = 0; i < 4; ++i) {
        const int64_t product = (int64_t)sums[i] * (int64_t)factors[i];
        const uint64_t sum = (uint64_t)product + (uint64_t)addends[i];
        const int32_t whole = (int32_t)((int64_t)sum >> shift);
        const int32_t below = (most < whole) ? most : whole;

        y[i] = (@T@)((below < least) ? least : below);
    }
#endif
}
)"},
};

constexpr HelperRow kScalingOfPairs[] = {
    {"@P@_f_scale_sums_@t@x8", R"(
/* The same for 8 i, sums being in an order of their own. */
@M@_F_INLINE void @P@_f_scale_sums_@t@x8(@T@ *y, const int32_t *sums, const int32_t *factors,
                                         int32_t addend, int32_t shift, int32_t least, int32_t most)
{
#if defined(@M@_F_MVE)
    const int32x4x2_t f = vld2q_s32(factors);
    const int32x4_t even = vaddq_n_s32(vmulhq_s32(@M@_F_FOUR_IN(&sums[0]), f.val[0]), addend);
    const int32x4_t odd = vaddq_n_s32(vmulhq_s32(@M@_F_FOUR_IN(&sums[4]), f.val[1]), addend);
    const int32x4_t low = vshlq_r_s32(even, 32 - shift);
    int16x8_t whole = vqmovnbq_s32((int16x8_t)low, low);

    whole = vqmovntq_s32(whole, vshlq_r_s32(odd, 32 - shift));
    if ((least == @LEAST@) && (most == @MOST@)) {
        whole = (int16x8_t)@NARROW@((@V@x16_t)whole, whole);
    } else {
        whole = vmaxq_s16(vminq_s16(whole, vdupq_n_s16((int16_t)most)), vdupq_n_s16((int16_t)least));
    }
    @STORE8@whole);
#else
    for (int32_t i = 0; i < 8; ++i) {
        const int64_t product = (int64_t)sums[i] * (int64_t)factors[i];
        const int32_t whole = ((int32_t)(product >> 32) + addend) >> (shift - 32);
        const int32_t below = (most < whole) ? most : whole;

        y[i] = (@T@)((below < least) ? least : below);
    }
#endif
}
)"},
};

// @T@, @t@: the type, @t1@: "s" or "u"; @LEAST@, @MOST@.
constexpr HelperRow kSaturation[] = {
    {"@P@_f_saturate_@t@", R"(
/* x, within @LEAST@ and @MOST@. */
@M@_F_INLINE @T@ @P@_f_saturate_@t@(int32_t x)
{
#if defined(__GNUC__) && defined(__ARM_FEATURE_SAT)
    int32_t within;

    __asm__("@t1@sat %0, #8, %1" : "=r"(within) : "r"(x));
    return (@T@)within;
#else
    const int32_t below = (@MOST@ < x) ? @MOST@ : x;

    return (@T@)((below < @LEAST@) ? @LEAST@ : below);
#endif
}
)"},
};

constexpr HelperRow kShared[] = {
    {"@M@_F_INLINE", R"(
#if defined(__GNUC__)
#define @M@_F_INLINE static inline __attribute__((always_inline))
#else
#define @M@_F_INLINE static
#endif
)"},
    {"@M@_F_SIMD32", R"(
/* Arm's DSP extension: bytes of a word are widened two by two, and multiplied in pairs. */
#if defined(__GNUC__) && defined(__ARM_FEATURE_SIMD32) && !defined(__ARM_BIG_ENDIAN)
#define @M@_F_SIMD32
typedef uint32_t @P@_f_word __attribute__((aligned(1), may_alias));

#define @M@_F_EVEN(type, pair, word) \
    __asm__(type "xtb16 %0, %1" : "=r"(pair) : "r"(word))
#define @M@_F_ODD(type, pair, word) \
    __asm__(type "xtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word))
#define @M@_F_EVEN_PLUS(type, pair, word, zeros) \
    __asm__(type "xtab16 %0, %1, %2" : "=r"(pair) : "r"(zeros), "r"(word))
#define @M@_F_ODD_PLUS(type, pair, word, zeros) \
    __asm__(type "xtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(zeros), "r"(word))
#define @M@_F_SMLA(halves, sum, a, b) \
    __asm__("smla" halves " %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b))
#define @M@_F_SMLAD(sum, a, b) __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(a), "r"(b))
#endif
)"},
    {"@M@_F_STEP", R"(
/* What comes next is read next: GCC would read all at once, for which there are not registers enough. */
#if defined(__GNUC__) && defined(__ARM_FEATURE_SIMD32) && !defined(__ARM_FEATURE_MVE)
#define @M@_F_STEP() __asm__ volatile("" : : : "memory")
#else
#define @M@_F_STEP() ((void)0)
#endif
)"},
    {"@M@_F_MVE", R"(
/* Arm's vector extension for microcontrollers. */
#if defined(__ARM_FEATURE_MVE)
#define @M@_F_MVE
#include <arm_mve.h>
typedef int32x4_t @P@_f_four __attribute__((aligned(4), may_alias));

#define @M@_F_FOUR(sums) (*(@P@_f_four *)(void *)(sums))
#define @M@_F_FOUR_IN(sums) (*(const @P@_f_four *)(const void *)(sums))
#endif
)"},
    {"@P@_f_start_x4", R"(
/* sums[i] = from[i] for 4 i. */
@M@_F_INLINE void @P@_f_start_x4(int32_t *sums, const int32_t *from)
{
#if defined(@M@_F_MVE)
    @M@_F_FOUR(sums) = vld1q_s32(from);
#else
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = from[i];
    }
#endif
}
)"},
    {"@P@_f_start_x8", R"(
/* The same for 8 i, sums being in an order of their own. */
@M@_F_INLINE void @P@_f_start_x8(int32_t *sums, const int32_t *from)
{
#if defined(@M@_F_MVE)
    const int32x4x2_t pairs = vld2q_s32(from);

    @M@_F_FOUR(&sums[0]) = pairs.val[0];
    @M@_F_FOUR(&sums[4]) = pairs.val[1];
#else
    for (int32_t i = 0; i < 8; ++i) {
        sums[i] = from[i];
    }
#endif
}
)"},
    {"@P@_f_fill_x4", R"(
/* sums[i] = with for 4 i. */
@M@_F_INLINE void @P@_f_fill_x4(int32_t *sums, int32_t with)
{
#if defined(@M@_F_MVE)
    @M@_F_FOUR(sums) = vdupq_n_s32(with);
#else
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = with;
    }
#endif
}
)"},
    {"@P@_f_four_of", R"(
#if defined(@M@_F_MVE)
/* A vector of what is in registers of their own, where GCC would go through memory. */
@M@_F_INLINE int32x4_t @P@_f_four_of(const int32_t *x)
{
    int32x4_t all;

    __asm__("vmov %q0[2], %q0[0], %1, %3\n\tvmov %q0[3], %q0[1], %2, %4"
            : "=&w"(all)
            : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]));
    return all;
}
#endif
)"},
};

constexpr const char* kSmlad = R"(#if defined(@M@_F_SIMD32)
    const uint32_t x = *(const @P@_f_word *)(const void *)a;
    const uint32_t y = *(const @P@_f_word *)(const void *)b;
    uint32_t x_even;
    uint32_t x_odd;
    uint32_t y_even;
    uint32_t y_odd;
    int32_t total = sum;

    @M@_F_EVEN("@t1@", x_even, x);
    @M@_F_ODD("@t1@", x_odd, x);
    @M@_F_EVEN("@s1@", y_even, y);
    @M@_F_ODD("@s1@", y_odd, y);
    @M@_F_SMLAD(total, x_even, y_even);
    @M@_F_SMLAD(total, x_odd, y_odd);
    return total;
#else
)";

constexpr const char* kMve8 = R"(#if defined(@M@_F_MVE)
    return vmladavaq_s16(sum, @LOAD_T@(a), @LOAD_S@(b));
#else
)";

constexpr const char* kMve16 = R"(#if defined(@M@_F_MVE)
    return @CAST@vmladavaq_@v@(@SUM@, vldrbq_@v@(a), vldrbq_@v@(b));
#else
)";

constexpr const char* kMveMixed16 = R"(#if defined(@M@_F_MVE)
    const int32_t first = vmladavaq_s16(sum, @LOAD_T@(a), @LOAD_S@(b));

    return vmladavaq_s16(first, @LOAD_T@(&a[8]), @LOAD_S@(&b[8]));
#else
)";

std::string idiom(int64_t terms, bool same) {
  if (terms == 4) return kSmlad;
  if (terms == 8) return kMve8;
  return same ? kMve16 : kMveMixed16;
}

bool is_unsigned(DType t) { return kind_of(t) == DKind::unsigned_int; }

std::string widening_load(DType t) {
  return is_unsigned(t) ? "(int16x8_t)vldrbq_u16" : "vldrbq_s16";
}

std::string load_of_four(DType t) {
  return is_unsigned(t) ? "(int32x4_t)vldrbq_u32" : "vldrbq_s32";
}

Replacements words_of(DType t, DType s) {
  return {{"@T@", std::string(c_type(t))},
          {"@S@", std::string(c_type(s))},
          {"@t@", std::string(name_of(t))},
          {"@s@", std::string(name_of(s))},
          {"@t1@", is_unsigned(t) ? "u" : "s"},
          {"@LEAST@", is_unsigned(t) ? "0" : "-128"},
          {"@MOST@", is_unsigned(t) ? "255" : "127"},
          {"@s1@", is_unsigned(s) ? "u" : "s"},
          {"@v@", is_unsigned(t) ? "u8" : "s8"},
          {"@CAST@", is_unsigned(t) ? "(int32_t)" : ""},
          {"@SUM@", is_unsigned(t) ? "(uint32_t)sum" : "sum"},
          {"@LOAD_T@", widening_load(t)},
          {"@LOAD_S@", widening_load(s)},
          {"@LOAD4_T@", load_of_four(t)},
          {"@LOAD4_S@", load_of_four(s)},
          {"@NARROW@", is_unsigned(t) ? "vqmovunbq_s16" : "vqmovnbq_s16"},
          {"@V@", is_unsigned(t) ? "uint8" : "int8"},
          {"@STORE8@", is_unsigned(t) ? "vstrbq_u16(y, (uint16x8_t)" : "vstrbq_s16(y, "},
          {"@STORE4@", is_unsigned(t) ? "vstrbq_u32(y, (uint32x4_t)" : "vstrbq_s32(y, "}};
}

void add_scalings(std::vector<HelperText>& helpers, const Replacements& types) {
  for (const auto& [of, four] :
       {std::pair{"sums", "@M@_F_FOUR_IN"}, std::pair{"dots", "@P@_f_four_of"}}) {
    Replacements words{{"@of@", of}, {"@FOUR@", four}};
    words.insert(words.end(), types.begin(), types.end());
    add_rows(helpers, kScalings, words);
  }
  add_rows(helpers, kScalingOfPairs, types);
}

}  // namespace

void add_idiom_helpers(std::vector<HelperText>& helpers, const Replacements& with) {
  add_rows(helpers, kShared, with);
  for (const int64_t terms : {8, 16}) {
    Replacements words{{"@N@", std::to_string(terms)},
                       {"@LAST@", std::to_string(terms - 1)},
                       {"@FAST@", terms == 8 ? kCentred8 : kCentred16}};
    words.insert(words.end(), with.begin(), with.end());
    add_rows(helpers, kCentredSums, words);
  }
  for (const auto& [t, s] : {std::pair{DType::i8, DType::i8}, std::pair{DType::i8, DType::u8},
                             std::pair{DType::u8, DType::i8}, std::pair{DType::u8, DType::u8}}) {
    Replacements types = words_of(t, s);
    types.insert(types.end(), with.begin(), with.end());
    add_rows(helpers, kProducts, types);
    if (t == s) add_rows(helpers, kProductsWithOne, types);
    add_rows(helpers, kPairs, types);
    if (t == s) add_scalings(helpers, types);
    if (t == s) add_rows(helpers, kSaturation, types);
    for (const int64_t terms : {4, 8, 16}) {
      Replacements words{{"@IDIOM@", idiom(terms, t == s)},
                         {"@END@", "#endif\n"},
                         {"@N@", std::to_string(terms)},
                         {"@LAST@", std::to_string(terms - 1)}};
      words.insert(words.end(), types.begin(), types.end());
      add_rows(helpers, kSums, words);
    }
  }
}

}  // namespace tinycc
