// See text.h.
#include "emitters/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "emitters/embedded.h"
#include "ir/error.h"

namespace tinycc {

namespace {

constexpr size_t kColumns = 100;

const std::string& value_of(const TextValues& values, std::string_view key) {
  const auto found = values.find(key);
  TCC_CHECK(found != values.end(), fmt::format("a template has the unknown key {}", key));
  return found->second;
}

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// The key of the placeholder that starts at `at`, or nothing: a lone @ is text.
std::string_view key_at(std::string_view line, size_t at) {
  const size_t end = line.find('@', at + 1);
  if (end == std::string_view::npos) return {};
  const std::string_view key = line.substr(at + 1, end - at - 1);
  return is_key(key) ? key : std::string_view{};
}

std::string expand_line(std::string_view line, const TextValues& values) {
  std::string out;
  for (size_t at = 0; at < line.size();) {
    const std::string_view key = line[at] == '@' ? key_at(line, at) : std::string_view{};
    if (key.empty()) {
      out += line[at++];
    } else {
      out += value_of(values, key);
      at += key.size() + 2;
    }
  }
  return out;
}

std::string_view trimmed(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") + 1 - first);
}

/// The key, when the line holds one placeholder and nothing else.
std::string_view lone_key(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.empty() || text[0] != '@') return {};
  const std::string_view key = key_at(text, 0);
  return key.size() + 2 == text.size() ? key : std::string_view{};
}

void append_block(std::string& out, std::string_view value, std::string_view indent) {
  while (!value.empty()) {
    const size_t end = std::min(value.find('\n'), value.size());
    const std::string_view line = value.substr(0, end);
    if (!line.empty()) out.append(indent).append(line);
    out += '\n';
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

/// Condition lines: what they ask, and the stack of the answers.
class Conditions {
 public:
  /// True when `line` is a condition line.
  bool take(std::string_view line, const TextValues& values) {
    const std::string_view text = trimmed(line);
    if (text == "@end@") {
      TCC_CHECK(!answers_.empty(), "a template has an @end@ too many");
      answers_.pop_back();
      return true;
    }
    for (const std::string_view word : {"@if ", "@unless "}) {
      if (!text.starts_with(word)) continue;
      const std::string_view key = text.substr(word.size(), text.size() - word.size() - 1);
      answers_.push_back(value_of(values, key).empty() == (word == "@unless "));
      return true;
    }
    return false;
  }
  bool hold() const { return std::ranges::count(answers_, false) == 0; }

 private:
  std::vector<bool> answers_;
};

}  // namespace

std::string expand(std::string_view text, const TextValues& values) {
  std::string out;
  Conditions conditions;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (conditions.take(line, values) || !conditions.hold()) continue;
    if (const std::string_view key = lone_key(line); !key.empty()) {
      append_block(out, value_of(values, key), line.substr(0, line.find('@')));
    } else {
      out += expand_line(line, values) + "\n";
    }
  }
  return out;
}

std::string expand_template(std::string_view name, const TextValues& values) {
  for (const EmbeddedFile& file : embedded_templates()) {
    if (file.name == fmt::format("{}.in", name)) return expand(file.text, values);
  }
  bug(fmt::format("there is no template {}", name), __FILE__, __LINE__);
}

std::string listed(const std::vector<std::string>& items, size_t most) {
  const size_t shown = std::min(items.size(), most);
  const std::string names =
      fmt::format("{}", fmt::join(items.begin(), items.begin() + static_cast<long>(shown), ", "));
  return shown == items.size() ? names : names + fmt::format(" and {} more", items.size() - shown);
}

std::string thousands(int64_t number) {
  std::string digits = fmt::format("{}", number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string shortest(double number) { return fmt::format("{}", number); }

std::string wrap_items(const std::vector<std::string>& items, size_t indent) {
  std::string out, line(indent, ' ');
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item = items[i] + (i + 1 < items.size() ? "," : "");
    if (line.size() > indent && line.size() + 1 + item.size() > kColumns) {
      out += line + "\n";
      line.assign(indent, ' ');
    }
    line += (line.size() > indent ? " " : "") + item;
  }
  return out + line;
}

std::string wrap(const std::vector<std::string>& words, std::string_view lead) {
  std::string out, line(lead);
  for (const std::string& word : words) {
    if (line.size() > lead.size() && line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = lead;
    }
    if (line.size() > lead.size()) line += ' ';
    line += word;
  }
  return out + line;
}

std::string wrap_words(std::string_view text, std::string_view lead) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return wrap(words, lead);
}

std::string wrap_arguments(std::string_view text, size_t indent) {
  const size_t open = text.find('(') + 1;
  std::vector<std::string> words;
  for (size_t at = open; at < text.size();) {
    const size_t comma = text.find(", ", at);
    const size_t end = comma == std::string_view::npos ? text.size() : comma + 1;
    words.emplace_back(text.substr(at, end - at));
    at = comma == std::string_view::npos ? end : comma + 2;
  }
  const std::string lines = wrap(words, std::string(indent + open, ' '));
  return std::string(indent, ' ') + std::string(text.substr(0, open)) + lines.substr(indent + open);
}

std::string wrap_long_lines(std::string_view text) {
  std::string out;
  bool in_macro = false;  // the line before goes on in this one
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const bool goes_on = line.ends_with('\\');
    const bool wraps = line.size() > kColumns && line.find('(') < line.find(", ") &&
                       line.find_first_of("/*\"#") > line.find('(') && !goes_on && !in_macro;
    in_macro = goes_on;
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    out += (wraps ? wrap_arguments(line.substr(indent), indent) : std::string(line)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string comment_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool glued = !out.empty() && ((out.back() == '*' && c == '/') ||
                                        (out.back() == '/' && (c == '*' || c == '/')));
    if (glued) out += ' ';
    out += c >= ' ' && c <= '~' && c != '\\' ? c : (c == '\n' ? ' ' : '?');
  }
  return out;
}

std::string c_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c >= ' ' && c <= '~' && c != '?'
               ? std::string(1, c)
               : fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return out + "\"";
}

std::string join(const std::vector<std::string>& items, std::string_view separator) {
  return fmt::format("{}", fmt::join(items, separator));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string left_aligned(std::string_view text, size_t width) {
  return fmt::format("{:<{}}", text, width);
}

std::string right_aligned(std::string_view text, size_t width) {
  return fmt::format("{:>{}}", text, width);
}

}  // namespace tinycc
