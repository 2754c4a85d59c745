// Regular expressions as deterministic automata over bytes, for whole strings. In: a pattern in RE2's
// syntax (what has no finite automaton is not in it). Out: tables. UTF-8: a dot and a class that is
// negated take whole code points; letters, digits and blanks are those of ASCII.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinycc::onnx {

struct Automaton {
  std::vector<int64_t> classes;  // of each byte
  int64_t class_count = 0;
  std::vector<int64_t> next;     // [states, class_count]; it starts in state 0
  std::vector<int64_t> accepts;  // by state, if the string ends there
};

/// Errors: Error(bad_input) for a pattern that is none, Error(unsupported) with the part of it that
/// is not supported, or if it needs too many states.
Automaton automaton_of(const std::string& pattern);

}  // namespace tinycc::onnx
