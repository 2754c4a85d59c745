// See targets.h: the text of a target → TargetSpec → Target.
#include <algorithm>
#include <filesystem>

#include "compiler/nearest.h"
#include "compiler/targets/fields.h"

namespace tinycc {
namespace {

constexpr const char* kTargetForm = "write LANGUAGE[:KEY=VALUE,...]: c:cpu=cortex-m4,prefer=ram";
const std::vector<std::string> kLanguages = {"c", "opencl", "cuda", "hip", "metal"};
constexpr int64_t kMostItems = int64_t{1} << 22;  // of a kernel; see ir/threads.cc

/// A mistake in the command line or, with a place, in a file.
[[noreturn]] void refuse(const Location& at, const std::string& message, const std::string& hint) {
  throw Error(at.file.empty() ? ExitCode::usage : ExitCode::bad_input, message, hint, at);
}

/// "target 'c:…': " is not needed in front of a message that has a place.
void check_language(const TargetSpec& spec) {
  if (std::ranges::count(kLanguages, spec.language) != 0) return;
  refuse(spec.at, "unknown target language '" + spec.language + "'", kTargetForm);
}

const TargetSetting* setting(const TargetSpec& spec, const std::string& key) {
  const auto same = [&](const TargetSetting& s) { return s.key == key; };
  const auto found = std::find_if(spec.settings.begin(), spec.settings.end(), same);
  return found == spec.settings.end() ? nullptr : &*found;
}

/// The host's level, its caches, and the flag that lets the C compiler use all of it.
void apply_native(Target& target) {
  const HostCpu host = detect_host();
  apply_embedded_record(host.record, target);
  const bool arm = host.record == "aarch64";
  target.cflags = {arm ? "-mcpu=native" : "-march=native"};
  target.cpu = "native";
  if (host.dot != Dot::none) target.dot = host.dot;
  target.resolved = host.record + " (" + host.name + ")";
  if (host.l1_bytes > 0) target.l1_bytes = host.l1_bytes;
  if (host.l2_bytes > 0) target.l2_bytes = host.l2_bytes;
}

/// The key of the setting that names a record.
const char* machine_key(const Target& target) { return target.is_device() ? "gpu" : "cpu"; }

/// The record for what a device's compiler is told: sm_90a has sm_90's, what none begins with its maker's.
std::string record_of_arch(const std::string& arch, const Target& target) {
  std::string best;
  for (const std::string& name : record_names(true)) {
    if (arch.starts_with(name) && name.size() > best.size()) best = name;
  }
  return !best.empty() ? best : target.language == "cuda" ? "nvidia" : "amd";
}

void apply_machine(const TargetSetting* machine, Target& target) {
  const std::string name = machine != nullptr ? machine->value : "generic";
  if (name == "native" && !target.is_device()) return apply_native(target);
  if (apply_embedded_record(name, target)) return;
  const std::string near = nearest(name, record_names(target.is_device()));
  refuse(machine->at, std::string("unknown ") + machine_key(target) + " '" + name + "'",
         near.empty() ? "tinycc --help lists them; or describe it in a file: board=FILE.yaml"
                      : "did you mean '" + near + "'? tinycc --help lists them");
}

void check_board(const TargetSpec& spec, const TargetSetting& board, const std::string& machine) {
  if (setting(spec, machine) != nullptr) {
    refuse(board.at, "a target has " + machine + "= or board=, not both",
           "put 'base: NAME' into the board file");
  }
}

void apply_setting(const TargetSetting& s, Target& target) {
  const TargetField* field = find_target_field(target, s.key);
  if (field == nullptr) {
    std::vector<std::string> names = {machine_key(target), "board"};
    const std::vector<std::string> fields = target_field_names(target);
    names.insert(names.end(), fields.begin(), fields.end());
    refuse(s.at, "the language " + target.language + " has no setting '" + s.key + "'",
           suggestion(s.key, names, "it has"));
  }
  if (!field->apply(target, s.value)) {
    refuse(s.at, s.key + " cannot be '" + s.value + "'", std::string("it takes ") + field->takes);
  }
}

void add_setting(TargetSpec& spec, TargetSetting s) {
  if (setting(spec, s.key) != nullptr) {
    refuse(s.at, "the target setting '" + s.key + "' is given twice", "keep one of them");
  }
  spec.settings.push_back(std::move(s));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t end = 0; end != std::string::npos; start = end + 1) {
    end = text.find(separator, start);
    parts.push_back(text.substr(start, end - start));
  }
  return parts;
}

TargetSpec parse_text(const std::string& text, const Location& at) {
  TargetSpec spec;
  spec.at = at;
  const size_t colon = text.find(':');
  spec.language = text.substr(0, colon);
  if (colon == std::string::npos) return spec;
  for (const std::string& part : split(text.substr(colon + 1), ',')) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == part.size()) {
      refuse(at, "target '" + text + "': '" + part + "' is no KEY=VALUE", kTargetForm);
    }
    add_setting(spec, {part.substr(0, equals), part.substr(equals + 1), at});
  }
  return spec;
}

std::string setting_text(const YamlEntry& entry) {
  const YamlNode& value = entry.value;
  if (value.is_map() && entry.key.text == "memories") return memories_text(value);
  std::string out = value.text;
  for (const YamlNode& item : value.items) out += (out.empty() ? "" : " ") + item.text;
  if (value.is_map() || out.empty()) fail_at(value, "a setting is a word or a number");
  return out;
}

}  // namespace

TargetSpec parse_target(const std::string& text) { return parse_text(text, {}); }

TargetSpec parse_target(const YamlNode& node, const std::string& folder) {
  TargetSpec spec;
  if (node.is_scalar()) {
    spec = parse_text(node.text, node.at());
  } else if (!node.is_map() || node.entries.size() != 1) {
    fail_at(node, "a target is one language with its settings",
            "write targets: [{c: {cpu: cortex-m4}}]");
  } else {
    const auto& [language, settings] = node.entries[0];
    spec.language = language.text;
    spec.at = language.at();
    if (!settings.is_map() && !settings.is_null()) {
      fail_at(settings, "settings are a map, not " + settings.kind_name(),
              "write {c: {cpu: cortex-m4, dialect: iso}}");
    }
    for (const YamlEntry& entry : settings.entries) {
      add_setting(spec, {entry.key.text, setting_text(entry), entry.value.at()});
    }
  }
  spec.folder = folder;
  return spec;
}

std::optional<std::string> board_file(const TargetSpec& spec) {
  const TargetSetting* board = setting(spec, "board");
  if (board == nullptr) return std::nullopt;
  return (std::filesystem::path(spec.folder) / board->value).string();
}

Target resolve_target(const TargetSpec& spec) {
  check_language(spec);
  Target target;
  target.language = spec.language;
  if (target.is_device()) {
    target.dialect = spec.language;
    target.threads = kMostItems;
  }
  const std::string machine = machine_key(target);
  if (const TargetSetting* board = setting(spec, "board")) {
    check_board(spec, *board, machine);
    apply_board_file(*board_file(spec), target);
  } else if (const TargetSetting* arch = setting(spec, "arch");
             arch != nullptr && target.is_device() && setting(spec, machine) == nullptr) {
    apply_embedded_record(record_of_arch(arch->value, target), target);
  } else {
    const TargetSetting* name = setting(spec, machine);
    apply_machine(name, target);
    const TargetField* field = find_target_field(target, "arch");
    if (name != nullptr && field != nullptr && !field->apply(target, name->value))
      target.arch.clear();  // a record of no one architecture
  }
  for (const TargetSetting& s : spec.settings) {
    if (s.key != machine && s.key != "board") apply_setting(s, target);
  }
  if (target.images) target.vector_bytes = 16;  // a texel
  if (target.ram > 0) target.prefer = Prefer::ram;
  return target;
}

Target resolve_target(const std::string& text) { return resolve_target(parse_target(text)); }

}  // namespace tinycc
