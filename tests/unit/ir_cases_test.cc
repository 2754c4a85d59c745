// The worked cases in tests/ir/: each is a graph and a program that computes the same. Both are
// read, printed, read again, verified and run.
#include <doctest/doctest.h>

#include <cmath>

#include "tests/unit/worked_cases.h"

using namespace tinycc;

namespace {

/// A result whose size depends on the data fills only the beginning of the program's buffer.
void check_close(const TensorData& want, const TensorData& got, double tolerance) {
  const std::vector<double> a = want.numbers(), b = got.numbers();
  REQUIRE(a.size() <= b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::fabs(a[i] - b[i]));
  CHECK(worst <= tolerance);
}

Values inputs_of(const Graph& graph, std::mt19937& random) {
  Values inputs;
  for (const GraphInput& i : graph.inputs) inputs[i.name] = random_tensor(i.node, random);
  return inputs;
}

/// Runs both on `runs` random inputs.
void compare(const std::string& name, double tolerance, int runs = 1) {
  std::mt19937 random(1);
  const Graph graph = worked_graph(name, random);
  const Program program = worked_program(name, graph);
  for (int run = 0; run < runs; ++run) {
    const Values inputs = inputs_of(graph, random);
    const auto want = eval(graph, inputs), got = run_program(program, inputs);
    REQUIRE(want.size() == got.size());
    for (size_t i = 0; i < want.size(); ++i) check_close(want[i], got[i], tolerance);
  }
}

}  // namespace

TEST_CASE("case 1: a 3x3 convolution with bias, residual and relu") { compare("conv", 1e-4); }
TEST_CASE("case 2: attention with a running maximum") { compare("attention", 1e-6, 3); }
TEST_CASE("case 3: an LSTM as a loop of steps over a ring of states") { compare("lstm", 1e-5, 3); }
TEST_CASE("case 4: non-maximum suppression") { compare("nms", 0, 20); }
TEST_CASE("case 5: concatenation in place") { compare("concat", 0); }
TEST_CASE("case 6: expand, depthwise, project by two rows") { compare("mobile", 1e-4); }

TEST_CASE("case 2: as a scan, attention is the same") {
  std::mt19937 random(1);
  const Graph whole = worked_graph("attention", random);
  const Graph blocks = worked_graph("attention_flash", random);
  const Values inputs = inputs_of(whole, random);
  check_close(eval(whole, inputs)[0], eval(blocks, inputs)[0], 1e-6);
}

TEST_CASE("case 4: the number of rows is a value") {
  std::mt19937 random(1);
  const Graph graph = worked_graph("nms", random);
  const auto results = eval(graph, inputs_of(graph, random));
  CHECK(results[0].shape == std::vector<int64_t>{results[1].integer(0), 2});
  CHECK(results[1].integer(0) > 0);
}
