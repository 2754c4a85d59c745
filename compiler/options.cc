// See options.h. The only file that includes CLI11: it is slow to compile.
#include "compiler/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "compiler/nearest.h"
#include "compiler/targets/targets.h"

#ifndef TINYCC_VERSION
#define TINYCC_VERSION "0.1.0"
#endif

namespace tinycc {
namespace {

constexpr const char* kDescription =
    "Compiles a neural network to plain C source that a product can build and ship.\n"
    "MODEL is a model.yaml (compiler/yaml/README.md says how to write one) or a model.onnx.";

constexpr const char* kExamples =
    "Examples:\n"
    "  tinycc digits.yaml -o out/                    what the model's targets: say\n"
    "  tinycc net.onnx -o out/ --name net --target c:cpu=cortex-m4,prefer=ram\n"
    "  tinycc net.onnx -o out/ --shape image=1,3,224,224 --target c:cpu=native,threads=2\n"
    "  tinycc bert.onnx -o out/ --shape input_ids=1,seq<=512   any length up to 512\n"
    "  tinycc net.yaml --stop-after=plan             shows the memory plan; writes nothing\n"
    "  tinycc check net.onnx                         all that is not supported, at once\n"
    "  tinycc explain net.onnx --target c:cpu=cortex-a76   what each kernel does and should take\n"
    "  tinycc tune net.onnx --target c:cpu=native    writes net.tune.yaml, which builds then read\n"
    "  tinycc verify net.onnx --per-node             where numbers go wrong, against ONNX Runtime\n"
    "  make -C out check                             builds and runs the self-test\n"
    "\n"
    "A target is LANGUAGE[:KEY=VALUE[,KEY=VALUE...]]. For c:\n"
    "  dialect=gnu (vector types of GCC and Clang) or iso (C99)\n"
    "  threads=N (up to N share a kernel; the caller brings a pool), prefer=speed|ram|size,\n"
    "  ram=BYTES (as --ram), memories=tcm:64k+sram:256k (what the arena may take of each memory,\n"
    "  fastest first: it is in as many parts),\n"
    "  board=FILE.yaml (a target record of your own)\n"
    "  cpu=generic (the default: runs anywhere), native (this machine), or one of\n";

constexpr const char* kOpencl =
    "Two targets, a device and c for where there is no such device, share one interface.\n"
    "For opencl, cuda, hip and metal:\n"
    "  half=1 (tensors in f16; bf16: in that), of opencl images=1 (tensors in images of texels),\n"
    "  of cuda and hip arch=sm_80 or gfx1100 (what their compilers are told), of cuda tf32=1 (tensor\n"
    "  cores for floats, which they round),\n"
    "  prefer=..., board=..., gpu=generic (the default) or one of\n";

constexpr const char* kExitCodes =
    "\n"
    "Exit codes: 0 done; 1 the model, weights or tuning file is wrong; 2 the command line is\n"
    "wrong; 3 something in the model is not supported (named in the message); 4 the output\n"
    "cannot be written; 5 a bug in tinycc; 6 verify found a difference. Whatever fails, out/ is\n"
    "left as it was.\n"
    "\n"
    "Environment: TINYCC_DEBUG=1 ... 5 prints more and more about what happens.";

/// Names with commas between, wrapped to 80 columns.
std::string wrapped(const std::vector<std::string>& names) {
  std::string out, line = "   ";
  for (const std::string& name : names) {
    if (line.size() + name.size() > 78) out += std::exchange(line, "   ") + "\n";
    line += " " + name + ",";
  }
  line.pop_back();
  return out + line + "\n";
}

std::string footer() {
  return kExamples + wrapped(record_names(false)) + kOpencl + wrapped(record_names(true)) +
         kExitCodes;
}

struct StageName {
  Stage stage;
  const char* name;
};
constexpr StageName kStages[] = {
    {Stage::load, "load"},         {Stage::trace, "trace"}, {Stage::rewrite, "rewrite"},
    {Stage::schedule, "schedule"}, {Stage::plan, "plan"},   {Stage::emit, "emit"},
    {Stage::check, "check"},       {Stage::write, "write"},
};

/// What the flags say, before it is checked.
struct Raw {
  std::vector<std::string> shapes, schedules;
  std::string ram;
  std::string weights = "source", stop_after = "write";
};

[[noreturn]] void usage(const std::string& message, const std::string& hint) {
  throw Error(ExitCode::usage, message, hint);
}

/// Picks the row whose name is `text` from names in the order of the enum.
template <typename Enum>
Enum pick(const std::string& text, const std::vector<std::string>& names, const char* flag) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    usage(std::string(flag) + " does not know '" + text + "'", suggestion(text, names, "it knows"));
  }
  return static_cast<Enum>(found - names.begin());
}

std::vector<std::string> stage_names() {
  std::vector<std::string> names;
  for (const StageName& row : kStages) names.emplace_back(row.name);
  return names;
}

bool is_identifier(const std::string& text) {
  const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), part);
}

/// "512", or "seq<=512".
DimSpec parse_dim(const std::string& text, const std::string& whole) {
  DimSpec dim;
  const size_t sign = text.find("<=");
  if (sign != std::string::npos) dim.symbol = text.substr(0, sign);
  const char* const first = text.data() + (sign == std::string::npos ? 0 : sign + 2);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), dim.extent);
  const bool named = sign == std::string::npos || is_identifier(dim.symbol);
  if (error != std::errc() || end != text.data() + text.size() || dim.extent < 1 || !named) {
    usage("--shape " + whole + ": '" + text + "' is no dimension",
          "write positive numbers, or a name with a bound: --shape tokens=1,seq<=512; a scalar is "
          "--shape x=");
  }
  return dim;
}

/// The last '=' that is no part of a "<=": names from elsewhere may hold anything.
size_t last_equals(const std::string& text) {
  size_t at = text.rfind('=');
  while (at != std::string::npos && at > 0 && text[at - 1] == '<') at = text.rfind('=', at - 1);
  return at;
}

ShapeOption parse_shape(const std::string& text) {
  const size_t equals = last_equals(text);
  if (equals == std::string::npos && text.find("<=") != std::string::npos)
    return {"", {parse_dim(text, text)}};
  if (equals == std::string::npos || equals == 0) {
    usage("--shape " + text + " names no input", "write it as --shape INPUT=1,3,224,224");
  }
  ShapeOption shape{text.substr(0, equals), {}};
  if (equals + 1 == text.size()) return shape;
  for (const std::string& dim : CLI::detail::split(text.substr(equals + 1), ',')) {
    shape.dims.push_back(parse_dim(dim, text));
  }
  return shape;
}

ScheduleOption parse_schedule(const std::string& text) {
  const size_t colon = text.find(':');
  const bool named = colon != std::string::npos && is_identifier(text.substr(0, colon));
  if (!named) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

void declare(CLI::App& app, Options& options, Raw& raw) {
  const auto list = [](CLI::Option* option) {  // one value each time; commas are not separators
    option->take_all()->allow_extra_args(false)->delimiter('\0');
  };
  app.add_option("MODEL", options.model, "the model: .yaml or .onnx")->type_name("");
  app.add_option("-o", options.out, "the folder to write, replaced as a whole")->type_name("OUT");
  app.add_option("--name", options.name, "prefix of every emitted symbol")->type_name("NAME");
  list(app.add_option("--target", options.targets,
                      "what to write for, one a language; replaces the model's targets:")
           ->type_name("LANGUAGE[:KEY=VALUE,...]"));
  list(app.add_option("--shape", raw.shapes,
                      "the shape of an input, or the bound of a symbolic dimension: a dim is a "
                      "number or NAME<=BOUND; repeatable")
           ->type_name("INPUT=d0,d1,... | NAME<=BOUND"));
  app.add_option("--ram", raw.ram,
                 "bytes that the arena may take, 32k: in C kernels then run by rows as far as need "
                 "be, and prefer=ram")
      ->type_name("BYTES");
  app.add_option("--max-trip", options.max_trip,
                 "the most steps of a loop whose trip count is an input: 16")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  app.add_option("--tune-file", options.tune_file,
                 "tuned schedules to use, or to write: MODEL's .tune.yaml by default")
      ->type_name("FILE");
  app.add_option("--depfile", options.depfile,
                 "also writes what was read as a make rule: for Ninja, CMake's DEPFILE")
      ->type_name("FILE");
  app.add_option("--weights", raw.weights,
                 "how weights travel: source (C arrays), incbin, bin (a file to map)")
      ->type_name("FORM");
  app.add_flag("--evidence", options.evidence,
               "also what assessors ask: a proof driver, MISRA deviations, traceability, hashes");
  app.add_flag("--registers", options.registers,
               "of hip and cuda: what each kernel takes of a compute unit, by LLVM or nvcc; in "
               "report.json, or explain's table");
  app.add_option(
         "--quantize", options.quantize,
         "rounds tensors of a float model to 8 bits: data=calib.npz,method=minmax|percentile|mse; "
         "or weights alone: weights=int8|int4,block=32")
      ->type_name("KEY=VALUE,...");
  app.add_flag("--exact", options.exact,
               "rounds as the model says: no sums in another order, no Winograd");
  list(app.add_option("--schedule", raw.schedules,
                      "moves for one kernel (by default for each): 'tile i 32; vectorize j 16'")
           ->type_name("[KERNEL:]MOVES"));
  app.add_option("--stop-after", raw.stop_after,
                 "prints a stage and stops: " + listing(stage_names()))
      ->type_name("STAGE");
  list(app.add_option("--print-after", options.print_after,
                      "prints the graph after a pass; repeatable")
           ->type_name("PASS"));
  app.add_flag("--time-passes", options.time_passes, "prints how long each pass took");
}

/// A subcommand, about one model; options of the program may stand behind it.
CLI::App* add_command(CLI::App& app, Options& options, const char* name, const char* what) {
  CLI::App* command = app.add_subcommand(name, what);
  command->fallthrough();
  command->add_option("MODEL", options.model, "the model")->type_name("");
  return command;
}

void declare_tune(CLI::App& app, Options& options) {
  CLI::App* tune = add_command(
      app, options, "tune",
      "times algorithms, layouts and schedules, here, on a board or by a model of the CPU");
  tune->add_option("--budget", options.tune_budget, "seconds to search: 60")
      ->type_name("SECONDS")
      ->check(CLI::Range(1.0, 1e6));
  tune->add_option("--tune-cc", options.tune_cc,
                   "the compiler to tune for: gcc …; by default the built-in Clang")
      ->type_name("CC");
  tune->add_option("--runner", options.runner,
                   "the command that runs an executable (its last argument) on the target")
      ->type_name("CMD");
  app.require_subcommand(0, 1);
}

void declare_verify(CLI::App& app, Options& options) {
  CLI::App* verify =
      add_command(app, options, "verify",
                  "builds the model for this machine, compares its numbers with references");
  verify->add_option("--inputs", options.inputs, "a folder with in_0.npy, in_1.npy …")
      ->type_name("DIR");
  verify->add_option("--seed", options.seed, "without --inputs: other numbers: 1")->type_name("N");
  verify->add_flag("--per-node", options.per_node, "compares what each node of the model computes");
  verify->add_flag("--interpret", options.interpret,
                   "asks the reference interpreter however long it takes");
  verify
      ->add_option("--runner", options.runner, "the command that runs an executable on the target")
      ->type_name("CMD");
}

void declare_check(CLI::App& app, Options& options) {
  add_command(app, options, "check",
              "says whether the model is supported, or lists all that is not; writes nothing");
}

void declare_explain(CLI::App& app, Options& options) {
  add_command(app, options, "explain",
              "prints the kernels: nodes, shapes, schedule, work, predicted time, roof")
      ->add_flag("--cycles", options.cycles,
                 "also compiles them; cycles of the machine code by LLVM's model of the CPU");
}

std::vector<std::string> flag_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  names.emplace_back("-o");
  return names;
}

/// What CLI11 could not place, as one message with a hint.
[[noreturn]] void refuse_extras(const CLI::App& app, const std::vector<std::string>& extras) {
  const std::string first = extras.empty() ? "" : extras[0];
  const std::string flag = first.substr(0, first.find('='));
  if (flag.rfind('-', 0) == 0) {
    usage("unknown option '" + flag + "'", suggestion(flag, flag_names(app), "options"));
  }
  usage("more than one model: '" + first + "' is left over",
        "one model a run; several models link into one program afterwards");
}

int64_t parse_bytes(const std::string& text) {
  const std::optional<int64_t> bytes = bytes_in(text);
  if (bytes.value_or(0) < 1)
    usage("--ram '" + text + "' is no number of bytes", "write --ram 32768, 32k or 1M");
  return *bytes;
}

void check(Options& options, const Raw& raw) {
  if (options.model.empty()) {
    usage("no model given",
          "tinycc MODEL -o OUT, where MODEL is a .yaml or .onnx file; see --help");
  }
  if (options.out.empty()) usage("-o is given an empty name", "name the folder to write: -o out/");
  if (!options.name.empty() && !is_model_name(options.name)) {
    usage("--name '" + options.name + "' cannot prefix C symbols", kModelNameRule);
  }
  if (!raw.ram.empty()) options.ram = parse_bytes(raw.ram);
  for (const std::string& text : raw.shapes) options.shapes.push_back(parse_shape(text));
  for (const std::string& text : raw.schedules) options.schedules.push_back(parse_schedule(text));
  options.weights = pick<WeightsMode>(raw.weights, {"source", "incbin", "bin"}, "--weights");
  options.stop_after = pick<Stage>(raw.stop_after, stage_names(), "--stop-after");
}

int debug_level() {
  const char* text = std::getenv("TINYCC_DEBUG");
  if (text == nullptr || *text == '\0') return 0;
  const bool digit = text[0] >= '0' && text[0] <= '5' && text[1] == '\0';
  if (!digit) usage("TINYCC_DEBUG=" + std::string(text), "it is a number from 0 to 5");
  return text[0] - '0';
}

/// Parses; true if there is something to run (not --help or --version).
bool parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::Success& asked) {
    app.exit(asked, std::cout, std::cerr);
    return false;
  } catch (const CLI::ExtrasError&) {
    refuse_extras(app, app.remaining(true));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    usage(what.substr(0, what.find(':')) + " takes one value, and is given once",
          "tinycc --help lists the options");
  } catch (const CLI::ParseError& error) {
    usage(error.what(), "tinycc --help lists the options");
  }
}

}  // namespace

std::string name_of(Stage stage) { return kStages[static_cast<size_t>(stage)].name; }

bool is_model_name(const std::string& name) { return name.size() <= 100 && is_c_identifier(name); }

std::optional<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  Raw raw;
  CLI::App app(kDescription, "tinycc");
  app.set_help_flag("-h,--help", "prints this text");
  app.set_version_flag("--version", "tinycc " TINYCC_VERSION, "prints the version");
  app.footer(footer);
  declare(app, options, raw);
  declare_tune(app, options);
  declare_verify(app, options);
  declare_check(app, options);
  declare_explain(app, options);
  if (!parse(app, argc, argv)) return std::nullopt;
  options.tune = app.got_subcommand("tune");
  options.verify = app.got_subcommand("verify");
  options.check = app.got_subcommand("check");
  options.explain = app.got_subcommand("explain");
  options.debug = debug_level();
  check(options, raw);
  return options;
}

}  // namespace tinycc
