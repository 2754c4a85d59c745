// See error.h.
#include "ir/error.h"

namespace tinycc {

std::string Error::text() const {
  std::string out;
  if (!at.file.empty()) {
    out += at.file + ":";
    if (at.line > 0) out += std::to_string(at.line) + ":";
    if (at.line > 0 && at.column > 0) out += std::to_string(at.column) + ":";
    out += " ";
  }
  out += std::string("error: ") + what() + "\n";
  if (!at.source.empty()) {
    out += "  " + at.source + "\n";
    if (at.column > 0) out += "  " + std::string(static_cast<size_t>(at.column - 1), ' ') + "^\n";
  }
  if (!hint.empty()) out += "hint: " + hint + "\n";
  return out;
}

void bug(const std::string& what, const char* file, int line) {
  std::string_view name(file);
  if (const size_t slash = name.rfind('/'); slash != std::string_view::npos)
    name.remove_prefix(slash + 1);
  throw Error(ExitCode::internal,
              what + " [" + std::string(name) + ":" + std::to_string(line) + "]",
              "this is a bug in tinycc; please report it with the model");
}

}  // namespace tinycc
