// See load.h.
#include "compiler/load.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "compiler/onnx/onnx.h"
#include "compiler/yaml/model.h"

namespace tinycc {
namespace {

/// --shape, by input and by symbol.
ShapeOptions shapes_of(const Options& options) {
  ShapeOptions shapes;
  for (const ShapeOption& shape : options.shapes) {
    const bool symbol = shape.input.empty();
    const std::string& name = symbol ? shape.dims[0].symbol : shape.input;
    const bool fresh = symbol ? shapes.symbols.emplace(name, shape.dims[0]).second
                              : shapes.inputs.emplace(name, shape.dims).second;
    if (fresh) continue;
    throw Error(ExitCode::usage, "--shape is given twice for '" + name + "'", "keep one of them");
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
Graph graph_of_onnx(const ModelFile& model, const Options& options, std::set<std::string>& files) {
  ShapeOptions shapes = shapes_of(options);
  for (const auto& [name, dims] : input_shapes(model)) shapes.inputs.emplace(name, dims);
  const std::string path = beside(model, model.onnx);
  if (!std::filesystem::exists(path)) {
    fail_at(*model.root.find("onnx"), "the file '" + model.onnx + "' does not exist",
            "the path is relative to the model's folder");
  }
  const std::string name = options.name.empty() ? model.name : options.name;
  try {
    Graph graph = load_onnx(path, {shapes, name, &files, options.max_trip});
    preprocess_inputs(graph, model);
    return graph;
  } catch (const Error& error) {  // of shapes that the model gives, not the command line
    if (error.code != ExitCode::usage || !options.shapes.empty() || model.inputs.empty()) throw;
    throw Error(ExitCode::bad_input, error.what(), error.hint, model.inputs[0].name.at());
  }
}

/// Several targets are a device and C, for where there is no such device.
void check_together(const std::vector<Target>& targets, const std::vector<TargetSpec>& specs,
                    const Options& options) {
  for (size_t i = 1; i < targets.size(); ++i) {
    if (i > 1 || targets[i].is_device() == targets[0].is_device())
      throw Error(
          specs[i].at.file.empty() ? ExitCode::usage : ExitCode::bad_input,
          fmt::format("{} and {} in one folder", targets[i - 1].language, targets[i].language),
          "several targets are one device, and c for where there is none; for more devices "
          "run tinycc once for each, with --target and an -o of its own",
          specs[i].at);
  }
  if (targets.size() > 1 &&
      std::any_of(targets.begin(), targets.end(), [](const Target& t) { return !t.memories.empty(); }))
    throw Error(ExitCode::unsupported, "memories= beside a device",
                "run tinycc for c alone, or leave memories= away");
  if (options.weights == WeightsMode::bin &&
      std::any_of(targets.begin(), targets.end(), [](const Target& t) { return t.is_device(); }))
    throw Error(ExitCode::unsupported, "--weights bin: not for devices",
                "take --weights incbin, or leave it away");
}

/// What --target says, else the model, else one generic C target; `files` gets the board files.
std::vector<Target> targets_of(const Options& options, std::vector<TargetSpec> specs,
                               std::set<std::string>& files) {
  if (!options.targets.empty()) specs.clear();
  for (const std::string& text : options.targets) specs.push_back(parse_target(text));
  if (specs.empty()) specs.emplace_back();
  std::vector<Target> targets;
  for (const TargetSpec& spec : specs) {
    targets.push_back(resolve_target(spec));
    Target& target = targets.back();
    if (options.ram > 0 && !target.is_device()) {
      target.ram = options.ram;
      target.prefer = Prefer::ram;
    }
    const auto is_same = [&](const Target& t) { return t.language == target.language; };
    if (std::count_if(targets.begin(), targets.end(), is_same) > 1) {
      throw Error(spec.at.file.empty() ? ExitCode::usage : ExitCode::bad_input,
                  "two " + spec.language + " targets would write the same files",
                  "give one " + spec.language + " target per output folder: run tinycc once for " +
                      "each, with --target and an -o of its own",
                  spec.at);
    }
    if (const auto board = board_file(spec)) files.insert(*board);
  }
  check_together(targets, specs, options);
  return targets;
}

/// --quantize, else the model's own.
void quantise_loaded(LoadedModel& loaded, std::optional<QuantiseSpec> spec, const Options& options,
                     const std::string& folder) {
  if (!options.quantize.empty()) spec = parse_quantise(options.quantize);
  if (!spec) return;
  loaded.quantised = quantise_model(loaded.graph, *spec, spec->at.file.empty() ? "" : folder);
  if (!spec->data.empty())
    loaded.files.push_back(
        spec->at.file.empty() || spec->data.starts_with("/") ? spec->data : folder + spec->data);
}

bool ends_in(const std::string& path, const char* suffix) { return path.ends_with(suffix); }

}  // namespace

const Target& only_target(const LoadedModel& model, const char* command) {
  if (model.targets.size() == 1) return model.targets[0];
  throw Error(
      ExitCode::usage,
      fmt::format("tinycc {} is about one target, and there are {}", command, model.targets.size()),
      "name it by --target");
}

LoadedModel load_model(const Options& options) {
  const std::string& path = options.model;
  std::set<std::string> more;  // files, beside those that the model names
  LoadedModel loaded;
  loaded.exact = options.exact;
  if (ends_in(path, ".onnx")) {
    loaded.targets = targets_of(options, {}, more);
    loaded.graph = load_onnx(path, {shapes_of(options), options.name, &more, options.max_trip});
    loaded.files = {path};
    quantise_loaded(loaded, {}, options, "");
  } else if (ends_in(path, ".yaml") || ends_in(path, ".yml")) {
    const ModelFile model = load_yaml(path);
    loaded.exact |= model.exact;
    loaded.targets = targets_of(options, model.targets, more);
    loaded.graph = model.onnx.empty() ? trace_yaml(model, {shapes_of(options), options.name})
                                      : graph_of_onnx(model, options, more);
    loaded.files = files_of(model);
    quantise_loaded(loaded, model.quantize, options, model.folder);
  } else {
    throw Error(ExitCode::usage, "'" + path + "' is neither a .yaml nor an .onnx file",
                "a model's suffix says what it is");
  }
  loaded.files.insert(loaded.files.end(), more.begin(), more.end());
  return loaded;
}

}  // namespace tinycc
