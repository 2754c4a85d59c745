// Packing; see pack_weights.h.
#include "passes/pack_weights.h"

#include <algorithm>

#include "ir/simplify.h"

namespace tinycc {
namespace {

/// A load of the weight with the ranges of the loops around it, outermost first.
struct Use {
  std::vector<Expr> index;
  std::vector<Expr> loops;
};

void find_uses(const StmtRef& s, int64_t buffer, std::vector<Expr>& loops, std::vector<Use>& uses) {
  if (s->kind == StmtKind::loop) loops.push_back(s->range);
  if (s->kind == StmtKind::store) {
    for (Expr l : loads_in(s->value)) {
      if (l->attr.ints[0] == buffer) uses.push_back({l->sources, loops});
    }
  }
  for (const StmtRef& part : s->body) find_uses(part, buffer, loops, uses);
  if (s->kind == StmtKind::loop) loops.pop_back();
}

int64_t depth(const Use& use, Expr range) {
  const auto found = std::find(use.loops.begin(), use.loops.end(), range);
  return found - use.loops.begin();
}

/// i = r0*s0 + r1*s1 + …, each factor the product of the extents behind it: one axis a range.
bool split_axes(const Use& use, int64_t dim, int64_t extent, std::vector<std::pair<int64_t, Axis>>& axes) {
  Affine a = affine(use.index[static_cast<size_t>(dim)]);
  if (a.constant != 0) return false;
  std::sort(a.terms.begin(), a.terms.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  int64_t stride = 1;
  for (size_t i = 0; i < a.terms.size(); ++i) {
    const auto& [range, factor] = a.terms[i];
    if (!range->is(Op::range) || factor != stride) return false;
    const bool top = i + 1 == a.terms.size();
    axes.push_back({depth(use, range), {.dim = dim, .div = stride, .mod = top ? 0 : extent_of(range)}});
    stride *= extent_of(range);
  }
  return stride == extent;
}

/// Dimensions by the depth of the innermost loop that moves along them.
Layout reordered(const Buffer& weight, const Use& use) {
  std::vector<std::pair<int64_t, int64_t>> dims;
  for (size_t d = 0; d < weight.shape.size(); ++d) {
    int64_t deepest = -1;
    for (Expr n : topological({use.index[d]})) {
      if (n->is(Op::range)) deepest = std::max(deepest, depth(use, n));
    }
    dims.emplace_back(deepest, static_cast<int64_t>(d));
  }
  std::sort(dims.begin(), dims.end());
  std::vector<int64_t> order;
  for (const auto& [deepest, dim] : dims) order.push_back(dim);
  return Layout::of_order(order);
}

}  // namespace

Layout packed_layout(const Buffer& weight, const StmtRef& body) {
  std::vector<Use> uses;
  std::vector<Expr> loops;
  find_uses(body, weight.id, loops, uses);
  if (uses.empty()) return weight.layout;
  for (const Use& u : uses) {
    if (u.index != uses[0].index) return reordered(weight, uses[0]);
  }
  std::vector<std::pair<int64_t, Axis>> axes;
  for (size_t d = 0; d < weight.shape.size(); ++d) {
    if (!split_axes(uses[0], static_cast<int64_t>(d), weight.shape[d], axes)) return reordered(weight, uses[0]);
  }
  std::sort(axes.begin(), axes.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Layout layout;
  for (const auto& [at, axis] : axes) layout.axes.push_back(axis);
  return layout;
}

}  // namespace tinycc
