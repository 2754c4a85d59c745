// Schedules of work-groups; see group_moves.h.
#include "passes/group_moves.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "ir/affine.h"
#include "passes/group_tile.h"
#include "passes/index.h"
#include "passes/moves.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

constexpr int64_t kLeastWork = 1 << 16;  // products that are worth staging
constexpr int64_t kLeastTerms = 64;      // of a sum that items add up together
constexpr int64_t kMostMeeting = 256;    // items that do
constexpr int64_t kItemsOfUnit = 512;    // that hide each other's latency

class MovesWriter {
 public:
  MovesWriter(const Draft& draft, const Product& p, const GroupTile& t)
      : draft_(draft), p_(p), t_(t) {}

  std::string run() {
    for (Expr r : p_.batch) groups_.push_back(r->attr.name);
    add("order", groups_, names_of(p_.rows), names_of(p_.columns));
    const std::string row = flattened(p_.rows), column = flattened(p_.columns);
    cut(row, turns_of(p_.rows), t_.rows, t_.item_rows, rows_);
    if (t_.matrix != nullptr || t_.item_columns == kColumnVector)
      cut(column, turns_of(p_.columns), t_.columns, t_.item_columns, columns_);
    else
      cut_vectors(column);
    lanes_ = rows_.lanes;
    lanes_.insert(lanes_.end(), columns_.lanes.begin(), columns_.lanes.end());
    if (t_.matrix != nullptr)
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
    if (t_.item_rows > kColumnVector) {
      const std::string rows = rows_.items[0];
      moves_.push_back(fmt::format("tile {} {}", rows, kColumnVector));
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
    if (t_.item_rows >= kColumnVector) add("hold", {depth_}, rows_.items, {});
    moves_.push_back(fmt::format("vectorize {} {}", lane, kColumnVector));
    if (!unrolled_.empty()) add("unroll", unrolled_, {}, {});
  }

  /// A warp's tile of matrices; rows of panels start in different banks.
  void matrices() {
    Names tile, matrix;
    for (const auto& [side, extent, size] :
         {std::tuple(&rows_, t_.item_rows, t_.matrix->rows),
          std::tuple(&columns_, t_.item_columns, t_.matrix->columns)}) {
      const std::string loop = side->items[0];
      moves_.push_back(fmt::format("tile {} {}", loop, size));
      side->items = {loop + "i"};
      if (extent > size) side->items.insert(side->items.begin(), loop + "o");
      if (extent > size) tile.push_back(loop + "o");
      matrix.push_back(loop + "i");
    }
    unrolled_ = tile;
    tile.insert(tile.end(), matrix.begin(), matrix.end());
    add("order", groups_, lanes_, tile);
    cut_sum();
    moves_.push_back(fmt::format("tile {} {}", depth_, t_.unit));
    const std::string steps = t_.depth > t_.unit ? depth_ + "o" : "", inner = depth_ + "i";
    Names all = lanes_;
    if (!steps.empty()) all.push_back(steps);
    all.insert(all.end(), tile.begin(), tile.end());
    add("spread", lanes_, tile, {});
    add("order", all, {inner}, {});
    for (const bool rows : {true, false}) matrix_panel(rows, steps, inner);
    if (turns_ > 1 && t_.matrix->items > 1) moves_.push_back("ahead " + panel_at_);
    add("lane", lanes_, {}, {});
    if (!steps.empty() && t_.matrix->items > 1) unrolled_.push_back(steps);
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
    bool far = false;    // an item's vectors lie apart, other items' between them
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
    moves_.push_back(fmt::format("tile {}i {}", loop, lanes * kColumnVector));
    moves_.push_back(fmt::format("tile {}ii {}", loop, kColumnVector));
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
  /// after the other, 16 bytes further apart than they are long, so that they start in different banks.
  /// Else a matrix is its columns (rows).
  void matrix_panel(bool rows, const std::string& steps, const std::string& inner) {
    const Side& side = rows ? rows_ : columns_;
    const Expr operand = rows ? p_.a : p_.b;
    Names panel = side.all(), copied = panel,
          depth = steps.empty() ? Names{inner} : Names{steps, inner};
    const bool along = runs_along_sum(operand) || is_weight(operand);
    const int64_t pad = t_.row_pad() * 8 / bits_of(operand->dtype);
    const std::string apart = pad > 0 ? fmt::format("+{}", pad) : "";
    copied.insert(along ? copied.end() : copied.begin(), depth.begin(), depth.end());
    if (along || !t_.operand->turns) {
      panel.push_back(inner + apart);
    } else {
      panel.insert(panel.end() - 1, inner + (rows ? "" : "+1"));
      if (rows) panel.back() += apart;
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
    moves_.push_back(
        fmt::format("local {} {} by {}", panel_at_, fmt::join(panel, " "), fmt::join(copied, " ")));
  }

  const Draft& draft_;
  const Product& p_;
  const GroupTile& t_;
  Names moves_, groups_, lanes_, unrolled_;
  Side rows_, columns_;
  std::string depth_, panel_at_;
  int64_t turns_ = 1;  // of panels
};

/// Nothing where staging is not worth it.
std::optional<Product> large_product(const Draft& draft, const Computation& c) {
  const std::optional<Product> p = product_of(draft, c);
  if (p && turns_of(p->rows) * turns_of(p->columns) * turns_of(p->batch) * turns_of(p->sums) <
               kLeastWork)
    return {};
  return p;
}

std::string tile_moves(const Draft& draft, const Computation& c) {
  const std::optional<Product> p = large_product(draft, c);
  if (!p) return "";
  const GroupTile tile = best_tile(draft, c, *p);
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
  int64_t items = kMostMeeting;
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

namespace {

/// Nothing where that is not legal: sums that one of a loop's turns ends early, places that are data.
std::optional<Scheduled> scheduled_by(const Draft& draft, const Computation& c,
                                      const std::string& moves) {
  if (moves.empty()) return {};
  try {
    const StmtRef body = apply_schedule(plain_nest(draft, c), moves);
    if (shared_bytes(body) <= draft.target.shared_bytes) return Scheduled{body, moves, 0};
  } catch (const IllegalMove&) {
  }
  return {};
}

}  // namespace

std::optional<Scheduled> scheduled_in_groups(const Draft& draft, const Computation& c) {
  if (!draft.target.has_groups()) return {};
  if (std::optional<Scheduled> tiles = scheduled_by(draft, c, tile_moves(draft, c))) return tiles;
  return scheduled_by(draft, c, meeting_moves(draft, c));
}

std::vector<GroupProposal> group_proposals(const Draft& draft, const Computation& c, size_t most) {
  std::vector<GroupProposal> found;
  const std::optional<Product> p =
      draft.target.has_groups() ? large_product(draft, c) : std::nullopt;
  if (!p) return found;
  for (const GroupTile& t : group_tiles(draft, c, *p)) {
    if (found.size() == most) break;
    const std::string moves = t.depth < 4 ? "" : MovesWriter(draft, *p, t).run();
    if (!scheduled_by(draft, c, moves)) continue;
    found.push_back(
        {moves, {t.matrix != nullptr, t.rows, t.columns, t.item_rows, t.item_columns}, t.cycles});
  }
  return found;
}

Nest nest_beside_groups(const Draft& draft, const Computation& c, Nest best) {
  if (!draft.target.has_groups() || !reduction_in(c.value)) return best;
  if (turns_of(c.ranges) <= draft.target.units * kItemsOfUnit * kColumnVector) best.vector = {};
  best.row_count = best.row2_count = best.vectors = 1;
  best.rows = best.rows2 = best.rows_outer = {};
  return best;
}

}  // namespace tinycc
