// What an expression's value depends on beside its leaves and memory: the ranges and scans whose
// loops it must stand in.
#pragma once

#include <unordered_map>

#include "ir/node.h"

namespace tinycc {

/// Ids, sorted: of ranges not bound by a reduction within the expression, and of scans whose carry
/// or counter it reads outside of the scan itself.
using Ids = std::vector<int64_t>;

class FreeIds {
 public:
  const Ids& of(Expr e);

 private:
  void add(Expr e);
  std::unordered_map<Expr, Ids> known_;
};

bool contains(const Ids& ids, int64_t id);
/// Every id of `a` is in `b`.
bool within(const Ids& a, const Ids& b);

}  // namespace tinycc
