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

/// Memory of an interpreted kernel or program: bytes as the emitted code would hold them, and which
/// buffer wrote each of them last (its tag). No writers at all: constants.
struct Memory {
  std::vector<std::byte> bytes;
  std::vector<int32_t> writers;
};

/// Where a buffer lies: `offset` bytes into a memory.
struct Place {
  Memory* memory = nullptr;
  int64_t offset = 0;
  int32_t tag = 0;  // marks what is written through this buffer; 0 is nobody's
};

/// Runs a kernel on its parameters, by id; `scalars` are the values of kernel.scalars. Errors
/// (internal): an index outside of a buffer and its halo, a read of bytes that this buffer did not
/// write last.
void run_kernel(const Kernel& kernel, const std::map<int64_t, Place>& parameters,
                const std::vector<int64_t>& scalars);
/// The same on logical tensors, for tests: the outputs' values by id. An output that is among
/// `parameters` starts with that value, otherwise undefined.
std::map<int64_t, TensorData> run_kernel(const Kernel& kernel,
                                         const std::map<int64_t, TensorData>& parameters,
                                         const std::vector<int64_t>& scalars = {});

/// Runs a planned program on inputs by name; returns outputs in order. Buffers that share memory
/// do so here too, so that a wrong plan shows. `states`, by name: values at the start of the run,
/// then at its end; states not in it start at their initial values.
std::vector<TensorData> run_program(const Program& program, const Values& inputs,
                                    Values* states = nullptr);

}  // namespace tinycc
