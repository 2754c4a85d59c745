// Functions of one f32 that C has no operator for, ours rather than libm's: the same on every board,
// no undefined symbol, and the same algorithm in vectors (helpers_vector.cc). No C beyond C99. The
// errors that they state are tested over all floats: tests/accuracy.
//
//   exp   2^n exp(r), n = round(x / ln 2), r = x - n ln 2 in two parts, |r| <= ln(2)/2; a minimax
//         polynomial of degree 6; 2^n in two factors, so that denormal results are right.
//   log   n ln 2 + log(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2); f - f²/2 + f³ P(f), degree 7.
//   sin   n = round(x / (pi/2)), r = x - n pi/2 in four parts, of which n times the first three is
//         exact up to |x| = 8192; beyond it (Payne and Hanek) the product of x's 24 bits and those
//         96 bits of 2/pi that decide the quarter and the fraction. Then sin r or cos r by n mod 4.
#include "emitters/helpers.h"

namespace tinycc {
namespace {

constexpr HelperRow kRows[] = {
    {"@M@_F_GUARDED", R"(
/* Reads only where a condition holds: GCC 12 at -O3 for AVX makes wrong reads of that. */
#if defined(__GNUC__) && !defined(__clang__)
#define @M@_F_GUARDED __attribute__((optimize("no-tree-loop-if-convert")))
#else
#define @M@_F_GUARDED
#endif
)"},
    {"@M@_F_WIDE", R"(
/* With vectors of 64 bytes: Clang would split them where it takes shorter ones to be faster. */
#if defined(__clang__)
#define @M@_F_WIDE __attribute__((min_vector_width(512)))
#else
#define @M@_F_WIDE
#endif
)"},
    {"@P@_f_exp_f32", R"(
/* exp(x), error below 1.2 ulp; NaN gives NaN. exp(x) = 2^n exp(r) with n = round(x / ln 2), which
 * adding 1.5 * 2^23 leaves in the low bits; 2^n in two factors, for denormal results. */
static float @P@_f_exp_f32(float x)
{
    union {
        float number;
        uint32_t bits;
    } shifted, low, high;
    const float above = (x < -104.0f) ? -104.0f : x;
    const float within = (above > 89.0f) ? 89.0f : above;
    const float finite = (within == within) ? within : 0.0f;
    float n = 0.0f;
    float r = 0.0f;
    float power = 0.00138145965f;
    uint32_t exponents = 0; /* of both factors, with their biases */

    shifted.number = (finite * 1.44269504f) + 12582912.0f;
    n = shifted.number - 12582912.0f;
    r = (within - (n * 0.693359375f)) - (n * -2.12194440e-4f);
    power = (power * r) + 0.00836871751f;
    @EXP@
    exponents = (shifted.bits + 254u) & 0x3FFu; /* the lowest bits of 1.5 * 2^23 are 0 */
    low.bits = (exponents / 2u) * 8388608u;
    high.bits = (exponents - (exponents / 2u)) * 8388608u;
    return (power * low.number) * high.number;
}
)"},
    {"@P@_f_log_f32", R"(
/* log(x), error below 1 ulp. log(x) = n ln 2 + log(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), where
 * 0x004AFB0D is the distance from sqrt(1/2) to 1 in bits; denormals are scaled by 2^23. */
static float @P@_f_log_f32(float x)
{
    union {
        float number;
        uint32_t bits;
    } scaled, split;
    const int32_t tiny = (x < 1.17549435e-38f) ? 1 : 0;
    float n = 0.0f;
    float f = 0.0f;
    float rest = -0.0763442963f;

    scaled.number = (tiny != 0) ? (x * 8388608.0f) : x;
    scaled.bits += 0x004AFB0Du;
    n = (float)((int32_t)(scaled.bits >> 23) - ((tiny != 0) ? 150 : 127));
    split.bits = (scaled.bits & 0x007FFFFFu) + 0x3F3504F3u;
    f = split.number - 1.0f;
    rest = (rest * f) + 0.127615497f;
    @LOG@
    if (!(x < INFINITY)) {
        rest = x;
    } else if (x == 0.0f) {
        rest = -INFINITY;
    } else if (x < 0.0f) {
        rest = NAN;
    } else {
        /* rest is log(x) */
    }
    return rest;
}
)"},
    {"@P@_f_far_quarter_f32", R"(
/* x = n pi/2 + r for |x| >= 8192: returns r, sets n mod 4; infinities and NaN give NaN. Of x * 2/pi,
 * bits that stand for multiples of 4 and bits far behind the point are left out. */
static float @P@_f_far_quarter_f32(float x, uint32_t *quarter)
{
    static const uint32_t two_over_pi[8] = {0u,          0xA2F9836Eu, 0x4E441529u, 0xFC2757D1u,
                                            0xF534DDC0u, 0xDB629599u, 0x3C439041u, 0xFE5163ABu};
    union {
        float number;
        uint32_t bits;
    } parts;
    uint32_t exponent = 0;
    uint32_t first = 0;
    uint64_t whole = 0;
    uint64_t product = 0;
    float r = 0.0f;

    parts.number = x;
    exponent = (parts.bits >> 23) & 0xFFu;
    whole = (parts.bits & 0x007FFFFFu) | 0x00800000u;
    first = exponent - 120u;
    for (uint32_t i = 0; i < 3u; ++i) {
        const uint32_t word = (first / 32u) + i;
        const uint64_t pair = ((uint64_t)two_over_pi[word] << 32) | two_over_pi[word + 1u];
        const uint64_t term = whole * (uint32_t)((pair << (first % 32u)) >> 32);

        product += (i == 0u) ? (term << 32) : (i == 1u) ? term : (term >> 32);
    }
    *quarter = (uint32_t)(product >> 62) + ((uint32_t)(product >> 61) & 1u);
    product <<= 2;
    r = ((product >> 63) != 0u) ? -(float)(0u - product) : (float)product;
    r = r * 8.51530395e-20f; /* pi/2 / 2^64 */
    if (x < 0.0f) {
        r = -r;
        *quarter = 0u - *quarter;
    }
    return (exponent < 255u) ? r : (x - x);
}
)"},
    {"@P@_f_sin_f32", R"(
/* sin(x), error below 3 ulp for every x. x = n pi/2 + r, |r| <= pi/4; n by adding 1.5 * 2^23. */
static float @P@_f_sin_f32(float x)
{
    union {
        float number;
        uint32_t bits;
    } shifted;
    uint32_t quarter = 0;
    float r = 0.0f;
    float z = 0.0f;
    float y = 0.0f;

    if ((x >= -8192.0f) && (x <= 8192.0f)) {
        shifted.number = (x * 0.636619772f) + 12582912.0f;
        quarter = shifted.bits;
        z = shifted.number - 12582912.0f;
        r = ((x - (z * 1.5703125f)) - (z * 4.83751297e-4f)) - (z * 7.54953362e-8f);
        r = r - (z * 2.56334407e-12f);
    } else {
        r = @P@_f_far_quarter_f32(x, &quarter);
    }
    z = r * r;
    if ((quarter & 1u) == 0u) {
        y = (((-1.95146320e-4f * z) + 0.00833215564f) * z) - 0.166666552f;
        y = r + (r * (z * y));
    } else {
        y = (((2.44324128e-5f * z) - 0.00138873095f) * z) + 0.0416666456f;
        y = 1.0f - ((z * 0.5f) - ((z * z) * y));
    }
    return ((quarter & 2u) == 0u) ? y : -y;
}
)"},
    {"@P@_f_trunc_f32", R"(
/* x towards zero; from 2^23 on there are only whole numbers. */
static float @P@_f_trunc_f32(float x)
{
    const float size = (x < 0.0f) ? -x : x;
    float whole = x;

    if ((size < 1.0f) && (x < 0.0f)) {
        whole = -0.0f;
    } else if ((size < 8388608.0f) && (x != 0.0f)) {
        whole = (float)(int32_t)x;
    } else {
        /* whole already, or NaN */
    }
    return whole;
}
)"},
    {"@P@_f_sqrt_f32", "#define @P@_f_sqrt_f32(x) sqrtf(x)\n"},
    {"@P@_f_exp_f64", "#define @P@_f_exp_f64(x) exp(x)\n"},
    {"@P@_f_sqrt_f64", "#define @P@_f_sqrt_f64(x) sqrt(x)\n"},
    {"@P@_f_log_f64", "#define @P@_f_log_f64(x) log(x)\n"},
    {"@P@_f_sin_f64", "#define @P@_f_sin_f64(x) sin(x)\n"},
    {"@P@_f_trunc_f64", "#define @P@_f_trunc_f64(x) trunc(x)\n"},
};

}  // namespace

void add_math_helpers(std::vector<HelperText>& helpers, const Replacements& with) {
  for (const char* word : {"INFINITY", "NAN", "sqrtf", "sqrt", "exp", "log", "sin", "trunc"})
    helpers.push_back({word, "#include <math.h>\n"});
  add_rows(helpers, kRows, with);
}

}  // namespace tinycc
