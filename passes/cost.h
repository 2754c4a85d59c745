// What a computation costs on the target, for the layouts that its buffers have: the one estimate
// that layouts and schedules are chosen by. No operator is named; what counts is how elements are
// reached. In: a computation of a draft. Out: its cheapest vector loop and register tile.
//
// Unit: half a cycle, the time of one multiply-add or one load where a core does two a cycle.
//   reduction   rounds * (K * (max(R*V multiply-adds, loads, latency) + weights from L2) + ends)
//               a tile has R rows by V vectors; an operand is loaded once a turn for all that share it
//   lines       whose stride puts them where few fit the first cache come from the second each time;
//               a staged operand is gathered once and read as it is packed by all tiles that use it
//   partial sums along a reduced range: K / lanes turns and a horizontal sum, an output
//   elementwise loads, operations and the store of each vector
// Rounds count what is recomputed where a tile does not divide its loop.
#pragma once

#include <optional>

#include "passes/dot.h"
#include "passes/draft.h"

namespace tinycc {

/// A vector loop with the register tile around it.
struct Nest {
  Expr vector;           // empty: scalar code
  bool reduced = false;  // the vector holds partial sums along a range of the reduction
  Expr rows;             // the other range of the tile; empty: none
  int64_t lanes = 1, vectors = 1, row_count = 1;  // vectors of partial sums: 0, as many as it needs
  double cost = 0;
  Expr rows2 = {};  // a third one, around the rows; only a search asks for it
  int64_t row2_count = 1;
  Expr rows_outer = {},
       vector_outer = {};  // one loop with the rows, or with the vectors; empty: none
  Expr staged = {};        // the load that is packed first; empty: none
  Expr dot = {};           // the loop of the reduction that an idiom takes several turns of at once
  int64_t dot_terms = 0;
  bool madd = false, scale = false;  // four sums at once: products are added; scaled to bytes
  Expr quad = {};  // the loop of the reduction of which each lane takes four turns at once
  /// So many turns of `quad`: more where rows of sums lie in pairs.
  int64_t quad_terms(const Target& target) const;
  int64_t peeled_low = 0, peeled_high = 0;  // rows at the ends that are in no tile
};

constexpr double kRound = 12;       // of starting and ending a reduction
constexpr int64_t kWrittenOut = 4;  // turns of a loop around an idiom

class CostModel {
 public:
  CostModel(const Draft& draft, const Computation& computation);
  /// The cheapest nest, as the layouts are now.
  Nest best() const;
  /// What a nest of any sizes costs.
  double cost(const Nest& nest) const;
  /// The cheapest nest along each range, and scalar code first.
  std::vector<Nest> nests() const;
  /// Is the last loop of a sum short, with a constant end at least in the middle of the rows?
  static bool is_written_out(Expr last, const Nest& nest);
  /// What may be one loop with a range of a tile, just outside of it; empty: nothing.
  Expr joined_with(Expr range) const;
  /// The operand along the vector that may be packed for all rows; empty: none.
  Expr panel_of(const Nest& nest) const;
  /// The same as if each arena buffer had the layout that a nest would like.
  CostModel with_free_layouts() const;
  /// The dimension of an arena buffer along which every access of it moves with the range; -1: none.
  int64_t dimension_along(int64_t buffer, Expr range) const;
  /// The arena buffers that it touches.
  std::vector<int64_t> arena_buffers() const;

 private:
  /// Where a range occurs in an index.
  struct Place {
    int64_t dim = -1;  // -1: nowhere, -2: in several dimensions, or not by a factor
    int64_t factor = 0;
    bool window = false;  // others move along the dimension as well
  };
  struct Access {
    int64_t buffer = -1;
    bool is_store = false, in_reduction = false, packable = false, stageable = false,
         widened = false;       // widened: from a byte to a float
    std::vector<Place> places;  // by range: those of the result, then the reduced ones
    Expr load;                  // empty: the store
    bool windows(size_t range) const { return places[range].window; }
    bool moves(size_t range) const { return range < places.size() && places[range].dim != -1; }
  };

  void add_access(int64_t buffer, const std::vector<Expr>& index, Expr load, bool in_reduction);
  size_t slot(Expr range) const;
  bool is_contiguous(const Access& a, size_t range) const;
  double unit(const Access& a, size_t range, int64_t lanes) const;
  double bytes_a_tile(const Access& a, double wide, double rows) const;
  double rows_of(const Access& a, Expr rows, int64_t count) const;
  double far_lines(const Access& a, double wide) const;
  double far_rows(size_t vector, double wide) const;
  double staging(const Access& a, size_t vector, const Nest& n) const;
  const Access* stageable(size_t vector, size_t rows) const;
  size_t outer_of(size_t range) const;
  bool has_place(const Access& panel, const Nest& n) const;
  double rounds(const Nest& n) const;
  double tile_cost(size_t vector, const Nest& n) const;
  double dot_cost(size_t vector, const Nest& n) const;
  double madd_cost(size_t vector, const Nest& n) const;
  double with_peeled_rows(const Nest& n, const std::function<double(double)>& tile) const;
  bool moves_with_rows(const Access& a, const Nest& n) const;
  bool may_madd(size_t vector) const;
  bool adds_pairs(size_t vector, const Nest& n) const;
  bool use_idioms(size_t vector, Nest& n) const;
  bool may_scale(size_t vector) const;
  Expr dot_range() const;
  Expr quad_range(size_t vector) const;
  double map_cost(size_t vector, int64_t lanes) const;
  double partial_sums_cost(size_t vector, int64_t lanes, Expr rows, int64_t row_count) const;
  Nest map_along(size_t vector) const;
  Nest partial_sums_along(size_t vector) const;
  double scalar_cost() const;
  double ends(size_t vector, int64_t lanes) const;
  Nest tile_along(size_t vector) const;
  bool may_peel(size_t range) const;
  bool may_be_rows(size_t range) const;
  bool is_outermost(size_t range) const;
  void try_rows(size_t vector, Expr rows, Nest& best) const;
  int64_t registers() const;
  int64_t registers_of(int64_t lanes) const;
  int64_t all_rows(size_t vector, Expr rows) const;
  void try_tile(size_t vector, Nest n, Nest& best) const;

  const Draft& draft_;
  const Computation& c_;
  std::vector<Expr> reduced_, ranges_;  // ranges_: all of them
  std::vector<Access> accesses_;
  std::vector<bool>
      guarded_,         // by range: a condition in the value depends on it, or it is outermost
      selected_;        // by range: the former
  bool free_ = false;   // see with_free_layouts()
  int64_t widest_ = 1;  // elements of the widest type in a vector
  bool sums_bytes_ = false, sums_shifted_bytes_ = false, sums_quads_ = false, sums_wide_ = false;
  std::vector<std::optional<std::pair<int64_t, int64_t>>>
      peels_;         // by range: what to peel off for the rest to be no longer guarded
  double parts_ = 1;  // of a stack, which are computed in one turn
  double outputs_ = 1, turns_ = 1;
  double inner_operations_ = 0, outer_operations_ = 0;
  bool exact_ = false;
};

/// The nodes of e, loads included but not what computes their indices.
std::vector<Expr> outside_indices(Expr e);
/// The loaded byte that a float is made of; empty: it is made of something else.
Expr widened_byte(Expr e);
/// Does a condition within e depend on r, other than by what is loaded? Then it would be tested
/// within a tile, to protect a load.
bool guards(Expr e, Expr r);
/// Would computing an element twice change the result? Then tiles must not overlap.
bool may_run_in_place(const Draft& draft, const Computation& computation);
/// Must tiles divide their loops? Also on a device, whose items would meet in the elements of both.
bool must_divide(const Draft& draft, const Computation& computation);
/// Does the type of the result have vectors in GNU C that are computed with?
bool has_vectors(const Draft& draft, const Computation& computation);
/// Elements of the widest type that a computation works with in one vector of the target.
int64_t widest_lanes(const Draft& draft, const Computation& computation);
/// May an image hold a tensor that the reduction reads along the loop of this name (no window),
/// `part` turns of it at a time (0: all), by whole texels?
bool has_texels(const Draft& draft, const Computation& computation, const std::string& reduced,
                int64_t part);
/// Is every index of this load of a weight affine in ranges, so that packing can put its elements in
/// any order?
bool is_packable(const Draft& draft, Expr load);

}  // namespace tinycc
