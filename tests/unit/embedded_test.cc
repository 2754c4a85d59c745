#include "emitters/embedded.h"

#include <doctest/doctest.h>

#include <algorithm>

TEST_CASE("embedded files are sorted and end with a newline") {
  const auto files = tinycc::embedded_files();
  CHECK(std::ranges::is_sorted(files, {}, &tinycc::EmbeddedFile::name));
  for (const auto& file : files) {
    CAPTURE(file.name);
    CHECK(file.text.ends_with("\n"));
  }
}
