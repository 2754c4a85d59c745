// Errors for people: one message, where it is, and what to do about it. Everything that can be
// wrong with a model, a file or a flag ends as an Error; main() prints it and exits with its code.
#pragma once

#include <stdexcept>
#include <string>

namespace tinycc {

/// Exit codes of the program; documented in README.md and `tinycc --help`.
enum class ExitCode {
  ok = 0,
  bad_input = 1,     // a model, weights or tuning file is wrong
  usage = 2,         // the command line is wrong
  unsupported = 3,   // well-formed, but something in it is not supported; named in the message
  cannot_write = 4,  // out/ cannot be written
  internal = 5,      // a check of our own failed: always a bug in tinycc
  different = 6,     // `verify`: the emitted code's numbers are not the reference's
};

/// A place in a text file; line and column count from 1, 0 means unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  std::string source;  // the text of that line, for the caret; may be empty
};

class Error : public std::runtime_error {
 public:
  explicit Error(ExitCode code, const std::string& message, std::string hint = "", Location at = {})
      : std::runtime_error(message), code(code), hint(std::move(hint)), at(std::move(at)) {}

  ExitCode code;
  std::string hint;  // what to do; may be empty
  Location at;       // where; file may be empty

  /// As it is printed: "FILE:LINE:COLUMN: error: MESSAGE", the source line, a caret, "hint: …".
  std::string text() const;
};

/// Throws Error(ExitCode::internal): a broken invariant. Says where in our source.
[[noreturn]] void bug(const std::string& what, const char* file, int line);
#define TCC_CHECK(condition, what)                             \
  do {                                                         \
    if (!(condition)) ::tinycc::bug(what, __FILE__, __LINE__); \
  } while (false)

}  // namespace tinycc
