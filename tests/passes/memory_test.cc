// With memory in mind a residual block needs two tensors at a time: the sum lies where its operand was.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

#include "ir/parse.h"
#include "ir/verify.h"
#include "passes/build_program.h"
#include "passes/pipeline.h"
#include "passes/rewrite.h"
#include "tests/unit/worked_cases.h"

namespace tinycc {
namespace {

/// Lines of a 3×3 convolution of 16 channels, `to` = conv(from).
std::string conv(const std::string& to, const std::string& from) {
  return fmt::format(
      "  {0}w: f32[16,16,3,3] = weight\n"
      "  {0}p = pad({1}, 0, amounts=[0,0,0,0,1,1,1,1])\n"
      "  {0}q = window(window({0}p, axis=2, size=3, stride=1, dilation=1), axis=3, size=3, "
      "stride=1, "
      "dilation=1)\n"
      "  {0}e = expand(reshape(permute({0}q, order=[0,2,3,1,4,5]), [1,1,8,8,16,3,3]), "
      "[1,16,8,8,16,3,3])\n"
      "  {0}v = expand(reshape({0}w, [1,16,1,1,16,3,3]), [1,16,8,8,16,3,3])\n"
      "  {0} = reduce_add({0}e * {0}v, axes=[4,5,6])\n",
      to, from);
}

Graph residual_block() {
  const std::string text = "graph block {\n  x: f32[1,16,8,8] = input\n" + conv("a", "x") +
                           "  h = max(a, 0)\n" + conv("b", "h") + "  g = max(b, 0)\n" +
                           conv("c", "g") + "  s = max(c + h, 0)\n" + conv("d", "s") +
                           "  output y = max(d, 0)\n}\n";
  Graph graph = parse_graph(text, "block");
  std::mt19937 random(1);
  for (Expr e : topological(graph.roots())) {
    if (e->is(Op::weight)) graph.weights.emplace(e->attr.name, random_tensor(e, random));
  }
  return graph;
}

int64_t arena_of(const Target& target) {
  Graph graph = residual_block();
  rewrite(graph);
  const Program program = build_program(lowered(graph, target), {});
  verify(program, "schedule");
  return program.arena_bytes;
}

}  // namespace

TEST_CASE("a residual sum takes the place of its operand where memory counts") {
  constexpr int64_t kTensor = 16 * 8 * 8 * 4;
  for (const char* dialect : {"gnu", "iso"}) {
    for (const int64_t vector_bytes : {16, 32, 64}) {
      CAPTURE(dialect);
      CAPTURE(vector_bytes);
      Target target;
      target.dialect = dialect;
      target.vector_bytes = vector_bytes;
      target.registers = vector_bytes == 64 ? 32 : 16;
      target.prefer = Prefer::ram;
      CHECK(arena_of(target) == 2 * kTensor);
    }
  }
}

}  // namespace tinycc
