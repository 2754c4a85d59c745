// The interpreter of kernels and programs: what it computes, and which mistakes it catches.
#include <doctest/doctest.h>

#include "ir/build.h"
#include "ir/eval.h"
#include "ir/parse.h"

using namespace tinycc;

namespace {

using Reals = std::vector<double>;

TensorData floats(const Reals& values) {
  return TensorData::of_numbers(DType::f32, {static_cast<int64_t>(values.size())}, values);
}

/// Runs a kernel of X: f32[4] to Y: f32[4] (and what else its text declares) on 1, 2, 3, 4.
Reals result(const std::string& body, const std::vector<int64_t>& scalars = {}) {
  Pool pool;
  const Kernel k = parse_kernel(pool, "kernel k { in X: f32[4] out Y: f32[4] " + body + "}");
  const auto results = run_kernel(k, {{k.parameters[0]->id, floats({1, 2, 3, 4})}}, scalars);
  return results.at(k.parameters[1]->id).numbers();
}

/// The message of the mistake.
std::string mistake(const std::string& body) {
  try {
    result(body);
  } catch (const Error& e) {
    const std::string message = e.what();
    return message.substr(0, message.rfind(" ["));
  }
  return "none";
}

/// A program of two steps, x → a → y, with the buffers placed as told.
std::string program(const std::string& at) {
  return "program p { arena 32 align 4 bound 32 buffer x: f32[4] input buffer y: f32[4] output " +
         at +
         "input x = x as x output y = y as y "
         "kernel one { in X: f32[4] out Y: f32[4] for i 4 { Y[i] = X[i] + 1 } } "
         "steps { call one(x, a) call one(x, b) call one(a, y) } }";
}

}  // namespace

TEST_CASE("kernels: loops, reductions, local memory, scalars") {
  CHECK(result("for i 4 { Y[i] = X[3 - i] }") == Reals{4, 3, 2, 1});
  CHECK(result("for i 4 { Y[i] = sum{j 4}(X[j] * X[i]) }") == Reals{10, 20, 30, 40});
  CHECK(result("for i 4 { Y[i] = sum{j 4}(maximum{j 4}(X[j]) + X[j]) }") == Reals{26, 26, 26, 26});
  CHECK(result("alloc s: f32 reg s[] = 0 for i 4 { s[] = s[] + X[i] Y[i] = s[] }") ==
        Reals{1, 3, 6, 10});
  CHECK(result("scalar t 3 for i 4 { Y[i] = X[i] + f32(t) }", {2}) == Reals{3, 4, 5, 6});
  CHECK(result("alloc n: i64 reg n[] = 2 for i 4 { Y[i] = 0 } for i 4 upto n[] { Y[i] = 1 }") ==
        Reals{1, 1, 0, 0});
  CHECK(result("alloc r: i4[4] local for i 4 { r[i] = i4(X[i]) - 3 }"
               "for i 4 { Y[i] = f32(r[i]) }") == Reals{-2, -1, 0, 1});
}

TEST_CASE("a load in the branch that is not taken is not made") {
  CHECK(result("for i 4 { Y[i] = where(0 < i, X[i - 1], 0) }") == Reals{0, 1, 2, 3});
  CHECK(result("for i 4 { Y[i] = X[i] + where(i < 3, X[i + 1] + X[i], 0) }") == Reals{4, 7, 10, 4});
  CHECK(mistake("for i 4 { Y[i] = where(i < 3, X[i - 1], 0) }") == "k: X[-1] lies outside");
}

TEST_CASE("mistakes in kernels") {
  CHECK(mistake("for i 5 { Y[i] = 0 }") == "k: Y[4] lies outside");
  CHECK(mistake("alloc t: f32[4] local for i 4 { Y[i] = t[i] }") ==
        "k: t[0] is read where it was not written");
  CHECK(mistake("for i 2 { alloc t: f32 local Y[i] = t[] t[] = 1 }") ==
        "k: t[] is read where it was not written");
  CHECK(mistake("for i 3 { Y[i] = 0 }") == "Y was not written whole");
}

TEST_CASE("a halo is written by someone before it is read") {
  const std::string local = "alloc t: f32[4] local layout(d0(1,1)) halo 0 for i 4 { t[i] = X[i] } ";
  const std::string read = "for i 4 { Y[i] = t[i - 1] + t[i + 1] }";
  CHECK(mistake(local + read) == "k: t[-1] is read where it was not written");
  CHECK(result(local + "t[-1] = 0 t[4] = 0 " + read) == Reals{2, 4, 6, 3});
}

TEST_CASE("a wrong memory plan shows") {
  const Values inputs{{"x", floats({1, 2, 3, 4})}};
  const Program right = parse_program(program("buffer a: f32[4] at 0 buffer b: f32[4] at 16 "));
  CHECK(run_program(right, inputs)[0].numbers() == Reals{3, 4, 5, 6});
  const Program wrong = parse_program(program("buffer a: f32[4] at 0 buffer b: f32[4] at 12 "));
  CHECK_THROWS_WITH_AS(run_program(wrong, inputs), doctest::Contains("one: X[3] is read where"),
                       Error);
}

TEST_CASE("states stay between runs") {
  const Program p = parse_program(
      "program p { arena 0 align 4 bound 0 buffer x: f32[2] input buffer s: f32[2] state "
      "buffer y: f32[2] output input x = x as x output y = y as y state s = s as s "
      "kernel k { in X: f32[2] out S: f32[2] out Y: f32[2] "
      "  for i 2 { Y[i] = S[i] } for i 2 { S[i] = S[i] + X[i] } } steps { call k(x, s, y) } }");
  const Values inputs{{"x", floats({1, 10})}};
  Values states;
  CHECK(run_program(p, inputs, &states)[0].numbers() == Reals{0, 0});
  CHECK(run_program(p, inputs, &states)[0].numbers() == Reals{1, 10});
  CHECK(states.at("s").numbers() == Reals{2, 20});
}

TEST_CASE("steps: select, and a repeat that ends early") {
  const Program p = parse_program(
      "program p { arena 1 align 1 bound 1 buffer x: i64 input buffer big: bool at 0 "
      "buffer y: i64 output input x = x as x output y = y as y "
      "kernel start { in X: i64 out Y: i64 out B: bool Y[] = X[] B[] = 50 < X[] } "
      "kernel add { out Y: i64 out B: bool scalar t 9 Y[] = Y[] + t B[] = 20 < Y[] } "
      "steps { call start(x, y, big) select big { block { } } else { "
      "  repeat t 9 until big { call add(y, big; t) } } } }");
  const auto run = [&](int64_t x) {
    const Values inputs{{"x", TensorData::of_integers(DType::i64, {}, {x})}};
    return run_program(p, inputs)[0].integer(0);
  };
  CHECK(run(0) == 21);  // 0 + 1 + … + 6
  CHECK(run(60) == 60);
  CHECK(run(-100) == -64);
}
