// Any integer type, exact in wrapping arithmetic. Sums and products with numbers need no rows: they
// are canonical already (affine.h).
#include "ir/rules_tables.h"

namespace tinycc {

using namespace rules;  // NOLINT: patterns read as mathematics

std::vector<Rule> integer_rules(Pool& pool) {
  const Variables v(pool, kSomeInteger);
  const Expr x = v.any('x'), y = v.any('y');
  const Expr c = v.number('c'), d = v.number('d');
  const Expr zero = v.value(0), ones = v.value(-1);
  const Expr yes = constant(pool, kBool, 1), no = constant(pool, kBool, 0);
  return {
      {"div-by-one", x / 1, x, {}},
      {"div-of-zero", zero / x, zero, {}},
      {"mod-by-one", x % 1, zero, {}},
      {"mod-of-zero", zero % x, zero, {}},
      {"mod-of-itself", x % x, zero, {}},

      {"and-zero", x & zero, zero, {}},
      {"and-ones", x & ones, x, {}},
      {"and-itself", x & x, x, {}},
      {"and-numbers", (x & c) & d, x & (c & d), {}},
      {"or-zero", x | zero, x, {}},
      {"or-ones", x | ones, ones, {}},
      {"or-itself", x | x, x, {}},
      {"or-numbers", (x | c) | d, x | (c | d), {}},
      {"xor-zero", x ^ zero, x, {}},
      {"xor-itself", x ^ x, zero, {}},
      {"xor-numbers", (x ^ c) ^ d, x ^ (c ^ d), {}},
      {"shl-zero", binary(Op::shl, x, zero), x, {}},
      {"shr-zero", binary(Op::shr, x, zero), x, {}},

      {"lt-itself", lt(x, x), no, {}},
      {"eq-itself", eq(x, x), yes, {}},
      {"max-itself", max(x, x), x, {}},
      {"min-itself", min(x, x), x, {}},
      {"max-numbers", max(max(x, c), d), max(x, max(c, d)), {}},
      {"min-numbers", min(min(x, c), d), min(x, min(c, d)), {}},
      {"max-of-its-max", max(max(x, y), y), max(x, y), {}},
      {"min-of-its-min", min(min(x, y), y), min(x, y), {}},
      {"max-of-its-min", max(min(x, y), y), y, {}},
      {"min-of-its-max", min(max(x, y), y), y, {}},
      {"min-below-max", min(max(x, c), d), d, when(d <= c)},
      {"max-above-min", max(min(x, c), d), d, when(c <= d)},
  };
}

}  // namespace tinycc
