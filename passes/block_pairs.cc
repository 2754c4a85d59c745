// Pairs on blocks; see block.h.
#include <algorithm>

#include "ir/affine.h"
#include "passes/block.h"
#include "passes/index.h"

namespace tinycc {
namespace {

constexpr double kOfL2 = 0.5;  // what a block between two kernels may take, with both's constants
constexpr int64_t kLeastElements = 256;  // of a block: fewer give no full tiles

/// A consumer that reads rows factor * r … factor * r + factor - 1 of what a producer writes by rows:
/// a map, a matrix product, pooling whose windows do not meet.
struct Pair {
  size_t from = 0, to = 0;  // places in the draft's list
  Expr written, read;       // the ranges of both over that dimension
  int64_t factor = 1;
};

class Pairing {
 public:
  explicit Pairing(Draft& draft) : draft_(draft), all_(draft.computations), users_(draft) {}

  void run() {
    for (size_t i = 0; i < all_.size(); ++i) {
      if (const std::optional<Pair> pair = pair_at(i)) block(*pair);
    }
  }

 private:
  static bool is_free(const Computation& c) { return c.chain < 0 && c.loop < 0 && !c.ordered; }

  /// The pair whose producer is number i.
  std::optional<Pair> pair_at(size_t i) const {
    const Computation& c = all_[i];
    const size_t to = users_.only_other(c.target, i);
    if (!is_free(c) || to >= all_.size() || to < i || !is_free(all_[to])) return {};
    if (!reduction_in(c.value) || !reduction_in(all_[to].value)) return {};
    for (size_t d = 0; d < c.index.size(); ++d) {
      const std::optional<Pair> pair = along(i, to, d);
      if (pair) return pair;
    }
    return {};
  }

  std::optional<Pair> along(size_t from, size_t to, size_t d) const {
    const Expr written = all_[from].index[d];
    if (!written->is(Op::range) || !written->sources.empty()) return {};
    Pair pair{from, to, written, {}, 0};
    for (Expr l : loads_in(all_[to].value)) {
      if (l->attr.ints[0] == all_[from].target && !fits(pair, l[d])) return {};
    }
    const bool is_whole = pair.read && pair.factor * extent_of(pair.read) == extent_of(written) &&
                          !moves_constants(all_[from], written) &&
                          !moves_constants(all_[to], pair.read);
    return is_whole ? std::optional(pair) : std::nullopt;
  }

  /// Then blocks of it would be channels: every block would read all that the kernel reads beside.
  bool moves_constants(const Computation& c, Expr r) const {
    const std::vector<Expr> loads = loads_in(c.value);
    return std::any_of(loads.begin(), loads.end(), [&](Expr l) {
      return draft_.buffers.at(l->attr.ints[0]).space == Space::weight && occurs(r, l);
    });
  }

  /// index = factor * r + rest, 0 <= rest < factor, for a range r of the consumer: the same each time.
  bool fits(Pair& pair, Expr index) const {
    Affine rest = affine(index);
    const std::vector<Expr>& ranges = all_[pair.to].ranges;
    for (const auto& [r, factor] : affine(index).terms) {
      if (std::find(ranges.begin(), ranges.end(), r) == ranges.end()) continue;
      if (pair.read && (pair.read != r || pair.factor != factor)) return false;
      pair.read = r;
      pair.factor = factor;
      std::erase_if(rest.terms, [&](const auto& t) { return t.first == r; });
    }
    Bounds bounds;
    const Interval in = bounds_of(rest, bounds);
    return pair.read && pair.read->sources.empty() && in.low >= 0 && in.high < pair.factor;
  }

  /// Rows of the consumer in a block: as many as the near cache holds. 0: no blocks.
  int64_t rows_of(const Pair& pair) const {
    const auto bytes = static_cast<double>(draft_.buffers.at(all_[pair.from].target).bytes());
    const double l2 = kOfL2 * static_cast<double>(draft_.target.l2_bytes),
                 left = l2 - weight_bytes(draft_, all_[pair.from].value) -
                        weight_bytes(draft_, all_[pair.to].value);
    const int64_t rows = extent_of(pair.read);
    if (bytes <= 2 * l2 || left <= 0) return 0;
    auto most = static_cast<int64_t>(left * static_cast<double>(rows) / bytes);
    while (most > 0 && rows % most != 0) --most;
    const int64_t elements = count_of(all_[pair.to]) / rows * most;
    return elements >= kLeastElements ? most : 0;
  }

  static int64_t count_of(const Computation& c) {
    int64_t count = 1;
    for (Expr r : c.ranges) count *= extent_of(r);
    return count;
  }

  void block(const Pair& pair) {
    const int64_t rows = rows_of(pair);
    if (rows == 0 || rows == extent_of(pair.read) || !may_move(pair)) return;
    Computation &from = all_[pair.from], &to = all_[pair.to];
    from.outermost = {cut_range(from, pair.written, rows * pair.factor)};
    to.outermost = {cut_range(to, pair.read, rows)};
    from.chain = to.chain = from.target;
    users_.move(pair.from, pair.to);
  }

  /// Nothing that the producer reads may change before the consumer, which it moves to.
  bool may_move(const Pair& pair) const {
    for (size_t i = pair.from + 1; i < pair.to; ++i) {
      if (all_[i].loop >= 0 || users_.touches(pair.from, all_[i].target)) return false;
    }
    return true;
  }

  Draft& draft_;
  std::vector<Computation>& all_;
  BufferUsers users_;
};

}  // namespace

void block_pairs(Draft& draft) { Pairing(draft).run(); }

}  // namespace tinycc
