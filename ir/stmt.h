// The ordered half of the IR: buffers with layouts, and the statements of a kernel. Statements are
// an immutable tree; a scheduling move maps a tree to a new tree. All indices are logical (one a
// dimension of the buffer's shape); what they mean in memory is the layout's business alone.
#pragma once

#include <memory>

#include "ir/node.h"

namespace tinycc {

/// Where a buffer lives.
enum class Space : uint8_t {
  input,
  output,
  state,   // the caller's
  weight,  // constants in the image
  arena,   // the caller's scratch memory, planned
  local,   // a small array of the kernel
  shared,  // a small array of a work-group
  reg,     // local, small, meant for registers: all indices become literals
};
std::string_view name_of(Space space);

/// One axis of memory: index (i[dim] / div) % mod (mod 0: no wrap), shifted by lo. Its extent covers
/// the dimension, plus lo elements of halo before, hi behind, plus `pad` that nobody reads.
/// Blocking NCHWc is {c,div 16} … {c,mod 16}; a ring of n rows is {y, mod n}.
struct Axis {
  int64_t dim = 0;
  int64_t div = 1;
  int64_t mod = 0;
  int64_t lo = 0, hi = 0, pad = 0;
  friend bool operator==(const Axis&, const Axis&) = default;
};

struct Layout {
  std::vector<Axis> axes;  // outermost first
  friend bool operator==(const Layout&, const Layout&) = default;

  static Layout row_major(size_t rank);
  /// Dimensions in this order, outermost first.
  static Layout of_order(const std::vector<int64_t>& dims);
  /// Physical extents for a buffer of this logical shape.
  std::vector<int64_t> extents(const std::vector<int64_t>& shape) const;
  /// Physical index of a logical one.
  std::vector<int64_t> place(const std::vector<int64_t>& index) const;
  std::vector<Expr> place(const std::vector<Expr>& index) const;
  bool has_halo() const;
  /// Logical indices [first, second) of dimension `dim` of this extent that have a place: the halo
  /// counts, a ring's own wrapping does not.
  std::pair<int64_t, int64_t> reach(int64_t dim, int64_t extent) const;
};

struct Buffer {
  int64_t id = 0;
  std::string name;  // unique in a kernel, and in a program
  DType dtype = DType::f32;
  std::vector<int64_t> shape;  // logical bounds
  Layout layout;
  Space space = Space::arena;
  double halo_value = 0;    // what the halo of the layout holds, where it has one
  int64_t image_axes = -1;  // of an image (image.h): so many axes number its rows; -1: none
  std::string alias;        // what it stores, for people: "relu(conv2d(…))", a weight's own name

  int64_t elements() const;  // in memory, halo and padding included
  int64_t bytes() const;
  bool is_image() const { return image_axes >= 0; }
};
using BufferRef = std::shared_ptr<const Buffer>;

enum class StmtKind : uint8_t { seq, loop, alloc, store, barrier };
/// vector: all lanes at once, no lane reads what another writes. thread, group, lane: parallel; a group
/// has lanes (groups.h). matrix: parallel, by a whole warp, or summed up by it. idiom: in order, one of
/// the forms of idiom.h, for which the CPU may have instructions. meet: summed up by a whole group.
enum class LoopKind : uint8_t { serial, unroll, vector, thread, group, lane, matrix, idiom, meet };
std::string_view name_of(LoopKind kind);

struct Stmt;
using StmtRef = std::shared_ptr<const Stmt>;

/// seq: body, in order. loop: body[0] for each value of range. alloc: declares `buffer` for the rest
/// of the enclosing seq, its contents undefined. store: buffer[index] = value; an accumulation is a
/// store of a sum that loads the same element. barrier: all members of the group arrive; up to
/// `outstanding` asynchronous copies may still be under way.
struct Stmt {
  StmtKind kind = StmtKind::seq;
  std::vector<StmtRef> body;
  Expr range;
  LoopKind loop = LoopKind::serial;
  BufferRef buffer;
  std::vector<Expr> index;
  Expr value;
  int64_t outstanding = 0;
};

StmtRef seq(std::vector<StmtRef> body);  // flattens nested seqs; one statement stays itself
StmtRef loop(Expr range, StmtRef body, LoopKind kind = LoopKind::serial);
StmtRef alloc(BufferRef buffer);
StmtRef store(BufferRef buffer, std::vector<Expr> index, Expr value);
StmtRef barrier(int64_t outstanding = 0);

/// Loads element `index` of a buffer.
Expr load(Pool& pool, const Buffer& buffer, std::vector<Expr> index);
/// Loops over `ranges`, outermost first.
StmtRef loops(const std::vector<Expr>& ranges, StmtRef body);

/// Extent and id of a range node.
inline int64_t extent_of(Expr range) { return range->attr.ints[1]; }
inline int64_t id_of(Expr range) { return range->attr.ints[0]; }

/// Rebuilds an expression bottom-up; `change` sees each node with its new sources and returns its
/// replacement (or the node itself).
Expr rewrite_expr(Expr e, const std::function<Expr(Expr)>& change);
/// Replaces nodes by others: ranges by expressions, loads by values.
Expr substitute(Expr e, const std::vector<std::pair<Expr, Expr>>& replacements);
StmtRef substitute(const StmtRef& s, const std::vector<std::pair<Expr, Expr>>& replacements);
/// Rebuilds a tree: `change` is applied to every expression in it (indices and values).
StmtRef map_exprs(const StmtRef& s, const std::function<Expr(Expr)>& change);
/// The same statement around other parts.
StmtRef with_body(const StmtRef& s, std::vector<StmtRef> body);
/// Rebuilds a tree bottom-up: `change` sees each statement with its new parts.
StmtRef rewrite_stmt(const StmtRef& s, const std::function<StmtRef(const StmtRef&)>& change);
/// Pre-order walk over all statements.
void walk(const StmtRef& s, const std::function<void(const Stmt&)>& visit);
/// Calls visit(buffer id, index, is a store) for each access that a store makes: its own, then the loads.
template <typename Visit>
void visit_accesses(const Stmt& store, const Visit& visit) {
  visit(store.buffer->id, store.index, true);
  std::vector<Expr> roots = store.index;
  roots.push_back(store.value);
  for (Expr e : topological(roots)) {
    if (e->is(Op::load)) visit(e->attr.ints[0], e->sources, false);
  }
}
/// The same of every store in a statement.
template <typename Visit>
void visit_accesses(const StmtRef& s, const Visit& visit) {
  walk(s, [&](const Stmt& part) {
    if (part.kind == StmtKind::store) visit_accesses(part, visit);
  });
}
/// Has it a loop of this kind?
bool has_loop(const StmtRef& s, LoopKind kind);
/// Turns of all these loops together, at most.
int64_t turns_of(const std::vector<Expr>& ranges);
/// Has it a loop whose extent is computed?
bool ends_early(const StmtRef& s);

}  // namespace tinycc
