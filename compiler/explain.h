// `tinycc explain`: what a program consists of, as a table for people. In: a planned program. Out:
// each kernel with the model's nodes, its shapes, its schedule, its work, the time that it should
// take on the target, and which roof of the machine bounds it; what one run takes in all.
#pragma once

#include "compiler/machine/cycles.h"
#include "emitters/host.h"
#include "ir/program.h"

namespace tinycc {

/// `cycles`, `resources`: of each kernel's machine code, or empty.
std::string explained(const Program& program, const std::vector<Cycles>& cycles,
                      const std::vector<Resources>& resources);

}  // namespace tinycc
