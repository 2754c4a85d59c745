// The straight line; see driver.h. run() reads like the design: load, trace, rewrite, schedule,
// plan, emit, check, write.
#include "compiler/driver.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "compiler/check/check.h"
#include "compiler/evidence.h"
#include "compiler/explain.h"
#include "compiler/front.h"
#include "compiler/golden.h"
#include "compiler/load.h"
#include "compiler/machine/resources.h"
#include "compiler/tune/tune_file.h"
#include "compiler/write_out.h"
#include "emitters/cstyle.h"
#include "emitters/host.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "ir/work.h"
#include "passes/build_program.h"
#include "passes/pipeline.h"

namespace tinycc {
namespace {

/// What the stages hand on, and the marks that --time-passes prints.
class Line {
 public:
  explicit Line(const Options& options)
      : options_(options), start_(std::chrono::steady_clock::now()) {}

  /// Ends a stage: prints its result if it was asked for. True if the line ends here.
  template <typename Print>
  bool done(Stage stage, Print print) {
    const auto now = std::chrono::steady_clock::now();
    if (options_.time_passes) {
      std::cerr << fmt::format("{:<10} {:8.1f} ms\n", name_of(stage),
                               std::chrono::duration<double, std::milli>(now - start_).count());
    }
    start_ = std::chrono::steady_clock::now();
    if (options_.stop_after == stage) std::cout << print();
    return options_.stop_after == stage;
  }

 private:
  const Options& options_;
  std::chrono::steady_clock::time_point start_;
};

/// Moves of a kernel: --schedule for it, or for all, else those of the tuning file.
MovesOf moves_of(const Options& options, TunedMoves& tuned) {
  std::map<std::string, std::string> given;
  for (const ScheduleOption& s : options.schedules)
    given[s.kernel.empty() ? "*" : s.kernel] = s.moves;
  return [given, &tuned](const Draft& draft, const Computation& c,
                         const std::string& kernel) -> std::optional<std::string> {
    for (const std::string& name : {kernel, std::string("*")}) {
      if (const auto found = given.find(name); found != given.end()) return found->second;
    }
    return tuned.find(draft, c);
  };
}

/// Functions of the C library that the helpers of kernels stand on.
std::vector<std::string> externals_of(const std::vector<KernelText>& kernels, const Names& names) {
  std::vector<std::string> externals;
  for (const char* function : {"sqrt", "log", "sin", "trunc", "exp"}) {
    for (const auto& [type, suffix] : {std::pair{"f32", "f"}, std::pair{"f64", ""}}) {
      if (*suffix != 0 && std::string(function) != "sqrt") continue;  // ours
      const std::string helper = names.prefixed(fmt::format("f_{}_{}", function, type));
      for (const KernelText& k : kernels) {
        if (k.body.find(helper) == std::string::npos) continue;
        externals.push_back(std::string(function) + suffix);
        break;
      }
    }
  }
  return externals;
}

CheckOptions check_options(const Program& program, const std::vector<std::string>& externals) {
  CheckOptions options;
  options.language = program.target.is_device() ? "iso" : program.target.dialect;
  options.kernels = program.target.dialect;
  options.triple = program.target.triple;
  options.externals = externals;
  options.prefix = program.family.empty() ? program.name : program.family;
  if (program.target.is_device()) {
    for (const char* word :
         {"open", "close", "bind", "write", "read", "reset", "launch", "flag", "finish"})
      options.externals.push_back(fmt::format("tinycc_rt_device_{}", word));
    return options;
  }
  const bool shared = std::any_of(program.kernels.begin(), program.kernels.end(),
                                  [](const Kernel& k) { return k.parts > 1; });
  if (shared) options.hooks.push_back("parallel_for");
  options.symbolic_loops = shared || ends_early(program);
  return options;
}

std::vector<SourceFile> formatted(std::vector<SourceFile> files) {
  for (SourceFile& f : files) {
    const bool source = f.name.ends_with(".c") || f.name.ends_with(".h");
    const bool weights = f.name.find("_weights") != std::string::npos;
    if (source && !weights && f.role != Role::stub) f.text = format_c(f.text);
  }
  return files;
}

/// Runs passes on a value; each is timed, verified and printed if it was asked for.
class Passes {
 public:
  explicit Passes(const Options& options) : options_(options) {
    const std::vector<std::string> known = pass_names();
    for (const std::string& name : options.print_after) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        throw Error(ExitCode::usage, "--print-after: there is no pass `" + name + "`",
                    fmt::format("the passes are {}", fmt::join(known, ", ")));
      }
    }
  }

  template <typename Run, typename Print>
  void run(const std::string& name, Run run, Print print) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (options_.time_passes || options_.debug >= 1)
      std::cerr << fmt::format("  {:<12} {:8.1f} ms\n", name, took.count());
    const bool asked = std::find(options_.print_after.begin(), options_.print_after.end(), name) !=
                       options_.print_after.end();
    if (!asked && options_.debug < 5) return;
    std::string text = print();
    if (text != last_)
      std::cout << "# after " << name << "\n" << text << "\n";  // silent when unchanged
    last_ = std::move(text);
  }

 private:
  const Options& options_;
  std::string last_;
};

/// `meant` gets the graph as it was traced, its dimensions settled.
Program compile(const LoadedModel& model, const Target& target, const Options& options,
                TunedMoves& tuned, Line& line, Graph& meant, bool& ended) {
  Graph graph = model.graph;
  if (model.targets.size() > 1) graph.name += "_" + target.language;
  Decide decide;
  if (tuned.has_choices()) decide = [&](const Decision& d) { return tuned.decide(d); };
  Passes passes(options);
  const int64_t macs = macs_of(graph);
  ended = line.done(Stage::trace, [&] { return to_text(graph); });
  if (ended) return {};
  for (const GraphPass& pass : graph_passes()) {
    passes.run(
        pass.name,
        [&] {
          pass.run(graph, {target, model.exact, decide});
          verify(graph, pass.name);
        },
        [&] { return to_text(graph); });
    if (meant.outputs.empty()) meant = graph;  // after the first
  }
  ended = line.done(Stage::rewrite, [&] { return to_text(graph); });
  if (ended) return {};
  Draft draft;
  const auto print_draft = [&] { return to_text(draft); };
  passes.run("lower", [&] { draft = lower_graph(graph, target); }, print_draft);
  for (const DraftPass& pass : draft_passes())
    passes.run(pass.name, [&] { pass.run(draft, decide); }, print_draft);
  Program program;
  passes.run(
      "schedule",
      [&] {
        program = build_program(std::move(draft), moves_of(options, tuned), target.ram);
      },
      [&] { return to_text(program); });
  ended = line.done(Stage::schedule, [&] {
    std::string kernels;
    for (const Kernel& k : program.kernels) kernels += to_text(k) + "\n";
    return kernels;
  });
  if (ended) return {};
  program.macs = macs;
  verify(program, "plan");
  ended = line.done(Stage::plan, [&] { return to_text(program); });
  return program;
}

/// Files by their names from the folder of the model: the same wherever that lies.
std::vector<std::string> from_model(const std::vector<std::string>& files) {
  const std::filesystem::path folder = std::filesystem::absolute(files[0]).parent_path();
  std::vector<std::string> names;
  for (const std::string& f : files)
    names.push_back(std::filesystem::absolute(f).lexically_relative(folder).generic_string());
  return names;
}

/// --depfile: the rule that Ninja and CMake read, with the paths of this run.
void write_depfile(const Options& options, const std::string& name,
                   const std::vector<std::string>& files) {
  if (options.depfile.empty()) return;
  std::ofstream out(options.depfile);
  out << (std::filesystem::path(options.out) / (name + ".c")).generic_string() << ":";
  for (const std::string& f : files) {
    out << " ";
    for (const char c : f) out << (c == ' ' || c == '#' ? "\\" : "") << c << (c == '$' ? "$" : "");
  }
  out << "\n";
  if (!out.flush())
    throw Error(ExitCode::cannot_write, options.depfile + " cannot be written",
                "name another --depfile");
}

/// The tuning file, if there is one: a file that the build depends on.
TunedMoves read_tuned(const Options& options, std::vector<std::string>& files) {
  const std::string path = find_tune_file(options);
  if (path.empty()) return {};
  files.push_back(path);
  return {path, read_tune_file(path)};
}

/// Where predicted times are not those of the schedules shown.
std::string note_on(const Options& options, const TunedMoves& tuned) {
  if (options.schedules.empty() && !tuned.used()) return "";
  return "Where a schedule was given or tuned, the time predicted is that of tinycc's own.\n";
}

/// The files of out/, a line each.
std::string listed(const std::vector<SourceFile>& files) {
  std::string list;
  for (const SourceFile& f : files) list += fmt::format("{:>9} {}\n", f.text.size(), f.name);
  return list;
}

std::vector<Cycles> cycles_of(const Program& program) {
  const Target& t = program.target;
  if (t.language != "c") {
    throw Error(ExitCode::unsupported, "--cycles: not for " + t.language,
                "LLVM's models are those of processors; leave --cycles away");
  }
  if (!has_cpu_model(t)) {
    throw Error(ExitCode::unsupported, "--cycles: LLVM has no model of " + t.cpu,
                "choose another cpu=, or leave --cycles away");
  }
  return estimated_cycles(program);
}

/// Where a device rounds operands, or keeps tensors as halves: it adds products up in an order of its own,
/// and so rounds others.
double error_of_rounding(const Program& program) {
  const Target& t = program.target;
  const bool rounds =
      t.is_device() && (t.tf32 || std::ranges::any_of(program.buffers, [](const auto& b) {
                          return is_half(b.second.buffer->dtype);
                        }));
  return rounds ? t.error_of_rounding() : 0;
}

/// --registers: of two targets, the device's.
std::vector<Resources> resources_for(const Program& program, const Options& options, bool several) {
  const bool asked = options.registers && (program.target.is_device() || !several);
  return asked ? resources_of(program) : std::vector<Resources>();
}

/// One target, down to its checked sources.
Built build(const Options& options, const LoadedModel& model, const Target& target,
            TunedMoves tuned, Line& line) {
  Built built;
  bool ended = false;
  Graph meant;  // what the passes have to keep: the self-test's numbers
  Program& program = built.program;
  program = compile(model, target, options, tuned, line, meant, ended);
  const bool several = model.targets.size() > 1;
  if (several) program.family = model.graph.name;
  if (options.stop_after >= Stage::schedule) std::cerr << tuned.stale();
  if (options.explain && !ended)
    std::cout << (model.quantised ? model.quantised->summary : "")
              << explained(program, options.cycles ? cycles_of(program) : std::vector<Cycles>(),
                           resources_for(program, options, several))
              << note_on(options, tuned);
  if (ended || options.explain) return built;

  if (options.evidence) require_provable(program, options);
  built.golden = golden_cases(meant, program.macs, error_of_rounding(program));
  const Names names(program, options.weights);
  std::vector<KernelText> kernels;
  for (size_t k = 0; k < program.kernels.size(); ++k) kernels.push_back(emit_kernel(names, k));
  const std::vector<std::string> externals = externals_of(kernels, names);
  HostInputs host{names,
                  kernels,
                  kernel_helpers(names),
                  built.golden,
                  externals,
                  from_model(model.files),
                  [](std::string_view text) { return format_c(text); }};
  host.resources = resources_for(program, options, several);
  std::vector<SourceFile> files = formatted(emit_host(host));
  files.push_back(emit_report(host, files));
  if (options.evidence)
    std::ranges::move(evidence_files(host, files, model.files), std::back_inserter(files));
  if (line.done(Stage::emit, [&] { return listed(files); })) return built;

  CheckedSources sources = require_clean(std::move(files), check_options(program, externals));
  if (!line.done(Stage::check, [&] { return listed(sources.files()); }))
    built.sources = std::move(sources);
  return built;
}

}  // namespace

int run(const Options& options) {
  Line line(options);
  LoadedModel model = load_model(options);
  if (line.done(Stage::load, [&] {
        return fmt::format("{}: {} inputs, {} outputs, {} weights\n", model.graph.name,
                           model.graph.inputs.size(), model.graph.outputs.size(),
                           model.graph.weights.size());
      }))
    return 0;
  return compile_model(options, std::move(model));
}

int compile_model(const Options& options, LoadedModel model) {
  for (Target& t : model.targets) t.provable = options.evidence;
  Line line(options);
  const TunedMoves tuned = read_tuned(options, model.files);
  std::vector<Built> parts;
  for (const Target& t : model.targets) parts.push_back(build(options, model, t, tuned, line));
  if (std::ranges::any_of(parts, [](const Built& b) { return !b.sources; })) return 0;

  const CheckedSources sources = parts.size() > 1
                                     ? with_front(parts, model.graph.name, from_model(model.files))
                                     : std::move(*parts[0].sources);
  if (options.check) std::cout << options.model << ": supported\n";
  if (options.check) return 0;

  write_out(options.out, sources);
  write_depfile(options, model.graph.name, model.files);
  line.done(Stage::write, [] { return std::string(); });
  return 0;
}

}  // namespace tinycc
