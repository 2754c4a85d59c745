// The command line as a plain record. In: argv and TINYCC_DEBUG. Out: Options, checked as far as
// this can be done without reading the model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/dims.h"
#include "emitters/names.h"
#include "ir/error.h"

namespace tinycc {

/// The stages of the straight line that --stop-after can end at; it prints the stage's result.
enum class Stage : uint8_t { load, trace, rewrite, schedule, plan, emit, check, write };
std::string name_of(Stage stage);

/// --shape INPUT=d0,d1,…, where a dim is a number or NAME<=BOUND; or NAME<=BOUND alone: then `input`
/// is empty.
struct ShapeOption {
  std::string input;
  std::vector<DimSpec> dims;
};

/// --schedule [KERNEL:]MOVES; an empty kernel means every kernel.
struct ScheduleOption {
  std::string kernel;
  std::string moves;
};

struct Options {
  std::string model;                      // model.yaml or model.onnx
  std::string out = "out";                // -o
  std::string name;                       // --name; empty: what the model says
  std::vector<std::string> targets;       // --target, as text: resolve_target() reads them
  int64_t ram = 0;                        // --ram: bytes of the arena; 0: as it comes
  std::vector<ShapeOption> shapes;        // --shape
  int64_t max_trip = 16;                  // --max-trip: of loops whose trip count is an input
  std::vector<ScheduleOption> schedules;  // --schedule
  std::string tune_file;                  // --tune-file; empty: MODEL's .tune.yaml, if it exists
  bool tune = false;                      // `tinycc tune`
  bool check = false;                     // `tinycc check`
  bool cycles = false;                    // explain: of the machine code, by LLVM's model
  bool explain = false;                   // `tinycc explain`
  double tune_budget = 60;                // --budget, in seconds
  std::string tune_cc;                    // --tune-cc; empty: the Clang within
  std::string runner;                     // --runner; empty: this machine
  bool verify = false;                    // `tinycc verify`
  std::string inputs;                     // --inputs: a folder; empty: made by --seed
  uint32_t seed = 1;                      // --seed
  bool per_node = false;                  // --per-node
  bool interpret = false;                 // --interpret: however long the reference takes
  std::string depfile;                    // --depfile; empty: none
  WeightsMode weights = WeightsMode::source;  // --weights
  Stage stop_after = Stage::write;            // --stop-after
  std::vector<std::string> print_after;       // --print-after: names of passes
  bool time_passes = false;                   // --time-passes
  bool exact = false;                         // --exact
  std::string quantize;                       // --quantize, as text: parse_quantise() reads it
  bool evidence = false;                      // --evidence
  bool registers = false;                     // --registers
  int debug = 0;                              // TINYCC_DEBUG: 0 quiet … 5 everything
};

/// The options, or nothing after --help or --version, whose text is printed to stdout. Anything
/// wrong is thrown as Error(usage).
std::optional<Options> parse_options(int argc, const char* const* argv);

/// True for a name that can prefix every emitted symbol.
bool is_model_name(const std::string& name);
/// What the hint about a bad name says.
inline constexpr const char* kModelNameRule =
    "a name is a letter, then letters, digits and '_', no word of C, at most 100 in all";

}  // namespace tinycc
