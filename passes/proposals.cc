// The space of schedules and its model; see proposals.h.
#include "passes/proposals.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/cost.h"
#include "passes/index.h"
#include "passes/moves.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

constexpr size_t kMostTiles = 300;  // that are varied further
constexpr double kWorthwhile = 4;   // cost of a tile against the cheapest
constexpr double kGathered = 2;     // accesses that one lane costs which is not beside the others
constexpr double kOverhead = 0.3;   // of a step of the reduction
constexpr double kLatency = 4;      // multiply-adds that must be under way
constexpr int64_t kMostUnrolled = 64;  // statements

enum Form : int64_t { scalar, elementwise, tail_form, tile_form, side_by_side };

constexpr std::array kRanges = {kVector, kRange, kRange2};  // knobs that name a range, or -1

using Words = std::vector<std::string>;

int64_t tiles(int64_t extent, int64_t size) { return (extent + size - 1) / size; }

/// How one load or the store depends on the ranges.
struct Access {
  std::set<int64_t> varies;      // ranges that it depends on
  std::set<int64_t> contiguous;  // those along which neighbours are neighbours in memory
};

class ScheduleSpace {
 public:
  ScheduleSpace(const Draft& draft, const Computation& c)
      : draft_(draft), c_(c), ranges_(c.ranges) {
    outputs_ = static_cast<int64_t>(ranges_.size());
    for (Expr r : reduction_ranges(c.value)) ranges_.push_back(r);
    const Expr reduce = reduction_in(c.value);
    const std::vector<Expr> inner = loads_in(reduce ? reduce[0] : c.value);
    for (Expr l : inner)
      loads_.push_back(access(l->attr.ints[0], l->sources, is_packable(draft, l)));
    store_ = access(c.target, c.index, false);
    exact_ = may_run_in_place(draft, c);
  }

  std::vector<Proposal> all() {
    if (c_.ordered) return {};
    std::vector<Proposal> points = bases();
    sort(points);
    const double most = points.empty() ? 0 : points[0].cost * kWorthwhile;
    std::vector<Proposal> result{{"", {}, 1e30}};
    std::set<std::string> seen{""};
    for (size_t i = 0; i < std::min(points.size(), kMostTiles); ++i) {
      if (points[i].cost > most) break;
      vary(points[i], result, seen);
    }
    sort(result);
    return result;
  }

 private:
  static void sort(std::vector<Proposal>& list) {
    std::sort(list.begin(), list.end(), [](const Proposal& a, const Proposal& b) {
      return std::tie(a.cost, a.knobs) < std::tie(b.cost, b.knobs);
    });
  }

  // ---- facts

  int64_t extent(int64_t r) const { return extent_of(ranges_[static_cast<size_t>(r)]); }
  const std::string& name(int64_t r) const { return ranges_[static_cast<size_t>(r)]->attr.name; }
  bool reduces() const { return ranges_.size() > c_.ranges.size(); }

  Access access(int64_t buffer, const std::vector<Expr>& index, bool packable) const {
    Access a;
    const Buffer& b = draft_.buffers.at(buffer);
    int64_t innermost = -1;
    for (size_t i = b.layout.axes.size(); i-- > 0 && innermost < 0;) {
      if (b.layout.extents(b.shape)[i] > 1) innermost = static_cast<int64_t>(i);
    }
    for (size_t r = 0; r < ranges_.size(); ++r) {
      int64_t places = 0, dim = -1, factor = 0;
      for (size_t d = 0; d < index.size(); ++d) {
        if (!occurs(ranges_[r], index[d])) continue;
        ++places;
        dim = static_cast<int64_t>(d);
        factor = affine(index[d]).coefficient(ranges_[r]);
      }
      if (places > 0) a.varies.insert(static_cast<int64_t>(r));
      if (places != 1 || factor != 1) continue;
      const bool last = innermost >= 0 &&
                        b.layout.axes[static_cast<size_t>(innermost)].dim == dim &&
                        b.layout.axes[static_cast<size_t>(innermost)].div == 1;
      if (packable || last) a.contiguous.insert(static_cast<int64_t>(r));
    }
    return a;
  }

  /// Accesses for a tile that is `vectors` wide along v.
  static double accesses(const Access& a, const Knobs& k) {
    double n = 1;
    const auto times = [&](int64_t range, int64_t count) {
      if (range >= 0 && a.varies.count(range) != 0) n *= static_cast<double>(count);
    };
    times(k[kVector], k[kVectors]);
    times(k[kRange], k[kRows]);
    times(k[kRange2], k[kRows2]);
    const bool gathered = a.varies.count(k[kVector]) != 0 && a.contiguous.count(k[kVector]) == 0;
    return gathered ? n * kGathered * static_cast<double>(k[kLanes]) : n;
  }

  double loads(const Knobs& k) const {
    double n = 0;
    for (const Access& a : loads_) n += accesses(a, k);
    return n;
  }

  double product(int64_t from, int64_t to, const Knobs& k) const {
    double n = 1;
    for (int64_t r = from; r < to; ++r) {
      const int64_t size = r == k[kVector]   ? k[kLanes] * k[kVectors]
                           : r == k[kRange]  ? k[kRows]
                           : r == k[kRange2] ? k[kRows2]
                                             : 1;
      n *= static_cast<double>(tiles(extent(r), size));
    }
    return n;
  }

  double cost_of(const Knobs& k) const {
    const auto all = static_cast<int64_t>(ranges_.size());
    const double rounds = product(0, outputs_, k), steps = product(outputs_, all, k);
    const double work = static_cast<double>(k[kVectors] * k[kRows] * k[kRows2]);
    const double step = std::max({work, loads(k) / 2, reduces() ? kLatency : 0}) + kOverhead;
    const double sums =
        k[kForm] == side_by_side ? work * 2 * static_cast<double>(k[kLanes]) : accesses(store_, k);
    return rounds * (steps * step + sums);
  }

  // ---- the space

  static Knobs start(int64_t form) { return {form, -1, 1, 1, -1, 1, -1, 1, 0, 0, 0}; }

  std::vector<Proposal> bases() {
    std::vector<Proposal> points;
    const auto all = static_cast<int64_t>(ranges_.size());
    add(points, start(scalar));
    if (!has_vectors(draft_, c_)) return points;
    const int64_t widest = widest_lanes(draft_, c_);
    for (int64_t v = 0; v < all; ++v) {
      for (int64_t lanes = widest; lanes >= std::min<int64_t>(4, widest) && lanes > 1; lanes /= 2) {
        Knobs k = start(v >= outputs_ ? side_by_side : reduces() ? tile_form : elementwise);
        k[kVector] = v;
        k[kLanes] = lanes;
        for (k[kVectors] = 1; k[kVectors] <= 8; ++k[kVectors]) add_vectors(points, k);
      }
    }
    return points;
  }

  void add_vectors(std::vector<Proposal>& points, Knobs k) {
    const int64_t wide = k[kLanes] * k[kVectors], whole = extent(k[kVector]);
    if (wide > whole || (k[kForm] == side_by_side && whole % wide != 0)) return;
    if (k[kForm] == elementwise) {
      if (!exact_ || whole % wide == 0) add(points, k);
      k[kForm] = tail_form;
      if (whole % wide != 0) add(points, k);
      return;
    }
    if (exact_ && whole % wide != 0) return;
    add(points, k);
    for (k[kRange] = 0; k[kRange] < outputs_; ++k[kRange]) {
      if (k[kRange] == k[kVector] || guards(c_.value, ranges_[static_cast<size_t>(k[kRange])]))
        continue;
      const int64_t most = std::min<int64_t>(extent(k[kRange]), k[kForm] == side_by_side ? 4 : 28);
      for (k[kRows] = 2; k[kRows] <= most; ++k[kRows]) add_rows(points, k);
    }
  }

  void add_rows(std::vector<Proposal>& points, Knobs k) {
    if (!fits(k)) return;
    add(points, k);
    if (k[kForm] == side_by_side) return;
    for (k[kRange2] = 0; k[kRange2] < k[kRange]; ++k[kRange2]) {
      if (k[kRange2] == k[kVector] || guards(c_.value, ranges_[static_cast<size_t>(k[kRange2])]))
        continue;
      for (k[kRows2] = 2; k[kRows2] <= std::min<int64_t>(4, extent(k[kRange2])); ++k[kRows2]) {
        if (fits(k)) add(points, k);
      }
    }
  }

  bool fits(const Knobs& k) const {
    const int64_t rows = k[kRows] * k[kRows2];
    if (rows * k[kVectors] + k[kVectors] + 1 > draft_.target.registers) return false;
    return !exact_ || (extent(k[kRange]) % k[kRows] == 0 &&
                       (k[kRange2] < 0 || extent(k[kRange2]) % k[kRows2] == 0));
  }

  void add(std::vector<Proposal>& points, const Knobs& k) const {
    points.push_back({"", k, cost_of(k)});
  }

  /// The same tile in all orders; what the model cannot tell apart costs a little more each step.
  void vary(const Proposal& base, std::vector<Proposal>& result,
            std::set<std::string>& seen) const {
    Proposal p = base;
    for (p.knobs[kOuter] = 0; p.knobs[kOuter] < 3; ++p.knobs[kOuter]) {
      for (p.knobs[kReduced] = 0; p.knobs[kReduced] < (reduces() ? 3 : 1); ++p.knobs[kReduced]) {
        for (p.knobs[kUnrolled] = 0; p.knobs[kUnrolled] < (reduces() ? 4 : 1);
             ++p.knobs[kUnrolled]) {
          const int64_t steps = p.knobs[kOuter] + p.knobs[kReduced] + p.knobs[kUnrolled];
          p.cost = base.cost * (1 + 0.02 * static_cast<double>(steps));
          p.moves = text(p.knobs);
          if (seen.insert(p.moves).second) result.push_back(p);
        }
      }
    }
  }

  // ---- as text

  static std::string list(const Words& names) { return fmt::format("{}", fmt::join(names, " ")); }
  static std::string order(const Words& names) {
    return names.size() > 1 ? "; order " + list(names) : "";
  }

  std::string text(const Knobs& k) const {
    std::string moves = k[kForm] == scalar         ? scalar_text(k)
                        : k[kForm] == side_by_side ? side_by_side_text(k)
                        : k[kForm] == tile_form    ? tile_text(k)
                                                   : elementwise_text(k);
    return moves.starts_with("; ") ? moves.substr(2) : moves;
  }

  /// Output ranges but those of the tile, in the order of the model's dimensions or of memory.
  Words others(const Knobs& k, bool in_memory) const {
    const auto in_tile = [&](Expr range) {
      return std::any_of(kRanges.begin(), kRanges.end(), [&](Knob knob) {
        return k[knob] >= 0 && ranges_[static_cast<size_t>(k[knob])] == range;
      });
    };
    Words names;
    for (Expr r : in_memory ? ranges_in_memory_order(draft_, c_) : c_.ranges) {
      if (!in_tile(r)) names.push_back(r->attr.name);
    }
    return names;
  }

  std::string scalar_text(const Knobs& k) const {
    Words names = others(k, k[kOuter] == 0);
    if (k[kOuter] == 2) std::reverse(names.begin(), names.end());
    return order(names) + reduction_text(k);
  }

  std::string elementwise_text(const Knobs& k) const {
    const std::string& v = name(k[kVector]);
    const int64_t wide = k[kLanes] * k[kVectors];
    Words names = others(k, k[kOuter] != 1);
    const bool split = wide < extent(k[kVector]);
    if (k[kForm] == tail_form) {
      if (k[kOuter] == 2) std::reverse(names.begin(), names.end());
      names.push_back(v);  // the rest of the loop stays behind it
      return order(names) + fmt::format("; tail {0} {1}; vectorize {0}i {2}", v, wide, k[kLanes]);
    }
    if (split) names.insert(k[kOuter] == 2 ? names.begin() : names.end(), v + "o");
    names.push_back(v + "i");
    return fmt::format("; tile {} {}{}; vectorize {}i {}", v, wide, order(names), v, k[kLanes]);
  }

  /// Loops around a tile: weights' range outermost, or pixels, or both around the vectors.
  Words outer(const Knobs& k) const {
    Words names = others(k, false), rows;
    for (const Knob range : {kRange2, kRange}) {
      const int64_t r = k[range];
      if (r >= 0 && k[range + 1] < extent(r)) rows.push_back(name(r) + "o");
    }
    const bool split = k[kForm] == tile_form && k[kLanes] * k[kVectors] < extent(k[kVector]);
    const size_t others_count = names.size();
    names.insert(names.end(), rows.begin(), rows.end());
    if (split) {
      const size_t at = k[kOuter] == 0 ? 0 : k[kOuter] == 1 ? others_count : names.size();
      names.insert(names.begin() + static_cast<ptrdiff_t>(at), name(k[kVector]) + "o");
    }
    return names;
  }

  std::string tile_text(const Knobs& k) const {
    std::string lane = name(k[kVector]) + "i";
    std::string moves = fmt::format("tile {} {}", name(k[kVector]), k[kLanes] * k[kVectors]);
    Words inner, blocks;
    for (const Knob range : {kRange2, kRange}) {
      if (k[range] >= 0) blocks.push_back(name(k[range]) + "i");
    }
    if (k[kVectors] > 1) {
      moves += fmt::format("; tile {} {}", lane, k[kLanes]);
      blocks.push_back(lane + "o");
      lane += "i";
    }
    inner = blocks;
    inner.push_back(lane);
    moves += rows_text(k);
    Words all = outer(k);
    all.insert(all.end(), inner.begin(), inner.end());
    moves += order(all) + "; register " + list(inner) + reduction_order(k) +
             fmt::format("; vectorize {} {}", lane, k[kLanes]);
    if (!blocks.empty()) moves += "; unroll " + list(blocks);
    return moves + unrolled(k);
  }

  std::string rows_text(const Knobs& k) const {
    std::string moves;
    for (const Knob range : {kRange, kRange2}) {
      if (k[range] >= 0) moves += fmt::format("; tile {} {}", name(k[range]), k[range + 1]);
    }
    return moves;
  }

  std::string side_by_side_text(const Knobs& k) const {
    const std::string& v = name(k[kVector]);
    std::string moves = rows_text(k);
    if (k[kRange] >= 0) {
      Words all = outer(k), inner{name(k[kRange]) + "i"};
      all.insert(all.end(), inner.begin(), inner.end());
      moves += order(all) + "; register " + list(inner);
    } else if (k[kOuter] > 0) {
      moves += order(others(k, k[kOuter] == 1));
    }
    moves += fmt::format("; lanes {0} {1} {2}; vectorize {0}l {2}; vectorize {0}i {2}", v,
                         k[kVectors], k[kLanes]);
    Words blocks;
    if (k[kVectors] > 1) blocks = {v + "lo", v + "io"};
    if (k[kRange] >= 0) blocks.push_back(name(k[kRange]) + "i");
    return blocks.empty() ? moves : moves + "; unroll " + list(blocks);
  }

  // ---- reductions

  Words reduction_names(const Knobs& k) const {
    Words windows, rest, plain;
    for (auto r = outputs_; r < static_cast<int64_t>(ranges_.size()); ++r) {
      (is_window(ranges_[static_cast<size_t>(r)]) ? windows : rest).push_back(name(r));
      plain.push_back(name(r));
    }
    if (k[kReduced] == 1) return plain;
    windows.insert(windows.end(), rest.begin(), rest.end());
    if (k[kReduced] == 2) std::reverse(windows.begin(), windows.end());
    return windows;
  }

  std::string reduction_order(const Knobs& k) const { return order(reduction_names(k)); }
  std::string reduction_text(const Knobs& k) const {
    return reduces() ? reduction_order(k) + unrolled(k) : "";
  }

  std::string unrolled(const Knobs& k) const {
    const Words names = reduction_names(k);
    const int64_t tile = k[kRows] * k[kRows2] * k[kVectors];
    int64_t count = 1;
    Words some;
    for (auto r = static_cast<int64_t>(ranges_.size()); r-- > outputs_;) {
      const bool last = name(r) == names.back();
      if (k[kUnrolled] == 3 && last && extent(r) % 4 == 0 && extent(r) > 4 && tile * 4 <= 128)
        return fmt::format("; tile {0} 4; unroll {0}i", names.back());
      if (!(k[kUnrolled] == 1 && last) && !(k[kUnrolled] == 2 && extent(r) <= 7)) continue;
      count *= extent(r);
      some.push_back(name(r));
    }
    return some.empty() || count * tile > kMostUnrolled ? "" : "; unroll " + list(some);
  }

  const Draft& draft_;
  const Computation& c_;
  std::vector<Expr> ranges_;  // of the result, then of the reduction
  int64_t outputs_ = 0;       // so many are of the result
  std::vector<Access> loads_;
  Access store_;
  bool exact_ = false;
};

}  // namespace

std::vector<Proposal> proposals(const Draft& draft, const Computation& c) {
  if (c.chain >= 0 || !choosing_ranges(c).empty()) return {};
  return ScheduleSpace(draft, c).all();
}

bool are_neighbours(const Proposal& a, const Proposal& b) {
  int64_t steps = 0;
  for (size_t i = 0; i < kKnobs; ++i) {
    if (a.knobs[i] == b.knobs[i]) continue;
    const bool counted_already = (i == kRows && a.knobs[kRange] != b.knobs[kRange]) ||
                                 (i == kRows2 && a.knobs[kRange2] != b.knobs[kRange2]);
    steps += counted_already ? 0 : 1;
  }
  return steps == 1;
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
