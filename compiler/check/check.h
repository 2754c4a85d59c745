// The judge of what tinycc writes: every emitted source is parsed in-process by Clang, in its own
// language and from memory, and what we promise about it is proven on the syntax tree. In: source
// texts; out: findings (none, if all is well), and CheckedSources, the only thing that may be
// written to disk. The parse sees no file of this machine, so it is the same on every machine.
// It takes 1 to 6 ms a file, 0.4 s for 1 MB of kernels, 80 ms for a million weights in strings.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emitters/source.h"

namespace tinycc {

struct CheckOptions {
  std::string language = "gnu";             // a row of languages.cc: "iso" (C99), "gnu" (gnu11)
  std::string kernels = "opencl";           // the row for files of a device's kernels
  std::string triple = "x86_64-linux-gnu";  // what the target is, as Clang spells it
  std::vector<std::string> flags = {};      // further arguments of Clang: -march=…, -D…
  std::vector<std::string> externals = {};  // functions from elsewhere that the library may call
  std::vector<std::string> hooks = {};      // struct members through which the library may call
  std::string prefix = {};                  // of every name in the library; empty: not checked
  bool symbolic_loops = false;              // bounds may also contain const variables
};

/// Something wrong in an emitted file. Line and column count from 1; line 0: the file as a whole.
struct Finding {
  std::string file;
  int line = 0;
  int column = 0;
  std::string rule;  // a promise ("heap"), a warning ("-Wshadow"), or "error"
  std::string message;

  /// "FILE:LINE:COLUMN: MESSAGE [RULE]"
  std::string text() const;

  bool operator==(const Finding&) const = default;
};

/// Parses and judges all files. What is wrong, by file in the given order, then by line.
std::vector<Finding> check_sources(std::span<const SourceFile> files, const CheckOptions& options);

/// Files without a finding. Made by require_clean() alone, so that holding one is the proof.
class CheckedSources {
 public:
  const std::vector<SourceFile>& files() const { return files_; }

 private:
  friend CheckedSources require_clean(std::vector<SourceFile>, const CheckOptions&);
  explicit CheckedSources(std::vector<SourceFile> files) : files_(std::move(files)) {}

  std::vector<SourceFile> files_;
};

/// The files, or an Error(internal) that lists the findings: emitting a bad file is our bug.
CheckedSources require_clean(std::vector<SourceFile> files, const CheckOptions& options);

/// `text`, C source, in the fixed layout of everything we emit: 100 columns, 4 spaces, braces
/// always, on a line of their own for functions only. Comments stay as they are, and so does an
/// initialiser at file scope of over 2,000 bytes: lay out tables when you write them. Idempotent.
/// 2 to 10 ms a file; of weights, 50 ms a megabyte, which the caller had better save.
std::string format_c(std::string_view text);

}  // namespace tinycc
