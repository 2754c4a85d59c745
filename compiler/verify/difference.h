// How far numbers are from those that they should be, and how far they may be. In: what a model
// computed, what a reference did. Out: the worst element, against its bound.
#pragma once

#include "ir/graph.h"
#include "ir/target.h"

namespace tinycc {

/// |got - want| <= relative * max|want| + absolute. Integers: `steps` apart at most, one step on 99 %
/// of them.
struct Tolerance {
  double relative = 1e-4;
  double absolute = 1e-5;
  int64_t steps = 0;
};

/// The narrowest type that a graph computes with says how exact it can be.
Tolerance tolerance_of(const Graph& graph, const Target& target);

struct Difference {
  double worst = 0;  // |got - want|; infinity where one of them is no number, or the shapes differ
  double share = 0;  // of what is allowed: at most 1 if all is well
  int64_t element = 0;  // of the worst, counted row by row
  std::string note;     // of another kind than a number: "shape [1,3], not [1,4]"
};
Difference difference(const TensorData& got, const TensorData& want, const Tolerance& tolerance);

}  // namespace tinycc
