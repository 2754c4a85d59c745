// What helpers.cc and helpers_vector.cc share. Internal to the kernel emitter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "emitters/host.h"

namespace tinycc {

/// A helper as a template: its name and its text, with words between @ to be replaced.
struct HelperRow {
  const char* name;
  const char* text;
};

using Replacements = std::vector<std::pair<std::string, std::string>>;

std::string replaced(std::string text, const Replacements& with);

/// "INT8_MAX", "INT8_MIN" (unsigned: "0") as @MAX@, @MIN@; the ends beyond which a float of this
/// type does not fit, as @HIGH@ and @LOW@.
Replacements saturation_words(DType from, DType to);

/// Scalar functions: f_exp_f32 …
void add_math_helpers(std::vector<HelperText>& helpers, const Replacements& with);
/// GNU C: vector types of `lanes` elements, macros and functions on them.
void add_vector_helpers(std::vector<HelperText>& helpers, const Replacements& with, int lanes);

template <size_t n>
void add_rows(std::vector<HelperText>& helpers, const HelperRow (&rows)[n],
              const Replacements& with) {
  for (const HelperRow& row : rows)
    helpers.push_back({replaced(row.name, with), replaced(row.text, with)});
}

}  // namespace tinycc
