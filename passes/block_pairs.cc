// Pairs on blocks; see block.h.
#include <algorithm>

#include "ir/affine.h"
#include "passes/block.h"
#include "passes/index.h"

namespace tinycc {
namespace {

constexpr double kOfL2 = 0.5;  // what a block between two kernels may take, with both's constants
constexpr int64_t kLeastElements = 256;  // of a block: fewer give no full tiles
constexpr int64_t kGroups = 16;          // of a device that should have a block each
constexpr int64_t kMostTerms =
    512;                           // of its producer's sums: longer ones wait for arithmetic alone
constexpr double kOfShared = 0.5;  // what a block may take there: two groups at a time
constexpr int64_t kChannels = 8;   // side by side, for vectors
constexpr int64_t kTwinElements = 64;  // of two sums that an item keeps

/// A dimension along which a consumer reads rows factor * r … factor * r + factor - 1 of what a producer
/// writes by rows: a map, a matrix product, pooling whose windows do not meet.
struct Rows {
  Expr written, read;  // the ranges of both over it
  int64_t factor = 1;
  int64_t block = 0;  // of the consumer's
};
struct Pair {
  size_t from = 0, to = 0;  // places in the draft's list
  std::vector<Rows> dims;   // those that no constants move with first, outermost first
};

class Pairing {
 public:
  explicit Pairing(Draft& draft) : draft_(draft), all_(draft.computations), users_(draft) {}

  void run() {
    const bool device = draft_.target.is_device();
    for (size_t i = 0; i < all_.size() && device; ++i) {
      if (std::optional<Pair> pair = pair_at(i, true)) join_twins(*std::move(pair));
    }
    for (const bool channels : {false, true}) {
      for (size_t i = 0; i < all_.size() && (!channels || device); ++i) {
        if (std::optional<Pair> pair = pair_at(i, channels)) block(*std::move(pair));
      }
    }
  }

 private:
  static bool is_free(const Computation& c) { return c.chain < 0 && c.loop < 0 && !c.ordered; }

  /// The pair whose producer is number i. `channels`: blocks may be of those, too.
  std::optional<Pair> pair_at(size_t i, bool channels) const {
    const Computation& c = all_[i];
    const size_t to = users_.only_other(c.target, i);
    if (!is_free(c) || to >= all_.size() || to < i || !is_free(all_[to])) return {};
    if (!reduction_in(c.value) || !reduction_in(all_[to].value)) return {};
    Pair pair{i, to, {}};
    std::vector<Rows> of_channels;
    for (size_t d = 0; d < c.index.size(); ++d) {
      const std::optional<Rows> rows = along(c, all_[to], d);
      if (rows) (moves_constants(pair, *rows) ? of_channels : pair.dims).push_back(*rows);
    }
    if (channels) pair.dims.insert(pair.dims.end(), of_channels.begin(), of_channels.end());
    return pair.dims.empty() ? std::nullopt : std::optional(pair);
  }

  std::optional<Rows> along(const Computation& from, const Computation& to, size_t d) const {
    const Expr written = from.index[d];
    if (!written->is(Op::range) || !written->sources.empty()) return {};
    Rows rows{written, {}, 0, 0};
    for (Expr l : loads_in(to.value)) {
      if (l->attr.ints[0] == from.target && !fits(rows, to, l[d])) return {};
    }
    const bool is_whole = rows.read && rows.factor * extent_of(rows.read) == extent_of(written);
    return is_whole ? std::optional(rows) : std::nullopt;
  }

  /// Then blocks of it are channels: every block reads all that the kernel reads beside.
  bool moves_constants(const Pair& pair, const Rows& rows) const {
    return moves_constants(all_[pair.from], rows.written) ||
           moves_constants(all_[pair.to], rows.read);
  }
  bool moves_constants(const Computation& c, Expr r) const {
    const std::vector<Expr> loads = loads_in(c.value);
    return std::any_of(loads.begin(), loads.end(), [&](Expr l) {
      return draft_.buffers.at(l->attr.ints[0]).space == Space::weight && occurs(r, l);
    });
  }

  /// index = factor * r + rest, 0 <= rest < factor, for a range r of the consumer: the same each time.
  static bool fits(Rows& rows, const Computation& to, Expr index) {
    Affine rest = affine(index);
    for (const auto& [r, factor] : affine(index).terms) {
      if (std::find(to.ranges.begin(), to.ranges.end(), r) == to.ranges.end()) continue;
      if (rows.read && (rows.read != r || rows.factor != factor)) return false;
      rows.read = r;
      rows.factor = factor;
      std::erase_if(rest.terms, [&](const auto& t) { return t.first == r; });
    }
    Bounds bounds;
    const Interval in = bounds_of(rest, bounds);
    return rows.read && rows.read->sources.empty() && in.low >= 0 && in.high < rows.factor;
  }

  /// The largest block of at most `most` rows that divides them all; at least one.
  static int64_t block_within(const Rows& rows, double most) {
    const int64_t extent = extent_of(rows.read);
    auto block = std::clamp<int64_t>(static_cast<int64_t>(most), 1, extent);
    while (extent % block != 0) --block;
    return block;
  }

  /// How many rows of the consumer are a block, as many as the near cache holds: of one dimension.
  bool choose_rows(Pair& pair) const {
    const auto bytes = static_cast<double>(draft_.buffers.at(all_[pair.from].target).bytes());
    const double l2 = kOfL2 * static_cast<double>(draft_.target.l2_bytes),
                 left = l2 - weight_bytes(draft_, all_[pair.from].value) -
                        weight_bytes(draft_, all_[pair.to].value);
    pair.dims.resize(1);
    Rows& rows = pair.dims[0];
    const int64_t extent = extent_of(rows.read);
    const double most = left * static_cast<double>(extent) / bytes;
    if (bytes <= 2 * l2 || most < 1) return false;
    rows.block = block_within(rows, most);
    return rows.block < extent &&
           turns_of(all_[pair.to].ranges) / extent * rows.block >= kLeastElements;
  }

  /// The same for what a group of a device's items shares: of as many dimensions as it takes, and so many
  /// that there are groups enough.
  bool choose_tile(Pair& pair) const {
    auto bytes = static_cast<double>(draft_.buffers.at(all_[pair.from].target).bytes());
    const double most = kOfShared * static_cast<double>(draft_.target.shared_bytes);
    int64_t groups = 1;
    for (size_t d = 0; d < pair.dims.size(); ++d) {
      Rows& rows = pair.dims[d];
      const int64_t extent = extent_of(rows.read);
      rows.block = block_within(rows, std::min(most / bytes * static_cast<double>(extent),
                                               static_cast<double>(extent * groups / kGroups)));
      if (moves_constants(pair, rows) && rows.block % kChannels != 0) return false;
      groups *= extent / rows.block;
      bytes = bytes / static_cast<double>(extent) * static_cast<double>(rows.block);
      if (bytes <= most) pair.dims.resize(d + 1);
    }
    return bytes <= most && groups > 1 && suits_blocks(pair);
  }

  /// What each block reads again has to stay in the second cache.
  bool suits_blocks(const Pair& pair) const {
    std::vector<Expr> written, read;
    for (const Rows& rows : pair.dims) {
      written.push_back(rows.written);
      read.push_back(rows.read);
    }
    return turns_of(reduction_ranges(all_[pair.from].value)) <= kMostTerms &&
           bytes_apart(all_[pair.from], written) + bytes_apart(all_[pair.to], read) <=
               static_cast<double>(draft_.target.l2_bytes);
  }

  /// Bytes of what a sum reads that moves with none of the ranges.
  double bytes_apart(const Computation& c, const std::vector<Expr>& ranges) const {
    double bytes = 0;
    for (Expr l : loads_in(c.value)) {
      if (std::ranges::none_of(ranges, [&](Expr r) { return occurs(r, l); }))
        bytes += static_cast<double>(draft_.buffers.at(l->attr.ints[0]).bytes());
    }
    return bytes;
  }

  /// The consumer reads each element where it writes its own: a residual sum. Then one item computes a tile
  /// of both, of some channels and of the last other dimension; nothing is read twice.
  void join_twins(Pair pair) {
    const Computation& to = all_[pair.to];
    const auto same_place = [&](Expr i) { return i->is(Op::constant); };
    const auto constant = static_cast<size_t>(std::ranges::count_if(to.index, same_place));
    if (pair.dims.size() < 2 || pair.dims.size() + constant != to.index.size()) return;
    for (const Rows& rows : pair.dims) {
      if (rows.factor != 1 || std::ranges::find(to.index, rows.read) == to.index.end()) return;
    }
    Rows &channels = pair.dims.back(), &last = pair.dims[pair.dims.size() - 2];
    if (!moves_constants(pair, channels) || moves_constants(pair, last) || !may_move(pair)) return;
    for (Rows& rows : pair.dims) rows.block = 1;
    for (const int64_t count : {16, 8}) {
      const int64_t others = block_within(last, static_cast<double>(kTwinElements / count));
      if (extent_of(channels.read) % count != 0 || others * count <= last.block * channels.block)
        continue;
      last.block = others;
      channels.block = count;
    }
    if (channels.block == 1) return;
    cut(pair);
    all_[pair.from].by_items = all_[pair.to].by_items = true;
    users_.move(pair.from, pair.to);
  }

  void cut(const Pair& pair) {
    Computation &from = all_[pair.from], &to = all_[pair.to];
    for (const Rows& rows : pair.dims) {
      from.outermost.push_back(cut_range(from, rows.written, rows.block * rows.factor));
      to.outermost.push_back(cut_range(to, rows.read, rows.block));
    }
    from.chain = to.chain = from.target;
  }

  void block(Pair pair) {
    const bool device = draft_.target.is_device();
    if (!may_move(pair) || !(device ? choose_tile(pair) : choose_rows(pair))) return;
    cut(pair);
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
