// Values that are no tensors, while tracing: sequences, optional values, strings. See trace.h.
#pragma once

#include "compiler/tensor/ragged.h"

namespace tinycc::onnx {

using Outputs = std::vector<Expr>;

/// A sequence or an optional value.
struct Sequence {
  Outputs elements = {};            // all of them; where there is a `count`, as many as that says
  Expr count = {};                  // i64; -1: none
  bool none = false;                // an optional value that is none
  bool tensor = false;              // an optional tensor: one element or none
  DType dtype = DType::f32;         // where there is no element
  std::optional<Ragged> rows = {};  // in place of elements and count

  /// Is it known how many elements there are?
  bool settled() const { return !count && !rows; }
};

/// How many elements an input sequence has at most, bytes an input string, and elements an axis that
/// the model does not state. --shape says otherwise.
inline constexpr int64_t kMostElementsOfSequence = 8;
inline constexpr int64_t kMostBytesOfString = 64;
inline constexpr int64_t kMostOfOpenAxis = 64;
/// Rank of elements of which the model states none.
inline constexpr int64_t kMostRank = 8;

class Tracer;
/// `a` where the condition (a bool scalar) holds, else `b`: sequences, optional values or strings.
/// Tensors of equal type and shape are picked from element by element.
Expr merged(Tracer& tracer, Expr condition, Expr a, Expr b);

}  // namespace tinycc::onnx
