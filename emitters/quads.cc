// Sums of products of signed bytes by vectors, of which each lane takes four terms at once:
//
//   for c 4 vector { for k 4 idiom { sum[c] = sum[c] + a[k] * b[c,k] } }
//
// as the call of a helper, whose body is Arm's SDOT where the compiler has it, else a loop.
#include <algorithm>

#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/idiom.h"
#include "ir/reach.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kQuad = 4;

constexpr HelperRow kQuads[] = {
    {"@M@_F_SDOT", R"(
/* Arm's sums of four products of bytes a lane. */
#if defined(__ARM_FEATURE_DOTPROD) && defined(__aarch64__) && !defined(__ARM_BIG_ENDIAN)
#define @M@_F_SDOT
#endif
)"},
    {"@P@_f_quads", R"(
/* sums[i] += a[0] * b[4 * i] + ... + a[3] * b[(4 * i) + 3] for 4 i, modulo 2^32. */
static inline __attribute__((always_inline)) @P@_f_i32x4
@P@_f_quads(@P@_f_i32x4 sums, const int8_t *a, const int8_t *b)
{
    @P@_f_i32x4 all = sums;

#if defined(@M@_F_SDOT)
    const @P@_f_i32x4 four = @M@_F_SPLAT_i32x4((int32_t)@M@_F_AT_i8x4(*a));

    __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(all) : "w"(@M@_F_AT_i8x16(*b)), "w"(four));
#else
    for (int32_t i = 0; i < 16; ++i) {
        all[i / 4] =
            (int32_t)((uint32_t)all[i / 4] + (uint32_t)((int32_t)a[i % 4] * (int32_t)b[i]));
    }
#endif
    return all;
}
)"},
    {"@P@_f_scaled", R"(
/* (sums[i] * factors[i] + addends[i]) >> shift for 4 i, of 32 bits. */
static inline __attribute__((always_inline)) @P@_f_i32x4
@P@_f_scaled(@P@_f_i32x4 sums, @P@_f_i32x4 factors, @P@_f_i64x4 addends, int32_t shift)
{
    @P@_f_i32x4 all = sums;

#if defined(@M@_F_SDOT)
    @P@_f_i64x2 low = {addends[0], addends[1]};
    @P@_f_i64x2 high = {addends[2], addends[3]};

    __asm__("smlal %0.2d, %1.2s, %2.2s" : "+w"(low) : "w"(sums), "w"(factors));
    __asm__("smlal2 %0.2d, %1.4s, %2.4s" : "+w"(high) : "w"(sums), "w"(factors));
    low = low >> shift;
    high = high >> shift;
    __asm__("uzp1 %0.4s, %1.4s, %2.4s" : "=w"(all) : "w"(low), "w"(high));
#else
    for (int32_t i = 0; i < 4; ++i) {
        const int64_t product = (int64_t)sums[i] * (int64_t)factors[i];

        all[i] = (int32_t)((int64_t)((uint64_t)product + (uint64_t)addends[i]) >> shift);
    }
#endif
    return all;
}
)"},
};

}  // namespace

void add_quad_helpers(std::vector<HelperText>& helpers, const Replacements& with) {
  add_rows(helpers, kQuads, with);
}

/// i32((i64(s) * i64(f) + addend) >> shift), which NEON has instructions for, though not for products of 64 bits.
std::optional<Text> KernelWriter::scaled(Expr e) {
  const bool form = names_.program().target.sums_quads() && dialect_.gnu_vectors &&
                    lanes_ == kQuad && e->is(Op::cast) && e->dtype == DType::i32;
  const std::optional<ScaledSum> whole = form ? scaled_sum(e[0]) : std::nullopt;
  if (!whole) return {};
  const std::string sums = vector_of(whole->sum, DType::i32).text,
                    factors = vector_of(whole->factor, DType::i32).text,
                    addends = vector_of(whole->addend, DType::i64).text;
  return Text{fmt::format("{}({}, {}, {}, {})", names_.prefixed("f_scaled"), sums, factors, addends,
                          whole->shift),
              kAtom, true};
}

/// How far elements of neighbours along the range lie apart; -1: not known.
int64_t KernelWriter::step_along(Expr load, Expr r) {
  const Affine at = address_of(*buffers_.at(load->attr.ints[0]), load->sources);
  const bool known = std::ranges::all_of(
      at.terms, [&](const auto& t) { return t.first == r || !occurs(r, t.first); });
  return known ? at.coefficient(r) / bits_of(load->dtype) : -1;
}

/// The product that lanes add up four terms of at a time: a the same for all, b in the order of the lanes.
std::optional<ByteProduct> KernelWriter::quads_in(const Stmt& loop) {
  const StmtRef& inner = loop.body[0];
  const bool form = dialect_.vectors && dialect_.gnu_vectors && inner->kind == StmtKind::loop &&
                    inner->loop == LoopKind::idiom && extent_of(loop.range) == kQuad &&
                    extent_of(inner->range) == kQuad;
  if (!form) return {};
  std::optional<ByteProduct> p = byte_product(added_to(*inner->body[0]));
  if (!p || p->zero != 0) return {};
  if (step_along(p->a, loop.range) != 0) std::swap(p->a, p->b);
  const auto lies = [&](Expr load, int64_t lane) {
    return load->dtype == DType::i8 && step_along(load, loop.range) == lane &&
           step_along(load, inner->range) == 1;
  };
  return lies(p->a, 0) && lies(p->b, kQuad) ? p : std::nullopt;
}

bool KernelWriter::write_quads(const Stmt& loop) {
  const std::optional<ByteProduct> p = quads_in(loop);
  const Stmt& s = p ? *loop.body[0]->body[0] : loop;
  if (!p || vector_registers_.count(s.buffer->id) == 0) return false;
  const Expr zero = constant_int(*loop.range->pool, DType::i64, 0);
  const auto first = [&](std::vector<Expr> index) {
    for (Expr& i : index)
      i = simplify(substitute(i, {{loop.range, zero}, {loop.body[0]->range, zero}}));
    return index;
  };
  const auto at = [&](Expr load) {
    return "&" + place(load->attr.ints[0], first(load->sources), false);
  };
  const std::string sum = place(s.buffer->id, first(s.index), true);
  line(fmt::format("{} = {}({}, {}, {});", sum, names_.prefixed("f_quads"), sum, at(p->a),
                   at(p->b)));
  return true;
}

}  // namespace tinycc
