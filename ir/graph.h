// A model as a graph of pure nodes: what front ends trace and passes rewrite.
#pragma once

#include <map>
#include <unordered_map>

#include "ir/node.h"
#include "ir/port_form.h"
#include "ir/tensor.h"

namespace tinycc {

/// What the model calls a node, for comments, kernel names and report.json.
struct Origin {
  std::vector<std::string> nodes;  // names of ONNX nodes, or of YAML let: entries, in model order
  std::string computes;            // as text: "conv2d(h1, conv2.weight, conv2.bias, padding=1)"
};

struct GraphInput {
  std::string name;
  Expr node;            // op input
  std::string meaning;  // for the header's comment; may be empty
  /// By axis: which of the graph's dims it is, or -1. Empty: all are fixed. Set by settle_dims().
  std::vector<int64_t> dims = {};
  PortForm form = {};
};
struct GraphOutput {
  std::string name;
  Expr value;
  /// By axis: which output (its index) holds the length of a computed dimension, or -1. Empty: all
  /// dimensions are fixed. Set by settle_dims(), which adds those outputs at the end.
  std::vector<int64_t> lengths = {};
  bool is_length = false;          // such an added output: no output of the model
  std::vector<int64_t> dims = {};  // as for inputs
  PortForm form = {};
};
/// Persists between runs: reads give the value at the start of the run, `next` is kept at its end.
struct GraphState {
  std::string name;
  Expr node;  // op state
  Expr next;
  TensorData initial;
};

struct Graph {
  std::string name;    // prefix of every emitted symbol: an identifier
  std::string source;  // file name of the model, without its folder
  std::shared_ptr<Pool> pool = std::make_shared<Pool>();
  std::vector<GraphInput> inputs;
  std::vector<GraphInput> dims;  // symbolic dimensions that the caller gives: nodes of is_dim()
  std::vector<GraphOutput> outputs;
  std::vector<GraphState> states;
  std::map<std::string, TensorData> weights;  // by the name in `weight` nodes
  std::unordered_map<Expr, Origin> origins;   // not every node has one

  /// Values that must be computed: outputs, then the next values of states.
  std::vector<Expr> roots() const;
  /// Notes that `node` comes from the model's node `name`; keeps what is noted already.
  void note_origin(Expr node, const std::string& name, const std::string& computes = "");
};

/// As topological(), and with the values of symbolic dimensions before the shapes that name them.
std::vector<Expr> topological_with_dims(std::vector<Expr> roots);

/// Rebuilds the graph bottom-up: `change` sees each node with its new sources and returns its
/// replacement (or the node itself). Origins go from a node to its replacement.
void rewrite_graph(Graph& graph, const std::function<Expr(Expr)>& change);
/// The same, for a `change` that also sees the node as it was: change(original, node).
void rewrite_graph(Graph& graph, const std::function<Expr(Expr, Expr)>& change);

}  // namespace tinycc
