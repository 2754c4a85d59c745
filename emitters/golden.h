// How self-tests make and read numbers of each type: rows that hold the C text and, for inputs by
// hash, the same formula for tinycc itself. Internal to the host emitter.
#pragma once

#include <string>

#include "ir/tensor.h"

namespace tinycc {

struct GoldenType {
  DType dtype;
  const char* value;                // C: element i of `tensor`, as a double
  const char* generate;             // C: what is stored as element i, from the hash h
  bool small_float;                 // `value` calls small_float
  uint64_t (*bits)(uint32_t hash);  // `generate` in C++: the bits that are stored, sign-extended
};

const GoldenType& golden_type(DType dtype);

/// The hash of the self-test: element i of input `stream`.
uint32_t golden_hash(uint32_t seed, uint32_t stream, uint32_t i);

/// The mean of all finite elements, half of them negated: as the self-test computes it.
double signed_mean(const TensorData& data);

}  // namespace tinycc
