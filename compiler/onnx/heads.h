// Attention's heads, for the rows of the op table that compute with them: ONNX's own operators and
// those of com.microsoft.
#pragma once

#include "compiler/tensor/tensor.h"

namespace tinycc::onnx {

/// [b, t, heads * d] as [b, heads, t, d], and back.
Expr split_heads(Expr x, int64_t heads);
Expr merge_heads(Expr x);
/// Each head as often as there are query heads to it: h0, h0, h1, h1, ….
Expr repeat_heads(Expr x, int64_t heads);
/// Pairs of the first `turned` features of x [b, heads, t, d] turn by an angle that depends on the
/// position, (a, b) → (a cos - b sin, a sin + b cos); its cosine and sine are [b, 1, t, turned / 2].
Expr rotated(Expr x, Expr cosine, Expr sine, int64_t turned, bool interleaved);

}  // namespace tinycc::onnx
