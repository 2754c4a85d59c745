// A YAML file as a tree in which every key and value knows its place, so that errors can point at
// it. In: a path, or text. Out: YamlNode, checked for all that a YAML library lets pass: duplicate
// keys, alias bombs, files that are no text. The only header between yaml-cpp and the project.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/error.h"

namespace tinycc {

/// The file's text, shared by all nodes of its tree.
struct SourceText {
  std::string path;  // as it is shown in messages
  std::string text;
  std::vector<size_t> line_starts;  // byte offsets

  SourceText(std::string path, std::string text);
  /// Where byte `offset` is; columns count characters, not bytes.
  Location at(size_t offset) const;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind : uint8_t { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;             // a scalar in quotes, or a block scalar: never a number
  std::string text;                // of a scalar
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in the file's order
  std::shared_ptr<const SourceText> source;
  size_t position = 0;  // byte offset of its first character, quotes included

  bool is_map() const { return kind == Kind::map; }
  bool is_list() const { return kind == Kind::list; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_null() const { return kind == Kind::null; }

  /// The value of a key, or nullptr.
  const YamlNode* find(const std::string& key) const;
  /// Where it begins.
  Location at() const { return source->at(position); }
  /// Where character `offset` of a scalar's text is: behind quotes, escapes and line folds.
  Location at(size_t offset) const;
  /// "a list", "a map" …
  std::string kind_name() const;
};

struct YamlEntry {
  YamlNode key, value;
};

/// Reads a file. Error(bad_input) when it is missing, a folder, empty, too large, no UTF-8 text, no
/// YAML, or YAML that expands without end.
YamlNode read_yaml(const std::string& path);
/// The same for text that is here already; `path` is what messages call it.
YamlNode parse_yaml(const std::string& path, const std::string& text);

/// Throws Error(bad_input) that points at the node, or at a character of its text.
[[noreturn]] void fail_at(const YamlNode& node, const std::string& message,
                          const std::string& hint = "");

/// The file's bytes, or Error(bad_input): missing, a folder, or over `most` bytes. `what` is what
/// the file is: "model".
std::string read_text_file(const std::string& path, size_t most, const std::string& what);

}  // namespace tinycc
