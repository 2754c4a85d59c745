// See weight_only.h. Nodes are visited sources first; what is known (quantity.h) are constants alone.
#include "passes/weight_only.h"

#include <algorithm>
#include <cmath>

#include "passes/fuse.h"
#include "passes/quantity.h"

namespace tinycc {
namespace {

bool is_byte(DType type) { return is_integer(type) && !is_bool(type) && bits_of(type) == 8; }

/// How often each element of a weight is used.
int64_t uses(Expr product, Expr q) {
  const Expr source = skip_views(q);
  return count_of(product->shape) / std::max<int64_t>(1, count_of(source->shape));
}

class WeightOnly {
 public:
  explicit WeightOnly(Graph& graph) : graph_(graph), constants_(graph) {}

  Expr change(Expr e) {
    note(e);
    if (!e->is(Op::reduce_add) || e->dtype != DType::f32 || !e[0]->is(Op::mul)) return e;
    for (const size_t i : {size_t{1}, size_t{0}}) {
      const Expr changed = constants_.is_constant(e[0][1 - i]) ? Expr() : scaled(e, i);
      if (changed) return changed;
    }
    return e;
  }

 private:
  void note(Expr e) {
    if (!is_static(e->shape) || !constants_.is_constant(e)) return;
    const auto x = is_byte(e->dtype) && skip_views(e)->is(Op::weight)
                       ? MaybeQuantity(quantity_of(e, bounds(e)))
                   : e->dtype == DType::f32 || e->dtype == DType::i32 ? quantity(e)
                                                                      : std::nullopt;
    if (x && x->is_plain()) quantities_.emplace(e, *x);
  }

  MaybeQuantity known(Expr e) const {
    const auto found = quantities_.find(e);
    return found == quantities_.end() ? std::nullopt : MaybeQuantity(found->second);
  }

  MaybeQuantity quantity(Expr e) {
    if (e->sources.empty()) return {};
    const auto x = known(e[0]);
    if (x && is_movement(e->op) && !e->is(Op::concat) && !e->is(Op::pad)) return moved(*x, e);
    if (x && e->is(Op::cast)) return is_integer(e[0]->dtype) ? x : MaybeQuantity();
    if (!e->is(Op::add) && !e->is(Op::mul)) return {};
    for (const size_t i : {size_t{0}, size_t{1}}) {
      const auto y = known(e[i]);
      const auto n = y ? constants_.numbers(e[1 - i]) : std::nullopt;
      if (n) return e->is(Op::add) ? plus(*y, *n) : times(*y, *n);
    }
    return {};
  }

  /// The sum whose product has weights as its factor i; empty: it stays.
  Expr scaled(Expr e, size_t i) {
    const auto x = known(e[0][i]);
    if (!x || uses(e[0], x->terms[0].q) > kMostUsesOfByte) return {};
    const Term& t = x->terms[0];
    const auto scale = kept(t.scale, e);
    const Expr q = scale ? centred_bytes(t) : Expr();
    if (!q) return {};
    const Expr sum = e->pool->make(Op::reduce_add, e->dtype, e->shape,
                                   {e[0][1 - i] * cast(q, DType::f32)}, e->attr);
    return sum * Constants::make(graph_, *scale, DType::f32, e->shape, "scale");
  }

  /// q + offset, as bytes; empty: they do not fit.
  Expr centred_bytes(const Term& t) {
    if (t.offset.least() == 0 && t.offset.most() == 0) return t.q;
    const auto numbers = constants_.numbers(t.q);
    if (!numbers) return {};
    const Numbers all = joined(*numbers, t.offset, std::plus<>());
    const bool whole =
        std::ranges::all_of(t.offset.values, [](double v) { return v == std::round(v); });
    if (!whole || !fits(DType::i8, all.least(), all.most())) return {};
    return constant_for(t.q, all, DType::i8, "centred", graph_);
  }

  Graph& graph_;
  Constants constants_;
  std::unordered_map<Expr, Quantity> quantities_;
};

}  // namespace

void scale_after_sums(Graph& graph) {
  WeightOnly pass(graph);
  rewrite_graph(graph, [&](Expr e) { return pass.change(e); });
}

bool is_widened_byte(Expr e) {
  return e->is(Op::cast) && e->dtype == DType::f32 && is_byte(e[0]->dtype) &&
         skip_views(e[0])->is(Op::weight);
}

}  // namespace tinycc
