// Number types: names, rounding, patterns, wrapping, conversions; values from the formats' own
// specifications (IEEE 754, ONNX's float8 and float4 pages).
#include "ir/dtype.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ir/scalar.h"
#include "ir/tensor.h"

using namespace tinycc;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

struct Rounding {
  DType type;
  double from, to;
};

const Rounding kRoundings[] = {
    {DType::f16, 65504, 65504},
    {DType::f16, 65519.9, 65504},
    {DType::f16, 65520, kInf},
    {DType::f16, -1e9, -kInf},
    {DType::f16, 0x1p-24, 0x1p-24},
    {DType::f16, 0x1p-25, 0.0},
    {DType::f16, 0x1.8p-25, 0x1p-24},
    {DType::f16, 2049, 2048},
    {DType::f16, 2051, 2052},
    {DType::f16, -0.0, -0.0},
    {DType::bf16, 257, 256},
    {DType::bf16, 259, 260},
    {DType::bf16, 3.39e38, 0x1.fep127},
    {DType::bf16, 0x1.ffp127, kInf},
    {DType::f8e4m3fn, 448, 448},
    {DType::f8e4m3fn, 464, 448},
    {DType::f8e4m3fn, 465, kNan},
    {DType::f8e4m3fn, kInf, kNan},
    {DType::f8e4m3fn, 0x1p-9, 0x1p-9},
    {DType::f8e4m3fn, 0x1p-10, 0.0},
    {DType::f8e4m3fn, -0.0, -0.0},
    {DType::f8e4m3fnuz, 240, 240},
    {DType::f8e4m3fnuz, 249, kNan},
    {DType::f8e4m3fnuz, -0.0, 0.0},
    {DType::f8e5m2, 57344, 57344},
    {DType::f8e5m2, 61440, kInf},
    {DType::f8e5m2, 61439, 57344},
    {DType::f8e5m2fnuz, 57344, 57344},
    {DType::f8e5m2fnuz, 70000, kNan},
    {DType::f8e8m0, 0, 0x1p-127},
    {DType::f8e8m0, -1.4, 1},
    {DType::f8e8m0, 1.5, 2},
    {DType::f8e8m0, 0x1.8p127, 0x1p127},
    {DType::f8e8m0, kInf, kNan},
    {DType::f4e2m1, 5, 4},
    {DType::f4e2m1, 0.25, 0},
    {DType::f4e2m1, 0.75, 1},
    {DType::f4e2m1, 2.5, 2},
    {DType::f4e2m1, 3.5, 4},
    {DType::f4e2m1, 100, 6},
    {DType::f4e2m1, -kInf, -6},
    {DType::f4e2m1, kNan, 0},
    {DType::f32, 0x1.000001p0, 1},
    {DType::f32, 0x1.000003p0, 0x1.000004p0},
};

struct Pattern {
  DType type;
  uint64_t bits;
  double value;
};

const Pattern kPatterns[] = {
    {DType::f16, 0x3c00, 1},          {DType::f16, 0x7c00, kInf},
    {DType::f16, 0x0001, 0x1p-24},    {DType::f16, 0xc000, -2},
    {DType::bf16, 0x3f80, 1},         {DType::bf16, 0xff80, -kInf},
    {DType::f8e4m3fn, 0x7e, 448},     {DType::f8e4m3fn, 0x7f, kNan},
    {DType::f8e4m3fn, 0x01, 0x1p-9},  {DType::f8e4m3fn, 0x38, 1},
    {DType::f8e4m3fnuz, 0x80, kNan},  {DType::f8e4m3fnuz, 0x7f, 240},
    {DType::f8e4m3fnuz, 0x40, 1},     {DType::f8e5m2, 0x7b, 57344},
    {DType::f8e5m2, 0x7c, kInf},      {DType::f8e5m2, 0x3c, 1},
    {DType::f8e5m2fnuz, 0x7f, 57344}, {DType::f8e5m2fnuz, 0x80, kNan},
    {DType::f8e5m2fnuz, 0x40, 1},     {DType::f4e2m1, 7, 6},
    {DType::f8e8m0, 0, 0x1p-127},     {DType::f8e8m0, 254, 0x1p127},
    {DType::f8e8m0, 127, 1},          {DType::f8e8m0, 255, kNan},
    {DType::f4e2m1, 1, 0.5},          {DType::f4e2m1, 0xd, -3},
    {DType::f32, 0x3f800000, 1},      {DType::f64, 0x3ff0000000000000, 1},
};

const DType kSmallFloats[] = {DType::f16,    DType::bf16,       DType::f8e4m3fn, DType::f8e4m3fnuz,
                              DType::f8e5m2, DType::f8e5m2fnuz, DType::f4e2m1};

}  // namespace

TEST_CASE("types are found by name and by ONNX's number") {
  for (const char* name : {"f32", "bf16", "f8e4m3fn", "i4", "u64", "bool"}) {
    const auto type = dtype_named(name);
    REQUIRE(type);
    CHECK(name_of(*type) == name);
    CHECK(dtype_from_onnx(onnx_number(*type)) == type);
  }
  CHECK(!dtype_named("boolean"));
  CHECK(!dtype_from_onnx(8));  // strings
  CHECK(bytes_of(DType::i4) == 1);
  CHECK(bits_of(DType::i4) == 4);
}

TEST_CASE("floats round to nearest, ties to even, and overflow as their format says") {
  for (const Rounding& r : kRoundings) {
    CAPTURE(name_of(r.type));
    CAPTURE(r.from);
    CHECK(same(round_to(r.type, r.from), r.to));
  }
}

TEST_CASE("patterns of floats") {
  for (const Pattern& p : kPatterns) {
    CAPTURE(name_of(p.type));
    CAPTURE(p.bits);
    CHECK(same(decode_float(p.type, p.bits), p.value));
    if (!std::isnan(p.value)) CHECK(encode_float(p.type, p.value) == p.bits);
  }
}

TEST_CASE("every pattern of a small float survives decoding and encoding") {
  for (const DType type : kSmallFloats) {
    CAPTURE(name_of(type));
    double last = 0;
    for (uint64_t bits = 0; bits < uint64_t{1} << bits_of(type); ++bits) {
      const double value = decode_float(type, bits);
      if (std::isnan(value)) continue;
      CAPTURE(bits);
      REQUIRE(encode_float(type, value) == bits);
      REQUIRE(same(round_to(type, value), value));
      const bool positive = bits < uint64_t{1} << (bits_of(type) - 1);
      if (positive && bits > 0) REQUIRE(value > last);  // patterns are in order
      last = value;
    }
  }
}

TEST_CASE("integers wrap, casts saturate") {
  CHECK(wrap_to(DType::i8, 200) == -56);
  CHECK(wrap_to(DType::u4, -1) == 15);
  CHECK(wrap_to(DType::i2, 2) == -2);
  CHECK(wrap_to(DType::boolean, 2) == 1);
  CHECK(saturate_to(DType::i8, 1e9) == 127);
  CHECK(saturate_to(DType::i8, -128.9) == -128);
  CHECK(saturate_to(DType::u8, -3.0) == 0);
  CHECK(saturate_to(DType::i64, 1e30) == INT64_MAX);
  CHECK(saturate_to(DType::u64, 1e30) == -1);
  CHECK(saturate_to(DType::u64, 0x1p63) == INT64_MIN);
  CHECK(saturate_to(DType::i32, kNan) == 0);
  CHECK(saturate_to(DType::boolean, 0.25) == 1);
}

TEST_CASE("wide integers become floats in one rounding") {
  // Halfway between two floats, plus one: rounding to double first would go down to even.
  const int64_t above_half = (int64_t{1} << 62) + (int64_t{1} << 38) + 1;
  const double up = 0x1.000002p62;
  CHECK(convert(DType::i64, DType::f32, {0, above_half}).real == up);
  CHECK(convert(DType::i64, DType::f32, {0, -above_half}).real == -up);
  CHECK(convert(DType::u64, DType::f64, {0, -1}).real == 0x1p64);
  CHECK(convert(DType::i32, DType::f16, {0, 65520}).real == kInf);
}

TEST_CASE("tensors hold numbers in their storage form") {
  const TensorData halves = TensorData::of_numbers(DType::f16, {2, 2}, {1, -0.5, 1e9, 2049});
  CHECK(halves.bytes->size() == 8);
  CHECK(halves.numbers() == std::vector<double>{1, -0.5, kInf, 2048});
  const TensorData nibbles = TensorData::of_integers(DType::i4, {3}, {7, 8, -1});
  CHECK(nibbles.integers() == std::vector<int64_t>{7, -8, -1});
  CHECK(TensorData::of_integers(DType::u64, {}, {-1}).number(0) == 0x1p64);
  CHECK_THROWS(TensorData::of_numbers(DType::f32, {3}, {1}));
}
