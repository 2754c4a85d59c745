// Keys of what is decided; see decide.h.
#include "passes/decide.h"

#include <fmt/format.h>

#include "ir/hash.h"

namespace tinycc {

std::string target_text(const Target& t) {
  return fmt::format("{} {} {} vector {} registers {} fma {} l1 {} l2 {} threads {} prefer {}{}{}",
                     t.language, t.dialect, t.resolved.empty() ? t.cpu : t.resolved, t.vector_bytes,
                     t.registers, t.fma, t.l1_bytes, t.l2_bytes, t.threads,
                     static_cast<int>(t.prefer),
                     !t.half   ? ""
                     : t.brain ? " brain"
                               : " half",
                     t.tf32 ? " tf32" : "");
}

std::string hash_of(const std::string& text) { return fmt::format("{:016x}", fnv1a(text)); }

}  // namespace tinycc
