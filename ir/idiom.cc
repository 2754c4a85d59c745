// See idiom.h.
#include "ir/idiom.h"

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

std::optional<Scaling> scaling(Expr value) {
  if (!value->is(Op::cast) || !is_byte(value->dtype) || !value[0]->is(Op::max)) return {};
  const Expr max = value[0], min = max[0];
  if (!min->is(Op::min) || !max[1]->is(Op::constant) || !min[1]->is(Op::constant)) return {};
  const Expr whole = min[0], shr = whole->is(Op::cast) ? whole[0] : whole;
  if (!shr->is(Op::shr) || shr->dtype != DType::i64 || !shr[1]->is(Op::constant)) return {};
  const auto total = shr[0]->is(Op::add) ? with_first(shr[0], Op::mul) : std::nullopt;
  if (!total) return {};
  const auto [product, addend] = *total;
  const bool simple = addend->is(Op::constant) || addend->is(Op::load);
  Expr sum = narrow(product[0]), factor = narrow(product[1]);
  if (!sum || !factor || !simple) return {};
  if (!factor->is(Op::load)) std::swap(sum, factor);
  if (!factor->is(Op::load)) return {};
  return Scaling{sum, factor, addend, integer_of(shr[1]), integer_of(max[1]), integer_of(min[1])};
}

Expr added_to(const Stmt& s) {
  const bool adds = s.kind == StmtKind::store && s.value->is(Op::add) && is_integer(s.value->dtype);
  if (!adds) return {};
  const Expr old = load(*s.value->pool, *s.buffer, s.index);
  return s.value[0] == old ? s.value[1] : s.value[1] == old ? s.value[0] : Expr();
}

}  // namespace tinycc
