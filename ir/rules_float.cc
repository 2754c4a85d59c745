// Floats. The first table keeps every bit (NaN payloads aside), with zeros of both signs,
// infinities and NaN in mind: x + 0 is not x for x = -0, but x + -0 is; x*0 is nothing else.
// The second table is for those who ask for it.
#include "ir/arith.h"
#include "ir/rules_tables.h"

namespace tinycc {

using namespace rules;  // NOLINT: patterns read as mathematics

std::vector<Rule> floating_rules(Pool& pool) {
  const Variables v(pool, kSomeFloat);
  const Expr x = v.any('x'), y = v.any('y');
  const Expr c = v.number('c'), d = v.number('d');
  const Expr no = constant(pool, kBool, 0);
  return {
      {"add-minus-zero", x + v.value(-0.0), x, {}},
      {"mul-one", x * 1, x, {}},
      {"mul-minus-one", x * -1, -x, {}},
      {"div-one", x / 1, x, {}},
      {"div-minus-one", x / -1, -x, {}},
      {"neg-neg", -(-x), x, {}},
      {"neg-times-neg", -x * -y, x * y, {}},
      {"neg-times-number", -x * c, x * -c, {}},
      {"neg-over-number", -x / c, x / -c, {}},
      {"neg-of-product", -(x * c), x * -c, {}},

      {"max-same", max(x, x), x, {}},
      {"min-same", min(x, x), x, {}},
      {"max-minus-infinity", max(x, v.value(-kInfinity)), x, {}},
      {"min-infinity", min(x, v.value(kInfinity)), x, {}},
      {"max-limits", max(max(x, c), d), max(x, max(c, d)), when(eq(c, c), eq(d, d))},
      {"min-limits", min(min(x, c), d), min(x, min(c, d)), when(eq(c, c), eq(d, d))},
      {"max-again", max(max(x, y), y), max(x, y), {}},
      {"min-again", min(min(x, y), y), min(x, y), {}},
      {"max-where", where(lt(x, y), y, x), max(x, y), {}},
      {"min-where", where(lt(y, x), y, x), min(x, y), {}},
      {"trunc-trunc", trunc(trunc(x)), trunc(x), {}},
      {"less-than-itself", lt(x, x), no, {}},
      {"less-of-negated", lt(-x, -y), lt(y, x), {}},
      {"less-of-negated-number", lt(-x, c), lt(-c, x), {}},
      {"number-less-of-negated", lt(c, -x), lt(x, -c), {}},
  };
}

std::vector<Rule> fast_rules(Pool& pool) {
  const Variables v(pool, kSomeFloat);
  const Expr x = v.any('x'), y = v.any('y');
  const Expr c = v.number('c'), d = v.number('d');
  const Expr zero = v.value(0);
  return {
      {"fast-add-zero", x + zero, x, {}},
      {"fast-mul-zero", x * zero, zero, {}},
      {"fast-sub-itself", x + -x, zero, {}},
      {"fast-add-numbers", (x + c) + d, x + (c + d), {}},
      {"fast-mul-numbers", (x * c) * d, x * (c * d), {}},
      {"fast-div-number", x / c, x * (1 / c), when(logical_not(eq(c, zero)))},
      {"fast-factor", x * c + y * c, (x + y) * c, {}},
      {"fast-distribute", (x * c + d) / c, x + d / c, when(logical_not(eq(c, zero)))},
      {"fast-exp-of-log", exp(log(x)), x, {}},
      {"fast-log-of-exp", log(exp(x)), x, {}},
      {"fast-sqrt-squared", sqrt(x) * sqrt(x), x, {}},
  };
}

}  // namespace tinycc
