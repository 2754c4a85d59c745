// The canonical linear form of integer expressions: constant + sum of coefficient*term. Exact in
// wrapping arithmetic, so it needs no facts about overflow. See simplify.h.
#include <algorithm>

#include "ir/affine.h"
#include "ir/arith.h"
#include "ir/build.h"

namespace tinycc {
namespace {

/// Nodes not looked into yet, as a heap: the latest node first, so a user comes before its sources,
/// and a shared node is split once, with the sum of its coefficients.
class Pending {
 public:
  void add(Expr e, int64_t coefficient) {
    items_.emplace_back(e, coefficient);
    std::push_heap(items_.begin(), items_.end(), earlier);
  }
  bool empty() const { return items_.empty(); }
  std::pair<Expr, int64_t> take() {
    auto [e, coefficient] = pop();
    while (!items_.empty() && items_[0].first == e) {
      coefficient = wrapping_add(coefficient, pop().second);
    }
    return {e, coefficient};
  }

 private:
  using Item = std::pair<Expr, int64_t>;
  static bool earlier(const Item& a, const Item& b) { return a.first->id < b.first->id; }
  Item pop() {
    std::pop_heap(items_.begin(), items_.end(), earlier);
    const Item item = items_.back();
    items_.pop_back();
    return item;
  }
  std::vector<Item> items_;
};

/// Splits a linear node into its sources; false when `e` is a term of its own.
bool split(Expr e, int64_t coefficient, Pending& pending, int64_t& constant) {
  const auto scaled = [&](Expr factor) { return wrapping_mul(coefficient, factor->attr.ints[0]); };
  if (e->is(Op::constant)) {
    constant = wrapping_add(constant, scaled(e));
  } else if (e->is(Op::neg)) {
    pending.add(e->sources[0], wrapping_sub(0, coefficient));
  } else if (e->is(Op::add)) {
    for (Expr s : e->sources) pending.add(s, coefficient);
  } else if (e->is(Op::mul) && e->sources[1]->is(Op::constant)) {
    pending.add(e->sources[0], scaled(e->sources[1]));
  } else if (e->is(Op::mul) && e->sources[0]->is(Op::constant)) {
    pending.add(e->sources[1], scaled(e->sources[0]));
  } else {
    return false;
  }
  return true;
}

Expr scaled_term(Pool& pool, Expr term, int64_t coefficient) {
  if (coefficient == 1) return term;
  if (coefficient == -1) return neg(term);
  return term * constant_int(pool, term->dtype, coefficient);
}

}  // namespace

bool comes_before(Expr a, Expr b) {
  const bool a_range = a->is(Op::range), b_range = b->is(Op::range);
  if (a_range != b_range) return a_range;
  if (a_range && a->attr.ints[0] != b->attr.ints[0]) return a->attr.ints[0] < b->attr.ints[0];
  return a->id < b->id;
}

bool is_linear(Expr e) {
  if (!is_integer(e->dtype)) return false;
  const auto is_number = [](Expr s) { return s->is(Op::constant); };
  return e->is(Op::add) || e->is(Op::neg) ||
         (e->is(Op::mul) && std::any_of(e->sources.begin(), e->sources.end(), is_number));
}

Affine affine(Expr e, const std::function<Expr(Expr)>& leaf) {
  Affine sum;
  Pending pending;
  pending.add(e, 1);
  while (!pending.empty()) {
    const auto [node, coefficient] = pending.take();
    if (coefficient == 0 || split(node, coefficient, pending, sum.constant)) continue;
    const Expr term = leaf(node);
    if (term == node || !split(term, coefficient, pending, sum.constant)) {
      sum.terms.emplace_back(term, coefficient);
    }
  }
  tidy(sum, e->dtype);
  return sum;
}

Affine affine(Expr e) {
  return affine(e, [](Expr term) { return term; });
}

void tidy(Affine& sum, DType dtype) {
  std::sort(sum.terms.begin(), sum.terms.end(),
            [](const auto& a, const auto& b) { return comes_before(a.first, b.first); });
  size_t kept = 0;
  for (size_t i = 0; i < sum.terms.size();) {
    const Expr term = sum.terms[i].first;
    int64_t total = 0;
    for (; i < sum.terms.size() && sum.terms[i].first == term; ++i) {
      total = wrap_to(dtype, wrapping_add(total, sum.terms[i].second));
    }
    if (total != 0) sum.terms[kept++] = {term, total};
  }
  sum.terms.resize(kept);
  sum.constant = wrap_to(dtype, sum.constant);
}

Affine difference(const Affine& a, const Affine& b) {
  Affine d = a;
  d.constant = wrapping_sub(a.constant, b.constant);
  for (const auto& [term, coefficient] : b.terms) {
    d.terms.emplace_back(term, wrapping_sub(0, coefficient));
  }
  tidy(d, DType::i64);
  return d;
}

Interval bounds_of(const Affine& sum, Bounds& bounds) {
  constexpr Interval kUnknown{-Interval::kFar, Interval::kFar};
  Wide low = sum.constant, high = sum.constant;
  for (const auto& [term, coefficient] : sum.terms) {
    const Interval i = bounds.of(term);
    if (!i.is_finite()) return kUnknown;
    low += Wide{coefficient} * (coefficient > 0 ? i.low : i.high);
    high += Wide{coefficient} * (coefficient > 0 ? i.high : i.low);
  }
  if (low <= kUnknown.low || high >= kUnknown.high) return kUnknown;
  return {static_cast<int64_t>(low), static_cast<int64_t>(high)};
}

int64_t Affine::coefficient(Expr term) const {
  for (const auto& [t, coefficient] : terms) {
    if (t == term) return coefficient;
  }
  return 0;
}

Expr sum_of(Pool& pool, const Affine& sum, DType dtype, const Shape& shape) {
  Expr result;
  for (const auto& [term, coefficient] : sum.terms) {
    const Expr scaled = scaled_term(pool, term, coefficient);
    result = result ? result + scaled : scaled;
  }
  if (!result) return constant_int(pool, dtype, sum.constant, shape);
  return sum.constant == 0 ? result : result + constant_int(pool, dtype, sum.constant);
}

}  // namespace tinycc
