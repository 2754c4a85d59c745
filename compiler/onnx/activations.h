// Activations that an attribute of another node names: those of RNN, GRU and LSTM, and of the nodes
// into which ONNX Runtime's optimiser fuses one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/tensor/tensor.h"

namespace tinycc::onnx {

using Activation = std::function<Expr(Expr)>;

/// The activation of that name with up to two parameters; NaN, or none, stands for ONNX's default.
/// Errors: Error(unsupported) for a name that is not known.
Activation activation_of(const std::string& name, const std::vector<double>& parameters = {});

}  // namespace tinycc::onnx
