// What distinguishes one C-like language from another, as a record. The walk over a kernel
// (cstyle.cc) reads it and knows no language by name.
#pragma once

#include <string>

#include "ir/target.h"

namespace tinycc {

struct Dialect {
  bool vectors = false;           // GNU C vector types; else a vector loop is a plain loop
  bool unroll_pragma = false;     // "#pragma GCC unroll N" over loops that must be unrolled
  std::string index = "int32_t";  // type of loop variables
};

/// iso: C99, nothing beyond. gnu: vector types of GCC and Clang.
inline Dialect dialect_of(const Target& target) {
  const bool gnu = target.dialect == "gnu";
  return {.vectors = gnu && target.vector_bytes >= 16, .unroll_pragma = gnu};
}

}  // namespace tinycc
