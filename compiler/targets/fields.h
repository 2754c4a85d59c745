// The fields of a target by name: what a record, a board file and a setting of --target can say.
// Shared by spec.cc (settings) and records.cc (data files); nobody else needs it.
#pragma once

#include "compiler/targets/targets.h"

namespace tinycc {

/// Which targets have a field.
enum class For : uint8_t { any, cpu, device, opencl, built };  // built: cuda and hip

struct TargetField {
  const char* key;
  const char* takes;  // for the error: "a number of bytes: 32768, 32K, 1M"
  bool (*apply)(Target& target, const std::string& value);  // false: the value is not understood
  For is_for = For::any;
};

/// The field called `key` that a target of this language has, or nullptr.
const TargetField* find_target_field(const Target& target, const std::string& key);
std::vector<std::string> target_field_names(const Target& target);

/// {tcm: 64k, sram: 256k} as --target has it: "tcm:64k+sram:256k".
std::string memories_text(const YamlNode& map);

/// The embedded record of a CPU or, for a device's language, a GPU, with its bases applied; false if
/// there is none of this name.
bool apply_embedded_record(const std::string& name, Target& target);
/// A user's board file: one record; `base:` names an embedded one. Its name becomes target.cpu.
void apply_board_file(const std::string& path, Target& target);

}  // namespace tinycc
