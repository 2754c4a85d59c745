// `tinycc verify`: are the numbers right? Builds what tinycc emits, runs it on this machine (or by
// --runner), and compares with the reference interpreter and, where Python has it, ONNX Runtime.
#pragma once

#include "compiler/options.h"

namespace tinycc {

/// Prints a row an output (an ONNX node, with --per-node). Returns the exit code: ok, or `different`.
/// Errors: as for compiling; bad_input for inputs that do not fit, usage where nothing can run.
int verify_model(const Options& options);

}  // namespace tinycc
