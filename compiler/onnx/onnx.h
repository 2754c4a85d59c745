// The ONNX front end: a model file becomes a graph of primitives. In: a path and what the user
// pins. Out: Graph, with every operator traced into primitives and every shape known.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/dims.h"

namespace tinycc {

struct OnnxOptions {
  /// Wanted for each input whose own dims are symbolic. The name of a symbolic dim of the model may
  /// stand for an input, with one number: its length.
  ShapeOptions shapes;
  /// Name of the graph: an identifier. Empty: made from the file's name.
  std::string name;
  /// Gets the paths of the external data files that were read.
  std::set<std::string>* files = nullptr;
  /// Steps of a loop whose trip count is an input.
  int64_t max_trip = 16;
  /// What inputs are taken to be: numbers, which the emitted code checks unless they are free.
  struct Assumed {
    std::vector<int64_t> numbers;
    std::vector<bool> free;
  };
  std::map<std::string, Assumed> assumed = {};
};

/// Reads and traces a model (ONNX, operator sets up to 28, and its external data files).
/// Errors: Error(bad_input) for a file that is damaged, inconsistent or incomplete, with the node;
/// Error(unsupported) that lists every node whose operator is not supported.
Graph load_onnx(const std::string& path, const OnnxOptions& options = {});

/// The model's initializers by name, as weights for another front end.
std::map<std::string, TensorData> load_onnx_weights(const std::string& path);

}  // namespace tinycc
