// Schedules without search; see schedule.h.
//
// Which loop is the vector and how large the register tile is comes from the estimate of cost.h; here
// it becomes text, and the order of the other loops is chosen.
#include "passes/schedule.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/cost.h"
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
        reduced_(reduction_ranges(c.value)) {}

  std::string run() {
    if (c_.ordered || draft_.target.dialect != "gnu") return "";
    if (!nest_.vector || !has_vectors()) return memory_order();
    if (nest_.reduced) return side_by_side();
    return reduced_.empty() ? elementwise() : register_tile();
  }

 private:
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
    std::vector<std::string> order;
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
      if (r != name()) order.push_back(r);
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
    const Expr rows = nest_.rows;
    const int64_t wide = nest_.lanes * nest_.vectors;
    const bool split_v = wide < extent_of(nest_.vector),
               split_r = rows && nest_.row_count < extent_of(rows);
    std::vector<std::string> outer, inner;
    if (split_v && weights_outermost()) outer.push_back(name() + "o");
    for (Expr r : c_.ranges) {
      if (r != nest_.vector && r != rows) outer.push_back(r->attr.name);
    }
    if (split_v && !weights_outermost()) outer.push_back(name() + "o");
    if (split_r) outer.push_back(rows->attr.name + "o");
    std::string moves = fmt::format("tile {} {}", name(), wide);
    if (rows) inner.push_back(rows->attr.name + "i");
    std::string lane = name() + "i", blocks;
    if (nest_.vectors > 1) {
      moves += fmt::format("; tile {} {}", lane, nest_.lanes);
      inner.push_back(lane + "o");
      blocks = " " + lane + "o";
      lane += "i";
    }
    inner.push_back(lane);
    if (rows) moves += fmt::format("; tile {} {}", rows->attr.name, nest_.row_count);
    std::vector<std::string> all(outer);
    all.insert(all.end(), inner.begin(), inner.end());
    if (all.size() > 1) moves += "; order " + list(all);
    moves += "; register " + list(inner) + reduction_order() +
             fmt::format("; vectorize {} {}", lane, nest_.lanes);
    if (rows && nest_.row_count > 1) blocks = " " + rows->attr.name + "i" + blocks;
    if (!blocks.empty()) moves += "; unroll" + blocks;
    return moves + unrolled_windows();
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
  std::string unrolled_windows() const {
    const Expr last = reduced_.back();
    const bool window_only =
        std::all_of(reduced_.begin(), reduced_.end(), [](Expr k) { return extent_of(k) <= 7; });
    return window_only && extent_of(last) * nest_.row_count * nest_.vectors <= 64
               ? "; unroll " + last->attr.name
               : "";
  }

  const Draft& draft_;
  const Computation& c_;
  const Nest nest_;
  const std::vector<Expr> reduced_;
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
