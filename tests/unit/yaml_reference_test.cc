// README.md and model.schema.json of the format say what the tables of the program say.
// RECORD=1 writes the function reference anew.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "compiler/yaml/functions.h"
#include "compiler/yaml/model.h"

using namespace tinycc;

namespace {

const std::string kFolder = std::string(TINYCC_SOURCE_DIR) + "/compiler/yaml/";
const std::string kBegin = "<!-- functions: begin -->\n";
const std::string kEnd = "<!-- functions: end -->\n";

std::string read(const std::string& name) {
  std::ifstream stream(kFolder + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string reference() {
  std::string out = kBegin;
  for (const FunctionTable& table : function_tables()) {
    out += "\n**" + std::string(table.title) + "**\n\n| function | |\n|---|---|\n";
    for (const Function& f : table.rows) {
      out += "| `" + std::string(f.name) + "(" + f.parameters + ")` | " + f.says + " |\n";
    }
  }
  return out + "\n" + kEnd;
}

std::set<std::string> keys_of(const nlohmann::json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

std::set<std::string> as_set(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

TEST_CASE("yaml reference: README.md lists the functions as they are") {
  std::string text = read("README.md");
  const size_t begin = text.find(kBegin), end = text.find(kEnd);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const size_t length = end + kEnd.size() - begin;
  if (std::getenv("RECORD") != nullptr) {
    std::ofstream(kFolder + "README.md") << text.replace(begin, length, reference());
    return;
  }
  CHECK_MESSAGE(text.substr(begin, length) == reference(),
                "run the unit tests with RECORD=1 to write the section anew");
}

TEST_CASE("yaml reference: README.md names every key") {
  const std::string text = read("README.md");
  for (const char* where : {"model", "input", "state", "quantize"}) {
    for (const std::string& key : known_keys(where)) {
      CAPTURE(key);
      CHECK(text.find("`" + key) != std::string::npos);
    }
  }
  for (const std::string& key : reserved_keys())
    CHECK(text.find("`" + key + "`") != std::string::npos);
}

TEST_CASE("yaml reference: the JSON Schema knows the keys that the program knows") {
  const nlohmann::json schema = nlohmann::json::parse(read("model.schema.json"));
  CHECK(keys_of(schema["properties"]) == as_set(known_keys("model")));
  CHECK(keys_of(schema["$defs"]["input"]["properties"]) == as_set(known_keys("input")));
  CHECK(keys_of(schema["$defs"]["state"]["properties"]) == as_set(known_keys("state")));
  CHECK(keys_of(schema["properties"]["quantize"]["properties"]) == as_set(known_keys("quantize")));
  for (const std::string cpu : schema["$defs"]["target"]["properties"]["cpu"]["examples"]) {
    CAPTURE(cpu);
    CHECK(resolve_target("c:cpu=" + cpu).cpu == cpu);
  }
}

TEST_CASE("yaml functions: every row can be bound, and its kinds are known") {
  std::set<std::string> names;
  for (const std::string& name : function_names()) {
    CAPTURE(name);
    CHECK(names.insert(name).second);
    const std::vector<Parameter>& parameters = parameters_of(*find_function(name));
    CHECK(!parameters.empty());
    bool optional = false;
    for (const Parameter& p : parameters) {
      CHECK(is_plain_name(p.name));
      CHECK((p.fallback.has_value() || !optional));
      optional = optional || p.fallback.has_value();
      if (p.fallback && !p.fallback->is_none()) CHECK(fits(*p.fallback, p));
    }
  }
}
