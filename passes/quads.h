// Sums of products of bytes along three channels, or another number that is no multiple of four (or of two,
// if a lane takes so many at once: Target::terms_a_lane), become
// sums along the next multiple: the tensor's frame has the channels that are missing, with any numbers,
// and the weights have zeros for them. So idioms that take four products a lane take a network's first
// layer, too. In: a draft. Out: the same values.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// For targets with quads; where the tensor has a frame already, which is then an element wider.
void fill_quads(Draft& draft);

}  // namespace tinycc
