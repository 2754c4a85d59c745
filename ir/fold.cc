// Folding of constants; see fold.h.
#include "ir/fold.h"

#include <algorithm>
#include <array>

#include "ir/build.h"
#include "ir/scalar.h"

namespace tinycc {
namespace {

Number value_of(Expr constant) {
  return is_float(constant->dtype) ? Number{number_of(constant), 0}
                                   : Number{0, integer_of(constant)};
}

}  // namespace

std::optional<Expr> fold(Expr e) {
  const auto is_number = [](Expr s) { return s->is(Op::constant); };
  if (!is_elementwise(e->op) || !std::all_of(e->sources.begin(), e->sources.end(), is_number)) {
    return {};
  }
  std::array<Number, 3> values;
  std::transform(e->sources.begin(), e->sources.end(), values.begin(), value_of);
  const Number result = apply(e->op, e->sources.back()->dtype, e->dtype, values.data());
  if (!is_float(e->dtype)) return constant_int(*e->pool, e->dtype, result.whole, e->shape);
  return constant(*e->pool, e->dtype, result.real, e->shape);
}

}  // namespace tinycc
