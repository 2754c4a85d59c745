// Kernels as C: one walk over the statements of a kernel. In: a kernel of a planned program, the
// names of its parameters, a dialect. Out: the text of the function's body; and the helpers
// (vector types, selections, exp …) that such bodies may name.
#pragma once

#include <vector>

#include "emitters/dialect.h"
#include "emitters/host.h"

namespace tinycc {

KernelText emit_kernel(const Names& names, size_t kernel);

/// All helpers that kernels of this program may use; files include those that their text names.
std::vector<HelperText> kernel_helpers(const Names& names);

}  // namespace tinycc
