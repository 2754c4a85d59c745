// See tune.h.
#include "compiler/tune/tune.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include "compiler/load.h"
#include "compiler/tune/native.h"
#include "compiler/tune/search.h"
#include "compiler/tune/tune_file.h"
#include "passes/pipeline.h"
#include "passes/schedule.h"

namespace tinycc {
namespace {

Draft draft_of(Graph& graph, const Target& target, bool exact) {
  for (const GraphPass& pass : graph_passes()) pass.run(graph, {target, exact});
  return lowered(graph, target);
}

std::string target_text(const Target& t) {
  return fmt::format("{} {} {}", t.language, t.dialect, t.resolved.empty() ? t.cpu : t.resolved);
}

/// What a file that is there already says, for this target and model.
std::vector<std::string> start_of(const Draft& draft, const std::string& path, TuneFile& known) {
  TunedMoves tuned;
  if (std::filesystem::exists(path)) {
    known = read_tune_file(path);
    tuned = TunedMoves(path, known);
  }
  std::vector<std::string> moves;
  for (const Computation& c : draft.computations) {
    const std::optional<std::string> found = tuned.find(draft, c);
    moves.push_back(found ? *found : choose_schedule(draft, c));
  }
  std::cerr << tuned.stale();
  return moves;
}

/// Every computation whose moves are not the heuristics', in the order of the program. Kernels whose
/// gain a file knew already keep the time from before it.
TuneFile file_of(const Search& search, const TuneFile& known, const TuneFile& head) {
  TuneFile file = head;
  std::set<std::string> seen;
  for (const TunedUnit& u : search.units()) {
    for (size_t i = 0; i < u.keys.size(); ++i) {
      if (u.moves[i] == u.before[i] || !seen.insert(u.keys[i]).second) continue;
      TunedKernel k{u.keys[i], u.name, u.moves[i], u.before_us, u.now_us, {}};
      for (const TunedKernel& old : known.kernels) {
        if (old.key == k.key) k.before_us = std::max(old.before_us, k.after_us);
      }
      file.kernels.push_back(k);
    }
  }
  return file;
}

class Progress {
 public:
  void show(const std::string& text) {
    if (isatty(STDERR_FILENO) == 0) return;
    std::cerr << "\r\033[K" << text.substr(0, 78) << std::flush;
    shown_ = true;
  }
  void end() {
    if (std::exchange(shown_, false)) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  bool shown_ = false;
};

void print_table(const Search& search) {
  double before = 0, after = 0;
  std::vector<const TunedUnit*> units;
  for (const TunedUnit& u : search.units()) {
    units.push_back(&u);
    before += u.before_us * static_cast<double>(u.calls);
    after += u.now_us * static_cast<double>(u.calls);
  }
  std::sort(units.begin(), units.end(), [](const TunedUnit* a, const TunedUnit* b) {
    return a->before_us * static_cast<double>(a->calls) >
           b->before_us * static_cast<double>(b->calls);
  });
  fmt::print("{:<40} {:>5} {:>11} {:>11} {:>6}\n", "kernel", "calls", "before us", "after us", "");
  for (const TunedUnit* u : units) {
    fmt::print("{:<40} {:>5} {:>11.2f} {:>11.2f} {:>5.2f}x\n", u->name, u->calls, u->before_us,
               u->now_us, u->before_us / u->now_us);
  }
  fmt::print("{:<46} {:>11.2f} {:>11.2f} {:>5.2f}x\n", "all calls", before, after, before / after);
}

}  // namespace

int tune(const Options& options) {
  LoadedModel model = load_model(options);
  const Target& target = model.targets.back();
  if (options.runner.empty() && !runs_here(target)) {
    throw Error(ExitCode::unsupported,
                "tuning times kernels on this machine, which does not run " + target.triple,
                "with --tune-cc and --runner kernels are built for the target and run there");
  }
  if (!options.runner.empty() && options.tune_cc.empty()) {
    throw Error(ExitCode::usage, "--runner needs --tune-cc",
                "it names the compiler that makes executables for the target");
  }
  const std::string version = compiler_version(options.tune_cc);
  if (version.empty()) {
    throw Error(ExitCode::usage, "--tune-cc: `" + options.tune_cc + "` does not start",
                "without it the built-in Clang is used; another one must be in PATH");
  }
  const std::string path =
      options.tune_file.empty() ? default_tune_file(options.model) : options.tune_file;
  const Draft draft = draft_of(model.graph, target, model.exact);
  TuneFile known;
  const std::vector<std::string> start = start_of(draft, path, known);
  const TuneFile head{target_text(target), version, {}};
  prepare_native();
  stop_on_interrupt();
  Progress progress;
  progress.show("timing the kernels as they are");
  Search search(draft, start, {options.tune_budget, options.tune_cc, options.runner});
  const auto begin = std::chrono::steady_clock::now();
  const auto improved = [&] {
    write_tune_file(path, file_of(search, known, head));
    if (options.debug == 0) return;
    const std::chrono::duration<double> t = std::chrono::steady_clock::now() - begin;
    std::cerr << fmt::format("{:.1f} s: {:.2f} us\n", t.count(), search.now_us());
  };
  search.run(improved, [&](const std::string& text) { progress.show(text); });
  progress.end();
  write_tune_file(path, file_of(search, known, head));
  print_table(search);
  fmt::print("{} schedules tried, {} of them rejected\n", search.tried(), search.rejected());
  if (options.debug > 0 && !search.complaint().empty()) fmt::print("{}\n", search.complaint());
  if (!interrupted()) {
    const auto [before, after] = search.whole_program();
    fmt::print("the whole program: {:.1f} us before, {:.1f} us after, {:.2f}x\n", before, after,
               before / after);
  }
  fmt::print("{} has it\n", path);
  return 0;
}

}  // namespace tinycc
