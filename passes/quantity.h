// Real tensors that are known to be made of integers, and the arithmetic on them.
//
//   x = clamp(sum over terms of scale * (q + offset), low, high)        q: an integer tensor
//
// So is each dequantised tensor, and sums, products, and sums of products of them stay so, as long
// as the integers provably fit 32 bits. Nothing is rounded on the way but what settled() says; what
// becomes of a quantity in the end: requantise.h.
#pragma once

#include "ir/arith.h"
#include "ir/simplify.h"
#include "passes/numbers.h"

namespace tinycc {

struct Term {
  Expr q;
  Interval range;  // of q
  Numbers offset, scale;
};

struct Quantity {
  std::vector<Term> terms;
  double low = -kInfinity, high = kInfinity;
  std::vector<Term> divisor = {};    // at most one: x is the quotient
  std::vector<Quantity> parts = {};  // or, without terms: these, stacked along an axis
  int64_t axis = 0;
  bool is_bottomless = false;           // padded with less than all: good for a maximum only
  std::vector<std::string> names = {};  // of the model's nodes that led here

  bool is_linear() const { return parts.empty() && !is_bottomless; }
  bool is_plain() const {
    return terms.size() == 1 && !is_clamped() && divisor.empty() && is_linear();
  }
  bool is_clamped() const { return low > -kInfinity || high < kInfinity; }
};

using MaybeQuantity = std::optional<Quantity>;

/// The integers that an integer tensor is.
Quantity quantity_of(Expr q, Interval range);
/// The least and the greatest value of q + offset; what counts for overflow.
double largest(const Term& t);
bool fits(DType type, double low, double high);

MaybeQuantity moved(const Quantity& x, Expr movement);
/// The same with the offset added to the integers, where it is one whole number.
Quantity centred(Quantity x);
MaybeQuantity times(const Quantity& x, const Numbers& factor);
MaybeQuantity plus(const Quantity& x, const Numbers& addend);
MaybeQuantity clamped(const Quantity& x, double low, double high);
MaybeQuantity sum(const Quantity& a, const Quantity& b);
MaybeQuantity quotient(const Quantity& a, const Quantity& b);
/// reduction: reduce_add or reduce_max.
MaybeQuantity reduced(const Quantity& x, Expr reduction);
/// One term without limits. Where terms have unequal scales, their unit becomes one that is 2^-17
/// of the result's range at most.
std::optional<Term> settled(const Quantity& x, Graph& graph);
/// Weights among the integers of `b` or `a` become constants of their own, zero point included.
MaybeQuantity product(const Quantity& a, const Quantity& b, Constants& constants, Graph& graph);
/// exp(x), where x takes few values: a table.
MaybeQuantity exponential(const Quantity& x, Graph& graph);

/// A number for each element of q, as integers of its type; where it is a weight, named after q's.
Expr constant_for(Expr q, const Numbers& numbers, DType type, const char* what, Graph& graph);

}  // namespace tinycc
