// A computation as statements: the plain loop nest that scheduling moves start from.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// for ranges { alloc sum; sum = start; for reduced ranges { sum = sum + body }; target = f(sum) }.
/// A weight that is added to the sum is its start value. Frames of zeros come first.
StmtRef plain_nest(const Draft& draft, const Computation& computation);

/// The statements that write the frame around a buffer with a halo.
StmtRef halo_fill(const Computation& computation, const BufferRef& buffer);

}  // namespace tinycc
