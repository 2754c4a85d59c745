// Loops end where a run's lengths end: what nobody reads beyond a symbolic dimension is not computed.
// In: a draft whose tensors are computed to their bounds, reductions masked by conditions. Out: the
// same with ranges whose extent is an expression of the dimensions.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// From the outputs, of which so much is meant as their lengths say, back to the inputs: how far each
/// dimension of each buffer is read, as an expression; its loops then end there. A masked reduction
/// runs over what the mask leaves. Buffers with a halo are filled to the bound.
void limit_loops(Draft& draft);

}  // namespace tinycc
