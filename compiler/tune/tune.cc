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
#include "compiler/machine/cycles.h"
#include "compiler/tune/choices.h"
#include "compiler/tune/native.h"
#include "compiler/tune/search.h"
#include "compiler/tune/subject.h"
#include "compiler/tune/tune_file.h"
#include "passes/schedule.h"

namespace tinycc {
namespace {

constexpr double kChoices = 0.2;  // of the budget, at most, for algorithms and layouts

std::string target_line(const Target& t) {
  return fmt::format("{} {} {}", t.language, t.dialect, t.resolved.empty() ? t.cpu : t.resolved);
}

/// Moves to begin with: what a file that is there already says, else the heuristics'.
std::vector<std::string> start_of(const ChoiceSearch& choices, const std::string& path,
                                  const TuneFile& known) {
  TunedMoves tuned(path, known);
  for (const Decision& d : choices.decisions()) tuned.decide(d);
  std::vector<std::string> moves;
  const Draft& draft = choices.draft();
  for (const Computation& c : draft.computations) {
    const std::optional<std::string> found = tuned.find(draft, c);
    moves.push_back(found ? *found : choose_schedule(draft, c));
  }
  std::cerr << tuned.stale();
  return moves;
}

/// Every computation whose moves are not the heuristics', in the order of the program. Kernels whose
/// gain a file knew already keep the time from before it; those not timed yet keep all.
std::vector<TunedKernel> kernels_of(const Search& search, const TuneFile& known) {
  std::vector<TunedKernel> kernels;
  std::set<std::string> seen;
  for (const TunedUnit& u : search.units()) {
    for (size_t i = 0; i < u.keys.size(); ++i) {
      if (u.moves[i] == u.before[i] || !seen.insert(u.keys[i]).second) continue;
      TunedKernel k{u.keys[i], u.name, u.moves[i], u.before_us, u.now_us, {}};
      for (const TunedKernel& old : known.kernels) {
        if (old.key != k.key) continue;
        k.before_us = std::max(old.before_us, k.after_us);
        if (u.name.empty()) k = old;
      }
      kernels.push_back(k);
    }
  }
  return kernels;
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

void print_choices(const std::vector<TunedChoice>& choices) {
  for (const TunedChoice& c : choices)
    fmt::print("{:<40} {:<17} {:>11.2f} {:>11.2f} {:>5.2f}x\n", c.name, c.choice, c.before_us,
               c.after_us, c.before_us / c.after_us);
}

void log(const Options& options, double seconds, const TunedChoice& c) {
  if (options.debug == 0) return;
  std::cerr << fmt::format("{:.1f} s: {} {}: {:.2f} us, not {:.2f}\n", seconds, c.name, c.choice,
                           c.after_us, c.before_us);
}

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
    if (u->now_us == 0) {
      fmt::print("{:<40} {:>5} not timed\n", u->name, u->calls);
      continue;
    }
    fmt::print("{:<40} {:>5} {:>11.2f} {:>11.2f} {:>5.2f}x\n", u->name, u->calls, u->before_us,
               u->now_us, u->before_us / u->now_us);
  }
  fmt::print("{:<46} {:>11.2f} {:>11.2f} {:>5.2f}x\n", "all calls", before, after, before / after);
}

}  // namespace

int tune(const Options& options) {
  LoadedModel model = load_model(options);
  Target target = only_target(model, "tune");
  target.memories.clear();  // the plan does not change what kernels are like
  if (target.is_device() && (target.language != "opencl" || !options.runner.empty())) {
    throw Error(
        ExitCode::unsupported, "tuning times kernels of a device by OpenCL, on this machine",
        "--target opencl:gpu=NAME, with no --runner, where a driver of OpenCL is installed");
  }
  const bool modelled = is_modelled(target, options.runner);
  if (modelled && (!options.tune_cc.empty() || !has_cpu_model(target))) {
    throw Error(ExitCode::unsupported,
                "tuning times kernels on this machine, which does not run " + target.triple,
                "with --tune-cc and --runner kernels are built for the target and run there; with "
                "neither, LLVM's model of its CPU tells the time, if there is one");
  }
  if (!options.runner.empty() && options.tune_cc.empty()) {
    throw Error(ExitCode::usage, "--runner needs --tune-cc",
                "it names the compiler that makes executables for the target");
  }
  const std::string cc = options.tune_cc.empty() && target.is_device() ? "cc" : options.tune_cc;
  const std::string version = compiler_version(cc) + (modelled ? ", by its model of the CPU" : "");
  if (version.empty()) {
    throw Error(ExitCode::usage, "--tune-cc: `" + cc + "` does not start",
                "without it the built-in Clang is used; another one must be in PATH");
  }
  const std::string path =
      options.tune_file.empty() ? default_tune_file(options.model) : options.tune_file;
  TuneFile known;
  if (std::filesystem::exists(path)) known = read_tune_file(path);
  TuneFile file{target_line(target), version, known.choices, known.kernels};
  prepare_native();
  stop_on_interrupt();
  Progress progress;
  const auto show = [&](const std::string& text) { progress.show(text); };
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  SearchSettings settings{options.tune_budget, cc, options.runner};
  ChoiceSearch choices(model.graph, target, model.exact, path, known, settings);
  choices.run(
      kChoices * options.tune_budget,
      [&] {
        file.choices = choices.choices();
        write_tune_file(path, file);
        if (!file.choices.empty()) log(options, elapsed(), file.choices.back());
      },
      show);
  file.choices = choices.choices();
  show("timing the kernels as they are");
  settings.budget_s = std::max(options.tune_budget - elapsed(), options.tune_budget / 4);
  Search search(choices.draft(), choices.untouched(), start_of(choices, path, known), settings);
  const auto improved = [&] {
    file.kernels = kernels_of(search, known);
    write_tune_file(path, file);
    if (options.debug > 0)
      std::cerr << fmt::format("{:.1f} s: {:.2f} us\n", elapsed(), search.now_us());
  };
  search.run(improved, show);
  progress.end();
  file.kernels = kernels_of(search, known);
  write_tune_file(path, file);
  print_choices(file.choices);
  print_table(search);
  fmt::print("{} schedules tried, {} of them rejected\n", search.tried(), search.rejected());
  if (options.debug > 0 && !search.complaint().empty()) fmt::print("{}\n", search.complaint());
  if (!interrupted()) {
    const auto [before, after] = search.whole_program();
    if (after > 0)
      fmt::print("the whole program: {:.1f} us before, {:.1f} us after, {:.2f}x\n", before, after,
                 before / after);
    if (after > before) {
      write_tune_file(path, {file.target, file.compiler, {}, {}});
      fmt::print("all of it together is no faster: nothing is kept\n");
    }
  }
  fmt::print("{} has it\n", path);
  return 0;
}

}  // namespace tinycc
