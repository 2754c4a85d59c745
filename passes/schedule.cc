// Schedules without search; see schedule.h.
//
// Which loop is the vector and how large the register tile is comes from the estimate of cost.h; here
// it becomes text, and the order of the other loops is chosen.
#include "passes/schedule.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/cost.h"
#include "passes/index.h"
#include "passes/moves.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

bool occurs(Expr range, Expr in) {
  const std::vector<Expr> all = topological({in});
  return std::find(all.begin(), all.end(), range) != all.end();
}

class Chooser {
 public:
  Chooser(const Draft& draft, const Computation& c)
      : draft_(draft),
        c_(c),
        nest_(CostModel(draft, c).best()),
        reduced_(reduction_ranges(c.value)),
        choosing_(choosing_ranges(c)) {}

  std::string run() {
    std::string moves = nest();
    for (Expr r : choosing_) moves += (moves.empty() ? "expand " : "; expand ") + r->attr.name;
    if (!choosing_.empty() && moves.find("vectorize") != std::string::npos)
      moves += "; share " + name() + (moves.starts_with("tile") ? "i" : "");
    return moves;
  }

 private:
  std::string nest() {
    if (c_.ordered || draft_.target.dialect != "gnu") return "";
    if (!nest_.vector || !has_vectors()) return memory_order();
    if (nest_.reduced) return side_by_side();
    return reduced_.empty() ? elementwise() : register_tile();
  }

  bool chooses(const std::string& range) const {
    return std::any_of(choosing_.begin(), choosing_.end(),
                       [&](Expr r) { return r->attr.name == range; });
  }
  bool has_vectors() const {
    const DType t = draft_.buffers.at(c_.target).dtype;
    return bits_of(t) >= (is_float(t) ? 32 : 8);
  }
  const std::string& name() const { return nest_.vector->attr.name; }

  static std::string list(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, " "));
  }

  /// Loops as the result lies in memory, outermost first; all of them, those without a place last.
  std::vector<std::string> in_memory_order() const {
    std::vector<std::string> order = outermost();
    const auto add = [&](Expr r) {
      if (std::find(order.begin(), order.end(), r->attr.name) == order.end())
        order.push_back(r->attr.name);
    };
    for (const Axis& a : draft_.buffers.at(c_.target).layout.axes) {
      for (Expr r : c_.ranges) {
        if (occurs(r, c_.index[static_cast<size_t>(a.dim)])) add(r);
      }
    }
    for (Expr r : c_.ranges) add(r);
    return order;
  }

  std::vector<std::string> outermost() const {
    std::vector<std::string> names;
    for (Expr r : c_.outermost) names.push_back(r->attr.name);
    return names;
  }

  std::string memory_order() const {
    const std::vector<std::string> order = in_memory_order();
    return order.size() > 1 ? "order " + list(order) : "";
  }

  /// Partial sums: enough of them that the additions do not wait for each other.
  std::string side_by_side() {
    const int64_t extent = extent_of(nest_.vector), lanes = nest_.lanes;
    int64_t vectors = 1;
    const bool fixed = nest_.vector->sources.empty();
    while (vectors < (fixed ? 4 : 2) && extent % (2 * vectors * lanes) == 0) vectors *= 2;
    std::string moves = fmt::format("lanes {} {} {}; vectorize {}l {}; vectorize {}i {}", name(),
                                    vectors, lanes, name(), lanes, name(), lanes);
    if (vectors > 1) moves += fmt::format("; unroll {}lo {}io", name(), name());
    return moves;
  }

  std::string elementwise() {
    const int64_t extent = extent_of(nest_.vector), lanes = nest_.lanes;
    std::vector<std::string> order;
    for (const std::string& r : in_memory_order()) {
      if (r != name() && !chooses(r)) order.push_back(r);
    }
    std::vector<std::string> inner;
    for (Expr r : choosing_) inner.push_back(r->attr.name);
    if (extent == lanes) {
      inner.push_back(name());
      order.insert(order.end(), inner.begin(), inner.end());
      return (order.size() > 1 ? "order " + list(order) + "; " : "") +
             fmt::format("vectorize {} {}", name(), lanes);
    }
    order.push_back(name() + "o");
    inner.push_back(name() + "i");
    order.insert(order.end(), inner.begin(), inner.end());
    return fmt::format("tile {0} {1}; order {2}; vectorize {0}i {1}", name(), lanes, list(order));
  }

  // ---- reductions

  /// Bytes of the reduction's operands that move with the vector (weights, mostly), and of the rest,
  /// in a turn of the loops that all of them move with.
  std::pair<double, double> operand_bytes() const {
    double along = 0, others = 0, turns = 1;
    for (Expr l : loads_in(reduction_in(c_.value)[0])) {
      const auto bytes = static_cast<double>(draft_.buffers.at(l->attr.ints[0]).bytes());
      (occurs(nest_.vector, l) ? along : others) += bytes;
    }
    for (Expr r : c_.ranges) turns *= is_batch(r) ? static_cast<double>(extent_of(r)) : 1;
    return {along / turns, others / turns};
  }

  /// Does every operand move with the loop? Then its turns have nothing in common.
  bool is_batch(Expr r) const {
    const std::vector<Expr> loads = loads_in(reduction_in(c_.value)[0]);
    return r != nest_.vector && r != nest_.rows && loads.size() > 1 &&
           std::all_of(loads.begin(), loads.end(), [&](Expr l) { return occurs(r, l); });
  }

  bool is_outermost(Expr r) const {
    return std::count(c_.outermost.begin(), c_.outermost.end(), r) != 0;
  }

  /// A part of a loop whose operands stay in the second cache while all along the vector pass by.
  struct Block {
    Expr range;  // empty: nothing to gain
    int64_t size = 0;
  };

  /// The outermost loop that only the other operands move with, else the rows.
  Expr blocked_range() const {
    const std::vector<Expr> loads = loads_in(reduction_in(c_.value)[0]);
    for (Expr r : c_.ranges) {
      const bool shared = std::any_of(loads.begin(), loads.end(), [&](Expr l) {
        return occurs(r, l) && occurs(nest_.vector, l);
      });
      if (r != nest_.vector && r != nest_.rows && !shared && !is_outermost(r)) return r;
    }
    return nest_.rows;
  }

  Block cache_block() const {
    const auto [along, others] = operand_bytes();
    const double room = static_cast<double>(draft_.target.l2_bytes) / 2;
    const Expr r = blocked_range();
    if (!r || along <= room || others <= room) return {};
    const int64_t extent = extent_of(r), unit = r == nest_.rows ? nest_.row_count : 1;
    const bool exact = may_run_in_place(draft_, c_);
    const auto most = static_cast<int64_t>(room / (others / static_cast<double>(extent)));
    Block best{r, 0};
    int64_t least = INT64_MAX;
    for (int64_t size = most / unit * unit; size >= std::max(unit, most / 2); size -= unit) {
      const int64_t turns = (extent + size - 1) / size * size;
      if (size < extent && turns < least && !(exact && turns != extent)) {
        least = turns;
        best.size = size;
      }
    }
    return best.size > 1 ? best : Block{};
  }

  /// A block of the reduction whose weights stay in the second cache while the rows pass by; 0: all.
  /// Weights that stream from there into the first one in one go are no slower (measured).
  int64_t sum_block(Expr k) const {
    const double turns =
        std::accumulate(reduced_.begin(), reduced_.end(), 1.0,
                        [](double n, Expr r) { return n * static_cast<double>(extent_of(r)); });
    const double bytes = turns * static_cast<double>(nest_.lanes * nest_.vectors * 4);
    const auto l2 = static_cast<double>(draft_.target.l2_bytes);
    if (bytes <= l2 / 2 || !nest_.rows || c_.ordered) return 0;
    const int64_t extent = extent_of(k);
    auto size = static_cast<int64_t>(l2 / 4 / bytes * static_cast<double>(extent));
    while (size > 1 && extent % size != 0) --size;
    return size >= 8 ? size : 0;
  }

  /// Rows whose partial sums stay there as well: whole tiles, in blocks of about equal size.
  int64_t rows_block(int64_t extent) const {
    const int64_t row_bytes = nest_.lanes * nest_.vectors * 4, tile = nest_.row_count;
    const int64_t most = std::max(draft_.target.l1_bytes / 6 / row_bytes, 2 * tile);
    const int64_t blocks = (extent + most - 1) / most;
    return std::min(((extent + blocks - 1) / blocks + tile - 1) / tile * tile, extent);
  }

  std::string register_tile() {
    const Block block = cache_block();
    const auto [along, others] = operand_bytes();
    const std::vector<std::string> sums = reduction_order();
    const Expr last = *std::find_if(reduced_.begin(), reduced_.end(),
                                    [&](Expr k) { return k->attr.name == sums.back(); });
    const int64_t k_block = sum_block(last);
    std::vector<std::string> moves, outer = outermost(), inner, unrolled;
    for (Expr r : c_.ranges) {
      if (is_batch(r) && !is_outermost(r)) outer.push_back(r->attr.name);
    }
    // Splits a loop; the name of its inner part.
    const auto split = [&](const std::string& loop, int64_t size) {
      moves.push_back(fmt::format("tile {} {}", loop, size));
      return loop + "i";
    };
    std::string row = nest_.rows ? nest_.rows->attr.name : "", blocked, lane;
    int64_t row_extent = nest_.rows ? extent_of(nest_.rows) : 1;
    if (block.range) {
      blocked = block.range->attr.name;
      outer.push_back(blocked + "o");
      const std::string part = split(blocked, block.size);
      if (block.range == nest_.rows) {
        row = part;
        row_extent = block.size;
      }
    }
    // What is larger is read once: its loop is outside.
    const bool vector_first = block.range || along > others;
    const bool split_v = nest_.lanes * nest_.vectors < extent_of(nest_.vector);
    if (split_v && vector_first) outer.push_back(name() + "o");
    for (Expr r : c_.ranges) {
      if (r != nest_.vector && r != nest_.rows && !is_batch(r) && !is_outermost(r))
        outer.push_back(r->attr.name + (r->attr.name == blocked ? "i" : ""));
    }
    if (split_v && !vector_first) outer.push_back(name() + "o");
    if (const int64_t size = k_block > 0 ? rows_block(row_extent) : row_extent; size < row_extent) {
      const std::string part = split(row, size);
      outer.push_back(row + "o");
      row = part;
      row_extent = size;
    }
    std::string pass;  // the loop that a block of the sum goes around
    if (nest_.rows) {
      const std::string part = split(row, nest_.row_count);
      if (nest_.row_count < row_extent) outer.push_back(pass = row + "o");
      inner.push_back(part);
      if (nest_.row_count > 1) unrolled.push_back(part);
    }
    lane = split(name(), nest_.lanes * nest_.vectors);
    if (nest_.vectors > 1) {
      inner.push_back(lane + "o");
      unrolled.push_back(lane + "o");
      lane = split(lane, nest_.lanes);
    }
    inner.push_back(lane);
    std::vector<std::string> all(outer);
    all.insert(all.end(), inner.begin(), inner.end());
    if (all.size() > 1) moves.push_back("order " + list(all));
    if (k_block > 0 && !pass.empty()) {
      const std::string& k = sums.back();
      split(k, k_block);
      std::vector<std::string> ordered{k + "o"};
      ordered.insert(ordered.end(), sums.begin(), sums.end());
      ordered.back() = k + "i";
      moves.insert(moves.end(), {"order " + list(ordered), "split_sum " + k + "o " + pass});
    } else if (sums.size() > 1) {
      moves.push_back("order " + list(sums));
    }
    moves.push_back("register " + list(inner));
    moves.push_back(fmt::format("vectorize {} {}", lane, nest_.lanes));
    if (const std::string window = unrolled_window(); !window.empty()) unrolled.push_back(window);
    if (!unrolled.empty()) moves.push_back("unroll " + list(unrolled));
    return fmt::format("{}", fmt::join(moves, "; "));
  }

  /// Loops of the reduction: windows outside, what is contiguous in memory inside.
  std::vector<std::string> reduction_order() const {
    std::vector<std::string> windows, others;
    for (Expr k : reduced_)
      (k->attr.name[0] == 'k' && k->attr.name != "k" ? windows : others).push_back(k->attr.name);
    windows.insert(windows.end(), others.begin(), others.end());
    return windows;
  }

  /// The loop of a short window without channels: unrolled, neighbours share loads in registers.
  std::string unrolled_window() const {
    const Expr last = reduced_.back();
    const bool window_only =
        std::all_of(reduced_.begin(), reduced_.end(), [](Expr k) { return extent_of(k) <= 7; });
    const bool short_enough = extent_of(last) * nest_.row_count * nest_.vectors <= 64;
    return window_only && short_enough ? last->attr.name : "";
  }

  const Draft& draft_;
  const Computation& c_;
  const Nest nest_;
  const std::vector<Expr> reduced_, choosing_;
};

}  // namespace

std::string choose_schedule(const Draft& draft, const Computation& c) {
  return Chooser(draft, c).run();
}

Scheduled schedule(const Draft& draft, const Computation& c, const std::string* moves) {
  Scheduled s;
  s.moves = moves ? *moves : choose_schedule(draft, c);
  try {
    s.body = apply_schedule(plain_nest(draft, c), s.moves);
  } catch (const IllegalMove&) {
    if (moves || draft.dims.empty()) throw;
    s = {plain_nest(draft, c), ""};  // loops that end early allow less
  }
  return s;
}

}  // namespace tinycc
