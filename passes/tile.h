// What schedule.cc collects while it writes a register tile as moves: which loops there are by now, by
// name, and in which order they will stand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace tinycc {

/// A register tile as it is written down, loop by loop.
struct Tile {
  std::vector<std::string> moves, outer, inner, unrolled;
  std::string row, pass;  // the loop over rows; the one that a block of the sum goes around
  std::string vectors;    // the loop that vectors are cut from
  std::string panel;      // the loop that a panel is packed in
  std::string last_sum;   // the innermost loop of the reduction
  int64_t rows = 1;       // turns of `row`

  /// Splits a loop; the name of its inner part.
  std::string split(const std::string& loop, int64_t size) {
    moves.push_back(fmt::format("tile {} {}", loop, size));
    return loop + "i";
  }
  /// Makes one loop of two; its name.
  std::string join(const std::string& outside, const std::string& inside) {
    moves.push_back(fmt::format("flatten {} {}", outside, inside));
    return outside + inside;
  }
  /// Rows in blocks of this size, the loop over blocks last so far.
  void block_rows(int64_t size) {
    outer.push_back(row + "o");
    row = split(row, size);
    rows = size;
  }
};

}  // namespace tinycc
