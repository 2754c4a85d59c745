// Matching of sums: a pattern P*m + x*c + … + rest against constant + sum of coefficient*term, in
// any order. See "Sums" in rules.h.
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "ir/arith.h"
#include "ir/match.h"

namespace tinycc {

using rules::is_variable;
using rules::slot_of;

namespace {

/// The addend P*m as (P, m); a P alone has no m.
std::pair<Expr, Expr> parts_of(Expr addend) {
  if (!addend->is(Op::mul)) return {addend, {}};
  return {addend->sources[0], addend->sources[1]};
}

/// Which addend to match first: 0 for those that name an op, since they bind variables; 1 for
/// variables that are bound; 2 for x*c.
int order_of(Expr addend, const Match& match) {
  const Expr p = parts_of(addend).first;
  if (!is_variable(p)) return 0;
  return match.slots[slot_of(p)] ? 1 : 2;
}

/// Numbers that a sum may be split by: common divisors of its largest coefficients, and of these
/// with the numbers that the rest of the pattern has matched (a divisor). Largest first.
std::vector<int64_t> factors_of(const Affine& sum, const Match& match) {
  std::vector<int64_t> sizes, factors;
  for (const auto& [term, coefficient] : sum.terms) sizes.push_back(std::abs(coefficient));
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  int64_t common = 0;
  for (const int64_t size : sizes) {
    common = std::gcd(common, size);
    factors.insert(factors.end(), {size, common});
    for (Expr bound : match.slots) {
      if (bound && bound->is(Op::constant))
        factors.push_back(std::gcd(common, bound->attr.ints[0]));
    }
  }
  std::sort(factors.begin(), factors.end(), std::greater<>());
  factors.erase(std::unique(factors.begin(), factors.end()), factors.end());
  while (!factors.empty() && factors.back() <= 1) factors.pop_back();
  return factors;
}

/// sum = factor*first + second. A constant is divided when it is all that is left or when it is not
/// small: (64*x - 1)/64 is better off as x + (-1)/64, but (x - 1)/64 stays.
std::pair<Affine, Affine> split_by(int64_t factor, const Affine& sum) {
  Affine multiples, rest;
  for (const auto& [term, coefficient] : sum.terms) {
    const bool fits = coefficient % factor == 0;
    (fits ? multiples : rest).terms.emplace_back(term, fits ? coefficient / factor : coefficient);
  }
  const bool divide = rest.terms.empty() || std::abs(sum.constant) >= factor;
  multiples.constant = divide ? floor_div(sum.constant, factor) : 0;
  rest.constant = sum.constant - multiples.constant * factor;
  return {multiples, rest};
}

}  // namespace

bool Matcher::solve_sum(State state, Goal goal) {
  const auto next = std::min_element(goal.addends.begin(), goal.addends.end(), [&](Expr a, Expr b) {
    return order_of(a, state.match) < order_of(b, state.match);
  });
  const auto [pattern, factor] = parts_of(*next);
  const int order = order_of(*next, state.match);
  goal.addends.erase(next);
  if (order == 0) return take_term(state, goal, pattern, factor);
  if (order == 1) return take_multiple_of(std::move(state), std::move(goal), pattern, factor);
  return take_multiples(state, goal, pattern, factor);
}

/// What is left after an addend: more addends, or the value of the rest.
Matcher::Goal Matcher::remaining(Goal goal, Affine sum) const {
  goal.sum = std::move(sum);
  if (goal.addends.empty())
    goal.subject = sum_of(*root_->pool, goal.sum, rules::kIndex, root_->shape);
  return goal;
}

bool Matcher::take_term(const State& state, const Goal& goal, Expr pattern, Expr factor) {
  for (size_t i = 0; i < goal.sum.terms.size(); ++i) {
    const auto [term, coefficient] = goal.sum.terms[i];
    State next = state;
    if (term->op != pattern->op || !bind_number(next.match, factor, coefficient)) continue;
    Affine rest = goal.sum;
    rest.terms.erase(rest.terms.begin() + static_cast<std::ptrdiff_t>(i));
    next.goals.push_back(remaining(goal, std::move(rest)));
    next.goals.push_back({pattern, term, {}, {}});
    if (solve(std::move(next))) return true;
  }
  return false;
}

/// x*m with a known x: each of x's terms is there with m times its coefficient.
bool Matcher::take_multiple_of(State state, Goal goal, Expr variable, Expr factor) {
  const Affine known = affine(state.match.slots[slot_of(variable)]);
  if (known.terms.empty()) return false;
  const int64_t unit = known.terms[0].second, have = goal.sum.coefficient(known.terms[0].first);
  if (have == 0 || have % unit != 0 || !bind_number(state.match, factor, have / unit)) return false;
  for (const auto& [term, coefficient] : known.terms) {
    if (goal.sum.coefficient(term) != have / unit * coefficient) return false;
  }
  Affine scaled = known;
  for (auto& [term, coefficient] : scaled.terms) coefficient *= have / unit;
  scaled.constant *= have / unit;
  state.goals.push_back(remaining(goal, difference(goal.sum, scaled)));
  return solve(std::move(state));
}

/// x*c takes every multiple of c; when c is free, each sensible one is tried.
bool Matcher::take_multiples(const State& state, const Goal& goal, Expr variable, Expr factor) {
  const Expr bound = is_variable(factor) ? state.match.slots[slot_of(factor)] : factor;
  const std::vector<int64_t> factors =
      bound ? std::vector{integer_of(bound)} : factors_of(goal.sum, state.match);
  for (const int64_t f : factors) {
    if (f <= 1) continue;
    const auto [multiples, rest] = split_by(f, goal.sum);
    if (multiples.terms.empty() && multiples.constant == 0) continue;
    State next = state;
    if (!bind_number(next.match, factor, f)) continue;
    next.goals.push_back(remaining(goal, rest));
    next.goals.push_back(
        {variable, sum_of(*root_->pool, multiples, rules::kIndex, root_->shape), {}, {}});
    if (solve(std::move(next))) return true;
  }
  return false;
}

}  // namespace tinycc
