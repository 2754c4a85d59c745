// The table of activations; see activations.h.
#include "compiler/onnx/activations.h"

#include <cmath>
#include <limits>

#include "compiler/onnx/trace.h"

namespace tinycc::onnx {
namespace {

constexpr double kMost = std::numeric_limits<float>::max();

struct Row {
  const char* name;
  double a, b;  // what the parameters are if not given
  Expr (*function)(Expr x, double a, double b);
};

const Row kRows[] = {
    {"Affine", 1, 0, [](Expr x, double a, double b) { return x * a + b; }},
    {"Clip", -kMost, kMost, [](Expr x, double a, double b) { return max(min(x, b), a); }},
    {"Elu", 1, 0, [](Expr x, double a, double) { return elu(x, a); }},
    {"HardSigmoid", 0.2, 0.5, hard_sigmoid},
    {"LeakyRelu", 0.01, 0, [](Expr x, double a, double) { return leaky_relu(x, a); }},
    {"Relu", 0, 0, [](Expr x, double, double) { return relu(x); }},
    {"ScaledTanh", 1, 1, [](Expr x, double a, double b) { return tanh(x * b) * a; }},
    {"Sigmoid", 0, 0, [](Expr x, double, double) { return sigmoid(x); }},
    {"Softplus", 0, 0, [](Expr x, double, double) { return softplus(x); }},
    {"Softsign", 0, 0, [](Expr x, double, double) { return softsign(x); }},
    {"Tanh", 0, 0, [](Expr x, double, double) { return tanh(x); }},
    {"ThresholdedRelu", 1, 0, [](Expr x, double a, double) { return thresholded_relu(x, a); }},
};

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const Row& row : kRows) all.emplace_back(row.name);
  return all;
}

}  // namespace

Activation activation_of(const std::string& name, const std::vector<double>& parameters) {
  const Row& row = kRows[place_of_word("activation", name, names())];
  const auto given = [&](size_t i, double otherwise) {
    return i < parameters.size() && !std::isnan(parameters[i]) ? parameters[i] : otherwise;
  };
  return [&row, a = given(0, row.a), b = given(1, row.b)](Expr x) { return row.function(x, a, b); };
}

}  // namespace tinycc::onnx
