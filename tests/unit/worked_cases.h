// The worked cases in tests/ir/: NAME.graph and NAME.program, which compute the same.
#pragma once

#include <random>

#include "ir/eval.h"

namespace tinycc {

/// Numbers between -1 and 1.
TensorData random_tensor(Expr e, std::mt19937& random);

/// The graph, with random weights. It is printed and read again on the way, and verified.
Graph worked_graph(const std::string& name, std::mt19937& random);

/// The program, with the graph's weights: a buffer's alias names the one that it holds. It is printed
/// and read again on the way, and verified.
Program worked_program(const std::string& name, const Graph& graph);

}  // namespace tinycc
