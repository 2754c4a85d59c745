// Lines of emitted source: emitters/text.h.
#include <doctest/doctest.h>

#include <string>

#include "emitters/text.h"

namespace tinycc {
namespace {

TEST_CASE("long calls are wrapped, macros that go on are not") {
  const std::string call =
      "    function(" + std::string(60, 'a') + ", " + std::string(60, 'b') + ");";
  const std::string wrapped = wrap_long_lines(call + "\n");
  CHECK(wrapped.find(",\n") != std::string::npos);
  const std::string macro = "#define MACRO(x) \\\n" + call + "\n";
  CHECK(wrap_long_lines(macro) == macro);
  CHECK(wrap_long_lines(macro + call + "\n") == macro + wrapped);
}

}  // namespace
}  // namespace tinycc
