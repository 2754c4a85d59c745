// Tiles of work-groups; see group_tile.h.
#include "passes/group_tile.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "ir/affine.h"
#include "passes/index.h"

namespace tinycc {
namespace {

constexpr int64_t kVector = 4;             // columns that an item computes at once
constexpr double kMemoryCycles = 700;      // until memory answers
constexpr double kBarrierCycles = 80;      // until all items have met
constexpr int64_t kPanelBytes = 16384;     // of both panels: several groups share a unit
constexpr int64_t kLeastItems = 32, kMostItems = 256;
constexpr double kMaddsPerCycle = 128;     // of a unit
constexpr double kBytesPerCycle = 32;      // that a unit gets from the second-level cache
constexpr double kCopyCycles = 0.05;       // of a unit, for an element of a panel
constexpr int64_t kLeastTerms = 64;        // of a sum that items add up together
constexpr int64_t kItemsOfUnit = 512;      // that hide each other's latency
constexpr int64_t kLeastWork = 1 << 16;    // products that are worth staging

int64_t up(int64_t a, int64_t b) { return (a + b - 1) / b; }

bool contains(const std::vector<Expr>& all, Expr e) {
  return std::find(all.begin(), all.end(), e) != all.end();
}

bool moves(Expr e, Expr range) { return contains(topological({e}), range); }

int64_t turns_of(const std::vector<Expr>& ranges) {
  int64_t turns = 1;
  for (Expr r : ranges) turns *= extent_of(r);
  return turns;
}

/// The largest divisor of n that is at most `most`.
int64_t divisor_within(int64_t n, int64_t most) {
  for (int64_t d = std::min(n, most); d > 1; --d) {
    if (n % d == 0) return d;
  }
  return 1;
}

/// What a computation is made of: result = f(Σ g(A[rows, batch, sums], B[columns, batch, sums])).
struct Product {
  Expr a, b;  // loads
  std::vector<Expr> rows, columns, batch, sums;
};

bool has_open_ends(const Computation& c) {
  std::vector<Expr> all = c.ranges;
  for (Expr k : reduction_ranges(c.value)) all.push_back(k);
  return std::ranges::any_of(all, [](Expr r) { return !r->sources.empty(); });
}

class Analysis {
 public:
  Analysis(const Draft& draft, const Computation& c) : draft_(draft), c_(c) {}

  /// Nothing where it is no such sum.
  std::optional<Product> run() {
    const Expr reduce = reduction_in(c_.value);
    if (!reduce || !reduce->is(Op::reduce_add) || c_.ordered || !c_.outermost.empty()) return {};
    if (!choosing_ranges(c_).empty() || has_open_ends(c_)) return {};
    p_.sums = reduction_ranges(c_.value);
    if (!find_operands(reduce)) return {};
    for (Expr r : ranges_in_memory_order(draft_, c_)) {
      const bool in_a = moves(p_.a, r), in_b = moves(p_.b, r);
      if (!in_a && !in_b) return {};
      (in_a && in_b ? p_.batch : in_a ? p_.rows : p_.columns).push_back(r);
    }
    if (p_.rows.empty() || p_.columns.empty()) return {};
    if (!contains(p_.columns, ranges_in_memory_order(draft_, c_).back())) swap_sides();
    order_sums();
    return p_;
  }

 private:
  /// The two loads that move with the sum and the result; others, which do not move with both, are
  /// read where they are needed.
  bool find_operands(Expr reduce) {
    const std::vector<Expr> nodes = [&] {
      const auto certain = certain_nodes({reduce[0]});
      return std::vector<Expr>(certain.begin(), certain.end());
    }();
    for (Expr l : loads_in(reduce[0])) {
      const auto moves_with = [&](const std::vector<Expr>& ranges) {
        return std::ranges::any_of(ranges, [&](Expr r) { return moves(l, r); });
      };
      if (!moves_with(p_.sums) || !moves_with(c_.ranges)) continue;
      const std::vector<Expr> inner = topological(l->sources);
      const bool direct = std::ranges::none_of(inner, [](Expr n) { return n->is(Op::load); });
      if (!direct || !contains(nodes, l) || p_.b) return false;
      (p_.a ? p_.b : p_.a) = l;
    }
    if (!p_.b) return false;
    return std::ranges::all_of(p_.sums, [&](Expr k) { return moves(p_.a, k) && moves(p_.b, k); });
  }

  void swap_sides() {
    std::swap(p_.a, p_.b);
    std::swap(p_.rows, p_.columns);
  }

  /// Windows outside, what lies side by side in memory inside.
  void order_sums() {
    std::stable_partition(p_.sums.begin(), p_.sums.end(), is_window);
  }

  const Draft& draft_;
  const Computation& c_;
  Product p_;
};

/// The tiles that a product might be cut in, and the fastest of them.
class Tiles {
 public:
  Tiles(const Target& target, const Product& p)
      : target_(target),
        rows_(turns_of(p.rows)),
        columns_(turns_of(p.columns)),
        batch_(turns_of(p.batch)),
        element_(bits_of(p.a->dtype) / 8),
        sum_(turns_of(p.sums)),
        last_(extent_of(p.sums.back())) {}

  GroupTile best() const {
    GroupTile best;
    for (const int64_t rows : {8, 16, 32, 64, 128}) {
      for (const int64_t columns : {8, 16, 32, 64, 128}) {
        for (const int64_t item_rows : {1, 2, 4, 8}) {
          for (const int64_t item_columns : {4, 8}) try_tile({rows, columns, item_rows, item_columns}, best);
        }
      }
    }
    return best;
  }

  /// The same of tiles of matrices.
  GroupTile best_of_matrices() const {
    GroupTile best;
    for (const int64_t rows : {1, 2, 4}) {
      for (const int64_t columns : {1, 2, 4, 8}) {
        for (const int64_t warp_rows : {1, 2, 4}) {
          for (const int64_t warp_columns : {1, 2, 4}) {
            const int64_t r = rows * 16, c = columns * 8;
            try_tile({r * warp_rows, c * warp_columns, r, c, true}, best);
          }
        }
      }
    }
    return best;
  }

 private:
  void try_tile(GroupTile t, GroupTile& best) const {
    const int64_t items = t.items();
    if (t.rows > rows_ || t.columns > columns_ || items < (t.matrix ? 2 : 1) * kLeastItems || items > kMostItems)
      return;
    if (groups(t) < 2) return;
    const int64_t unit = t.matrix ? 16 : 1;
    if (last_ % unit != 0) return;
    const int64_t most = std::min<int64_t>(64, kPanelBytes / element_ / (t.rows + t.columns));
    t.depth = unit * divisor_within(last_ / unit, most / unit);
    t.cycles = t.matrix ? cycles_of_matrices(t) : cycles(t);
    if (best.rows == 0 || t.cycles < best.cycles) best = t;
  }

  int64_t groups(const GroupTile& t) const {
    return up(rows_, t.rows) * up(columns_, t.columns) * batch_;
  }

  /// The slower of: all units busy; the turns of one group, one after the other, as often as groups
  /// take turns on a unit.
  double cycles(const GroupTile& t) const {
    const auto groups_there = static_cast<double>(groups(t)), units = static_cast<double>(target_.units);
    const double tile = static_cast<double>(t.item_rows * t.item_columns);
    const double vectors = static_cast<double>(t.item_columns) / 4;
    const auto rows = static_cast<double>(t.item_rows < kVector ? t.item_rows : t.item_rows / kVector);
    const double reads = rows + 2 * vectors, issued = tile + rows + vectors;
    const double warps = static_cast<double>(t.items()) / 32;
    const auto copied = static_cast<double>(t.rows + t.columns);
    const double busy = std::max({warps * issued * 32 / kMaddsPerCycle + copied * kCopyCycles,
                                  warps * reads, copied * 4 / kBytesPerCycle});
    const double resident = std::min(16.0, 1024.0 / static_cast<double>(t.items()));
    const auto depth = static_cast<double>(t.depth);
    const double alone = std::max(issued * 1.2, kMemoryCycles / depth) + kBarrierCycles / depth;
    const double most = std::ceil(groups_there / units), waves = std::ceil(groups_there / (units * resident));
    return static_cast<double>(sum_) * std::max(most * busy, waves * alone);
  }

  /// The same; a unit multiplies 16×16 by 16×8 in two cycles, a warp waits some thirty for the result.
  double cycles_of_matrices(const GroupTile& t) const {
    const auto groups_there = static_cast<double>(groups(t)), units = static_cast<double>(target_.units);
    const double rows = static_cast<double>(t.item_rows) / 16, columns = static_cast<double>(t.item_columns) / 8;
    const double warps = static_cast<double>(t.items()) / 32;
    const auto copied = static_cast<double>(t.rows + t.columns);
    const double busy = std::max({warps * rows * columns * 2, warps * (rows * 4 + columns * 2),
                                  copied * 32 / kBytesPerCycle}) + copied * 2 * kCopyCycles;
    const double resident = std::min(16.0, 1024.0 / static_cast<double>(t.items()));
    const double depth = static_cast<double>(t.depth) / 16;
    const double alone = std::max(std::max(rows * columns * 4, 33.0) + rows * 4 + columns * 2,
                                  kMemoryCycles / depth) +
                         kBarrierCycles / depth;
    const double most = std::ceil(groups_there / units), waves = std::ceil(groups_there / (units * resident));
    return static_cast<double>(sum_) / 16 * std::max(most * busy, waves * alone);
  }

  const Target& target_;
  const int64_t rows_, columns_, batch_, element_, sum_, last_;
};

class MovesWriter {
 public:
  MovesWriter(const Draft& draft, const Product& p, const GroupTile& t)
      : draft_(draft), p_(p), t_(t) {}

  std::string run() {
    for (Expr r : p_.batch) groups_.push_back(r->attr.name);
    add("order", groups_, names_of(p_.rows), names_of(p_.columns));
    const std::string row = flattened(p_.rows), column = flattened(p_.columns);
    cut(row, turns_of(p_.rows), t_.rows, t_.item_rows, rows_);
    if (t_.matrix || t_.item_columns == kVector)
      cut(column, turns_of(p_.columns), t_.columns, t_.item_columns, columns_);
    else
      cut_vectors(column);
    lanes_ = rows_.lanes;
    lanes_.insert(lanes_.end(), columns_.lanes.begin(), columns_.lanes.end());
    if (t_.matrix)
      matrices();
    else
      vectors();
    add("group", groups_, {}, {});
    return fmt::format("{}", fmt::join(moves_, "; "));
  }

 private:
  using Names = std::vector<std::string>;

  void add(const char* move, const Names& a, const Names& b, const Names& c) {
    std::string text = move;
    for (const Names* names : {&a, &b, &c}) {
      for (const std::string& n : *names) text += " " + n;
    }
    if (a.size() + b.size() + c.size() > 1 || std::string_view(move) != "order")
      moves_.push_back(text);
  }

  static Names names_of(const std::vector<Expr>& ranges) {
    Names names;
    for (Expr r : ranges) names.push_back(r->attr.name);
    return names;
  }

  /// An item's own tile in registers: columns by vectors.
  void vectors() {
    if (t_.item_rows > kVector) {
      const std::string rows = rows_.items[0];
      moves_.push_back(fmt::format("tile {} {}", rows, kVector));
      rows_.items = {rows + "o", rows + "i"};
    }
    Names tile = unrolled_ = rows_.items;
    const std::string lane = columns_.items.back();
    if (columns_.items.size() > 1) unrolled_.push_back(columns_.items[0]);
    tile.insert(tile.end(), columns_.items.begin(), columns_.items.end());
    add("order", groups_, lanes_, tile);
    cut_sum();
    add("spread", lanes_, tile, {});
    add("order", lanes_, {depth_}, tile);
    for (const auto& [side, operand] : {std::pair(&rows_, p_.a), std::pair(&columns_, p_.b)}) {
      Names panel = side->all();
      const bool turned = runs_along_sum(operand);
      if (turned) panel[0] += "+1";  // another bank for each turn of the sum
      panel.insert(panel.begin(), depth_);
      Names copied = side->all();
      copied.insert(turned ? copied.end() : copied.begin(), depth_);
      local(panel, copied);
    }
    if (turns_ > 1) moves_.push_back("ahead " + panel_at_);
    add("lane", lanes_, {}, {});
    if (t_.item_rows >= kVector) add("hold", {depth_}, rows_.items, {});
    moves_.push_back(fmt::format("vectorize {} {}", lane, kVector));
    if (!unrolled_.empty()) add("unroll", unrolled_, {}, {});
  }

  /// A warp's tile of matrices; rows of panels start in different banks.
  void matrices() {
    Names tile, matrix;
    for (auto& [side, size] : {std::pair(&rows_, 16), std::pair(&columns_, 8)}) {
      const std::string loop = side->items[0];
      moves_.push_back(fmt::format("tile {} {}", loop, size));
      side->items = {loop + "i"};
      const int64_t extent = size == 16 ? t_.item_rows : t_.item_columns;
      if (extent > size) side->items.insert(side->items.begin(), loop + "o");
      if (extent > size) tile.push_back(loop + "o");
      matrix.push_back(loop + "i");
    }
    unrolled_ = tile;
    tile.insert(tile.end(), matrix.begin(), matrix.end());
    add("order", groups_, lanes_, tile);
    cut_sum();
    moves_.push_back(fmt::format("tile {} 16", depth_));
    const std::string steps = t_.depth > 16 ? depth_ + "o" : "", inner = depth_ + "i";
    Names all = lanes_;
    if (!steps.empty()) all.push_back(steps);
    all.insert(all.end(), tile.begin(), tile.end());
    add("spread", lanes_, tile, {});
    add("order", all, {inner}, {});
    for (const bool rows : {true, false}) matrix_panel(rows, steps, inner);
    if (turns_ > 1) moves_.push_back("ahead " + panel_at_);
    add("lane", lanes_, {}, {});
    if (!steps.empty()) unrolled_.push_back(steps);
    if (!unrolled_.empty()) add("unroll", unrolled_, {}, {});
    add("matrix", matrix, {inner}, {});
  }

  /// Several loops as one; its name.
  std::string flattened(const std::vector<Expr>& ranges) {
    std::string name = ranges[0]->attr.name;
    for (size_t i = 1; i < ranges.size(); ++i) {
      moves_.push_back(fmt::format("flatten {} {}", name, ranges[i]->attr.name));
      name += ranges[i]->attr.name;
    }
    return name;
  }

  /// The loops that rows, or columns, are cut into within a group.
  struct Side {
    Names lanes, items;
    bool far = false;  // an item's vectors lie apart, other items' between them
    Names all() const {  // in the order of the loop that they were cut from
      Names both = lanes;
      if (items.empty()) return both;
      both.insert(far ? both.begin() : both.end(), items.begin(), items.end() - 1);
      both.push_back(items.back());
      return both;
    }
  };

  /// A loop as groups, lanes and an item's own part.
  void cut(const std::string& loop, int64_t extent, int64_t group, int64_t item, Side& side) {
    moves_.push_back(fmt::format("tile {} {}", loop, group));
    if (group < extent) groups_.push_back(loop + "o");
    if (item == 1) {
      side.lanes = {loop + "i"};
      return;
    }
    moves_.push_back(fmt::format("tile {}i {}", loop, item));
    if (item < group) side.lanes = {loop + "io"};
    side.items = {loop + "ii"};
  }

  /// An item's vectors lie as far apart as the lanes of all items are long: neighbours read what lies
  /// side by side, in different banks.
  void cut_vectors(const std::string& loop) {
    const int64_t lanes = t_.columns / t_.item_columns;
    moves_.push_back(fmt::format("tile {} {}", loop, t_.columns));
    if (t_.columns < turns_of(p_.columns)) groups_.push_back(loop + "o");
    moves_.push_back(fmt::format("tile {}i {}", loop, lanes * kVector));
    moves_.push_back(fmt::format("tile {}ii {}", loop, kVector));
    columns_.lanes = {loop + "iio"};
    columns_.items = {loop + "io", loop + "iii"};
    columns_.far = true;
  }

  void cut_sum() {
    const std::string last = p_.sums.back()->attr.name;
    moves_.push_back(fmt::format("tile {} {}", last, t_.depth));
    depth_ = last + "i";
    Names order = names_of(p_.sums);
    order.pop_back();
    if (t_.depth < extent_of(p_.sums.back())) order.push_back(last + "o");
    Names outer = order;
    order.push_back(depth_);
    add("order", order, {}, {});
    panel_at_ = outer.empty() ? groups_.back() : outer[0];
    for (size_t i = 1; i < outer.size(); ++i) {
      moves_.push_back(fmt::format("flatten {} {}", panel_at_, outer[i]));
      panel_at_ += outer[i];
    }
    turns_ = outer.empty() ? 1 : turns_of(p_.sums) / t_.depth;
  }

  /// Side by side in memory along the sum, or weights, which lie as they are copied: rows (columns) one
  /// after the other, 8 halves further apart than they are long, so that they start in different banks.
  /// Else a matrix is its columns (rows).
  void matrix_panel(bool rows, const std::string& steps, const std::string& inner) {
    const Side& side = rows ? rows_ : columns_;
    const Expr operand = rows ? p_.a : p_.b;
    Names panel = side.all(), copied = panel, depth = steps.empty() ? Names{inner} : Names{steps, inner};
    const bool along = runs_along_sum(operand) || is_weight(operand);
    if (along) {
      copied.insert(copied.end(), depth.begin(), depth.end());
      panel.push_back(inner + "+8");
    } else {
      copied.insert(copied.begin(), depth.begin(), depth.end());
      panel.insert(panel.end() - 1, inner + (rows ? "" : "+1"));
      if (rows) panel.back() += "+8";
    }
    if (!steps.empty()) panel.insert(panel.begin(), steps);
    if (is_weight(operand)) {
      copied = side.all();
      if (!steps.empty()) copied.insert(copied.begin(), steps);
      copied.push_back(inner);
    }
    local(panel, copied);
  }

  /// Does the operand lie in memory so that neighbours along the sum are neighbours there? Weights lie as
  /// they are copied.
  bool runs_along_sum(Expr operand) const {
    if (is_weight(operand)) return false;
    const Buffer& b = draft_.buffers.at(operand->attr.ints[0]);
    const Axis& last = b.layout.axes.back();
    const Expr index = operand->sources[static_cast<size_t>(last.dim)];
    return affine(index).coefficient(p_.sums.back()) == 1;
  }
  bool is_weight(Expr operand) const {
    return draft_.buffers.at(operand->attr.ints[0]).space == Space::weight;
  }

  void local(const Names& panel, const Names& copied) {
    moves_.push_back(fmt::format("local {} {} by {}", panel_at_, fmt::join(panel, " "),
                                 fmt::join(copied, " ")));
  }

  const Draft& draft_;
  const Product& p_;
  const GroupTile& t_;
  Names moves_, groups_, lanes_, unrolled_;
  Side rows_, columns_;
  std::string depth_, panel_at_;
  int64_t turns_ = 1;  // of panels
};

}  // namespace

namespace {

/// Σ float(a) * float(b) of halves: what a warp multiplies at once.
bool is_matrix_product(const Product& p, const Computation& c) {
  const Expr e = reduction_in(c.value)[0];
  if (!e->is(Op::mul) || e->dtype != DType::f32) return false;
  const auto is_half = [](Expr side, Expr operand) {
    return side->is(Op::cast) && side[0] == operand && operand->dtype == DType::f16;
  };
  return (is_half(e[0], p.a) && is_half(e[1], p.b)) || (is_half(e[0], p.b) && is_half(e[1], p.a));
}

std::string tile_moves(const Draft& draft, const Computation& c) {
  const std::optional<Product> p = Analysis(draft, c).run();
  if (!p) return "";
  if (turns_of(p->rows) * turns_of(p->columns) * turns_of(p->batch) * turns_of(p->sums) < kLeastWork)
    return "";
  const Tiles tiles(draft.target, *p);
  GroupTile tile = tiles.best();
  if (draft.target.matrix && is_matrix_product(*p, c)) {
    const GroupTile matrices = tiles.best_of_matrices();
    // (halves that are no matrices are widened one by one)
    if (matrices.rows > 0 && (tile.rows == 0 || matrices.cycles < 1.2 * tile.cycles)) tile = matrices;
  }
  if (tile.rows == 0 || tile.depth < 4) return "";
  return MovesWriter(draft, *p, tile).run();
}

/// Long reductions for few results: a group each.
std::string meeting_moves(const Draft& draft, const Computation& c) {
  const Expr reduce = reduction_in(c.value);
  if (!reduce || c.ordered || !c.outermost.empty() || c.ranges.empty()) return "";
  if (!choosing_ranges(c).empty() || has_open_ends(c)) return "";
  const std::vector<Expr> sums = reduction_ranges(c.value);
  const int64_t terms = turns_of(sums), results = turns_of(c.ranges);
  if (terms < kLeastTerms || results > draft.target.units * kItemsOfUnit) return "";
  int64_t items = kMostItems;
  while (items > terms / 2) items /= 2;
  std::string moves, sum = sums[0]->attr.name, groups;
  for (size_t i = 1; i < sums.size(); ++i) {
    moves += fmt::format("flatten {} {}; ", sum, sums[i]->attr.name);
    sum += sums[i]->attr.name;
  }
  for (Expr r : c.ranges) groups += " " + r->attr.name;
  return fmt::format("{}meet {} {}; group{}", moves, sum, items, groups);
}

}  // namespace

std::vector<std::string> group_moves(const Draft& draft, const Computation& c) {
  std::vector<std::string> all;
  if (!draft.target.has_groups()) return all;
  for (const std::string& moves : {tile_moves(draft, c), meeting_moves(draft, c)}) {
    if (!moves.empty()) all.push_back(moves);
  }
  return all;
}

bool fills_device(const Draft& draft, const Computation& c) {
  return turns_of(c.ranges) > draft.target.units * kItemsOfUnit * kVector;
}

}  // namespace tinycc
