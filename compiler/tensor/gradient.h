// Derivatives of what is made of the IR's primitives. In: a node and some of those that it is made
// of. Out: nodes. Errors: Error(unsupported) for a primitive without a rule.
#pragma once

#include <vector>

#include "ir/node.h"

namespace tinycc {

/// The derivative of the sum of y's elements by each of xs, in the shape of each.
std::vector<Expr> gradients(Expr y, const std::vector<Expr>& xs);

}  // namespace tinycc
