// The number types of tensors and of scalars: what they are called, how wide they are, and how a
// value of one becomes a value of another. Rows: dtypes.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tinycc {

enum class DType : uint8_t {
#define TCC_DTYPE(name, onnx, bits, kind, c) name,
#include "ir/dtypes.def"
#undef TCC_DTYPE
};

enum class DKind : uint8_t { floating, signed_int, unsigned_int, boolean };

/// The name in text: "f32", "i8", "boolean" is spelled "bool".
std::string_view name_of(DType type);
/// The type of that name, or nothing.
std::optional<DType> dtype_named(std::string_view name);
/// The type with this number in ONNX's TensorProto.DataType, or nothing.
std::optional<DType> dtype_from_onnx(int number);
int onnx_number(DType type);

DKind kind_of(DType type);
/// Bits of one stored value: 32 for f32, 4 for i4.
int bits_of(DType type);
/// Bytes of one value in the compiler's own memory (TensorData): sub-byte types take one byte.
int64_t bytes_of(DType type);
/// The C type that holds one value: "float", "int8_t".
std::string_view c_type(DType type);

inline bool is_float(DType type) { return kind_of(type) == DKind::floating; }
inline bool is_integer(DType type) {
  return kind_of(type) == DKind::signed_int || kind_of(type) == DKind::unsigned_int;
}
/// f16, bf16
inline bool is_half(DType type) { return is_float(type) && bits_of(type) == 16; }
inline bool is_bool(DType type) { return type == DType::boolean; }

/// `value` rounded to the nearest value of a floating type, ties to even; overflow gives infinity
/// (or NaN, or the largest value, where the type has no infinity: ONNX's float8 specification).
double round_to(DType type, double value);
/// `value` wrapped into an integer type, modulo 2^bits; for boolean: value != 0.
int64_t wrap_to(DType type, int64_t value);

/// The bit pattern of a floating value, and back. Bits above bits_of(type) are zero.
uint64_t encode_float(DType type, double value);
double decode_float(DType type, uint64_t pattern);

}  // namespace tinycc
