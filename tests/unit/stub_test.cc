// The run-time stub, built as its users build it: no warning in any mode, and the thread pool under
// load (tests/stub/threads.c), also with ThreadSanitizer.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace {

const char* const kWarnings =
    "-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wcast-qual "
    "-Wcast-align -Wstrict-prototypes -Wmissing-prototypes -Wdouble-promotion -Wundef -Werror";

/// Compiles the stub and the test program with `flags`, then runs it.
bool passes(const char* compiler, const char* flags) {
  std::string name = (std::filesystem::temp_directory_path() / "tinycc-stub-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  const std::string command = fmt::format(
      "cd {}/runtime_stub && {} {} {} -pthread -I. ../tests/stub/threads.c tinycc_rt.c"
      " tinycc_rt_threads.c -o {}/t && {}/t > /dev/null",
      TINYCC_SOURCE_DIR, compiler, flags, kWarnings, folder.string(), folder.string());
  const int status = std::system(command.c_str());
  std::filesystem::remove_all(folder);
  return status == 0;
}

TEST_CASE("the thread pool runs every part once, with GCC and Clang") {
  CHECK(passes("gcc", "-std=c99 -O2"));
  CHECK(passes("clang-19", "-std=c99 -O2"));
  CHECK(passes("gcc", "-std=c11 -O2 -DTINYCC_RT_C11_ATOMICS"));
  CHECK(passes("gcc", "-std=c99 -O2 -DTINYCC_RT_NO_THREADS"));
}

TEST_CASE("the thread pool has no data race") {
  CHECK(passes("gcc", "-std=c99 -O1 -g -fsanitize=thread -DTINYCC_RT_SPINS=1000"));
  CHECK(passes("clang-19", "-std=c11 -O1 -g -fsanitize=thread -DTINYCC_RT_C11_ATOMICS"));
}

}  // namespace
