// `tinycc tune`: searches for faster schedules of a model's kernels by timing them, and keeps them in
// a tuning file, which later builds read.
#pragma once

#include "compiler/options.h"

namespace tinycc {

/// The exit code. Prints a table; on a terminal also how far it is.
int tune(const Options& options);

}  // namespace tinycc
