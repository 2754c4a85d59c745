// Where the buffers of a draft lie: what lives when, what takes over whose memory, and the plan. In:
// kernels in their order, and the program's steps. Out: its buffers and the size of its arena.
#pragma once

#include "passes/merge.h"

namespace tinycc {

/// `bands`: of each unit, the number of its band, or -1 (bands.h). Up to `enough` bytes nothing is
/// written over what is read.
void place_buffers(const Draft& draft, const std::vector<Unit>& units,
                   const std::vector<int64_t>& bands, int64_t enough, Program& program);

/// The loops of the host around a computation of this one, outermost first.
std::vector<int64_t> loops_around(const Draft& draft, int64_t loop);

}  // namespace tinycc
