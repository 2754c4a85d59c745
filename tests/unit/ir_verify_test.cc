// The verifier: one mistake a case, each named in the message.
#include "ir/verify.h"

#include <doctest/doctest.h>

#include "ir/build.h"
#include "ir/parse.h"

using namespace tinycc;

namespace {

std::string mistake(const Graph& g) {
  try {
    verify(g, "a pass");
  } catch (const Error& e) {
    CHECK(e.code == ExitCode::internal);
    return e.what();
  }
  return "none";
}

template <class Make>
std::string mistake_in(Make make) {
  Graph g;
  g.name = "g";
  const Expr x = input(*g.pool, "x", DType::f32, {2, 3});
  g.inputs.push_back({"x", x, ""});
  g.outputs.push_back({"y", make(*g.pool, x)});
  return mistake(g);
}

std::string kernel_mistake(const std::string& body) {
  Pool pool;
  try {
    verify(parse_kernel(pool, "kernel k { in X: f32[8,4] out Y: f32[8,4] " + body + "}"));
  } catch (const Error& e) {
    return e.what();
  }
  return "none";
}

/// Buffers and steps of a program with one kernel.
std::string program_mistake(const std::string& buffers, const std::string& steps) {
  try {
    verify(
        parse_program("program p { arena 64 align 4 bound 64 buffer x: f32[4] input "
                      "buffer y: f32[4] output " +
                      buffers +
                      "input x = x as x output y = y as y "
                      "kernel k { in X: f32[4] out Y: f32[4] for i 4 { Y[i] = X[i] } } "
                      "kernel row { out Y: f32[4] scalar t 4 Y[t] = 0 } "
                      "steps {" +
                      steps + "} }"));
  } catch (const Error& e) {
    return e.what();
  }
  return "none";
}

void says(const std::string& message, const std::string& part) {
  INFO(message);
  CHECK(message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("graphs: types and shapes are what builders make") {
  CHECK(mistake_in([](Pool&, Expr x) { return max(x, 0.0); }) == "none");
  says(mistake_in([](Pool& p, Expr x) { return p.make(Op::exp, DType::f64, x->shape, {x}); }),
       "after a pass: graph g, node 1, exp(x): should have type f32");
  says(mistake_in([](Pool& p, Expr x) { return p.make(Op::reshape, DType::f32, {5}, {x}); }),
       "reshape: other number of elements");
  says(mistake_in([](Pool& p, Expr x) {
         return p.make(Op::reduce_add, DType::f32, {2, 3}, {x}, {{1}, ""});
       }),
       "should have another shape");
  says(mistake_in([](Pool& p, Expr x) { return p.make(Op::add, DType::f32, {3}, {x, x}); }),
       "should have another shape");
  says(mistake_in([](Pool& p, Expr) { return load(p, 0, "b", DType::f32, {}); }),
       "has no place in a graph");
}

TEST_CASE("graphs: scans and leaves") {
  says(mistake_in([](Pool& p, Expr x) {
         const int64_t id = p.fresh_id();
         const Expr c = carry(p, id, 0, DType::f32, x->shape);
         return c + get(scan(p, id, 3, {x}, {c}, {}), 0);
       }),
       "reads a carry outside of its scan");
  says(mistake_in(
           [](Pool& p, Expr x) { return get(scan(p, p.fresh_id(), 3, {x}, {lt(x, 0.0)}, {}), 0); }),
       "has a carry that changes its type");
  says(mistake_in([](Pool& p, Expr x) {
         return reduce(Op::reduce_add, x, {0}) + weight(p, "x", DType::f32, {3});
       }),
       "shares its name with another leaf");
  Graph g = parse_graph("graph g { w: f32[2] = weight output y = w }");
  g.weights["w"] = TensorData::of_numbers(DType::f32, {1}, {1});
  says(mistake(g), "has a value of another type");
}

TEST_CASE("kernels: names, types and places") {
  CHECK(kernel_mistake("for i 8 { for j 4 vector { Y[i, j] = X[i, j] + Y[i, j] } }") == "none");
  says(kernel_mistake("for i 8 { Y[i, 0] = X[i, 4] }"), "index i64(4) of X runs from 4 to 4");
  says(kernel_mistake("for i 8 { Y[i + 1, 0] = 0 }"), "index i + 1 of Y runs from 1 to 8");
  says(kernel_mistake("for i 8 { X[i, 0] = 0 }"), "kernel k, store to X: the buffer is no output");
  says(kernel_mistake("alloc X: f32[2] reg X[0] = 0"), "two buffers called X");
  says(kernel_mistake("alloc t: f32[2] arena t[0] = 0"), "t is allocated, but not local");
  CHECK(kernel_mistake("for i 8 { Y[i, 0] = where(0 < i, X[i - 1, 0], 0) }") == "none");
  Pool pool;
  Kernel k = parse_kernel(pool, "kernel k { out Y: i64[4] for i 4 { Y[i] = i } }");
  k.body = k.body->body[0];
  CHECK_THROWS_WITH_AS(verify(k), doctest::Contains("reads a range that no loop binds"), Error);
}

TEST_CASE("kernels: iterations that run at once keep apart") {
  says(kernel_mistake("alloc s: f32 reg s[] = 0 for j 4 vector { s[] = s[] + X[0, j] }"),
       "iterations share an element of buffer s");
  says(kernel_mistake("for j 3 vector { Y[0, j + 1] = Y[0, j] }"), "iterations share an element");
  CHECK(kernel_mistake("for i 8 thread { alloc s: f32 reg s[] = X[i, 0] Y[i, 0] = s[] }") ==
        "none");
}

TEST_CASE("kernels: threads share loops, and never meet") {
  const char* const fine[] = {
      "for i 8 thread { for j 4 thread { Y[i, j] = X[i, j] } }",
      "for j 4 { for i 8 thread { Y[i, j] = X[i, j] } }",
      "for i 4 thread { for k 2 { Y[i * 2 + k, 0] = Y[i * 2 + k, 1] } }",
      "for i 4 thread { for j 2 thread { for k 2 { Y[i * 2 + j, k] = X[7, k] } } }",
      "for j 4 { Y[0, j] = 0 } for i 7 thread { Y[i + 1, 1] = X[i, 1] }",
      "for i 4 thread { Y[i, 0] = 0 } for i 4 thread { Y[i + 4, 0] = 0 }",
  };
  for (const char* body : fine) CHECK_MESSAGE(kernel_mistake(body) == "none", body);
  const std::pair<const char*, const char*> meet[] = {
      {"for i 2 thread { for j 5 { Y[min(i * 5, 3) + j, 0] = 0 } }", "two threads may meet in Y"},
      {"for i 3 thread { for k 3 { Y[i * 2 + k, 0] = 0 } }", "two threads may meet in Y"},
      {"for k 3 { for i 3 thread { Y[i + k, 0] = 0 } }", "two threads may meet in Y"},
      {"for i 2 thread { for j 4 thread { Y[i * 3 + j, 0] = 0 } }", "two threads may meet in Y"},
      {"for j 4 { Y[0, j] = 0 } for i 8 thread { Y[i, 1] = X[i, 1] }", "two threads may meet in Y"},
      {"for i 4 thread { Y[i, 0] = 0 } for i 4 thread { Y[i + 3, 0] = 0 }", "two threads may meet"},
      {"alloc s: f32[8] local for i 8 thread { s[i] = 0 } for i 8 thread { Y[i, 0] = s[i] }",
       "s is one array for all threads"},
      {"for i 8 thread { Y[i, 0] = 0 for j 3 thread { Y[i, j + 1] = 0 } }",
       "threads within threads"},
  };
  for (const auto& [body, what] : meet) says(kernel_mistake(body), what);
}

TEST_CASE("programs: arguments, order and places") {
  const std::string apart = "buffer a: f32[4] at 0 buffer b: f32[4] at 16 ";
  const std::string shared = "buffer a: f32[4] at 0 buffer b: f32[4] at 8 ";
  const std::string steps = "call k(x, a) call k(x, b) call k(a, y) call k(b, y)";
  CHECK(program_mistake(apart, steps) == "none");
  says(program_mistake(shared, steps), "a and b live at the same time and place");
  CHECK(program_mistake(shared, "call k(x, a) call k(a, y) call k(x, b) call k(b, y)") == "none");
  says(program_mistake(shared, "call k(x, a) call k(a, b) call k(b, y)"), "a and b live");
  CHECK(program_mistake("buffer a: f32[4] at 0 buffer b: f32[4] at 0 replaces a ",
                        "call k(x, a) call k(a, b) call k(b, y)") == "none");
  says(program_mistake(apart, "call k(a, y)"), "call of k: a is read before anything wrote it");
  says(program_mistake(apart, "call k(x, a)"), "at its end: y is read before anything wrote it");
  says(program_mistake("buffer a: f32[5] at 0 ", "call k(x, a)"), "a does not fit parameter Y");
  says(program_mistake("buffer a: f32[4] at 52 ", "call k(x, a)"), "a leaves the arena");
  says(program_mistake("", "call k(x)"), "a wrong number of arguments");
  CHECK(program_mistake("", "repeat t 4 { call row(y; t) }") == "none");
  says(program_mistake("", "repeat t 5 { call row(y; t) }"), "scalar t may leave its range");
}

TEST_CASE("programs: what is written over what was read trails behind the reads") {
  const std::string steps = "call k(x, a) call k(a, b) call k(b, y)";
  CHECK(program_mistake("buffer a: f32[4] at 4 buffer b: f32[4] at 0 ", steps) == "none");
  says(program_mistake("buffer a: f32[4] at 0 buffer b: f32[4] at 4 ", steps), "a and b live");
  // What comes last in a turn of c is written before what the next turn reads first.
  const auto windows = [](int64_t at) {
    const std::string a = "buffer a: f32[6] at " + std::to_string(at);
    try {
      verify(parse_program(
          "program p { arena 64 align 4 bound 64 buffer x: f32[6] input buffer y: f32[4] output " +
          a +
          " buffer b: f32[4] at 0 input x = x as x output y = y as y "
          "kernel c { in X: f32[6] out Y: f32[6] for i 6 { Y[i] = X[i] } } "
          "kernel d { in X: f32[4] out Y: f32[4] for i 4 { Y[i] = X[i] } } "
          "kernel w { in X: f32[6] out Y: f32[4] for c 2 { for i 4 { Y[i] = X[i + c] + X[i + 2] } "
          "} }"
          "steps { call c(x, a) call w(a, b) call d(b, y) } }"));
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  CHECK(windows(12) == "none");
  says(windows(8), "a and b live");
}

TEST_CASE("programs: a ring keeps rows until they are read") {
  const auto rows = [](const std::string& calls) {
    try {
      verify(
          parse_program("program p { arena 64 align 4 bound 64 buffer x: f32[4,2] input "
                        "buffer y: f32[3,2] output buffer a: f32[4,2] layout(d0%2 d1) at 0 "
                        "input x = x as x output y = y as y "
                        "kernel make { in X: f32[4,2] out A: f32[4,2] layout(d0%2 d1) scalar r 4 "
                        "for i 2 { A[r, i] = X[r, i] } } "
                        "kernel use { in A: f32[4,2] layout(d0%2 d1) out Y: f32[3,2] scalar r 3 "
                        "for i 2 { Y[r, i] = A[r, i] + A[r + 1, i] } } "
                        "steps { block { " +
                        calls + " } } }"));
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  CHECK(rows("call make(x, a; 0) repeat t 3 { call make(x, a; t + 1) call use(a, y; t) }") ==
        "none");
  says(rows("repeat t 3 { call make(x, a; t + 1) call use(a, y; t) }"), "no longer has row 0");
  says(rows("repeat t 4 { call make(x, a; t) } repeat t 3 { call use(a, y; t) }"),
       "a no longer has row 0");
}

TEST_CASE("programs: parts of an arena in several memories") {
  const std::string steps = "call k(x, a) call k(a, y)";
  const auto placed = [&](const std::string& at) {
    return program_mistake("memory tcm 16 of 20 memory sram 48 of 99 buffer a: f32[4] at " + at + " ",
                           steps);
  };
  CHECK(placed("0") == "none");
  CHECK(placed("16") == "none");
  says(placed("8"), "a leaves its memory");
  says(program_mistake("memory tcm 64 of 32 buffer a: f32[4] at 0 ", steps), "more lies in tcm");
  says(program_mistake("memory tcm 32 of 32 buffer a: f32[4] at 0 ", steps), "are not the arena");
}

TEST_CASE("programs: what a repeat leaves to its next turn lives through it") {
  const std::string buffers = "buffer a: f32[4] at 0 buffer b: f32[4] at 0 ";
  says(program_mistake(buffers,
                       "call k(x, a) repeat t 2 { call k(a, y) call k(x, b) call k(b, y) }"),
       "a and b live");
  CHECK(program_mistake(buffers,
                        "repeat t 2 { call k(x, a) call k(a, y) call k(x, b) call k(b, y) }") ==
        "none");
}
