// Memory: every arena buffer gets an offset such that buffers that live at the same time do not
// overlap, but for what a step may write over what it reads. In: buffers with their first write and
// last read. Out: offsets, the size of the arena.
#pragma once

#include "ir/program.h"

namespace tinycc {

/// May kernels write over what they read? Those of scalars do it in the order of their text.
inline bool is_tight(const Target& t) { return t.prefer == Prefer::ram && t.is_scalar(); }

struct Lifetime {
  int64_t buffer = 0;
  int64_t bytes = 0;
  int64_t first = 0, last = 0;  // steps, both included
  int64_t in_place_of = -1;     // takes over this buffer's memory at its first step
  /// Buffers that its first step reads for the last time and may write over, with how far they have
  /// to start behind it at least (lag_of() in ir/reach.h).
  std::vector<std::pair<int64_t, int64_t>> over = {};
  int64_t accessed = 0;  // bits that a run reads and writes of it
};

struct Plan {
  std::map<int64_t, int64_t> offsets;  // by buffer: in the arena, its memories one behind the other
  std::vector<int64_t> used;           // bytes of each memory; of the last one maybe too many
  int64_t bytes = 0;                   // of the arena
  int64_t bound = 0;                   // largest working set of one step: no plan can be smaller
};

/// Best of several greedy orders (largest first, longest-lived first, first written first …), each block
/// at the lowest offset that is free for the whole life. Offsets are multiples of `align`. Steps write
/// over what they read only where the arena would else be larger than `enough`. Of several memories
/// each block takes the first that has room, those that are accessed most for their size before others;
/// the best plan has the fewest accesses of the second, twice that of the third … What fits nowhere is
/// put into the last.
Plan plan_memory(const std::vector<Lifetime>& lifetimes, int64_t align, int64_t enough = 0,
                 const std::vector<Bank>& memories = {});

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
