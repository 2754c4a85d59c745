// How threads share a kernel. One with `thread` loops runs as several parts at the same time: each
// makes its share of the turns of every thread loop, and runs the serial loops around it whole; what
// is in no thread loop is done by part 0 alone. Nothing waits within a kernel, so what one part
// writes, no other may touch.
//
//   for y 4 thread { for x 9 thread { S } }    36 turns, shared as one: part p of P makes those from
//                                              36*p/P on, up to 36*(p + 1)/P
#pragma once

#include "ir/groups.h"

namespace tinycc {

/// Loops over threads, or over groups of a device's items (groups.h)?
bool has_threads(const StmtRef& s);

/// Thread loops that are nested perfectly, from `loop` on; several of them all have literal ends.
inline LoopNest shared_by(const StmtRef& loop) { return nest_of(loop, LoopKind::thread); }

/// Why two parts of a kernel might meet; empty where it is proven that they cannot. A last tile that
/// overlaps the one before is such a reason, since both write the same elements.
std::string thread_conflict(const StmtRef& kernel_body);

}  // namespace tinycc
