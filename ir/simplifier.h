// The rewrite engine: brings expressions into normal form, bottom-up, each node once. simplify() is
// one use of it; passes over tensors keep one for a whole graph, as its tables know no shapes.
#pragma once

#include <unordered_map>

#include "ir/affine.h"
#include "ir/rules.h"

namespace tinycc {

/// Which tables of rules to use.
enum class Precision : uint8_t {
  exact,  // the result has the same bits
  fast,   // Domain::fast too
};

/// Every step keeps the value wherever the known facts hold, and no step makes an expression cost
/// more: a rule's right side is cheaper than its left, or as cheap and closer to the normal form.
class Simplifier {
 public:
  explicit Simplifier(const Known& known = {}, Precision precision = Precision::exact)
      : bounds_(known), precision_(precision) {}

  Expr simplify(Expr e);
  /// The normal form of a node whose sources are in normal form.
  Expr normal(Expr e);
  Bounds& bounds() { return bounds_; }

 private:
  Expr visit(Expr e);
  Expr improve(Expr e);
  Expr normal_sum(Expr e);
  Expr normal_comparison(Expr e);
  Expr normal_set(Expr e);
  Expr as_point(Expr e);
  Expr apply_rules(Expr e);

  Bounds bounds_;
  Precision precision_;
  std::unordered_map<Expr, Expr> memo_;
};

}  // namespace tinycc
