// Which machine the emitted source is for: from the text of --target, or an entry of a model's
// targets:, to a Target record. What a CPU has is data: the *.yaml files of this folder, which are
// embedded in the program, or a user's own board file. README.md says what can be written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/yaml/document.h"
#include "ir/target.h"

namespace tinycc {

/// One KEY=VALUE, and where it stands when it comes from a file.
struct TargetSetting {
  std::string key, value;
  Location at;
};

/// A target as it is written, before its record is looked up.
struct TargetSpec {
  std::string language = "c";
  std::vector<TargetSetting> settings;
  std::string folder;  // what a relative board= is relative to; empty: the current folder
  Location at;
};

/// Reads "c:cpu=native,dialect=gnu". Error(usage) when it is malformed.
TargetSpec parse_target(const std::string& text);
/// Reads an entry of targets:, {c: {cpu: cortex-a76, threads: 4}} or the same text as --target.
TargetSpec parse_target(const YamlNode& node, const std::string& folder);

/// The record with the settings applied. Errors point at the setting: Error(usage) for one from the
/// command line, Error(bad_input) for one from a file, Error(unsupported) for a language that is not there yet.
Target resolve_target(const TargetSpec& spec);
Target resolve_target(const std::string& text);

/// "32768", "32k", "1M".
std::optional<int64_t> bytes_in(const std::string& text);

/// The path of the board file that the target names, if it does.
std::optional<std::string> board_file(const TargetSpec& spec);

/// Names that gpu= takes, or cpu= ("native" and all embedded records), sorted.
std::vector<std::string> record_names(bool device);

/// What this machine's CPU is: the record to start from, and what it calls itself.
struct HostCpu {
  std::string record;                  // "x86-64-v4"
  std::string name;                    // "znver4"
  int64_t l1_bytes = 0, l2_bytes = 0;  // 0: not known
  Dot dot = Dot::none;                 // beyond what the record says
};
HostCpu detect_host();

}  // namespace tinycc
