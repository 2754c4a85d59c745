// model.yaml as a record: every key understood, every expression parsed, nothing computed yet.
// README.md in this folder is the reference of the format. Then: from the record to a Graph.
#pragma once

#include <map>
#include <optional>

#include "compiler/dims.h"
#include "compiler/quantise.h"
#include "compiler/targets/targets.h"
#include "compiler/yaml/expression.h"
#include "ir/graph.h"

namespace tinycc {

/// "f32[1,3,224,224]"
struct TypeSpec {
  YamlNode node;
  DType dtype = DType::f32;
  std::vector<DimSpec> dims;
};
TypeSpec parse_type(const YamlNode& node);

/// What to do to a caller's frame before the graph sees it, in this order.
struct Preprocessing {
  std::string colour;               // channels as they come: "bgr", "rgba" …; empty: as they are
  bool nhwc = false;                // [n, h, w, c] → [n, c, h, w]
  std::optional<Expression> scale;  // x * scale
  std::optional<Expression> mean, std;  // (x - mean) / std, one number or one a channel
  bool any() const { return !colour.empty() || nhwc || scale || mean || std; }
};

struct InputSpec {
  YamlNode name;
  TypeSpec type;
  Preprocessing before;
  std::string meaning;
};

/// An entry of let: one or more names for a value, or a loop over such entries.
struct LetStep {
  YamlNode key;
  std::vector<std::string> names;  // "h, c" takes a list apart
  Expression value;
  std::optional<LoopHeader> loop;  // then `names` and `value` are empty
  std::vector<LetStep> body;
};

struct UserFunction {
  YamlNode key;
  FunctionHeader header;
  std::vector<LetStep> steps;
  Expression result;
};

struct OutputSpec {
  YamlNode name;
  Expression value;
};

struct StateSpec {
  YamlNode name;
  TypeSpec type;
  Expression initial;  // a number or a weight; Kind::missing: zero
  Expression next;
};

struct ModelFile {
  YamlNode root;
  std::string path, folder;  // the folder is "" or ends in '/'
  std::string name;
  std::string onnx;               // path of the graph, if it comes from elsewhere
  std::vector<YamlNode> weights;  // file names, relative to the folder
  std::vector<InputSpec> inputs;
  std::vector<UserFunction> functions;
  std::vector<LetStep> let;
  std::vector<OutputSpec> outputs;
  std::vector<StateSpec> states;
  std::vector<TargetSpec> targets;
  bool exact = false;
  std::optional<QuantiseSpec> quantize;
};

/// Reads a model. Error(bad_input) at the first thing that is wrong, Error(unsupported) for a key
/// that is reserved.
ModelFile load_yaml(const std::string& path);

/// The keys of a map in the file: of "model", "input", "state" or "quantize".
std::vector<std::string> known_keys(const std::string& where);
/// Keys with a meaning to come; refused by name.
std::vector<std::string> reserved_keys();

struct TraceOptions {
  ShapeOptions shapes;  // they replace what the model says
  /// Name of the graph; empty: the model's own.
  std::string name;
};

/// Computes every let, output and state symbolically. Errors point into the model file.
Graph trace_yaml(const ModelFile& model, const TraceOptions& options = {});

/// For a model with onnx: what its inputs: say about shapes, for the ONNX front end …
std::map<std::string, std::vector<DimSpec>> input_shapes(const ModelFile& model);
/// … and its pre-processing, put in front of the graph's inputs.
void preprocess_inputs(Graph& graph, const ModelFile& model);

}  // namespace tinycc
