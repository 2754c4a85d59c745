// Weights that were quantised alone: their scale leaves the sums that they are multiplied in,
//
//   sum over k of x[k] * (scale * (q[k] + offset))  =  scale * (sum over k of x[k] * real(q[k] + offset))
//
// where it is the same for all k; an offset becomes part of the integers. So a weight is read as a byte
// where it is used, and widened there, rather than written to memory as a float before. In: a graph. Out:
// the same sums, rounded in another order.
#pragma once

#include "ir/graph.h"

namespace tinycc {

/// Where an element of the weights is used so often that it is better widened once, they are left alone.
constexpr int64_t kMostUsesOfByte = 64;

void scale_after_sums(Graph& graph);

/// The real number that a byte of a weight is, which costs little more than a load.
bool is_widened_byte(Expr e);

}  // namespace tinycc
