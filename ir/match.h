// Matching of rules' patterns against expressions, and the proof of their guards. What a pattern
// means: rules.h.
#pragma once

#include <array>
#include <optional>

#include "ir/affine.h"
#include "ir/rules.h"

namespace tinycc {

/// What the variables of a rule stand for.
struct Match {
  std::array<Expr, rules::kSlots> slots;
  std::optional<DType> type;  // of the kind that the rule's variables have
};

/// The pattern with its variables replaced, in the pool and shape of `like`. `finish` sees each new
/// node and may return another for it.
Expr instantiate(Expr pattern, const Match& match, Expr like,
                 const std::function<Expr(Expr)>& finish);

/// Finds one match of a rule: depth-first over goals "this pattern matches that expression", the
/// guard last.
class Matcher {
 public:
  explicit Matcher(Bounds& bounds) : bounds_(bounds) {}
  /// A match of the rule's left side on `subject` for which the guard is proven.
  std::optional<Match> match(const Rule& rule, Domain domain, Expr subject);

 private:
  struct Goal {
    Expr pattern, subject;
    std::vector<Expr> addends;  // not empty: these and the variable `pattern` make up `sum`
    Affine sum;
  };
  struct State {
    Match match;
    std::vector<Goal> goals;  // the last is next
  };
  bool solve(State state);
  bool admits(Match& match, Expr pattern, Expr subject);
  bool bind(Match& match, Expr variable, Expr subject);
  bool bind_number(Match& match, Expr factor, int64_t value);
  bool solve_operation(const State& state, const Goal& goal);
  bool solve_sum(State state, Goal goal);
  Goal remaining(Goal goal, Affine sum) const;
  bool take_term(const State& state, const Goal& goal, Expr pattern, Expr factor);
  bool take_multiple_of(State state, Goal goal, Expr variable, Expr factor);
  bool take_multiples(const State& state, const Goal& goal, Expr variable, Expr factor);

  bool prove(Expr guard, Match& match);
  bool define(Expr formula, Expr number, Match& match);
  Interval interval_of(Expr formula, const Match& match);
  Interval less(Expr a, Expr b);

  Bounds& bounds_;
  bool overflow_free_ = false;  // i64 operands must have finite intervals
  const Rule* rule_ = nullptr;
  Expr root_;
  Match found_;
};

}  // namespace tinycc
