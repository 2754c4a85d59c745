// Scheduling moves: a legal one keeps what a kernel computes, an illegal one says why.
#include "passes/moves.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "ir/eval.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"

namespace tinycc {
namespace {

constexpr const char* kProduct = R"(kernel product {
  in A: f32[6,20]
  in B: f32[20,24]
  out C: f32[6,24]
  for i 6 { for j 24 {
    alloc sum: f32 reg
    sum[] = 0
    for k 20 { sum[] = sum[] + A[i, k] * B[k, j] }
    C[i, j] = max(sum[], 0)
  } }
})";
constexpr const char* kDouble = R"(kernel double {
  in X: f32[50]
  out Y: f32[50]
  for x 50 { Y[x] = X[x] * 2 }
})";
constexpr const char* kUpdate = R"(kernel update {
  in X: f32[50]
  out Y: f32[50]
  for x 50 { Y[x] = Y[x] + X[x] }
})";
constexpr const char* kLargest = R"(kernel largest {
  in X: f32[5,12,2]
  out Y: f32[5]
  for y 5 {
    alloc most: f32 reg
    most[] = -inf
    for a 12 { for b 2 { most[] = max(most[], X[y, a, b]) } }
    Y[y] = most[]
  }
})";
constexpr const char* kWide = R"(kernel wide {
  in X: f32[200,100]
  out Y: f32[2]
  for i 2 {
    alloc sum: f32 reg
    sum[] = 0
    for j 200 { for k 100 { sum[] = sum[] + X[j, k] } }
    Y[i] = sum[]
  }
})";
constexpr const char* kBytes = R"(kernel bytes {
  in A: i8[6,20]
  in B: i8[20,8]
  in F: i32[8]
  out C: i8[6,8]
  for i 6 { for j 8 {
    alloc sum: i32 reg
    sum[] = 0
    for k 20 upto min(i + 18, 20) { sum[] = sum[] + i32(A[i, k]) * i32(B[k, j]) }
    C[i, j] = i8(max(min(i32(i64(sum[]) * i64(F[j]) + 12884901888 >> 33), 127), -128))
  } }
})";
constexpr const char* kBytesWhole = R"(kernel bytes {
  in A: i8[6,20]
  in B: i8[20,8]
  in F: i32[8]
  out C: i8[6,8]
  for i 6 { for j 8 {
    alloc sum: i32 reg
    sum[] = 0
    for k 20 { sum[] = sum[] + i32(A[i, k]) * i32(B[k, j]) }
    C[i, j] = i8(max(min(i32(i64(sum[]) * i64(F[j]) + 12884901888 >> 33), 127), -128))
  } }
})";
constexpr const char* kIndirect = R"(kernel indirect {
  in X: f32[5]
  in P: i64[5]
  out Y: f32[3,5]
  for i 3 { for j 5 { Y[i, j] = X[P[j]] } }
})";

Kernel scheduled(Pool& pool, const char* text, const std::string& moves) {
  Kernel kernel = parse_kernel(pool, text, "test");
  kernel.body = apply_schedule(kernel.body, moves);
  return kernel;
}

/// What the kernel makes of numbers that are the same in each call.
TensorData result_of(const Kernel& kernel) {
  std::mt19937 random(1);
  std::map<int64_t, TensorData> values;
  for (const BufferRef& b : kernel.parameters) {
    std::vector<double> numbers(static_cast<size_t>(count_of(b->shape)));
    for (double& n : numbers) n = static_cast<double>(random() % 17) - 8;
    values[b->id] = TensorData::of_numbers(b->dtype, b->shape, numbers);
  }
  return run_kernel(kernel, values).at(kernel.outputs[0]);
}

}  // namespace

namespace {

/// Rows and columns of a product as groups and lanes, with panels of both operands.
const std::string kGroupTile =
    "tile i 3; tile j 8; tile ji 4; order io jo ii jio jii; tile k 5; order ko ki; "
    "spread ii jio jii; order ii jio ki jii; local ko ki ii+1 by ii ki; "
    "local ko ki jio jii by ki jio jii; ";

}  // namespace

TEST_CASE("legal moves keep what a kernel computes") {
  const std::pair<const char*, std::string> cases[] = {
      {kDouble, "tile x 16"},  // the last tile recomputes
      {kDouble, "tile x 50"},
      {kDouble, "tail x 16; vectorize xi 16; unroll xr"},
      {kDouble, "tail x 49"},
      {kDouble, "vectorize x 10; thread xo"},
      {kUpdate, "tile x 25; vectorize xi 25"},
      {kUpdate, "tail x 16; vectorize xi 16"},
      {kProduct, "order j i"},
      {kProduct, "tile i 4; tile j 9; order jo io ji ii"},
      {kProduct,
       "tile j 8; tile i 3; order io jo ii ji; register ii ji; vectorize ji 8; unroll ii"},
      {kProduct, "tail i 4; tail j 10; thread jo"},
      {kProduct, "tile j 8; order i jo ji; thread i jo; register ji"},
      {kProduct, "order j i; thread i"},  // each thread walks all of j
      {kProduct, "register i j; tile k 5; order ki ko"},
      {kProduct, "register j; vectorize j 24"},
      {kProduct, "tail k 8; unroll kr"},
      {kProduct, "lanes k 1 4; vectorize kl 4; vectorize ki 4"},
      {kProduct, "lanes k 2 5"},
      {kProduct, "tile i 3; order io j ii; register ii; lanes k 1 4; vectorize ki 4; unroll ii"},
      {kProduct, "lanes k 1 20; vectorize kl 20"},
      {kProduct, "tile k 5; split_sum ko i"},
      {kProduct,
       "tile j 8; tile i 3; order jo io ii ji; tile k 4; split_sum ko io; register ii ji; "
       "vectorize ji 8; unroll ii"},
      {kProduct, "order j i; stage j k"},
      {kProduct, "tile i 4; stage io ii k"},
      {kProduct, "tile j 9; order jo i ji; stage jo ji k"},
      {kProduct, "order j i; stage j k; stage j k"},
      {kProduct,
       "tile j 8; tile i 3; order jo io ii ji; register ii ji; stage jo k ji; vectorize ji 8"},
      {kProduct, "tile k 5; tile j 8; order jo i ji; split_sum ko i; stage ko ki ji"},
      {kProduct, "order j i; stage j k; thread j"},
      {kProduct, "flatten i j; tile ij 5"},
      {kProduct, "tile j 8; flatten i jo; tile ijo 3; order ijoo ijoi ji; register ijoi ji"},
      {kProduct, "meet k 8; group i j"},
      {kProduct, "meet k 16; group j i"},
      {kProduct, "order j i; lane i; group j"},
      {kProduct, kGroupTile + "lane ii jio; vectorize jii 4; group io jo"},
      {kProduct, kGroupTile + "ahead ko; lane ii jio; hold ki jii; group io jo"},
      {kLargest, "flatten a b; meet ab 8; group y"},
      {kBytesWhole, "tail k 8; dot ki; tile j 2; register ji; unroll ko ji"},
      {kBytesWhole, "tile j 4; order i jo ji; register ji; start ji; madd ji; scale ji"},
      {kBytes, "order i j; peel i 2 0; tile im 2; register imi j; register j"},
      {kBytes, "peel i 1 2"},
      {kProduct, "peel i 2 1; tile im 3"},
      {kLargest, "flatten a b; lanes ab 2 4"},
      {kLargest, "stage y a b"},
      {kLargest, "tile a 4; split_sum ao y"},
      {kLargest, "order b a"},
      {kLargest, "lanes a 1 4"},
      {kLargest, "tile y 2; lanes b 1 2"},
  };
  for (const auto& [text, moves] : cases) {
    CAPTURE(moves);
    Pool pool;
    const TensorData want = result_of(parse_kernel(pool, text, "test"));
    const Kernel kernel = scheduled(pool, text, moves);
    CAPTURE(to_text(kernel));
    verify(kernel, moves);
    CHECK(result_of(kernel).numbers() == want.numbers());
  }
}

TEST_CASE("illegal moves say why") {
  struct Case {
    const char* kernel;
    std::string moves;
    const char* reason;
  };
  const Case cases[] = {
      {kDouble, "tile y 4", "there is no loop `y`"},
      {kDouble, "tile x 4; tile x 2", "there is no loop `x`"},
      {kDouble, "tile x 0", "a tile of 0 does not fit loop `x` of 50"},
      {kDouble, "tile x 51", "a tile of 51 does not fit loop `x` of 50"},
      {kDouble, "tile x four", "`tile x four`: `four` is no number"},
      {kDouble, "tile x", "`tile x`: wrong number of words"},
      {kDouble, "spin x", "there is no move `spin`"},
      {kDouble, "lanes x 1 10", "`x` is no loop of a reduction"},
      {kUpdate, "tile x 16", "would recompute what accumulates"},
      {kUpdate, "vectorize x 16", "would recompute what accumulates"},
      {kProduct, "tile k 8", "would recompute what accumulates"},
      {kProduct, "order k i", "loop `k` is not perfectly nested"},
      {kProduct, "register i k", "`k` is not the next loop"},
      {kProduct, "lanes k 1 3", "loop `k` of 20 is no multiple of 3"},
      {kProduct, "lanes i 1 2", "`i` is no loop of a reduction"},
      {kProduct, "vectorize j 24", "loop `j` is not innermost"},
      {kProduct, "vectorize k 20", "the iterations of `k` share what they write"},
      {kProduct, "thread k", "the iterations of `k` share what they write"},
      {kProduct, "split_sum ko i", "there is no loop `ko`"},
      {kProduct, "split_sum j i", "`j` is not the outermost loop of a reduction"},
      {kDouble, "split_sum x x", "`x` is not the outermost loop of a reduction"},
      {kProduct, "stage i j", "no operand moves with these loops"},
      {kProduct, "stage j i", "loop `i` does not lie within"},
      {kProduct, "order j i; thread i; stage j k", "threads within the loop"},
      {kUpdate, "tile x 25; stage xi xo", "loop `xo` does not lie within"},
      {kProduct, "flatten j i", "loop `i` is not all that `j` holds"},
      {kProduct, "flatten j k", "loop `k` is not all that `j` holds"},
      {kWide, "tile i 1; stage io j k", "a panel of 80000 bytes is too large; at most 65536"},
      {kIndirect, "stage i j", "the places of X are data"},
      {kProduct, "meet k 3; group i j", "3 items are no power of two"},
      {kProduct, "meet i 2", "`i` is no reduction's only loop"},
      {kProduct, "group i j", "is stored to outside of the lanes"},
      {kProduct, "order j i; ahead i", "no panel is copied"},
      {kProduct, "local j k by i", "a panel is copied by the loops that it is made of"},
      {kUpdate, "tile x 25; lane xi; group xo", "a group might read what another writes"},
      {kProduct, "dot k", "loop `k` adds up no integers"},
      {kBytesWhole, "dot j", "loop `j` adds up no integers"},
      {kProduct, "register j; madd j", "loop `j` adds to no integers side by side"},
      {kProduct, "scale j", "loop `j` scales no integers to bytes"},
      {kDouble, "peel x 25 25", "loop `x` has no middle to peel"},
      {kDouble, "tile x 16; thread xo", "`thread xo`: two threads may meet in Y"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.moves);
    Pool pool;
    std::string message = "accepted";
    try {
      scheduled(pool, c.kernel, c.moves);
    } catch (const IllegalMove& e) {
      message = e.what();
    }
    CAPTURE(message);
    CHECK(message.find(c.reason) != std::string::npos);
  }
}

}  // namespace tinycc
