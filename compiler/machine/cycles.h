// How many cycles a kernel's machine code takes, without the machine. In: emitted C, a target. Out: an
// estimate for each kernel, by LLVM's code generator and its machine-code analyser: each basic block
// is simulated on the CPU's scheduling model as a loop of its own (ports, latencies, issue width,
// register renaming), and counts as often as the constant loops around it turn.
//
// What the model leaves out: caches (each load hits the first one), branches that are predicted
// wrong, waits from one block to the next. Both sides of a condition count.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emitters/source.h"
#include "ir/program.h"

namespace tinycc {

struct Cycles {
  double cycles = 0;        // of one call
  double instructions = 0;  // executed in one call
  bool bounded = true;      // false: of a loop within, the count is not constant and stands for one
  int64_t unknown = 0;      // instructions in the code that the CPU's model does not know
};

/// By function. `functions` are not inlined; those that they call are, or stand for 100 cycles.
/// Empty when LLVM has no scheduling model for the CPU. Errors: Error(bad_input) with Clang's message.
std::map<std::string, Cycles> estimated_cycles(std::span<const SourceFile> files,
                                               const std::vector<std::string>& functions,
                                               const Target& target);

/// Of each kernel of a program, in order; empty as above. What tinycc writes is compiled.
std::vector<Cycles> estimated_cycles(const Program& program);

/// False when LLVM does not know how the target's CPU works, or does not write code for it.
bool has_cpu_model(const Target& target);

/// Basic blocks of machine code, as assembly without directives.
struct Block {
  std::string function, text;
  double count = 1;  // how often it runs in one call of the function
  bool counted = true;
};
/// LLVM's code generator at work on one unit (machine_code.cc).
struct MachineCode {
  std::string triple, cpu, features;
  std::vector<Block> blocks;
};
MachineCode machine_code(const std::string& unit, std::span<const SourceFile> files,
                         const std::vector<std::string>& functions, const Target& target);

/// What one pass through each block takes (analyser.cc). None: there is no model of the CPU.
struct BlockCost {
  double cycles = 0;
  int64_t instructions = 0, unknown = 0;
};
std::optional<std::vector<BlockCost>> analyse(const MachineCode& code);

}  // namespace tinycc
