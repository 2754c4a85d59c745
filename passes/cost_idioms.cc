// What idioms cost (dot.h), in instructions, which is about what the rest of cost.h comes to on a scalar
// core; and which loops of a computation have what they want.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "ir/idiom.h"
#include "passes/cost.h"

namespace tinycc {
namespace {

constexpr double kTurn = 3;      // of a loop around an idiom
constexpr double kProduct = 2;   // without one
constexpr double kScaled = 0.4;  // of what it takes otherwise

}  // namespace

/// The loop of the reduction along which both operands lie side by side, enough for an idiom.
Expr CostModel::dot_range() const {
  for (size_t r = ranges_.size(); sums_bytes_ && r-- > c_.ranges.size();) {
    const bool fits = std::all_of(accesses_.begin(), accesses_.end(), [&](const Access& a) {
      return !a.in_reduction || is_contiguous(a, r);
    });
    const bool whole = ranges_[r]->sources.empty();
    if (fits && whole && dot_form(draft_.target.dot, extent_of(ranges_[r]))) return ranges_[r];
  }
  return {};
}

/// The loop of the reduction along which bytes lie side by side for all lanes of a vector, and for each of them,
/// once packed: whole quads.
Expr CostModel::quad_range(size_t vector) const {
  for (size_t r = ranges_.size(); sums_quads_ && r-- > c_.ranges.size();) {
    const bool fits = std::all_of(accesses_.begin(), accesses_.end(), [&](const Access& a) {
      if (!a.in_reduction) return true;
      return a.moves(vector) ? a.packable && a.moves(r) : is_contiguous(a, r);
    });
    if (fits && ranges_[r]->sources.empty() &&
        extent_of(ranges_[r]) % draft_.target.terms_a_lane() == 0 && !guarded_[r])
      return ranges_[r];
  }
  return {};
}

int64_t Nest::quad_terms(const Target& target) const {
  const int64_t of_pairs = target.terms_of_row_pairs();
  const bool pairs = of_pairs > 0 && rows && row_count % 2 == 0 && extent_of(quad) % of_pairs == 0;
  return pairs ? of_pairs : target.terms_a_lane();
}

/// In the middle of peeled rows weights do not.
bool CostModel::moves_with_rows(const Access& a, const Nest& n) const {
  if (!n.rows || !a.moves(slot(n.rows))) return false;
  return !guarded_[slot(n.rows)] || draft_.buffers.at(a.buffer).space != Space::weight;
}

/// In instructions, about as many as what else is counted comes to on a scalar core.
double CostModel::dot_cost(size_t vector, const Nest& n) const {
  const int64_t extent = extent_of(n.dot);
  const DotForm form = *dot_form(draft_.target.dot, extent);
  const auto turns = static_cast<double>(extent / form.terms),
             left = static_cast<double>(extent % form.terms),
             columns = static_cast<double>(n.vectors);
  const auto tile = [&](double rows) {
    double fetched = 0;
    for (const Access& a : accesses_) {
      if (!a.in_reduction) continue;
      fetched += (a.moves(vector) ? columns : 1) * (moves_with_rows(a, n) ? rows : 1);
    }
    const double step = form.fetch * fetched + form.multiply * rows * columns + kTurn,
                 rest = left * (fetched + kProduct * rows * columns);
    return turns_ / static_cast<double>(extent) * (turns * step + rest) +
           rows * columns * ends(vector, n.lanes) * (n.scale ? kScaled : 1) + kRound;
  };
  return with_peeled_rows(n, tile);
}

/// All tiles, `tile` being the cost of one with so many rows.
double CostModel::with_peeled_rows(const Nest& n, const std::function<double(double)>& tile) const {
  const auto peeled = static_cast<double>(n.peeled_low + n.peeled_high),
             rows = static_cast<double>(n.row_count);
  if (peeled == 0) return rounds(n) * tile(rows);
  const auto all = static_cast<double>(extent_of(n.rows));
  return rounds(n) / std::ceil(all / rows) *
         ((all - peeled) / rows * tile(rows) + peeled * tile(1));
}

/// Do the products of neighbours along the range have neighbours, or one for all, as operands?
bool CostModel::may_madd(size_t vector) const {
  if (!sums_shifted_bytes_ || !madd_form(draft_.target.dot, false)) return false;
  return std::all_of(accesses_.begin(), accesses_.end(), [&](const Access& a) {
    return !a.in_reduction || is_contiguous(a, vector) || !a.moves(vector);
  });
}

/// Are sums that are neighbours along the range scaled to bytes that are neighbours in memory?
bool CostModel::may_scale(size_t vector) const {
  const auto scaled = scaling(c_.value);
  if (!scaled || draft_.target.dot != Dot::mve) return false;
  return std::all_of(accesses_.begin(), accesses_.end(), [&](const Access& a) {
    const bool of_scale = a.is_store || a.load == scaled->factor || a.load == scaled->addend;
    return !of_scale || is_contiguous(a, vector);
  });
}

/// Does every operand of the products move with the range, and are there eight of each?
bool CostModel::adds_pairs(size_t vector, const Nest& n) const {
  return n.scale && n.vectors % 8 == 0 &&
         std::all_of(accesses_.begin(), accesses_.end(),
                     [&](const Access& a) { return !a.in_reduction || a.moves(vector); });
}

bool CostModel::is_written_out(Expr k, const Nest& n) {
  const bool is_peeled = n.peeled_low + n.peeled_high > 0;
  return extent_of(k) <= kWrittenOut && n.lanes == 1 &&
         (k->sources.empty() || (is_peeled && occurs(n.rows, k[0])));
}

double CostModel::madd_cost(size_t vector, const Nest& n) const {
  const MaddForm form = *madd_form(draft_.target.dot, adds_pairs(vector, n));
  const double fours = static_cast<double>(n.vectors) / 4;
  const auto last =
      std::find_if(reduced_.rbegin(), reduced_.rend(), [](Expr k) { return !is_window(k); });
  const Expr k = last == reduced_.rend() ? reduced_.back() : *last;
  const double turn = is_written_out(k, n) ? kTurn / static_cast<double>(extent_of(k)) : kTurn;
  return with_peeled_rows(n, [&](double rows) {
    double step = form.multiply * rows * fours + turn;
    for (const Access& a : accesses_) {
      if (!a.in_reduction) continue;
      const double fetch = a.moves(vector) ? form.fetch_four * fours : form.fetch_one;
      step += fetch * (moves_with_rows(a, n) ? rows : 1);
    }
    return turns_ * step + rows * 4 * fours * ends(vector, n.lanes) * (n.scale ? kScaled : 1) +
           kRound;
  });
}

bool CostModel::may_peel(size_t range) const {
  return draft_.target.prefer != Prefer::size && sums_shifted_bytes_ &&
         draft_.target.dot != Dot::none && peels_[range].has_value();
}

/// The idioms that a tile along the range takes, with rows of this range peeled where that frees them;
/// false: it has no registers, or no middle.
bool CostModel::use_idioms(size_t vector, Nest& n) const {
  const Target& t = draft_.target;
  if (n.lanes == 4 || (n.lanes > 4 && t.dot == Dot::vnni)) n.quad = quad_range(vector);
  n.dot = dot_range();
  const auto form = n.dot ? dot_form(t.dot, extent_of(n.dot)) : std::nullopt;
  if (form) n.dot_terms = form->terms;
  n.madd = !form && n.vectors % 4 == 0 && may_madd(vector);
  n.scale = n.vectors % 4 == 0 && may_scale(vector);
  const int64_t sums = n.row_count * n.vectors;
  if (form && sums > form->most_sums) return false;
  if (n.madd && sums > madd_form(t.dot, false)->most_sums) return false;
  const int64_t all = (sums + n.vectors) * registers_of(n.lanes) + 1;
  if (!form && !n.madd && all > registers() - 1) return false;
  if (!n.rows || !guarded_[slot(n.rows)]) return true;
  std::tie(n.peeled_low, n.peeled_high) = *peels_[slot(n.rows)];
  const int64_t middle = extent_of(n.rows) - n.peeled_low - n.peeled_high;
  n.peeled_high += middle % n.row_count;
  return middle >= n.row_count;
}

void CostModel::try_rows(size_t vector, Expr rows, Nest& best) const {
  const Expr v = ranges_[vector];
  const int64_t most = std::min<int64_t>(all_rows(vector, rows), 16);
  const int64_t least = draft_.target.is_scalar() ? 1 : 4;
  for (int64_t lanes = widest_; lanes >= least; lanes /= 2) {
    for (int64_t vectors = 1; vectors <= 8 && (vectors == 1 || lanes * vectors <= extent_of(v));
         ++vectors) {
      if (lanes > extent_of(v)) break;
      const bool peels = rows && guarded_[slot(rows)];
      for (int64_t row = rows && !peels ? 2 : 1; row <= most; ++row) {
        Nest n{v, false, rows, lanes, vectors, row, 0};
        if (!use_idioms(vector, n)) break;
        try_tile(vector, n, best);
      }
    }
  }
}

}  // namespace tinycc
