// A hash of bytes that is the same on every machine, for keys and marks that files hold.
#pragma once

#include <cstdint>
#include <string_view>

namespace tinycc {

/// FNV-1a, 64 bits.
constexpr uint64_t fnv1a(std::string_view bytes) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace tinycc
