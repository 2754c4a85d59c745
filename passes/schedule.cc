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
    if (!nest_.vector || !has_vectors(draft_, c_)) return memory_order();
    if (nest_.reduced) return side_by_side();
    return reduced_.empty() ? elementwise() : register_tile();
  }

  bool chooses(const std::string& range) const {
    return std::any_of(choosing_.begin(), choosing_.end(),
                       [&](Expr r) { return r->attr.name == range; });
  }
  const std::string& name() const { return nest_.vector->attr.name; }

  static std::string list(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, " "));
  }

  /// Loops as the result lies in memory, but for those that have to be outermost.
  std::vector<std::string> in_memory_order() const {
    std::vector<std::string> order = outermost();
    for (Expr r : ranges_in_memory_order(draft_, c_)) {
      if (!is_outermost(r)) order.push_back(r->attr.name);
    }
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

  /// A register tile as it is written down, loop by loop.
  struct Tile {
    std::vector<std::string> moves, outer, inner, unrolled;
    std::string row, pass;  // the loop over rows; the one that a block of the sum goes around
    int64_t rows = 1;       // turns of `row`

    /// Splits a loop; the name of its inner part.
    std::string split(const std::string& loop, int64_t size) {
      moves.push_back(fmt::format("tile {} {}", loop, size));
      return loop + "i";
    }
    /// Rows in blocks of this size, the loop over blocks last so far.
    void block_rows(int64_t size) {
      outer.push_back(row + "o");
      row = split(row, size);
      rows = size;
    }
  };

  std::string register_tile() {
    Tile t;
    t.outer = outermost();
    for (Expr r : c_.ranges) {
      if (is_batch(r) && !is_outermost(r)) t.outer.push_back(r->attr.name);
    }
    if (nest_.rows) t.row = nest_.rows->attr.name;
    if (nest_.rows) t.rows = extent_of(nest_.rows);
    const std::vector<std::string> sums = reduction_order();
    const int64_t block = sum_block(*std::find_if(
        reduced_.begin(), reduced_.end(), [&](Expr k) { return k->attr.name == sums.back(); }));
    add_outer_loops(t);
    if (block > 0 && rows_block(t.rows) < t.rows) t.block_rows(rows_block(t.rows));
    add_rows(t);
    const std::string lane = add_vector(t);
    std::vector<std::string> all(t.outer);
    all.insert(all.end(), t.inner.begin(), t.inner.end());
    if (all.size() > 1) t.moves.push_back("order " + list(all));
    order_sum(t, sums, t.pass.empty() ? 0 : block);
    t.moves.push_back("register " + list(t.inner));
    t.moves.push_back(fmt::format("vectorize {} {}", lane, nest_.lanes));
    if (const std::string w = unrolled_window(); !w.empty()) t.unrolled.push_back(w);
    if (!t.unrolled.empty()) t.moves.push_back("unroll " + list(t.unrolled));
    return fmt::format("{}", fmt::join(t.moves, "; "));
  }

  /// Blocks for the second cache; then what is larger is read once: its loop is outside.
  void add_outer_loops(Tile& t) const {
    const Block block = cache_block();
    const std::string blocked = block.range ? block.range->attr.name : "";
    if (block.range && block.range == nest_.rows) {
      t.block_rows(block.size);
    } else if (block.range) {
      t.outer.push_back(blocked + "o");
      t.split(blocked, block.size);
    }
    const auto [along, others] = operand_bytes();
    const bool vector_first = block.range || along > others;
    const bool is_split = nest_.lanes * nest_.vectors < extent_of(nest_.vector);
    if (is_split && vector_first) t.outer.push_back(name() + "o");
    for (Expr r : c_.ranges) {
      if (r != nest_.vector && r != nest_.rows && !is_batch(r) && !is_outermost(r))
        t.outer.push_back(r->attr.name + (r->attr.name == blocked ? "i" : ""));
    }
    if (is_split && !vector_first) t.outer.push_back(name() + "o");
  }

  void add_rows(Tile& t) const {
    if (!nest_.rows) return;
    const std::string part = t.split(t.row, nest_.row_count);
    if (nest_.row_count < t.rows) t.outer.push_back(t.pass = t.row + "o");
    t.inner.push_back(part);
    if (nest_.row_count > 1) t.unrolled.push_back(part);
  }

  /// The name of the loop over lanes.
  std::string add_vector(Tile& t) const {
    std::string lane = t.split(name(), nest_.lanes * nest_.vectors);
    if (nest_.vectors > 1) {
      t.inner.push_back(lane + "o");
      t.unrolled.push_back(lane + "o");
      lane = t.split(lane, nest_.lanes);
    }
    t.inner.push_back(lane);
    return lane;
  }

  /// The loops of the reduction, the last of them in blocks if it is to be.
  static void order_sum(Tile& t, std::vector<std::string> sums, int64_t block) {
    if (block == 0) {
      if (sums.size() > 1) t.moves.push_back("order " + list(sums));
      return;
    }
    const std::string outer = sums.back() + "o";
    sums.back() = t.split(sums.back(), block);
    sums.insert(sums.begin(), outer);
    t.moves.insert(t.moves.end(), {"order " + list(sums), "split_sum " + outer + " " + t.pass});
  }

  /// Loops of the reduction: windows outside, what is contiguous in memory inside.
  std::vector<std::string> reduction_order() const {
    std::vector<std::string> windows, others;
    for (Expr k : reduced_) (is_window(k) ? windows : others).push_back(k->attr.name);
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
