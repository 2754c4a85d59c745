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

/// Images are taken whole: one that is free by then and has to grow least, or another one.
class ImagePlan {
 public:
  explicit ImagePlan(std::vector<Image>& images) : images_(images) {}
  /// The place of a buffer that lives from the first step to the last; in the order of the first ones.
  Placed place(const Buffer& buffer, int64_t first, int64_t last);

 private:
  std::vector<Image>& images_;
  std::vector<int64_t> ends_;  // of each: the last step that reads it
};

}  // namespace tinycc
