// Bools, comparisons of indices with numbers, and `where`.
#include "ir/rules_tables.h"

namespace tinycc {

using namespace rules;  // NOLINT: patterns read as mathematics

namespace {

std::vector<Rule> bool_rules(Pool& pool) {
  const Variables v(pool, kBool);
  const Expr p = v.any('p'), q = v.any('q');
  const Expr yes = v.value(1), no = v.value(0);
  return {
      {"and-true", p & yes, p, {}},         {"and-false", p & no, no, {}},
      {"and-same", p & p, p, {}},           {"and-not", p & (p ^ yes), no, {}},
      {"and-absorbs", p & (p | q), p, {}},  {"or-true", p | yes, yes, {}},
      {"or-false", p | no, p, {}},          {"or-same", p | p, p, {}},
      {"or-not", p | (p ^ yes), yes, {}},   {"or-absorbs", p | (p & q), p, {}},
      {"xor-false", p ^ no, p, {}},         {"xor-same", p ^ p, no, {}},
      {"not-not", (p ^ yes) ^ yes, p, {}},  {"eq-true", eq(p, yes), p, {}},
      {"eq-false", eq(p, no), p ^ yes, {}}, {"eq-same", eq(p, p), yes, {}},
      {"add-is-xor", p + q, p ^ q, {}},     {"mul-is-and", p * q, p & q, {}},
      {"max-is-or", max(p, q), p | q, {}},  {"min-is-and", min(p, q), p & q, {}},
  };
}

std::vector<Rule> limit_rules(Pool& pool) {
  const Variables v(pool, kSomeInteger);
  const Expr x = v.any('x'), c = v.number('c'), d = v.number('d');
  const Expr yes = constant(pool, kBool, 1), no = constant(pool, kBool, 0);
  return {
      {"below-both", lt(x, c) & lt(x, d), lt(x, min(c, d)), {}},
      {"below-either", lt(x, c) | lt(x, d), lt(x, max(c, d)), {}},
      {"above-both", lt(c, x) & lt(d, x), lt(max(c, d), x), {}},
      {"above-either", lt(c, x) | lt(d, x), lt(min(c, d), x), {}},
      {"between-none", lt(c, x) & lt(x, d), no, when(d <= c)},
      {"beyond-all", lt(c, x) | lt(x, d), yes, when(c < d)},
      {"equal-both", eq(x, c) & eq(x, d), no, when(logical_not(eq(c, d)))},
  };
}

std::vector<Rule> where_rules(Pool& pool) {
  const Variables v(pool, kSomeType), b(pool, kBool);
  const Expr x = v.any('x'), y = v.any('y'), z = v.any('z');
  const Expr p = b.any('p'), q = b.total('q');
  const Expr yes = b.value(1), no = b.value(0);
  return {
      {"where-true", where(yes, x, y), x, {}},
      {"where-false", where(no, x, y), y, {}},
      {"where-same", where(p, x, x), x, {}},
      {"where-not", where(p ^ yes, x, y), where(p, y, x), {}},
      {"where-then-again", where(p, where(p, x, y), z), where(p, x, z), {}},
      {"where-else-again", where(p, x, where(p, y, z)), where(p, x, z), {}},
      {"where-nested-and", where(p, where(q, x, y), y), where(p & q, x, y), {}},
      {"where-nested-or", where(p, x, where(q, x, y)), where(p | q, x, y), {}},
      {"where-is-condition", where(p, yes, no), p, {}},
      {"where-is-not", where(p, no, yes), p ^ yes, {}},
      {"where-is-and", where(p, q, no), p & q, {}},
      {"where-is-or", where(p, yes, q), p | q, {}},
  };
}

}  // namespace

std::vector<Rule> logic_rules(Pool& pool) {
  std::vector<Rule> all;
  for (const auto& part : {bool_rules(pool), limit_rules(pool), where_rules(pool)}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace tinycc
