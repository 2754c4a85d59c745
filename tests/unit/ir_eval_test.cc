// The reference interpreter of graphs against values worked out by hand.
#include "ir/eval.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ir/build.h"
#include "ir/parse.h"

using namespace tinycc;

namespace {

using Reals = std::vector<double>;
using Wholes = std::vector<int64_t>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// 0, 1, 2, … in this shape.
TensorData counting(DType type, const Wholes& shape) {
  Wholes values(static_cast<size_t>(count_of(shape)));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i);
  return TensorData::of_integers(type, shape, values);
}

/// The one output of "graph g { BODY }"; inputs are called x and i, and count from 0.
TensorData value_of(const std::string& body, Values values = {}) {
  const Graph g = parse_graph("graph g {" + body + "}");
  for (const GraphInput& in : g.inputs) {
    values.emplace(in.name, counting(in.node->dtype, bounds_of(in.node->shape)));
  }
  return eval(g, values)[0];
}

Reals reals(const std::string& body, const Values& values = {}) {
  return value_of(body, values).numbers();
}
Wholes wholes(const std::string& body, const Values& values = {}) {
  return value_of(body, values).integers();
}

TensorData floats(const Reals& values) {
  return TensorData::of_numbers(DType::f32, {static_cast<int64_t>(values.size())}, values);
}

}  // namespace

TEST_CASE("movement") {
  CHECK(reals("x: f32[2,3] = input output y = permute(x, order=[1,0])") == Reals{0, 3, 1, 4, 2, 5});
  CHECK(reals("x: f32[2,1] = input output y = expand(x, [2,3])") == Reals{0, 0, 0, 1, 1, 1});
  CHECK(reals("x: f32[4] = input output y = slice(x, starts=[3], counts=[2], steps=[-2])") ==
        Reals{3, 1});
  CHECK(reals("x: f32[2] = input output y = pad(x, 7, amounts=[1,2])") == Reals{7, 0, 1, 7, 7});
  CHECK(reals("x: f32[6] = input output y = window(x, axis=0, size=2, stride=2, dilation=3)") ==
        Reals{0, 3, 2, 5});
  CHECK(reals("x: f32[2,2] = input output y = concat(x, x + 4, axis=1)") ==
        Reals{0, 1, 4, 5, 2, 3, 6, 7});
  CHECK(reals("x: f32[2,3] = input t = permute(x, order=[1,0]) output y = reshape(t, [2,3])") ==
        Reals{0, 3, 1, 4, 2, 5});
  CHECK(reals("x: f32[2,3] = input t = expand(reshape(x, [2,1,3]), [2,2,3])"
              " output y = reshape(t, [4,3])") == Reals{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
  CHECK(wholes("output y = iota([2,3], axis=1)") == Wholes{0, 1, 2, 0, 1, 2});
  CHECK(wholes("x: i64[0,3] = input output y = reduce_add(x, axes=[0])") == Wholes{0, 0, 0});
}

TEST_CASE("elementwise floats") {
  const Values v{{"x", floats({-1.5, 0.25, kNan})}};
  CHECK(reals("x: f32[3] = input output y = where(x < 0, -x, x * 2)", v)[0] == 1.5);
  CHECK(reals("x: f32[3] = input output y = max(x, 0)", v)[0] == 0);
  CHECK(std::isnan(reals("x: f32[3] = input output y = max(x, 0)", v)[2]));   // max(NaN, 0)
  CHECK(reals("x: f32[3] = input output y = max(f32[3](0), x)", v)[2] == 0);  // max(0, NaN)
  CHECK(wholes("x: f32[3] = input output y = i8(x)", v) == Wholes{-1, 0, 0});
  CHECK(wholes("x: f32[3] = input output y = bool(x)", v) == Wholes{1, 1, 1});
  CHECK(wholes("x: f32[3] = input output y = x == x", v) == Wholes{1, 1, 0});
  CHECK(reals("x: f32[3] = input output y = trunc(x)", v)[0] == -1);
  // One rounding an op: 1/3 in f32, and 1 + 2^-24 stays 1.
  CHECK(reals("output y = f32(1) / 3")[0] == static_cast<double>(1.0F / 3.0F));
  CHECK(reals("output y = f32(1) + 5.9604645e-8")[0] == 1);
  CHECK(wholes("output y = bitcast(f32(1), i32)") == Wholes{0x3f800000});
  CHECK(reals("output y = f32(f16(2049)) + 0")[0] == 2048);
}

TEST_CASE("elementwise integers") {
  CHECK(wholes("output y = i64(-7) / 2") == Wholes{-4});
  CHECK(wholes("output y = i64(-7) % 2") == Wholes{1});
  CHECK(wholes("output y = i64(7) % -2") == Wholes{-1});
  CHECK(wholes("output y = i64(5) / 0") == Wholes{0});
  CHECK(wholes("output y = i64(5) % 0") == Wholes{0});
  CHECK(wholes("output y = i8(100) + 100") == Wholes{-56});
  CHECK(wholes("output y = u8(3) + 254") == Wholes{1});
  CHECK(wholes("output y = i8(1) << 9") == Wholes{0});
  CHECK(wholes("output y = i8(-5) >> 1") == Wholes{-3});
  CHECK(wholes("output y = i64(-5) >> 99") == Wholes{-1});
  CHECK(wholes("output y = u64(18446744073709551615) / 2") == Wholes{INT64_MAX});
  CHECK(wholes("output y = u64(1) < 18446744073709551615") == Wholes{1});
  CHECK(reals("output y = f64(u64(18446744073709551615))")[0] == 0x1p64);
  CHECK(wholes("output y = bool(true) + true") == Wholes{0});
  CHECK(wholes("output y = u4(i8(-1))") == Wholes{15});
}

TEST_CASE("reductions") {
  CHECK(reals("x: f32[2,3] = input output y = reduce_add(x, axes=[1])") == Reals{3, 12});
  CHECK(reals("x: f32[2,3] = input output y = reduce_add(x, axes=[0,1])") == Reals{15});
  CHECK(reals("x: f32[2,3] = input output y = reduce_mul(x + 1, axes=[0])") == Reals{4, 10, 18});
  CHECK(reals("x: f32[2,3] = input output y = reduce_max(x - 9, axes=[0])") == Reals{-6, -5, -4});
  CHECK(reals("x: f32[0,1] = input output y = reduce_max(x, axes=[0])") == Reals{-kInf});
  CHECK(wholes("x: i8[0,1] = input output y = reduce_max(x, axes=[0])") == Wholes{-128});
  CHECK(wholes("x: u8[2] = input output y = reduce_add(x + 255, axes=[0])") == Wholes{255});
  CHECK(wholes("x: bool[3] = input output y = reduce_max(x, axes=[0])") == Wholes{1});
  // 2^24 + 1 + 1 … in f32 steps would stay at 2^24; the sum is rounded once.
  const Values big{{"x", floats({16777216, 1, 1, 1, 1})}};
  CHECK(reals("x: f32[5] = input output y = reduce_add(x, axes=[0])", big)[0] == 16777220);
  // Long and strided rows, in pieces.
  CHECK(reals("x: f32[1000,3] = input output y = reduce_add(x * x, axes=[0])")[0] ==
        static_cast<double>(static_cast<float>(9.0 * 332833500.0)));
}

TEST_CASE("gather clamps, scatter drops") {
  const Values v{{"i", TensorData::of_integers(DType::i64, {4}, {-3, 1, 9, 1})}};
  const std::string leaves = "x: f32[3] = input i: i64[4] = input ";
  CHECK(reals(leaves + "output y = gather(x, i)", v) == Reals{0, 1, 2, 1});
  const std::string updates = leaves + "u = f32(iota([4], axis=0)) + 10 ";
  CHECK(reals(updates + "output y = scatter(x, u, i)", v) == Reals{0, 13, 2});
  CHECK(reals(updates + "output y = scatter(x, u, i, combine=add)", v) == Reals{0, 25, 2});
  CHECK(reals(updates + "output y = scatter(x, u, i, combine=min)", v) == Reals{0, 1, 2});
  CHECK(reals("x: f32[2,3] = input output y = gather(x, i64[2](1), iota([2], axis=0))") ==
        Reals{3, 4});
}

TEST_CASE("scan: carries, emits, until, and scans within scans") {
  const std::string sums =
      "x: i64[5] = input s = scan t 5 (c = i64(100)) {"
      "  n = c + gather(x, t) next n emit n * 2 until 105 < n }";
  CHECK(wholes(sums + "output y = s.0") == Wholes{106});
  CHECK(wholes(sums + "output y = s.1") == Wholes{200, 202, 206, 212, 0});
  // Triangular numbers, the inner scan starting where the outer one stands.
  CHECK(wholes("s = scan t 4 (c = i64(0)) { i = scan u 3 (d = c) { next d + t }"
               " next i.0 emit i.0 + 0 } output y = s.1") == Wholes{0, 3, 9, 18});
  // Nothing reads the carry; no step runs.
  CHECK(wholes("s = scan t 0 (c = i64(7)) { next t } output y = s.0") == Wholes{7});
}

TEST_CASE("symbolic dimensions: loops run to the value") {
  const Values v{{"n", TensorData::of_integers(DType::i64, {}, {3})},
                 {"x", TensorData::of_numbers(DType::f32, {3, 2}, {1, 2, 3, 4, 5, 6})}};
  const std::string body = "n: i64 = input x: f32[n<=8,2] = input ";
  CHECK(reals(body + "output y = x + 1", v) == Reals{2, 3, 4, 5, 6, 7});
  CHECK(reals(body + "output y = reduce_add(x, axes=[0])", v) == Reals{9, 12});
  CHECK(value_of(body + "output y = iota([n<=8], axis=0)", v).shape == Wholes{3});
}

TEST_CASE("leaves must be there, of the right type and shape") {
  CHECK_THROWS(value_of("w: f32[2] = weight output y = w"));
  const Values wrong{{"x", floats({1, 2})}};
  CHECK_THROWS(value_of("x: f32[3] = input output y = x", wrong));
}

TEST_CASE("states start at their initial values") {
  CHECK(wholes("s: i64[2] = state next s = s + 1 output y = s + 5") == Wholes{5, 5});
}
