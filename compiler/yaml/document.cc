// See document.h. The only file that includes yaml-cpp.
#include "compiler/yaml/document.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace tinycc {
namespace {

constexpr size_t kMostBytes = 2 << 20;  // yaml-cpp takes a second for them, and much more beyond
constexpr int kDeepest = 64;
constexpr size_t kMostNodes = 200000;

/// A hint for what yaml-cpp says, where that alone would not help.
struct ParserHint {
  const char* says;     // part of yaml-cpp's message
  const char* starts;   // the text at its mark begins with one of these characters; "" for any
  const char* message;  // what we say
  const char* hint;
};
constexpr ParserHint kParserHints[] = {
    {"end of map flow", "", "a '{' is not closed where it should be",
     "inside { } put values that hold '[' or ',' in quotes: {image: \"f32[1,3,8,8]\"}"},
    {"end of sequence flow", "", "a '[' is not closed", "close it with ']' before the next key"},
    {"illegal flow end", "", "a closing bracket too many", "brackets close what was opened last"},
    {"illegal map value", "", "a ':' where no key can be",
     "keys of one map begin in the same column; a value that holds ': ' needs quotes"},
    {"illegal map key", "?", "a value that begins with '?'", "put the value in quotes"},
    {"unknown token", "@`%", "a value cannot begin with this character", "put the value in quotes"},
    {"anchor is not defined", "", "'*' begins a YAML alias, and none has this name",
     "put an expression that begins with '*' in quotes"},
};

[[noreturn]] void fail(const SourceText& source, size_t offset, const std::string& message,
                       const std::string& hint) {
  throw Error(ExitCode::bad_input, message, hint, source.at(offset));
}

/// Length of the UTF-8 character at `i`, or 0 if there is none.
size_t utf8_length(const std::string& text, size_t i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(i);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F;
}

void check_text(const SourceText& source) {
  const std::string& text = source.text;
  size_t length = 1;
  for (size_t i = 0; i < text.size(); i += length) {
    length = utf8_length(text, i);
    if (length == 0 || is_control(text[i])) {
      Location where = source.at(i);
      where.source.clear();  // a terminal should not see it
      throw Error(ExitCode::bad_input, "this is no UTF-8 text",
                  "a model is a YAML text file or a file whose name ends in .onnx", where);
    }
  }
}

void check_indents(const SourceText& source) {
  for (const size_t start : source.line_starts) {
    const size_t first = source.text.find_first_not_of(' ', start);
    if (first == std::string::npos || source.text[first] != '\t') continue;
    const size_t word = source.text.find_first_not_of(" \t\r", first);
    if (word == std::string::npos || source.text[word] == '\n') continue;
    fail(source, first, "a tab in the indentation", "YAML indents with spaces only");
  }
}

/// yaml-cpp takes the rest of the file for a quoted scalar that is not closed.
void check_closed(const SourceText& source, size_t start) {
  const char quote = source.text[start];
  for (size_t i = start + 1; i < source.text.size(); ++i) {
    if (source.text[i] == '\\' && quote == '"') {
      ++i;
    } else if (source.text[i] == quote) {
      return;
    }
  }
  fail(source, start, "this quote is not closed", std::string("end the text with ") + quote);
}

/// yaml-cpp's tree → ours.
class Converter {
 public:
  explicit Converter(std::shared_ptr<const SourceText> source) : source_(std::move(source)) {}

  YamlNode convert(const YAML::Node& node, int depth, size_t parent) {
    YamlNode out;
    out.source = source_;
    out.position = position(node, parent);
    if (depth > kDeepest) fail_at(out, "nested too deeply", "does an alias contain itself?");
    if (++visited_ > kMostNodes) {
      fail_at(out, "too many values", "aliases that hold aliases multiply; write fewer of them");
    }
    if (const std::string& tag = node.Tag(); tag.size() > 1 && tag.rfind("tag:yaml.org", 0) != 0) {
      fail_at(out, "the YAML tag '" + tag + "' is not supported",
              "put a value that begins with '!' in quotes");
    }
    if (node.IsScalar()) scalar(node, out);
    if (node.IsSequence()) list(node, depth, out);
    if (node.IsMap()) map(node, depth, out);
    return out;
  }

 private:
  size_t position(const YAML::Node& node, size_t parent) const {
    const YAML::Mark mark = node.Mark();
    if (mark.is_null() || mark.pos < 0) return parent;
    return std::min(static_cast<size_t>(mark.pos), source_->text.size());
  }

  void scalar(const YAML::Node& node, YamlNode& out) {
    out.kind = YamlNode::Kind::scalar;
    out.text = node.Scalar();
    out.quoted = node.Tag() == "!";
    const char first = out.position < source_->text.size() ? source_->text[out.position] : ' ';
    if (out.quoted && (first == '"' || first == '\'')) check_closed(*source_, out.position);
  }

  void list(const YAML::Node& node, int depth, YamlNode& out) {
    out.kind = YamlNode::Kind::list;
    for (const YAML::Node& item : node) {
      out.items.push_back(convert(item, depth + 1, out.position));
    }
  }

  void map(const YAML::Node& node, int depth, YamlNode& out) {
    out.kind = YamlNode::Kind::map;
    std::set<std::string> seen;
    for (const auto& entry : node) {
      YamlNode name = convert(entry.first, depth + 1, out.position);
      if (!name.is_scalar()) fail_at(name, "a key must be a word, not " + name.kind_name());
      if (!seen.insert(name.text).second) {
        fail_at(name, "the key '" + name.text + "' is here twice", first_of(out, name.text));
      }
      YamlNode content = convert(entry.second, depth + 1, name.position);
      out.entries.push_back({std::move(name), std::move(content)});
    }
  }

  static std::string first_of(const YamlNode& map, const std::string& key) {
    const auto same = [&](const YamlEntry& e) { return e.key.text == key; };
    const auto found = std::find_if(map.entries.begin(), map.entries.end(), same);
    return "the first is in line " + std::to_string(found->key.at().line);
  }

  std::shared_ptr<const SourceText> source_;
  size_t visited_ = 0;
};

/// In a flow map, the bracket that needs quotes; yaml-cpp marks a place behind it.
size_t better_place(const SourceText& source, const ParserHint& hint, size_t offset) {
  if (std::string_view(hint.says) != "end of map flow") return offset;
  const size_t line = source.line_starts[static_cast<size_t>(source.at(offset).line) - 1];
  const size_t bracket = source.text.rfind('[', offset);
  return bracket != std::string::npos && bracket >= line ? bracket : offset;
}

/// A quote that is never closed swallows the rest of the file: points at it, if there is one.
void check_quotes(const SourceText& source) {
  for (const size_t start : source.line_starts) {
    const std::string line = source.text.substr(start, source.text.find('\n', start) - start);
    if (std::count(line.begin(), line.end(), '"') % 2 == 0) continue;
    fail(source, start + line.rfind('"'), "this quote is not closed", "end the text with \"");
  }
}

[[noreturn]] void fail_to_parse(const SourceText& source, const YAML::Exception& error) {
  const size_t offset = error.mark.is_null() ? 0 : static_cast<size_t>(std::max(0, error.mark.pos));
  const char here = offset < source.text.size() ? source.text[offset] : '\0';
  if (here == '\0') check_quotes(source);
  for (const ParserHint& row : kParserHints) {
    const std::string_view starts(row.starts);
    const bool fits = starts.empty() || starts.find(here) != std::string_view::npos;
    if (!fits || error.msg.find(row.says) == std::string::npos) continue;
    fail(source, better_place(source, row, offset), row.message, row.hint);
  }
  fail(source, offset, "this is not valid YAML: " + error.msg, "");
}

/// Remembers where the last thing of a document began.
struct LastMark : YAML::EventHandler {
  int last = 0;

  void see(const YAML::Mark& mark) { last = std::max(last, mark.pos); }
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { see(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { see(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    see(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    see(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    see(mark);
  }
  void OnMapEnd() override {}
};

/// The file is one document: yaml-cpp's Load ignores what follows, its LoadAll may never end.
void check_one_document(const SourceText& source) {
  std::istringstream stream(source.text);
  YAML::Parser parser(stream);
  LastMark mark;
  parser.HandleNextDocument(mark);
  if (!parser) return;
  const size_t last = static_cast<size_t>(mark.last);
  if (const size_t next = source.text.find("\n---", last); next != std::string::npos) {
    fail(source, next + 1, "more than one YAML document in the file", "remove the line '---'");
  }
  fail(source, last, "this is not valid YAML", "something here or behind it is out of place");
}

YAML::Node load(const SourceText& source) {
  try {
    check_one_document(source);
    return YAML::Load(source.text);
  } catch (const YAML::Exception& error) {
    fail_to_parse(source, error);
  }
}

}  // namespace

const YamlNode* YamlNode::find(const std::string& key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key.text == key) return &entry.value;
  }
  return nullptr;
}

std::string YamlNode::kind_name() const {
  const char* names[] = {"nothing", "text", "a list", "a map"};
  return names[static_cast<size_t>(kind)];
}

void fail_at(const YamlNode& node, const std::string& message, const std::string& hint) {
  throw Error(ExitCode::bad_input, message, hint, node.at());
}

YamlNode parse_yaml(const std::string& path, const std::string& text) {
  const bool marked = text.rfind("\xEF\xBB\xBF", 0) == 0;
  const auto source = std::make_shared<SourceText>(path, marked ? text.substr(3) : text);
  check_text(*source);
  check_indents(*source);
  const YAML::Node root = load(*source);
  if (!root.IsDefined() || root.IsNull()) {
    throw Error(ExitCode::bad_input, "the file is empty", "", Location{path, 0, 0, ""});
  }
  return Converter(source).convert(root, 0, 0);
}

YamlNode read_yaml(const std::string& path) {
  return parse_yaml(path, read_text_file(path, kMostBytes, "file"));
}

}  // namespace tinycc
