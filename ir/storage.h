// How one value of each type lies in TensorData's bytes: the single switch over number types, and
// reading and writing whole runs of values, so that no loop over elements switches.
#pragma once

#include <cmath>
#include <cstring>

#include "ir/dtype.h"

namespace tinycc {

/// Calls f with a zero of the C++ type that stores a value: float, double, an integer, or for the
/// small floats the unsigned integer that holds the pattern.
template <class F>
decltype(auto) with_storage(DType type, F&& f) {
  switch (type) {
    case DType::f32: return f(float{});
    case DType::f64: return f(double{});
    case DType::f16:
    case DType::bf16:
    case DType::u16: return f(uint16_t{});
    case DType::i64: return f(int64_t{});
    case DType::i32: return f(int32_t{});
    case DType::i16: return f(int16_t{});
    case DType::i8:
    case DType::i4:
    case DType::i2: return f(int8_t{});
    case DType::u64: return f(uint64_t{});
    case DType::u32: return f(uint32_t{});
    default: return f(uint8_t{});
  }
}

/// A value of `type` as an integer: towards zero, saturating at the ends of i64, NaN gives 0.
inline int64_t truncate_to_i64(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return INT64_MAX;
  return value <= -0x1p63 ? INT64_MIN : static_cast<int64_t>(value);
}

/// `count` floats of `type` at `from`, `step` values apart, widened to double.
void load_run(DType type, const std::byte* from, int64_t step, int64_t count, double* to);
/// The same for integers and bools; u64 keeps its bits.
void load_run(DType type, const std::byte* from, int64_t step, int64_t count, int64_t* to);
/// Stores values that already fit the type (rounded, wrapped).
void store_run(DType type, std::byte* to, int64_t step, int64_t count, const double* from);
void store_run(DType type, std::byte* to, int64_t step, int64_t count, const int64_t* from);

}  // namespace tinycc
