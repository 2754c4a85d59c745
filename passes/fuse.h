// Fusion: which tensors of a graph become buffers, and which are computed inside their users.
//
// In: a rewritten Graph. Out: the nodes to materialise; every other node is inlined where it
// is read. The decision is by counting: how often would an element of this node be evaluated if it
// were inlined, and what does one evaluation cost?
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "ir/graph.h"

namespace tinycc {

struct FuseOptions {
  bool halo = true;     // padding becomes a halo of the padded tensor's buffer (else: guards)
  bool guards = false;  // nor has that of an input, or where a halo would be much of the tensor
  bool stacks = true;  // parts of stacks are computed where they are read (else: each in its place)
  bool widens = false;  // what lies in f16 is widened where it is read (else: once, before)
};

/// Padding that the buffer of a tensor holds as a frame around it.
struct Halo {
  std::vector<int64_t> before, after;  // elements, by dimension
  double value = 0;
};

struct BufferChoice {
  std::vector<Expr> nodes;               // get a buffer of their own, in topological order
  std::unordered_map<Expr, Halo> halos;  // of those that have one
  std::unordered_set<Expr> framed_pads;  // pad nodes that are such a frame: read the source itself
  std::unordered_set<Expr> stacks;  // concatenations whose parts are computed where they are read
};

/// Inputs, weights and states are buffers already and are not listed.
BufferChoice choose_buffers(const Graph& graph, const FuseOptions& options);

/// Has a buffer without being computed by a kernel of its own: the model's inputs, weights and
/// states, what a loop carries and what it leaves behind.
inline bool is_stored_leaf(Expr e) {
  return (e->is(Op::input) && !is_dim(e)) || e->is(Op::weight) || e->is(Op::state) ||
         e->is(Op::carry) || e->is(Op::get);
}

/// Numbers, the same for all elements, that are made of symbolic dimensions: worth no memory.
std::unordered_set<Expr> lengths_in(const std::vector<Expr>& topological_order);

/// A concatenation of parts of one element each, all elementwise values or stacks themselves.
bool is_stack(Expr e);

/// Follows movement ops that only rename elements (reshape, permute, slice, expand) to their source.
Expr skip_views(Expr e);

}  // namespace tinycc
