// Blocks of chains; see block.h.
#include "passes/block.h"

#include <algorithm>

#include "ir/simplify.h"
#include "passes/index.h"

namespace tinycc {
namespace {

constexpr double kOfL2 = 0.75;      // what a block of both stacks and the constants may take
constexpr double kOfConstants = 4;  // else blocks so large that reading those again matters little
constexpr int64_t kFewRows = 8;     // smaller blocks have no full tiles

/// An index as digits of mixed radix, the most significant first: range and factor.
using Digits = std::vector<std::pair<Expr, int64_t>>;

/// Empty where the index is no such number.
Digits digits_of(Expr index) {
  const Affine a = affine(index);
  Digits digits = a.terms;
  std::sort(digits.begin(), digits.end(),
            [](const auto& x, const auto& y) { return x.second > y.second; });
  int64_t factor = 1;
  for (size_t i = digits.size(); i-- > 0;) {
    const Expr r = digits[i].first;
    if (!r->is(Op::range) || !r->sources.empty() || digits[i].second != factor) return {};
    factor *= extent_of(digits[i].first);
  }
  return a.constant == 0 ? digits : Digits{};
}

/// The digits that every access of a buffer has in dimension d.
Digits common_digits(const Computation& c, int64_t buffer, size_t d) {
  std::vector<Expr> all;
  if (c.target == buffer) all.push_back(c.index[d]);
  for (Expr l : loads_in(c.value)) {
    if (l->attr.ints[0] == buffer) all.push_back(l[d]);
  }
  const bool same = std::all_of(all.begin(), all.end(), [&](Expr i) { return i == all[0]; });
  return same && !all.empty() ? digits_of(all[0]) : Digits{};
}

bool same_radix(const Digits& a, const Digits& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.second == y.second && extent_of(x.first) == extent_of(y.first);
  });
}

/// Stack, sums of it, stack of those: places in the draft's list.
struct Chain {
  size_t spread = 0, sum = 0, gather = 0;
  Digits spread_digits, gather_digits;
  Expr sum_range;
  double bytes = 0;  // of both buffers between
};

/// How the digits are cut: whole digits outermost, then one that is split in blocks of `size`.
struct Cut {
  size_t digit = 0;
  int64_t size = 0;
  int64_t elements = 0;  // in a block
};

/// The largest blocks of at most `most` elements that divide everything.
Cut cut_of(const Digits& digits, int64_t most) {
  Cut cut{0, extent_of(digits[0].first), digits[0].second * extent_of(digits[0].first)};
  for (size_t i = 0; i < digits.size(); ++i) {
    const auto& [range, factor] = digits[i];
    int64_t size = std::clamp<int64_t>(most / factor, 1, extent_of(range));
    while (extent_of(range) % size != 0) --size;
    if (size * factor < kFewRows) break;
    cut = {i, size, size * factor};
    if (factor <= most) break;
  }
  return cut;
}

class Blocking {
 public:
  explicit Blocking(Draft& draft) : draft_(draft), all_(draft.computations), users_(draft) {}

  void run() {
    for (size_t i = 0; i < all_.size(); ++i) {
      const std::optional<Chain> chain = chain_at(i);
      if (chain) block(*chain);
    }
  }

 private:
  /// The chain whose sums are number i.
  std::optional<Chain> chain_at(size_t i) const {
    const Computation& sum = all_[i];
    const Expr reduce = reduction_in(sum.value);
    if (!reduce || sum.loop >= 0) return {};
    Chain chain{all_.size(), i, users_.only_other(sum.target, i), {}, {}, {}, 0};
    if (chain.gather >= all_.size() || choosing_ranges(all_[chain.gather]).empty()) return {};
    for (Expr l : loads_in(reduce[0])) {
      chain.spread = users_.only_other(l->attr.ints[0], i);
      if (chain.spread < i && !choosing_ranges(all_[chain.spread]).empty() &&
          finds_digits(chain, l))
        return chain;
    }
    return {};
  }

  bool finds_digits(Chain& chain, Expr read) const {
    const Computation &spread = all_[chain.spread], &sum = all_[chain.sum],
                      &gather = all_[chain.gather];
    for (size_t d = 0; d < read->sources.size(); ++d) {
      const auto own = std::find(sum.index.begin(), sum.index.end(), read[d]);
      if (own == sum.index.end() || digits_of(read[d]).size() != 1) continue;
      chain.sum_range = read[d];
      chain.spread_digits = common_digits(spread, spread.target, d);
      chain.gather_digits =
          common_digits(gather, sum.target, static_cast<size_t>(own - sum.index.begin()));
      chain.bytes = bytes_of_buffer(spread.target) + bytes_of_buffer(sum.target);
      if (chain.spread_digits.size() > 1 && same_radix(chain.spread_digits, chain.gather_digits))
        return true;
    }
    return false;
  }

  double bytes_of_buffer(int64_t id) const {
    return static_cast<double>(draft_.buffers.at(id).bytes());
  }

  /// What a block may take: the near cache, with the constants, or enough to outweigh them.
  double budget_of(const Chain& chain) const {
    const double constants = weight_bytes(draft_, reduction_in(all_[chain.sum].value));
    const double near = kOfL2 * static_cast<double>(draft_.target.l2_bytes) - constants;
    const double few = kFewRows * chain.bytes / static_cast<double>(extent_of(chain.sum_range));
    return near >= few ? near : kOfConstants * constants;
  }

  void block(const Chain& chain) {
    const double budget = budget_of(chain);
    if (chain.bytes <= budget || !may_move(chain)) return;
    const int64_t elements = extent_of(chain.sum_range);
    const Cut cut =
        cut_of(chain.spread_digits,
               static_cast<int64_t>(budget * static_cast<double>(elements) / chain.bytes));
    if (cut.elements >= elements) return;
    apply(all_[chain.spread], chain.spread_digits, cut);
    apply(all_[chain.gather], chain.gather_digits, cut);
    Computation& sum = all_[chain.sum];
    sum.outermost = {cut_range(sum, chain.sum_range, cut.elements)};
    for (const size_t i : {chain.spread, chain.sum, chain.gather})
      all_[i].chain = all_[chain.sum].target;
    move_together(chain);
  }

  static void apply(Computation& c, const Digits& digits, const Cut& cut) {
    for (size_t i = 0; i < cut.digit; ++i) c.outermost.push_back(digits[i].first);
    const Expr last = digits[cut.digit].first;
    if (cut.size < extent_of(last)) c.outermost.push_back(cut_range(c, last, cut.size));
  }

  /// Nothing that the first two read may change before the third, which they move to.
  bool may_move(const Chain& chain) const {
    if (chain.spread > chain.sum || chain.sum > chain.gather) return false;
    for (size_t i = chain.spread + 1; i < chain.gather; ++i) {
      if (i == chain.sum) continue;
      if (all_[i].loop >= 0) return false;
      for (const size_t k : {chain.spread, chain.sum}) {
        if (users_.touches(k, all_[i].target)) return false;
      }
    }
    return all_[chain.spread].loop < 0 && all_[chain.gather].loop < 0;
  }

  void move_together(const Chain& chain) {
    users_.move(chain.sum, chain.gather);
    users_.move(chain.spread, chain.gather - 1);
  }

  Draft& draft_;
  std::vector<Computation>& all_;
  BufferUsers users_;
};

}  // namespace

void block_chains(Draft& draft) { Blocking(draft).run(); }

double weight_bytes(const Draft& draft, Expr value) {
  double bytes = 0;
  for (Expr l : loads_in(value)) {
    const Buffer& b = draft.buffers.at(l->attr.ints[0]);
    if (b.space == Space::weight) bytes += static_cast<double>(b.bytes());
  }
  return bytes;
}

BufferUsers::BufferUsers(Draft& draft) : draft_(draft) {
  for (const Computation& c : draft.computations) {
    buffers_.push_back({c.target});
    for (Expr l : loads_in(c.value)) buffers_.back().insert(l->attr.ints[0]);
    for (const int64_t b : buffers_.back()) places_[b].insert(buffers_.size() - 1);
  }
}

size_t BufferUsers::only_other(int64_t buffer, size_t but) const {
  const Buffer& b = draft_.buffers.at(buffer);
  const std::set<size_t>& places = places_.at(buffer);
  if (b.space != Space::arena || b.layout.has_halo() || places.size() != 2)
    return draft_.computations.size();
  return *places.begin() == but ? *places.rbegin() : *places.begin();
}

void BufferUsers::move(size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) {
    for (const int64_t b : buffers_[i]) places_[b].erase(i);
  }
  const auto rotate = [&](auto& list) {
    const auto at = [&](size_t i) { return list.begin() + static_cast<std::ptrdiff_t>(i); };
    std::rotate(at(from), at(from + 1), at(to));
  };
  rotate(draft_.computations);
  rotate(buffers_);
  for (size_t i = from; i < to; ++i) {
    for (const int64_t b : buffers_[i]) places_[b].insert(i);
  }
}

}  // namespace tinycc
