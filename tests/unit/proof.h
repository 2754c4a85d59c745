// Proofs of rewrite rules by Z3: a rule holds when no values of its variables satisfy the guard and
// make the sides differ.
#pragma once

#include <string>

#include "ir/rules.h"

namespace tinycc::scalars {

struct Proof {
  enum class Result { proven, refuted, unknown } result = Result::unknown;
  std::string note;  // the counterexample, or for which numbers it was proven
};

/// Domain::index and the bool rules: over all integers. If that takes too long, for several random
/// choices of the numbers and all values of the other variables.
/// Domain::integer: over bit vectors of 8 and 16 bits, signed and unsigned.
Proof prove_rule(const Rule& rule, Domain domain);

}  // namespace tinycc::scalars
