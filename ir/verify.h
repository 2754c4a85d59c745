// What every graph, kernel and program must satisfy, checked after each pass in debug builds and in
// all tests. Failures are Error(internal) and name the node or statement, and the pass.
#pragma once

#include "ir/graph.h"
#include "ir/program.h"

namespace tinycc {

/// Each node has the type and shape that its builder gives it; carries and counters stay inside
/// their scan; leaves have names, of one type each; weights that have values have the right type.
void verify(const Graph& graph, std::string_view after = "");

/// Every range and buffer is bound where it is used; indices are within shape and halo as far as
/// intervals tell, except behind a `where`; only outputs and own buffers are written; no iteration
/// of a parallel or vector loop reads or writes what another one writes, nor does a thread touch
/// what another one of the kernel's writes (threads.h).
void verify(const Kernel& kernel, std::string_view after = "");

/// Also all of its kernels. Arguments fit the parameters; buffers that live at the same time do
/// not overlap in the arena; what a step reads was written before, or is an input, weight or state.
void verify(const Program& program, std::string_view after = "");

/// The node's type as its builder works it out from the types of its sources; throws as builders
/// do. Not for leaves.
std::pair<DType, Shape> type_by_builder(Expr e);

}  // namespace tinycc
