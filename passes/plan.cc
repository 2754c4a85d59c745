// Memory planning; see plan.h.
#include "passes/plan.h"

#include <algorithm>
#include <compare>
#include <functional>
#include <numeric>
#include <optional>

#include "ir/image.h"

namespace tinycc {
namespace {

/// Buffers that share their memory in place, as one.
struct Block {
  std::vector<int64_t> buffers;
  int64_t bytes = 0, first = 0, last = 0, offset = 0, accessed = 0;
  size_t memory = 0;
  double heat() const {
    return static_cast<double>(accessed) / static_cast<double>(std::max<int64_t>(bytes, 1));
  }
};

/// What a plan costs, the worst first: bytes beyond the memories, accesses of slower ones, bytes.
struct Score {
  int64_t excess = 0, slow = 0, bytes = 0;
  friend auto operator<=>(const Score&, const Score&) = default;
};

constexpr int kTries = 12;  // for each order

int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

class Planner {
 public:
  Planner(const std::vector<Lifetime>& lifetimes, int64_t align,
          const std::vector<Bank>& memories) {
    for (const Bank& m : memories) sizes_.push_back(m.size / align * align);
    if (memories.empty()) sizes_.push_back(INT64_MAX);
    std::map<int64_t, size_t> block_of;
    for (const Lifetime& l : lifetimes) {  // in order of first: what is taken over comes before
      const auto found = block_of.find(l.in_place_of);
      const size_t k = found == block_of.end() ? blocks_.size() : found->second;
      if (k == blocks_.size()) blocks_.push_back({{}, 0, l.first, l.last});
      Block& b = blocks_[k];
      b.buffers.push_back(l.buffer);
      b.bytes = std::max(b.bytes, round_up(l.bytes, align));
      b.last = std::max(b.last, l.last);
      b.accessed += l.accessed;
      block_of[l.buffer] = k;
      for (const auto& [read, lag] : l.over) {
        if (block_of.contains(read)) lags_[{block_of[read], k}] = round_up(lag, align);
      }
    }
    std::erase_if(lags_, [&](const auto& l) {
      return blocks_[l.first.first].last != blocks_[l.first.second].first;
    });
  }

  bool has_lags() const { return !lags_.empty(); }
  /// Steps that need no more than that write over nothing.
  void keep_apart(int64_t enough) {
    const std::map<int64_t, int64_t> sums = working_sets(false);
    std::erase_if(lags_, [&](const auto& l) {
      return std::prev(sums.upper_bound(blocks_[l.first.second].first))->second <= enough;
    });
  }
  int64_t bound() const {
    int64_t most = 0;
    for (const auto& [step, sum] : working_sets(true)) most = std::max(most, sum);
    return most;
  }
  std::pair<Score, Plan> best();

 private:
  using Order = std::vector<Block*>;
  Plan kept() const;
  std::map<int64_t, int64_t> working_sets(bool over) const;
  Score place(const Order& order);
  int64_t lowest(const Block& b, const std::vector<const Block*>& placed) const;
  Order::iterator worst(Order& order, const Score& score) const;
  std::pair<int64_t, int64_t> taken(const Block& by, const Block& b) const;
  const int64_t* lag(const Block& read, const Block& written) const {
    const auto found = lags_.find({static_cast<size_t>(&read - blocks_.data()),
                                   static_cast<size_t>(&written - blocks_.data())});
    return found == lags_.end() ? nullptr : &found->second;
  }

  std::vector<int64_t> sizes_, used_;  // of the memories
  std::vector<Block> blocks_;
  std::map<std::pair<size_t, size_t>, int64_t> lags_;  // of what is read, what is written over it
};

/// What the other block takes of the places where `b` could start: low < offset < high.
std::pair<int64_t, int64_t> Planner::taken(const Block& by, const Block& b) const {
  const int64_t *over = lag(by, b), *under = lag(b, by);
  return {by.offset - (over ? std::min(b.bytes, *over) : b.bytes),
          by.offset + (under ? std::min(by.bytes, *under) : by.bytes)};
}

/// The lowest offset in its memory where it meets no placed block of its time.
int64_t Planner::lowest(const Block& b, const std::vector<const Block*>& placed) const {
  std::vector<std::pair<int64_t, int64_t>> rivals;
  for (const Block* p : placed) {
    if (p->memory == b.memory && p->first <= b.last && b.first <= p->last)
      rivals.push_back(taken(*p, b));
  }
  std::sort(rivals.begin(), rivals.end());
  int64_t offset = 0;
  for (const auto& [low, high] : rivals) {
    if (low < offset && offset < high) offset = high;
  }
  return offset;
}

/// Places each block in the first memory that has room, or the last one.
Score Planner::place(const Order& order) {
  std::vector<const Block*> placed;
  used_.assign(sizes_.size(), 0);
  Score score;
  for (Block* b : order) {
    for (b->memory = 0;; ++b->memory) {
      b->offset = lowest(*b, placed);
      if (b->offset + b->bytes <= sizes_[b->memory] || b->memory + 1 == sizes_.size()) break;
    }
    used_[b->memory] = std::max(used_[b->memory], b->offset + b->bytes);
    score.slow += b->accessed * static_cast<int64_t>(b->memory);
    placed.push_back(b);
  }
  score.excess = std::max<int64_t>(used_.back() - sizes_.back(), 0);
  for (const int64_t bytes : used_) score.bytes += bytes;
  return score;
}

/// By the steps at which they change.
std::map<int64_t, int64_t> Planner::working_sets(bool over) const {
  std::map<int64_t, int64_t> sums, saved;
  for (const Block& b : blocks_) {
    sums[b.first] += b.bytes;
    sums[b.last + 1] -= b.bytes;
  }
  int64_t sum = 0;
  for (auto& [step, change] : sums) change = sum += change;
  if (!over) return sums;
  for (const auto& [pair, lag] : lags_) {
    const Block &read = blocks_[pair.first], &written = blocks_[pair.second];
    const int64_t both = std::max(read.bytes + std::max<int64_t>(lag, 0), written.bytes);
    int64_t& most = saved[written.first];
    most = std::max(most, read.bytes + written.bytes - both);
  }
  for (const auto& [step, bytes] : saved) sums[step] -= bytes;
  return sums;
}

using Less = std::function<bool(const Block*, const Block*)>;

const Less kOrders[] = {
    [](const Block* a, const Block* b) { return a->bytes > b->bytes; },
    [](const Block* a, const Block* b) {
      return a->bytes * (a->last - a->first + 1) > b->bytes * (b->last - b->first + 1);
    },
    [](const Block* a, const Block* b) { return a->last - a->first > b->last - b->first; },
    [](const Block* a, const Block* b) { return a->first < b->first; },
    [](const Block* a, const Block* b) { return a->first > b->first; },
    [](const Block* a, const Block* b) { return a->heat() > b->heat(); },
};
const Less& kHottest = std::end(kOrders)[-1];

/// What makes the plan bad: it lies at the far end of the last memory in use or, where all fits, has most
/// accesses of those that a faster memory could hold.
Planner::Order::iterator Planner::worst(Order& order, const Score& score) const {
  const auto slow = [&](const Block* b) {
    const bool fits = b->memory > 0 && b->bytes <= sizes_[b->memory - 1];
    return fits ? b->accessed * static_cast<int64_t>(b->memory) : 0;
  };
  const auto most = std::max_element(order.begin(), order.end(), [&](auto a, auto b) {
    return slow(a) < slow(b);
  });
  if (score.excess == 0 && slow(*most) > 0) return most;
  size_t last = used_.size() - 1;
  while (last > 0 && used_[last] == 0) --last;
  return std::find_if(order.begin(), order.end(), [&](const Block* b) {
    return b->memory == last && b->offset + b->bytes == used_[last];
  });
}

/// Each order, then what is worst before all others, again and again.
std::pair<Score, Plan> Planner::best() {
  std::optional<std::pair<Score, Plan>> best;
  for (const Less& less : kOrders) {
    if (&less == &kHottest && sizes_.size() == 1) continue;
    Order order;
    for (Block& b : blocks_) order.push_back(&b);
    std::sort(order.begin(), order.end(), [&](const Block* a, const Block* b) {
      return less(a, b) || (!less(b, a) && a < b);  // ties: in order of the blocks
    });
    for (int tries = 0; tries < kTries; ++tries) {
      const Score score = place(order);
      if (!best || score < best->first) best = {score, kept()};
      const auto last = order.empty() ? order.begin() : worst(order, score);
      if (last == order.begin()) break;
      std::rotate(order.begin(), last, last + 1);
    }
  }
  return *best;
}

Plan Planner::kept() const {
  Plan plan;
  plan.used = used_;
  for (const Block& b : blocks_) {
    const int64_t start = std::accumulate(
        used_.begin(), used_.begin() + static_cast<ptrdiff_t>(b.memory), int64_t{0});
    for (const int64_t id : b.buffers) plan.offsets[id] = start + b.offset;
  }
  plan.bytes = std::accumulate(used_.begin(), used_.end(), int64_t{0});
  return plan;
}

}  // namespace

Plan plan_memory(const std::vector<Lifetime>& lifetimes, int64_t align, int64_t enough,
                 const std::vector<Bank>& memories) {
  Planner planner(lifetimes, align, memories);
  const int64_t bound = planner.bound();
  auto [score, best] = planner.best();
  if (planner.has_lags()) {
    score.bytes = std::max(score.bytes, enough);
    planner.keep_apart(std::max(bound, enough));
    auto few = planner.best();
    if (few.first <= score) best = std::move(few.second);
  }
  best.bound = bound;
  return best;
}

Placed ImagePlan::place(const Buffer& b, int64_t first, int64_t last) {
  const ImageSize size = image_size(b);
  Image wanted{b.dtype, size.width, size.height};
  int64_t least = size.width * size.height;
  size_t best = images_.size();
  for (size_t i = 0; i < images_.size(); ++i) {
    const Image& now = images_[i];
    if (now.dtype != b.dtype || ends_[i] >= first) continue;
    const int64_t width = std::max(now.width, size.width),
                  height = std::max(now.height, size.height);
    const int64_t growth = width * height - now.width * now.height;
    if (growth >= least) continue;
    least = growth;
    best = i;
    wanted = {b.dtype, width, height};
  }
  images_.resize(std::max(images_.size(), best + 1));
  ends_.resize(images_.size());
  images_[best] = wanted;
  ends_[best] = last;
  return {std::make_shared<const Buffer>(b), -1, first, last, -1, static_cast<int64_t>(best)};
}

}  // namespace tinycc
