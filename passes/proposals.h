// Schedules worth trying for a computation: the points of a space that its access pattern spans, each
// with what a simple model says it costs. A search measures the cheapest and walks to neighbours.
//
//   knob       what it says                                  values
//   form       how the innermost loops run                   a row of kForms in proposals.cc
//   vector     the range that becomes the vector             each range of extent >= 4
//   lanes      of one vector                                 the machine's, and half of it …
//   vectors    side by side: NV of a register tile           1 … 8
//   range      the range of the rows of a register tile      none, or another range
//   rows       MR                                            what registers hold
//   range2     a second range of rows, rows2 of them         none, or another range
//   outer      the order of the loops around the tile        weights outside, between, inside
//   reduced    the order of the reduction's loops            windows outside, as it is, reversed
//   unrolled   what of the reduction is unrolled             nothing, last, windows, four of the last
#pragma once

#include <array>

#include "passes/draft.h"

namespace tinycc {

enum Knob : uint8_t {
  kForm,
  kVector,
  kLanes,
  kVectors,
  kRange,
  kRows,
  kRange2,
  kRows2,
  kOuter,
  kReduced,
  kUnrolled,
  kKnobs
};
using Knobs = std::array<int64_t, kKnobs>;

struct Proposal {
  std::string moves;
  Knobs knobs{};
  double cost = 0;  // in multiply-adds of vectors, about
};

/// Cheapest first, each text once. Empty where the order of the loops is fixed, by what they store
/// or by the kernels that they become one with.
std::vector<Proposal> proposals(const Draft& draft, const Computation& computation);

/// Does one step lead from a to b: one knob, or a range of rows with its number?
bool are_neighbours(const Proposal& a, const Proposal& b);

/// Does apply_schedule() accept these moves?
bool is_legal(const Draft& draft, const Computation& computation, const std::string& moves);

}  // namespace tinycc
