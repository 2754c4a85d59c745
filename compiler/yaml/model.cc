// See model.h: from the YAML tree to ModelFile, one function a key.
#include "compiler/yaml/model.h"

#include <algorithm>
#include <set>

#include "compiler/nearest.h"
#include "compiler/options.h"
#include "compiler/yaml/model_entries.h"

namespace tinycc {
namespace {

constexpr const char* kFirstLine = "the first line of a model is 'tinycc: 1'";
const std::vector<std::string> kReserved = {"tune"};

// ---- the keys of a model ---------------------------------------------------------------------

void set_version(const YamlNode& node, ModelFile&) {
  if (node.text == "1") return;
  throw Error(ExitCode::unsupported, "this tinycc reads version 1 of the format only",
              "write tinycc: 1, or use a newer tinycc", node.at());
}

void set_name(const YamlNode& node, ModelFile& model) {
  model.name = want_text(node, "a name").text;
  if (!is_model_name(model.name)) {
    fail_at(node, "'" + model.name + "' cannot prefix C symbols", kModelNameRule);
  }
}

void set_onnx(const YamlNode& node, ModelFile& model) {
  model.onnx = want_text(node, "the name of an .onnx file").text;
}

void set_weights(const YamlNode& node, ModelFile& model) {
  if (node.is_scalar()) model.weights.push_back(want_text(node, "a file name"));
  for (const YamlNode& item : node.items) model.weights.push_back(want_text(item, "a file name"));
  if (model.weights.empty()) {
    fail_at(node, "a file name or a list of them is expected here",
            "write weights: net.safetensors");
  }
}

void set_inputs(const YamlNode& node, ModelFile& model) {
  want_map(node, "inputs", "inputs: {image: \"f32[1,1,28,28]\"}");
  for (const YamlEntry& entry : node.entries) model.inputs.push_back(input_of(entry));
}

void set_functions(const YamlNode& node, ModelFile& model) {
  want_map(node, "functions", "functions: {double(x): \"x + x\"}");
  std::set<std::string> names;
  for (const YamlEntry& entry : node.entries) {
    model.functions.push_back(user_function(entry));
    if (!names.insert(model.functions.back().header.name).second) {
      fail_at(entry.key, "a second function of this name", "choose another name");
    }
  }
}

void set_let(const YamlNode& node, ModelFile& model) { model.let = let_steps(node, false); }

void set_outputs(const YamlNode& node, ModelFile& model) {
  for (const YamlEntry& entry : node.entries) {
    check_value_name(entry.key, "an output");
    model.outputs.push_back({entry.key, parse_expression(entry.value)});
  }
  for (const YamlNode& item : node.items) {
    check_value_name(want_text(item, "the name of a value"), "an output");
    model.outputs.push_back({item, parse_expression(item)});
  }
  if (model.outputs.empty()) {
    fail_at(node, "no outputs", "write outputs: {probs: softmax(h)}, or a list of let names");
  }
}

void set_states(const YamlNode& node, ModelFile& model) {
  want_map(node, "state", "state: {h: {type: \"f32[1,64]\", initial: 0, next: expression}}");
  for (const YamlEntry& entry : node.entries) model.states.push_back(state_of(entry));
}

void set_targets(const YamlNode& node, ModelFile& model) {
  if (!node.is_list()) {
    fail_at(node, "targets is a list, not " + node.kind_name(),
            "write targets: [{c: {cpu: native}}]");
  }
  for (const YamlNode& item : node.items) model.targets.push_back(parse_target(item, model.folder));
}

void set_exact(const YamlNode& node, ModelFile& model) {
  model.exact = node.text == "true";
  if (!model.exact && node.text != "false") fail_at(node, "exact is true or false");
}

void set_quantize(const YamlNode& node, ModelFile& model) { model.quantize = parse_quantise(node); }

struct ModelKey {
  const char* name;
  bool with_onnx;  // may stand beside onnx:
  void (*set)(const YamlNode& node, ModelFile& model);
};
constexpr ModelKey kModelKeys[] = {
    {"tinycc", true, set_version},   {"name", true, set_name},
    {"onnx", true, set_onnx},        {"inputs", true, set_inputs},
    {"weights", false, set_weights}, {"functions", false, set_functions},
    {"state", false, set_states},    {"let", false, set_let},
    {"outputs", false, set_outputs}, {"targets", true, set_targets},
    {"exact", true, set_exact},      {"quantize", true, set_quantize},
};

void check_model_keys(const YamlNode& root) {
  if (!root.is_map()) fail_at(root, "a model is a map, not " + root.kind_name(), kFirstLine);
  for (const YamlEntry& entry : root.entries) {
    if (std::find(kReserved.begin(), kReserved.end(), entry.key.text) == kReserved.end()) continue;
    throw Error(ExitCode::unsupported, "'" + entry.key.text + ":' is reserved, and not there yet",
                "remove it", entry.key.at());
  }
  check_keys(root, known_keys("model"), "a model");
  if (root.find("tinycc") == nullptr) fail_at(root, "'tinycc: 1' is missing", kFirstLine);
  const bool onnx = root.find("onnx") != nullptr;
  for (const ModelKey& key : kModelKeys) {
    const YamlNode* there = root.find(key.name);
    if (onnx && !key.with_onnx && there != nullptr) {
      fail_at(*there, std::string("'") + key.name + ":' cannot stand beside 'onnx:'",
              "the ONNX file says it all; weights: can read the weights of an .onnx file");
    }
  }
  if (!onnx && root.find("outputs") == nullptr) {
    fail_at(root, "the model has no outputs", "add outputs: {name: expression}");
  }
}

/// Inputs, states and lets share one namespace, in which a later let may hide an earlier one only.
void check_names(const ModelFile& model) {
  std::set<std::string> taken;
  for (const InputSpec& input : model.inputs) {
    if (model.onnx.empty()) check_value_name(input.name, "an input");
    taken.insert(input.name.text);
  }
  std::set<std::string> symbols;
  for (const InputSpec& input : model.inputs) {
    for (const DimSpec& dim : input.type.dims) {
      if (taken.contains(dim.symbol))
        fail_at(input.type.node, "the dimension '" + dim.symbol + "' has the name of an input",
                "choose another name");
      symbols.insert(dim.symbol);
    }
  }
  taken.insert(symbols.begin(), symbols.end());
  for (const StateSpec& state : model.states) {
    if (!taken.insert(state.name.text).second) {
      fail_at(state.name, "'" + state.name.text + "' is an input or a dimension already",
              "choose another name");
    }
  }
  for (const LetStep& step : model.let) {
    for (const std::string& name : step.names) {
      if (taken.contains(name)) {
        fail_at(step.key, "'" + name + "' is an input, a dimension or a state already",
                "choose another name");
      }
    }
  }
}

}  // namespace

std::vector<std::string> known_keys(const std::string& where) {
  if (where == "input") return kInputKeys;
  if (where == "state") return kStateKeys;
  if (where == "quantize") return quantise_keys();
  std::vector<std::string> names;
  for (const ModelKey& key : kModelKeys) names.emplace_back(key.name);
  return names;
}

std::vector<std::string> reserved_keys() { return kReserved; }

ModelFile load_yaml(const std::string& path) {
  ModelFile model;
  model.path = path;
  model.folder = path.substr(0, path.find_last_of('/') + 1);
  model.root = read_yaml(path);
  check_model_keys(model.root);
  for (const ModelKey& key : kModelKeys) {
    if (const YamlNode* node = model.root.find(key.name)) key.set(*node, model);
  }
  check_names(model);
  return model;
}

}  // namespace tinycc
