// See model.h: from the YAML tree to ModelFile, one function a key.
#include "compiler/yaml/model.h"

#include <algorithm>
#include <functional>
#include <set>

#include "compiler/nearest.h"
#include "compiler/options.h"

namespace tinycc {
namespace {

constexpr const char* kFirstLine = "the first line of a model is 'tinycc: 1'";
const std::vector<std::string> kInputKeys = {"type", "meaning", "range", "layout",
                                             "colour", "scale",  "mean",  "std"};
const std::vector<std::string> kStateKeys = {"type", "initial", "next"};
const std::vector<std::string> kReserved = {"quantize", "tune"};
/// The order in which the channels of a frame can come; the graph sees red, green, blue.
const std::vector<std::string> kColours = {"rgb", "bgr", "rgba", "bgra", "argb", "abgr"};

void check_keys(const YamlNode& map, const std::vector<std::string>& known, const std::string& what) {
  for (const YamlEntry& entry : map.entries) {
    if (std::find(known.begin(), known.end(), entry.key.text) != known.end()) continue;
    fail_at(entry.key, what + " has no key '" + entry.key.text + "'",
            suggestion(entry.key.text, known, "it has"));
  }
}

const YamlNode& want_map(const YamlNode& node, const std::string& what, const std::string& form) {
  if (!node.is_map()) fail_at(node, what + " is a map, not " + node.kind_name(), "write " + form);
  return node;
}

const YamlNode& want_text(const YamlNode& node, const std::string& what) {
  if (!node.is_scalar() || node.text.empty()) {
    fail_at(node, what + " is expected here, not " + (node.is_scalar() ? "nothing" : node.kind_name()));
  }
  return node;
}

/// A key that names a value: used as a variable of expressions and in C.
void check_value_name(const YamlNode& key, const std::string& what) {
  if (is_plain_name(key.text) && key.text.size() <= 100) return;
  fail_at(key, "'" + key.text + "' cannot name " + what,
          "a name is a letter, then letters, digits and '_'");
}

bool is_loop(const YamlNode& key) { return key.text.starts_with("for "); }

LetStep let_step(const YamlEntry& entry, bool in_function);

/// The steps of a map, or of a list of maps (in which a name may come again).
std::vector<LetStep> let_steps(const YamlNode& node, bool in_function) {
  std::vector<LetStep> steps;
  for (const YamlEntry& entry : node.entries) {
    if (!in_function || entry.key.text != "return") steps.push_back(let_step(entry, in_function));
  }
  for (const YamlNode& item : node.items) {
    for (const YamlEntry& entry : want_map(item, "an entry", "- name: expression").entries) {
      if (!in_function || entry.key.text != "return") steps.push_back(let_step(entry, in_function));
    }
  }
  if (!node.is_map() && !node.is_list()) {
    fail_at(node, "names with expressions are expected here, not " + node.kind_name(),
            "write one 'name: expression' a line");
  }
  return steps;
}

/// "h, c" → the names, each checked.
std::vector<std::string> names_of(const YamlNode& key) {
  std::vector<std::string> names;
  size_t start = 0;
  for (size_t end = 0; end != std::string::npos; start = end + 1) {
    end = key.text.find(',', start);
    std::string name = key.text.substr(start, end - start);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (!is_plain_name(name)) {
      fail_in(key, start, "'" + name + "' cannot name a value",
              "a name is a letter, then letters, digits and '_'; a loop is 'for i in 0..6:'");
    }
    names.push_back(name);
  }
  return names;
}

LetStep let_step(const YamlEntry& entry, bool in_function) {
  LetStep step;
  step.key = entry.key;
  if (is_loop(entry.key)) {
    step.loop = parse_loop_header(entry.key, 4);
    step.body = let_steps(entry.value, in_function);
    return step;
  }
  step.names = names_of(entry.key);
  step.value = parse_expression(entry.value);
  return step;
}

/// The result of a function with steps: the entry 'return' of its map or list.
const YamlNode* find_result(const YamlNode& body) {
  if (const YamlNode* result = body.find("return")) return result;
  for (const YamlNode& item : body.items) {
    if (const YamlNode* result = item.find("return")) return result;
  }
  return nullptr;
}

UserFunction user_function(const YamlEntry& entry) {
  UserFunction function;
  function.key = entry.key;
  function.header = parse_function_header(entry.key);
  if (entry.value.is_scalar()) {
    function.result = parse_expression(entry.value);
    return function;
  }
  function.steps = let_steps(entry.value, true);
  const YamlNode* result = find_result(entry.value);
  if (result == nullptr) {
    fail_at(entry.key, "the function '" + function.header.name + "' returns nothing",
            "add 'return: expression' to its steps");
  }
  function.result = parse_expression(*result);
  return function;
}

void set_layout(const YamlNode& node, Preprocessing& before) {
  before.nhwc = node.text == "nhwc";
  if (!before.nhwc && node.text != "nchw") fail_at(node, "a layout is nhwc or nchw");
}

void set_colour(const YamlNode& node, Preprocessing& before) {
  before.colour = node.text;
  if (std::find(kColours.begin(), kColours.end(), node.text) == kColours.end()) {
    fail_at(node, "'" + node.text + "' is no order of colours",
            "a frame comes as " + listing(kColours) + "; the graph sees rgb");
  }
}

/// A number or a list of numbers, as an expression; YAML's own lists are taken, too.
Expression numbers(const YamlNode& node) {
  if (!node.is_list()) return parse_expression(node);
  Expression list;
  list.node = node;
  list.ast.kind = Ast::Kind::list;
  for (const YamlNode& item : node.items) list.ast.items.push_back(parse_expression(item).ast);
  return list;
}

void set_range(const YamlNode& node, InputSpec& input) {
  if (!node.is_list() || node.items.size() != 2) {
    fail_at(node, "a range is two numbers", "write range: [0, 1]");
  }
  for (const YamlNode& end : node.items) parse_expression(end);
  input.meaning += (input.meaning.empty() ? "from " : ", from ") + node.items[0].text + " to " +
                   node.items[1].text;
}

InputSpec input_of(const YamlEntry& entry) {
  InputSpec input;
  input.name = entry.key;
  const YamlNode& value = entry.value;
  if (!value.is_map()) {
    input.type = parse_type(value);
    return input;
  }
  check_keys(value, kInputKeys, "an input");
  const YamlNode* type = value.find("type");
  if (type == nullptr) fail_at(entry.key, "the input '" + entry.key.text + "' has no type", "add type: \"f32[1,3,8,8]\"");
  input.type = parse_type(*type);
  if (const YamlNode* n = value.find("meaning")) input.meaning = want_text(*n, "a sentence").text;
  if (const YamlNode* n = value.find("range")) set_range(*n, input);
  if (const YamlNode* n = value.find("layout")) set_layout(*n, input.before);
  if (const YamlNode* n = value.find("colour")) set_colour(*n, input.before);
  if (const YamlNode* n = value.find("scale")) input.before.scale = parse_expression(*n);
  if (const YamlNode* n = value.find("mean")) input.before.mean = numbers(*n);
  if (const YamlNode* n = value.find("std")) input.before.std = numbers(*n);
  return input;
}

StateSpec state_of(const YamlEntry& entry) {
  check_value_name(entry.key, "a state");
  const std::string form = entry.key.text + ": {type: \"f32[1,64]\", initial: 0, next: expression}";
  want_map(entry.value, "a state", form);
  check_keys(entry.value, kStateKeys, "a state");
  StateSpec state;
  state.name = entry.key;
  for (const char* key : {"type", "next"}) {
    if (entry.value.find(key) == nullptr) {
      fail_at(entry.key, "the state '" + entry.key.text + "' has no " + key, "write " + form);
    }
  }
  state.type = parse_type(*entry.value.find("type"));
  state.next = parse_expression(*entry.value.find("next"));
  if (const YamlNode* n = entry.value.find("initial")) state.initial = parse_expression(*n);
  return state;
}

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
    fail_at(node, "a file name or a list of them is expected here", "write weights: net.safetensors");
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
    fail_at(node, "targets is a list, not " + node.kind_name(), "write targets: [{c: {cpu: native}}]");
  }
  for (const YamlNode& item : node.items) model.targets.push_back(parse_target(item, model.folder));
}

struct ModelKey {
  const char* name;
  bool with_onnx;  // may stand beside onnx:
  void (*set)(const YamlNode& node, ModelFile& model);
};
constexpr ModelKey kModelKeys[] = {
    {"tinycc", true, set_version},       {"name", true, set_name},     {"onnx", true, set_onnx},
    {"inputs", true, set_inputs},        {"weights", false, set_weights}, {"functions", false, set_functions},
    {"state", false, set_states},        {"let", false, set_let},      {"outputs", false, set_outputs},
    {"targets", true, set_targets},
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
  for (const StateSpec& state : model.states) {
    if (!taken.insert(state.name.text).second) {
      fail_at(state.name, "'" + state.name.text + "' is an input already", "choose another name");
    }
  }
  for (const LetStep& step : model.let) {
    for (const std::string& name : step.names) {
      if (taken.contains(name)) {
        fail_at(step.key, "'" + name + "' is an input or a state already", "choose another name");
      }
    }
  }
}

}  // namespace

std::vector<std::string> known_keys(const std::string& where) {
  if (where == "input") return kInputKeys;
  if (where == "state") return kStateKeys;
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
