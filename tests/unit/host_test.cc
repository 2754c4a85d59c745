// Everything around the kernels, on a program made by hand: it compiles without a warning by two
// compilers, passes its own self-test, and does what the command line promises.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "emitters/literal.h"
#include "emitters/text.h"
#include "tests/unit/demo_program.h"
#include "tests/unit/folder.h"

namespace tinycc {
namespace {

std::vector<SourceFile> all_files(const Demo& demo) {
  const HostInputs host = demo.host();
  std::vector<SourceFile> files = emit_host(host);
  files.push_back(emit_report(host, files));
  return files;
}

const SourceFile& file_named(const std::vector<SourceFile>& files, const std::string& name) {
  for (const SourceFile& file : files) {
    if (file.name == name) return file;
  }
  FAIL("no file " << name);
  return files.front();
}

/// A .npy file of version 1.
SourceFile npy(const std::string& name, const std::string& descr, const std::string& shape,
               const std::vector<std::byte>& data) {
  const std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}\n", descr, shape);
  std::string text = std::string("\x93NUMPY\1\0", 8);
  text += static_cast<char>(header.size());
  text += '\0';
  text += header;
  text.append(reinterpret_cast<const char*>(data.data()), data.size());
  return {name, text, Role::text};
}

struct Build {
  const char* compiler;
  const char* dialect;
  WeightsMode weights;
  bool parallel;
  const char* flags;
};

TEST_CASE("what is emitted compiles without a warning and passes its self-test") {
  const Build builds[] = {
      {"gcc", "gnu", WeightsMode::source, false, "-O1"},
      {"clang-19", "iso", WeightsMode::source, false, "-O1 -Wpedantic"},
      {"clang-19", "gnu", WeightsMode::bin, true, "-O1"},
      {"gcc", "iso", WeightsMode::bin, false, "-O1 -Wpedantic -fsanitize=undefined"},
      {"gcc", "gnu", WeightsMode::incbin, true, "-O1 -g -fsanitize=thread"},
      {"clang-19", "iso", WeightsMode::source, false, "-O1 -g -fsanitize=address,undefined"},
  };
  for (const Build& build : builds) {
    if (!has_tool(build.compiler)) continue;
    const std::string how = fmt::format("{} {} {}", build.compiler, build.dialect, build.flags);
    CAPTURE(how);
    const Folder folder;
    const Demo demo(build.dialect, build.weights, build.parallel);
    for (const SourceFile& file : all_files(demo)) folder.write(file);
    const bool ok = folder.run(fmt::format("make check cli demo-bench CC={} CFLAGS='{}{}'",
                                           build.compiler, build.flags, kWarnings));
    CHECK_MESSAGE(ok, folder.log());
    CHECK(folder.log().find("demo: 2 cases, 0 failures") != std::string::npos);
    CHECK_MESSAGE(folder.run("./demo-bench 3"), folder.log());
    CHECK_MESSAGE(folder.run("make clean && ! ls *.o *.a demo-* 2> /dev/null"), folder.log());
  }
}

TEST_CASE("the command line reads, writes and refuses .npy files") {
  const Folder folder;
  const Demo demo("gnu");
  for (const SourceFile& file : all_files(demo)) folder.write(file);
  REQUIRE_MESSAGE(folder.run("make cli CFLAGS=-O1"), folder.log());
  const GoldenCase& golden = demo.golden[0];
  folder.write(npy("x.npy", "<f4", "(8, 8, 2)", *golden.inputs[0].bytes));
  folder.write(npy("q.npy", "|i1", "(8, 8, 2)", *golden.inputs[1].bytes));
  folder.write(npy("f.npy", "|b1", "()", *golden.inputs[2].bytes));
  CHECK_MESSAGE(folder.run("mkdir o && ./demo-cli --out o x.npy q.npy f.npy"), folder.log());
  const std::string written = folder.read("o/out_0.npy");
  CHECK(written.starts_with(std::string("\x93NUMPY\1\0", 8)));
  CHECK(written.find("{'descr': '<f4', 'fortran_order': False, 'shape': (8, 8, 2), }") == 10);
  CHECK(written.size() == 128 + 512);
  CHECK(folder.read("o/out_1.npy").find("'|i1'") != std::string::npos);
  CHECK(folder.read("o/out_1.npy").find("(4,)") != std::string::npos);
  CHECK_MESSAGE(folder.run("./demo-cli --bench 5 --threads 2 x.npy q.npy f.npy"), folder.log());
  CHECK(folder.log().starts_with("{\"runs\":5,\"median_us\":"));
  const auto refused = [&](const char* arguments, const char* message) {
    CAPTURE(arguments);
    CHECK_FALSE(folder.run(std::string("./demo-cli ") + arguments));
    CHECK_MESSAGE(folder.log().find(message) != std::string::npos, folder.log());
  };
  refused("x.npy q.npy", "usage");
  refused("--bench 0 x.npy q.npy f.npy", "--bench");
  refused("--fast x.npy q.npy f.npy", "unknown option");
  refused("q.npy q.npy f.npy", "wrong element type; input x is '<f4' (8, 8, 2)");
  refused("x.npy q.npy none.npy", "none.npy: cannot be opened");
  refused("Makefile q.npy f.npy", "not a .npy file");
  refused("--out missing x.npy q.npy f.npy", "cannot be written");
  folder.write(npy("short.npy", "<f4", "(8, 8, 2)", {}));
  refused("short.npy q.npy f.npy", "too short");
  folder.write(npy("wide.npy", "<f4", "(8, 8, 3)", *golden.inputs[0].bytes));
  refused("wide.npy q.npy f.npy", "wrong shape");
}

TEST_CASE("many kernels are spread over files that link together") {
  const Folder folder;
  Demo demo("gnu", WeightsMode::bin, true);
  for (KernelText& kernel : demo.kernels) {  // comments are text too
    kernel.body.insert(2, "    /* " + std::string(40000, '-') + " */\n");
  }
  const std::vector<SourceFile> files = all_files(demo);
  for (const SourceFile& file : files) folder.write(file);
  CHECK(file_named(files, "demo_kernels_4.c").text.find("demo_classify(") != std::string::npos);
  CHECK(file_named(files, "report.json").text.find("demo_kernels_2.c:") != std::string::npos);
  const bool ok = folder.run(fmt::format("make check CFLAGS='-O0{}'", kWarnings));
  CHECK_MESSAGE(ok, folder.log());
}

TEST_CASE("a model may lack inputs, weights and arena") {
  for (const char* dialect : {"iso", "gnu"}) {
    const Folder folder;
    const Program program = tiny_program(dialect);
    const Names names(program, WeightsMode::bin);
    HostInputs host{names, {}, {}, {}, {}, {}};
    host.kernels = {
        {"{\n    numbers->at[0] = 0x3C00u;\n    numbers->at[1] = 0x7C00u;\n"
         "    numbers->at[2] = 0xC000u;\n}\n",
         ""}};
    host.golden.emplace_back();
    host.golden[0].outputs = {TensorData::of_numbers(DType::f16, {3}, {1, INFINITY, -2})};
    for (const SourceFile& file : emit_host(host)) folder.write(file);
    const bool ok = folder.run(fmt::format("make check cli tiny-bench CFLAGS='-O1{}'", kWarnings));
    CHECK_MESSAGE(ok, folder.log());
    CHECK_MESSAGE(folder.run("./tiny-cli"), folder.log());
    CHECK(folder.read("out_0.npy").size() == 128 + 6);
  }
}

TEST_CASE("emitting is a function of its input alone") {
  for (const char* dialect : {"iso", "gnu"}) {
    const std::vector<SourceFile> first = all_files(Demo(dialect));
    const std::vector<SourceFile> second = all_files(Demo(dialect));
    REQUIRE(first.size() == second.size());
    for (size_t i = 0; i < first.size(); ++i) {
      CHECK(first[i].name == second[i].name);
      CHECK(first[i].text == second[i].text);
    }
  }
}

TEST_CASE("the emitted CMakeLists.txt builds and tests the model") {
  const Folder folder;
  const Demo demo("gnu", WeightsMode::bin, true);
  for (const SourceFile& file : all_files(demo)) folder.write(file);
  const bool ok = folder.run("cmake -S . -B build && cmake --build build && cd build && ctest");
  CHECK_MESSAGE(ok, folder.log());
}

TEST_CASE("a model without golden vectors compares its ways to run") {
  const Folder folder;
  const Demo demo("iso", WeightsMode::source, false, false);
  for (const SourceFile& file : all_files(demo)) folder.write(file);
  CHECK_MESSAGE(folder.run("make check CFLAGS=-O0"), folder.log());
  CHECK(folder.log().find("demo: 1 cases, 0 failures") != std::string::npos);
}

TEST_CASE("the self-test notices wrong results") {
  const Folder folder;
  Demo demo("gnu");
  demo.golden[0].outputs[1] = TensorData::of_numbers(DType::i8, {4}, {1, 2, 3, 99});
  for (const SourceFile& file : all_files(demo)) folder.write(file);
  CHECK_FALSE(folder.run("make check CFLAGS=-O0"));
  CHECK_MESSAGE(folder.log().find("FAILED: generated: element 3 of model/r:0") != std::string::npos,
                folder.log());
}

TEST_CASE("the report names nodes, sizes and the line of each kernel") {
  const std::vector<SourceFile> files = all_files(Demo("gnu"));
  const std::string& report = file_named(files, "report.json").text;
  for (const char* part :
       {"\"arena_bytes\": 1664", "\"state_bytes\": 8", "\"macs\": 12345",
        "\"name\": \"demo_pad_scale\"", "\"nodes\": [\"shift\", \"add\", \"sub\"",
        "\"schedule\": \"none\"", "\"source\": \"demo.c:"}) {
    CHECK_MESSAGE(report.find(part) != std::string::npos, part);
  }
  CHECK(report.find("\"source\": \"\"") == std::string::npos);
}

TEST_CASE("identifiers are legal and stay apart") {
  CHECK(c_identifier("conv1.weight") == "conv1_weight");
  CHECK(c_identifier("/model/0/Conv:out") == "model_0_Conv_out");
  CHECK(c_identifier("9 lives") == "x9_lives");
  CHECK(c_identifier("") == "x");
  CHECK(c_identifier("class") == "class_");
  CHECK(c_identifier("__x__y__") == "x_y");
  std::set<std::string> taken;
  CHECK(unique_identifier("a.b", taken) == "a_b");
  CHECK(unique_identifier("a/b", taken) == "a_b_2");
}

TEST_CASE("number literals are exact") {
  const auto text = [](DType dtype, double value) {
    return literal(TensorData::of_numbers(dtype, {1}, {value}), 0);
  };
  CHECK(text(DType::f32, 1.5) == "0x1.8p+0f");
  CHECK(text(DType::f32, -0.0) == "-0x0p+0f");
  CHECK(text(DType::f32, std::ldexp(1, -149)) == "0x1p-149f");
  CHECK(text(DType::f64, 0.1) == "0x1.999999999999ap-4");
  CHECK(text(DType::f32, -INFINITY) == "-INFINITY");
  CHECK(text(DType::f16, 1) == "0x3c00u");
  CHECK(text(DType::i8, -128) == "-128");
  CHECK(text(DType::u32, 4294967295.0) == "4294967295u");
  CHECK(literal(TensorData::of_integers(DType::i64, {1}, {INT64_MIN}), 0) ==
        "(-9223372036854775807LL - 1)");
  const std::byte bytes[] = {std::byte{7},   std::byte{'1'}, std::byte{0},  std::byte{'"'},
                             std::byte{255}, std::byte{'?'}, std::byte{'a'}};
  CHECK(bytes_literal(bytes) == R"("\0071\0\42\377\77a")");
}

TEST_CASE("inputs by hash are the same numbers in the self-test") {
  const TensorData data = golden_input(DType::f32, {2, 3}, 7, 1);
  for (int64_t i = 0; i < 6; ++i) CHECK(std::fabs(data.number(i)) <= 1);
  CHECK(golden_input(DType::f16, {4}, 1, 0).number(0) != 0);
  CHECK(golden_input(DType::i4, {99}, 1, 0).integer(98) >= -8);
}

TEST_CASE("templates drop empty lines of blocks and keep everything else") {
  const TextValues values{{"a", "1"}, {"none", ""}, {"rows", "x\n\ny"}};
  CHECK(expand("@a@ + @a@ $@ @\n", values) == "1 + 1 $@ @\n");
  CHECK(expand("  @rows@\n  @none@\nend", values) == "  x\n\n  y\nend\n");
  CHECK(expand("@if none@\nno\n@end@\n@unless none@\nyes\n@end@\n", values) == "yes\n");
  CHECK_THROWS_AS(expand("@unknown@", values), Error);
  CHECK(thousands(-1234567) == "-1,234,567");
}

}  // namespace
}  // namespace tinycc
