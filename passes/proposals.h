// Schedules worth trying for a computation: the points of a space around the heuristics' choice, each
// with what the estimate of cost.h says. A search measures the cheapest and walks to neighbours.
//
//   knob       what it says                                       values
//   vector     the range that becomes the vector                  each range; -1: scalar code
//   lanes      of one vector                                      the machine's, and half of it …
//   vectors    side by side: NV of a register tile                1 … 8; 0: partial sums as needed
//   range      the range of the rows of a register tile           none, or another range
//   rows       MR                                                 what registers hold
//   range2     a second range of rows, rows2 of them              none, or another range
//   joined     loops that run as one: 1 the vectors', 2 the rows'  their sum
//   staged     a panel of the operand along the vector            0, 1
// Tiles of work-groups (group_tile.h) are points too: vector is kGroups, and their sizes are in lanes (of
// matrices: 1), vectors and rows (of the group), rows2 and tail (of the item).
//   tail, outer, block, sum_block, reduced, unrolled: as a Choice of schedule.h has them
#pragma once

#include <array>

#include "passes/schedule.h"

namespace tinycc {

enum Knob : uint8_t {
  kVector,
  kLanes,
  kVectors,
  kRange,
  kRows,
  kRange2,
  kRows2,
  kTail,
  kOuter,
  kBlock,
  kSumBlock,
  kReduced,
  kUnrolled,
  kJoined,
  kStaged,
  kKnobs
};
using Knobs = std::array<int64_t, kKnobs>;
inline constexpr int64_t kGroups = -2;

struct Proposal {
  std::string moves;
  Knobs knobs{};
  double cost = 0;  // see cost.h
};

class ScheduleSpace {
 public:
  /// Empty where the order of the loops is fixed by what they store.
  ScheduleSpace(const Draft& draft, const Computation& computation);

  /// The heuristics' choice first, then every tile, cheapest first. What a tile says nothing about is
  /// as the heuristics have it. All are legal, each text is there once.
  const std::vector<Proposal>& tiles() const { return tiles_; }
  /// Those that one step leads to, cheapest first: one knob, or a range of rows with its number.
  std::vector<Proposal> neighbours(const Proposal& of) const;
  /// A tile of the same sizes, with all else as well, as one that is good for another computation.
  std::optional<Proposal> like(const Knobs& other) const;
  /// The proposal with these moves, if it is near.
  std::optional<Proposal> find(const std::string& moves) const;

 private:
  void add_groups();
  std::vector<Proposal> group_neighbours(const Proposal& of) const;
  bool is_free(int64_t range) const;
  Choice choice_of(const Knobs& knobs) const;
  std::optional<Proposal> proposal(const Knobs& knobs) const;
  void add(const Knobs& knobs);
  void add_vectors(Knobs knobs);
  void add_rows(Knobs knobs);
  bool fits(const Knobs& knobs) const;
  bool divides(int64_t range, int64_t size) const;
  int64_t extent(int64_t range) const;

  const Draft& draft_;
  const Computation& c_;
  const CostModel model_;
  const Nest best_;           // the heuristics'
  Knobs ours_{};              // the same as knobs
  std::vector<Expr> ranges_;  // of the result, then of the reduction
  int64_t outputs_ = 0;       // so many are of the result
  bool exact_ = false;        // nothing may be computed twice
  std::vector<Knobs> points_;
  std::vector<Proposal> tiles_;
};

/// Does apply_schedule() accept these moves?
bool is_legal(const Draft& draft, const Computation& computation, const std::string& moves);

}  // namespace tinycc
