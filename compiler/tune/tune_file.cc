// See tune_file.h.
#include "compiler/tune/tune_file.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "compiler/nearest.h"
#include "compiler/yaml/document.h"
#include "passes/excerpt.h"
#include "passes/moves.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSections[] = {"graph", "buffers"};

constexpr const char* kHead =
    "# Found by `tinycc tune`. Commit this file beside the model: tinycc reads it, and times\n"
    "# nothing itself. An entry counts where a kernel or decision has its key.\n";

const YamlNode& scalar(const YamlNode& map, const std::string& key) {
  const YamlNode* value = map.find(key);
  if (value == nullptr) fail_at(map, "`" + key + "` is missing", "tinycc tune writes this file");
  if (!value->is_scalar() && !value->is_null())
    fail_at(*value, "`" + key + "` is " + value->kind_name(), "it is one value");
  return *value;
}

void check_keys(const YamlNode& map, const std::vector<std::string>& known) {
  for (const YamlEntry& e : map.entries) {
    if (std::find(known.begin(), known.end(), e.key.text) == known.end())
      fail_at(e.key, "unknown key `" + e.key.text + "`", suggestion(e.key.text, known, "keys"));
  }
}

double time_of(const YamlNode& map, const std::string& key) {
  const YamlNode& node = scalar(map, key);
  double value = 0;
  const char* const end = node.text.data() + node.text.size();
  if (std::from_chars(node.text.data(), end, value).ptr != end || node.text.empty() ||
      !(value >= 0))
    fail_at(node, "`" + node.text + "` is no time", "it is a number of microseconds");
  return value;
}

/// The key of an entry, after a look at what else there is.
std::string key_of(const YamlNode& node, const std::string& what, std::set<std::string>& keys) {
  if (!node.is_map()) fail_at(node, "an entry is " + node.kind_name(), "it is a map with a key:");
  check_keys(node, {"key", "name", what, "before_us", "after_us"});
  const std::string key = scalar(node, "key").text;
  if (!keys.insert(key).second)
    fail_at(scalar(node, "key"), "key " + key + " is there twice", "keep one of the entries");
  return key;
}

TunedKernel kernel_of(const YamlNode& node, std::set<std::string>& keys) {
  TunedKernel k;
  k.key = key_of(node, "moves", keys);
  k.name = scalar(node, "name").text;
  k.moves = scalar(node, "moves").text;
  k.at = scalar(node, "moves").at();
  k.before_us = time_of(node, "before_us");
  k.after_us = time_of(node, "after_us");
  return k;
}

TunedChoice choice_of(const YamlNode& node, const char* section, std::set<std::string>& keys) {
  TunedChoice c;
  c.section = section;
  c.key = key_of(node, "choice", keys);
  c.name = scalar(node, "name").text;
  c.choice = scalar(node, "choice").text;
  c.before_us = time_of(node, "before_us");
  c.after_us = time_of(node, "after_us");
  return c;
}

/// The entries of a section; none if it is not there.
std::vector<YamlNode> entries_of(const YamlNode& root, const std::string& section) {
  const YamlNode* list = root.find(section);
  if (list == nullptr || list->is_null()) return {};
  if (!list->is_list()) fail_at(*list, "`" + section + "` is " + list->kind_name(), "it is a list");
  return list->items;
}

/// As a YAML scalar; moves and names that tinycc makes need no quotes, unless they are empty.
std::string yaml_text(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ' ' || c == ';' ||
           c == '.' || c == '-';
  }) && std::isalpha(static_cast<unsigned char>(text[0])) != 0;
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + "\"";
}

}  // namespace

TuneFile parse_tune_file(const std::string& path, const std::string& text) {
  const YamlNode root = parse_yaml(path, text);
  if (!root.is_map()) fail_at(root, "a tuning file is a map, not " + root.kind_name());
  check_keys(root, {"tinycc", "target", "compiler", "graph", "buffers", "kernels"});
  scalar(root, "tinycc");
  TuneFile file;
  file.target = scalar(root, "target").text;
  file.compiler = scalar(root, "compiler").text;
  std::set<std::string> keys;
  for (const char* section : kSections) {
    for (const YamlNode& c : entries_of(root, section))
      file.choices.push_back(choice_of(c, section, keys));
  }
  for (const YamlNode& k : entries_of(root, "kernels")) file.kernels.push_back(kernel_of(k, keys));
  return file;
}

TuneFile read_tune_file(const std::string& path) {
  return parse_tune_file(path, read_text_file(path, 2 << 20, "tuning file"));
}

std::string to_text(const TuneFile& file) {
  std::string out = kHead;
  out += "tinycc: " TINYCC_VERSION "\n";
  out +=
      fmt::format("target: {}\ncompiler: {}\n", yaml_text(file.target), yaml_text(file.compiler));
  const auto entry = [&](const auto& e, const char* what, const std::string& value) {
    out += fmt::format(
        "  - key: \"{}\"\n    name: {}\n    {}: {}\n    before_us: {:.4g}\n    after_us: {:.4g}\n",
        e.key, yaml_text(e.name), what, yaml_text(value), e.before_us, e.after_us);
  };
  for (const std::string section : kSections) {
    bool any = false;
    for (const TunedChoice& c : file.choices) {
      if (c.section != section) continue;
      if (!std::exchange(any, true)) out += section + ":\n";
      entry(c, "choice", c.choice);
    }
  }
  out += "kernels:\n";
  for (const TunedKernel& k : file.kernels) entry(k, "moves", k.moves);
  return out;
}

void write_tune_file(const std::string& path, const TuneFile& file) {
  const std::string beside = path + fmt::format(".{}", getpid());
  std::ofstream out(beside, std::ios::binary);
  out << to_text(file);
  out.close();
  std::error_code failed;
  if (out) fs::rename(beside, path, failed);
  if (out && !failed) return;
  fs::remove(beside, failed);
  throw Error(ExitCode::cannot_write, path + " cannot be written", "name another --tune-file");
}

std::string default_tune_file(const std::string& model) {
  return fs::path(model).replace_extension(".tune.yaml").string();
}

std::string find_tune_file(const Options& options) {
  if (!options.tune_file.empty()) return options.tune_file;
  const std::string file = default_tune_file(options.model);
  return fs::exists(file) ? file : "";
}

std::optional<std::string> TunedMoves::find(const Draft& draft, const Computation& c) {
  if (file_.kernels.empty()) return {};
  const std::string key = kernel_key(draft, c);
  for (const TunedKernel& k : file_.kernels) {
    if (k.key != key) continue;
    used_.insert(key);
    try {
      apply_schedule(plain_nest(draft, c), k.moves);
    } catch (const IllegalMove& e) {
      throw Error(ExitCode::bad_input, e.what(), "remove the entry, and tune again", k.at);
    }
    return k.moves;
  }
  return {};
}

std::string TunedMoves::decide(const Decision& d) {
  for (const TunedChoice& c : file_.choices) {
    const bool is_possible =
        std::find(d.possible.begin(), d.possible.end(), c.choice) != d.possible.end();
    if (c.section != d.section || c.key != d.key || !is_possible) continue;
    used_.insert(c.key);
    return c.choice;
  }
  return d.ours;
}

std::string TunedMoves::stale() const {
  std::vector<std::string> names;
  for (const TunedChoice& c : file_.choices) {
    if (used_.count(c.key) == 0) names.push_back(c.name);
  }
  for (const TunedKernel& k : file_.kernels) {
    if (used_.count(k.key) == 0) names.push_back(k.name);
  }
  if (names.empty()) return "";
  const size_t all = file_.kernels.size() + file_.choices.size(),
               shown = std::min<size_t>(names.size(), 5);
  return fmt::format(
      "{}: warning: {} of {} entries match nothing in this build, and are not used: {}{}\n"
      "hint: the model, the target or tinycc has changed since; tune again\n",
      path_, names.size(), all,
      fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(shown), ", "),
      shown < names.size() ? " …" : "");
}

}  // namespace tinycc
