// Folders that tests write, build and run emitted files in.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "emitters/source.h"

namespace tinycc {

/// Every one of them is an error in what we emit.
inline const char* const kWarnings =
    " -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wcast-qual -Wcast-align"
    " -Wstrict-prototypes -Wmissing-prototypes -Wdouble-promotion -Wundef -Werror";

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tinycc-host-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  void write(const SourceFile& file) const {
    std::ofstream(path / file.name, std::ios::binary) << file.text;
  }
  std::string read(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(path / name, std::ios::binary).rdbuf();
    return out.str();
  }
  /// Runs a shell command here; true if it succeeds. What it prints goes to `log`.
  bool run(const std::string& command) const {
    const std::string line = fmt::format("cd {} && ({}) > log 2>&1", path.string(), command);
    return std::system(line.c_str()) == 0;
  }
  std::string log() const { return read("log"); }

  std::filesystem::path path;
};

inline bool has_tool(const char* name) {
  return std::system(fmt::format("command -v {} > /dev/null 2>&1", name).c_str()) == 0;
}

}  // namespace tinycc
