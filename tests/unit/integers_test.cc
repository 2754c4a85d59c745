// Quantised models in integers: random layers give what floats give, to a step; no float is left;
// every rule is used. And what must stay as it is.
#include "passes/integers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "compiler/onnx/quantise.h"
#include "ir/eval.h"
#include "ir/verify.h"
#include "passes/build_program.h"
#include "passes/pipeline.h"
#include "passes/rewrite.h"
#include "tests/unit/scalars.h"

using namespace tinycc;
using namespace tinycc::scalars;

namespace {

/// A tensor of small integers that stands for (q - zero) * scale.
struct Quantised {
  Expr q;
  double scale;
  int64_t zero;
};

constexpr int64_t kKinds = 14;  // of layers, for graphs of any shape

/// Random layers, each from quantised tensors to one.
class Generator {
 public:
  Generator(Graph& graph, Random& random) : graph_(graph), random_(random) {
    const DType type = pick(random, 0, 3) == 0 ? DType::u8 : DType::i8;
    const Shape shape{Dim(1), Dim(4), Dim(6), Dim(5)};
    const Expr x = input(*graph.pool, "x", type, shape);
    graph.inputs.push_back({"x", x, ""});
    inputs_["x"] = integers(type, {1, 4, 6, 5}, -128, 127);
    layers_.push_back({x, 0.02 + 0.01 * real(), type == DType::u8 ? 128 : pick(random, -40, 40)});
  }

  void grow() { grow(pick(random_, 0, kKinds - 1)); }
  void grow(int64_t kind) {
    const Quantised x = layers_.back();
    const Expr y = layer(dequantised(x), kind);
    const bool limited = pick(random_, 0, 2) == 0;
    if (y) quantise(limited ? limit(y) : y, x.q->dtype);
  }

  /// What has been made last as y; now and then as real numbers.
  void finish() {
    const Expr q = layers_.back().q;
    graph_.outputs.push_back({"y", q->is(Op::input) ? q + constant_like(q, 0) : q});
  }

  Expr real_output() { return conv_layer(dequantised(layers_.back())); }

  const Values& inputs() const { return inputs_; }

 private:
  double real() { return static_cast<double>(pick(random_, 1, 1000)) / 1000; }

  TensorData integers(DType type, const Ints& shape, int64_t low, int64_t high) {
    std::vector<int64_t> values(static_cast<size_t>(count_of(shape)));
    for (int64_t& v : values) v = pick(random_, low, high);
    return TensorData::of_integers(type, shape, values);
  }

  Expr weight_of(const TensorData& data) {
    const std::string name = "w" + std::to_string(graph_.weights.size());
    graph_.weights.emplace(name, data);
    return weight(*graph_.pool, name, data.dtype, Shape(data.shape.begin(), data.shape.end()));
  }
  Expr reals(const Ints& shape, double unit) {
    std::vector<double> values(static_cast<size_t>(count_of(shape)));
    for (double& v : values) v = unit * real();
    return weight_of(TensorData::of_numbers(DType::f32, shape, values));
  }
  Expr spread(Expr v, Expr like) { return onnx::spread(v, like, 0, 0); }
  Expr number(DType type, double v) { return constant(*graph_.pool, type, v); }

  Expr dequantised(const Quantised& x) {
    return onnx::dequantised(x.q, spread(number(DType::f32, x.scale), x.q),
                             spread(number(x.q->dtype, static_cast<double>(x.zero)), x.q));
  }

  /// By channel, with zero points now and then.
  Expr real_weights(const Ints& shape) {
    const bool shifted = pick(random_, 0, 3) == 0;
    const Expr w = weight_of(integers(DType::i8, shape, -127, 127));
    const Expr zero = weight_of(integers(DType::i8, {shape[0]}, shifted ? -5 : 0, shifted ? 5 : 0));
    return onnx::dequantised(w, spread(reals({shape[0]}, 0.02), w), spread(zero, w));
  }

  Expr conv_layer(Expr x) {
    const int64_t c = x->extent(1), k = std::min<int64_t>({3, x->extent(2), x->extent(3)});
    const int64_t groups = pick(random_, 0, 2) == 0 ? c : 1, outputs = groups > 1 ? c : 4;
    ConvOptions options;
    options.groups = groups;
    options.strides = Ints(2, pick(random_, 1, 2));
    if (pick(random_, 0, 1) == 0) options.pads = Ints(4, 1);
    const Expr bias = pick(random_, 0, 2) == 0 ? Expr() : reals({outputs}, 1.5);
    return conv(x, real_weights({outputs, c / groups, k, k}), bias, options);
  }

  Expr padded_conv(Expr x) {
    return conv(x, real_weights({4, 4, 3, 3}), reals({4}, 1.5),
                {.strides = {}, .dilations = {}, .pads = Ints(4, 1)});
  }

  Expr limit(Expr y) { return pick(random_, 0, 1) == 0 ? relu(y) : max(min(y, 1.5), -0.75); }

  /// Another layer's result of the same shape, or the same one again.
  Expr other(Expr x) {
    for (const Quantised& l : layers_) {
      if (l.q->shape == x->shape && pick(random_, 0, 1) == 0) return dequantised(l);
    }
    return x;
  }

  Expr layer(Expr x, int64_t kind) {
    const PoolOptions pool{
        .kernel = {2, 2}, .strides = {2, 2}, .dilations = {}, .pads = Ints(4, pick(random_, 0, 1))};
    const bool large = x->extent(2) > 2 && x->extent(3) > 2;
    switch (kind) {
      case 0:
      case 1: return conv_layer(x);
      case 2: return add(x, other(x));
      case 3: return add(limit(conv_layer(x)), number(DType::f32, 0.3));
      case 4: return large ? max_pool(x, pool) : Expr();
      case 5: return large ? average_pool(x, pool) : Expr();
      case 6: return join({x, other(x)}, pick(random_, 0, 3));
      case 7: return softmax(x, pick(random_, 1, 3));
      case 8: return pick(random_, 0, 1) == 0 ? sigmoid(x) : hard_swish(x);
      case 9: return tinycc::tanh(x);
      case 10: return mul(x, other(x));
      case 11: return matmul(x, permute(other(x), {0, 1, 3, 2}));
      case 12: return neg(x);
      case 13: return permute(x, {0, 1, 3, 2});
      case 14: return relu(padded_conv(x));
      default: return add(padded_conv(x), dequantised(layers_.at(1)));
    }
  }

  void quantise(Expr y, DType type) {
    if (count_of(y->shape) > 1000) return;
    graph_.outputs = {{"y", y}};
    const TensorData values = eval(graph_, inputs_)[0];
    graph_.outputs.clear();
    double low = 0, high = 0;
    for (const double v : values.numbers()) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
    const double scale = static_cast<float>(std::max(high - low, 0.1) /
                                            static_cast<double>(pick(random_, 200, 300)));
    const int64_t least = type == DType::u8 ? 0 : -128,
                  zero = std::clamp<int64_t>(least - std::llround(low / scale), least, least + 255);
    const Expr q = onnx::quantised(y, spread(number(DType::f32, scale), y),
                                   spread(number(type, static_cast<double>(zero)), y), type);
    layers_.push_back({q, scale, zero});
  }

  Graph& graph_;
  Random& random_;
  Values inputs_;
  std::vector<Quantised> layers_;
};

bool has_floats(const Graph& graph) {
  const std::vector<Expr> order = topological(graph.roots());
  return std::any_of(order.begin(), order.end(), [](Expr e) { return is_float(e->dtype); });
}

}  // namespace

TEST_CASE("integers: random layers are right to a step, without floats; every rule is used") {
  Random random(17);
  std::map<std::string_view, int> counts;
  int64_t values = 0, equal = 0;
  for (int i = 0; i < 1500; ++i) {
    Graph graph;
    Generator generate(graph, random);
    const int64_t layers = pick(random, 1, 3);
    for (int64_t n = layers; n > 0; --n) generate.grow();
    generate.finish();
    const TensorData before = eval(graph, generate.inputs())[0];
    for (const auto& [rule, count] : use_integers(graph, i % 2 == 0)) counts[rule] += count;
    verify(graph, "integers");
    CAPTURE(i);
    tinycc::rewrite(graph);
    CHECK_FALSE(has_floats(graph));
    const TensorData after = eval(graph, generate.inputs())[0];
    for (int64_t k = 0; k < before.count(); ++k) {
      const int64_t off = std::abs(before.integer(k) - after.integer(k));
      REQUIRE(off <= (layers == 1 ? 1 : 4));
      ++values;
      equal += off == 0 ? 1 : 0;
    }
  }
  CHECK(static_cast<double>(equal) >= 0.995 * static_cast<double>(values));
  for (const char* rule : {"fixed-point", "table", "exp-by-table"}) CHECK(counts[rule] > 0);
}

TEST_CASE("integers: a residual block needs two tensors of bytes where memory counts") {
  Random random(5);
  Graph graph;
  Generator generate(graph, random);
  for (const int64_t kind : {14, 14, 15, 14}) generate.grow(kind);
  generate.finish();
  use_integers(graph);
  tinycc::rewrite(graph);
  Target target;
  target.dialect = "iso";
  target.prefer = Prefer::ram;
  target.vector_bytes = 0;
  const Program program = build_program(lowered(graph, target), {});
  verify(program, "schedule");
  CHECK(program.arena_bytes == 2 * 4 * 6 * 5);
}

TEST_CASE("integers: sums of products that stay real are scaled once") {
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    Graph graph;
    Generator generate(graph, random);
    const Expr y = generate.real_output();
    graph.outputs.push_back({"y", y});
    const TensorData before = eval(graph, generate.inputs())[0];
    CHECK(use_integers(graph)["sum-in-integers"] == 1);
    const TensorData after = eval(graph, generate.inputs())[0];
    for (int64_t k = 0; k < before.count(); ++k)
      REQUIRE(after.number(k) == doctest::Approx(before.number(k)).epsilon(1e-4));
  }
}

TEST_CASE("integers: a sum that might not fit 32 bits stays float") {
  Graph graph;
  const Shape shape{Dim(1), Dim(1 << 17)};
  const Expr x = input(*graph.pool, "x", DType::i8, shape);
  graph.inputs.push_back({"x", x, ""});
  const Expr real = cast(x, DType::f32) * 0.5;
  const Expr y = reduce(Op::reduce_add, real * real, {1});
  graph.outputs.push_back({"y", y});
  CHECK(use_integers(graph).empty());
  CHECK(graph.outputs[0].value == y);
}

TEST_CASE("integers: floats alone are left as they are") {
  Graph graph;
  const Expr x = input(*graph.pool, "x", DType::f32, {Dim(4)});
  const Expr y = nearest(x * 3.0);
  graph.inputs.push_back({"x", x, ""});
  graph.outputs.push_back({"y", y});
  CHECK(use_integers(graph).empty());
  CHECK(graph.outputs[0].value == y);
}
