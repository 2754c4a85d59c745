// The first arrow of the line: a model file of either kind, with what the command line says about
// it, becomes a graph and the targets to compile it for.
#pragma once

#include "compiler/options.h"
#include "compiler/quantise.h"
#include "ir/graph.h"
#include "ir/target.h"

namespace tinycc {

struct LoadedModel {
  Graph graph;
  std::vector<Target> targets;  // of --target, else of the model, else one generic C target
  bool exact = false;           // --exact, or the model's own
  std::optional<Quantised> quantised;
  std::vector<std::string> files;  // all that was read, MODEL first: what a build depends on
};

/// Reads and traces MODEL by its suffix: .yaml, .yml or .onnx.
LoadedModel load_model(const Options& options);

/// The model's target. Errors: Error(usage) where it has several.
const Target& only_target(const LoadedModel& model, const char* command);

}  // namespace tinycc
