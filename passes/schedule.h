// Schedules without search: which moves a kernel gets, from how its elements are reached and what
// the target record says. What a search finds later replaces the text, nothing else.
#pragma once

#include "passes/cost.h"

namespace tinycc {

/// What a schedule is written from: a nest, and what a search may decide otherwise than the
/// heuristics do (kTheirs).
struct Choice {
  static constexpr int64_t kTheirs = -1;
  Nest nest;
  bool tail = false;            // the rest of a vector loop behind it, not recomputed
  int64_t outer = kTheirs;      // the loop over vectors: 0 outermost, 1 before the rows', 2 behind
  int64_t block = kTheirs;      // parts of the loop blocked for the second cache, as power of 2
  int64_t sum_block = kTheirs;  // the same of the reduction
  int64_t reduced = 0;          // its loops: 0 windows outside, 1 as they are, 2 windows inside
  int64_t unrolled =
      kTheirs;  // of it: 0 nothing, 1 the last, 2 short ones, 3 four turns of the last
};

/// The moves for this computation, as apply_schedule() reads them; "" for the plain nest.
std::string choose_schedule(const Draft& draft, const Computation& computation);
/// The same from a choice; its moves may be illegal.
std::string write_schedule(const Draft& draft, const Computation& computation,
                           const Choice& choice);

/// Scheduled statements. `moves` overrides the heuristics where it is not null.
struct Scheduled {
  StmtRef body;
  std::string moves;
  double cost = 0;  // of the heuristics' nest (cost.h)
};
Scheduled schedule(const Draft& draft, const Computation& computation, const std::string* moves);

}  // namespace tinycc
