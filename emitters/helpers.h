// What helpers.cc and helpers_vector.cc share. Internal to the kernel emitter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "emitters/dialect.h"
#include "emitters/host.h"
#include "ir/target.h"

namespace tinycc {

/// A helper as a template: its name and its text, with words between @ to be replaced.
struct HelperRow {
  const char* name;
  const char* text;
};

using Replacements = std::vector<std::pair<std::string, std::string>>;

/// "f32x8".
std::string cross(DType t, int lanes);
std::string replaced(std::string text, const Replacements& with);

/// "INT8_MAX", "INT8_MIN" (unsigned: "0") as @MAX@, @MIN@; the ends beyond which a float of this
/// type does not fit, as @HIGH@ and @LOW@.
Replacements saturation_words(DType from, DType to);

/// What the scalar and the vector forms of a function have in common, as @EXP@ and @LOG@ in their
/// texts: the end of exp's polynomial in r, of log's in f with the logarithm's whole part n.
inline constexpr const char* kExpPolynomial = R"(power = (power * r) + 0.041668389f;
    power = (power * r) + 0.166665211f;
    power = (power * r) + 0.49999994f;
    power = (power * r) + 1.0f;
    power = (power * r) + 1.0f;)";
inline constexpr const char* kLogPolynomial = R"(rest = (rest * f) - 0.131601945f;
    rest = (rest * f) + 0.142017618f;
    rest = (rest * f) - 0.166233569f;
    rest = (rest * f) + 0.200012267f;
    rest = (rest * f) - 0.250008225f;
    rest = (rest * f) + 0.333333313f;
    rest = ((rest * f) - 0.5f) * (f * f);
    rest = (f + (rest + (n * -2.12194440e-4f))) + (n * 0.693359375f);)";

/// Scalar functions: f_exp_f32 …
void add_math_helpers(std::vector<HelperText>& helpers, const Replacements& with);
/// Types that C does not have: f_widen_f16, f_narrow_f16, f_round_f16, f_round_i4; f_bitcast_….
void add_narrow_helpers(std::vector<HelperText>& helpers, const Replacements& with);
/// Sums of products of bytes: f_dot_i8_i8x4 ...
void add_idiom_helpers(std::vector<HelperText>& helpers, const Replacements& with);
/// Vectors of sums that one call adds pairs to, at most.
constexpr int64_t kMostInARow = 4;
/// GNU C: sums of two to eight products of bytes in each lane, bytes widened and narrowed.
void add_quad_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                      const Target& target);
/// GNU C: vector types of `lanes` elements, macros and functions on them.
void add_vector_helpers(std::vector<HelperText>& helpers, const Replacements& with, int lanes);

/// OpenCL C: the same names on the language's own vectors; and its functions of one number in place of
/// those that C needs.
void add_opencl_vector_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                               int lanes);
void use_opencl_functions(std::vector<HelperText>& helpers, const Replacements& with,
                          const Dialect& dialect);

/// Devices: matrices of a warp, or of an item, which are multiplied as Target::matrix says. `memory`: what
/// pointers to what a group shares start with.
void add_matrix_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                        const std::string& form, const std::string& memory = "");
/// Devices: what a group's items add up together.
void add_meeting_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                         const Dialect& dialect);
/// CUDA, HIP, Metal: what groups of items call; and the device's own instructions for halves.
void add_group_helpers(std::vector<HelperText>& helpers, const Replacements& with,
                       const Dialect& dialect);
/// CUDA, HIP, Metal: the same on a template of C++.
void use_cxx_functions(std::vector<HelperText>& helpers, Replacements with, const Dialect& dialect);
/// Puts texts of a language in the place of those that C has under the same names; drops headers.
void replace_helpers(std::vector<HelperText>& helpers, const std::vector<HelperText>& own);

template <size_t n>
void add_rows(std::vector<HelperText>& helpers, const HelperRow (&rows)[n],
              const Replacements& with) {
  for (const HelperRow& row : rows)
    helpers.push_back({replaced(row.name, with), replaced(row.text, with)});
}

}  // namespace tinycc
