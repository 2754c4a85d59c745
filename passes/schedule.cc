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
#include "passes/group_moves.h"
#include "passes/index.h"
#include "passes/moves.h"
#include "passes/nest.h"
#include "passes/tile.h"

namespace tinycc {
namespace {

class Chooser {
 public:
  Chooser(const Draft& draft, const Computation& c, const Choice& choice)
      : draft_(draft),
        c_(c),
        choice_(choice),
        nest_(choice.nest),
        reduced_(reduction_ranges(c.value)),
        choosing_(choosing_ranges(c)) {}

  std::string run() {
    std::string moves = nest();
    for (Expr r : choosing_) moves += (moves.empty() ? "expand " : "; expand ") + r->attr.name;
    if (!choosing_.empty() && choice_.unrolled != 0 && moves.find("vectorize") != std::string::npos)
      moves += "; share " + name() + (moves.starts_with("tile") ? "i" : "");
    return moves;
  }

 private:
  std::string nest() {
    const Target& t = draft_.target;
    const bool sums = nest_.vector && !reduced_.empty() && t.prefer != Prefer::size;
    if (t.is_scalar() && !c_.ordered) return sums ? register_tile() : "";
    if (c_.ordered || !t.has_vectors()) return "";
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
    for (Expr r : choice_.outer == 1 ? c_.ranges : ranges_in_memory_order(draft_, c_)) {
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
    int64_t vectors = std::max<int64_t>(nest_.vectors, 1);
    const int64_t enough = !nest_.vector->sources.empty() ? 2 : 4;
    while (nest_.vectors == 0 && vectors < enough && extent % (2 * vectors * lanes) == 0)
      vectors *= 2;
    std::string moves, unrolled = vectors > 1 ? fmt::format(" {0}lo {0}io", name()) : "";
    if (nest_.rows)
      moves = rows_of_sums(unrolled);
    else if ((!c_.outermost.empty() || choice_.outer != Choice::kTheirs) && !memory_order().empty())
      moves = memory_order() + "; ";
    moves += fmt::format("lanes {} {} {}; vectorize {}l {}; vectorize {}i {}", name(), vectors,
                         lanes, name(), lanes, name(), lanes);
    return unrolled.empty() ? moves : moves + "; unroll" + unrolled;
  }

  /// Rows that share what the vectors of partial sums are made of.
  std::string rows_of_sums(std::string& unrolled) const {
    const std::string& rows = nest_.rows->attr.name;
    std::vector<std::string> order;
    for (const std::string& r : in_memory_order()) {
      if (r != rows) order.push_back(r);
    }
    if (nest_.row_count < extent_of(nest_.rows)) order.push_back(rows + "o");
    order.push_back(rows + "i");
    unrolled += " " + rows + "i";
    return fmt::format("tile {0} {1}; {2}register {0}i; ", rows, nest_.row_count,
                       order.size() > 1 ? "order " + list(order) + "; " : "");
  }

  std::string elementwise() {
    const int64_t extent = extent_of(nest_.vector), lanes = nest_.lanes,
                  wide = lanes * nest_.vectors;
    std::vector<std::string> order;
    for (const std::string& r : in_memory_order()) {
      if (r != name() && !chooses(r)) order.push_back(r);
    }
    std::vector<std::string> inner;
    for (Expr r : choosing_) inner.push_back(r->attr.name);
    if (choice_.tail) {
      order.insert(order.end(), inner.begin(), inner.end());
      order.push_back(name());  // the rest of the loop stays behind it
      return (order.size() > 1 ? "order " + list(order) + "; " : "") +
             fmt::format("tail {0} {1}; vectorize {0}i {2}", name(), wide, lanes);
    }
    if (extent == lanes) {
      inner.push_back(name());
      order.insert(order.end(), inner.begin(), inner.end());
      return (order.size() > 1 ? "order " + list(order) + "; " : "") +
             fmt::format("vectorize {} {}", name(), lanes);
    }
    const auto at = choice_.outer == 0 ? static_cast<ptrdiff_t>(c_.outermost.size())
                                       : static_cast<ptrdiff_t>(order.size());
    if (wide < extent) order.insert(order.begin() + at, name() + "o");
    inner.push_back(name() + "i");
    order.insert(order.end(), inner.begin(), inner.end());
    return fmt::format("tile {0} {1}; order {2}; vectorize {0}i {3}", name(), wide, list(order),
                       lanes);
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

  bool in_tile(Expr r) const {
    return r == nest_.vector || r == nest_.rows || r == nest_.rows2 || r == nest_.vector_outer ||
           r == nest_.rows_outer;
  }

  /// Does every operand move with the loop? Then its turns have nothing in common.
  bool is_batch(Expr r) const {
    const std::vector<Expr> loads = loads_in(reduction_in(c_.value)[0]);
    return !in_tile(r) && loads.size() > 1 &&
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

  /// A part of a loop that a choice asks for: so many times halved, whole units; 0: none.
  static int64_t part_of(int64_t extent, int64_t halvings, int64_t unit) {
    if (halvings <= 0) return 0;
    const int64_t part = ((extent >> halvings) + unit - 1) / unit * unit;
    return part > 1 && part < extent ? part : 0;
  }

  /// The outermost loop that only the other operands move with, else the rows.
  Expr blocked_range() const {
    const std::vector<Expr> loads = loads_in(reduction_in(c_.value)[0]);
    for (Expr r : c_.ranges) {
      const bool shared = std::any_of(loads.begin(), loads.end(), [&](Expr l) {
        return occurs(r, l) && occurs(nest_.vector, l);
      });
      if (!in_tile(r) && !shared && !is_outermost(r)) return r;
    }
    return nest_.rows;
  }

  Block cache_block() const {
    const auto [along, others] = operand_bytes();
    const double room = static_cast<double>(draft_.target.l2_bytes) / 2;
    const Expr r = blocked_range();
    if (!r || choice_.block == 0 || nest_.staged) return {};
    const int64_t extent = r == nest_.rows ? all_rows() : extent_of(r),
                  unit = r == nest_.rows ? nest_.row_count : 1;
    if (const int64_t asked = part_of(extent, choice_.block, unit)) return {r, asked};
    if (along <= room || others <= room) return {};
    const bool exact = must_divide(draft_, c_);
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

  int64_t all_rows() const {
    return extent_of(nest_.rows) * (nest_.rows_outer ? extent_of(nest_.rows_outer) : 1);
  }

  /// What the vectors of a tile read.
  double panel_bytes() const {
    const double turns =
        std::accumulate(reduced_.begin(), reduced_.end(), 1.0,
                        [](double n, Expr r) { return n * static_cast<double>(extent_of(r)); });
    return turns * static_cast<double>(nest_.lanes * nest_.vectors * 4);
  }

  /// A block of the reduction whose weights stay in the second cache, or whose panel on the stack,
  /// while the rows pass by; 0: all. Weights that stream from there into the first one in one go are
  /// no slower (measured).
  int64_t sum_block(Expr k) const {
    const double bytes = panel_bytes();
    double most = static_cast<double>(draft_.target.l2_bytes) / 2;
    if (nest_.staged) most = std::min(most, static_cast<double>(kMostStaged));
    const int64_t extent = extent_of(k);
    if (!nest_.rows || c_.ordered || choice_.sum_block == 0) return 0;
    if (choice_.sum_block > 0) return part_of(extent, choice_.sum_block, 1);
    if (bytes <= most) return 0;
    auto size = static_cast<int64_t>(most / 2 / bytes * static_cast<double>(extent));
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
    Tile t;
    t.outer = outermost();
    for (Expr r : c_.ranges) {
      if (is_batch(r) && !is_outermost(r)) t.outer.push_back(r->attr.name);
    }
    join_loops(t);
    const std::vector<std::string> sums = reduction_order();
    const Expr last = *std::find_if(reduced_.begin(), reduced_.end(),
                                    [&](Expr k) { return k->attr.name == sums.back(); });
    const int64_t block = nest_.quad ? 0 : sum_block(last);
    if (nest_.staged)
      add_loops_of_panel(t);
    else
      add_outer_loops(t);
    add_rows2(t);
    if (block > 0 && rows_block(t.rows) < t.rows) t.block_rows(rows_block(t.rows));
    add_rows(t);
    if (is_split() && choice_.outer == 2 && !nest_.staged) t.outer.push_back(t.vectors + "o");
    const std::string lane = add_vector(t);
    t.put_first(draft_, c_, nest_);
    t.order_all();
    const bool blocked = block > 0 && !t.pass.empty();
    order_sum(t, sums, blocked ? block : 0);
    std::vector<std::string> unrolled;
    if (nest_.dot) unrolled = t.use_dot(nest_.dot, nest_.dot_terms);
    if (nest_.quad) t.split(nest_.quad->attr.name, nest_.quad_terms(draft_.target));
    if (nest_.madd && CostModel::is_written_out(last, nest_))
      unrolled.push_back(last->attr.name + (last->sources.empty() ? "" : "m"));
    if (is_peeled()) unrolled.push_back(t.peel_rows(nest_));
    t.moves.push_back("register " + list(t.inner));
    if (nest_.staged && (blocked || panel_bytes() <= kMostStaged)) stage_panel(t, sums, blocked);
    if (nest_.lanes == 1) {  // statements of their own: what a compiler keeps in registers
      unrolled.insert(unrolled.end(), t.inner.begin(), t.inner.end());
      t.moves.push_back("unroll " + list(unrolled));
      if (nest_.scale) t.moves.push_back("scale " + t.inner.back());
      if (nest_.madd) t.use_madd(draft_.target.dot);
      return fmt::format("{}", fmt::join(t.moves, "; "));
    }
    if (nest_.quad) t.use_quads(nest_.quad->attr.name + "i");
    t.moves.push_back(fmt::format("vectorize {} {}", lane, nest_.lanes));
    const bool quads =
        choice_.unrolled < 0 && has_texels(draft_, c_, sums.back(), blocked ? block : 0);
    if (choice_.unrolled == 3 || quads) t.unrolled.push_back(t.split(t.last_sum, 4));
    for (const std::string& k : unrolled_sums(t)) t.unrolled.push_back(k);
    if (!t.unrolled.empty()) t.moves.push_back("unroll " + list(t.unrolled));
    return fmt::format("{}", fmt::join(t.moves, "; "));
  }

  /// Two loops become the one that the rows, or the vectors, are cut from.
  void join_loops(Tile& t) const {
    t.vectors = name();
    if (nest_.vector_outer) {
      t.split(name(), nest_.lanes);
      t.vectors = t.join(nest_.vector_outer->attr.name, name() + "o");
    }
    if (!nest_.rows) return;
    t.row = nest_.rows->attr.name;
    t.rows = all_rows();
    if (nest_.rows_outer) t.row = t.join(nest_.rows_outer->attr.name, t.row);
  }

  /// Is there more than one tile of vectors?
  bool is_split() const {
    const int64_t extent = extent_of(nest_.vector),
                  outer = nest_.vector_outer ? extent_of(nest_.vector_outer) : 1;
    return nest_.lanes * nest_.vectors < extent * outer;
  }

  /// Loops that the panel moves with; within the last of them it is packed, for all turns of the rest.
  void add_loops_of_panel(Tile& t) const {
    if (is_split()) t.outer.push_back(t.vectors + "o");
    for (const bool moves : {true, false}) {
      for (Expr r : c_.ranges) {
        if (!in_tile(r) && !is_batch(r) && !is_outermost(r) && occurs(r, nest_.staged) == moves)
          t.outer.push_back(r->attr.name);
      }
      if (moves) t.panel = t.outer.back();
    }
  }

  /// Packs what the tile reads along the vector in the order in which it does.
  void stage_panel(Tile& t, const std::vector<std::string>& sums, bool blocked) const {
    std::vector<std::string> words{blocked ? sums.back() + "o" : t.panel};
    for (const std::string& k : sums) {
      const Expr r = *std::find_if(reduced_.begin(), reduced_.end(),
                                   [&](Expr e) { return e->attr.name == k; });
      if (occurs(r, nest_.staged)) words.push_back(blocked && k == sums.back() ? k + "i" : k);
    }
    words.insert(words.end(), t.inner.end() - (nest_.vectors > 1 ? 2 : 1), t.inner.end());
    t.moves.push_back("stage " + list(words));
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
    const bool larger = block.range || (along > others && others > 0);
    const int64_t place = choice_.outer != Choice::kTheirs ? choice_.outer : larger ? 0 : 1;
    if (is_split() && place == 0) t.outer.push_back(t.vectors + "o");
    for (Expr r : c_.ranges) {
      if (!in_tile(r) && !is_batch(r) && !is_outermost(r))
        t.outer.push_back(r->attr.name + (r->attr.name == blocked ? "i" : ""));
    }
    if (is_split() && place == 1) t.outer.push_back(t.vectors + "o");
  }

  void add_rows2(Tile& t) const {
    if (!nest_.rows2) return;
    const std::string& loop = nest_.rows2->attr.name;
    const std::string part = t.split(loop, nest_.row2_count);
    if (nest_.row2_count < extent_of(nest_.rows2)) t.outer.push_back(loop + "o");
    t.inner.push_back(part);
    t.unrolled.push_back(part);
  }

  void add_rows(Tile& t) const {
    if (!nest_.rows) return;
    if (is_peeled()) return t.outer.push_back(t.row);
    const std::string part = t.split(t.row, nest_.row_count);
    if (nest_.row_count < t.rows) t.outer.push_back(t.pass = t.row + "o");
    t.inner.push_back(part);
    if (nest_.row_count > 1) t.unrolled.push_back(part);
  }

  /// The name of the loop over lanes.
  std::string add_vector(Tile& t) const {
    std::string lane = name() + "i";
    if (nest_.vector_outer) {
      t.inner.push_back(t.split(t.vectors, nest_.vectors));
      t.unrolled.push_back(t.inner.back());
    } else {
      lane = t.split(name(), nest_.lanes * nest_.vectors);
      if (nest_.vectors > 1 && nest_.lanes > 1) {
        t.inner.push_back(lane + "o");
        t.unrolled.push_back(lane + "o");
        lane = t.split(lane, nest_.lanes);
      }
    }
    t.inner.push_back(lane);
    return lane;
  }

  /// The loops of the reduction, the last of them in blocks if it is to be.
  static void order_sum(Tile& t, std::vector<std::string> sums, int64_t block) {
    t.last_sum = sums.back() + (block == 0 ? "" : "i");
    if (block == 0) {
      if (sums.size() > 1) t.moves.push_back("order " + list(sums));
      return;
    }
    const std::string outer = sums.back() + "o";
    sums.back() = t.split(sums.back(), block);
    sums.insert(sums.begin(), outer);
    t.moves.insert(t.moves.end(), {"order " + list(sums), "split_sum " + outer + " " + t.pass});
  }

  bool is_peeled() const { return nest_.peeled_low + nest_.peeled_high > 0; }

  /// Loops of the reduction: windows outside, what is contiguous in memory inside.
  std::vector<std::string> reduction_order() const {
    std::vector<std::string> windows, others;
    for (Expr k : reduced_) (is_window(k) ? windows : others).push_back(k->attr.name);
    if (choice_.reduced == 2) std::swap(windows, others);
    windows.insert(windows.end(), others.begin(), others.end());
    if (const Expr k = nest_.dot ? nest_.dot : nest_.quad) {
      std::erase(windows, k->attr.name);
      windows.push_back(k->attr.name);
    }
    if (choice_.reduced != 1 || nest_.quad) return windows;
    for (size_t i = 0; i < windows.size(); ++i) windows[i] = reduced_[i]->attr.name;
    return windows;
  }

  /// The loop of a short window without channels: unrolled, neighbours share loads in registers.
  std::vector<std::string> unrolled_sums(const Tile& t) const {
    const int64_t tile = nest_.row_count * nest_.row2_count * nest_.vectors;
    const auto is_short = [](Expr k) { return extent_of(k) <= 7; };
    const Expr last = reduced_.back();
    if (choice_.unrolled == Choice::kTheirs) {
      const bool all = std::all_of(reduced_.begin(), reduced_.end(),
                                   [&](Expr k) { return is_window(k) && is_short(k); });
      if (all && extent_of(last) * tile <= 64) return {last->attr.name};
      return {};
    }
    std::vector<std::string> names;
    int64_t count = tile;
    for (Expr k : reduced_) {
      const bool asked =
          choice_.unrolled == 1 ? k->attr.name == t.last_sum : choice_.unrolled == 2 && is_short(k);
      if (!asked) continue;
      names.push_back(k->attr.name);
      count *= extent_of(k);
    }
    return count <= 128 ? names : std::vector<std::string>{};
  }

  const Draft& draft_;
  const Computation& c_;
  const Choice& choice_;
  const Nest& nest_;
  const std::vector<Expr> reduced_, choosing_;
};

}  // namespace

std::string choose_schedule(const Draft& draft, const Computation& c) {
  if (draft.target.has_groups()) return schedule(draft, c, nullptr).moves;
  return write_schedule(draft, c, {CostModel(draft, c).best()});
}

std::string write_schedule(const Draft& draft, const Computation& c, const Choice& choice) {
  return Chooser(draft, c, choice).run();
}

Scheduled schedule(const Draft& draft, const Computation& c, const std::string* moves) {
  Scheduled s;
  const Choice choice{nest_beside_groups(draft, c, CostModel(draft, c).best())};
  s.cost = choice.nest.cost;
  if (!moves) {
    if (std::optional<Scheduled> groups = scheduled_in_groups(draft, c)) {
      return {groups->body, groups->moves, s.cost};
    }
  }
  s.moves = moves ? *moves : write_schedule(draft, c, choice);
  try {
    s.body = apply_schedule(plain_nest(draft, c), s.moves);
  } catch (const IllegalMove& e) {
    if (moves) throw;
    TCC_CHECK(!draft.dims.empty(), fmt::format("the moves `{}` chosen for `{}` are illegal: {}",
                                               s.moves, c.origin.computes, e.what()));
    s = {plain_nest(draft, c), "", s.cost};  // loops that end early allow less
  }
  return s;
}

}  // namespace tinycc
