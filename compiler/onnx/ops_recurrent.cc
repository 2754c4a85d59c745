// Rows of the op table: RNN, GRU, LSTM. See ops.h.
#include <cmath>

#include "compiler/onnx/activations.h"
#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

std::vector<Activation> activations_of(Call& c, std::vector<std::string> preset,
                                       size_t directions) {
  std::vector<std::string> names = c.texts("activations");
  if (names.empty()) {
    for (size_t d = 0; d < directions; ++d) names.insert(names.end(), preset.begin(), preset.end());
  }
  if (names.size() != directions * preset.size()) refuse("activations has the wrong length");
  const std::vector<double> alphas = c.reals("activation_alpha"),
                            betas = c.reals("activation_beta");
  std::vector<Activation> result;
  for (size_t i = 0; i < names.size(); ++i) {
    result.push_back(activation_of(names[i], {i < alphas.size() ? alphas[i] : std::nan(""),
                                              i < betas.size() ? betas[i] : std::nan("")}));
  }
  return result;
}

RecurrentOptions::Direction direction_of(Call& c) {
  const std::string word = c.choice("direction", {"forward", "reverse", "bidirectional"}, "forward");
  using Direction = RecurrentOptions::Direction;
  return word == "forward" ? Direction::forward
         : word == "reverse" ? Direction::reverse
                             : Direction::both;
}

/// layout 1: batch first in X, Y and the states.
Expr swapped(Expr x, const Ints& order) { return x ? permute(x, order) : x; }

Outputs recurrent_op(Call& c, Cell cell, const std::vector<std::string>& preset) {
  RecurrentOptions options;
  options.cell = cell;
  options.direction = direction_of(c);
  const bool both = options.direction == RecurrentOptions::Direction::both;
  options.activations = activations_of(c, preset, both ? 2 : 1);
  options.clip = c.real("clip", 0);
  options.linear_before_reset = c.integer("linear_before_reset", 0) != 0;
  options.input_forget = c.integer("input_forget", 0) != 0;
  const bool batch_first = c.integer("layout", 0) != 0;
  RecurrentInputs in{c[0], c[1], c[2], c.or_none(3), c.or_none(4), c.or_none(5), {}, {}};
  if (cell == Cell::lstm) {
    in.c = c.or_none(6);
    in.peepholes = c.or_none(7);
  }
  if (!batch_first) return recurrent(in, options);
  in.x = permute(in.x, {1, 0, 2});
  in.h = swapped(in.h, {1, 0, 2});
  in.c = swapped(in.c, {1, 0, 2});
  Outputs outputs = recurrent(in, options);
  outputs[0] = permute(outputs[0], {2, 0, 1, 3});
  for (size_t i = 1; i < outputs.size(); ++i) outputs[i] = permute(outputs[i], {1, 0, 2});
  return outputs;
}

const OpRow kRows[] = {
    {"GRU", 7, [](Call& c) { return recurrent_op(c, Cell::gru, {"Sigmoid", "Tanh"}); }},
    {"LSTM", 7, [](Call& c) { return recurrent_op(c, Cell::lstm, {"Sigmoid", "Tanh", "Tanh"}); }},
    {"RNN", 7, [](Call& c) { return recurrent_op(c, Cell::rnn, {"Tanh"}); }},
};

}  // namespace

std::span<const OpRow> recurrent_ops() { return kRows; }

}  // namespace tinycc::onnx
