// The walk over an expression and what is done at each node: constants, sums, comparisons and
// conjunctions in canonical form, values that intervals decide, then the tables of rules.
#include <algorithm>
#include <array>
#include <numeric>

#include "ir/arith.h"
#include "ir/fold.h"
#include "ir/match.h"
#include "ir/simplifier.h"

namespace tinycc {
namespace {

struct Row {
  Domain domain;
  const Rule* rule;
};
using Rows = std::vector<Row>;

/// Rows by the op at the root of their left sides.
const Rows& rows_of(Op op) {
  static const auto by_op = [] {
    std::array<Rows, 64> rows;
    for (const Domain domain : kDomains) {
      for (const Rule& rule : rules_of(domain)) {
        rows.at(static_cast<size_t>(rule.left->op)).push_back({domain, &rule});
      }
    }
    return rows;
  }();
  return by_op.at(static_cast<size_t>(op));
}

/// The sources that may change. Those of a range belong to its loop; a reduction's ranges stay.
std::vector<Expr> operands(Expr e) {
  if (e->is(Op::range)) return {};
  if (is_linear(e)) {
    std::vector<Expr> terms;
    for (const auto& [term, coefficient] : affine(e).terms) terms.push_back(term);
    return terms;
  }
  if (is_reduce(e->op)) return {e->sources[0]};
  return e->sources;
}

bool is_index(Expr e) { return e->dtype == DType::i64; }

/// Either order means the same, and the canonical one has constants last. Float terms keep their
/// order otherwise: people recognise their formulas.
bool is_out_of_order(Expr e) {
  const bool commutes = e->is(Op::add) || e->is(Op::mul) || e->is(Op::eq) || e->is(Op::bit_and) ||
                        e->is(Op::bit_or) || e->is(Op::bit_xor) ||
                        ((e->is(Op::max) || e->is(Op::min)) && !is_float(e->dtype));
  if (!commutes) return false;
  const Expr a = e->sources[0], b = e->sources[1];
  if (a->is(Op::constant) || b->is(Op::constant)) return !b->is(Op::constant);
  return !is_float(a->dtype) && comes_before(b, a);
}

void flatten(Expr e, Op op, std::vector<Expr>& members) {
  if (e->op != op) {
    members.push_back(e);
    return;
  }
  for (Expr s : e->sources) flatten(s, op, members);
}

void sort_members(std::vector<Expr>& members) {
  std::sort(members.begin(), members.end(), [](Expr a, Expr b) { return a->id < b->id; });
  members.erase(std::unique(members.begin(), members.end()), members.end());
}

/// Positive terms of a sum, and the negative ones negated.
std::pair<Affine, Affine> sides_of(const Affine& sum, int64_t divisor) {
  Affine positive, negative;
  for (const auto& [term, coefficient] : sum.terms) {
    Affine& side = coefficient > 0 ? positive : negative;
    side.terms.emplace_back(term, std::abs(coefficient) / divisor);
  }
  return {positive, negative};
}

int64_t common_factor(const Affine& sum) {
  int64_t factor = 0;
  for (const auto& [term, coefficient] : sum.terms) factor = std::gcd(factor, coefficient);
  return factor;
}

}  // namespace

Expr Simplifier::simplify(Expr e) {
  std::vector<Expr> pending{e};  // depth first, without recursion: expressions may be deep
  while (!pending.empty()) {
    const Expr next = pending.back();
    const size_t before = pending.size();
    for (Expr s : operands(next)) {
      if (!memo_.contains(s)) pending.push_back(s);
    }
    if (pending.size() > before) continue;
    pending.pop_back();
    if (!memo_.contains(next)) memo_[next] = visit(next);
  }
  return memo_.at(e);
}

/// The normal form of a node whose operands are in memo_.
Expr Simplifier::visit(Expr e) {
  if (e->is(Op::range)) return normal(e);
  if (is_linear(e)) {
    const Affine sum = affine(e, [&](Expr term) {
      const auto found = memo_.find(term);  // not there: its coefficient wraps to 0
      return found == memo_.end() ? term : found->second;
    });
    return normal(sum_of(*e->pool, sum, e->dtype, e->shape));
  }
  std::vector<Expr> sources = e->sources;
  const size_t count = is_reduce(e->op) ? 1 : sources.size();
  std::transform(sources.begin(), sources.begin() + static_cast<std::ptrdiff_t>(count),
                 sources.begin(), [&](Expr s) { return memo_.at(s); });
  return normal(sources == e->sources ? e : e->pool->with_sources(e, std::move(sources)));
}

Expr Simplifier::normal(Expr e) {
  if (const auto found = memo_.find(e); found != memo_.end()) return found->second;
  const Expr result = improve(e);
  memo_[e] = result;
  memo_[result] = result;
  return result;
}

Expr Simplifier::improve(Expr e) {
  if (const auto constant = fold(e)) return *constant;
  if (const Expr other = merge_casts(e); other != e) return normal(other);
  if (is_linear(e)) return normal_sum(e);
  if (const Expr point = as_point(e); point != e) return point;
  if ((e->is(Op::lt) || e->is(Op::eq)) && is_index(e->sources[0])) {
    if (const Expr other = normal_comparison(e); other != e) return normal(other);
  }
  if (is_bool(e->dtype) && (e->is(Op::bit_and) || e->is(Op::bit_or))) return normal_set(e);
  if (is_out_of_order(e)) return normal(e->pool->with_sources(e, {e->sources[1], e->sources[0]}));
  return apply_rules(e);
}

/// The constant that an integer or bool must be, if its interval leaves no choice.
Expr Simplifier::as_point(Expr e) {
  if (is_float(e->dtype) || e->is(Op::constant)) return e;
  const Interval i = bounds_.of(e);
  return i.is_point() && i.is_finite() ? constant_int(*e->pool, e->dtype, i.low, e->shape) : e;
}

Expr Simplifier::normal_sum(Expr e) {
  const Expr sum = sum_of(*e->pool, affine(e), e->dtype, e->shape);
  if (!is_linear(sum)) return normal(sum);
  if (const Expr point = as_point(sum); point != sum) return point;
  return apply_rules(sum);
}

/// a < b as P < N + number, where P and N have positive coefficients only, no common factor, and
/// the number stands on the right unless P is empty; a == b likewise.
Expr Simplifier::normal_comparison(Expr e) {
  const Expr a = e->sources[0], b = e->sources[1];
  if (!bounds_.of(a).is_finite() || !bounds_.of(b).is_finite()) return e;
  Pool& pool = *e->pool;
  const Expr joined = sum_of(pool, difference(affine(a), affine(b)), DType::i64, e->shape);
  const Affine d = affine(normal(joined));
  const Interval range = bounds_of(d, bounds_);
  const auto decided = [&](bool value) {
    return constant_int(pool, DType::boolean, value, e->shape);
  };
  const bool less = e->is(Op::lt);
  if (less && range.high < 0) return decided(true);
  if (less ? range.low >= 0 : range.low > 0 || range.high < 0) return decided(false);
  if (d.terms.empty()) return decided(true);  // equal
  const int64_t factor = common_factor(d);
  if (!less && d.constant % factor != 0) return decided(false);
  const int64_t limit = -floor_div<int64_t>(d.constant, factor);  // ceil(-constant / factor)
  auto [left, right] = sides_of(d, factor);
  (left.terms.empty() ? left : right).constant = left.terms.empty() ? -limit : limit;
  return e->pool->with_sources(
      e, {sum_of(pool, left, DType::i64, e->shape), sum_of(pool, right, DType::i64, e->shape)});
}

/// A conjunction or disjunction as a set: no member twice, none that another makes redundant.
Expr Simplifier::normal_set(Expr e) {
  std::vector<Expr> members;
  flatten(e, e->op, members);
  sort_members(members);
  for (size_t i = 0; i < members.size(); ++i) {
    for (size_t j = i + 1; j < members.size(); ++j) {
      const Expr pair = e->pool->with_sources(e, {members[i], members[j]});
      const Expr better = apply_rules(pair);
      if (better == pair) continue;
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(j));
      members[i] = better;
      Expr all = members[0];
      for (size_t k = 1; k < members.size(); ++k) all = e->pool->with_sources(e, {all, members[k]});
      return normal(all);
    }
  }
  Expr all = members[0];
  for (size_t k = 1; k < members.size(); ++k) all = e->pool->with_sources(e, {all, members[k]});
  return all;
}

Expr Simplifier::apply_rules(Expr e) {
  Matcher matcher(bounds_);
  for (const Row& row : rows_of(e->op)) {
    if (row.domain == Domain::fast && precision_ != Precision::fast) continue;
    const auto match = matcher.match(*row.rule, row.domain, e);
    if (!match) continue;
    return normal(
        instantiate(row.rule->right, *match, e, [this](Expr node) { return normal(node); }));
  }
  return e;
}

Expr simplify(Expr e) { return Simplifier().simplify(e); }
Expr simplify(Expr e, const Known& known) { return Simplifier(known).simplify(e); }

}  // namespace tinycc
