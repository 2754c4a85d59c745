// Schedules without search: which moves a kernel gets, from how its elements are reached and what
// the target record says. What a search finds later replaces the text, nothing else.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// The moves for this computation, as apply_schedule() reads them; "" for the plain nest.
std::string choose_schedule(const Draft& draft, const Computation& computation);

/// Scheduled statements. `moves` overrides the heuristics where it is not null.
struct Scheduled {
  StmtRef body;
  std::string moves;
};
Scheduled schedule(const Draft& draft, const Computation& computation, const std::string* moves);

}  // namespace tinycc
