// See load.h.
#include "compiler/load.h"

#include <filesystem>

#include "compiler/onnx/onnx.h"
#include "compiler/yaml/model.h"

namespace tinycc {
namespace {

using Shapes = std::map<std::string, std::vector<int64_t>>;

/// --shape, by input.
Shapes shapes_of(const Options& options) {
  Shapes shapes;
  for (const ShapeOption& shape : options.shapes) {
    if (shapes.emplace(shape.input, shape.dims).second) continue;
    throw Error(ExitCode::usage, "--shape is given twice for '" + shape.input + "'",
                "keep one of them");
  }
  return shapes;
}

/// A path as the model gives it: relative to the model's folder.
std::string beside(const ModelFile& model, const std::string& path) {
  return path.starts_with("/") ? path : model.folder + path;
}

std::vector<std::string> files_of(const ModelFile& model) {
  std::vector<std::string> files{model.path};
  for (const YamlNode& name : model.weights) files.push_back(beside(model, name.text));
  if (!model.onnx.empty()) files.push_back(beside(model, model.onnx));
  return files;
}

/// The ONNX graph that a model.yaml refers to, behind the pre-processing that it describes.
Graph graph_of_onnx(const ModelFile& model, const Options& options) {
  Shapes shapes = shapes_of(options);
  for (const auto& [name, dims] : input_shapes(model)) shapes.emplace(name, dims);
  const std::string path = beside(model, model.onnx);
  if (!std::filesystem::exists(path)) {
    fail_at(*model.root.find("onnx"), "the file '" + model.onnx + "' does not exist",
            "the path is relative to the model's folder");
  }
  const std::string name = options.name.empty() ? model.name : options.name;
  try {
    Graph graph = load_onnx(path, {shapes, name});
    preprocess_inputs(graph, model);
    return graph;
  } catch (const Error& error) {  // of shapes that the model gives, not the command line
    if (error.code != ExitCode::usage || !options.shapes.empty() || model.inputs.empty()) throw;
    throw Error(ExitCode::bad_input, error.what(), error.hint, model.inputs[0].name.at());
  }
}

std::vector<Target> targets_of(const Options& options, const std::vector<TargetSpec>& specs) {
  std::vector<Target> targets;
  for (const std::string& text : options.targets) targets.push_back(resolve_target(text));
  if (!options.targets.empty()) return targets;
  for (const TargetSpec& spec : specs) targets.push_back(resolve_target(spec));
  if (targets.empty()) targets.push_back(resolve_target("c"));
  return targets;
}

bool ends_in(const std::string& path, const char* suffix) { return path.ends_with(suffix); }

}  // namespace

LoadedModel load_model(const Options& options) {
  const std::string& path = options.model;
  if (ends_in(path, ".onnx")) {
    std::vector<Target> targets = targets_of(options, {});
    return {load_onnx(path, {shapes_of(options), options.name}), std::move(targets), {path}};
  }
  if (!ends_in(path, ".yaml") && !ends_in(path, ".yml")) {
    throw Error(ExitCode::usage, "'" + path + "' is neither a .yaml nor an .onnx file",
                "a model's suffix says what it is");
  }
  const ModelFile model = load_yaml(path);
  std::vector<Target> targets = targets_of(options, model.targets);
  Graph graph = model.onnx.empty() ? trace_yaml(model, {shapes_of(options), options.name})
                                   : graph_of_onnx(model, options);
  return {std::move(graph), std::move(targets), files_of(model)};
}

}  // namespace tinycc
