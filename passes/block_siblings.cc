// Sums that read one tensor, as one kernel of a device; see block.h.
#include <algorithm>

#include "passes/block.h"

namespace tinycc {
namespace {

constexpr int64_t kLeastElements = 4096;  // fewer, and a device has less to do at a time

class Siblings {
 public:
  explicit Siblings(Draft& draft) : draft_(draft), all_(draft.computations) {}

  void run() {
    for (size_t i = 0; i < all_.size(); ++i) {
      const size_t end = end_of_chain(i);
      const int64_t buffer = end > i && is_sum(i) ? summed_by(i) : -1;
      if (buffer < 0 || turns_of(all_[i].ranges) < kLeastElements) continue;
      for (size_t k = end; k < all_.size(); ++k) {
        if (is_sum(k) && all_[k].chain < 0 && summed_by(k) == buffer && may_move_up(k, i, end)) {
          join(i, k, end);
          break;
        }
      }
    }
  }

 private:
  bool is_sum(size_t i) const {
    const Computation& c = all_[i];
    return c.loop < 0 && !c.ordered && reduction_in(c.value);
  }

  /// The place behind computation i, or behind the pair that it begins; i, if it is elsewhere in a chain.
  size_t end_of_chain(size_t i) const {
    const int64_t chain = all_[i].chain;
    if (chain < 0) return i + 1;
    const auto in_chain = [&](size_t k) { return k < all_.size() && all_[k].chain == chain; };
    const bool begins = (i == 0 || all_[i - 1].chain != chain) && in_chain(i + 1);
    return begins && !in_chain(i + 2) ? i + 2 : i;
  }

  /// The tensor between kernels whose elements are summed up, the largest of them; -1: none.
  int64_t summed_by(size_t i) const {
    int64_t found = -1, most = 0;
    for (Expr l : loads_in(reduction_in(all_[i].value)[0])) {
      const Buffer& b = draft_.buffers.at(l->attr.ints[0]);
      if (b.space != Space::arena || b.bytes() <= most) continue;
      most = b.bytes();
      found = b.id;
    }
    return found;
  }

  bool reads(size_t i, int64_t buffer) const {
    const std::vector<Expr> loads = loads_in(all_[i].value);
    return std::ranges::any_of(loads, [&](Expr l) { return l->attr.ints[0] == buffer; });
  }

  /// Does nothing from `first` on, up to `from`, write what it reads, or (behind `to`) read what it writes?
  bool may_move_up(size_t from, size_t first, size_t to) const {
    for (size_t i = first; i < from; ++i) {
      if (all_[i].loop >= 0 || reads(from, all_[i].target) ||
          (i >= to && reads(i, all_[from].target)))
        return false;
    }
    return true;
  }

  void join(size_t i, size_t k, size_t end) {
    all_[k].chain = all_[i].chain = all_[i].target;
    if (end > i + 1) all_[i + 1].chain = all_[i].chain;
    const auto at = [&](size_t place) { return all_.begin() + static_cast<ptrdiff_t>(place); };
    std::rotate(at(end), at(k), at(k + 1));
  }

  Draft& draft_;
  std::vector<Computation>& all_;
};

}  // namespace

void join_siblings(Draft& draft) { Siblings(draft).run(); }

}  // namespace tinycc
