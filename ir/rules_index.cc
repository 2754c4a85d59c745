// Index arithmetic: i64 with floor division, free of overflow (the engine applies these only where
// intervals show that). Sums are in canonical form already, so no row is about sums alone except
// those that put a number together again from its quotient and remainder.
#include "ir/rules_tables.h"

namespace tinycc {

using namespace rules;  // NOLINT: patterns read as mathematics

std::vector<Rule> index_rules(Pool& pool) {
  const Variables v(pool, kIndex);
  const Expr x = v.any('x'), y = v.any('y'), z = v.any('z');
  const Expr c = v.number('c'), d = v.number('d'), e = v.number('e'), g = v.number('g');
  const Expr k = v.number('k'), m = v.number('m'), q = v.number('q');
  return {
      // Quotients: what the divisor divides comes out; the rest vanishes when intervals allow.
      {"div-of-sum", (x * c + y) / c, x + y / c, when(c > 0)},
      {"div-common-factor", (x * g + y) / c, x / (c / g),
       when(g > 1, c > 0, divides(g, c), within(0, y, g))},
      {"div-of-div", (x / c) / d, x / (c * d), when(c > 0, d > 0)},
      {"div-of-mod", (x % c) / d, (x / d) % (c / d), when(c > 0, d > 0, divides(d, c))},

      // Remainders.
      {"mod-of-sum", (x * c + y) % c, y % c, when(c > 0)},
      {"mod-in-one-period", x % c, x - q * c, when(c > 0, eq(x / c, q))},
      {"mod-of-mod", (x % c) % d, x % d, when(c > 0, d > 0, divides(d, c))},
      {"mod-common-factor", (x * g + y) % c, (x % (c / g)) * g + y,
       when(g > 1, c > 0, divides(g, c), within(0, y, g))},
      {"mod-of-inner-mod", ((x % c) * m + y) % d, (x * m + y) % d,
       when(c > 0, d > 0, divides(d, c * m))},

      // A number from its parts; any multiple of it, within any sum.
      {"quotient-and-remainder", (x / c) * k + (x % c) * m + z, x * m + z,
       when(c > 0, eq(c * m, k))},
      {"remainder-from-quotient", (x / c) * k + x * m + z, (x % c) * m + z,
       when(c > 0, eq(-c * m, k))},
      {"join-remainders", ((x / c) % d) * k + (x % c) * m + z, (x % (c * d)) * m + z,
       when(c > 0, d > 0, eq(c * m, k))},
      {"join-quotient", (x / e) * k + ((x / c) % d) * m + z, (x / c) * m + z,
       when(c > 0, d > 0, eq(c * d, e), eq(d * m, k))},

      // Comparisons with numbers: low digits that cannot matter, divisions undone.
      {"lt-low-digits", lt(x * c + y, k), lt(x, q), when(c > 1, eq((k - y + (c - 1)) / c, q))},
      {"lt-low-digits-left", lt(k, x * c + y), lt(q, x), when(c > 1, eq((k - y) / c, q))},
      {"lt-of-div", lt(x / c, k), lt(x, k * c), when(c > 0)},
      {"lt-of-div-left", lt(k, x / c), lt(k * c + (c - 1), x), when(c > 0)},
      {"not-lt", logical_not(lt(x, y)), lt(y, x + 1), {}},

      {"max-known", max(x, y), x, when(y <= x)},
      {"min-known", min(x, y), y, when(y <= x)},
  };
}

}  // namespace tinycc
