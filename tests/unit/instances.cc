// See instances.h.
#include "tests/unit/instances.h"

#include <algorithm>
#include <limits>

#include "ir/fold.h"

namespace tinycc::scalars {
namespace {

using rules::is_number;
using rules::is_variable;
using rules::slot_of;

bool is_kind(DType t) {
  return t == rules::kSomeInteger || t == rules::kSomeFloat || t == rules::kSomeType;
}

/// Small numbers, and what floats trip over.
Expr random_value(Pool& pool, DType type, Random& random) {
  constexpr double kOdd[] = {0.0,
                             -0.0,
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN(),
                             1e-45,
                             3e38,
                             1};
  if (!is_float(type)) return constant_int(pool, type, pick(random, -20, 40));
  const bool odd = pick(random, 0, 1) == 0;
  return constant(
      pool, type,
      odd ? kOdd[pick(random, 0, 7)] : 0.25 * static_cast<double>(pick(random, -20, 20)));
}

Expr random_number(Pool& pool, DType type, Random& random) {
  if (is_float(type)) return random_value(pool, type, random);
  return constant_int(pool, type,
                      pick(random, 0, 9) == 0 ? pick(random, -60, 60) : pick(random, 1, 12));
}

/// Conjuncts eq(formula, number) of a guard compute that number.
void define_numbers(Expr guard, Match& match, Pool& pool) {
  if (!guard) return;
  if (guard->is(Op::bit_and)) {
    for (Expr s : guard->sources) define_numbers(s, match, pool);
  } else if (guard->is(Op::eq) && is_variable(guard->sources[1])) {
    match.slots[slot_of(guard->sources[1])] = value_of(guard->sources[0], match, pool);
  }
}

}  // namespace

std::vector<Expr> variables_of(const Rule& rule) {
  std::vector<Expr> found;
  for (Expr e : topological({rule.left, rule.right})) {
    if (is_variable(e)) found.push_back(e);
  }
  std::sort(found.begin(), found.end(), [](Expr a, Expr b) { return a->attr.name < b->attr.name; });
  return found;
}

bool depends_on_numbers_only(Expr pattern) {
  if (is_variable(pattern)) return is_number(pattern);
  return std::all_of(pattern->sources.begin(), pattern->sources.end(), depends_on_numbers_only);
}

std::vector<DType> types_for(const Rule& rule) {
  for (Expr e : topological({rule.left})) {
    switch (e->dtype) {
      case rules::kSomeInteger: return {DType::i8, DType::u8, DType::i32, DType::i64, DType::u64};
      case rules::kSomeFloat: return {DType::f32, DType::f16, DType::f64, DType::bf16};
      case rules::kSomeType: return {DType::f32, DType::i32, DType::u8, DType::boolean};
      default: break;
    }
  }
  return {DType::i64};
}

Expr value_of(Expr pattern, const Match& match, Pool& pool) {
  const Expr like = constant_int(pool, DType::i64, 0);
  return instantiate(pattern, match, like, [](Expr e) { return fold(e).value_or(e); });
}

std::optional<Match> instance(const Rule& rule, DType type, Pool& pool, Random& random) {
  for (int attempt = 0; attempt < 2000; ++attempt) {
    Match match;
    match.type = type;
    for (Expr v : variables_of(rule)) {
      const DType actual = is_kind(v->dtype) ? type : v->dtype;
      match.slots[slot_of(v)] =
          is_number(v) ? random_number(pool, actual, random) : random_value(pool, actual, random);
    }
    define_numbers(rule.guard, match, pool);
    if (!rule.guard || integer_of(value_of(rule.guard, match, pool)) != 0) return match;
  }
  return {};
}

std::string text_of(const Rule& rule, const Match& match) {
  std::string text;
  for (Expr v : variables_of(rule)) {
    text += (text.empty() ? "" : " ") + v->attr.name + "=" + text_of(match.slots[slot_of(v)]);
  }
  return text;
}

}  // namespace tinycc::scalars
