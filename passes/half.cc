// Storage in half precision; see half.h.
//
//   y[i] = f(load x[i])   →   y[i] = cast f16 (f(cast f32 (load x[i])))
#include "passes/half.h"

#include <set>

#include "ir/build.h"

namespace tinycc {
namespace {

constexpr int64_t kLeastBytes = 4096;  // of a tensor in f32

bool is_halved(const Buffer& b) {
  const bool kind = b.space == Space::arena || (b.space == Space::weight && b.shape.size() > 1);
  return kind && b.dtype == DType::f32 && b.bytes() >= kLeastBytes;
}

}  // namespace

void store_as_half(Draft& draft) {
  if (!draft.target.half) return;
  std::set<int64_t> halved;
  for (auto& [id, b] : draft.buffers) {
    if (is_halved(b) && halved.insert(id).second) b.dtype = DType::f16;
  }
  const auto widened = [&](Expr n) -> Expr {
    if (!n->is(Op::load) || halved.count(n->attr.ints[0]) == 0) return n;
    return cast(n->pool->make(Op::load, DType::f16, {}, n->sources, n->attr), DType::f32);
  };
  for (Computation& c : draft.computations) {
    c.value = rewrite_expr(c.value, widened);
    for (Expr& i : c.index) i = rewrite_expr(i, widened);
    if (halved.count(c.target) != 0) c.value = cast(c.value, DType::f16);
  }
}

}  // namespace tinycc
