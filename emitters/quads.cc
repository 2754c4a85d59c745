// Sums of products of bytes by vectors, of which each lane takes four terms at once, or two:
//
//   for c 4 vector { for k 4 idiom { sum[c] = sum[c] + (a[k] + zero) * b[c,k] } }
//
// as the call of a helper, whose body is Arm's SDOT or x86's VPDPBUSD where the compiler has it, else a
// loop. What zero has to be for either: quad_offset in ir/idiom.h. Pairs (k 2) are Arm's SMULL and SADALP,
// of which one waits for the other: a call takes all vectors of sums that share an a.
#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/idiom.h"
#include "ir/reach.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

/// Have the helpers vectors of so many lanes?
bool has_lanes(Dot dot, int64_t lanes) {
  return lanes == 4 || (dot == Dot::vnni && (lanes == 8 || lanes == 16));
}

/// max(min(x, high), low), in either order, without those ends that are least or most; empty: it is something
/// else, or has an end beyond them.
Expr without_ends(Expr clamped, int64_t least, int64_t most) {
  const auto is_end = [&](Expr e, Op op) {
    return e->is(op) && e[1]->is(Op::constant) && integer_of(e[1]) >= least &&
           integer_of(e[1]) <= most;
  };
  const bool max_last = is_end(clamped, Op::max) && is_end(clamped[0], Op::min);
  if (!max_last && !(is_end(clamped, Op::min) && is_end(clamped[0], Op::max))) return {};
  Expr x = clamped[0][0];
  for (Expr end : {clamped[0], clamped}) {
    if (integer_of(end[1]) != (end->is(Op::max) ? least : most))
      x = end->pool->with_sources(end, {x, end[1]});
  }
  return x;
}

}  // namespace

/// Are there helpers for sums of bytes by so many lanes?
bool KernelWriter::has_quads() const {
  const Target& t = names_.program().target;
  return t.sums_quads() && dialect_.gnu_vectors && has_lanes(t.dot, lanes_);
}

/// i32((i64(s) * i64(f) + addend) >> shift), which NEON and AVX have instructions for, though not for products of 64
/// bits.
std::optional<Text> KernelWriter::scaled(Expr e) {
  const bool form = has_quads() && e->is(Op::cast) && e->dtype == DType::i32;
  const std::optional<ScaledSum> whole = form ? scaled_sum(e[0]) : std::nullopt;
  if (!whole || (!whole->is_high() && names_.program().target.dot == Dot::vnni)) return {};
  const auto named = [&](Expr x, DType element) {
    return temporary(vector_type(element), vector_of(x, element).text);
  };
  const std::string factors = named(whole->factor, DType::i32);
  const std::string addend = whole->is_high() ? std::to_string(integer_of(whole->addend) >> 32)
                                              : "&" + named(whole->addend, DType::i64);
  const std::string function = whole->is_high() ? fmt::format("f_scaled_x{}", lanes_) : "f_scaled";
  const std::string v = unique_identifier("v", taken_);
  line(fmt::format("{} {} = {};", vector_type(DType::i32), v,
                   vector_of(whole->sum, DType::i32).text));
  line(fmt::format("{}(&{}, &{}, {}, {});", names_.prefixed(function), v, factors, addend,
                   whole->shift));
  return shared_[e] = Text{v, kAtom, true};
}

/// The nearest bytes to lanes of 32 bits, where an instruction narrows that way: what cuts off at the ends of the
/// type is dropped.
std::optional<Text> KernelWriter::nearest_bytes(Expr e) {
  const bool has =
      has_quads() && (e->dtype == DType::i8 ||
                      (e->dtype == DType::u8 && names_.program().target.dot != Dot::vnni));
  if (!has || !e->is(Op::cast) || e[0]->dtype != DType::i32) return {};
  const int64_t least = e->dtype == DType::i8 ? INT8_MIN : 0;
  const Expr x = without_ends(e[0], least, least + UINT8_MAX);
  if (!x) return {};
  const std::string function = fmt::format("F_NEAREST_{}x{}", name_of(e->dtype), lanes_);
  return Text{fmt::format("{}({})", names_.macro(function), vector_name(x, DType::i32)), kAtom,
              true};
}

/// Bytes as lanes of 32 bits, or back, where there is an instruction that compilers miss; empty: not so.
std::string KernelWriter::byte_lanes(DType from, DType to) const {
  const auto is_byte = [](DType t) { return t == DType::i8 || t == DType::u8; };
  const Target& t = names_.program().target;
  const bool on_x86 = t.widens_bytes() && dialect_.gnu_vectors && has_lanes(Dot::vnni, lanes_);
  if (is_byte(from) && to == DType::i32 && (on_x86 || has_quads()))
    return names_.macro(fmt::format("F_WIDE_{}x{}", name_of(from), lanes_));
  if (!has_quads()) return "";
  if (is_byte(from) && to == DType::i16 && t.dot != Dot::vnni)
    return names_.macro(fmt::format("F_SHORT_{}x{}", name_of(from), lanes_));
  if (from == DType::i32 && is_byte(to))
    return names_.macro(fmt::format("F_LOW_{}x{}", name_of(to), lanes_));
  return "";
}

/// sum + a * b of bytes, by lanes, where vectors of 16 bits are multiplied faster than those of 32.
std::optional<Text> KernelWriter::lane_product(Expr e) {
  const Dot dot = names_.program().target.dot;
  const bool wide = names_.program().target.sums_wide() && dialect_.gnu_vectors;
  const bool form = (wide || has_quads()) && e->is(Op::add) && e->dtype == DType::i32;
  const auto named = [&](Expr x) {  // it is a macro
    if (dot == Dot::vnni) return vector_name(x, DType::i32);
    return vector_name(varies(x) && x->is(Op::cast) ? x[0] : x, DType::i16);
  };
  for (const size_t i : {size_t{1}, size_t{0}}) {
    const auto p = form ? byte_product(e[i]) : std::nullopt;
    if (!p || std::abs(p->zero) > UINT8_MAX) continue;
    const Expr other = e[i][0] == p->shifted ? e[i][1] : e[i][0];
    const std::string sum = vector_of(e[1 - i], DType::i32).text, a = named(p->shifted),
                      b = named(other);
    return Text{fmt::format("{}({}, {}, {})", names_.macro(fmt::format("F_PRODUCT_x{}", lanes_)),
                            sum, a, b),
                kAtom, true};
  }
  return {};
}

/// How far elements of neighbours along the range lie apart; -1: not known.
int64_t KernelWriter::step_along(Expr load, Expr r) {
  const Affine at = address_of(*buffers_.at(load->attr.ints[0]), load->sources);
  const bool known = std::ranges::all_of(
      at.terms, [&](const auto& t) { return t.first == r || !occurs(r, t.first); });
  return known ? at.coefficient(r) / bits_of(load->dtype) : -1;
}

/// The product that lanes add up so many terms of at a time: a the same for all, b in the order of the lanes.
std::optional<ByteProduct> KernelWriter::products_in(const Stmt& loop, int64_t terms) {
  const StmtRef& inner = loop.body[0];
  const Dot dot = names_.program().target.dot;
  const bool form = dialect_.vectors && dialect_.gnu_vectors && terms > 0 &&
                    inner->kind == StmtKind::loop && inner->loop == LoopKind::idiom &&
                    extent_of(inner->range) == terms && has_lanes(dot, extent_of(loop.range));
  if (!form) return {};
  std::optional<ByteProduct> p = quad_product(added_to(*inner->body[0]), dot);
  if (!p) return {};
  if (p->a->dtype == p->b->dtype && p->zero == 0 && step_along(p->a, loop.range) != 0)
    std::swap(p->a, p->b);
  const auto lies = [&](Expr load, int64_t lane) {
    return step_along(load, loop.range) == lane && step_along(load, inner->range) == 1;
  };
  return lies(p->a, 0) && lies(p->b, terms) ? p : std::nullopt;
}

std::optional<ByteProduct> KernelWriter::quads_in(const Stmt& loop) {
  const Target& t = names_.program().target;
  const int64_t terms = row_pairs_.count(&loop) != 0 ? t.terms_of_row_pairs() : t.terms_a_lane();
  return products_in(loop, terms);
}

/// Do the vectors of sums of a loop's turns, and their operands b, lie one behind the other, with one a for all?
bool KernelWriter::lie_in_a_row(const Stmt& loop, const Stmt& sum, const ByteProduct& p) {
  const size_t last = sum.index.size() - 1;  // the lane
  const int64_t lanes = extent_of(loop.body[0]->range);
  for (size_t d = 0; d < sum.index.size(); ++d) {
    if (occurs(loop.range, sum.index[d]) != (d + 1 == last)) return false;
  }
  return sum.index[last - 1] == loop.range && step_along(p.a, loop.range) == 0 &&
         step_along(p.b, loop.range) == lanes * names_.program().target.terms_a_lane();
}

bool KernelWriter::write_quads(const Stmt& loop) {
  const bool pairs = names_.program().target.dot == Dot::smull,
             many = pairs && loop.loop == LoopKind::unroll && loop.body.size() == 1 &&
                    loop.body[0]->kind == StmtKind::loop;
  const Stmt& vector = many ? *loop.body[0] : loop;
  if (vector.loop != LoopKind::vector) return false;
  if (write_row_pair(vector)) return true;
  const std::optional<ByteProduct> p = quads_in(vector);
  const Stmt& s = p ? *vector.body[0]->body[0] : loop;
  if (!p || vector_registers_.count(s.buffer->id) == 0) return false;
  if (many && !lie_in_a_row(loop, s, *p)) return false;
  const int64_t all = many ? extent_of(loop.range) : 1;
  for (int64_t turn = 0; turn < all; turn += kMostInARow) {
    const auto first = [&](std::vector<Expr> index) {
      const auto number = [&](int64_t n) { return constant_int(*loop.range->pool, DType::i64, n); };
      for (Expr& i : index) {
        i = substitute(i, {{vector.range, number(0)}, {vector.body[0]->range, number(0)}});
        i = simplify(many ? substitute(i, {{loop.range, number(turn)}}) : i);
      }
      return index;
    };
    const auto at = [&](Expr load) {
      return "&" + place(load->attr.ints[0], first(load->sources), false);
    };
    const std::string function =
        names_.prefixed(fmt::format("f_{}_{}x{}", pairs ? "pairs" : "quads", name_of(p->a->dtype),
                                    extent_of(vector.range) * std::min(all - turn, kMostInARow)));
    line(fmt::format("{}(&{}, {}, {});", function, place(s.buffer->id, first(s.index), true),
                     at(p->a), at(p->b)));
  }
  return true;
}

}  // namespace tinycc
