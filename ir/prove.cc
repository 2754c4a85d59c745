// Guards of rules: proven by intervals for indices, computed where only numbers are involved.
#include "ir/fold.h"
#include "ir/match.h"

namespace tinycc {

using rules::is_number;
using rules::is_variable;
using rules::slot_of;

namespace {

constexpr Interval kTrue{1, 1};

bool is_free_number(Expr e, const Match& match) {
  return is_variable(e) && is_number(e) && !match.slots[slot_of(e)];
}

Expr folded(Expr e) { return fold(e).value_or(e); }

}  // namespace

bool Matcher::prove(Expr guard, Match& match) {
  if (guard->is(Op::bit_and)) {
    return prove(guard->sources[0], match) && prove(guard->sources[1], match);
  }
  if (guard->is(Op::eq) && is_free_number(guard->sources[1], match)) {
    return define(guard->sources[0], guard->sources[1], match);
  }
  if (overflow_free_) return interval_of(guard, match) == kTrue;
  const Expr value = instantiate(guard, match, root_, folded);
  return value->is(Op::constant) && integer_of(value) != 0;
}

/// eq(formula, q) with a free q: q is the only value that the formula can have.
bool Matcher::define(Expr formula, Expr number, Match& match) {
  const Interval value = interval_of(formula, match);
  if (!value.is_point() || !value.is_finite()) return false;
  return bind_number(match, number, value.low);
}

Interval Matcher::interval_of(Expr formula, const Match& match) {
  if (is_variable(formula)) return bounds_.of(match.slots[slot_of(formula)]);
  if (formula->is(Op::constant)) return {integer_of(formula), integer_of(formula)};
  if (formula->is(Op::lt) && is_variable(formula->sources[0]) && is_variable(formula->sources[1])) {
    return less(match.slots[slot_of(formula->sources[0])],
                match.slots[slot_of(formula->sources[1])]);
  }
  std::vector<Interval> sources;
  for (Expr s : formula->sources) sources.push_back(interval_of(s, match));
  return Bounds::of_op(formula, sources);
}

/// a < b by their difference, in which common terms cancel.
Interval Matcher::less(Expr a, Expr b) {
  const Interval d = bounds_of(difference(affine(a), affine(b)), bounds_);
  const bool safe = d.is_finite() && bounds_.of(a).is_finite() && bounds_.of(b).is_finite();
  return {safe && d.high < 0 ? 1 : 0, safe && d.low >= 0 ? 0 : 1};
}

}  // namespace tinycc
