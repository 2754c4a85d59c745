// See model_entries.h.
#include "compiler/yaml/model_entries.h"

#include <algorithm>

#include "compiler/nearest.h"

namespace tinycc {

const std::vector<std::string> kInputKeys = {"type",   "meaning", "range", "layout",
                                             "colour", "scale",   "mean",  "std"};
const std::vector<std::string> kStateKeys = {"type", "initial", "next"};

void check_keys(const YamlNode& map, const std::vector<std::string>& known,
                const std::string& what) {
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
    fail_at(node,
            what + " is expected here, not " + (node.is_scalar() ? "nothing" : node.kind_name()));
  }
  return node;
}

void check_value_name(const YamlNode& key, const std::string& what) {
  if (is_plain_name(key.text) && key.text.size() <= 100) return;
  fail_at(key, "'" + key.text + "' cannot name " + what,
          "a name is a letter, then letters, digits and '_'");
}

namespace {

/// The order in which the channels of a frame can come; the graph sees red, green, blue.
const std::vector<std::string> kColours = {"rgb", "bgr", "rgba", "bgra", "argb", "abgr"};

bool is_loop(const YamlNode& key) { return key.text.starts_with("for "); }

LetStep let_step(const YamlEntry& entry);

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
    if (name == "return") {
      fail_in(key, start, "'return' has no place here",
              "it is a step of a function, not of a loop");
    }
    names.push_back(name);
  }
  return names;
}

LetStep let_step(const YamlEntry& entry) {
  LetStep step;
  step.key = entry.key;
  if (is_loop(entry.key)) {
    step.loop = parse_loop_header(entry.key, 4);
    step.body = let_steps(entry.value, false);
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

}  // namespace

std::vector<LetStep> let_steps(const YamlNode& node, bool in_function) {
  std::vector<LetStep> steps;
  for (const YamlEntry& entry : node.entries) {
    if (!in_function || entry.key.text != "return") steps.push_back(let_step(entry));
  }
  for (const YamlNode& item : node.items) {
    for (const YamlEntry& entry : want_map(item, "an entry", "- name: expression").entries) {
      if (!in_function || entry.key.text != "return") steps.push_back(let_step(entry));
    }
  }
  if (!node.is_map() && !node.is_list()) {
    fail_at(node, "names with expressions are expected here, not " + node.kind_name(),
            "write one 'name: expression' a line");
  }
  return steps;
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
  if (type == nullptr)
    fail_at(entry.key, "the input '" + entry.key.text + "' has no type",
            "add type: \"f32[1,3,8,8]\"");
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

}  // namespace tinycc
