// Which loop of the host a tensor is computed in: the innermost scan whose counter or carries it
// reads. What reads none of them is computed once, before the loop.
#pragma once

#include <map>
#include <unordered_map>

#include "ir/node.h"

namespace tinycc {

/// One scan as a bounded loop.
struct ScanLoop {
  Expr scan;
  Expr counter;         // the range of its id
  int64_t parent = -1;  // id of the loop around it, or -1
  int64_t depth = 0;    // 0: outermost
};

class Scopes {
 public:
  explicit Scopes(const std::vector<Expr>& topological_order);

  const std::map<int64_t, ScanLoop>& loops() const { return loops_; }
  /// Id of the innermost loop that `e` is computed in; -1: none.
  int64_t of(Expr e) const;
  /// How often `source` would be computed for one computation of it outside of the loops that only
  /// `user` is in.
  double turns_between(Expr user, Expr source) const;
  /// The loop itself and those around it, innermost first.
  std::vector<int64_t> path(int64_t loop) const;

 private:
  int64_t deeper(int64_t a, int64_t b) const;

  std::map<int64_t, ScanLoop> loops_;
  std::unordered_map<Expr, int64_t> innermost_;
};

}  // namespace tinycc
