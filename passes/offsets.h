// Zero points leave sums of products whose loops end where padding does (clip.h):
//
//   sum over k of (a[k] + z) * w[k]  =  sum over k of a[k] * w[k]  +  z * sum over k of w[k]
//
// The last sum depends on how far the loops run, which few places decide: near the border those where
// so many terms are left out before, so many behind. It becomes a table, together with a bias that is
// added to the sum. So does what an instruction wants added to each a (quad_offset in ir/idiom.h), which is
// taken away again. In: a draft. Out: the same values, and sums that idioms can take.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// For targets with an idiom; where the table is small beside the weights.
void fold_offsets(Draft& draft);

}  // namespace tinycc
