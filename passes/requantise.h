// Integers to narrower integers by fixed-point arithmetic: what the float expression
// clamp(round(x) + zero) becomes where x is a quantity.
//
//   y = clamp((sum over terms of q * m + c) >> f)
//   m = round(scale * 2^f),  c = round((sum of offset * scale + zero + 1/2) * 2^f)
//
// Halves are rounded up. The products are i32 where f leaves the result exact to 2^-8, else i64,
// where f is such that m has 31 bits. So y is what real arithmetic gives unless that comes within
// 2^-8 of the middle between two integers, where it may be the neighbour.
#pragma once

#include "passes/quantity.h"

namespace tinycc {

/// Numbers of `type` from least to most. Nothing where the quantity has no such form.
Expr requantised(const Quantity& x, const Numbers& zero, DType type, double least, double most,
                 Graph& graph);
/// The quantity as floats: scale * (q + offset).
Expr as_float(const Quantity& x, DType type, Graph& graph);

}  // namespace tinycc
