// The space of schedules around the heuristics' choice; see proposals.h.
#include "passes/proposals.h"

#include <algorithm>
#include <set>

#include "ir/simplify.h"
#include "passes/clip.h"
#include "passes/group_moves.h"
#include "passes/index.h"
#include "passes/moves.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

constexpr size_t kMostTiles = 150;  // that are offered
constexpr size_t kFew = 10;         // whose neighbours are looked through
constexpr double kWorthwhile = 3;   // cost of a tile against the cheapest
constexpr int64_t kMostRows = 28, kMostRows2 = 4, kMostSums = 4;  // rows; of partial sums

/// The knobs that are no sizes, with their values; Choice::kTheirs is the first of them.
struct Steps {
  Knob knob;
  int64_t least, most;
};
constexpr Steps kSteps[] = {{kTail, 0, 1},      {kOuter, -1, 2},  {kBlock, -1, 4},
                            {kSumBlock, -1, 3}, {kReduced, 0, 2}, {kUnrolled, -1, 3},
                            {kJoined, 0, 3},    {kStaged, 0, 1}};

Knobs start(int64_t vector) { return {vector, 1, 1, -1, 1, -1, 1, 0, -1, -1, -1, 0, -1, 0, 0}; }

/// The sizes of a tile of groups, as knobs.
Knobs knobs_of(const GroupProposal& g) {
  Knobs k = start(kGroups);
  k[kLanes] = g.sizes[0];
  k[kVectors] = g.sizes[1];
  k[kRows] = g.sizes[2];
  k[kRows2] = g.sizes[3];
  k[kTail] = g.sizes[4];
  return k;
}

/// One knob apart; a range of rows and its number count as one.
bool are_neighbours(const Knobs& a, const Knobs& b) {
  int64_t steps = 0;
  for (size_t i = 0; i < kKnobs; ++i) {
    if (a[i] == b[i]) continue;
    const bool counted_already =
        (i == kRows && a[kRange] != b[kRange]) || (i == kRows2 && a[kRange2] != b[kRange2]);
    steps += counted_already ? 0 : 1;
  }
  return steps == 1;
}

void sort(std::vector<Proposal>& list) {
  std::sort(list.begin(), list.end(), [](const Proposal& a, const Proposal& b) {
    return std::tie(a.cost, a.knobs) < std::tie(b.cost, b.knobs);
  });
}

}  // namespace

ScheduleSpace::ScheduleSpace(const Draft& draft, const Computation& c)
    : draft_(draft), c_(c), model_(draft, c), best_(model_.best()), ranges_(c.ranges) {
  outputs_ = static_cast<int64_t>(ranges_.size());
  for (Expr r : reduction_ranges(c.value)) ranges_.push_back(r);
  exact_ = must_divide(draft, c);
  if (c.ordered || !draft.target.has_vectors()) return;
  add_groups();
  const auto number = [&](Expr r) {
    return r ? std::find(ranges_.begin(), ranges_.end(), r) - ranges_.begin() : -1;
  };
  ours_ = start(number(best_.vector));
  if (best_.vector) ours_[kLanes] = best_.lanes;
  if (best_.vector) ours_[kVectors] = best_.vectors;
  ours_[kRange] = number(best_.rows);
  ours_[kRows] = best_.row_count;
  ours_[kJoined] = (best_.vector_outer ? 1 : 0) + (best_.rows_outer ? 2 : 0);
  ours_[kStaged] = best_.staged ? 1 : 0;
  add(start(-1));
  const int64_t widest = widest_lanes(draft, c);
  for (int64_t v = 0; v < static_cast<int64_t>(ranges_.size()) && has_vectors(draft, c); ++v) {
    if (v < outputs_ && !is_free(v)) continue;
    for (int64_t lanes = widest; lanes >= std::min<int64_t>(4, widest) && lanes > 1; lanes /= 2) {
      Knobs k = start(v);
      k[kLanes] = lanes;
      for (k[kVectors] = v < outputs_ ? 1 : 0; k[kVectors] <= 8; ++k[kVectors]) add_vectors(k);
    }
  }
  std::vector<Proposal> all;
  for (const Knobs& k : points_) all.push_back({"", k, model_.cost(choice_of(k).nest)});
  sort(all);
  all.insert(all.begin(), {"", ours_, best_.cost});
  std::set<std::string> seen;
  for (const Proposal& p : all) {
    if (tiles_.size() >= kMostTiles || p.cost > kWorthwhile * best_.cost) break;
    const std::optional<Proposal> legal = proposal(p.knobs);
    if (legal && seen.insert(legal->moves).second) tiles_.push_back(*legal);
  }
}

void ScheduleSpace::add_groups() {
  for (const GroupProposal& g : group_proposals(draft_, c_, kMostTiles / 2))
    tiles_.push_back({g.moves, knobs_of(g), g.cycles});
}

/// One size apart.
std::vector<Proposal> ScheduleSpace::group_neighbours(const Proposal& of) const {
  std::vector<Proposal> all;
  for (const Proposal& t : tiles_) {
    int64_t apart = 0;
    for (size_t i = 0; i < kKnobs; ++i) apart += t.knobs[i] == of.knobs[i] ? 0 : 1;
    if (apart == 1) all.push_back(t);
  }
  return all;
}

int64_t ScheduleSpace::extent(int64_t r) const {
  return extent_of(ranges_[static_cast<size_t>(r)]);
}

/// May a range of the result be part of a tile?
bool ScheduleSpace::is_free(int64_t range) const {
  const Expr r = ranges_[static_cast<size_t>(range)], reduce = reduction_in(c_.value);
  const std::vector<Expr> choosing = choosing_ranges(c_);
  return !guards(reduce ? reduce[0] : c_.value, r) && !clips_along(c_, r) &&
         std::count(c_.outermost.begin(), c_.outermost.end(), r) == 0 &&
         std::count(choosing.begin(), choosing.end(), r) == 0;
}

bool ScheduleSpace::divides(int64_t range, int64_t size) const {
  return range < 0 || !exact_ || extent(range) % size == 0;
}

bool ScheduleSpace::fits(const Knobs& k) const {
  const int64_t rows = k[kRows] * k[kRows2], vectors = std::max<int64_t>(k[kVectors], 1);
  return rows * vectors + vectors + 1 <= draft_.target.registers && divides(k[kRange], k[kRows]) &&
         divides(k[kRange2], k[kRows2]);
}

void ScheduleSpace::add(const Knobs& k) { points_.push_back(k); }

void ScheduleSpace::add_vectors(Knobs k) {
  const bool reduced = k[kVector] >= outputs_, whole = choosing_ranges(c_).empty();
  const int64_t wide = k[kLanes] * std::max<int64_t>(k[kVectors], 1);
  if (wide > extent(k[kVector]) || (k[kVectors] > 1 && !whole)) return;
  if (!reduced && !divides(k[kVector], wide)) return;
  add(k);
  if (ranges_.size() == c_.ranges.size() || !whole) return;
  for (k[kRange] = 0; k[kRange] < outputs_; ++k[kRange]) {
    if (k[kRange] == k[kVector] || !is_free(k[kRange])) continue;
    const int64_t most = std::min(extent(k[kRange]), reduced ? kMostSums : kMostRows);
    for (k[kRows] = 2; k[kRows] <= most; ++k[kRows]) add_rows(k);
  }
}

void ScheduleSpace::add_rows(Knobs k) {
  if (!fits(k)) return;
  add(k);
  if (k[kVector] >= outputs_) return;
  for (k[kRange2] = 0; k[kRange2] < k[kRange]; ++k[kRange2]) {
    if (k[kRange2] == k[kVector] || !is_free(k[kRange2])) continue;
    for (k[kRows2] = 2; k[kRows2] <= std::min(kMostRows2, extent(k[kRange2])); ++k[kRows2]) {
      if (fits(k)) add(k);
    }
  }
}

Choice ScheduleSpace::choice_of(const Knobs& k) const {
  const auto range = [&](Knob knob) {
    return k[knob] < 0 ? Expr() : ranges_[static_cast<size_t>(k[knob])];
  };
  Choice c;  // what else the heuristics' nest says holds for tiles of the same loops
  if (k[kVector] == ours_[kVector] && k[kRange] == ours_[kRange]) c.nest = best_;
  Nest& n = c.nest;
  n.vector = range(kVector);
  n.reduced = k[kVector] >= outputs_;
  n.rows = range(kRange);
  n.rows2 = range(kRange2);
  n.lanes = k[kLanes];
  n.vectors = k[kVectors];
  n.row_count = k[kRows];
  n.row2_count = k[kRows2];
  n.vector_outer = n.rows_outer = n.staged = {};
  if (n.vector && !n.reduced && !n.rows2) {
    if ((k[kJoined] & 1) != 0 && extent_of(n.vector) % n.lanes == 0)
      n.vector_outer = model_.joined_with(n.vector);
    if ((k[kJoined] & 2) != 0) n.rows_outer = model_.joined_with(n.rows);
    if (n.vector_outer == n.rows) n.vector_outer = {};
    if (n.rows_outer == n.vector) n.rows_outer = {};
    if (k[kStaged] != 0 && draft_.target.prefer == Prefer::speed) n.staged = model_.panel_of(n);
  }
  c.tail = k[kTail] != 0;
  c.outer = k[kOuter];
  c.block = k[kBlock];
  c.sum_block = k[kSumBlock];
  c.reduced = k[kReduced];
  c.unrolled = k[kUnrolled];
  return c;
}

std::optional<Proposal> ScheduleSpace::proposal(const Knobs& k) const {
  const Choice choice = choice_of(k);
  Proposal p{write_schedule(draft_, c_, choice), k, model_.cost(choice.nest)};
  return is_legal(draft_, c_, p.moves) ? std::optional(p) : std::nullopt;
}

std::vector<Proposal> ScheduleSpace::neighbours(const Proposal& of) const {
  if (of.knobs[kVector] == kGroups) return group_neighbours(of);
  std::vector<Proposal> all;
  std::set<std::string> seen{of.moves};
  const auto take = [&](const Knobs& k) {
    const std::optional<Proposal> p = proposal(k);
    if (p && seen.insert(p->moves).second) all.push_back(*p);
  };
  for (Knobs k : points_) {
    for (const Steps& s : kSteps) k[s.knob] = of.knobs[s.knob];
    if (are_neighbours(k, of.knobs)) take(k);
  }
  for (const Steps& s : kSteps) {
    Knobs k = of.knobs;
    for (k[s.knob] = s.least; k[s.knob] <= s.most; ++k[s.knob]) {
      if (k[s.knob] != of.knobs[s.knob]) take(k);
    }
  }
  sort(all);
  return all;
}

std::optional<Proposal> ScheduleSpace::like(const Knobs& other) const {
  for (const Proposal& t : tiles_) {
    if (t.knobs[kVector] == kGroups || other[kVector] == kGroups) {
      if (t.knobs == other) return t;
      continue;
    }
    Knobs k = other;
    for (const Knob range : {kVector, kRange, kRange2}) k[range] = t.knobs[range];
    Knobs sizes = t.knobs;
    for (const Steps& s : kSteps) sizes[s.knob] = other[s.knob];
    if (sizes == k) return proposal(k);
  }
  return {};
}

std::optional<Proposal> ScheduleSpace::find(const std::string& moves) const {
  for (const Proposal& p : tiles_) {
    if (p.moves == moves) return p;
  }
  for (size_t i = 0; i < std::min(kFew, tiles_.size()); ++i) {
    for (const Proposal& p : neighbours(tiles_[i])) {
      if (p.moves == moves) return p;
    }
  }
  return {};
}

bool is_legal(const Draft& draft, const Computation& c, const std::string& moves) {
  try {
    apply_schedule(plain_nest(draft, c), moves);
    return true;
  } catch (const IllegalMove&) {
    return false;
  }
}

}  // namespace tinycc
