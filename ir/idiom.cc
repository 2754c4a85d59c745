// See idiom.h.
#include "ir/idiom.h"

#include <cstdlib>
#include <utility>

#include "ir/build.h"

namespace tinycc {
namespace {

bool is_byte(DType type) { return is_integer(type) && !is_bool(type) && bits_of(type) == 8; }
/// What is loaded and widened to i32.
Expr loaded_byte(Expr e) {
  const bool fits = e->is(Op::cast) && e->dtype == DType::i32 && e[0]->is(Op::load);
  return fits && is_byte(e[0]->dtype) ? e[0] : Expr();
}

/// The operands of a commutative op, the one that is `op` first.
std::optional<std::pair<Expr, Expr>> with_first(Expr e, Op op) {
  if (e[0]->is(op)) return std::pair{e[0], e[1]};
  if (e[1]->is(op)) return std::pair{e[1], e[0]};
  return {};
}

/// What is cast to i64, or a constant of that type.
Expr narrow(Expr e) { return e->is(Op::cast) && e[0]->dtype == DType::i32 ? e[0] : Expr(); }

}  // namespace

std::optional<ByteProduct> byte_product(Expr product) {
  if (!product || !product->is(Op::mul) || product->dtype != DType::i32) return {};
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const Expr x = product[i], b = loaded_byte(product[1 - i]);
    if (!b) continue;
    if (const Expr a = loaded_byte(x)) return ByteProduct{x, a, b, 0};
    const auto sum = x->is(Op::add) ? with_first(x, Op::cast) : std::nullopt;
    if (!sum || !sum->second->is(Op::constant)) continue;
    if (const Expr a = loaded_byte(sum->first))
      return ByteProduct{x, a, b, integer_of(sum->second)};
  }
  return {};
}

std::optional<ByteProduct> exchanged(const ByteProduct& p, Expr product) {
  if (p.zero != 0) return {};
  return ByteProduct{product[0] == p.shifted ? product[1] : product[0], p.b, p.a, 0};
}

std::optional<int64_t> quad_offset(Dot dot, DType type) {
  if (type != DType::i8 && type != DType::u8) return {};
  if (dot == Dot::sdot || dot == Dot::i8mm || dot == Dot::smull)
    return type == DType::i8 ? 0 : -128;
  return dot == Dot::vnni ? std::optional<int64_t>(type == DType::u8 ? 0 : 128) : std::nullopt;
}

int64_t dot_offset(Dot dot, const ByteProduct& p) {
  return dot == Dot::mve && p.a->dtype == DType::u8 && p.b->dtype == DType::i8 ? -128 : 0;
}

std::optional<ByteProduct> quad_product(Expr product, Dot dot) {
  std::optional<ByteProduct> p = byte_product(product);
  const auto fits = [&] {
    return p->b->dtype == DType::i8 && quad_offset(dot, p->a->dtype) == p->zero;
  };
  if (!p || fits()) return p;
  p = exchanged(*p, product);
  return p && fits() ? p : std::nullopt;
}

std::optional<ScaledSum> scaled_sum(Expr whole) {
  if (!whole->is(Op::shr) || whole->dtype != DType::i64 || !whole[1]->is(Op::constant)) return {};
  const auto total = whole[0]->is(Op::add) ? with_first(whole[0], Op::mul) : std::nullopt;
  if (!total) return {};
  const auto [product, addend] = *total;
  const Expr sum = narrow(product[0]), factor = narrow(product[1]);
  return sum && factor ? std::optional(ScaledSum{sum, factor, addend, integer_of(whole[1])})
                       : std::nullopt;
}

bool ScaledSum::is_high() const {
  if (!addend->is(Op::constant) || shift < 32) return false;
  const int64_t value = integer_of(addend), high = value >> 32;
  return (value & int64_t{UINT32_MAX}) == 0 && std::abs(high) < int64_t{1} << 30;
}

std::optional<Scaling> scaling(Expr value) {
  if (!value->is(Op::cast) || !is_byte(value->dtype) || !value[0]->is(Op::max)) return {};
  const Expr max = value[0], min = max[0];
  if (!min->is(Op::min) || !max[1]->is(Op::constant) || !min[1]->is(Op::constant)) return {};
  auto scaled = scaled_sum(min[0]->is(Op::cast) ? min[0][0] : min[0]);
  if (!scaled || !(scaled->is_high() || (scaled->addend->is(Op::load) && scaled->shift >= 32)))
    return {};
  if (!scaled->factor->is(Op::load)) std::swap(scaled->sum, scaled->factor);
  if (!scaled->factor->is(Op::load)) return {};
  return Scaling{*scaled, integer_of(max[1]), integer_of(min[1])};
}

bool starts_sums(const Stmt& s) {
  return s.kind == StmtKind::store && s.buffer->space == Space::reg &&
         s.buffer->dtype == DType::i32 && (s.value->is(Op::load) || s.value->is(Op::constant));
}

Expr added_to(const Stmt& s) {
  const bool adds = s.kind == StmtKind::store && s.value->is(Op::add) && is_integer(s.value->dtype);
  if (!adds) return {};
  const Expr old = load(*s.value->pool, *s.buffer, s.index);
  return s.value[0] == old ? s.value[1] : s.value[1] == old ? s.value[0] : Expr();
}

}  // namespace tinycc
