// Storage in half precision: the larger tensors of the arena and the weights lie in memory as f16 and
// are computed with as f32, each element rounded once when it is stored. For devices, whose time goes
// with the bytes that they move. Inputs, outputs and states stay as they are, and so do small tensors,
// which hold sums that may leave f16's range.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// Where the target asks for it (`half`); after layouts are chosen.
void store_as_half(Draft& draft);

}  // namespace tinycc
