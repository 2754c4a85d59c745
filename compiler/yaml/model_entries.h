// The entries of a model's maps: lets, functions, inputs, states, each from its YAML node. Shared
// by model.cc, which knows the keys of a whole model, and model_entries.cc.
#pragma once

#include "compiler/yaml/model.h"

namespace tinycc {

/// Throws Error(bad_input) for a key that is not among `known`; `what` has the keys.
void check_keys(const YamlNode& map, const std::vector<std::string>& known,
                const std::string& what);
/// The node, if it is a map or a text; `form` says how `what` is written.
const YamlNode& want_map(const YamlNode& node, const std::string& what, const std::string& form);
const YamlNode& want_text(const YamlNode& node, const std::string& what);
/// A key that names a value: used as a variable of expressions and in C.
void check_value_name(const YamlNode& key, const std::string& what);

/// The steps of a map, or of a list of maps (in which a name may come again). Those of a function
/// have a step `return`, which is left out.
std::vector<LetStep> let_steps(const YamlNode& node, bool in_function);
UserFunction user_function(const YamlEntry& entry);
InputSpec input_of(const YamlEntry& entry);
StateSpec state_of(const YamlEntry& entry);

extern const std::vector<std::string> kInputKeys;
extern const std::vector<std::string> kStateKeys;

}  // namespace tinycc
