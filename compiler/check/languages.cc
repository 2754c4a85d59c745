// How Clang is called for each language that we emit, as a table: a new language is a row.
// The warnings are those that emitted code passes with GCC too.
#include "compiler/check/judge.h"

namespace tinycc {

namespace {

const char* const kWarnings[] = {
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wdouble-promotion",
    "-Wshadow",
    "-Wvla",
    "-Wundef",
    "-Wcast-qual",
    "-Wcast-align",
    "-Wformat=2",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wmissing-variable-declarations",
    "-Wimplicit-fallthrough",
    "-Wunreachable-code",
    "-Wcomma",
};

const Language kLanguages[] = {
    {"iso", {"-xc", "-std=c99", "-Wpedantic"}},
    {"gnu", {"-xc", "-std=gnu11"}},
    {"opencl",  // the types that its own header would declare: see headers.cc
     {"-xcl", "-cl-std=CL1.2", "-cl-no-stdinc", "-Xclang", "-fdeclare-opencl-builtins",
      "-fno-builtin", "-include", "opencl_types.h", "-Wno-missing-prototypes",
      "-Wno-missing-variable-declarations", "-Wno-unused-function"}},
    {"cuda",
     {"-xcuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "--cuda-gpu-arch=sm_80",
      "-std=c++17", "-include", "cuda_types.h", "-Wno-missing-prototypes", "-Wno-unused-function"}},
    {"hip",
     {"-xhip", "--cuda-device-only", "-nogpuinc", "-nogpulib", "--offload-arch=gfx1100",
      "-std=c++17", "-Wno-missing-prototypes", "-Wno-unused-function"}},
    {"metal",
     {"-xcl", "-cl-std=CLC++2021", "-cl-no-stdinc", "-Wno-unknown-attributes",
      "-Wno-missing-prototypes", "-Wno-unused-function", "-Wno-unknown-pragmas",
      "-Wno-unused-parameter"}},
    {"c++", {"-xc++", "-std=c++17", "-Wno-unused-function"}},  // of interfaces, never emitted
};

}  // namespace

std::span<const char* const> warnings() { return kWarnings; }

const Language* find_language(std::string_view name) {
  for (const Language& language : kLanguages) {
    if (language.name == name) return &language;
  }
  return nullptr;
}

}  // namespace tinycc
