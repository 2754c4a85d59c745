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

bool is_widened(Expr value) {
  return value->is(Op::cast) && value->dtype == DType::f32 && value[0]->dtype == DType::f16;
}

/// Buffers of f32 into which nothing is written but halves: they lose nothing as halves. (Copies that give
/// a tensor a frame are such.)
std::set<int64_t> of_halves(const Draft& draft) {
  std::set<int64_t> found, others;
  for (const Computation& c : draft.computations) {
    const Buffer& b = draft.buffers.at(c.target);
    const bool fits = b.space == Space::arena && b.dtype == DType::f32 && is_widened(c.value);
    (fits ? found : others).insert(c.target);
  }
  std::erase_if(found, [&](int64_t id) { return others.contains(id); });
  return found;
}

}  // namespace

void store_as_half(Draft& draft) {
  if (!draft.target.is_device()) return;
  std::set<int64_t> halved = of_halves(draft);
  for (auto& [id, b] : draft.buffers) {
    if (draft.target.half && is_halved(b)) halved.insert(id);
  }
  for (const int64_t id : halved) draft.buffers.at(id).dtype = DType::f16;
  const auto widened = [&](Expr n) -> Expr {
    if (!n->is(Op::load) || halved.count(n->attr.ints[0]) == 0) return n;
    return cast(n->pool->make(Op::load, DType::f16, {}, n->sources, n->attr), DType::f32);
  };
  for (Computation& c : draft.computations) {
    c.value = rewrite_expr(c.value, widened);
    for (Expr& i : c.index) i = rewrite_expr(i, widened);
    if (halved.count(c.target) == 0) continue;
    c.value = is_widened(c.value) ? c.value[0] : cast(c.value, DType::f16);
  }
}

}  // namespace tinycc
