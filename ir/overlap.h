// Tensors that lie over each other in the arena.
#pragma once

#include "ir/program.h"

namespace tinycc {

/// Have they bytes of the arena in common?
inline bool overlap(const Placed& a, const Placed& b) {
  if (a.buffer->id == b.buffer->id) return true;
  if (a.offset < 0 || b.offset < 0) return false;
  return a.offset < b.offset + b.buffer->bytes() && b.offset < a.offset + a.buffer->bytes();
}

/// Do they overlap, other than element by element?
inline bool shifted(const Placed& a, const Placed& b) {
  const Buffer &x = *a.buffer, &y = *b.buffer;
  return x.id != y.id && overlap(a, b) &&
         (a.offset != b.offset || x.dtype != y.dtype ||
          x.layout.extents(x.shape) != y.layout.extents(y.shape));
}

/// Which arguments of a call lie shifted over others of it.
inline std::vector<bool> shifted_arguments(const Program& program, const Step& call) {
  std::vector<bool> found;
  for (const int64_t a : call.arguments)
    found.push_back(std::any_of(call.arguments.begin(), call.arguments.end(), [&](int64_t b) {
      return shifted(program.buffers.at(a), program.buffers.at(b));
    }));
  return found;
}

}  // namespace tinycc
