// Merging of kernels: neighbours that walk the same outer loops become one, and what only passes
// between them shrinks to what one turn needs. So a softmax, four reductions and maps over a row, is
// one kernel that keeps a row at a time.
//
//   for r { m[r] = max_j x[r,j] }  for r { for j { e[r,j] = f(x[r,j], m[r]) } }
//                                  →  for r { local m; m = max_j x[r,j]; for j { e[r,j] = f(x[r,j], m) } }
#pragma once

#include <optional>

#include "passes/draft.h"

namespace tinycc {

/// FLOPs of kernels on a device that starting another one takes longer than.
inline constexpr int64_t kSmallOnDevice = 8000;

/// Parts of a kernel: what people read, and passes go over each time.
inline constexpr size_t kMostParts = 24;

/// A kernel with the computations that it makes.
struct Unit {
  Kernel kernel;
  std::vector<const Computation*> parts;
};

/// The two as one kernel, or nothing where that is not legal or would not pay. Only kernels without
/// multiply-accumulate loops are merged: those have tiles of their own.
std::optional<Unit> merged(const Draft& draft, const Unit& first, const Unit& second);

/// The same of work-groups, each of which makes the second's turns as well: a map over what the groups of
/// the first have summed up becomes lanes of theirs.
std::optional<Unit> merged_groups(const Draft& draft, const Unit& first, const Unit& second);
/// What the kernel of the first unit does besides, but for its statements.
void add_parts(Unit& unit, const Unit& second);

/// Turns each arena buffer that only `unit` touches into an array of the kernel, without the
/// dimensions that its loops walk. `is_private` says whether nothing else reads a buffer.
void shrink_buffers(Draft& draft, Unit& unit, const std::function<bool(int64_t)>& is_private);

}  // namespace tinycc
