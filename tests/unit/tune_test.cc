// Tuning without a clock: keys of kernels, excerpts, the space of schedules, the tuning file.
#include "compiler/tune/tune_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ir/parse.h"
#include "passes/build_program.h"
#include "passes/excerpt.h"
#include "passes/pipeline.h"
#include "passes/proposals.h"
#include "passes/rewrite.h"
#include "tests/unit/folder.h"
#include "tests/unit/worked_cases.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

/// A model of tests/passes/cases, lowered for a machine with 32-byte vectors.
struct Lowered {
  Graph graph;
  Draft draft;

  explicit Lowered(const std::string& text, int64_t vector_bytes = 32) {
    graph = parse_graph(text, "test");
    std::mt19937 random(1);
    for (Expr e : topological(graph.roots())) {
      if (e->is(Op::weight)) graph.weights.emplace(e->attr.name, random_tensor(e, random));
    }
    rewrite(graph);
    Target target;
    target.vector_bytes = vector_bytes;
    draft = lowered(graph, target);
  }
  std::string key(size_t c) const { return kernel_key(draft, draft.computations[c]); }
};

std::string case_text(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(fs::path(TINYCC_SOURCE_DIR) / "tests/passes/cases" / (name + ".graph"))
              .rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string error_of(const std::string& text) {
  try {
    parse_tune_file("m.tune.yaml", text);
  } catch (const Error& e) {
    CHECK(e.code == ExitCode::bad_input);
    return e.text();
  }
  return "no error";
}

constexpr const char* kHead = "tinycc: 0.1.0\ntarget: c\ncompiler: clang\n";

}  // namespace

TEST_CASE("tune: a key depends on what is computed, not on names") {
  const std::string text = case_text("convolution");
  const Lowered one(text);
  const Lowered other(replaced(replaced(text, " r: f32", " rest: f32"), " + r, 0", " + rest, 0"));
  const Lowered wide(text, 64);
  for (size_t c = 0; c < one.draft.computations.size(); ++c) {
    CHECK(one.key(c) == other.key(c));
    CHECK(one.key(c) != wide.key(c));
    CHECK(one.key(c).size() == 16);
  }
}

TEST_CASE("tune: what an excerpt reads itself and others read too is one output") {
  const Lowered model(case_text("softmax"));
  const size_t count = model.draft.computations.size();
  for (size_t first = 0; first + 1 < count; ++first) {
    const Excerpt e = excerpt(model.draft, {first, first + 1});
    size_t outputs = 0;
    for (const auto& [id, b] : e.draft.buffers) outputs += b.space == Space::output ? 1 : 0;
    CHECK(e.graph->outputs.size() == outputs);
  }
}

TEST_CASE("tune: an excerpt computes what its kernel does, by any schedule proposed") {
  for (const char* name : {"convolution", "softmax", "frame", "partial_sums"}) {
    CAPTURE(name);
    const Lowered model(case_text(name));
    for (const std::vector<size_t>& parts : kernel_parts(model.draft, {})) {
      const auto result = [&](size_t part, const std::string& moves) {
        Excerpt e = excerpt(model.draft, parts);
        std::mt19937 random(3);
        Values inputs;
        for (const GraphInput& in : e.graph->inputs)
          inputs[in.name] = random_tensor(in.node, random);
        const Program p = build_program(
            std::move(e.draft), [&](const Draft& d, const Computation& c, const std::string&) {
              const bool here = &c - d.computations.data() == static_cast<ptrdiff_t>(part);
              return std::optional(here ? moves : "");
            });
        return run_program(p, inputs);
      };
      const std::vector<TensorData> want = result(0, "");
      for (size_t part = 0; part < parts.size(); ++part) {
        const Computation& c = model.draft.computations[parts[part]];
        const ScheduleSpace space(model.draft, c);
        std::vector<Proposal> all = space.tiles();
        REQUIRE(!all.empty());
        CHECK(all[0].moves == choose_schedule(model.draft, c));
        for (const Proposal& tile : {all[0], all.back()}) {
          for (const Proposal& p : space.neighbours(tile)) all.push_back(p);
        }
        for (size_t i = 0; i < all.size(); i += 1 + all.size() / 100) {
          CAPTURE(all[i].moves);
          REQUIRE(is_legal(model.draft, c, all[i].moves));
          const std::vector<TensorData> got = result(part, all[i].moves);
          REQUIRE(got.size() == want.size());
          for (size_t k = 0; k < got.size(); ++k) {
            const std::vector<double> a = got[k].numbers(), b = want[k].numbers();
            for (size_t n = 0; n < a.size(); ++n) REQUIRE(std::fabs(a[n] - b[n]) <= 1e-4);
          }
        }
      }
    }
  }
}

TEST_CASE("tune: the tuning file comes back as it was written") {
  TuneFile file{"c gnu x86-64-v3 (znver3)", "gcc (Debian 12.2.0-14) 12.2.0", {}, {}};
  file.choices.push_back({"buffers", "0123456789abcdef", "hidden", "0 2 1", 2, 1});
  file.choices.push_back({"graph", "1123456789abcdef", "conv1", "F(2x2,3x3)", 4, 3});
  file.kernels.push_back(
      {"00ff00ff00ff00ff", "conv1_relu", "tile c 16; order y co ci", 12.5, 3, {}});
  file.kernels.push_back({"1234567890123456", "odd \"name\": #1", "", 0.25, 0.125, {}});
  Folder folder;
  const std::string path = (folder.path / "m.tune.yaml").string();
  write_tune_file(path, file);
  const TuneFile back = read_tune_file(path);
  CHECK(to_text(back) == to_text(file));
  REQUIRE(back.choices.size() == 2);
  CHECK(back.choices[0].section == "graph");
  CHECK(back.choices[0].choice == "F(2x2,3x3)");
  CHECK(back.choices[1].choice == "0 2 1");
  REQUIRE(back.kernels.size() == 2);
  CHECK(back.target == file.target);
  CHECK(back.compiler == file.compiler);
  CHECK(back.kernels[0].moves == file.kernels[0].moves);
  CHECK(back.kernels[0].before_us == 12.5);
  CHECK(back.kernels[1].name == file.kernels[1].name);
  CHECK(back.kernels[1].moves.empty());
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);  // nothing left beside it
  CHECK(parse_tune_file("m", std::string(kHead) + "kernels:\n").kernels.empty());
}

TEST_CASE("tune: what is wrong in a tuning file is pointed at") {
  const std::string entry =
      "kernels:\n  - key: ab\n    name: k\n    moves: \"\"\n    before_us: 1\n    after_us: 1\n";
  const std::pair<std::string, const char*> cases[] = {
      {"- 1\n", "m.tune.yaml:1:1: error: a tuning file is a map, not a list"},
      {"tinycc: 1\ntarget: c\n", "`compiler` is missing"},
      {std::string(kHead) + "kernel:\n", "m.tune.yaml:4:1: error: unknown key `kernel`"},
      {std::string(kHead) + "kernels: all\n", "m.tune.yaml:4:10: error: `kernels` is "},
      {std::string(kHead) + "kernels: [x]\n", "an entry is "},
      {std::string(kHead) + "graph: 3\n", "m.tune.yaml:4:8: error: `graph` is "},
      {kHead + replaced(replaced(entry, "kernels", "buffers"), "moves", "choices"),
       "unknown key `choices`"},
      {kHead + replaced(entry, "name", "nam"), "m.tune.yaml:6:5: error: unknown key `nam`"},
      {kHead + replaced(entry, "    moves: \"\"\n", ""), "`moves` is missing"},
      {kHead + replaced(entry, "after_us: 1", "after_us: fast"),
       "m.tune.yaml:9:15: error: `fast` is no time"},
      {kHead + entry + entry.substr(9), "m.tune.yaml:10:10: error: key ab is there twice"},
      {"tinycc: [\n", "m.tune.yaml:"},
  };
  for (const auto& [text, message] : cases) {
    CAPTURE(text);
    const std::string error = error_of(text);
    CAPTURE(error);
    CHECK(error.find(message) != std::string::npos);
  }
}

TEST_CASE("tune: entries apply by key; stale and illegal ones are named") {
  const Lowered model(case_text("convolution"));
  const Computation& c = model.draft.computations.back();
  TuneFile file;
  file.kernels.push_back({kernel_key(model.draft, c), "mine", "", 1, 1, {}});
  file.kernels.push_back({"0000000000000000", "gone", "tile x 4", 1, 1, {}});
  TunedMoves tuned("m.tune.yaml", file);
  CHECK(tuned.stale().find("2 of 2 entries") != std::string::npos);
  const std::optional<std::string> moves = tuned.find(model.draft, c);
  REQUIRE(moves.has_value());
  CHECK(moves->empty());
  CHECK(tuned.stale().find("1 of 2 entries match nothing in this build, and are not used: gone") !=
        std::string::npos);
  file.kernels[0].moves = "tile nowhere 4";
  TunedMoves wrong("m.tune.yaml", file);
  CHECK_THROWS_WITH(wrong.find(model.draft, c), "there is no loop `nowhere`");
}

TEST_CASE("tune: what a pass decides can be decided otherwise, by key") {
  const std::string text = case_text("convolution");
  Lowered model(text);
  std::vector<Decision> asked;
  const auto lowered_with = [&](const Decide& decide) {
    return lowered(model.graph, model.draft.target, decide);
  };
  const auto order_of = [](const Draft& draft, const std::string& name) {
    std::string order;
    for (const auto& [id, b] : draft.buffers) {
      if (b.name != name) continue;
      for (const Axis& a : b.layout.axes)
        order += (order.empty() ? "" : " ") + std::to_string(a.dim);
    }
    return order;
  };
  lowered_with([&](const Decision& d) {
    asked.push_back(d);
    return d.ours;
  });
  for (const Decision& d : asked) {
    CAPTURE(d.name);
    CHECK(d.section == std::string("buffers"));
    CHECK(d.key.size() == 16);
    REQUIRE(d.possible.size() > 1);
    CHECK(order_of(model.draft, d.name) == d.ours);
    TuneFile file;
    file.choices = {{"buffers", d.key, d.name, d.possible.back(), 1, 1},
                    {"graph", "0000000000000000", "gone", "direct", 1, 1}};
    TunedMoves tuned("m.tune.yaml", file);
    REQUIRE(tuned.has_choices());
    const Draft other = lowered_with([&](const Decision& q) { return tuned.decide(q); });
    CHECK(order_of(other, d.name) == d.possible.back());
    CHECK(
        tuned.stale().find("1 of 2 entries match nothing in this build, and are not used: gone") !=
        std::string::npos);
    file.choices[0].choice = "2 1";
    CHECK(TunedMoves("m.tune.yaml", file).decide(d) == d.ours);
  }
}

TEST_CASE("tune: neighbours differ in one step, and lead everywhere") {
  const Lowered model(case_text("convolution"));
  const ScheduleSpace space(model.draft, model.draft.computations.back());
  const Proposal ours = space.tiles()[0];
  const std::vector<Proposal> near = space.neighbours(ours);
  CHECK(near.size() > 10);
  for (const Proposal& p : near) {
    CAPTURE(p.moves);
    CHECK(p.moves != ours.moves);
    const auto back = space.neighbours(p);
    CHECK(std::any_of(back.begin(), back.end(),
                      [&](const Proposal& b) { return b.moves == ours.moves; }));
    CHECK(space.find(p.moves).has_value());
    REQUIRE(space.like(p.knobs).has_value());
  }
}

}  // namespace tinycc
