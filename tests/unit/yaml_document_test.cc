#include "compiler/yaml/document.h"

#include <doctest/doctest.h>

#include "compiler/nearest.h"

using namespace tinycc;

namespace {

/// "LINE:COLUMN" of a character of a key's value.
std::string place(const YamlNode& root, const std::string& key, size_t offset) {
  const Location at = root.find(key)->at(offset);
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string error_of(const std::string& text) {
  try {
    parse_yaml("t.yaml", text);
  } catch (const Error& error) {
    CHECK(error.code == ExitCode::bad_input);
    return error.text();
  }
  return "no error";
}

}  // namespace

TEST_CASE("every character of a scalar knows its line and column") {
  const YamlNode root = parse_yaml("t.yaml",
                                   "plain: abc def\n"
                                   "double: \"a\\\"b\"\n"
                                   "single: 'it''s'\n"
                                   "folded: >-\n"
                                   "  one\n"
                                   "  two\n"
                                   "anchor: &x !!str abc\n"
                                   "multi: one\n"
                                   "   two\n"
                                   "umlaut: \xC3\xA4"
                                   "bc\n");
  CHECK(root.find("plain")->text == "abc def");
  CHECK(place(root, "plain", 0) == "1:8");
  CHECK(place(root, "plain", 4) == "1:12");
  CHECK(root.find("double")->text == "a\"b");
  CHECK(place(root, "double", 2) == "2:13");
  CHECK(root.find("single")->text == "it's");
  CHECK(place(root, "single", 3) == "3:14");
  CHECK(root.find("folded")->text == "one two");
  CHECK(place(root, "folded", 0) == "5:3");
  CHECK(place(root, "folded", 4) == "6:3");
  CHECK(place(root, "anchor", 1) == "7:19");
  CHECK(root.find("multi")->text == "one two");
  CHECK(place(root, "multi", 4) == "9:4");
  CHECK(place(root, "umlaut", 2) == "10:10");  // columns are characters, not bytes
}

TEST_CASE("keys keep their order, quotes and places") {
  const YamlNode root =
      parse_yaml("t.yaml", "\xEF\xBB\xBFz: 1\r\na: \"2\"\r\nl: [x, {y: 1}]\r\ne:\r\n");
  REQUIRE(root.entries.size() == 4);
  CHECK(root.entries[0].key.text == "z");
  CHECK(root.entries[1].key.at().line == 2);
  CHECK(!root.entries[0].value.quoted);
  CHECK(root.entries[1].value.quoted);
  CHECK(root.entries[2].value.items[1].find("y")->text == "1");
  CHECK(root.entries[3].value.is_null());
}

TEST_CASE("a file that is too large is refused before it is parsed") {
  const std::string path = "yaml_document_test_large.yaml";
  FILE* file = std::fopen(path.c_str(), "w");
  for (int i = 0; i < 300000; ++i) std::fprintf(file, "k%d: [1]\n", i);
  std::fclose(file);
  CHECK_THROWS_WITH_AS(read_yaml(path), doctest::Contains("at most 2097152 are read"), Error);
  std::remove(path.c_str());
}

TEST_CASE("whatever the bytes, parsing ends with a tree or one Error") {
  const std::string seed =
      "tinycc: 1\nlet: &a {x: \"q\", y: [1, *a]}\nf(x): |\n  text\n'k': >-\n  more\n# c\n";
  uint32_t random = 12345;
  const auto next = [&] { return random = random * 1664525 + 1013904223; };
  for (int round = 0; round < 2000; ++round) {
    std::string text = seed;
    for (uint32_t edits = 1 + (next() >> 30); edits > 0; --edits) {
      const size_t at = (next() >> 8) % text.size();
      const char with = "\t\n\"'[]{}:,&*!|>-? #%@`\xC3x\\"[(next() >> 8) % 25];
      (next() >> 31) != 0 ? text.insert(at, 1, with) : text.replace(at, 1, 1, with);
    }
    try {
      parse_yaml("t.yaml", text);
    } catch (const Error& error) {
      CHECK(error.code == ExitCode::bad_input);
    }
  }
}

TEST_CASE("errors of the YAML library are put in our words") {
  CHECK(error_of("a: [1, 2\n").find("a '[' is not closed") != std::string::npos);
  CHECK(error_of("a: 1\na: 2\n").find("the first is in line 1") != std::string::npos);
  CHECK(error_of("? [a]\n: 1\n").find("a key must be a word, not a list") != std::string::npos);
  CHECK(error_of(std::string(2000, '[')).find("error: ") != std::string::npos);
}

TEST_CASE("the nearest name is near") {
  CHECK(nearest("sofmax", {"softmax", "softplus", "max"}) == "softmax");
  CHECK(nearest("ytpe", {"type", "scale"}) == "type");
  CHECK(nearest("frobnicate", {"type", "scale"}).empty());
  CHECK(nearest("x", {"y", "z"}).empty());
  CHECK(suggestion("zzzz", {"a", "b"}, "there are") == "there are: a, b");
  CHECK(edit_distance("abcd", "acbd") == 1);
}
