// Instructions that add products of bytes to a sum: which sums they can take, and how many terms at a
// time. What each idiom of target.h costs is a row of a table here; how it is spelt is the emitter's.
#pragma once

#include <optional>

#include "ir/target.h"
#include "passes/draft.h"

namespace tinycc {

/// So many terms of a sum, neighbours in memory, at a time. Costs are instructions.
struct DotForm {
  int64_t terms = 0;
  double fetch = 0;       // of the terms' bytes on one side, shared by all sums that use them
  double multiply = 0;    // and add, for each sum
  int64_t most_sums = 0;  // of a tile, that registers have room for beside the operands
};

/// The form that leaves the fewest of a loop's turns over; nothing where none has so few terms.
std::optional<DotForm> dot_form(Dot idiom, int64_t extent);
/// What it takes to add products to sums side by side, in instructions for four of them.
struct MaddForm {
  double fetch_four, fetch_one, multiply;  // four bytes; one for all sums; for four sums
  int64_t most_sums = 0;                   // of a tile
  bool starts = false;                     // four sums at once are given their first values, too
};
/// `pairs`: eight sums at once, each of both operands its own, scaled eight at once. Nothing: no form.
std::optional<MaddForm> madd_form(Dot idiom, bool pairs);

}  // namespace tinycc
