// Numbers and their quantised form, for the rows of the op table that compute with it:
//   quantised = saturate(round(x / scale) + zero_point),  x = (quantised - zero_point) * scale
#pragma once

#include "compiler/tensor/tensor.h"

namespace tinycc::onnx {

/// A scale or zero point spread over x: one number, one for each index of the axis, or one for each
/// block of `block` elements along it.
Expr spread(Expr v, Expr x, int64_t axis, int64_t block);
/// Scale and zero point (or none) have x's shape.
Expr quantised(Expr x, Expr scale, Expr zero, DType to);
Expr dequantised(Expr x, Expr scale, Expr zero);
/// An operand less its zero point (by row or column where that is a vector), as i32.
Expr centred(Expr x, Expr zero, int64_t axis);
/// The product of integers, each with scale and zero point, as real numbers.
Expr real_product(Expr a, Expr a_scale, Expr a_zero, Expr b, Expr b_scale, Expr b_zero);
/// [n, c, …] of a tensor whose channels may be last.
Expr channels_first(Expr x, bool last);
/// u8 from x's own range, widened to contain 0: the numbers, scale, zero point.
std::vector<Expr> quantised_by_range(Expr x);

}  // namespace tinycc::onnx
