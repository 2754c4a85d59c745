// Files that travel inside the program: the runtime stub, which is copied to out/ beside what is
// emitted, and the templates of emitted files. The build writes the functions (embed.cmake), so
// tinycc needs no data files at run time.
#pragma once

#include <span>
#include <string_view>

namespace tinycc {

struct EmbeddedFile {
  std::string_view name;  // without a directory: "tinycc_rt.h"
  std::string_view text;
};

/// runtime_stub/*.h and *.c, sorted by name.
std::span<const EmbeddedFile> embedded_files();
/// emitters/templates/*.in, sorted by name; what they may hold is described in text.h.
std::span<const EmbeddedFile> embedded_templates();

}  // namespace tinycc
