// cpu=native: what the machine that tinycc runs on is, by LLVM's reading of its feature flags.
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/TargetParser/Host.h>
#include <unistd.h>

#include "compiler/targets/targets.h"

namespace tinycc {
namespace {

std::string x86_level(const llvm::StringMap<bool>& features) {
  const auto has = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (!features.lookup(name)) return false;
    }
    return true;
  };
  if (has({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})) return "x86-64-v4";
  if (has({"avx2", "fma", "bmi", "bmi2", "f16c"})) return "x86-64-v3";
  if (has({"sse4.2", "ssse3", "popcnt"})) return "x86-64-v2";
  return "generic";
}

/// What it has beyond the record; features that LLVM does not know of this architecture are not there.
Dot host_dot(const llvm::StringMap<bool>& features) {
  const bool wide = features.lookup("avx512vnni") && features.lookup("avx512vl");
  if (wide || features.lookup("avxvnni")) return Dot::vnni;
  return features.lookup("dotprod") ? Dot::sdot : Dot::none;
}

int64_t cache_bytes([[maybe_unused]] int level) {
#ifdef _SC_LEVEL1_DCACHE_SIZE
  const long bytes = sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : _SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? bytes : 0;
#else
  return 0;
#endif
}

}  // namespace

HostCpu detect_host() {
  HostCpu host;
  const llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  host.dot = host_dot(features);
#if defined(__x86_64__)
  host.record = x86_level(features);
#elif defined(__aarch64__)
  host.record = "aarch64";
#else
  host.record = "generic";
#endif
  host.name = llvm::sys::getHostCPUName().str();
  host.l1_bytes = cache_bytes(1);
  host.l2_bytes = cache_bytes(2);
  return host;
}

}  // namespace tinycc
