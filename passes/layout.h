// Layouts of buffers: which dimension lies innermost follows from how elements are reached, never
// from what operator reads them.
#pragma once

#include "passes/decide.h"
#include "passes/draft.h"

namespace tinycc {

/// Chooses the innermost dimension of every arena buffer. First by votes of the kernels that write
/// and read it, each weighted by what its best vector loop saves it; then each buffer in turn takes
/// the dimension that makes all its kernels together cheapest, until none changes. `decide` is asked
/// where another order costs little more: an answer lists the dimensions, "0 2 3 1", outermost first.
void choose_layouts(Draft& draft, const Decide& decide = {});

/// Pads an arena buffer whose parts along the outermost axis lie so far apart that they would evict
/// each other from the first cache when a kernel walks them side by side.
void spread_streams(Buffer& buffer);

}  // namespace tinycc
