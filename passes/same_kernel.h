// Equal kernels are emitted once: two kernels are equal if they differ in nothing but which buffers
// of the same form they work on.
#pragma once

#include "ir/program.h"

namespace tinycc {

/// Ranges, local buffers and parameters renumbered in order of appearance, so that equal kernels of
/// one pool get identical expressions.
Kernel canonical(const Kernel& kernel, Pool& pool);

/// Are these, both canonical, the same function?
bool same_kernel(const Kernel& a, const Kernel& b);

}  // namespace tinycc
