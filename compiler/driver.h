// The whole compiler as one straight line: model → graph → kernels → program → sources → out/.
#pragma once

#include "compiler/load.h"

namespace tinycc {

/// Compiles one model as the options say. Returns the exit code; what is wrong with the model, a
/// file or a flag is thrown as Error.
int run(const Options& options);
/// The same for a model that is loaded already.
int compile_model(const Options& options, LoadedModel model);

}  // namespace tinycc
