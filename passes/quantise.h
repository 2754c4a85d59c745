// Post-training quantisation: a graph in f32 becomes one whose sums of products have operands of 8
// bits, and whose tensors are rounded to 8 bits where kernels hand them on:
//
//   x ≈ scale * (q - zero),  q = i8(clamp(round(x / scale) + zero, -128, 127))
//
// each followed by its way back to f32, as quantised models from elsewhere have them; integers.h then
// computes in integers. In: a float graph, and the range of each tensor that is rounded, which a run on
// calibration data finds. Or weights alone lose bits, and all is computed in floats.
#pragma once

#include "ir/graph.h"

namespace tinycc {

/// What is rounded.
struct Rounding8 {
  std::vector<Expr> tensors;        // activations, sources before users
  std::vector<Expr> shares;         // those of them that are shares of a sum, as softmax is: 0 to 1
  std::vector<Expr> sums;           // of products with weights, of which both operands are rounded
  std::vector<std::string> floats;  // the model's nodes whose sums of products stay in f32
};
Rounding8 what_to_round(const Graph& graph);

/// Least and greatest value of a tensor; 0 is made part of it.
struct ValueRange {
  double low = 0, high = 0;
};
/// `ranges`: of rounding.tensors. per_channel: weights have a scale for each output channel.
void quantise(Graph& graph, const Rounding8& rounding, const std::vector<ValueRange>& ranges,
              bool per_channel);

struct WeightForm {
  DType type = DType::i8;  // or i4
  bool per_channel = true;
  int64_t block = 0;  // so many weights of a channel share a scale; 0: all
};
/// Weights of sums of products alone. Returns how many tensors.
int64_t quantise_weights(Graph& graph, const WeightForm& form);

}  // namespace tinycc
