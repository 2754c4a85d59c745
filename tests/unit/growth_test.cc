// Compiling takes work in proportion to the size of the model. Work is counted in allocations, which
// are the same in each run and on each machine, not in time.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "compiler/driver.h"
#include "tests/unit/folder.h"

namespace {

std::atomic<int64_t> allocations = 0;

}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace tinycc {
namespace {

/// Layer k of a model, as text of a model.yaml; {0} is this one, {1} the one before.
constexpr const char* kLayers[] = {
    "  h{0}: relu(matmul(h{1}, w))\n",
    "  h{0}: h{1} + relu(matmul(h{1}, w)) + tanh(matmul(h{1}, v))\n",
    "  h{0}: tanh(h{1} * 0.5 + x)\n",
    "  h{0}: softmax(h{1} * 2)\n",
};

int64_t work_of_model(const char* layer, int layers) {
  const Folder folder;
  std::string text =
      "tinycc: 1\nname: growing\n"
      "inputs: {x: \"f32[4,16]\", w: \"f32[16,16]\", v: \"f32[16,16]\"}\nlet:\n  h0: x * 2\n";
  for (int k = 1; k <= layers; ++k) text += fmt::format(fmt::runtime(layer), k, k - 1);
  folder.write({"model.yaml", text + fmt::format("outputs: {{y: h{}}}\n", layers), Role::text});
  Options options;
  options.model = (folder.path / "model.yaml").string();
  options.out = (folder.path / "out").string();
  const int64_t before = allocations;
  CHECK(run(options) == 0);
  return allocations - before;
}

TEST_CASE("compiling takes work in proportion to the size of the model") {
  for (const char* layer : kLayers) {
    CAPTURE(layer);
    const int64_t none = work_of_model(layer, 1), some = work_of_model(layer, 100),
                  twice = work_of_model(layer, 200);
    CHECK(static_cast<double>(twice - none) / static_cast<double>(some - none) < 2.3);
  }
}

}  // namespace
}  // namespace tinycc
