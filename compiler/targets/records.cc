// Target records from data: the embedded *.yaml files of this folder, and board files of users.
#include <algorithm>
#include <map>

#include "compiler/nearest.h"
#include "compiler/targets/fields.h"
#include "emitters/embedded.h"

namespace tinycc {

/// compiler/targets/*.yaml, written by the build.
std::span<const EmbeddedFile> embedded_targets();

namespace {

constexpr int kLongestBaseChain = 8;

using Records = std::map<std::string, YamlNode>;

/// Those of CPUs, or those of GPUs, which stand in files gpu*.yaml.
const Records& records(bool device) {
  static const auto all = [] {
    std::pair<Records, Records> out;
    for (const EmbeddedFile& file : embedded_targets()) {
      const YamlNode root = parse_yaml(std::string(file.name), std::string(file.text));
      const bool gpu = file.name.substr(file.name.rfind('/') + 1).starts_with("gpu");
      for (const YamlEntry& entry : root.entries)
        (gpu ? out.second : out.first).emplace(entry.key.text, entry.value);
    }
    return out;
  }();
  return device ? all.second : all.first;
}

/// A value as the text that --target would have: a list is its items with spaces between.
std::string text_of(const YamlEntry& entry) {
  const YamlNode& value = entry.value;
  if (value.is_scalar()) return value.text;
  if (value.is_map() && entry.key.text == "memories") return memories_text(value);
  std::string out;
  for (const YamlNode& item : value.items) {
    if (!item.is_scalar()) fail_at(item, "a word is expected here, not " + item.kind_name());
    out += (out.empty() ? "" : " ") + item.text;
  }
  if (!value.is_list()) fail_at(value, "a value is expected here, not " + value.kind_name());
  return out;
}

void apply_field(const YamlEntry& entry, Target& target) {
  const TargetField* field = find_target_field(target, entry.key.text);
  if (field == nullptr) {
    std::vector<std::string> names = target_field_names(target);
    names.insert(names.end(), {"about", "base"});
    fail_at(entry.key, "a target record has no key '" + entry.key.text + "'",
            suggestion(entry.key.text, names, "it has"));
  }
  if (!field->apply(target, text_of(entry))) {
    fail_at(entry.value, "this is no value for " + entry.key.text,
            std::string("it takes ") + field->takes);
  }
}

void apply_record(const YamlNode& record, Target& target, int depth) {
  if (!record.is_map()) fail_at(record, "a target record is a map, not " + record.kind_name());
  if (const YamlNode* base = record.find("base")) {
    const Records& known = records(target.is_device());
    const auto found = known.find(base->text);
    if (found == known.end() || depth > kLongestBaseChain) {
      fail_at(*base, "there is no target record '" + base->text + "'",
              suggestion(base->text, record_names(target.is_device()), "there are"));
    }
    apply_record(found->second, target, depth + 1);
  }
  for (const YamlEntry& entry : record.entries) {
    if (entry.key.text != "about" && entry.key.text != "base") apply_field(entry, target);
  }
}

}  // namespace

std::string memories_text(const YamlNode& map) {
  std::string out;
  for (const YamlEntry& m : map.entries)
    out += (out.empty() ? "" : "+") + m.key.text + ":" + m.value.text;
  return out;
}

std::vector<std::string> record_names(bool device) {
  std::vector<std::string> names;
  if (!device) names.emplace_back("native");
  for (const auto& [name, record] : records(device)) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

bool apply_embedded_record(const std::string& name, Target& target) {
  const Records& known = records(target.is_device());
  const auto found = known.find(name);
  if (found == known.end()) return false;
  apply_record(found->second, target, 0);
  target.cpu = target.resolved = name;
  return true;
}

void apply_board_file(const std::string& path, Target& target) {
  const YamlNode record = read_yaml(path);
  apply_record(record, target, 0);
  const size_t slash = path.find_last_of('/');
  const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
  target.cpu = target.resolved = file.substr(0, file.find('.'));
}

}  // namespace tinycc
