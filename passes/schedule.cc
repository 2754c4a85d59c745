// Schedules without search; see schedule.h.
//
// A register tile of MR rows by NV vectors makes, in each step of the reduction, MR*NV multiply-adds
// and as many loads as differ within the tile. The tile with the least time a useful lane wins:
//   time = max(MR*NV multiply-adds, loads) + overhead, useful = what is not recomputed at ends;
// cores do as many loads a cycle as multiply-adds.
#include "passes/schedule.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/layout.h"
#include "passes/moves.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

bool occurs(Expr range, Expr in) {
  const std::vector<Expr> all = topological({in});
  return std::find(all.begin(), all.end(), range) != all.end();
}

/// The nodes of e, loads included but not what computes their indices.
std::vector<Expr> outside_indices(Expr e) {
  std::vector<Expr> found, stack{e};
  while (!stack.empty()) {
    const Expr n = stack.back();
    stack.pop_back();
    if (std::find(found.begin(), found.end(), n) != found.end()) continue;
    found.push_back(n);
    if (!n->is(Op::load)) stack.insert(stack.end(), n->sources.begin(), n->sources.end());
  }
  return found;
}

int64_t tiles(int64_t extent, int64_t size) { return (extent + size - 1) / size; }

struct Tile {
  int64_t lanes = 1, vectors = 1, rows = 1;
  double time = 1e30;
};

class Chooser {
 public:
  Chooser(const Draft& draft, const Computation& c)
      : draft_(draft),
        c_(c),
        vector_(choose_vector(draft, c)),
        reduced_(reduction_ranges(c.value)) {}

  std::string run() {
    if (c_.ordered || draft_.target.dialect != "gnu") return "";
    if (!vector_.range || !has_vectors()) return memory_order();
    if (vector_.reduced) return side_by_side();
    if (reduced_.empty()) return guards(c_.value, vector_.range) ? "" : elementwise();
    return register_tile();
  }

 private:
  bool has_vectors() const {
    const DType t = draft_.buffers.at(c_.target).dtype;
    return bits_of(t) >= (is_float(t) ? 32 : 8);
  }
  /// Lanes of a vector of the widest type that is computed with; i64 only if it is loaded.
  int64_t lanes() const {
    int64_t bytes = bytes_of(draft_.buffers.at(c_.target).dtype);
    for (Expr n : outside_indices(c_.value)) {
      if (n->dtype != DType::i64 || n->is(Op::load)) bytes = std::max(bytes, bytes_of(n->dtype));
    }
    return std::max<int64_t>(draft_.target.lanes() * 4 / bytes, 1);
  }
  const std::string& name() const { return vector_.range->attr.name; }

  static std::string list(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, " "));
  }

  /// Loops as the result lies in memory, outermost first.
  std::string memory_order() const {
    std::vector<std::string> order;
    for (const Axis& a : draft_.buffers.at(c_.target).layout.axes) {
      for (Expr r : c_.ranges) {
        if (occurs(r, c_.index[static_cast<size_t>(a.dim)])) order.push_back(r->attr.name);
      }
    }
    return order.size() == c_.ranges.size() && order.size() > 1 ? "order " + list(order) : "";
  }

  /// Partial sums: enough of them that the additions do not wait for each other.
  std::string side_by_side() {
    const int64_t extent = extent_of(vector_.range);
    int64_t lanes = this->lanes(), vectors = 1;
    while (extent % lanes != 0) lanes /= 2;
    while (vectors < 4 && extent % (2 * vectors * lanes) == 0) vectors *= 2;
    std::string moves = fmt::format("lanes {} {} {}; vectorize {}l {}; vectorize {}i {}", name(),
                                    vectors, lanes, name(), lanes, name(), lanes);
    if (vectors > 1) moves += fmt::format("; unroll {}lo {}io", name(), name());
    return moves;
  }

  /// The widest vector that ends with the dimension; beyond that the last one recomputes, if it may.
  int64_t width(int64_t extent) const {
    int64_t lanes = this->lanes();
    while (lanes > extent) lanes /= 2;
    if (extent % lanes == 0) return lanes;
    int64_t divisor = lanes;
    while (extent % divisor != 0) divisor /= 2;
    return divisor * 2 >= lanes || may_run_in_place(draft_, c_) ? divisor : lanes;
  }

  std::string elementwise() {
    const int64_t extent = extent_of(vector_.range), lanes = width(extent);
    if (lanes < 2) return "";
    std::vector<std::string> order;
    for (Expr r : c_.ranges) {
      if (r != vector_.range) order.push_back(r->attr.name);
    }
    if (extent == lanes) {
      order.push_back(name());
      return (order.size() > 1 ? "order " + list(order) + "; " : "") +
             fmt::format("vectorize {} {}", name(), lanes);
    }
    order.insert(order.end(), {name() + "o", name() + "i"});
    return fmt::format("tile {0} {1}; order {2}; vectorize {0}i {1}", name(), lanes, list(order));
  }

  // ---- reductions

  /// The output range whose neighbours share most of what they load.
  Expr rows_range() const {
    Expr best;
    double most = 0;
    for (Expr r : c_.ranges) {
      if (r == vector_.range || guards(reduction_in(c_.value)[0], r)) continue;
      double shared = 0;
      for (Expr l : loads_in(reduction_in(c_.value)[0])) {
        if (!occurs(r, l)) shared += occurs(vector_.range, l) ? 2 : 1;
      }
      if (shared >= most && shared > 0) {  // the later, the closer in memory
        best = r;
        most = shared;
      }
    }
    return best;
  }

  /// Does a condition within e depend on r, other than by what is loaded? Then it would be tested
  /// within the tile, to protect a load.
  static bool guards(Expr e, Expr r) {
    const std::vector<Expr> all = outside_indices(e);
    return std::any_of(all.begin(), all.end(), [&](Expr n) {
      if (!n->is(Op::where)) return false;
      const std::vector<Expr> condition = outside_indices(n[0]);
      return std::find(condition.begin(), condition.end(), r) != condition.end();
    });
  }

  double time_of(const Tile& t, Expr rows) const {
    double loads = 0;
    for (Expr l : loads_in(reduction_in(c_.value)[0])) {
      const double across = occurs(vector_.range, l) ? static_cast<double>(t.vectors) : 1;
      loads += across * (rows && occurs(rows, l) ? static_cast<double>(t.rows) : 1);
    }
    const double work = static_cast<double>(t.rows * t.vectors);
    const double wait = 8.0;  // multiply-adds that hide the latency of one
    const double step = std::max({work, loads, wait}) + 0.6;
    const double rounds =
        static_cast<double>(tiles(extent_of(vector_.range), t.lanes * t.vectors)) *
        static_cast<double>(rows ? tiles(extent_of(rows), t.rows) : 1);
    return step * rounds;
  }

  Tile best_tile(Expr rows) const {
    const int64_t registers = draft_.target.registers, extent = extent_of(vector_.range);
    const bool exact = may_run_in_place(draft_, c_);
    const int64_t most_rows = rows ? std::min<int64_t>(extent_of(rows), 16) : 1;
    Tile best;
    for (int64_t lanes = this->lanes(); lanes >= 4; lanes /= 2) {
      for (int64_t vectors = 1; vectors <= 8 && lanes * vectors <= extent; ++vectors) {
        for (int64_t row = 1; row <= most_rows; ++row) {
          Tile t{lanes, vectors, row, 0};
          if (row * vectors + vectors + 1 > registers - 1) continue;
          if (exact && (extent % (lanes * vectors) != 0 || (rows && extent_of(rows) % row != 0)))
            continue;
          t.time = time_of(t, rows);
          if (t.time < best.time * 0.99) best = t;
        }
      }
    }
    return best;
  }

  /// Large weights stay near while pixels pass; else pixels stay while weights pass.
  bool weights_outermost() const {
    double weights = 0, others = 0;
    for (Expr l : loads_in(reduction_in(c_.value)[0])) {
      const Buffer& b = draft_.buffers.at(l->attr.ints[0]);
      (b.space == Space::weight ? weights : others) += static_cast<double>(b.bytes());
    }
    return weights > others;
  }

  std::string register_tile() {
    const Expr rows = rows_range();
    const Tile t = best_tile(rows);
    if (t.time >= 1e30) return "";
    const int64_t wide = t.lanes * t.vectors;
    const bool split_v = wide < extent_of(vector_.range),
               split_r = rows && t.rows < extent_of(rows);
    std::vector<std::string> outer, inner;
    if (split_v && weights_outermost()) outer.push_back(name() + "o");
    for (Expr r : c_.ranges) {
      if (r != vector_.range && r != rows) outer.push_back(r->attr.name);
    }
    if (split_v && !weights_outermost()) outer.push_back(name() + "o");
    if (split_r) outer.push_back(rows->attr.name + "o");
    std::string moves = fmt::format("tile {} {}", name(), wide);
    if (rows) inner.push_back(rows->attr.name + "i");
    std::string lane = name() + "i", blocks;
    if (t.vectors > 1) {
      moves += fmt::format("; tile {} {}", lane, t.lanes);
      inner.push_back(lane + "o");
      blocks = " " + lane + "o";
      lane += "i";
    }
    inner.push_back(lane);
    if (rows) moves += fmt::format("; tile {} {}", rows->attr.name, t.rows);
    std::vector<std::string> all(outer);
    all.insert(all.end(), inner.begin(), inner.end());
    if (all.size() > 1) moves += "; order " + list(all);
    moves += "; register " + list(inner) + reduction_order() +
             fmt::format("; vectorize {} {}", lane, t.lanes);
    if (rows && t.rows > 1) blocks = " " + rows->attr.name + "i" + blocks;
    if (!blocks.empty()) moves += "; unroll" + blocks;
    return moves + unrolled_windows(t);
  }

  /// Windows outside, what is contiguous in memory inside.
  std::string reduction_order() const {
    std::vector<std::string> windows, others;
    for (Expr k : reduced_)
      (k->attr.name[0] == 'k' && k->attr.name != "k" ? windows : others).push_back(k->attr.name);
    windows.insert(windows.end(), others.begin(), others.end());
    return windows.size() > 1 ? "; order " + list(windows) : "";
  }

  /// Short windows without channels: unrolled, neighbours share their loads in registers.
  std::string unrolled_windows(const Tile& t) const {
    const Expr last = reduced_.back();
    const bool window_only =
        std::all_of(reduced_.begin(), reduced_.end(), [](Expr k) { return extent_of(k) <= 7; });
    return window_only && extent_of(last) * t.rows * t.vectors <= 64 ? "; unroll " + last->attr.name
                                                                     : "";
  }

  const Draft& draft_;
  const Computation& c_;
  const VectorChoice vector_;
  const std::vector<Expr> reduced_;
};

}  // namespace

bool may_run_in_place(const Draft& draft, const Computation& c) {
  const Buffer& target = draft.buffers.at(c.target);
  const std::vector<Expr> loads = loads_in(c.value);
  const auto reads_target = [&](Expr l) {
    return l->attr.ints[0] == c.target;
  };  // another part of it
  if (std::any_of(loads.begin(), loads.end(), reads_target)) return true;
  return target.space == Space::arena && std::any_of(loads.begin(), loads.end(), [&](Expr l) {
           const Buffer& b = draft.buffers.at(l->attr.ints[0]);
           return b.space == Space::arena && b.shape == target.shape && b.dtype == target.dtype &&
                  l->sources == c.index;
         });
}

std::string choose_schedule(const Draft& draft, const Computation& c) {
  return Chooser(draft, c).run();
}

Scheduled schedule(const Draft& draft, const Computation& c, const std::string* moves) {
  Scheduled s;
  s.moves = moves ? *moves : choose_schedule(draft, c);
  s.body = apply_schedule(plain_nest(draft, c), s.moves);
  return s;
}

}  // namespace tinycc
