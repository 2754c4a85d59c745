// Cycles of machine code, estimated: blocks count as often as their loops turn.
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "compiler/machine/cycles.h"
#include "compiler/machine/resources.h"
#include "compiler/targets/targets.h"

namespace tinycc {
namespace {

std::map<std::string, Cycles> cycles_of(const std::string& text, const char* target) {
  const SourceFile file{"k.c", text, Role::library};
  return estimated_cycles({&file, 1}, {"k"}, resolve_target(target));
}

TEST_CASE("cycles: a loop counts its turns, within another one their product") {
  // Each turn waits for the multiply-add of the one before: no less than its latency.
  const std::string chain =
      "float k(const float x[64]);"
      "float k(const float x[64]) { float s = 0; "
      "for (int r = 0; r < 100; ++r) for (int i = 0; i < 64; ++i) s = s * x[i] + 1.0f; return s; }";
  for (const char* target :
       {"c:cpu=x86-64-v3", "c:cpu=cortex-m4", "c:cpu=cortex-m7", "c:cpu=cortex-a55"}) {
    CAPTURE(target);
    const Cycles c = cycles_of(chain, target).at("k");
    CHECK(c.bounded);
    CHECK(c.cycles > 100 * 64 * 2);
    CHECK(c.cycles < 100 * 64 * 8);
  }
}

TEST_CASE("cycles: a count that no constant bounds is said") {
  const auto found = cycles_of(
      "void k(int n, float *x); void k(int n, float *x) { for (int i = 0; i < n; ++i) x[i] = x[i] "
      "/ 3.0f; }",
      "c:cpu=cortex-m4");
  CHECK_FALSE(found.at("k").bounded);
}

TEST_CASE("cycles: a CPU without a model in LLVM") {
  CHECK_FALSE(has_cpu_model(resolve_target("c:cpu=rv64gc")));
  CHECK(has_cpu_model(resolve_target("c:cpu=cortex-m55")));
  CHECK(cycles_of("int k(void); int k(void) { return 1; }", "c:cpu=rv64gc").empty());
}

TEST_CASE("assembly of a device's unit: PTX, AMD's") {
  const std::string text =
      "extern \"C\" __global__ void k(float *x) { x[threadIdx.x] = expf(x[blockIdx.x]); }";
  const SourceFile cuda{"k.cu", text, Role::kernels};
  CHECK(device_assembly(cuda.name, {&cuda, 1}, resolve_target("cuda:arch=sm_90"))
            .find(".visible .entry k(") != std::string::npos);
  const SourceFile hip{"k.hip", "#include <hip/hip_runtime.h>\n" + text, Role::kernels};
  CHECK(device_assembly(hip.name, {&hip, 1}, resolve_target("hip:arch=gfx1201"))
            .find(".amdhsa_kernel k") != std::string::npos);
  CHECK_THROWS_AS(device_assembly(hip.name, {&hip, 1}, resolve_target("hip:arch=gfx1")), Error);
}

}  // namespace
}  // namespace tinycc
