// Passes as data. cases/NAME.graph is a graph; the files beside it say what is checked:
//
//   NAME.rewrite     the graph after rewrite()
//   NAME.program     kernels, steps and memory, by the heuristics for a machine with 32-byte vectors
//   NAME.gnu.c       its kernels in GNU C
//   NAME.iso.c       its kernels in C99
//   NAME.smlad.c     its kernels in C99 for a scalar CPU with that idiom and little memory
//   NAME.mve.c       likewise
//   NAME.threads.c   its kernels in GNU C for three threads, however little work there is
//
// RECORD=1 in the environment writes those that are there anew (an empty file starts a check): read
// the difference. Every program is also run, and must compute what its graph means.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/check/check.h"
#include "emitters/cstyle.h"
#include "emitters/text.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "passes/build_program.h"
#include "passes/pipeline.h"
#include "passes/rewrite.h"
#include "passes/winograd.h"
#include "tests/unit/worked_cases.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = fs::path(TINYCC_SOURCE_DIR) / "tests/passes/cases";

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

Graph graph_of(const fs::path& file) {
  std::mt19937 random(1);
  Graph graph = parse_graph(text_of(file), file.filename());
  for (Expr e : topological(graph.roots())) {
    if (e->is(Op::weight)) graph.weights.emplace(e->attr.name, random_tensor(e, random));
  }
  return graph;
}

Graph rewritten(const fs::path& file) {
  Graph graph = graph_of(file);
  rewrite(graph);
  verify(graph, "rewrite");
  return graph;
}

Program program_of(Graph graph, const std::string& variant) {
  Target target;
  target.dialect = variant == "iso" ? "iso" : "gnu";
  target.threads = variant == "threads" ? 3 : 1;
  target.thread_ns = 0;
  target.vector_bytes = 32;
  if (variant == "cuda" || variant == "metal") {
    target.language = target.dialect = variant;
    target.threads = 1 << 22;
    target.vector_bytes = 16;
    target.units = 2;
    target.shared_bytes = 49152;
    target.matrix = variant == "cuda" ? "mma" : "simdgroup";
  }
  if (variant == "opencl") {
    target.language = target.dialect = "opencl";
    target.threads = 1 << 22;
    target.shared_bytes = 32768;
    target.panels = false;
  }
  if (variant == "smlad" || variant == "mve") {
    target.dialect = "iso";
    target.vector_bytes = 0;
    target.prefer = Prefer::ram;
    target.dot = variant == "mve" ? Dot::mve : Dot::smlad;
  }
  use_winograd(graph, target);
  Program program = build_program(lowered(graph, target), {});
  verify(program, "schedule");
  return program;
}

std::string kernels_in_c(const Program& program) {
  const Names names(program);
  std::string text;
  for (size_t k = 0; k < program.kernels.size(); ++k) {
    const Kernel& kernel = program.kernels[k];
    if (!text.empty()) text += "\n";
    if (!kernel.schedule.empty())
      text += fmt::format("/*\n{}\n */\n", wrap_words(kernel.schedule, " * "));
    text += fmt::format("{}{}\n{}", program.target.is_device() ? "" : "static ", names.signature(k),
                        emit_kernel(names, k).body);
  }
  return format_c(wrap_long_lines(text));
}

void check_text(const fs::path& file, const std::string& actual) {
  if (!fs::exists(file)) return;
  if (std::getenv("RECORD") != nullptr) std::ofstream(file) << actual;
  const std::string expected = text_of(file);
  if (expected == actual) return;
  const fs::path mine = fs::temp_directory_path() / file.filename();
  std::ofstream(mine) << actual;
  FAIL_CHECK(fmt::format("differs; see: diff -u {} {}\nRECORD=1 {}", file.string(), mine.string(),
                         "./dev test 'passes as data' takes it over"));
}

void check_values(const Graph& source, const Program& program) {
  std::mt19937 random(2);
  Values inputs;
  for (const GraphInput& in : source.inputs) inputs[in.name] = random_tensor(in.node, random);
  const std::vector<TensorData> want = eval(source, inputs), got = run_program(program, inputs);
  REQUIRE(want.size() == got.size());
  for (size_t k = 0; k < want.size(); ++k) {
    const std::vector<double> a = want[k].numbers(), b = got[k].numbers();
    double worst = 0, most = 1;
    for (size_t i = 0; i < a.size(); ++i) {
      worst = std::max(worst, std::fabs(a[i] - b[i]));
      most = std::max(most, std::fabs(a[i]));
    }
    CHECK(worst <= 1e-5 * most);
  }
}

void check_case(const fs::path& file) {
  const auto beside = [&](const char* suffix) { return fs::path(file).replace_extension(suffix); };
  const Graph graph = rewritten(file);
  check_text(beside("rewrite"), to_text(graph));
  for (const std::string variant : {"gnu", "iso", "threads", "cuda", "smlad", "mve", "metal",
                                    "opencl"}) {
    const Program program = program_of(graph, variant);
    check_values(graph_of(file), program);
    if (variant == "gnu") check_text(beside("program"), to_text(program));
    check_text(beside((variant + ".c").c_str()), kernels_in_c(program));
  }
}

}  // namespace

TEST_CASE("passes as data") {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(kCases)) {
    if (entry.path().extension() == ".graph") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  for (const fs::path& file : files) {
    CAPTURE(file.string());
    check_case(file);
  }
}

}  // namespace tinycc
