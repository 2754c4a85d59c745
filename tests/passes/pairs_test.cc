// Pairs of kernels on blocks: what passes between them is a block where it would not fit the second
// cache, and the numbers stay what they were.
#include <doctest/doctest.h>

#include <cmath>

#include "compiler/tensor/tensor.h"
#include "ir/eval.h"
#include "ir/verify.h"
#include "passes/build_program.h"
#include "passes/pipeline.h"
#include "tests/unit/worked_cases.h"

namespace tinycc {
namespace {

class Net {
 public:
  Expr x(Shape shape) { return in("x", std::move(shape)); }
  Expr y(Shape shape) { return in("y", std::move(shape)); }
  Expr w(const std::string& name, Shape shape) {
    const Expr e = weight(*graph.pool, name, DType::f32, std::move(shape));
    graph.weights.emplace(name, random_tensor(e, random_));
    return e;
  }
  Expr conv(Expr of, int64_t out, int64_t window, int64_t groups) {
    const std::string name = "w" + std::to_string(graph.weights.size());
    ConvOptions options;
    options.groups = groups;
    const Expr weights = w(name, {Dim(out), Dim(of->extent(1) / groups), Dim(window), Dim(window)});
    return relu(tinycc::conv(of, weights, {}, options));
  }

  Graph graph;

 private:
  Expr in(const char* name, Shape shape) {
    graph.inputs.push_back({name, input(*graph.pool, name, DType::f32, std::move(shape)), ""});
    return graph.inputs.back().node;
  }

  std::mt19937 random_{3};
};

Expr pooled(Expr x, int64_t window, int64_t step) {
  PoolOptions options;
  options.kernel = {window, window};
  options.strides = {step, step};
  return max_pool(x, options);
}

struct Case {
  const char* what;
  Expr (*result)(Net&);
  size_t kernels, of_blocks;  // with a second cache that holds all, or little
};

const Case kCases[] = {
    {"depthwise into pointwise",
     [](Net& n) { return n.conv(n.conv(n.x({1, 16, 34, 34}), 16, 3, 16), 24, 1, 1); }, 2, 1},
    {"a convolution into pooling",
     [](Net& n) { return pooled(n.conv(n.x({1, 8, 34, 34}), 16, 3, 1), 2, 2); }, 2, 1},
    {"windows that meet",
     [](Net& n) { return pooled(n.conv(n.x({1, 8, 35, 35}), 16, 3, 1), 3, 2); }, 2, 2},
    {"two products",
     [](Net& n) {
       return matmul(relu(matmul(n.x({512, 24}), n.w("a", {24, 32}))), n.w("b", {32, 16}));
     },
     2, 1},
    {"a value that is needed twice, and one that is added",
     [](Net& n) {
       const Expr both = n.conv(n.x({1, 16, 34, 34}), 16, 3, 16);
       return add(n.conv(both, 16, 1, 1), n.conv(both, 16, 1, 1));
     },
     3, 2},
};

/// On a device whose groups share memory.
const Case kDeviceCases[] = {
    {"a residual sum of two",
     [](Net& n) {
       return relu(
           add(n.conv(n.x({1, 16, 14, 14}), 24, 1, 1), n.conv(n.y({1, 8, 14, 14}), 24, 1, 1)));
     },
     1, 1},
    {"the mean of all there is, by channels",
     [](Net& n) { return global_average_pool(n.conv(n.x({1, 128, 8, 8}), 256, 1, 1)); }, 1, 2},
};

size_t kernels_of(const Case& c, int64_t l2_bytes, bool device = false) {
  Net net;
  net.graph.name = "pair";
  net.graph.outputs.push_back({"y", c.result(net)});
  Target target;
  target.vector_bytes = 32;
  target.l2_bytes = l2_bytes;
  if (device) {
    target.language = target.dialect = "opencl";
    target.threads = 1 << 20;
    target.shared_bytes = 32768;
    target.panels = false;
  }
  const Graph meant = net.graph;
  for (const GraphPass& pass : graph_passes()) pass.run(net.graph, {target, true});
  const Program program =
      build_program(lowered(net.graph, target), [](auto&&...) { return std::nullopt; });
  verify(program, "pairs");
  std::mt19937 random(5);
  Values x;
  for (const auto& in : net.graph.inputs) x.emplace(in.name, random_tensor(in.node, random));
  const std::vector<double> want = eval(meant, x)[0].numbers(),
                            got = run_program(program, x)[0].numbers();
  double worst = 0, most = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    worst = std::max(worst, std::fabs(want[i] - got[i]));
    most = std::max(most, std::fabs(want[i]));
  }
  CHECK(worst <= 1e-5 * most);
  return program.kernels.size();
}

TEST_CASE("on a device two sums of one place are an item's, blocks are of channels too") {
  for (const Case& c : kDeviceCases) {
    CAPTURE(std::string(c.what));
    CHECK(kernels_of(c, 1 << 20, true) == c.kernels);
    CHECK(kernels_of(c, 1 << 14, true) == c.of_blocks);
  }
}

TEST_CASE("what one sum hands to the next by rows stays near, in blocks") {
  for (const Case& c : kCases) {
    CAPTURE(std::string(c.what));
    CHECK(kernels_of(c, 1 << 20) == c.kernels);
    CHECK(kernels_of(c, 1 << 15) == c.of_blocks);
  }
}

}  // namespace
}  // namespace tinycc
