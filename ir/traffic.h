// What a kernel moves: how many bytes of its parameters one call reads and writes, each element
// counted once, or each time; and how many reads it makes.
#pragma once

#include "ir/program.h"

namespace tinycc {

struct Traffic {
  int64_t read = 0, written = 0;  // bytes
};

/// Of a buffer's dimension as many places count as the indices of all accesses can take, each index a
/// sum over loops; dimensions are taken to be independent. An upper bound, exact for boxes and steps.
Traffic traffic_of(const Kernel& kernel);

/// Bits that a run reads and writes of each buffer, by id: every access, repeats as long as they can be.
std::map<int64_t, int64_t> accessed_bits(const Program& program);

/// Reads that one call makes, those of a vector loop as one: of whole texels of images, and those that a
/// condition may skip.
struct Reads {
  int64_t images = 0, guarded = 0;
};
Reads reads_of(const Kernel& kernel);

}  // namespace tinycc
