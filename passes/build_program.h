// Scheduling and planning of a whole draft: the last pass before emission.
#pragma once

#include <functional>

#include "passes/bands.h"

namespace tinycc {

/// The moves of a computation, from whoever knows better than the heuristics (nothing: theirs).
/// `kernel` is the name that it has unless it is merged with others.
using MovesOf = std::function<std::optional<std::string>(const Draft&, const Computation&,
                                                         const std::string& kernel)>;

/// Kernels, steps, packed weights and the memory plan. `ram`: bytes that the arena may take, whatever
/// time that costs; 0: as it comes. Error(unsupported) says what it takes at least.
Program build_program(Draft draft, const MovesOf& moves, int64_t ram = 0);
/// The same with these bands.
Program build_program(Banded banded, const MovesOf& moves, int64_t ram = 0);

/// Which computations become one kernel: their places in the draft, in order.
std::vector<std::vector<size_t>> kernel_parts(const Draft& draft, const MovesOf& moves);

}  // namespace tinycc
