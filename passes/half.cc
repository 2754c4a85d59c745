// Storage in half precision; see half.h.
//
//   y[i] = f(load x[i])   →   y[i] = cast f16 (f(cast f32 (load x[i])))
#include "passes/half.h"

#include <map>
#include <set>

#include "ir/build.h"

namespace tinycc {
namespace {

constexpr int64_t kLeastBytes = 4096;  // of a tensor in f32

bool is_halved(const Buffer& b) {
  const bool kind = b.space == Space::arena || (b.space == Space::weight && b.shape.size() > 1);
  return kind && b.dtype == DType::f32 && b.bytes() >= kLeastBytes;
}

bool is_widened(Expr value, DType from) {
  return value->is(Op::cast) && value->dtype == DType::f32 && value[0]->dtype == from;
}

/// Buffers of f32 into which nothing is written but values of this type: they lose nothing as such. (Copies
/// that give a tensor a frame are such.)
std::set<int64_t> made_of(const Draft& draft, DType type) {
  std::set<int64_t> found, others;
  for (const Computation& c : draft.computations) {
    const Buffer& b = draft.buffers.at(c.target);
    const bool fits = b.space == Space::arena && b.dtype == DType::f32 && is_widened(c.value, type);
    (fits ? found : others).insert(c.target);
  }
  std::erase_if(found, [&](int64_t id) { return others.contains(id); });
  return found;
}

}  // namespace

void store_as_half(Draft& draft) {
  const Target& t = draft.target;
  if (!t.is_device()) return;
  std::map<int64_t, DType> halved;
  for (const DType type : {DType::f16, DType::bf16}) {
    for (const int64_t id : made_of(draft, type)) halved[id] = type;
  }
  for (const auto& [id, b] : draft.buffers) {
    if (t.half && is_halved(b)) halved.emplace(id, t.brain ? DType::bf16 : DType::f16);
  }
  for (const auto& [id, type] : halved) draft.buffers.at(id).dtype = type;
  const auto widened = [&](Expr n) -> Expr {
    const auto of = n->is(Op::load) ? halved.find(n->attr.ints[0]) : halved.end();
    if (of == halved.end()) return n;
    return cast(n->pool->make(Op::load, of->second, {}, n->sources, n->attr), DType::f32);
  };
  for (Computation& c : draft.computations) {
    c.value = rewrite_expr(c.value, widened);
    for (Expr& i : c.index) i = rewrite_expr(i, widened);
    const auto of = halved.find(c.target);
    if (of == halved.end()) continue;
    c.value = is_widened(c.value, of->second) ? c.value[0] : cast(c.value, of->second);
  }
}

}  // namespace tinycc
