// Sums of products of bytes as calls of helpers, whose bodies are the instructions that the compiler
// has for them, and else a loop; see writer.h.
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/idiom.h"
#include "ir/simplify.h"

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

// @T@, @t@: the type of the results.
constexpr HelperRow kScalings[] = {
    {"@P@_f_scale_@t@x4", R"(
/* y[i] = (sums[i] * factors[i] + addend) >> shift, within least and most, for 4 i; shift >= 32. */
@M@_F_INLINE void @P@_f_scale_@t@x4(@T@ *y, const int32_t *sums, const int32_t *factors,
                                    int64_t addend, int32_t shift, int32_t least, int32_t most)
{
#if defined(@M@_F_MVE)
    const int32x4_t s = {sums[0], sums[1], sums[2], sums[3]};
    const int32x4_t f = vld1q_s32(factors);
    const uint32x4_t bits = vdupq_n_u32((uint32_t)addend);
    const uint32x4_t low = vaddq_u32((uint32x4_t)vmulq_s32(s, f), bits);
    const int32x4_t high = vaddq_n_s32(vmulhq_s32(s, f), (int32_t)(addend >> 32));
    const int32x4_t sum = vaddq_m_n_s32(high, high, 1, vcmphiq_u32(bits, low)); /* the carry */
    const int32x4_t whole = vshlq_r_s32(sum, 32 - shift);

    @STORE4@vmaxq_s32(vminq_s32(whole, vdupq_n_s32(most)), vdupq_n_s32(least)));
#else
    for (int32_t i = 0; i < 4; ++i) {
        const int64_t product = (int64_t)sums[i] * (int64_t)factors[i];
        const int32_t whole = (int32_t)((int64_t)((uint64_t)product + (uint64_t)addend) >> shift);
        const int32_t below = (most < whole) ? most : whole;

        y[i] = (@T@)((below < least) ? least : below);
    }
#endif
}
)"},
    {"@P@_f_scale_each_@t@x4", R"(
/* y[i] = (sums[i] * factors[i] + addends[i]) >> shift, likewise. */
@M@_F_INLINE void @P@_f_scale_each_@t@x4(@T@ *y, const int32_t *sums, const int32_t *factors,
                                         const int64_t *addends, int32_t shift, int32_t least,
                                         int32_t most)
{
#if defined(@M@_F_MVE)
    const int32x4_t s = {sums[0], sums[1], sums[2], sums[3]};
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
          {"@STORE4@", is_unsigned(t) ? "vstrbq_u32(y, (uint32x4_t)" : "vstrbq_s32(y, "}};
}

}  // namespace

void add_idiom_helpers(std::vector<HelperText>& helpers, const Replacements& with) {
  add_rows(helpers, kShared, with);
  for (const auto& [t, s] : {std::pair{DType::i8, DType::i8}, std::pair{DType::i8, DType::u8},
                             std::pair{DType::u8, DType::i8}, std::pair{DType::u8, DType::u8}}) {
    Replacements types = words_of(t, s);
    types.insert(types.end(), with.begin(), with.end());
    add_rows(helpers, kProducts, types);
    if (t == s) add_rows(helpers, kProductsWithOne, types);
    if (t == s) add_rows(helpers, kScalings, types);
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

/// Of i8(max(min(x, 127), -128)), with the limits of that type, where the CPU may have it: x.
Expr KernelWriter::saturating(Expr cast) const {
  const Expr max = cast[0];
  const bool fits = names_.program().target.dot != Dot::none && !lane_ && cast->is(Op::cast) &&
                    max->is(Op::max) && max->dtype == DType::i32 && max[0]->is(Op::min) &&
                    bits_of(cast->dtype) == 8 && is_integer(cast->dtype);
  if (!fits || !max[1]->is(Op::constant) || !max[0][1]->is(Op::constant)) return {};
  const int64_t least = is_unsigned(cast->dtype) ? 0 : INT8_MIN;
  const bool whole = integer_of(max[1]) == least && integer_of(max[0][1]) == least + UINT8_MAX;
  return whole ? max[0][0] : Expr();
}

/// An idiom's loop as calls; false where its operands lie otherwise than the helpers want.
bool KernelWriter::write_idiom(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  const auto product = byte_product(added_to(s));
  if (!product) return write_scaling(loop);
  lane_ = loop.range;
  lanes_ = extent_of(loop.range);
  const Access sum = access(s.buffer->id, s.index),
               a = access(product->a->attr.ints[0], product->a->sources),
               b = access(product->b->attr.ints[0], product->b->sources);
  lane_ = {};
  lanes_ = 0;
  if (b != Access::contiguous) return false;
  if (sum == Access::invariant) return a == Access::contiguous && write_dot(loop, *product);
  if (sum != Access::contiguous || a == Access::other) return false;
  return write_products(loop, *product, a == Access::invariant);
}

/// "&x->at[y][4]": where the element of turn `turn` lies, and with it those that follow.
std::string KernelWriter::run_of(const Stmt& loop, int64_t turn, int64_t buffer,
                                 std::vector<Expr> index) {
  const Expr i = constant_int(*loop.range->pool, DType::i64, turn);
  for (Expr& e : index) e = substitute(e, {{loop.range, i}});
  const Buffer& b = *buffers_.at(buffer);
  const bool written = buffer == loop.body[0]->buffer->id;
  if (written || b.space == Space::weight) return "&" + place(buffer, index, false);
  const Expr last = physical(buffer, index).back();
  Affine at = affine(last);
  const int64_t offset = std::exchange(at.constant, 0);
  const auto dim = static_cast<size_t>(b.layout.axes.back().dim);
  index[dim] = simplify(index[dim] + static_cast<double>(-offset));
  const std::string text = "&" + place(buffer, index, false);
  std::string& row = rows_[text];
  if (row.empty()) {
    row = unique_identifier("row", taken_);
    line(fmt::format("const {} *const {} = {};", c_type(b.dtype), row, text));
  }
  return offset == 0 ? row : fmt::format("&{}[{}]", row, offset);
}

/// Ends a step of the sums: each is added to once in it.
void KernelWriter::begin_sum(const std::string& sum) {
  if (added_.insert(sum).second) return;
  line(names_.macro("F_STEP") + "();");
  added_ = {sum};
}

/// for k: sum += a[k] * b[k]
bool KernelWriter::write_dot(const Stmt& loop, const ByteProduct& p) {
  const Stmt& s = *loop.body[0];
  const int64_t terms = extent_of(loop.range);
  if ((terms != 4 && terms != 8 && terms != 16) || p.zero != 0) return false;
  const std::string sum = place(s.buffer->id, s.index, false);
  const auto run = [&](Expr load) { return run_of(loop, 0, load->attr.ints[0], load->sources); };
  begin_sum(sum);
  line(fmt::format("{} = {}({}, {}, {});", sum,
                   names_.prefixed(fmt::format("f_dot_{}_{}x{}", name_of(p.a->dtype),
                                               name_of(p.b->dtype), terms)),
                   sum, run(p.a), run(p.b)));
  return true;
}

/// for c: sums[c] += (a[c] + zero) * b[c], four at a time
bool KernelWriter::write_products(const Stmt& loop, const ByteProduct& p, bool one_a) {
  const Stmt& s = *loop.body[0];
  const int64_t lanes = extent_of(loop.range);
  if (lanes % 4 != 0 || std::abs(p.zero) > INT8_MAX + 1) return false;
  const std::string b(name_of(p.b->dtype)),
      types = one_a ? b : fmt::format("{}_{}", name_of(p.a->dtype), b);
  if (one_a) find_shared({p.shifted});
  const std::string same = one_a ? value(p.shifted).text : "";
  const std::string one = one_a && lanes > 4 ? temporary("int32_t", same) : same;
  for (int64_t at = 0; at < lanes; at += 4) {
    const auto run = [&](Expr load) { return run_of(loop, at, load->attr.ints[0], load->sources); };
    const std::string sums = run_of(loop, at, s.buffer->id, s.index);
    begin_sum(sums);
    line(fmt::format("{}({}, {}, {});", names_.prefixed(fmt::format("f_madd_{}x4", types)), sums,
                     one_a ? one : fmt::format("{}, {}", run(p.a), p.zero), run(p.b)));
  }
  return true;
}

/// for c: y[c] = bytes(clamp((sums[c] * factors[c] + addend) >> shift)), four at a time
bool KernelWriter::write_scaling(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  const int64_t lanes = extent_of(loop.range);
  auto scaled = scaling(s.value);
  if (!scaled || lanes % 4 != 0 || scaled->shift < 32 || !scaled->sum->is(Op::load)) return false;
  if (buffers_.at(scaled->factor->attr.ints[0])->space == Space::reg)
    std::swap(scaled->sum, scaled->factor);
  const bool each = scaled->addend->is(Op::load);
  std::vector<Expr> loads{scaled->sum, scaled->factor};
  if (each) loads.push_back(scaled->addend);
  lane_ = loop.range;
  lanes_ = lanes;
  bool fits = access(s.buffer->id, s.index) == Access::contiguous;
  for (Expr l : loads)
    fits = fits && l->is(Op::load) && access(l->attr.ints[0], l->sources) == Access::contiguous;
  lane_ = {};
  lanes_ = 0;
  if (!fits) return false;
  for (int64_t at = 0; at < lanes; at += 4) {
    std::vector<std::string> arguments{run_of(loop, at, s.buffer->id, s.index)};
    for (Expr l : loads) arguments.push_back(run_of(loop, at, l->attr.ints[0], l->sources));
    if (!each) arguments.push_back(constant_text(scaled->addend).text);
    for (const int64_t n : {scaled->shift, scaled->least, scaled->most})
      arguments.push_back(std::to_string(n));
    line(call(names_.prefixed(
                  fmt::format("f_scale_{}{}x4", each ? "each_" : "", name_of(s.buffer->dtype))),
              arguments)
             .text +
         ";");
  }
  return true;
}

}  // namespace tinycc
