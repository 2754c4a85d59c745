// The reference interpreter: slow, obviously right. Tests compare everything else with it, passes
// run constant subgraphs with it.
#pragma once

#include "ir/graph.h"
#include "ir/program.h"

namespace tinycc {

/// Values of leaves by name.
using Values = std::map<std::string, TensorData>;

/// The value of each of `roots`; `leaves` holds inputs, states and weights by name.
/// Errors: Error(internal) when a leaf is missing or has another type or shape.
std::vector<TensorData> eval(const std::vector<Expr>& roots, const Values& leaves);
/// The graph's outputs, in order; weights come from the graph, and states that `inputs` does not
/// hold start at their initial values.
std::vector<TensorData> eval(const Graph& graph, const Values& inputs);

/// Memory of a kernel or program: by buffer id, flat, in the buffer's layout.
using Memory = std::map<int64_t, std::vector<double>>;

/// Runs a kernel on `memory`, which holds its parameters. Checks every index against the layout and
/// fails with Error(internal) on a read of an element that was never written (NaN-boxed).
void run_kernel(const Kernel& kernel, Memory& memory);
/// Runs a planned program on inputs by name; returns outputs in order. Buffers that share memory
/// do so here too, so that a wrong plan shows.
std::vector<TensorData> run_program(const Program& program, const Values& inputs);

}  // namespace tinycc
