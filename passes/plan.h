// Memory: every arena buffer gets an offset such that buffers that live at the same time do not
// overlap. In: buffers with their first write and last read. Out: offsets, the size of the arena.
#pragma once

#include "ir/program.h"

namespace tinycc {

struct Lifetime {
  int64_t buffer = 0;
  int64_t bytes = 0;
  int64_t first = 0, last = 0;  // steps, both included
  int64_t in_place_of = -1;     // takes over this buffer's memory at its first step
};

struct Plan {
  std::map<int64_t, int64_t> offsets;  // by buffer
  int64_t bytes = 0;                   // of the arena
  int64_t bound = 0;                   // largest working set of one step: no plan can be smaller
};

/// Best of several greedy orders (largest first, longest-lived first, first written first), each at
/// the lowest offset that is free for the whole life. Offsets are multiples of `align`.
Plan plan_memory(const std::vector<Lifetime>& lifetimes, int64_t align);

}  // namespace tinycc
