// A text file of out/, and what it is for. Emitters make them, the judge in compiler/check reads
// them, the driver writes them.
#pragma once

#include <string>

namespace tinycc {

/// What a file is for; it decides what is demanded of it.
enum class Role {
  library,    // what a product links: no warning, and every promise
  stub,       // the run-time stub: no warning, and the promises that hold for it too
  tool,       // command line, self-test, benchmark: no warning
  interface,  // the header that users include: must be C++17 as well, and stand alone
  kernels,    // for a device's compiler: no warning, in its own language
  header,     // any other header: judged where it is included
  text,       // no source at all (Makefile, report.json): never looked at
};

struct SourceFile {
  std::string name;  // relative to out/, with '/' between folders
  std::string text;
  Role role = Role::library;
};

}  // namespace tinycc
