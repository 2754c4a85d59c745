// See golden.h, and golden_input in host.h.
#include "emitters/golden.h"

#include <cmath>
#include <cstring>

#include "emitters/host.h"

namespace tinycc {

namespace {

// Floats: sign and fraction at random, four exponents, so magnitudes from 1/16 to 1.
uint64_t f32_bits(uint32_t h) {
  const float value = static_cast<float>(static_cast<int32_t>(h % 2049u) - 1024) / 1024.0f;
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
uint64_t f64_bits(uint32_t h) {
  const double value = static_cast<double>(static_cast<int32_t>(h % 2049u) - 1024) / 1024.0;
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
uint64_t f16_bits(uint32_t h) {
  return ((h >> 16) & 0x8000u) | ((11u + ((h >> 10) & 3u)) << 10) | (h & 0x3FFu);
}
uint64_t bf16_bits(uint32_t h) {
  return ((h >> 16) & 0x8000u) | ((123u + ((h >> 10) & 3u)) << 7) | (h & 0x7Fu);
}
uint64_t e4m3_bits(uint32_t h) {
  return ((h >> 24) & 0x80u) | ((3u + ((h >> 10) & 3u)) << 3) | (h & 7u);
}
uint64_t e5m2_bits(uint32_t h) {
  return ((h >> 24) & 0x80u) | ((11u + ((h >> 10) & 3u)) << 2) | (h & 3u);
}
uint64_t e8m0_bits(uint32_t h) { return 123u + (h & 7u); }
uint64_t low4(uint32_t h) { return h % 16u; }
uint64_t low2(uint32_t h) { return h % 4u; }
uint64_t low1(uint32_t h) { return h & 1u; }
uint64_t byte_bits(uint32_t h) { return h % 256u; }
template <int64_t kModulus>
uint64_t around_zero(uint32_t h) {
  return static_cast<uint64_t>(static_cast<int64_t>(h % kModulus) - kModulus / 2);
}

#define AT(type) "((const " type " *)tensor->data)[i]"
#define SMALL(type, how) "small_float(" AT(type) ", " how ")"
#define PATTERN8(exponent, fraction, mask) \
  "((h >> 24) & 0x80u) | ((" exponent " + ((h >> 10) & 3u)) << " fraction ") | (h & " mask ")"
#define PATTERN16(exponent, fraction, mask) \
  "((h >> 16) & 0x8000u) | ((" exponent " + ((h >> 10) & 3u)) << " fraction ") | (h & " mask ")"

constexpr const char* kE4m3 = PATTERN8("3u", "3", "7u");
constexpr const char* kE5m2 = PATTERN8("11u", "2", "3u");

const GoldenType kTypes[] = {
    {DType::f32, AT("float"), "(float)((int32_t)(h % 2049u) - 1024) / 1024.0f", false, f32_bits},
    {DType::f64, AT("double"), "(double)((int32_t)(h % 2049u) - 1024) / 1024.0", false, f64_bits},
    {DType::f16, SMALL("uint16_t", "5u, 10u, 15, 1"), PATTERN16("11u", "10", "0x3FFu"), true,
     f16_bits},
    {DType::bf16, SMALL("uint16_t", "8u, 7u, 127, 1"), PATTERN16("123u", "7", "0x7Fu"), true,
     bf16_bits},
    {DType::f8e4m3fn, SMALL("uint8_t", "4u, 3u, 7, 0"), kE4m3, true, e4m3_bits},
    {DType::f8e4m3fnuz, SMALL("uint8_t", "4u, 3u, 8, 0"), kE4m3, true, e4m3_bits},
    {DType::f8e5m2, SMALL("uint8_t", "5u, 2u, 15, 1"), kE5m2, true, e5m2_bits},
    {DType::f8e5m2fnuz, SMALL("uint8_t", "5u, 2u, 16, 0"), kE5m2, true, e5m2_bits},
    {DType::f8e8m0, SMALL("uint8_t", "8u, 0u, 127, 1"), "123u + (h & 7u)", true, e8m0_bits},
    {DType::f4e2m1, SMALL("uint8_t", "2u, 1u, 1, 0"), "h % 16u", true, low4},
    {DType::i64, AT("int64_t"), "h % 16u", false, low4},
    {DType::i32, AT("int32_t"), "h % 16u", false, low4},
    {DType::i16, AT("int16_t"), "h % 16u", false, low4},
    {DType::i8, AT("int8_t"), "(int32_t)(h % 256u) - 128", false, around_zero<256>},
    {DType::i4, AT("int8_t"), "(int32_t)(h % 16u) - 8", false, around_zero<16>},
    {DType::i2, AT("int8_t"), "(int32_t)(h % 4u) - 2", false, around_zero<4>},
    {DType::u64, AT("uint64_t"), "h % 16u", false, low4},
    {DType::u32, AT("uint32_t"), "h % 16u", false, low4},
    {DType::u16, AT("uint16_t"), "h % 16u", false, low4},
    {DType::u8, AT("uint8_t"), "h % 256u", false, byte_bits},
    {DType::u4, AT("uint8_t"), "h % 16u", false, low4},
    {DType::u2, AT("uint8_t"), "h % 4u", false, low2},
    {DType::boolean, AT("uint8_t"), "h & 1u", false, low1},
};

#undef AT
#undef SMALL
#undef PATTERN8
#undef PATTERN16

}  // namespace

const GoldenType& golden_type(DType dtype) {
  for (const GoldenType& row : kTypes) {
    if (row.dtype == dtype) return row;
  }
  bug("a type has no row in golden.cc", __FILE__, __LINE__);
}

uint32_t golden_hash(uint32_t seed, uint32_t stream, uint32_t i) {
  uint32_t h = (i * 2654435761u) ^ (seed * 2246822519u) ^ (stream * 3266489917u);
  h ^= h >> 15;
  h *= 2246822519u;
  h ^= h >> 13;
  h *= 3266489917u;
  h ^= h >> 16;
  return h;
}

TensorData golden_input(DType dtype, const std::vector<int64_t>& shape, uint32_t seed, size_t k) {
  const GoldenType& row = golden_type(dtype);
  const auto size = static_cast<size_t>(bytes_of(dtype));
  std::vector<std::byte> bytes(static_cast<size_t>(count_of(shape)) * size);
  for (size_t i = 0; i < bytes.size() / size; ++i) {
    const uint64_t bits =
        row.bits(golden_hash(seed, static_cast<uint32_t>(k), static_cast<uint32_t>(i)));
    for (size_t b = 0; b < size; ++b) {
      bytes[i * size + b] = static_cast<std::byte>((bits >> (8 * b)) & 255u);
    }
  }
  return TensorData::of_bytes(dtype, shape, std::move(bytes));
}

double signed_mean(const TensorData& data) {
  double sum = 0;
  const int64_t count = data.count();
  for (int64_t i = 0; i < count; ++i) {
    const double value = data.number(i);
    if (!std::isfinite(value)) continue;
    sum += (golden_hash(1, 2, static_cast<uint32_t>(i)) & 1u) != 0 ? value : -value;
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

}  // namespace tinycc
