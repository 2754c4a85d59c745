// TensorData: numbers in the compiler's memory. Weights, constants, and the values that the
// reference interpreter computes.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "ir/dtype.h"

namespace tinycc {

/// Row-major, dense. Immutable once shared; copies share the bytes. Sub-byte types take one byte a
/// value here, floats are stored as their bit patterns (bytes_of(dtype) bytes, host order).
struct TensorData {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::shared_ptr<const std::vector<std::byte>> bytes;

  int64_t count() const;  // product of the shape
  /// Element i in row-major order, as the nearest double or int64 (bool: 0 or 1; u64 wraps).
  double number(int64_t i) const;
  int64_t integer(int64_t i) const;

  /// All elements; rounding and wrapping as round_to and wrap_to.
  std::vector<double> numbers() const;
  std::vector<int64_t> integers() const;
  static TensorData of_numbers(DType dtype, std::vector<int64_t> shape,
                               const std::vector<double>& values);
  static TensorData of_integers(DType dtype, std::vector<int64_t> shape,
                                const std::vector<int64_t>& values);
  /// Takes bytes that are already in our storage form; bytes.size() must fit the shape.
  static TensorData of_bytes(DType dtype, std::vector<int64_t> shape, std::vector<std::byte> bytes);
};

/// Product of the extents; 1 for a scalar.
int64_t count_of(const std::vector<int64_t>& shape);

}  // namespace tinycc
