// What schedule.cc collects while it writes a register tile as moves: which loops there are by now, by
// name, and in which order they will stand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "passes/cost.h"
#include "passes/plan.h"

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
  /// Results that may be written over what has been read come in the order of memory.
  void put_first(const Draft& draft, const Computation& c, const Nest& n) {
    if (!is_tight(draft.target) || n.peeled_low + n.peeled_high > 0) return;
    const std::vector<Expr> order = ranges_in_memory_order(draft, c);
    const auto found = std::find_if(outer.begin(), outer.end(), [&](const std::string& loop) {
      return loop.starts_with(order.front()->attr.name);  // the loop, its tiles, or it and another
    });
    if (found != outer.end()) std::rotate(outer.begin(), found, found + 1);
  }
  /// Marks so many turns of the last loop of the sum, which an idiom takes together; the loops to
  /// unroll around them.
  std::vector<std::string> use_dot(Expr range, int64_t terms) {
    const std::string& k = range->attr.name;
    const int64_t extent = extent_of(range);
    constexpr int64_t kMostWrittenOut = 8;
    const int64_t turns = extent / terms, part = turns % 8 == 0 ? 8 : turns % 4 == 0 ? 4 : 2;
    const bool parts = turns > kMostWrittenOut && turns % part == 0;
    moves.push_back(fmt::format("tail {} {}", k, terms));
    if (parts) moves.push_back(fmt::format("tile {}o {}", k, part));
    moves.push_back("dot " + k + "i");
    if (turns == 1 || (turns > kMostWrittenOut && !parts)) return {};
    return {k + (parts ? "oi" : "o")};
  }
  /// Products are added to the innermost loop's sums side by side.
  void use_madd(Dot idiom) {
    if (madd_form(idiom, false)->starts) moves.push_back("start " + inner.back());
    moves.push_back("madd " + inner.back());
  }
  /// All loops but those of the reduction, in order.
  void order_all() {
    if (outer.size() + inner.size() > 1)
      moves.push_back(fmt::format("order {}{}{}", fmt::join(outer, " "), outer.empty() ? "" : " ",
                                  fmt::join(inner, " ")));
  }
  /// Each lane of the tile takes the turns of this loop at once.
  void use_quads(const std::string& loop) {
    moves.push_back(fmt::format("order {} {}", fmt::join(inner, " "), loop));
    moves.push_back("dot " + loop);
  }
  /// Rows at both ends stay single, what is between them has tiles; the loop over rows of one.
  std::string peel_rows(const Nest& n) {
    moves.push_back(fmt::format("peel {} {} {}", row, n.peeled_low, n.peeled_high));
    const std::string part = split(row + "m", n.row_count);
    moves.push_back(fmt::format("register {} {}", part, fmt::join(inner, " ")));
    return part;
  }
};

}  // namespace tinycc
