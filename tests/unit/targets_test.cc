#include "compiler/targets/targets.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>

using namespace tinycc;

namespace {

std::string error_of(const std::string& target, ExitCode code = ExitCode::usage) {
  try {
    resolve_target(target);
  } catch (const Error& error) {
    CHECK(error.code == code);
    return error.text();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every embedded target record resolves, in text and in YAML") {
  for (const std::string& cpu : record_names(false)) {
    CAPTURE(cpu);
    const Target target = resolve_target("c:cpu=" + cpu);
    CHECK(target.cpu == cpu);
    CHECK(!target.resolved.empty());
    CHECK(!target.triple.empty());
    CHECK(target.registers > 0);
    CHECK(target.threads == 1);
    const YamlNode yaml = parse_yaml("t.yaml", "c: {cpu: " + cpu + "}\n");
    CHECK(resolve_target(parse_target(yaml, "")).cflags == target.cflags);
  }
}

TEST_CASE("target defaults: generic runs anywhere, microcontrollers get ISO C") {
  const Target plain = resolve_target("c");
  CHECK(plain.cpu == "generic");
  CHECK(plain.dialect == "gnu");
  CHECK(plain.cflags.empty());
  CHECK(plain.vector_bytes == 16);
  const Target m4 = resolve_target("c:cpu=cortex-m4,prefer=ram");
  CHECK(m4.dialect == "iso");
  CHECK(m4.vector_bytes == 0);
  CHECK(m4.fma);
  CHECK(m4.prefer == Prefer::ram);
  CHECK(resolve_target("c:cpu=cortex-m4,dialect=gnu").dialect == "gnu");
}

TEST_CASE("target settings override the record, a base passes on its fields") {
  const Target v4 = resolve_target("c:cpu=x86-64-v4,threads=2,l1_bytes=48K");
  CHECK(v4.vector_bytes == 64);
  CHECK(v4.registers == 32);
  CHECK(v4.fma);
  CHECK(v4.threads == 2);
  CHECK(v4.l1_bytes == 49152);
  CHECK(v4.l2_bytes == 1048576);
}

TEST_CASE("cpu=native says what it found and leaves instruction selection to the C compiler") {
  const Target target = resolve_target("c:cpu=native");
  CHECK(target.cpu == "native");
  CHECK(target.resolved.starts_with(detect_host().record));
  REQUIRE(target.cflags.size() == 1);
  CHECK(contains(target.cflags[0], "=native"));
}

TEST_CASE("wrong targets say what is right") {
  CHECK(contains(error_of("c:cpu=cortex-m5"), "did you mean 'cortex-m3'?"));
  CHECK(contains(error_of("c:cpu"), "is no KEY=VALUE"));
  CHECK(contains(error_of("c:"), "is no KEY=VALUE"));
  CHECK(contains(error_of("c:thread=2"), "did you mean 'threads'?"));
  CHECK(contains(error_of("c:threads=0"), "a number from 1 to 256"));
  CHECK(contains(error_of("c:threads=2,threads=3"), "given twice"));
  CHECK(contains(error_of("c:dialect=c89"), "iso (C99)"));
  CHECK(contains(error_of("c:l1_bytes=9999999999999M"), "cannot be"));
  CHECK(contains(error_of("fortran"), "unknown target language 'fortran'"));
  CHECK(contains(error_of("c:cpu=native,board=x.yaml"), "not both"));
  CHECK(contains(error_of("opencl:gpu=adreno631"), "did you mean 'adreno630'?"));
  CHECK(contains(error_of("opencl:cpu=native"), "the language opencl has no setting 'cpu'"));
  CHECK(contains(error_of("cuda:images=1"), "the language cuda has no setting 'images'"));
  CHECK(contains(error_of("opencl:images=2"), "images cannot be '2'"));
  CHECK(contains(error_of("c:gpu=generic"), "the language c has no setting 'gpu'"));
  CHECK(contains(error_of("c:board=no-such.yaml", ExitCode::bad_input), "does not exist"));
}

TEST_CASE("GPUs have records of their own") {
  for (const std::string& gpu : record_names(true)) {
    const Target target = resolve_target("opencl:gpu=" + gpu);
    CHECK(target.is_device());
    CHECK(target.dialect == "opencl");
    CHECK(target.cpu == gpu);
  }
  CHECK(resolve_target("hip:gpu=gfx90a").arch == "gfx90a");
  CHECK(resolve_target("hip:gpu=amd").arch.empty());
  CHECK(resolve_target("cuda:gpu=sm_80,arch=sm_90a").arch == "sm_90a");
  CHECK(resolve_target("opencl").group == 64);
  CHECK(resolve_target("opencl:images=1").vector_bytes == 16);
  CHECK(resolve_target("opencl:images=1,image_side=2048").image_side == 2048);
}

TEST_CASE("a board file is a record of the user's own") {
  const std::string path = "targets_test_board.yaml";
  std::ofstream(path) << "base: cortex-m7\nl1_bytes: 32K\ncflags: [-mcpu=cortex-m7, -mthumb]\n";
  const Target board = resolve_target("c:board=" + path + ",threads=1");
  CHECK(board.cpu == "targets_test_board");
  CHECK(board.triple == "thumbv7em-none-eabihf");
  CHECK(board.l1_bytes == 32768);
  std::ofstream(path) << "base: cortex-m7\nl1byte: 32K\n";
  const std::string error = error_of("c:board=" + path, ExitCode::bad_input);
  CHECK(contains(error, "targets_test_board.yaml:2:1: error: a target record has no key 'l1byte'"));
  CHECK(contains(error, "did you mean 'l1_bytes'?"));
  std::remove(path.c_str());
}
