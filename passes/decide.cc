// Keys of what is decided; see decide.h.
#include "passes/decide.h"

#include <fmt/format.h>

namespace tinycc {

std::string target_text(const Target& t) {
  return fmt::format("{} {} {} vector {} registers {} fma {} l1 {} l2 {} threads {} prefer {}",
                     t.language, t.dialect, t.resolved.empty() ? t.cpu : t.resolved, t.vector_bytes,
                     t.registers, t.fma, t.l1_bytes, t.l2_bytes, t.threads,
                     static_cast<int>(t.prefer));
}

std::string hash_of(const std::string& text) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const char ch : text) hash = (hash ^ static_cast<unsigned char>(ch)) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

}  // namespace tinycc
