// "did you mean …?": the nearest of some names to a misspelt one. Every front end's hints use it.
#pragma once

#include <string>
#include <vector>

namespace tinycc {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
size_t edit_distance(const std::string& a, const std::string& b);

/// The name nearest to `word`, or "" when none is near (over a third of the word differs).
std::string nearest(const std::string& word, const std::vector<std::string>& names);

/// "did you mean NAME?"; when none is near, "LABEL: a, b, c" with at most a dozen names.
std::string suggestion(const std::string& word, const std::vector<std::string>& names,
                       const std::string& label);

/// "a, b, c"; at most `most` of them, then "… (N in all)".
std::string listing(const std::vector<std::string>& names, size_t most = 12);

}  // namespace tinycc
