// Winograd's rewrite: where it applies the result differs by rounding only, within the bound that
// its header states; where it must not, the graph stays as it is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "ir/build.h"
#include "ir/eval.h"
#include "ir/parse.h"
#include "ir/verify.h"
#include "passes/build_program.h"
#include "passes/pipeline.h"
#include "passes/proposals.h"
#include "passes/winograd.h"
#include "tests/unit/worked_cases.h"

namespace tinycc {
namespace {

/// "x" convolved with constant weights w[out,in,window,window].
struct Case {
  const char* what;
  int64_t batch, in, out, rows, columns, padding = 1, window = 3, stride = 1, dilation = 1;
};

Graph convolution(const Case& c) {
  Graph graph;
  Pool& pool = *graph.pool;
  const Expr x = input(pool, "x", DType::f32, {c.batch, c.in, c.rows, c.columns});
  graph.inputs.push_back({"x", x, ""});
  const int64_t p = c.padding;
  Expr seen = p == 0 ? x : pad(x, {0, 0, 0, 0, p, p, p, p}, constant(pool, DType::f32, 0));
  for (const int64_t axis : {2, 3}) seen = window(seen, axis, c.window, c.stride, c.dilation);
  const int64_t y = seen->extent(2), z = seen->extent(3), k = c.window;
  const Shape all{c.batch, c.out, y, z, c.in, k, k};
  const Expr data = permute(reshape(seen, {c.batch, 1, c.in, y, z, k, k}), {0, 1, 3, 4, 2, 5, 6});
  const Expr w = weight(pool, "w", DType::f32, {c.out, c.in, k, k});
  const Expr product = expand(data, all) * expand(reshape(w, {1, c.out, 1, 1, c.in, k, k}), all);
  graph.outputs.push_back({"y", reduce(Op::reduce_add, product, {4, 5, 6})});
  std::mt19937 random(3);
  graph.weights.emplace("w", random_tensor(w, random));
  return graph;
}

double largest_difference(const Case& c, const Graph& a, const Graph& b) {
  std::mt19937 random(4);
  Values x{{"x", random_tensor(a.inputs[0].node, random)}};
  const std::vector<double> want = eval(a, x)[0].numbers(), got = eval(b, x)[0].numbers();
  double worst = 0, most = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    worst = std::max(worst, std::fabs(want[i] - got[i]));
    most = std::max(most, std::fabs(want[i]));
  }
  CAPTURE(c.what);
  CHECK(want.size() == got.size());
  return worst / most;
}

Target machine() {
  Target target;
  target.vector_bytes = 32;
  return target;
}

constexpr Case kUsed[] = {
    {"whole tiles", 1, 32, 32, 8, 8},          {"tiles that are cut off", 1, 32, 24, 9, 6},
    {"without padding", 1, 24, 40, 10, 11, 0}, {"several pictures", 3, 32, 16, 7, 8},
    {"more padding", 1, 32, 32, 7, 7, 3},      {"a small map", 1, 64, 64, 4, 4},
};
constexpr Case kLeft[] = {
    {"few channels", 1, 8, 32, 16, 16},          {"few results", 1, 32, 4, 16, 16},
    {"a step", 1, 32, 32, 16, 16, 1, 3, 2},      {"a dilation", 1, 32, 32, 16, 16, 2, 3, 1, 2},
    {"another window", 1, 32, 32, 16, 16, 2, 5},
};

Program program_of(const Graph& graph, const Target& target) {
  Program program = build_program(lowered(graph, target), {});
  verify(program, "schedule");
  return program;
}

}  // namespace

TEST_CASE("Winograd computes what the sum does, but for rounding") {
  for (const Case& c : kUsed) {
    CAPTURE(c.what);
    const Graph direct = convolution(c);
    Graph points = convolution(c);
    use_winograd(points, machine());
    verify(points, "winograd");
    CHECK(points.weights.count("w") == 0);
    CHECK(largest_difference(c, direct, points) < 3e-6);
  }
}

TEST_CASE("tiles of a convolution pass through one kernel in blocks that fit the second cache") {
  constexpr Case kCase = {"32 by 32", 1, 16, 8, 32, 32};
  struct Row {
    int64_t l2_bytes;
    size_t kernels;  // with the one that copies the input into a frame
    int64_t block;   // tiles
  };
  for (const Row& row : {Row{1 << 20, 4, 64}, Row{1 << 16, 2, 8}, Row{1 << 14, 2, 16}}) {
    CAPTURE(row.l2_bytes);
    Target target = machine();
    target.l2_bytes = row.l2_bytes;
    Graph graph = convolution(kCase);
    use_winograd(graph, target);
    const Program program = program_of(graph, target);
    CHECK(program.kernels.size() == row.kernels);
    for (const auto& [id, placed] : program.buffers) {
      const Buffer& b = *placed.buffer;
      if (b.space == Space::arena && b.shape[0] == 36) CHECK(b.shape[1] == row.block);
    }
    std::mt19937 random(5);
    const Values x{{"x", random_tensor(graph.inputs[0].node, random)}};
    const std::vector<double> want = eval(graph, x)[0].numbers();
    const std::vector<double> got = run_program(program, x)[0].numbers();
    double worst = 0;
    for (size_t i = 0; i < want.size(); ++i) worst = std::max(worst, std::fabs(want[i] - got[i]));
    CHECK(worst < 1e-4);
  }
}

TEST_CASE("kernels of blocks can be tuned: they stay one kernel that computes the same") {
  constexpr Case kCase = {"32 by 32", 1, 16, 8, 32, 32};
  Target target = machine();
  target.l2_bytes = 1 << 16;
  Graph graph = convolution(kCase);
  use_winograd(graph, target);
  const Draft draft = lowered(graph, target);
  std::mt19937 random(5);
  const Values x{{"x", random_tensor(graph.inputs[0].node, random)}};
  const std::vector<double> want = eval(graph, x)[0].numbers();
  for (size_t c = 0; c < draft.computations.size(); ++c) {
    const ScheduleSpace space(draft, draft.computations[c]);
    REQUIRE(!space.tiles().empty());
    std::vector<Proposal> all = space.neighbours(space.tiles()[0]);
    all.insert(all.end(), space.tiles().begin(), space.tiles().end());
    for (size_t i = 0; i < all.size(); i += 1 + all.size() / 8) {
      CAPTURE(all[i].moves);
      const Program program =
          build_program(draft, [&](const Draft& d, const Computation& at, const std::string&) {
            const bool here = &at - d.computations.data() == static_cast<ptrdiff_t>(c);
            return here ? std::optional(all[i].moves) : std::nullopt;
          });
      CHECK(program.kernels.size() == 2);
      const std::vector<double> got = run_program(program, x)[0].numbers();
      double worst = 0;
      for (size_t k = 0; k < want.size(); ++k) worst = std::max(worst, std::fabs(want[k] - got[k]));
      CHECK(worst < 1e-4);
    }
  }
}

TEST_CASE("which Winograd, if any, can be decided otherwise") {
  const Graph direct = convolution(kUsed[0]);
  for (const std::string answer : {"direct", "F(2x2,3x3)", "F(4x4,3x3)"}) {
    CAPTURE(answer);
    std::vector<std::string> keys;
    Graph graph = convolution(kUsed[0]);
    const Expr before = graph.outputs[0].value;
    use_winograd(graph, machine(), [&](const Decision& d) {
      keys.push_back(d.key);
      CHECK(d.ours != "direct");
      CHECK(d.possible.size() == 3);
      return answer;
    });
    CHECK(keys.size() == 1);
    CHECK((graph.outputs[0].value == before) == (answer == "direct"));
    CHECK(largest_difference(kUsed[0], direct, graph) < 3e-6);
    for (const auto& [name, data] : graph.weights)
      CHECK(data.shape[0] == (answer == "direct" ? data.shape[0] : answer[2] == '2' ? 16 : 36));
  }
}

TEST_CASE("Winograd leaves alone what it cannot do, or not faster") {
  for (const Case& c : kLeft) {
    CAPTURE(c.what);
    Graph graph = convolution(c);
    const Expr before = graph.outputs[0].value;
    use_winograd(graph, machine());
    CHECK(graph.outputs[0].value == before);
  }
  for (const char* other : {"iso", "ram"}) {
    Graph graph = convolution(kUsed[0]);
    const Expr before = graph.outputs[0].value;
    Target target = machine();
    (std::string(other) == "iso" ? target.dialect : target.cpu) = other;
    if (std::string(other) == "ram") target.prefer = Prefer::ram;
    use_winograd(graph, target);
    CHECK(graph.outputs[0].value == before);
  }
}

}  // namespace tinycc
