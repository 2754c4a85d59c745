// The search for matches, except for sums (match_sum.cc) and guards (prove.cc). See match.h.
#include "ir/match.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tinycc {

using rules::is_number;
using rules::is_total;
using rules::is_variable;
using rules::slot_of;

namespace {

/// Both orders of the sources mean the same.
bool is_commutative(Expr e) {
  switch (e->op) {
    case Op::add:
    case Op::mul:
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor:
    case Op::eq: return true;
    case Op::max:
    case Op::min: return !is_float(e->dtype);
    default: return false;
  }
}

/// Types of patterns that stand for a kind of types.
bool is_kind(DType pattern) {
  return pattern == rules::kSomeInteger || pattern == rules::kSomeFloat ||
         pattern == rules::kSomeType;
}
bool is_of_kind(DType type, DType kind) {
  return kind == rules::kSomeType ||
         (kind == rules::kSomeFloat ? is_float(type) : is_integer(type));
}
DType actual_type(DType pattern, const Match& match) {
  return is_kind(pattern) ? match.type.value_or(pattern) : pattern;
}

Expr actual_constant(Expr pattern, DType type, Expr like) {
  return is_float(type) ? constant(*like->pool, type, number_of(pattern), like->shape)
                        : constant_int(*like->pool, type, integer_of(pattern), like->shape);
}

bool is_same_constant(Expr pattern, Expr subject) {
  return subject->is(Op::constant) &&
         actual_constant(pattern, subject->dtype, subject)->attr == subject->attr;
}

/// Sums of i64 are matched as sums (rules.h): those that end in a variable for any expression.
bool is_sum_pattern(Expr p) {
  return p->is(Op::add) && p->dtype == rules::kIndex && is_variable(p->sources[1]) &&
         !is_number(p->sources[1]);
}

bool has_load(Expr e) {
  const std::vector<Expr> nodes = topological({e});
  return std::any_of(nodes.begin(), nodes.end(), [](Expr n) { return n->is(Op::load); });
}

/// Some term of a sum, as it is written, has this op.
bool has_term(Expr sum, Op op) {
  if (sum->is(Op::add)) return has_term(sum->sources[0], op) || has_term(sum->sources[1], op);
  if (sum->is(Op::mul) || sum->is(Op::neg)) return has_term(sum->sources[0], op);
  return sum->is(op);
}

/// Each addend that names an op has a term to match.
bool may_match_sum(Expr pattern, Expr subject) {
  if (is_variable(pattern)) return true;
  if (pattern->is(Op::add)) {
    return may_match_sum(pattern->sources[0], subject) &&
           may_match_sum(pattern->sources[1], subject);
  }
  if (pattern->is(Op::mul)) return may_match_sum(pattern->sources[0], subject);
  return has_term(subject, pattern->op);
}

/// Cheap first look: ops agree one level down, in one of the orders.
bool may_match(Expr pattern, Expr subject) {
  const auto fits = [](Expr p, Expr e) {
    if (is_variable(p)) return !is_number(p) || e->is(Op::constant);
    return is_sum_pattern(p) ? is_linear(e) && may_match_sum(p, e) : p->op == e->op;
  };
  if (is_sum_pattern(pattern)) return may_match_sum(pattern, subject);
  const auto &p = pattern->sources, &e = subject->sources;
  const auto fits_all = [&](size_t first) {
    for (size_t i = 0; i < p.size(); ++i) {
      if (!fits(p[i], e[i == 0 ? first : i == 1 ? 1 - first : i])) return false;
    }
    return true;
  };
  return fits_all(0) || (p.size() == 2 && is_commutative(subject) && fits_all(1));
}

}  // namespace

Expr instantiate(Expr pattern, const Match& match, Expr like,
                 const std::function<Expr(Expr)>& finish) {
  if (is_variable(pattern)) return match.slots[slot_of(pattern)];
  const DType type = actual_type(pattern->dtype, match);
  if (pattern->is(Op::constant)) return actual_constant(pattern, type, like);
  std::vector<Expr> sources;
  for (Expr s : pattern->sources) sources.push_back(instantiate(s, match, like, finish));
  return finish(like->pool->make(pattern->op, type, like->shape, std::move(sources)));
}

std::optional<Match> Matcher::match(const Rule& rule, Domain domain, Expr subject) {
  overflow_free_ = domain == Domain::index;
  rule_ = &rule;
  root_ = subject;
  if (!may_match(rule.left, subject)) return {};
  State state;
  state.goals.push_back({rule.left, subject, {}, {}});
  return solve(std::move(state)) ? std::optional(found_) : std::nullopt;
}

bool Matcher::solve(State state) {
  while (!state.goals.empty()) {
    const Goal goal = std::move(state.goals.back());
    state.goals.pop_back();
    if (!goal.addends.empty()) return solve_sum(std::move(state), goal);
    if (!admits(state.match, goal.pattern, goal.subject)) return false;
    if (is_variable(goal.pattern)) {
      if (!bind(state.match, goal.pattern, goal.subject)) return false;
    } else if (goal.pattern->is(Op::constant)) {
      if (!is_same_constant(goal.pattern, goal.subject)) return false;
    } else {
      return solve_operation(state, goal);
    }
  }
  if (rule_->guard && !prove(rule_->guard, state.match)) return false;
  found_ = state.match;
  return true;
}

/// The types agree, and where the domain wants it, arithmetic cannot have wrapped.
bool Matcher::admits(Match& match, Expr pattern, Expr subject) {
  if (is_kind(pattern->dtype)) {
    if (match.type ? *match.type != subject->dtype : !is_of_kind(subject->dtype, pattern->dtype)) {
      return false;
    }
    match.type = subject->dtype;
  } else if (pattern->dtype != subject->dtype) {
    return false;
  }
  return !overflow_free_ || !is_integer(subject->dtype) || bounds_.of(subject).is_finite();
}

bool Matcher::bind(Match& match, Expr variable, Expr subject) {
  constexpr int64_t kMost = int64_t{1} << 31;  // products of two stay far from overflow
  if (is_number(variable)) {
    if (!subject->is(Op::constant)) return false;
    if (overflow_free_ && std::abs(integer_of(subject)) >= kMost) return false;
  }
  if (is_total(variable) && has_load(subject)) return false;
  Expr& slot = match.slots[slot_of(variable)];
  if (!slot) slot = subject;
  return slot == subject;
}

/// A factor of an addend, which is a number variable, a constant, or (none) 1, equals `value`.
bool Matcher::bind_number(Match& match, Expr factor, int64_t value) {
  if (!factor) return value == 1;
  if (factor->is(Op::constant)) return integer_of(factor) == value;
  return bind(match, factor, constant_int(*root_->pool, rules::kIndex, value, root_->shape));
}

bool Matcher::solve_operation(const State& state, const Goal& goal) {
  const Expr p = goal.pattern, e = goal.subject;
  if (is_sum_pattern(p)) {
    if (!is_linear(e)) return false;
    State next = state;
    Goal sum{p->sources[1], {}, {}, affine(e)};
    Expr rest = p->sources[0];
    for (; rest->is(Op::add); rest = rest->sources[0]) sum.addends.push_back(rest->sources[1]);
    sum.addends.push_back(rest);
    next.goals.push_back(std::move(sum));
    return solve(std::move(next));
  }
  if (p->op != e->op) return false;
  // Leaves are matched first: a divisor must be known before the sum that it divides is split.
  const auto is_leaf = [](Expr s) { return s->sources.empty(); };
  const auto try_order = [&](const std::vector<Expr>& sources) {
    State next = state;
    for (const bool leaves : {false, true}) {
      for (size_t i = 0; i < sources.size(); ++i) {
        if (is_leaf(p->sources[i]) == leaves)
          next.goals.push_back({p->sources[i], sources[i], {}, {}});
      }
    }
    return solve(std::move(next));
  };
  if (try_order(e->sources)) return true;
  return is_commutative(e) && e->sources[0] != e->sources[1] &&
         try_order({e->sources[1], e->sources[0]});
}

}  // namespace tinycc
