// Scheduling and planning of a whole draft: the last pass before emission.
#pragma once

#include "passes/draft.h"

namespace tinycc {

/// Kernels, steps, packed weights and the memory plan. `schedules`: moves by kernel name that
/// replace the heuristics'; "*" is for every kernel.
Program build_program(Draft draft, const std::map<std::string, std::string>& schedules);

}  // namespace tinycc
