// Tiles of work-groups; see group_tile.h.
#include "passes/group_tile.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>

#include "ir/affine.h"
#include "passes/index.h"

namespace tinycc {

bool has_open_ends(const Computation& c) {
  std::vector<Expr> all = c.ranges;
  for (Expr k : reduction_ranges(c.value)) all.push_back(k);
  return std::ranges::any_of(all, [](Expr r) { return !r->sources.empty(); });
}

namespace {

constexpr int64_t kVector = kColumnVector;
constexpr double kMemoryCycles = 700;   // until memory answers
constexpr double kBarrierCycles = 80;   // until all items have met
constexpr int64_t kPanelBytes = 16384;  // of both panels, at most: several groups share a unit
constexpr int64_t kLeastItems = 32, kMostItems = 256;
constexpr int64_t kMostSums = 64;       // that an item keeps, if it keeps them by itself
constexpr double kMaddsPerCycle = 128;  // of a unit
constexpr double kBytesPerCycle = 32;   // that a unit gets from the second-level cache
constexpr double kCopyCycles = 0.05;    // of a unit, for an element of a panel

int64_t up(int64_t a, int64_t b) { return (a + b - 1) / b; }

bool contains(const std::vector<Expr>& all, Expr e) {
  return std::find(all.begin(), all.end(), e) != all.end();
}

/// The largest divisor of n that is at most `most`.
int64_t divisor_within(int64_t n, int64_t most) {
  for (int64_t d = std::min(n, most); d > 1; --d) {
    if (n % d == 0) return d;
  }
  return 1;
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
      const bool in_a = occurs(r, p_.a), in_b = occurs(r, p_.b);
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
        return std::ranges::any_of(ranges, [&](Expr r) { return occurs(r, l); });
      };
      if (!moves_with(p_.sums) || !moves_with(c_.ranges)) continue;
      const std::vector<Expr> inner = topological(l->sources);
      const bool direct = std::ranges::none_of(inner, [](Expr n) { return n->is(Op::load); });
      if (!direct || !contains(nodes, l) || p_.b) return false;
      (p_.a ? p_.b : p_.a) = l;
    }
    if (!p_.b) return false;
    return std::ranges::all_of(p_.sums, [&](Expr k) { return occurs(k, p_.a) && occurs(k, p_.b); });
  }

  void swap_sides() {
    std::swap(p_.a, p_.b);
    std::swap(p_.rows, p_.columns);
  }

  /// Windows outside, what lies side by side in memory inside.
  void order_sums() {
    std::vector<Expr> ordered;
    for (const bool windows : {true, false}) {
      std::copy_if(p_.sums.begin(), p_.sums.end(), std::back_inserter(ordered),
                   [&](Expr k) { return is_window(k) == windows; });
    }
    p_.sums = ordered;
  }

  const Draft& draft_;
  const Computation& c_;
  Product p_;
};

/// The tiles that a product might be cut in.
class Tiles {
 public:
  Tiles(const Target& target, const Product& p)
      : target_(target),
        rows_(turns_of(p.rows)),
        columns_(turns_of(p.columns)),
        batch_(turns_of(p.batch)),
        element_(std::max({bits_of(p.a->dtype), bits_of(p.b->dtype), 8}) / 8),
        sum_(turns_of(p.sums)),
        last_(extent_of(p.sums.back())) {}

  std::vector<GroupTile> of_items() const {
    std::vector<GroupTile> all;
    for (const int64_t rows : {8, 16, 32, 64, 128}) {
      for (const int64_t columns : {8, 16, 32, 64, 128}) {
        for (const int64_t item_rows : {1, 2, 4, 8}) {
          for (const int64_t item_columns : {4, 8})
            add_tile({rows, columns, item_rows, item_columns}, all);
        }
      }
    }
    return all;
  }

  /// The same of tiles of matrices.
  std::vector<GroupTile> of_matrices(const MatrixForm* form,
                                     const MatrixForm::Operand* operand) const {
    std::vector<GroupTile> all;
    const int64_t most = form->items > 1 ? 4 : 16;  // side by side
    for (const int64_t rows : {1, 2, 4}) {
      for (const int64_t columns : {1, 2, 4, 8}) {
        for (int64_t warp_rows = 1; warp_rows <= most; warp_rows *= 2) {
          for (int64_t warp_columns = 1; warp_columns <= most; warp_columns *= 2) {
            const int64_t r = rows * form->rows, c = columns * form->columns;
            add_tile({r * warp_rows, c * warp_columns, r, c, form, operand, operand->depth}, all);
          }
        }
      }
    }
    return all;
  }

 private:
  void add_tile(GroupTile t, std::vector<GroupTile>& all) const {
    const int64_t items = t.items();
    if (t.rows > rows_ || t.columns > columns_ ||
        items < std::max(kLeastItems, t.matrix != nullptr ? 2 * t.matrix->items : 0) ||
        items > kMostItems)
      return;
    const bool alone = t.matrix != nullptr && t.matrix->items == 1;
    if (groups(t) < 2 || (alone && t.item_rows * t.item_columns > kMostSums)) return;
    if (last_ % t.unit != 0) return;
    const int64_t most = std::min<int64_t>(64, panel_bytes(t) / element_ / (t.rows + t.columns));
    t.depth = t.unit * divisor_within(last_ / t.unit, most / t.unit);
    t.cycles = t.matrix != nullptr ? cycles_of_matrices(t) : cycles(t);
    all.push_back(t);
  }

  /// Two of each lie in shared memory, padded: a matrix's rows by 16 bytes.
  int64_t panel_bytes(const GroupTile& t) const {
    const bool matrices = t.matrix != nullptr;
    const int64_t row = (matrices ? t.unit : 16) * element_,
                  pad = matrices ? t.row_pad() : element_;
    return std::min(kPanelBytes, target_.shared_bytes / 2 * row / (row + pad));
  }

  int64_t groups(const GroupTile& t) const {
    return up(rows_, t.rows) * up(columns_, t.columns) * batch_;
  }

  /// The slower of: all units busy; the turns of one group, one after the other, as often as groups
  /// take turns on a unit. Both of a turn of the sum.
  double slower(const GroupTile& t, double busy, double alone) const {
    const auto groups_there = static_cast<double>(groups(t)),
               units = static_cast<double>(target_.units);
    const double resident = std::min(16.0, 1024.0 / static_cast<double>(t.items()));
    const double most = std::ceil(groups_there / units),
                 waves = std::ceil(groups_there / (units * resident));
    return std::max(most * busy, waves * alone);
  }

  double cycles(const GroupTile& t) const {
    const double tile = static_cast<double>(t.item_rows * t.item_columns);
    const double vectors = static_cast<double>(t.item_columns) / 4;
    const auto rows =
        static_cast<double>(t.item_rows < kVector ? t.item_rows : t.item_rows / kVector);
    const double reads = rows + 2 * vectors, issued = tile + rows + vectors;
    const double warps = static_cast<double>(t.items()) / 32;
    const auto copied = static_cast<double>(t.rows + t.columns);
    const double busy = std::max({warps * issued * 32 / kMaddsPerCycle + copied * kCopyCycles,
                                  warps * reads, copied * 4 / kBytesPerCycle});
    const auto depth = static_cast<double>(t.depth);
    const double alone = std::max(issued * 1.2, kMemoryCycles / depth) + kBarrierCycles / depth;
    return static_cast<double>(sum_) * slower(t, busy, alone);
  }

  /// The same; a warp waits some thirty cycles for the result.
  double cycles_of_matrices(const GroupTile& t) const {
    const double rows = static_cast<double>(t.item_rows) / 16,
                 columns = static_cast<double>(t.item_columns) / 8;
    const auto warps = static_cast<double>(t.items() / std::min<int64_t>(t.matrix->items, 32));
    const auto copied = static_cast<double>(t.rows + t.columns);
    const auto element = static_cast<double>(element_);
    const double multiplied = rows * columns * t.operand->cycles,
                 read = (rows * 2 + columns) * element;
    const double busy =
        std::max({warps * multiplied, warps * read, copied * 16 * element / kBytesPerCycle}) +
        copied * element * kCopyCycles;
    const double depth = static_cast<double>(t.depth) / 16;
    const double alone = std::max(std::max(2 * multiplied, 33.0) + read, kMemoryCycles / depth) +
                         kBarrierCycles / depth;
    return static_cast<double>(sum_) / 16 * slower(t, busy, alone);
  }

  const Target& target_;
  const int64_t rows_, columns_, batch_, element_, sum_, last_;
};

}  // namespace

std::optional<Product> product_of(const Draft& draft, const Computation& c) {
  return Analysis(draft, c).run();
}

namespace {

/// Σ a * b, as floats or integers: what a warp multiplies at once.
bool is_matrix_product(const Product& p, const Computation& c) {
  const Expr e = reduction_in(c.value)[0];
  const DType t = is_float(p.a->dtype) ? DType::f32 : DType::i32;
  if (!e->is(Op::mul) || e->dtype != t || p.a->dtype != p.b->dtype) return false;
  const auto is = [](Expr side, Expr operand) {
    return side == operand || (side->is(Op::cast) && side[0] == operand);
  };
  return (is(e[0], p.a) && is(e[1], p.b)) || (is(e[0], p.b) && is(e[1], p.a));
}

std::vector<GroupTile> tiles_of_matrices(const Target& target, const Product& p,
                                         const Computation& c) {
  if (!target.has_matrices() || !is_matrix_product(p, c)) return {};
  const MatrixForm* form = matrix_form(target.matrix);
  const MatrixForm::Operand* operand = form->operand(p.a->dtype);
  if (operand == nullptr || (operand->rounds && !target.tf32)) return {};
  return Tiles(target, p).of_matrices(form, operand);
}

GroupTile fastest(const std::vector<GroupTile>& all) {
  const auto found = std::ranges::min_element(all, {}, &GroupTile::cycles);
  return found == all.end() ? GroupTile{} : *found;
}

}  // namespace

GroupTile best_tile(const Draft& draft, const Computation& c, const Product& p) {
  const GroupTile tile = fastest(Tiles(draft.target, p).of_items()),
                  matrices = fastest(tiles_of_matrices(draft.target, p, c));
  // (halves that are no matrices are widened one by one)
  const bool wins = matrices.rows > 0 && (tile.rows == 0 || matrices.cycles < 1.2 * tile.cycles);
  return wins ? matrices : tile;
}

std::vector<GroupTile> group_tiles(const Draft& draft, const Computation& c, const Product& p) {
  std::vector<GroupTile> all = Tiles(draft.target, p).of_items();
  for (const GroupTile& t : tiles_of_matrices(draft.target, p, c)) all.push_back(t);
  std::ranges::sort(all, {}, [](const GroupTile& t) {
    return std::tuple(t.cycles, t.rows, t.columns, t.item_rows, t.item_columns);
  });
  return all;
}

}  // namespace tinycc
