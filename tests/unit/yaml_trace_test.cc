// What expressions compute: traced, run by the reference interpreter, compared with other
// expressions or with numbers.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "compiler/yaml/model.h"
#include "compiler/yaml/value.h"
#include "ir/eval.h"

using namespace tinycc;

namespace {

/// Numbers that look random and are the same every time.
TensorData some(const std::vector<int64_t>& shape, uint32_t seed) {
  std::vector<double> numbers;
  for (int64_t i = 0; i < count_of(shape); ++i) {
    seed = seed * 1664525 + 1013904223;
    numbers.push_back(static_cast<double>(seed >> 16) / 32768.0 - 1.0);
  }
  return TensorData::of_numbers(DType::f32, shape, numbers);
}

/// A model file that vanishes with the test.
struct Model {
  std::string path = "yaml_trace_test_" + std::to_string(getpid()) + ".yaml";
  explicit Model(const std::string& text) { std::ofstream(path) << "tinycc: 1\n" << text; }
  ~Model() { std::remove(path.c_str()); }
  Graph trace(const TraceOptions& options = {}) const {
    return trace_yaml(load_yaml(path), options);
  }
};

std::string quoted(const std::string& expression) {
  std::string out = "'";
  for (const char c : expression) out += std::string(c == '\'' ? 2 : 1, c);
  return out + "'";
}

/// Inputs x [2,3,4], image [1,4,6,6] and i (i64 [2]): [1, 0]; both expressions as outputs.
std::vector<TensorData> run(const std::string& inputs,
                            const std::vector<std::string>& expressions) {
  std::string text = "inputs: {" + inputs + "}\noutputs:\n";
  for (size_t i = 0; i < expressions.size(); ++i) {
    text += "  o" + std::to_string(i) + ": " + quoted(expressions[i]) + "\n";
  }
  const Graph graph = Model(text).trace();
  Values values;
  uint32_t seed = 1;
  for (const GraphInput& input : graph.inputs) {
    const std::vector<int64_t> shape = bounds_of(input.node->shape);
    std::vector<int64_t> indices(static_cast<size_t>(count_of(shape)));
    for (size_t k = 0; k < indices.size(); ++k) indices[k] = static_cast<int64_t>(k + 1) % 2;
    values[input.name] = is_float(input.node->dtype)
                             ? some(shape, seed++)
                             : TensorData::of_integers(input.node->dtype, shape, indices);
  }
  return eval(graph, values);
}

const std::string kInputs =
    "x: \"f32[2,3,4]\", y: \"f32[2,3,4]\", image: \"f32[1,4,6,6]\", i: \"i64[2]\"";

void same(const std::string& a, const std::string& b, double tolerance = 2e-6) {
  CAPTURE(a);
  CAPTURE(b);
  const std::vector<TensorData> both = run(kInputs, {a, b});
  REQUIRE(both[0].shape == both[1].shape);
  for (int64_t i = 0; i < both[0].count(); ++i) {
    CHECK(both[0].number(i) == doctest::Approx(both[1].number(i)).epsilon(tolerance).scale(1));
  }
}

std::vector<int64_t> shape_of(const std::string& expression) {
  return run(kInputs, {expression})[0].shape;
}

using Ints = std::vector<int64_t>;

}  // namespace

/// --shape x=1,LENGTH
static TraceOptions pinned(int64_t length, const std::string& name = "") {
  TraceOptions options;
  options.name = name;
  options.shapes.inputs["x"] = {{"", 1}, {"", length}};
  return options;
}

TEST_CASE("yaml: operators follow arithmetic and NumPy's broadcasting") {
  same("x + y * 2 - 1", "maximum(x, x) - (1 - (y + y))");
  same("-x / 4", "x * -0.25");
  same("x ** 2", "x * x");
  same("2 / (x + 3)", "reciprocal((x + 3) / 2)");
  same("cast(x < y, f32)", "where(x < y, full([2, 3, 4], 1), full([2, 3, 4], 0))");
  same("cast(x != x, f32)", "x * 0");
  same("cast(i * 2, f32)", "tensor([2, 0])");
  same("i / 2", "tensor([0.5, 0])");
  same("i * 0.5", "tensor([0.5, 0])");
  same("x[0] @ permute(y[1], [1, 0])", "linear(x[0], y[1])");
  same("x * (7 % 4 + 2 ** 3 - 6 / 3)", "x * 9");
  same("x * sqrt(16)", "4 * x");
  same("where(2 < 1, x, y)", "y");
  same("exp(i)", "exp(cast(i, f32))");  // as in PyTorch, functions of reals make integers f32
  same("mean(i)", "tensor([0.5])[0]");
}

TEST_CASE("yaml: subscripts") {
  CHECK(shape_of("x[0]") == Ints{3, 4});
  CHECK(shape_of("x[:, -1]") == Ints{2, 4});
  CHECK(shape_of("x[..., 1:3]") == Ints{2, 3, 2});
  CHECK(shape_of("x[..., ::-1]") == Ints{2, 3, 4});
  CHECK(shape_of("x[:, none, 0]") == Ints{2, 1, 4});
  CHECK(shape_of("x[:, ::2, 3:]") == Ints{2, 2, 1});
  CHECK(shape_of("x[i]") == Ints{2, 3, 4});
  same("x[i][0]", "x[1]");
  same("x[:, :, ::-1][:, :, 0]", "x[:, :, 3]");
  same("flip(x, 2)", "x[..., ::-1]");
  same("chunk(x, 2, dim=2)[1]", "x[:, :, 2:]");
  same("narrow(x, 2, 1, 2)", "x[..., 1:3]");
  same("index_select(x, 1, i)", "stack([x[:, 1], x[:, 0]], dim=1)");
}

TEST_CASE("yaml: functions have PyTorch's meaning and defaults") {
  same("relu(x)", "where(x > 0, x, 0)");
  same("relu6(x * 9)", "clamp(x * 9, 0, 6)");
  same("silu(x)", "x * sigmoid(x)");
  same("gelu(x)", "x * 0.5 * (1 + erf(x / sqrt(2)))");
  same("hardswish(x * 5)", "x * 5 * clamp(x * 5 / 6 + 0.5, 0, 1)");
  same("leaky_relu(x)", "where(x < 0, x * 0.01, x)");
  same("softmax(x, 1)", "exp(x) / sum(exp(x), 1, keepdim=true)");
  same("log_softmax(x)", "log(softmax(x, dim=-1))");
  same("mean(x)", "sum(x) / 24");
  same("var(x, [1, 2])", "sum((x - mean(x, [1, 2], true)) ** 2, [1, 2]) / 11");
  same("layer_norm(x, dim=-1)",
       "(x - mean(x, 2, true)) / sqrt(var(x, 2, true, correction=0) + 1e-5)");
  same("rms_norm(x, tensor([1, 2, 3, 4]))",
       "x / sqrt(mean(x * x, 2, true) + 1e-5) * tensor([1, 2, 3, 4])");
  same("batch_norm(x, tensor([1, 2, 3]), tensor([4, 9, 16]), eps=0)",
       "(x - unsqueeze(tensor([1, 2, 3]), 1)) / unsqueeze(tensor([2, 3, 4]), 1)");
  same("pad(x, [1, 2])", "concat([full([2, 3, 1], 0), x, full([2, 3, 2], 0)], dim=2)");
  same("flatten(x)", "reshape(x, [2, -1])");
  same("transpose(x, 0, 2)", "permute(x, [2, 1, 0])");
  same("cast(argmax(x * 0 + y, 1), f32)", "cast(argmax(y, dim=1), f32)");
  same("topk(x, 1)[0][..., 0]", "amax(x, -1)");
  same("einsum(\"bij,bkj->bik\", [x, y])", "x @ transpose(y, 1, 2)");
  same("one_hot(i, 2)", "stack([tensor([0, 1]), tensor([1, 0])])");
  same("cumsum(x, 2)[..., 2]", "sum(x[..., :3], 2)");
  same("tril(x)[0]", "where(reshape(arange(3), [3, 1]) < arange(4), 0, x[0])");
}

TEST_CASE("yaml: convolution, pooling, resizing") {
  CHECK(shape_of("conv2d(image, full([5, 4, 3, 3], 1))") == Ints{1, 5, 4, 4});
  CHECK(shape_of("conv2d(image, full([5, 4, 3, 3], 1), padding=\"same\")") == Ints{1, 5, 6, 6});
  CHECK(shape_of("conv2d(image, full([5, 4, 3, 3], 1), stride=2, padding=[1, 0])") ==
        Ints{1, 5, 3, 2});
  CHECK(shape_of("conv_transpose2d(image, full([4, 2, 2, 2], 1), stride=2)") == Ints{1, 2, 12, 12});
  same("conv2d(image, full([1, 4, 6, 6], 1))", "reshape(sum(image), [1, 1, 1, 1])");
  same("conv2d(image, full([4, 1, 2, 2], 0.25), stride=2, groups=4)", "avg_pool2d(image, 2)");
  same("adaptive_avg_pool2d(image, 1)", "global_avg_pool(image)");
  same("max_pool2d(image, 6)", "amax(image, [2, 3], keepdim=true)");
  same("avg_pool2d(image, 3, stride=1, padding=1)[..., 0, 0]",
       "sum(image[..., :2, :2], [2, 3]) / 9");
  same("interpolate(image, scale_factor=2)[..., ::2, ::2]", "image");
  same("interpolate(image, size=3)", "image[..., ::2, ::2]");
  same("interpolate(image, size=11, mode=\"bilinear\", align_corners=true)[..., ::2, ::2]",
       "image");
  same("pixel_shuffle(image, 2)[:, :, ::2, 1::2]", "image[:, 1:2]");
}

TEST_CASE("yaml: attention and recurrent cells") {
  same("scaled_dot_product_attention(x, y, y)", "softmax(x @ transpose(y, 1, 2) / 2) @ y");
  same("scaled_dot_product_attention(x, y, y, is_causal=true)[:, 0]", "y[:, 0]");
  const std::string w = "full([8, 4], 0.1), full([8, 2], 0.2)";
  same("lstm_cell(x[0], full([3, 2], 0.5), full([3, 2], 0.3), " + w + ")[1]",
       "sigmoid(sum(x[0], 1, true) * 0.1 + 0.2 + full([1, 2], 0)) * 0.3 + "
       "sigmoid(sum(x[0], 1, true) * 0.1 + 0.2) * tanh(sum(x[0], 1, true) * 0.1 + 0.2)");
  same("lstm(x, " + w + ")[0][1]",
       "lstm_cell(x[1], lstm(x, " + w + ")[0][0], lstm(x[:1], " + w + ")[2], " + w + ")[0]");
  same("gru(x, full([6, 4], 0.1), full([6, 2], 0.2))[1]",
       "gru_cell(x[1], gru_cell(x[0], full([3, 2], 0), full([6, 4], 0.1), full([6, 2], 0.2)), "
       "full([6, 4], 0.1), full([6, 2], 0.2))");
}

TEST_CASE("yaml: functions, loops, groups of weights and names made of numbers") {
  const Model model(
      "inputs: {x: \"f32[4]\"}\n"
      "functions:\n"
      "  twice(a): a + a\n"
      "  shifted(a, by=1):\n"
      "    b: twice(a)\n"
      "    return: b + by\n"
      "let:\n"
      "  n: 3\n"
      "  h: x\n"
      "  for i in 0..n:\n"
      "    h: shifted(h, i)\n"
      "  for k in [10, 100]:\n"
      "    h: h + k\n"
      "  a, b: chunk(h, 2)\n"
      "outputs: {a: a, b: b}\n");
  const Graph graph = model.trace();
  const std::vector<TensorData> out =
      eval(graph, {{"x", TensorData::of_numbers(DType::f32, {4}, {1, 2, 3, 4})}});
  // ((x*2 + 0)*2 + 1)*2 + 2 = 8x + 4, and 110 more
  CHECK(out[0].numbers() == std::vector<double>{122, 130});
  CHECK(out[1].numbers() == std::vector<double>{138, 146});
}

TEST_CASE("yaml: origins name lets, and the turn of a loop") {
  const Model model(
      "inputs: {x: \"f32[4]\"}\nlet:\n  h: x\n  for i in 0..2:\n    h: tanh(h)\noutputs: [h]\n");
  const Graph graph = model.trace();
  const Origin& last = graph.origins.at(graph.outputs[0].value);
  CHECK(last.nodes[0] == "h.1");
  CHECK(last.computes == "tanh(h)");
}

TEST_CASE("yaml: a state begins as said and becomes its next value") {
  const Model model(
      "inputs: {x: \"f32[2]\"}\n"
      "state:\n  sum: {type: \"f32[2]\", initial: 5, next: sum + x}\n"
      "outputs: {y: sum * 2}\n");
  const Graph graph = model.trace();
  REQUIRE(graph.states.size() == 1);
  CHECK(graph.states[0].initial.numbers() == std::vector<double>{5, 5});
  const Values values{{"x", TensorData::of_numbers(DType::f32, {2}, {1, 2})},
                      {"sum", graph.states[0].initial}};
  CHECK(eval({graph.states[0].next}, values)[0].numbers() == std::vector<double>{6, 7});
}

TEST_CASE("yaml: pre-processing turns frames into what the network was trained on") {
  const Model model(
      "inputs:\n"
      "  frame: {type: \"u8[1,1,2,4]\", layout: nhwc, colour: bgra, scale: 1/255,\n"
      "          mean: [0, 0.5, 1], std: [1, 0.5, 2], meaning: a frame, range: [0, 255]}\n"
      "outputs: {y: frame}\n");
  const Graph graph = model.trace();
  CHECK(describe(graph.inputs[0].node) == "u8[1,1,2,4]");
  CHECK(graph.inputs[0].meaning == "a frame, from 0 to 255, nhwc, bgra");
  const TensorData frame =
      TensorData::of_integers(DType::u8, {1, 1, 2, 4}, {255, 0, 51, 9, 0, 255, 102, 9});
  const TensorData y = eval(graph, {{"frame", frame}})[0];
  CHECK(y.shape == Ints{1, 3, 1, 2});
  const std::vector<double> expected{0.2, 0.4, -1, 1, 0, -0.5};  // red, green, blue
  for (int64_t i = 0; i < 6; ++i)
    CHECK(y.number(i) == doctest::Approx(expected[static_cast<size_t>(i)]));
}

TEST_CASE("yaml: --shape replaces a dimension that is only bounded") {
  const Model model("inputs: {x: \"f32[1,seq<=512]\"}\noutputs: {y: relu(x)}\n");
  CHECK(describe(model.trace().outputs[0].value) == "f32[1,seq<=512]");
  CHECK(describe(model.trace(pinned(7, "renamed")).outputs[0].value) == "f32[1,7]");
  CHECK(model.trace(pinned(7, "renamed")).name == "renamed");
  CHECK_THROWS_AS(model.trace(pinned(513)), Error);
}
