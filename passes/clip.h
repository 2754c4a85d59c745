// Sums over windows run over what lies inside: instead of a condition in the innermost loop, loops
// that start and end where the padding does. In: a draft. Out: the same values.
#pragma once

#include <optional>

#include "passes/draft.h"

namespace tinycc {

/// sum over k of (lo <= k & k < hi ? x : 0) * w  →  sum over k < hi - lo of x[k + lo] * w[k + lo], for
/// bounds that depend on the result's ranges; of largest elements likewise. Only where w is a finite
/// constant, since 0 * w is then 0. For scalar cores: a vector would need the same bounds for all lanes.
void clip_sums(Draft& draft);

/// Does a reduction of the computation begin or end elsewhere for another value of r?
bool clips_along(const Computation& computation, Expr r);

/// How many values of r, at its begin and at its end, make a reduction shorter than it is for the others
/// between them; nothing where that also depends on something else.
std::optional<std::pair<int64_t, int64_t>> clipped_ends(const Computation& computation, Expr r);

}  // namespace tinycc
