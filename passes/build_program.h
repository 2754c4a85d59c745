// Scheduling and planning of a whole draft: the last pass before emission.
#pragma once

#include <functional>

#include "passes/draft.h"

namespace tinycc {

/// The moves of a computation, from whoever knows better than the heuristics (nothing: theirs).
/// `kernel` is the name that it has unless it is merged with others.
using MovesOf = std::function<std::optional<std::string>(const Draft&, const Computation&,
                                                         const std::string& kernel)>;

/// Kernels, steps, packed weights and the memory plan.
Program build_program(Draft draft, const MovesOf& moves);

/// Which computations become one kernel: their places in the draft, in order.
std::vector<std::vector<size_t>> kernel_parts(const Draft& draft, const MovesOf& moves);

}  // namespace tinycc
