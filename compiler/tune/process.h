// Other programs, as far as tuning needs them, and a folder for their files.
#pragma once

#include <string>
#include <vector>

#include "compiler/tune/native.h"

namespace tinycc {

/// A folder of our own, gone at the end.
struct Scratch {
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path;
};

/// A command line at its blanks; never empty.
std::vector<std::string> words_of(const std::string& command);
/// Runs a command found in PATH to its end; its status (127: it does not start), and what it printed
/// to stdout and stderr.
struct Finished {
  int status = 0;
  std::string output;
};
Finished run_command(const std::vector<std::string>& words);
/// The first line that a command prints; "" if it fails.
std::string first_line_of(const std::vector<std::string>& words);

/// `units` of `files` as a shared object that `cc` makes in `folder`.
std::unique_ptr<Native> compile_shared(std::span<const SourceFile> files,
                                       const std::vector<std::string>& units,
                                       const std::vector<std::string>& flags, const std::string& cc,
                                       const std::string& folder);

}  // namespace tinycc
