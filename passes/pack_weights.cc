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
  Expr lane;  // the innermost loop, if it is a vector
};

using Uses = std::map<int64_t, std::vector<Use>>;  // by buffer

/// Items that run side by side read what lies side by side: their loops count as the innermost. An item
/// that reads whole vectors walks through memory of its own.
void find_uses(const StmtRef& s, std::vector<Expr>& loops, Uses& uses, Expr lane = {},
               std::vector<Expr> items = {}) {
  if (s->kind == StmtKind::loop) loops.push_back(s->range);
  if (s->kind == StmtKind::loop && s->loop == LoopKind::lane) items.push_back(s->range);
  if (s->kind == StmtKind::loop && s->loop == LoopKind::vector) lane = s->range;
  if (s->kind == StmtKind::store) {
    std::vector<Expr> order = loops;
    if (!lane) {
      std::erase_if(order, [&](Expr r) { return std::ranges::find(items, r) != items.end(); });
      order.insert(order.end(), items.begin(), items.end());
    }
    for (Expr l : loads_in(s->value)) {
      const auto of = uses.find(l->attr.ints[0]);
      if (of != uses.end()) of->second.push_back({l->sources, order, lane});
    }
  }
  for (const StmtRef& part : s->body) find_uses(part, loops, uses, lane, items);
  if (s->kind == StmtKind::loop) loops.pop_back();
}

int64_t depth(const Use& use, Expr range) {
  const auto found = std::find(use.loops.begin(), use.loops.end(), range);
  return found - use.loops.begin();
}

/// How deep an axis for the whole index belongs: by the innermost loop that moves along it. One that
/// rows of a tile walk, not lanes, goes by the outermost, so that each row is a stream of its own.
int64_t depth_of_axis(const Use& use, Expr index) {
  std::vector<int64_t> depths;
  bool lanes = use.lane == Expr();
  for (Expr n : topological({index})) {
    if (n->is(Op::range)) depths.push_back(depth(use, n));
    lanes |= n == use.lane;
  }
  if (depths.empty()) return -1;
  std::sort(depths.begin(), depths.end());
  return lanes ? depths.back() : depths.front();
}

/// i = r0*s0 + r1*s1 + …, each factor the product of the extents behind it: one axis a range. Any
/// other index: one axis.
void split_axes(const Use& use, int64_t dim, int64_t extent,
                std::vector<std::pair<int64_t, Axis>>& axes) {
  const Expr index = use.index[static_cast<size_t>(dim)];
  Affine a = affine(index);
  std::sort(a.terms.begin(), a.terms.end(),
            [](const auto& x, const auto& y) { return x.second < y.second; });
  std::vector<std::pair<int64_t, Axis>> split;
  int64_t stride = 1;
  bool radix = a.constant == 0;
  for (size_t i = 0; i < a.terms.size() && radix; ++i) {
    const auto& [range, factor] = a.terms[i];
    radix = range->is(Op::range) && factor == stride;
    if (!radix) break;
    const bool top = i + 1 == a.terms.size();
    split.push_back(
        {depth(use, range), {.dim = dim, .div = stride, .mod = top ? 0 : extent_of(range)}});
    stride *= extent_of(range);
  }
  if (!radix || stride != extent) split = {{depth_of_axis(use, index), {.dim = dim}}};
  axes.insert(axes.end(), split.begin(), split.end());
}

Layout layout_for(const Buffer& weight, const std::vector<Use>& uses) {
  if (uses.empty()) return weight.layout;
  std::vector<std::pair<int64_t, Axis>> axes;
  for (size_t d = 0; d < weight.shape.size(); ++d) {
    const auto dim = static_cast<int64_t>(d);
    const auto is_same = [&](const Use& u) { return u.index[d] == uses[0].index[d]; };
    if (std::all_of(uses.begin(), uses.end(), is_same))
      split_axes(uses[0], dim, weight.shape[d], axes);
    else
      axes.push_back({depth_of_axis(uses[0], uses[0].index[d]), {.dim = dim}});
  }
  std::sort(axes.begin(), axes.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.dim) < std::pair(b.first, b.second.dim);
  });
  Layout layout;
  for (const auto& [at, axis] : axes) layout.axes.push_back(axis);
  return layout;
}

}  // namespace

std::vector<Buffer> packed_weights(const std::vector<BufferRef>& weights, const StmtRef& body,
                                   const std::vector<Expr>& scalars) {
  Uses uses;
  for (const BufferRef& w : weights) uses[w->id];
  std::vector<Expr> loops(scalars);
  find_uses(body, loops, uses);
  std::vector<Buffer> packed;
  for (const BufferRef& w : weights)
    packed.emplace_back(*w).layout = layout_for(*w, uses.at(w->id));
  return packed;
}

StmtRef renumbered(const StmtRef& body, int64_t from, int64_t to) {
  return map_exprs(body, [&](Expr e) {
    return rewrite_expr(e, [&](Expr n) -> Expr {
      if (!n->is(Op::load) || n->attr.ints[0] != from) return n;
      return n->pool->make(Op::load, n->dtype, {}, n->sources, {{to}, n->attr.name});
    });
  });
}

}  // namespace tinycc
