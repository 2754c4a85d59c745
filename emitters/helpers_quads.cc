// Helpers for vectors of integers made of bytes, whose bodies are the instructions that Arm (SDOT) and x86
// (VNNI) have for them, and else loops. What calls them: quads.cc.
#include <fmt/format.h>

#include "emitters/helpers.h"
#include "ir/idiom.h"

namespace tinycc {
namespace {

constexpr HelperRow kShared[] = {
    {"@M@_F_NEON", R"(
/* Arm's vectors. */
#if defined(__aarch64__) && !defined(__ARM_BIG_ENDIAN)
#define @M@_F_NEON
#endif
)"},
    {"@M@_F_SDOT", R"(
/* Arm's sums of four products of bytes a lane. */
#if defined(@M@_F_NEON) && defined(__ARM_FEATURE_DOTPROD)
#define @M@_F_SDOT
#endif
)"},
    {"@M@_F_VNNI", R"(
/* x86's sums of four products of bytes a lane, or two of 16 bits, by vectors of so many. */
#if defined(__AVX512VNNI__) && defined(__AVX512VL__) && defined(__AVX512BW__)
#define @M@_F_VNNI
#include <immintrin.h>
#define @M@_F_QUADS_x4(sums, a, b) _mm_dpbusd_epi32(sums, a, b)
#define @M@_F_QUADS_x8(sums, a, b) _mm256_dpbusd_epi32(sums, a, b)
#define @M@_F_QUADS_x16(sums, a, b) _mm512_dpbusd_epi32(sums, a, b)
#define @M@_F_NEAREST_x4(x) _mm_cvtsepi32_epi8(x)
#define @M@_F_NEAREST_x8(x) _mm256_cvtsepi32_epi8(x)
#define @M@_F_NEAREST_x16(x) _mm512_cvtsepi32_epi8(x)
#define @M@_F_LOW_x4(x) _mm_cvtepi32_epi8(x)
#define @M@_F_LOW_x8(x) _mm256_cvtepi32_epi8(x)
#define @M@_F_LOW_x16(x) _mm512_cvtepi32_epi8(x)
#define @M@_F_PAIRS_x4(sums, a, b) _mm_dpwssd_epi32(sums, a, b)
#define @M@_F_PAIRS_x8(sums, a, b) _mm256_dpwssd_epi32(sums, a, b)
#define @M@_F_PAIRS_x16(sums, a, b) _mm512_dpwssd_epi32(sums, a, b)
#elif defined(__AVXVNNI__)
#define @M@_F_VNNI
#include <immintrin.h>
#define @M@_F_QUADS_x4(sums, a, b) _mm_dpbusd_avx_epi32(sums, a, b)
#define @M@_F_QUADS_x8(sums, a, b) _mm256_dpbusd_avx_epi32(sums, a, b)
#define @M@_F_PAIRS_x4(sums, a, b) _mm_dpwssd_avx_epi32(sums, a, b)
#define @M@_F_PAIRS_x8(sums, a, b) _mm256_dpwssd_avx_epi32(sums, a, b)
#endif
)"},
    {"@P@_f_scaled", R"(
/* sums[i] = (sums[i] * factors[i] + addends[i]) >> shift for 4 i, of 32 bits. */
static inline __attribute__((always_inline)) void
@P@_f_scaled(@P@_f_i32x4 *sums, const @P@_f_i32x4 *factors, const @P@_f_i64x4 *addends, int32_t shift)
{
#if defined(@M@_F_NEON)
    @P@_f_i64x2 low = {(*addends)[0], (*addends)[1]};
    @P@_f_i64x2 high = {(*addends)[2], (*addends)[3]};

    __asm__("smlal %0.2d, %1.2s, %2.2s" : "+w"(low) : "w"(*sums), "w"(*factors));
    __asm__("smlal2 %0.2d, %1.4s, %2.4s" : "+w"(high) : "w"(*sums), "w"(*factors));
    low = low >> shift;
    high = high >> shift;
    __asm__("uzp1 %0.4s, %1.4s, %2.4s" : "=w"(*sums) : "w"(low), "w"(high));
#else
    for (int32_t i = 0; i < 4; ++i) {
        const int64_t product = (int64_t)(*sums)[i] * (int64_t)(*factors)[i];

        (*sums)[i] = (int32_t)((int64_t)((uint64_t)product + (uint64_t)(*addends)[i]) >> shift);
    }
#endif
}
)"},
};

// @T@, @t@: the type of a; @PLUS@: what is added to a, @FLIPPED@: by which its bytes change then; @L@: lanes,
// @H@: half of them, @B@: bytes of b, @BITS@: of a vector in intrinsics; @FAST@: with instructions, where @HAS@.
constexpr HelperRow kQuads[] = {
    {"@P@_f_quads_@t@x@L@", R"(
/* sums[i] += (a[0]@PLUS@) * b[4 * i] + ... + (a[3]@PLUS@) * b[(4 * i) + 3] for @L@ i, modulo 2^32. */
static inline __attribute__((always_inline)) void
@P@_f_quads_@t@x@L@(@P@_f_i32x@L@ *sums, const @T@ *a, const int8_t *b)
{
#if @HAS@
    const @P@_f_i32x@L@ four = @M@_F_SPLAT_i32x@L@((int32_t)@M@_F_AT_i8x4(*a)@FLIPPED@);

    @FAST@;
#else
    for (int32_t i = 0; i < @B@; ++i) {
        const int32_t product = ((int32_t)a[i % 4]@PLUS@) * (int32_t)b[i];

        (*sums)[i / 4] = (int32_t)((uint32_t)(*sums)[i / 4] + (uint32_t)product);
    }
#endif
}
)"},
};

constexpr HelperRow kRowPairs[] = {
    {"@M@_F_I8MM", R"(
/* Arm's products of two rows and two columns of eight bytes. */
#if defined(@M@_F_NEON) && defined(__ARM_FEATURE_MATMUL_INT8)
#define @M@_F_I8MM
#endif
)"},
    {"@P@_f_exchange_x4", R"(
/* 0 1 2 3 and 4 5 6 7 become 0 1 4 5 and 2 3 6 7, as f_octs has them, and back. */
static inline __attribute__((always_inline)) void @P@_f_exchange_x4(@P@_f_i32x4 *first, @P@_f_i32x4 *second)
{
#if defined(@M@_F_I8MM)
    const @P@_f_i32x4 x = *first;
    const @P@_f_i32x4 y = *second;

    __asm__("zip1 %0.2d, %1.2d, %2.2d" : "=w"(*first) : "w"(x), "w"(y));
    __asm__("zip2 %0.2d, %1.2d, %2.2d" : "=w"(*second) : "w"(x), "w"(y));
#else
    (void)first;
    (void)second;
#endif
}
)"},
};

constexpr HelperRow kOcts[] = {
    {"@P@_f_octs_@t@x4", R"(
/* first[i] += (a[0]@PLUS@) * b[8 * i] + ... + (a[7]@PLUS@) * b[(8 * i) + 7] for 4 i, modulo 2^32, and second
 * with a2; in the order of f_exchange. */
static inline __attribute__((always_inline)) void
@P@_f_octs_@t@x4(@P@_f_i32x4 *first, @P@_f_i32x4 *second, const @T@ *a, const @T@ *a2, const int8_t *b)
{
#if defined(@M@_F_I8MM)
    const @P@_f_i64x2 rows = {(int64_t)@M@_F_AT_i8x8(*a)@FLIPPED@, (int64_t)@M@_F_AT_i8x8(*a2)@FLIPPED@};

    __asm__("smmla %0.4s, %1.16b, %2.16b" : "+w"(*first) : "w"(rows), "w"(@M@_F_AT_i8x16(b[0])));
    __asm__("smmla %0.4s, %1.16b, %2.16b" : "+w"(*second) : "w"(rows), "w"(@M@_F_AT_i8x16(b[16])));
#else
    for (int32_t i = 0; i < 32; ++i) {
        const int32_t product = ((int32_t)a[i % 8]@PLUS@) * (int32_t)b[i];
        const int32_t product2 = ((int32_t)a2[i % 8]@PLUS@) * (int32_t)b[i];

        (*first)[i / 8] = (int32_t)((uint32_t)(*first)[i / 8] + (uint32_t)product);
        (*second)[i / 8] = (int32_t)((uint32_t)(*second)[i / 8] + (uint32_t)product2);
    }
#endif
}
)"},
};

// @N@: vectors of sums, each of 4 lanes.
constexpr HelperRow kPairs[] = {
    {"@P@_f_pairs_@t@x@L@", R"(
/* sums[i] += (a[0]@PLUS@) * b[2 * i] + (a[1]@PLUS@) * b[(2 * i) + 1] for @L@ i, by fours, modulo 2^32. */
static inline __attribute__((always_inline)) void
@P@_f_pairs_@t@x@L@(@P@_f_i32x4 *sums, const @T@ *a, const int8_t *b)
{
#if defined(@M@_F_NEON)
    const @P@_f_i16x4 pair = @M@_F_SPLAT_i16x4((int16_t)@M@_F_AT_i8x2(*a)@FLIPPED@);
    @P@_f_i16x8 products[@N@];

#pragma GCC unroll @N@
    for (int32_t i = 0; i < @N@; ++i) {
        __asm__("smull %0.8h, %1.8b, %2.8b" : "=w"(products[i]) : "w"(pair), "w"(@M@_F_AT_i8x8(b[8 * i])));
    }
#pragma GCC unroll @N@
    for (int32_t i = 0; i < @N@; ++i) {
        __asm__("sadalp %0.4s, %1.8h" : "+w"(sums[i]) : "w"(products[i]));
    }
#else
    for (int32_t i = 0; i < 8 * @N@; ++i) {
        const int32_t product = ((int32_t)a[i % 2]@PLUS@) * (int32_t)b[i];
        const uint32_t sum = (uint32_t)sums[i / 8][(i / 2) % 4] + (uint32_t)product;

        sums[i / 8][(i / 2) % 4] = (int32_t)sum;
    }
#endif
}
)"},
};

constexpr HelperRow kScaled[] = {
    {"@P@_f_scaled_x@L@", R"(
/* sums[i] = (sums[i] * factors[i] + addend * 2^32) >> shift for @L@ i, of 32 bits; shift >= 32. */
static inline __attribute__((always_inline)) void
@P@_f_scaled_x@L@(@P@_f_i32x@L@ *sums, const @P@_f_i32x@L@ *factors, int32_t addend, int32_t shift)
{
    @P@_f_i32x@L@ high = *sums;

#if @HAS@
@FAST@#else
    for (int32_t i = 0; i < @L@; ++i) {
        high[i] = (int32_t)(((int64_t)(*sums)[i] * (int64_t)(*factors)[i]) >> 32);
    }
#endif
    *sums = (high + addend) >> (shift - 32);
}
)"},
};

constexpr const char* kSdotQuads =
    R"(__asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(*sums) : "w"(@M@_F_AT_i8x16(*b)), "w"(four)))";
constexpr const char* kVnniQuads =
    R"(*sums = (@P@_f_i32x@L@)@M@_F_QUADS_x@L@((__m@BITS@i)*sums, (__m@BITS@i)four,
                                           (__m@BITS@i)@M@_F_AT_i8x@B@(*b)))";

constexpr const char* kNeonScaled = R"(    @P@_f_i64x2 low_half;
    @P@_f_i64x2 high_half;

    __asm__("smull %0.2d, %1.2s, %2.2s" : "=w"(low_half) : "w"(*sums), "w"(*factors));
    __asm__("smull2 %0.2d, %1.4s, %2.4s" : "=w"(high_half) : "w"(*sums), "w"(*factors));
    __asm__("uzp2 %0.4s, %1.4s, %2.4s" : "=w"(high) : "w"(low_half), "w"(high_half));
)";
// Lanes 0, 2, ... of a product have 64 bits, of which the higher half counts; then lanes 1, 3, ...
constexpr const char* kVnniScaled = R"(    const __m@BITS@i s = (__m@BITS@i)*sums;
    const __m@BITS@i f = (__m@BITS@i)*factors;
    const @P@_f_i64x@H@ even = (@P@_f_i64x@H@)@MUL@(s, f);
    const @P@_f_i64x@H@ odd = (@P@_f_i64x@H@)@MUL@((__m@BITS@i)((@P@_f_i64x@H@)s >> 32),
                                                  (__m@BITS@i)((@P@_f_i64x@H@)f >> 32));

    high = (@P@_f_i32x@L@)@BLEND@;
)";

// GCC 12 converts by halves, four instructions a step. Macros, as functions would hand vectors over.
constexpr HelperRow kX86[] = {
    {"@M@_F_X86", R"(
/* x86's instructions for bytes. */
#if defined(__x86_64__) && defined(__SSE4_1__)
#define @M@_F_X86
#include <immintrin.h>
#endif
)"},
};

// @FLAG@: what the compiler defines where it has vectors of so many lanes.
constexpr HelperRow kWide[] = {
    {"@M@_F_WIDE_@t@x@L@", R"(
/* @L@ bytes as lanes of 32 bits. */
#if defined(@M@_F_X86) && defined(@FLAG@)
#define @M@_F_WIDE_@t@x@L@(x) ((@P@_f_i32x@L@)@WIDE@(@TAKEN@))
#else
#define @M@_F_WIDE_@t@x@L@(x) __builtin_convertvector((x), @P@_f_i32x@L@)
#endif
)"},
};

constexpr HelperRow kBytes[] = {
    {"@M@_F_LOW_@t@x@L@", R"(
/* The lowest bytes of @L@ lanes. */
#if defined(@M@_F_VNNI) && defined(@M@_F_LOW_x@L@)
#define @M@_F_LOW_@t@x@L@(x) ((@P@_f_@t@x@L@)@GIVEN@)
#else
#define @M@_F_LOW_@t@x@L@(x) \
    __builtin_convertvector(__builtin_convertvector((x), @P@_f_i16x@L@), @P@_f_@t@x@L@)
#endif
)"},
};

// @FAST@: how, where @HAS@.
constexpr HelperRow kNearest[] = {
    {"@M@_F_NEAREST_@t@x@L@", R"(
/* The nearest bytes to @L@ lanes. */
#if @HAS@
#define @M@_F_NEAREST_@t@x@L@(x) @FAST@
#else
#define @M@_F_NEAREST_@t@x@L@(x) \
    @M@_F_LOW_@t@x@L@(@M@_F_MAX_i32x@L@(@M@_F_MIN_i32x@L@(x, @M@_F_SPLAT_i32x@L@(@HIGHEST@)), \
                                      @M@_F_SPLAT_i32x@L@(@LOWEST@)))
#endif
)"},
};
constexpr const char* kNeonNearest = R"(\
    __extension__({ \
        @P@_f_i16x4 half_; \
        uint32_t low_; \
        __asm__("sqxt@U@n %0.4h, %1.4s" : "=w"(half_) : "w"(x)); \
        __asm__("@s@qxtn %0.8b, %1.8h" : "=w"(low_) : "w"(half_)); \
        (@P@_f_@t@x4)low_; \
    }))";

// A product of 16 bits beside one with zero: faster than one of 32.
constexpr HelperRow kProducts[] = {
    {"@M@_F_PRODUCT_x@L@", R"(
/* sums[i] + a[i] * b[i] for @L@ i, modulo 2^32; a and b within 16 bits. */
#if defined(@M@_F_VNNI) && defined(@M@_F_PAIRS_x@L@)
#define @M@_F_PRODUCT_x@L@(sums, a, b) \
    ((@P@_f_i32x@L@)@M@_F_PAIRS_x@L@( \
        (__m@BITS@i)(sums), (__m@BITS@i)(a), (__m@BITS@i)((b)&0xFFFF)))
#else
#define @M@_F_PRODUCT_x@L@(sums, a, b) \
    ((@P@_f_i32x@L@)((@P@_f_u32x@L@)(sums) + ((@P@_f_u32x@L@)(a) * (@P@_f_u32x@L@)(b))))
#endif
)"},
};

// GCC 12 has no vectors of four bytes.
constexpr HelperRow kNeonBytes[] = {
    {"@M@_F_SHORT_@t@x4", R"(
/* 4 bytes as lanes of 16 bits. */
#if defined(@M@_F_NEON)
#define @M@_F_SHORT_@t@x4(x) \
    __extension__({ \
        @P@_f_i16x4 short_; \
        __asm__("@s@xtl %0.8h, %1.8b" : "=w"(short_) : "w"((uint32_t)(x))); \
        short_; \
    })
#else
#define @M@_F_SHORT_@t@x4(x) __builtin_convertvector((x), @P@_f_i16x4)
#endif
)"},
    {"@M@_F_WIDE_@t@x4", R"(
/* 4 bytes as lanes of 32 bits. */
#if defined(@M@_F_NEON)
#define @M@_F_WIDE_@t@x4(x) __builtin_convertvector(@M@_F_SHORT_@t@x4(x), @P@_f_i32x4)
#else
#define @M@_F_WIDE_@t@x4(x) __builtin_convertvector((x), @P@_f_i32x4)
#endif
)"},
    {"@M@_F_LOW_@t@x4", R"(
/* The lowest bytes of 4 lanes. */
#if defined(@M@_F_NEON)
#define @M@_F_LOW_@t@x4(x) \
    __extension__({ \
        const @P@_f_i16x4 half_ = __builtin_convertvector((x), @P@_f_i16x4); \
        uint32_t low_; \
        __asm__("xtn %0.8b, %1.8h" : "=w"(low_) : "w"(half_)); \
        (@P@_f_@t@x4)low_; \
    })
#else
#define @M@_F_LOW_@t@x4(x) \
    __builtin_convertvector(__builtin_convertvector((x), @P@_f_i16x4), @P@_f_@t@x4)
#endif
)"},
};

// Compilers make VWMACC and SMLAL of it.
constexpr HelperRow kWideProducts[] = {
    {"@M@_F_PRODUCT_x@L@", R"(
/* sums[i] + a[i] * b[i] for @L@ i, modulo 2^32; a and b of 16 bits. */
@FAST@#define @M@_F_PRODUCT_x@L@(sums, a, b) \
    ((@P@_f_i32x@L@)((@P@_f_u32x@L@)(sums) + \
                     (@P@_f_u32x@L@)(__builtin_convertvector((a), @P@_f_i32x@L@) * \
                                     __builtin_convertvector((b), @P@_f_i32x@L@))))
@END@)"},
};
constexpr const char* kNeonProduct = R"(#if defined(@M@_F_NEON)
#define @M@_F_PRODUCT_x4(sums, a, b) \
    __extension__({ \
        @P@_f_i32x4 sums_ = (sums); \
        __asm__("smlal %0.4s, %1.4h, %2.4h" : "+w"(sums_) : "w"(a), "w"(b)); \
        sums_; \
    })
#else
)";

Replacements joined(Replacements words, const Replacements& with) {
  words.insert(words.end(), with.begin(), with.end());
  return words;
}

/// Of vectors of so many lanes.
Replacements words_of_lanes(int64_t lanes, const Replacements& with) {
  return joined({{"@L@", std::to_string(lanes)},
                 {"@H@", std::to_string(lanes / 2)},
                 {"@B@", std::to_string(4 * lanes)},
                 {"@BITS@", std::to_string(32 * lanes)}},
                with);
}

/// A type of bytes, and its ends.
Replacements words_of_bytes(bool is_signed) {
  return {{"@t@", is_signed ? "i8" : "u8"},
          {"@LOWEST@", is_signed ? "-128" : "0"},
          {"@HIGHEST@", is_signed ? "127" : "255"}};
}

/// For both types of a: what is added to it.
void add_sums(std::vector<HelperText>& helpers, Dot dot, const Replacements& lanes) {
  for (const DType type : {DType::i8, DType::u8}) {
    const int64_t offset = *quad_offset(dot, type);
    const auto words = [&](const char* flip) {
      return joined({{"@FAST@", dot == Dot::vnni ? kVnniQuads : kSdotQuads},
                     {"@HAS@", dot == Dot::vnni ? "defined(@M@_F_VNNI) && defined(@M@_F_QUADS_x@L@)"
                                                : "defined(@M@_F_SDOT)"},
                     {"@T@", std::string(c_type(type))},
                     {"@t@", std::string(name_of(type))},
                     {"@PLUS@", offset == 0 ? "" : fmt::format(" {} 128", offset < 0 ? "-" : "+")},
                     {"@FLIPPED@", offset == 0 ? "" : fmt::format(" ^ {}", flip)}},
                    lanes);
    };
    if (dot != Dot::smull) add_rows(helpers, kQuads, words("(int32_t)0x80808080u"));
    if (dot == Dot::i8mm) add_rows(helpers, kOcts, words("(int64_t)0x8080808080808080u"));
    for (int64_t n = 1; dot == Dot::smull && n <= kMostInARow; ++n)
      add_rows(
          helpers, kPairs,
          joined({{"@N@", std::to_string(n)}, {"@L@", std::to_string(4 * n)}}, words("0x8080")));
  }
}

/// What only 64-bit Arm has, of 4 lanes.
void add_neon(std::vector<HelperText>& helpers, const Replacements& lanes) {
  for (const bool is_signed : {true, false}) {
    const Replacements words = joined({{"@FAST@", kNeonNearest},
                                       {"@HAS@", "defined(@M@_F_NEON)"},
                                       {"@s@", is_signed ? "s" : "u"},
                                       {"@U@", is_signed ? "" : "u"}},
                                      joined(words_of_bytes(is_signed), lanes));
    add_rows(helpers, kNeonBytes, words);
    add_rows(helpers, kNearest, words);
  }
  add_rows(helpers, kWideProducts,
           joined({{"@FAST@", kNeonProduct}, {"@END@", "#endif\n"}}, lanes));
  add_rows(helpers, kScaled,
           joined({{"@FAST@", kNeonScaled}, {"@HAS@", "defined(@M@_F_NEON)"}}, lanes));
}

const char* prefix_of(int64_t lanes) {
  return lanes == 4 ? "_mm" : lanes == 8 ? "_mm256" : "_mm512";
}

/// What x86 has for bytes, of 4, 8 or 16 lanes; the narrowing where it has VNNI.
void add_x86_bytes(std::vector<HelperText>& helpers, int64_t lanes, bool narrows,
                   const Replacements& words) {
  const std::string type = fmt::format("int{}_t", 8 * lanes);  // of so many bytes
  const auto given = [&](const char* function) {
    const std::string bytes = fmt::format("@M@_F_{}_x@L@((__m@BITS@i)(x))", function);
    return lanes == 16 ? bytes : fmt::format("({})_mm_cvtsi128_si{}({})", type, 8 * lanes, bytes);
  };
  for (const bool is_signed : {true, false}) {
    const Replacements of_bytes = joined(
        {{"@WIDE@", fmt::format("{}_cvtep{}8_epi32", prefix_of(lanes), is_signed ? "i" : "u")},
         {"@FLAG@", lanes == 4   ? "__SSE4_1__"
                    : lanes == 8 ? "__AVX2__"
                                 : "__AVX512F__"},
         {"@TAKEN@", lanes == 16 ? "(__m128i)(x)"
                                 : fmt::format("_mm_cvtsi{}_si128(({})(x))", 8 * lanes, type)},
         {"@GIVEN@", given("LOW")},
         {"@FAST@", fmt::format("((@P@_f_@t@x@L@){})", given("NEAREST"))},
         {"@HAS@", "defined(@M@_F_VNNI) && defined(@M@_F_NEAREST_x@L@)"}},
        joined(words_of_bytes(is_signed), words));
    add_rows(helpers, kWide, of_bytes);
    if (narrows) add_rows(helpers, kBytes, of_bytes);
    if (narrows && is_signed) add_rows(helpers, kNearest, of_bytes);
  }
}

/// What x86 with VNNI has, of 4, 8 or 16 lanes.
void add_vnni(std::vector<HelperText>& helpers, int64_t lanes, const Replacements& words) {
  const std::string prefix = prefix_of(lanes);
  add_rows(helpers, kProducts, words);
  const std::string both = "(__m@BITS@i)((@P@_f_u64x@H@)even >> 32), (__m@BITS@i)odd";
  const std::string blend =
      lanes == 16
          ? "_mm512_mask_blend_epi32((__mmask16)0xAAAAu, " + both + ")"
          : fmt::format("{}_blend_epi32({}, {})", prefix, both, lanes == 8 ? "0xAA" : "0xA");
  add_rows(helpers, kScaled,
           joined({{"@FAST@", kVnniScaled},
                   {"@HAS@", "defined(@M@_F_VNNI)"},
                   {"@MUL@", prefix + "_mul_epi32"},
                   {"@BLEND@", blend}},
                  words));
}

}  // namespace

void add_quad_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                      const Target& target) {
  const Dot dot = target.dot;
  if (target.widens_bytes()) add_rows(helpers, kX86, with);
  if (target.sums_quads()) add_rows(helpers, kShared, with);
  if (dot == Dot::i8mm) add_rows(helpers, kRowPairs, with);
  for (const int64_t lanes : {4, 8, 16}) {
    const Replacements words = words_of_lanes(lanes, with);
    if (dot == Dot::vwmacc)
      add_rows(helpers, kWideProducts, joined({{"@FAST@", ""}, {"@END@", ""}}, words));
    if (target.widens_bytes()) add_x86_bytes(helpers, lanes, dot == Dot::vnni, words);
    if (!target.sums_quads() || (dot != Dot::vnni && lanes > 4)) continue;
    add_sums(helpers, dot, words);
    if (dot == Dot::vnni)
      add_vnni(helpers, lanes, words);
    else
      add_neon(helpers, words);
  }
}

}  // namespace tinycc
