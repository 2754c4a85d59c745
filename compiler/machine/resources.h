// What each kernel takes of a GPU's compute unit, without the GPU: registers, spills, local memory. In:
// a program in HIP or CUDA, as it is emitted. Out: numbers, by LLVM's AMDGPU back end in this process
// or by nvcc where there is one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "emitters/host.h"
#include "ir/program.h"

namespace tinycc {

/// Of each kernel of the program, in order; all zero for one that nobody calls. Errors:
/// Error(unsupported) for another language, or where nvcc is missing; Error(bad_input) with a compiler's
/// message.
std::vector<Resources> resources_of(const Program& program);

/// A unit in HIP or CUDA as assembly for target.arch, optimised: AMD's, or PTX (module.cc).
std::string device_assembly(const std::string& name, std::span<const SourceFile> files,
                            const Target& target);

}  // namespace tinycc
