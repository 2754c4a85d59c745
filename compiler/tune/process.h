// Other programs, as far as tuning needs them: a compiler that makes a shared object of C files.
#pragma once

#include <string>
#include <vector>

#include "compiler/tune/native.h"

namespace tinycc {

/// Runs a command found in PATH to its end; its status (127: it does not start), and what it printed
/// to stdout and stderr.
struct Finished {
  int status = 0;
  std::string output;
};
Finished run_command(const std::vector<std::string>& words);
/// The first line that a command prints; "" if it fails.
std::string first_line_of(const std::vector<std::string>& words);

/// `units` of `files` as a shared object made by `cc` in a folder that is gone afterwards.
std::unique_ptr<Native> compile_shared(std::span<const SourceFile> files,
                                       const std::vector<std::string>& units,
                                       const std::vector<std::string>& flags,
                                       const std::string& cc);

}  // namespace tinycc
