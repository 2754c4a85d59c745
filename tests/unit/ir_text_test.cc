// The text form: what is printed, what is read back, and how mistakes are reported.
#include <doctest/doctest.h>

#include "ir/build.h"
#include "ir/parse.h"
#include "ir/print.h"

using namespace tinycc;

namespace {

/// What is read and printed stays as it is.
void check_stable_graph(const std::string& text) { CHECK(to_text(parse_graph(text)) == text); }
void check_stable_kernel(const std::string& text) {
  Pool pool;
  CHECK(to_text(parse_kernel(pool, text)) == text);
}

/// The value of an expression over x: f32[4] and n: i64[4], as its last line is printed.
std::string printed(const std::string& value) {
  const std::string text = to_text(
      parse_graph("graph g { x: f32[4] = input n: i64[4] = input output y = " + value + "}"));
  const size_t end = text.rfind("  #");
  const size_t start = text.rfind("= ", end) + 2;
  return text.substr(start, end - start);
}

/// "LINE:COLUMN message" of the mistake in a graph.
std::string mistake(const std::string& text) {
  try {
    parse_graph(text, "test");
  } catch (const Error& e) {
    CHECK(e.code == ExitCode::bad_input);
    CHECK(e.at.file == "test");
    return std::to_string(e.at.line) + ":" + std::to_string(e.at.column) + " " + e.what();
  }
  return "none";
}

std::string kernel_mistake(const std::string& body) {
  Pool pool;
  try {
    parse_kernel(pool, "kernel k { in X: f32[4] out Y: f32[4]\n" + body + "\n}");
  } catch (const Error& e) {
    return std::to_string(e.at.line) + ":" + std::to_string(e.at.column) + " " + e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("numbers take their type from the operand beside them") {
  CHECK(printed("x * 2") == "x * 2");
  CHECK(printed("2 * x") == "2 * x");
  CHECK(printed("x - 0.5") == "x - 0.5");
  CHECK(printed("x + -0.5") == "x - 0.5");
  CHECK(printed("max(x, -inf)") == "max(x, -inf)");
  CHECK(printed("where(x < 0, 1, x)") == "where(t0, 1, x)");
  CHECK(printed("n << 3") == "n << 3");
  CHECK(printed("x + 0.1") == "x + 0.1");  // the shortest that is this f32
  CHECK(printed("f16(x)") == "f16(x)");
  CHECK(printed("bitcast(n, u64)") == "bitcast(n, u64)");
  CHECK(printed("(x < 0) ^ true") == "t0 ^ true");
}

TEST_CASE("operators keep their order") {
  Pool pool;
  const Expr a = range(pool, 9, "a"), b = range(pool, 9, "b"), c = range(pool, 9, "c");
  CHECK(to_text(a + (b + c)) == "a + (b + c)");
  CHECK(to_text(a + b + c) == "a + b + c");
  CHECK(to_text((a + b) * c) == "(a + b) * c");
  CHECK(to_text(a - (b - c)) == "a - (b - c)");
  CHECK(to_text(-(a * b)) == "-(a * b)");
  CHECK(to_text(a / 4.0 % 2.0) == "a / 4 % 2");
  CHECK(to_text((a & b) | c) == "a & b | c");
  CHECK(to_text(constant_int(pool, DType::i64, INT64_MIN) + a) == "-9223372036854775808 + a");
}

TEST_CASE("graphs are read as they are printed") {
  check_stable_graph(
      "graph \"my graph\" {\n"
      "  \"in/0\": f32[2,3] = input\n"
      "  \"output\": f32[3] = input\n"
      "  h: f32[2,3] = state\n"
      "  conv1.weight: f32[3] = weight\n"
      "  t0 = \"output\" + conv1.weight  # f32[3]\n"
      "  t1 = reshape(t0, [1,3])  # f32[1,3]\n"
      "  t2 = expand(t1, [2,3])  # f32[2,3]\n"
      "  t3 = scan t 4 (c0 = \"in/0\", c1 = f32(0)) {\n"
      "    t4 = c0 + t2  # f32[2,3]\n"
      "    t5 = reduce_max(t4, axes=[0,1])  # f32\n"
      "    next t4\n"
      "    next t5\n"
      "    emit t\n"
      "    until true\n"
      "  }\n"
      "  t6 = h + t3.0  # f32[2,3]\n"
      "  output \"y 1\" = t3.2\n"
      "  output y2 = f32[2](nan)\n"
      "  next h = t6\n"
      "}\n");
  check_stable_graph(
      "graph g {\n"
      "  n: i64 = input\n"
      "  x: f32[n<=8,2] = input\n"
      "  t0 = x + 1  # f32[n<=8,2]\n"
      "  output y = t0\n"
      "}\n");
}

TEST_CASE("kernels are read as they are printed") {
  check_stable_kernel(
      "kernel k {\n"
      "  computes \"a \\\"test\\\"\"\n"
      "  schedule \"tile j 4\"\n"
      "  node \"n0\"\n"
      "  flops 10\n"
      "  in X: f32[8,6] input layout(d1/4 d0(1,2) d1%4+3) halo -1.5\n"
      "  in W: f32[8,8] weight image 1 \"in texels\"\n"
      "  out Y: f32[8,6] \"relu(x)\"\n"
      "  scalar t 3\n"
      "  alloc n: i64 reg\n"
      "  n[] = 5\n"
      "  for y 8 thread {\n"
      "    for x 6 upto (n[] + 1) {\n"
      "      Y[y, x] = sum{j 6}(X[y, j] * X[t, j]) + maximum{j 6, k 2}(X[y + k - 1, j])\n"
      "    }\n"
      "    barrier\n"
      "  }\n"
      "  barrier 1\n"
      "  for x 2 {\n"
      "  }\n"
      "}\n");
}

TEST_CASE("programs are read as they are printed") {
  const std::string text =
      "program p {\n"
      "  source \"m.onnx\"\n"
      "  arena 32 align 16 bound 16\n"
      "  macs 7\n"
      "  image f16 16 8\n"
      "  buffer x: f32[4] input\n"
      "  buffer b: f32[4] at 0 live 1 2 replaces a\n"  // which comes later
      "  buffer a: f32[4] \"sum\" at 0 live 0 1\n"
      "  buffer stop: bool at 16\n"
      "  buffer t: f16[8,64] image 1 live 0 1 in 0\n"
      "  buffer s: f32[4] state\n"
      "  input \"x:0\" = x as x_0 \"what it is\"\n"
      "  output y = b as y\n"
      "  state s = s as s\n"
      "  kernel k {\n"
      "    in X: f32[4]\n"
      "    out Y: f32[4]\n"
      "    scalar t 4\n"
      "    Y[t] = X[t]\n"
      "  }\n"
      "  steps {\n"
      "    repeat t 2 until stop {\n"
      "      call k(x, a; t + 1) \"copies\" of \"n0\" of \"n1\"\n"
      "    }\n"
      "    select stop {\n"
      "      call k(a, b; 0)\n"
      "    } else {\n"
      "      block {\n"
      "      }\n"
      "    }\n"
      "  }\n"
      "}\n";
  CHECK(to_text(parse_program(text)) == text);
}

TEST_CASE("what an expression needs twice gets a name, where its ranges are in sight") {
  check_stable_kernel(
      "kernel k {\n"
      "  in X: f32[8]\n"
      "  out Y: f32[8]\n"
      "  for i 8 {\n"
      "    let v0 = exp(X[i] * X[i] + 1)\n"
      "    Y[i] = v0 * v0 + sum{j 8}(v1 = exp(X[j] * X[j] + v0); v1 * v1)\n"
      "  }\n"
      "}\n");
}

TEST_CASE("shared expressions print in linear size") {
  Pool pool;
  Expr e = range(pool, 2, "i");
  for (int k = 0; k < 60; ++k) e = e * e + 1.0;
  Buffer target;
  target.name = "Y";
  target.dtype = DType::i64;
  const std::string text = to_text(store(std::make_shared<Buffer>(target), {}, e));
  CHECK(text.size() < 3000);
}

TEST_CASE("mistakes are reported where they are") {
  CHECK(mistake("graph g {\n  y = foo(1)\n}") == "2:7 no op is called 'foo'");
  CHECK(mistake("graph g {\n  output y = a + 1\n}") == "2:14 nothing is called 'a'");
  CHECK(mistake("graph g { x: f32[2] = input\n y: f32[3] = x }") == "2:2 'y' has another type");
  CHECK(mistake("graph g { x: f99 = input }") == "1:14 no such type");
  CHECK(mistake("graph g { x: f32[2] = input\n y = window(x, axis=0) }") ==
        "2:6 window needs size=");
  CHECK(mistake("graph g { x: f32[2] = input n: i64[2] = input\n  y = x + n }") ==
        "2:9 add: operands differ in type");
  CHECK(mistake("graph g { x = \"abc }") == "1:15 the text has no closing quote");
  CHECK(mistake("graph g { x: i64 = input y = x + 1.5 }") == "1:34 no integer: 1.5");
  CHECK(mistake("graph g {").starts_with("1:10 expected a name"));
  CHECK(kernel_mistake("Z[0] = 1") == "2:1 no buffer is called 'Z'");
  CHECK(kernel_mistake("Y[0, 1] = 1") == "2:1 store: one index a dimension");
  CHECK(kernel_mistake("Y[i] = 1") == "2:3 nothing is called 'i'");
  CHECK(kernel_mistake("for i 4 { Y[i] = X[i] } Y[i] = 0") == "2:27 nothing is called 'i'");
}
