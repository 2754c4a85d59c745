// The whole compiler as one straight line: model → graph → kernels → program → sources → out/.
#pragma once

#include "compiler/options.h"

namespace tinycc {

/// Compiles one model as the options say. Returns the exit code; what is wrong with the model, a
/// file or a flag is thrown as Error.
int run(const Options& options);

}  // namespace tinycc
