// The judge of emitted sources. tests/check/ has a file for each mistake, which says in comments at
// its top what is to be found and with which options; cases with several files follow here.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/check/check.h"
#include "ir/error.h"

using namespace tinycc;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The rests of the lines that begin with `start`, without the end of the comment.
std::vector<std::string> comments(const std::string& text, const std::string& start) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(start)) continue;
    found.push_back(line.substr(start.size(), line.size() - start.size() - 3));
  }
  return found;
}

void set_option(const std::string& word, CheckOptions& options) {
  const size_t equals = word.find('=');
  const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
  if (key == "gnu") options.language = "gnu";
  if (key == "symbolic") options.symbolic_loops = true;
  if (key == "hook") options.hooks.push_back(value);
  if (key == "external") options.externals.push_back(value);
}

CheckOptions options_in(const std::string& text) {
  CheckOptions options;
  options.language = "iso";
  options.prefix = "t_";
  for (const std::string& line : comments(text, "/* options: ")) {
    std::istringstream words(line);
    for (std::string word; words >> word;) set_option(word, options);
  }
  return options;
}

std::vector<std::string> expectations(const std::string& text) {
  std::vector<std::string> expected = comments(text, "/* expect: ");
  std::erase(expected, "nothing");
  return expected;
}

std::vector<std::string> short_texts(const std::vector<Finding>& findings) {
  std::vector<std::string> result;
  for (const Finding& f : findings) result.push_back(f.rule + " at " + std::to_string(f.line));
  return result;
}

std::string rules(const std::vector<SourceFile>& files, const CheckOptions& options = {}) {
  std::string result;
  for (const Finding& f : check_sources(files, options)) {
    result += f.file + ":" + std::to_string(f.line) + " " + f.rule + "\n";
  }
  return result;
}

}  // namespace

TEST_CASE("check: each file of tests/check has the findings that it announces") {
  for (const auto& entry : std::filesystem::directory_iterator(TINYCC_SOURCE_DIR "/tests/check")) {
    const std::string name = entry.path().filename().string(), text = read(entry.path());
    CAPTURE(name);
    REQUIRE(!comments(text, "/* expect: ").empty());
    const SourceFile file{name, text, Role::library};
    const std::vector<Finding> found = check_sources(std::span(&file, 1), options_in(text));
    std::string all;
    for (const Finding& finding : found) all += finding.text() + "\n";
    CAPTURE(all);
    CHECK(short_texts(found) == expectations(text));
  }
}

TEST_CASE("check: calls are followed from file to file") {
  const SourceFile header{"t.h", "int t_a(int n);\nint t_b(int n);\n", Role::header};
  const SourceFile a{"a.c", "#include \"t.h\"\nint t_a(int n)\n{\n    return t_b(n);\n}\n"};
  const SourceFile b{"b.c", "#include \"t.h\"\nint t_b(int n)\n{\n    return n;\n}\n"};
  const SourceFile back{"b.c", "#include \"t.h\"\nint t_b(int n)\n{\n    return t_a(n);\n}\n"};
  CHECK(rules({header, a}) == "a.c:4 external\n");
  CHECK(rules({header, a, b}) == "");
  CHECK(rules({header, a, back}) == "b.c:4 recursion\n");
}

TEST_CASE("check: static functions of the same name are different functions") {
  const std::string helper = "static int t_half(int n)\n{\n    return n / 2;\n}\n";
  const SourceFile a{"a.c", helper +
                                "int t_a(int n);\n"
                                "int t_a(int n)\n{\n    return t_half(n);\n}\n"};
  const SourceFile b{"b.c",
                     "int t_a(int n);\nint t_b(int n);\n"
                     "static int t_half(int n)\n{\n    return t_a(n);\n}\n"
                     "int t_b(int n)\n{\n    return t_half(n);\n}\n"};
  CHECK(rules({a, b}) == "");
}

TEST_CASE("check: what a role may do") {
  const std::string text =
      "#include <stdlib.h>\nint main(void)\n{\n    int n = 0;\n    while (n < 3) {\n        ++n;\n"
      "    }\n    free(malloc(8u));\n    return n;\n}\n";
  CHECK(rules({{"a.c", text, Role::tool}}) == "");
  CHECK(rules({{"a.c", text, Role::stub}}) == "a.c:8 heap\na.c:8 heap\n");
  CHECK(rules({{"a.c", text, Role::library}}) == "a.c:5 loop-kind\na.c:8 heap\na.c:8 heap\n");
  CHECK(rules({{"Makefile", "all:\n", Role::text}}) == "");
}

TEST_CASE("check: the interface is C++ as well, and its mistakes are reported once") {
  const SourceFile fine{"t.h", "typedef struct {\n    int at[2];\n} t_x;\n", Role::interface};
  const SourceFile bad{"t.h", "int t_f(int a);\nint t_g(int class);\n", Role::interface};
  const SourceFile warns{"t.h", "int t_f();\n", Role::header};
  const SourceFile a{"a.c", "#include \"t.h\"\n"}, b{"b.c", "#include \"t.h\"\n"};
  CHECK(rules({fine, a}) == "");
  CHECK(rules({bad, a}).starts_with("t.h:2 error"));
  CHECK(rules({warns, a, b}) == "t.h:1 -Wstrict-prototypes\n");
}

TEST_CASE("check: no machine's headers, so any target parses") {
  const SourceFile file{"a.c",
                        "#include <math.h>\n#include <stdint.h>\n#include <stdio.h>\n"
                        "int main(void)\n{\n    return printf(\"%g\", sqrt(2.0)) < 0;\n}\n",
                        Role::tool};
  for (const char* triple : {"x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu",
                             "thumbv7em-none-eabihf", "arm-none-eabi", "hexagon"}) {
    CAPTURE(triple);
    CHECK(rules({file}, {.triple = triple}) == "");
  }
  CHECK(rules({file}, {.triple = "abacus-none"}) == "a.c:0 error\n");
  CHECK(rules({file}, {.flags = {"-fno-such-flag"}}) == "a.c:0 error\n");
}

// What a crashed parse held is lost, which AddressSanitizer would report at the end.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TINYCC_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TINYCC_SANITIZED
#endif
#ifndef TINYCC_SANITIZED
TEST_CASE("check: a crash of Clang is a finding") {
  const SourceFile crash{"a.c", "#pragma clang __debug crash\n"}, bad{"b.c", "static int x\n"};
  CHECK(rules({crash, bad}) == "a.c:0 crash\nb.c:1 error\n");
}
#endif

TEST_CASE("check: only files without findings become checked sources") {
  const SourceFile fine{"a.c", "int t_a(void);\nint t_a(void)\n{\n    return 1;\n}\n"};
  CHECK(require_clean({fine}, {}).files().size() == 1);
  CHECK_THROWS_WITH_AS(require_clean({{"a.c", "int x\n"}}, {}),
                       doctest::Contains("a.c:1:6: expected ';'"), Error);
}

TEST_CASE("format: the layout of emitted C") {
  const std::string ugly =
      "static void f(const float*x,float*y) { for(int i=0;i<4;++i) y[i]=x[i];\n"
      "if(y[0]>1.0f) { y[0]=1.0f; } else y[0]=0.0f; } /* one   two */\n"
      "typedef struct { float at[4]; } t; /*   kept   as it is */\n";
  const std::string neat =
      "static void f(const float *x, float *y)\n{\n"
      "    for (int i = 0; i < 4; ++i) {\n        y[i] = x[i];\n    }\n"
      "    if (y[0] > 1.0f) {\n        y[0] = 1.0f;\n    } else {\n        y[0] = 0.0f;\n    }\n"
      "} /* one   two */\n"
      "typedef struct {\n    float at[4];\n} t; /*   kept   as it is */\n";
  CHECK(format_c(ugly) == neat);
  CHECK(format_c(neat) == neat);
  CHECK(format_c("") == "");
  CHECK(format_c("int a) {{{") != "");  // no source, but no crash
}

TEST_CASE("format: long tables stay as they are") {
  std::string table = "const t_x x = {{\n";
  for (int i = 0; i < 1000; ++i) table += "0,1,  2,\n";
  table += "3}};\n";
  CHECK(format_c("int   a;\n" + table + "int   b;\n") == "int a;\n" + table + "int b;\n");
}
