// C sources as functions of this process: compiled in memory by Clang and LLVM's ORC, or by another
// compiler to a shared object. In: the library's files of an emitted program. Out: its symbols.
// Meant for a forked child, which may crash or hang without harm.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emitters/source.h"
#include "ir/error.h"
#include "ir/target.h"

namespace tinycc {

class Native {
 public:
  virtual ~Native() = default;
  /// Errors: Error(internal) when there is no such function.
  virtual void* find(const std::string& function) = 0;
};

/// Is it the target's kind of machine that we run on?
bool runs_here(const Target& target);

/// Before the first fork: registers LLVM's back end for this machine.
void prepare_native();

/// Optimisation, machine and standard, as the emitted Makefile has them; of a device, for its host.
std::vector<std::string> native_flags(const Target& target);
/// `cc`: the command of a compiler, which works in `folder`; empty for the Clang within. Errors:
/// Error(bad_input) with the compiler's first message.
std::unique_ptr<Native> compile_native(std::span<const SourceFile> files, const Target& target,
                                       const std::string& cc, const std::string& folder);

/// "clang 19.1.7" (within), or the first line that `cc --version` prints; empty if it does not start.
std::string compiler_version(const std::string& cc);

}  // namespace tinycc
