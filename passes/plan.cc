// Memory planning; see plan.h.
#include "passes/plan.h"

#include <algorithm>
#include <functional>

#include "ir/image.h"

namespace tinycc {
namespace {

/// Buffers that share their memory in place, as one.
struct Block {
  std::vector<int64_t> buffers;
  int64_t bytes = 0, first = 0, last = 0, offset = 0;
};

int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

std::vector<Block> blocks_of(const std::vector<Lifetime>& lifetimes, int64_t align) {
  std::vector<Block> blocks;
  std::map<int64_t, size_t> block_of;
  for (const Lifetime& l : lifetimes) {  // in order of first: what is taken over comes before
    const auto found = block_of.find(l.in_place_of);
    const size_t k = found == block_of.end() ? blocks.size() : found->second;
    if (k == blocks.size()) blocks.push_back({{}, 0, l.first, l.last, 0});
    Block& b = blocks[k];
    b.buffers.push_back(l.buffer);
    b.bytes = std::max(b.bytes, round_up(l.bytes, align));
    b.last = std::max(b.last, l.last);
    block_of[l.buffer] = k;
  }
  return blocks;
}

/// Places each block at the lowest offset where it meets no placed block of its time.
int64_t place(std::vector<Block*> order) {
  std::vector<Block*> placed;
  int64_t total = 0;
  for (Block* b : order) {
    std::vector<const Block*> rivals;
    for (const Block* p : placed) {
      if (p->first <= b->last && b->first <= p->last) rivals.push_back(p);
    }
    std::sort(rivals.begin(), rivals.end(),
              [](const Block* x, const Block* y) { return x->offset < y->offset; });
    int64_t offset = 0;
    for (const Block* r : rivals) {
      if (offset + b->bytes <= r->offset) break;
      offset = std::max(offset, r->offset + r->bytes);
    }
    b->offset = offset;
    total = std::max(total, offset + b->bytes);
    placed.push_back(b);
  }
  return total;
}

int64_t working_set(const std::vector<Block>& blocks) {
  std::map<int64_t, int64_t> changes;  // of the sum, by step
  for (const Block& b : blocks) {
    changes[b.first] += b.bytes;
    changes[b.last + 1] -= b.bytes;
  }
  int64_t most = 0, sum = 0;
  for (const auto& [step, change] : changes) most = std::max(most, sum += change);
  return most;
}

using Less = std::function<bool(const Block*, const Block*)>;

const Less kOrders[] = {
    [](const Block* a, const Block* b) { return a->bytes > b->bytes; },
    [](const Block* a, const Block* b) {
      return a->bytes * (a->last - a->first + 1) > b->bytes * (b->last - b->first + 1);
    },
    [](const Block* a, const Block* b) { return a->last - a->first > b->last - b->first; },
    [](const Block* a, const Block* b) { return a->first < b->first; },
};

}  // namespace

Plan plan_memory(const std::vector<Lifetime>& lifetimes, int64_t align) {
  std::vector<Block> blocks = blocks_of(lifetimes, align);
  Plan plan;
  plan.bound = working_set(blocks);
  plan.bytes = -1;
  for (const Less& less : kOrders) {
    std::vector<Block*> order;
    for (Block& b : blocks) order.push_back(&b);
    std::sort(order.begin(), order.end(), [&](const Block* a, const Block* b) {
      return less(a, b) || (!less(b, a) && a < b);  // ties: in order of the blocks
    });
    const int64_t bytes = place(order);
    if (plan.bytes >= 0 && bytes >= plan.bytes) continue;
    plan.bytes = bytes;
    for (const Block& b : blocks) {
      for (const int64_t id : b.buffers) plan.offsets[id] = b.offset;
    }
  }
  plan.bytes = std::max<int64_t>(plan.bytes, 0);
  return plan;
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
