// The estimate of what a computation costs; see cost.h.
#include "passes/cost.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "ir/idiom.h"
#include "ir/simplify.h"
#include "passes/clip.h"
#include "passes/index.h"

namespace tinycc {
namespace {

constexpr double kGather = 4;       // an element of a vector that is filled one by one
constexpr double kScatter = 4;      // an element that is stored alone out of a vector
constexpr double kStore = 2;        // a whole vector
constexpr double kUnaligned = 1.6;  // vectors that overlap: a window along the vector
constexpr double kPacked = 0.95;    // aligned, and streaming
constexpr double kWidened = 2;      // of a byte to a float
constexpr double kLatency = 8;      // multiply-adds under way that hide the latency of one
constexpr double kTurn = 0.6;       // of a loop
constexpr double kHorizontal = 16;  // sum of the lanes of a vector
constexpr double kLine = 64;        // bytes that come from memory together
constexpr double kL2BytesPerUnit = 64;
constexpr double kCrowded = 0.3;    // loads and multiply-adds hinder each other
constexpr double kOfL1 = 0.75;      // what may stay in the first cache while other data passes
constexpr double kScalar = 0.75;    // compilers find some vectors by themselves
constexpr double kOneVector = 1.5;  // rows of a single vector, spread operands in few registers
constexpr double kFarLine = 4;      // a line from L2 that no prefetcher expects
constexpr double kIndex = 25;       // of a row, or a vector, in two loops that run as one
constexpr double kPage = 4096;      // lines this far apart share a set of the first cache
constexpr double kNever = 1e30;
constexpr int64_t kWholes = 13;  // integers that scalar cores of 16 registers keep in them

double extents(const std::vector<Expr>& ranges) {
  double n = 1;
  for (Expr r : ranges) n *= static_cast<double>(extent_of(r));
  return n;
}

/// Turns of a loop, of which a tile makes `size`.
struct Turns {
  int64_t all = 1, size = 1;
  double tiles() const { return static_cast<double>((all + size - 1) / size); }
  bool exact() const { return all % size == 0; }
};

Turns turns_of_vectors(const Nest& n) {
  const int64_t extent = extent_of(n.vector);
  if (!n.vector_outer) return {extent, n.lanes * n.vectors};
  return {extent / n.lanes * extent_of(n.vector_outer), n.vectors};
}

Turns turns_of_rows(const Nest& n) {
  if (!n.rows) return {};
  return {extent_of(n.rows) * (n.rows_outer ? extent_of(n.rows_outer) : 1), n.row_count};
}

/// Bytes between neighbours along a dimension.
int64_t stride_of(const Buffer& b, int64_t dim) {
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  int64_t stride = bytes_of(b.dtype);
  for (size_t i = extents.size(); i-- > 0 && b.layout.axes[i].dim != dim;) stride *= extents[i];
  return stride;
}

/// Operations on a vector; what is fused with another one counts nothing, nor what is done once a load.
double operations(Expr e) {
  double n = 0;
  for (Expr x : outside_indices(e)) {
    switch (x->op) {
      case Op::exp:
      case Op::log:
      case Op::sin: n += 24; break;
      case Op::div:
      case Op::sqrt: n += 8; break;
      default: n += is_elementwise(x->op) && !widened_byte(x) ? 1 : 0;
    }
  }
  return n;
}

}  // namespace

CostModel::CostModel(const Draft& draft, const Computation& c)
    : draft_(draft), c_(c), reduced_(reduction_ranges(c.value)), ranges_(c.ranges) {
  ranges_.insert(ranges_.end(), reduced_.begin(), reduced_.end());
  parts_ = extents(choosing_ranges(c));
  outputs_ = extents(c.ranges) / parts_;
  turns_ = extents(reduced_);
  exact_ = must_divide(draft, c);
  widest_ = widest_lanes(draft, c);
  const Expr sum = reduction_in(c.value);
  const bool adds = sum && sum->is(Op::reduce_add);
  if (draft.target.sums_quads() && adds) {
    sums_quads_ = quad_product(sum[0], draft.target.dot).has_value();
  }
  if (draft.target.sums_wide() && adds && byte_product(sum[0])) {
    sums_wide_ = true;
    widest_ = 2 * draft.target.lanes();
  }
  if (draft.target.is_scalar() && adds) {
    const auto product = byte_product(sum[0]);
    sums_bytes_ =
        product && (product->zero == 0 || product->zero == dot_offset(draft.target.dot, *product));
    sums_shifted_bytes_ = product.has_value();
  }
  add_access(c.target, c.index, {}, false);
  const Expr reduce = reduction_in(c.value);
  std::vector<Expr> inner;
  if (reduce) inner = loads_in(reduce[0]);
  for (Expr l : loads_in(c.value)) {
    const bool in_reduction = std::find(inner.begin(), inner.end(), l) != inner.end();
    add_access(l->attr.ints[0], l->sources, l, in_reduction);
  }
  for (Expr x : outside_indices(c.value)) {
    for (Access& a : accesses_) a.widened |= a.load && widened_byte(x) == a.load;
  }
  const std::set<Expr, ById> certain = certain_nodes({reduce ? reduce[0] : c.value});
  for (Access& a : accesses_) {
    const bool fixed = a.load && std::none_of(a.load->sources.begin(), a.load->sources.end(),
                                              [](Expr i) { return !loads_in(i).empty(); });
    a.stageable = fixed && a.in_reduction && !a.packable && a.buffer != c.target &&
                  certain.count(a.load) != 0;
  }
  if (reduce) inner_operations_ = std::max(1.0, operations(reduce[0]));
  outer_operations_ = operations(c.value) - (reduce ? operations(reduce[0]) : 0);
  for (Expr r : ranges_) {
    const bool selected = guards(reduce ? reduce[0] : c.value, r), clipped = clips_along(c, r),
               fixed = selected || is_outermost(guarded_.size());
    guarded_.push_back(fixed || clipped);
    selected_.push_back(selected && !clipped);
    peels_.push_back(sums_shifted_bytes_ && clipped && !fixed ? clipped_ends(c, r) : std::nullopt);
  }
}

void CostModel::add_access(int64_t buffer, const std::vector<Expr>& index, Expr load,
                           bool in_reduction) {
  Access a{buffer, !load, in_reduction, load && is_packable(draft_, load), false, false, {}, load};
  a.places.resize(ranges_.size());
  for (size_t d = 0; d < index.size(); ++d) {
    const Affine sum = affine(index[d]);
    for (const auto& [term, factor] : sum.terms) {
      const std::vector<Expr> inside =
          term->is(Op::range) ? std::vector<Expr>{term} : topological({term});
      for (size_t r = 0; r < ranges_.size(); ++r) {
        if (std::find(inside.begin(), inside.end(), ranges_[r]) == inside.end()) continue;
        Place& p = a.places[r];
        const bool first = p.dim == -1 && term->is(Op::range);
        p = {first ? static_cast<int64_t>(d) : -2, factor, sum.terms.size() > 1};
      }
    }
  }
  accesses_.push_back(std::move(a));
}

size_t CostModel::slot(Expr range) const {
  return static_cast<size_t>(std::find(ranges_.begin(), ranges_.end(), range) - ranges_.begin());
}

/// Do neighbours along the range lie side by side in memory? The innermost axis that holds more than
/// one element must be its dimension, unblocked.
bool CostModel::is_contiguous(const Access& a, size_t range) const {
  const Place& p = a.places[range];
  if (p.dim < 0 || p.factor != 1) return false;
  const Buffer& b = draft_.buffers.at(a.buffer);
  const bool reordered = draft_.target.is_scalar() && b.space == Space::weight && !p.window;
  if (a.packable || reordered) return true;
  if (free_ && b.space == Space::arena) return true;
  for (size_t i = b.layout.axes.size(); i-- > 0;) {
    const Axis& axis = b.layout.axes[i];
    if (axis.dim == p.dim) return axis.div == 1 && axis.mod == 0;
    if (axis.mod > 1 || b.shape[static_cast<size_t>(axis.dim)] + axis.lo + axis.hi > 1) break;
  }
  return false;
}

/// One access of `lanes` elements along the range.
double CostModel::unit(const Access& a, size_t range, int64_t lanes) const {
  const double extra = a.widened ? kWidened : 0;
  if (draft_.target.is_scalar()) return a.is_store ? kStore : 1 + extra;
  const auto width = static_cast<double>(lanes);
  const bool stays = range >= ranges_.size() || a.places[range].dim == -1;
  if (stays) return a.is_store ? kStore : 1 + extra;
  if (!is_contiguous(a, range)) return width * (a.is_store ? kScatter : kGather) + extra;
  if (a.is_store) return kStore;
  return (a.packable ? kPacked : a.places[range].window ? kUnaligned : 1) + extra;
}

/// What is done once an output: the store, and what surrounds the reduction.
double CostModel::ends(size_t vector, int64_t lanes) const {
  double cost = outer_operations_;
  for (const Access& a : accesses_) {
    if (!a.in_reduction) cost += unit(a, vector, lanes) * (a.is_store ? parts_ : 1);
  }
  return cost;
}

/// What a tile takes from memory for one operand, of `wide` elements by `rows` in each turn: whole
/// lines unless the reduction walks along them. Along a window most is there from the turn before.
double CostModel::bytes_a_tile(const Access& a, double wide, double rows) const {
  double turns = 1;
  bool walks = wide > 1;
  for (size_t r = c_.ranges.size(); r < ranges_.size(); ++r) {
    if (a.places[r].dim == -1 || (a.places[r].window && extent_of(ranges_[r]) < 16)) continue;
    turns *= static_cast<double>(extent_of(ranges_[r]));
    walks |= is_contiguous(a, r);
  }
  return turns * (walks ? wide * rows * 4 : kLine);
}

/// How many of a tile's rows read elements of their own.
double CostModel::rows_of(const Access& a, Expr rows, int64_t count) const {
  return rows && a.places[slot(rows)].dim != -1 ? static_cast<double>(count) : 1;
}

/// Lines of an operand that each tile fetches from the second cache, since their stride leaves too
/// few places in the first one: sets are chosen by the address within a page.
double CostModel::far_lines(const Access& a, double wide) const {
  const Buffer& b = draft_.buffers.at(a.buffer);
  if (draft_.target.l1_bytes == 0) return 0;
  if (a.packable || (free_ && b.space == Space::arena)) return 0;
  double lines = std::max(1.0, wide * 4 / kLine), places = 0;
  for (size_t r = c_.ranges.size(); r < ranges_.size(); ++r) {
    if (!a.moves(r) || a.places[r].window || is_contiguous(a, r)) continue;
    lines *= static_cast<double>(extent_of(ranges_[r]));
    const int64_t stride = stride_of(b, a.places[r].dim) * a.places[r].factor;
    places = kPage / std::max(kLine, static_cast<double>(std::gcd(stride, int64_t{4096})));
  }
  const double ways = std::max(1.0, static_cast<double>(draft_.target.l1_bytes) / kPage);
  return lines > places * ways * kOfL1 && places > 0 ? lines : 0;
}

/// The same of a weight whose tiles do not divide its loop: it is no panel a tile, but rows for all of them.
double CostModel::far_rows(size_t vector, double wide) const {
  const double lines = std::max(1.0, wide * 4 / kLine) * turns_,
               places = kPage / static_cast<double>(std::gcd(extent_of(ranges_[vector]) * 4, 4096)),
               ways = static_cast<double>(draft_.target.l1_bytes) / kPage;
  return draft_.target.l1_bytes > 0 && lines > places * ways * kOfL1 ? lines : 0;
}

/// What it costs to pack the panel of a tile, shared by all tiles that read it.
double CostModel::staging(const Access& a, size_t vector, const Nest& n) const {
  double turns = 1, tiles_of_panel = 1;
  for (size_t r = 0; r < ranges_.size(); ++r) {
    const auto extent = static_cast<double>(extent_of(ranges_[r]));
    const bool reduced = r >= c_.ranges.size();
    if (reduced) turns *= a.moves(r) ? extent : 1;
    if (reduced || a.moves(r) || guarded_[r]) continue;
    tiles_of_panel *= ranges_[r] == n.rows ? extent / static_cast<double>(n.row_count) : extent;
  }
  const auto vectors = static_cast<double>(n.vectors);
  const double lines = far_lines(a, static_cast<double>(n.lanes) * vectors);
  return (turns * vectors * (unit(a, vector, n.lanes) + kStore) + lines * kFarLine) /
         std::max(1.0, tiles_of_panel);
}

/// The operand along the vector that may be packed: no window, and other tiles read the same.
const CostModel::Access* CostModel::stageable(size_t vector, size_t rows) const {
  const Access* found = nullptr;
  for (const Access& a : accesses_) {
    if (!a.in_reduction || !a.moves(vector) || a.packable) continue;
    if (found != nullptr || a.moves(rows) || !a.stageable) return nullptr;
    for (size_t r = c_.ranges.size(); r < ranges_.size(); ++r) {
      if (a.places[r].window) return nullptr;
    }
    found = &a;
  }
  return found;
}

/// The range just outside of another one that every access moves with in the same way: both can be
/// one loop; not along windows, whose rows compilers reach from each other. ranges_.size(): none.
size_t CostModel::outer_of(size_t range) const {
  const bool fits = range > 0 && range < c_.ranges.size() && draft_.target.threads == 1 &&
                    !guarded_[range - 1] && !guarded_[range] && ranges_[range]->sources.empty() &&
                    ranges_[range - 1]->sources.empty();
  const bool alike = fits && std::all_of(accesses_.begin(), accesses_.end(), [&](const Access& a) {
                       return a.moves(range - 1) == a.moves(range) && !a.windows(range);
                     });
  return alike ? range - 1 : ranges_.size();
}

/// Is there a loop around other tiles that read the same panel?
bool CostModel::has_place(const Access& panel, const Nest& n) const {
  if (turns_of_vectors(n).tiles() > 1) return turns_of_rows(n).tiles() > 1;
  for (size_t r = 0; r < c_.ranges.size(); ++r) {
    const bool in_tile = ranges_[r] == n.vector || ranges_[r] == n.vector_outer;
    if (!in_tile && panel.moves(r)) return turns_of_rows(n).tiles() > 1;
  }
  return false;
}

/// How many tiles there are, and what is done again where they do not divide their loops.
double CostModel::rounds(const Nest& n) const {
  const Turns v = turns_of_vectors(n), r = turns_of_rows(n);
  const auto elements = static_cast<double>(v.all * (n.vector_outer ? n.lanes : 1) * r.all);
  const double again = n.rows2 ? Turns{extent_of(n.rows2), n.row2_count}.tiles() /
                                     static_cast<double>(extent_of(n.rows2))
                               : 1;
  return outputs_ / elements * v.tiles() * r.tiles() * again;
}

double CostModel::tile_cost(size_t vector, const Nest& n) const {
  if (n.dot) return dot_cost(vector, n);
  if (n.madd) return madd_cost(vector, n);
  const auto rows = static_cast<double>(n.row_count * n.row2_count),
             vectors = static_cast<double>(n.vectors);
  const int64_t terms = n.quad ? n.quad_terms(draft_.target) : 1;
  double loads = 0, stream = 0, extra = 0;  // stream: bytes that one tile reads
  for (const Access& a : accesses_) {
    if (!a.in_reduction) continue;
    const bool along = a.moves(vector), staged = a.load == n.staged;
    const double wide = along ? static_cast<double>(n.lanes) * vectors : 1;
    const double across = rows_of(a, n.rows, n.row_count) * rows_of(a, n.rows2, n.row2_count);
    const double pieces = along && terms > 4 ? 2 : 1;  // of what a vector's sums take
    loads +=
        (staged ? kPacked : unit(a, vector, n.lanes)) * (along ? vectors : 1) * pieces * across;
    stream += bytes_a_tile(a, wide, across);
    const bool in_rows = a.packable && !turns_of_vectors(n).exact();  // of the whole loop
    const double far = in_rows ? far_rows(vector, wide) : far_lines(a, wide);
    extra += staged ? staging(a, vector, n) : along ? far * kFarLine : 0;
  }
  extra += (n.rows_outer ? kIndex * rows : 0) + (n.vector_outer ? kIndex * vectors : 0);
  const double operations = n.quad       ? (terms == 2 ? 2 : 1)
                            : sums_wide_ ? static_cast<double>(registers_of(n.lanes))
                                         : inner_operations_;
  const double work = rows * vectors * operations, turns = turns_ / static_cast<double>(terms);
  double step = std::max({work, loads, kLatency}) + kCrowded * std::min(work, loads) + kTurn;
  if (n.vectors == 1 && rows > 4 && draft_.target.registers <= 16) step *= kOneVector;
  const bool beyond_l1 =
      draft_.target.l1_bytes > 0 && stream > static_cast<double>(draft_.target.l1_bytes) * kOfL1;
  return rounds(n) * (turns * step + (beyond_l1 ? stream / kL2BytesPerUnit : 0) + extra +
                      rows * vectors * ends(vector, n.lanes) + kRound);
}

/// The tile itself, then with loops that run as one; each also with a staged operand.
void CostModel::try_tile(size_t vector, Nest n, Nest& best) const {
  const size_t row_slot = n.rows ? slot(n.rows) : ranges_.size();
  const bool may_stage =
      n.rows && n.lanes > 1 && draft_.target.prefer == Prefer::speed && !draft_.target.is_device();
  const Access* panel = may_stage ? stageable(vector, row_slot) : nullptr;
  const auto consider = [&](Nest now) {
    const bool peeled = now.peeled_low + now.peeled_high > 0;
    if (turns_of_rows(now).all < now.row_count) return;  // only of two loops as one
    if (exact_ && !(turns_of_vectors(now).exact() && (peeled || turns_of_rows(now).exact())))
      return;
    if (now.staged && !has_place(*panel, now)) return;
    now.cost = tile_cost(vector, now);
    if (now.cost < best.cost * 0.995) best = now;
  };
  const auto both_ways = [&] {
    consider(n);
    Nest packed = n;
    if (panel != nullptr) packed.staged = panel->load;
    if (panel != nullptr) consider(packed);
  };
  both_ways();
  const size_t v = outer_of(vector), r = outer_of(row_slot);
  if (v < ranges_.size() && v != row_slot && extent_of(n.vector) % n.lanes == 0 &&
      !turns_of_vectors(n).exact())
    n.vector_outer = ranges_[v];
  if (r < ranges_.size() && r != vector && !turns_of_rows(n).exact()) n.rows_outer = ranges_[r];
  if (n.vector_outer || n.rows_outer) both_ways();
}

Expr CostModel::joined_with(Expr range) const {
  const size_t outer = range ? outer_of(slot(range)) : ranges_.size();
  return outer < ranges_.size() ? ranges_[outer] : Expr();
}

Expr CostModel::panel_of(const Nest& n) const {
  if (!n.vector || !n.rows || n.rows2 || n.reduced) return {};
  const Access* panel = stageable(slot(n.vector), slot(n.rows));
  return panel != nullptr && has_place(*panel, n) ? panel->load : Expr();
}

/// Turns of the loop that rows are a part of: their own, or that of two loops as one.
int64_t CostModel::all_rows(size_t vector, Expr rows) const {
  if (!rows) return 1;
  const size_t outer = outer_of(slot(rows));
  return extent_of(rows) *
         (outer < ranges_.size() && outer != vector ? extent_of(ranges_[outer]) : 1);
}

/// That a tile may fill. Scalar cores keep floats and integers apart.
int64_t CostModel::registers() const {
  const bool wholes = draft_.target.is_scalar() && !is_float(reduction_in(c_.value)->dtype);
  return wholes ? std::min(kWholes, draft_.target.registers) : draft_.target.registers;
}

/// That a vector of sums takes.
int64_t CostModel::registers_of(int64_t lanes) const {
  return sums_wide_ ? std::max<int64_t>(lanes / draft_.target.lanes(), 1) : 1;
}

/// Tiles of vectors along a range of the result, with each other range as rows.
Nest CostModel::tile_along(size_t vector) const {
  Nest best{ranges_[vector], false, {}, 1, 1, 1, kNever};
  if ((draft_.target.is_scalar() && guarded_[vector]) || is_outermost(vector)) return best;
  try_rows(vector, {}, best);
  for (size_t r = c_.ranges.size(); r-- > 0;) {  // the later, the closer in memory
    if (r != vector && may_be_rows(r)) try_rows(vector, ranges_[r], best);
  }
  return best;
}

double CostModel::map_cost(size_t vector, int64_t lanes) const {
  const int64_t extent = extent_of(ranges_[vector]);
  return outputs_ / static_cast<double>(extent) * Turns{extent, lanes}.tiles() *
         (ends(vector, lanes) + 1);
}

double CostModel::partial_sums_cost(size_t vector, int64_t lanes, Expr rows,
                                    int64_t row_count) const {
  const auto width = static_cast<double>(lanes);
  double loads = 0;
  for (const Access& a : accesses_) {
    if (a.in_reduction)
      loads +=
          unit(a, vector, lanes) * rows_of(a, rows, row_count) / static_cast<double>(row_count);
  }
  const double step = std::max({inner_operations_, loads, kLatency / 4}) + kTurn;
  return outputs_ * (turns_ / width * step + kHorizontal + kRound + ends(ranges_.size(), 1));
}

double CostModel::scalar_cost() const {
  double loads = 0;
  for (const Access& a : accesses_) loads += a.in_reduction ? 1 : 0;
  const double step = reduced_.empty() ? 0 : std::max({inner_operations_, loads, kLatency});
  return outputs_ * (turns_ * step + kScalar * ends(ranges_.size(), 1));
}

Nest CostModel::map_along(size_t r) const {
  const int64_t extent = extent_of(ranges_[r]);
  int64_t lanes = widest_;
  while (lanes > extent) lanes /= 2;
  while (exact_ && extent % lanes != 0) lanes /= 2;
  const bool possible = lanes >= std::min<int64_t>(4, widest_) && lanes > 1 && !guarded_[r];
  return {ranges_[r], false, {}, lanes, 1, 1, possible ? map_cost(r, lanes) : kNever};
}

Nest CostModel::partial_sums_along(size_t r) const {
  const bool fixed = ranges_[r]->sources.empty();  // else the last ones are summed one by one
  int64_t lanes = widest_;
  while (fixed && lanes > 1 && extent_of(ranges_[r]) % lanes != 0) lanes /= 2;
  while (!fixed && lanes > 1 && extent_of(ranges_[r]) < 2 * lanes) lanes /= 2;
  const bool possible = lanes > 1 && lanes >= std::min<int64_t>(4, widest_);
  return {
      ranges_[r], true, {}, lanes, 0, 1, possible ? partial_sums_cost(r, lanes, {}, 1) : kNever};
}

double CostModel::cost(const Nest& n) const {
  if (!n.vector) return scalar_cost();
  const size_t v = slot(n.vector);
  if (n.reduced) return partial_sums_cost(v, n.lanes, n.rows, n.row_count);
  return reduced_.empty() ? map_cost(v, n.lanes) : tile_cost(v, n);
}

CostModel CostModel::with_free_layouts() const {
  CostModel model = *this;
  model.free_ = true;
  return model;
}

std::vector<Nest> CostModel::nests() const {
  std::vector<Nest> all(1);
  all[0].cost = scalar_cost();
  for (size_t r = c_.ranges.size(); r-- > 0;)
    all.push_back(reduced_.empty() ? map_along(r) : tile_along(r));
  for (size_t r = c_.ranges.size(); r < ranges_.size(); ++r) all.push_back(partial_sums_along(r));
  return all;
}

Nest CostModel::best() const {
  const std::vector<Nest> all = nests();
  return *std::min_element(all.begin(), all.end(),
                           [](const Nest& a, const Nest& b) { return a.cost < b.cost; });
}

int64_t CostModel::dimension_along(int64_t buffer, Expr range) const {
  int64_t dim = -1;
  for (const Access& a : accesses_) {
    if (a.buffer != buffer) continue;
    const Place& p = a.places[slot(range)];
    if (p.dim < 0 || p.factor != 1 || (dim != -1 && dim != p.dim)) return -1;
    dim = p.dim;
  }
  return dim;
}

}  // namespace tinycc
