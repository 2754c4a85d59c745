// Which loops of a kernel threads share, and how many threads.
#include "passes/share.h"

#include <doctest/doctest.h>

#include "ir/parse.h"
#include "ir/verify.h"

namespace tinycc {
namespace {

/// "y x: 4", the loops that are shared and among how many; "" where there are none.
std::string shared(const std::string& about, const std::string& body, int64_t threads) {
  Pool pool;
  Kernel kernel = parse_kernel(
      pool, "kernel k { " + about + " in X: f32[56,64] out Y: f32[56,64] " + body + "}", "test");
  Target target;
  target.threads = threads;
  share_among_threads(kernel, target);
  verify(kernel);
  std::string names;
  walk(kernel.body, [&](const Stmt& s) {
    if (s.kind == StmtKind::loop && s.loop == LoopKind::thread)
      names += (names.empty() ? "" : " ") + s.range->attr.name;
  });
  CHECK(names.empty() == (kernel.parts == 1));
  CHECK(kernel.schedule == (names.empty() ? "" : "thread " + names));
  return names.empty() ? "" : names + ": " + std::to_string(kernel.parts);
}

const char* const kMap =
    "for y 56 { for x 4 { for c 16 { Y[y, x * 16 + c] = X[y, x * 16 + c] } } }";

}  // namespace

TEST_CASE("threads share the outermost loop that divides well") {
  const std::string much = "flops 1000000000";
  CHECK(shared(much, kMap, 1) == "");
  CHECK(shared(much, kMap, 4) == "y: 4");
  CHECK(shared(much, kMap, 50) == "y x: 50");  // 224 turns rather than 56
  CHECK(shared(much, "for x 3 { for y 56 { Y[y, x] = X[y, x] } }", 2) == "y: 2");
  CHECK(shared(much, "for x 3 { for y 5 { Y[y, x] = X[y, x] } }", 2) == "x y: 2");
  CHECK(shared(much, "for x 3 { for y 1 { Y[y, x] = X[y, x] } }", 8) == "x: 3");
  CHECK(shared(much, "for y 56 { Y[y, 0] = 0 Y[y, 1] = X[y, 1] }", 2) == "y: 2");
}

TEST_CASE("threads share nothing that they would meet in, nor what is too little") {
  const std::string much = "flops 1000000000";
  CHECK(shared(much, "for i 2 { for y 40 { Y[min(i * 40, 16) + y, 0] = 0 } }", 2) == "");
  CHECK(shared(much, "for i 2 { for x 64 { for y 40 { Y[min(i * 40, 16) + y, x] = 0 } } }", 2) ==
        "x: 2");
  CHECK(shared(much, "for x 64 { for y 56 { Y[0, 0] = X[y, x] } }", 2) == "");
  CHECK(shared(much, "for x 64 { Y[0, x] = 0 } for x 64 { for y 55 { Y[y + 1, x] = 0 } }", 2) ==
        "x: 2");
  CHECK(shared("flops 3000", kMap, 4) == "");  // 3 us: one thread
  CHECK(shared("flops 7000", kMap, 4) == "y: 3");
  CHECK(shared("reads 100000", kMap, 4) == "y: 3");
}

}  // namespace tinycc
