// Helpers of the tests about scalar expressions: values, all values, and a plain text of them.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/build.h"
#include "ir/scalar.h"

namespace tinycc::scalars {

using Random = std::mt19937;
int64_t pick(Random& random, int64_t low, int64_t high);  // both included

/// What ranges stand for.
using Point = std::unordered_map<Expr, int64_t>;
/// The value of an expression over ranges and constants.
Number value_at(Expr e, const Point& point);
/// Calls `visit` for each combination of values of the ranges.
void for_all(const std::vector<Expr>& ranges, const std::function<void(const Point&)>& visit);

/// Infix, every operation in parentheses.
std::string text_of(Expr e);
std::string text_of(const Point& point);

/// Work of evaluating an expression once: divisions 4, products 2, everything else 1; leaves, and
/// what depends on nothing but numbers (`is_free`), cost nothing.
int64_t cost_of(Expr e, const std::function<bool(Expr)>& is_free);

}  // namespace tinycc::scalars
