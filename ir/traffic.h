// What a kernel moves: how many bytes of its parameters one call reads and writes, each element
// counted once.
#pragma once

#include "ir/program.h"

namespace tinycc {

struct Traffic {
  int64_t read = 0, written = 0;  // bytes
};

/// Of a buffer's dimension as many places count as the indices of all accesses can take, each index a
/// sum over loops; dimensions are taken to be independent. An upper bound, exact for boxes and steps.
Traffic traffic_of(const Kernel& kernel);

}  // namespace tinycc
