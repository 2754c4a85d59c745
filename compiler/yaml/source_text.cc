// See document.h: files as text with lines and columns, and which character of a YAML scalar came
// from which byte of the file.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "compiler/yaml/document.h"

namespace tinycc {
namespace {

constexpr size_t kLongestLineShown = 240;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Offset of the first character of a scalar's content: behind quotes, `|`, `>`, anchor and tag.
size_t content_start(const std::string& text, size_t i) {
  while (i < text.size() && (text[i] == '&' || text[i] == '!')) {
    while (i < text.size() && !is_space(text[i])) ++i;
    while (i < text.size() && is_space(text[i])) ++i;
  }
  if (i < text.size() && (text[i] == '"' || text[i] == '\'')) return i + 1;
  if (i < text.size() && (text[i] == '|' || text[i] == '>')) {
    while (i < text.size() && text[i] != '\n') ++i;
  }
  return i;
}

/// From the file's offset `i` of the scalar's character `c` to the next character.
size_t after(const std::string& text, size_t i, char c, char quote) {
  if (is_space(c)) return i;  // folds and indents differ; the next character finds its place
  while (i < text.size() && is_space(text[i])) ++i;
  if (quote == '"' && i < text.size() && text[i] == '\\') ++i;
  const bool doubled = quote == '\'' && c == quote && i + 1 < text.size() && text[i + 1] == quote;
  return std::min(text.size(), i + (doubled ? 2 : 1));
}

}  // namespace

SourceText::SourceText(std::string path, std::string text)
    : path(std::move(path)), text(std::move(text)) {
  line_starts.push_back(0);
  for (size_t i = 0; i < this->text.size(); ++i) {
    if (this->text[i] == '\n') line_starts.push_back(i + 1);
  }
}

Location SourceText::at(size_t offset) const {
  offset = std::min(offset, text.size());
  const auto above = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
  const size_t start = *(above - 1);
  const size_t end = std::min(text.find_first_of("\r\n", start), text.size());
  const auto column = std::count_if(text.begin() + static_cast<std::ptrdiff_t>(start),
                                    text.begin() + static_cast<std::ptrdiff_t>(offset),
                                    [](char c) { return !is_continuation(c); });
  Location where;
  where.file = path;
  where.line = static_cast<int>(above - line_starts.begin());
  where.column = static_cast<int>(column) + 1;
  if (end - start <= kLongestLineShown) where.source = text.substr(start, end - start);
  std::replace(where.source.begin(), where.source.end(), '\t', ' ');
  return where;
}

Location YamlNode::at(size_t offset) const {
  const std::string& file = source->text;
  size_t i = content_start(file, position);
  const char quote = quoted && i > 0 ? file[i - 1] : ' ';
  for (size_t k = 0; k < offset && k < text.size(); ++k) i = after(file, i, text[k], quote);
  const bool inside = offset < text.size() && !is_space(text[offset]);
  while (inside && i < file.size() && is_space(file[i])) ++i;
  return source->at(i);
}

std::string read_text_file(const std::string& path, size_t most, const std::string& what) {
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    throw Error(ExitCode::bad_input, "the " + what + " '" + path + "' " + why, hint);
  };
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) refuse("does not exist", "check the path");
  if (std::filesystem::is_directory(status)) refuse("is a folder", "name the file in it");
  if (!std::filesystem::is_regular_file(status)) refuse("is no regular file", "");
  const auto size = std::filesystem::file_size(path, failed);
  if (!failed && size > most) {
    refuse("has " + std::to_string(size) + " bytes; at most " + std::to_string(most) + " are read",
           "numbers belong in a weights file");
  }
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream || failed) refuse("cannot be read", "check its permissions");
  return text;
}

}  // namespace tinycc
