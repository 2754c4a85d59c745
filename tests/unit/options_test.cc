#include "compiler/options.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace tinycc;

namespace {

Options parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tinycc");
  return *parse_options(static_cast<int>(arguments.size()), arguments.data());
}

std::string error_of(const std::vector<const char*>& arguments, ExitCode code = ExitCode::usage) {
  try {
    parse(arguments);
  } catch (const Error& error) {
    CHECK(error.code == code);
    return error.text();
  }
  return "no error";
}

}  // namespace

TEST_CASE("options: what a build step passes") {
  const Options o = parse({"net.yaml", "-o", "gen/out", "--name", "net", "--target",
                           "c:cpu=native,threads=2", "--target", "c", "--shape", "image=1,3,8,8",
                           "--shape", "s=", "--tune-file", "t.yaml", "--weights", "incbin"});
  CHECK(o.model == "net.yaml");
  CHECK(o.out == "gen/out");
  CHECK(o.name == "net");
  CHECK(o.targets == std::vector<std::string>{"c:cpu=native,threads=2", "c"});
  REQUIRE(o.shapes.size() == 2);
  CHECK(o.shapes[0].dims.size() == 4);
  CHECK(o.shapes[0].dims[1].extent == 3);
  CHECK(o.shapes[1].dims.empty());
  CHECK(o.weights == WeightsMode::incbin);
  CHECK(o.stop_after == Stage::write);
}

TEST_CASE("options: the model may stand behind a repeatable option, values may follow '='") {
  const Options o = parse({"--target", "c", "--print-after", "fuse", "net.onnx",
                           "--stop-after=plan", "--schedule", "conv2: tile i 32; vectorize j 16",
                           "--schedule", "unroll k 4", "--time-passes"});
  CHECK(o.model == "net.onnx");
  CHECK(o.stop_after == Stage::plan);
  CHECK(o.print_after == std::vector<std::string>{"fuse"});
  CHECK(o.schedules[0].kernel == "conv2");
  CHECK(o.schedules[0].moves == " tile i 32; vectorize j 16");
  CHECK(o.schedules[1].kernel.empty());
  CHECK(o.time_passes);
}

TEST_CASE("options: every stage has its name") {
  for (const char* name : {"load", "trace", "rewrite", "schedule", "plan", "emit", "check"}) {
    CHECK(name_of(parse({"m.onnx", "--stop-after", name}).stop_after) == name);
  }
}

TEST_CASE("options: names that can prefix C symbols") {
  for (const char* good : {"digits", "vad_16k", "N", "a__b", "a_"}) CHECK(is_model_name(good));
  for (const char* bad : {"", "2nd", "a-b", "_x", "int", "\xC3\xA4"})
    CHECK(!is_model_name(bad));
}

TEST_CASE("options: TINYCC_DEBUG is a level") {
  setenv("TINYCC_DEBUG", "3", 1);
  CHECK(parse({"m.onnx"}).debug == 3);
  setenv("TINYCC_DEBUG", "loud", 1);
  CHECK(error_of({"m.onnx"}).find("a number from 0 to 5") != std::string::npos);
  unsetenv("TINYCC_DEBUG");
  CHECK(parse({"m.onnx"}).debug == 0);
}

TEST_CASE("options: tune takes what a build takes, wherever it stands") {
  const Options o = parse({"tune", "m.yaml", "--budget", "3", "--target", "c", "--tune-cc", "gcc"});
  CHECK(o.tune);
  CHECK(o.model == "m.yaml");
  CHECK(o.tune_budget == 3);
  CHECK(o.tune_cc == "gcc");
  CHECK(o.targets == std::vector<std::string>{"c"});
  CHECK(parse({"--target", "c", "tune", "m.yaml"}).tune);
  CHECK(!parse({"m.yaml"}).tune);
  CHECK(error_of({"tune", "m.yaml", "--budget", "0"}).find("--budget") != std::string::npos);
  CHECK(error_of({"tune"}).find("no model given") != std::string::npos);
}
