// MODEL.tune.yaml: schedules that a search found, for people to read, compare and commit. In: its
// text. Out: moves for each computation whose key it has; whatever matches none is stale. The same
// file gives the same code on every machine.
//
//   tinycc: 0.1.0                 who wrote it
//   target: c gnu znver4 …        for what; each key holds it too
//   compiler: clang 19.1.7        with what the times were taken
//   graph:                        algorithms
//     - key: 9c1d4f0a77e01b52     of what is decided on: here the sizes of a sum over windows
//       name: conv3
//       choice: "F(2x2,3x3)"
//       before_us: 93.1           of all kernels that depend on it, as the passes decide
//       after_us: 60.4
//   buffers:                      layouts: dimensions, outermost first; entries as in graph
//   kernels:
//     - key: 05d1c24a91c9e3f2     of what is computed, and where its arguments lie
//       name: conv2_relu
//       moves: tile c 32; order co y x ci; …
//       before_us: 41.2           median of one call, by the heuristics' schedule
//       after_us: 23.7
#pragma once

#include <set>

#include "compiler/options.h"
#include "passes/decide.h"
#include "passes/draft.h"

namespace tinycc {

struct TunedKernel {
  std::string key, name, moves;
  double before_us = 0, after_us = 0;
  Location at;  // of the moves, when it comes from a file
};

struct TunedChoice {
  std::string section, key, name, choice;
  double before_us = 0, after_us = 0;
};

struct TuneFile {
  std::string target, compiler;
  std::vector<TunedChoice> choices;  // of sections graph and buffers
  std::vector<TunedKernel> kernels;
};

/// Errors: Error(bad_input) that points at what is wrong.
TuneFile read_tune_file(const std::string& path);
TuneFile parse_tune_file(const std::string& path, const std::string& text);
std::string to_text(const TuneFile& file);
/// Replaces the file as a whole or not at all. Errors: Error(cannot_write).
void write_tune_file(const std::string& path, const TuneFile& file);

/// "net.tune.yaml" for "net.onnx", in the same folder.
std::string default_tune_file(const std::string& model);
/// The file to use: --tune-file, else the default one if it exists, else "".
std::string find_tune_file(const Options& options);

/// A tuning file at work in a build.
class TunedMoves {
 public:
  TunedMoves() = default;
  TunedMoves(std::string path, TuneFile file) : path_(std::move(path)), file_(std::move(file)) {}

  /// The moves of an entry with this computation's key. Error(bad_input) at the entry if they are not
  /// legal for it.
  std::optional<std::string> find(const Draft& draft, const Computation& computation);
  /// The answer of an entry with the decision's key, if it is possible; else the pass's own.
  std::string decide(const Decision& decision);
  /// Is there anything to ask decide() for?
  bool has_choices() const { return !file_.choices.empty(); }
  /// "FILE: 2 of 5 entries match nothing …", once all were asked for; "" when each was used.
  std::string stale() const;
  /// Has any entry been found?
  bool used() const { return !used_.empty(); }

 private:
  std::string path_;
  TuneFile file_;
  std::set<std::string> used_;
};

}  // namespace tinycc
