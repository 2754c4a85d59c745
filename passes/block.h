// Chains of kernels on blocks: a stack of values that a sum reads, and the stack that reads the sums,
// are much larger than what they come from. Where they would leave the near caches the three kernels
// take turns over blocks of elements, and merge.h makes one of them that keeps a block at a time.
//
//   for t V[e,t] = …   for e t M[e,t] = Σ V[e,t]…   for t y[t] = … M[e,t]
//                                →  for b { for t in b V; for e, t in b M; for t in b y }
#pragma once

#include <set>

#include "passes/draft.h"

namespace tinycc {

/// Gives the computations of each such chain a common number, a split range and that as outermost.
void block_chains(Draft& draft);

/// The same for two sums, one of which alone reads the other by rows, a block of rows at a time:
/// what a depthwise convolution hands to a pointwise one, or a convolution to pooling, stays near.
///
///   for y P[y] = Σ…   for y C[y] = Σ P[s*y + 0…s-1]   →  for b { for y in b P; for y in b C }
///
/// On devices a group shares the block, which may also be one of channels, if what every block reads again
/// stays in the second cache; and where C reads P[y] alone, both are an item's.
void block_pairs(Draft& draft);

/// For devices: two sums of one tensor's elements become neighbours of one chain, which share no loop: an
/// item makes a tile of the one, then of the other, of which the operand is near.
void join_siblings(Draft& draft);

/// The computations of a draft, and which of them write or read a buffer: kept while they move.
class BufferUsers {
 public:
  explicit BufferUsers(Draft& draft);
  bool touches(size_t computation, int64_t buffer) const {
    return buffers_[computation].contains(buffer);
  }
  /// The only computation that touches a buffer beside number `but`; the number of all where there
  /// is none or several, or where the buffer is more than memory between the two.
  size_t only_other(int64_t buffer, size_t but) const;
  /// Moves computation `from` to just before place `to`, behind it.
  void move(size_t from, size_t to);

 private:
  Draft& draft_;
  std::vector<std::set<int64_t>> buffers_;                // by computation
  std::unordered_map<int64_t, std::set<size_t>> places_;  // by buffer
};

/// Bytes of the weights that an expression reads; of one that it reads at two places, twice.
double weight_bytes(const Draft& draft, Expr value);

}  // namespace tinycc
