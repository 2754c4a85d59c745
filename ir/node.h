// The pure half of the IR: a hash-consed graph of nodes. The same node type says what a tensor is
// (before scheduling) and what one element is (inside a kernel, where every shape is scalar and
// indices are expressions over `range` nodes). Statements, buffers and kernels: stmt.h.
//
// SEMANTICS. Every op is total: each bit pattern of its sources gives one defined result.
//
//   Floats    Each op rounds once to the dtype, ties to even; NaN payloads are not defined. The
//             emitted C may contract a*b + c into one rounding, and a schedule may reassociate the
//             terms of a float reduction (never depending on the number of threads).
//   Integers  Wrap modulo 2^bits. div and mod floor, (-7) div 2 = -4, (-7) mod 2 = 1; by zero both
//             give 0. shl and shr by b outside [0, bits) give 0 (shr of a negative: -1); shr of a
//             signed value is arithmetic. Index arithmetic is i64 and proven free of overflow.
//   max, min  max(a, b) = a < b ? b : a: a NaN in `a` passes, one in `b` is dropped. relu(x) is
//             max(x, 0) and passes a NaN. reduce_max starts at -infinity (integers: the least).
//   lt, eq    IEEE: false when either is NaN. bool is 0 or 1; add on bool wraps like xor.
//   where     where(c, a, b): picks. A load in the branch not taken is not made, so its index may be
//             out of range.
//   exp …     Within the errors in ULP that the emitted kernels state; eval rounds the double.
//   cast      float → int: truncates towards zero, saturates at the ends, NaN gives 0; int → int
//             wraps; number → bool: x != 0; → float: nearest. bitcast keeps the bits.
//   reduce    Over the axes listed in the attribute (they vanish from the shape), or, on scalars,
//             over the ranges listed as sources after the body. An empty reduction is neutral.
//   pad       Outside its source a padded tensor is the scalar second source.
//   slice     out[i] = in[start + i*step]; negative steps run backwards. Always within the source.
//   window    out[…, o, …, k] = in[…, o*stride + k*dilation, …]; k is a new last axis.
//   gather    gather(data, i0, i1, …): one index tensor for each axis of data, all of the shape of
//             the result; out[p] = data[i0[p], i1[p], …]. Each index is clamped into its axis.
//   scatter   data with updates[p] stored (or combined: attribute) at (i0[p], i1[p], …), in
//             row-major order of p; an index outside its axis drops the update.
//   scan      for t in 0..extent: next_k and emit_k are expressions over carry(id, k) and the
//             range of the same id; get(scan, k) is the last value of carry k, get(scan, carries+j)
//             all values of emit j stacked along a new first axis. With an `until` source the loop
//             ends after the first step in which it is true; later rows of an emit are zero.
//   load      One element of a buffer at logical indices, which must lie within its shape (plus the
//             halo of its layout). Not hash-consed across stores: statements order them.
//   dim       A dimension with a value is symbolic: 0 <= value <= bound. Memory is planned for the
//             bound, loops run to the value, elements beyond are not defined. An input with a bound
//             (attribute) is a dimension that the caller gives, 1 <= input <= bound.
#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "ir/dtype.h"
#include "ir/error.h"

namespace tinycc {

enum class Op : uint8_t {
#define TCC_OP(name, op_class, least, most) name,
#include "ir/ops.def"
};

enum class OpClass : uint8_t {
  leaf,
  unary,
  binary,
  ternary,
  convert,
  reduce,
  movement,
  indexing,
  scan
};

/// What kind of type an op gives, from its sources' types (ops.def, third column).
enum class Result : uint8_t { same, same_float, same_int, boolean };

inline constexpr int kAny = 1 << 20;

std::string_view name_of(Op op);
OpClass class_of(Op op);
inline bool is_reduce(Op op) { return class_of(op) == OpClass::reduce; }
inline bool is_elementwise(Op op) {
  const OpClass c = class_of(op);
  return c == OpClass::unary || c == OpClass::binary || c == OpClass::ternary ||
         c == OpClass::convert;
}
inline bool is_movement(Op op) { return class_of(op) == OpClass::movement; }
/// The op that combines two values of a reduction: reduce_add → add.
Op combiner_of(Op reduce);

struct Node;
class Pool;

/// A node, as a value: compares by identity, is cheap to copy, may be empty.
class Expr {
 public:
  Expr() = default;
  Expr(const Node* node) : node_(node) {}  // NOLINT: implicit on purpose
  const Node* operator->() const { return node_; }
  const Node& operator*() const { return *node_; }
  const Node* get() const { return node_; }
  Expr operator[](size_t i) const;  // source i
  explicit operator bool() const { return node_ != nullptr; }
  friend bool operator==(Expr a, Expr b) { return a.node_ == b.node_; }

 private:
  const Node* node_ = nullptr;
};

/// One dimension: its extent, or the bound and the computed value of a symbolic one.
struct Dim {
  int64_t bound = 0;
  Expr value;  // empty: the extent is exactly `bound`

  Dim(int64_t extent = 0, Expr computed = {}) : bound(extent), value(computed) {}  // NOLINT
  bool is_static() const { return !value; }
  friend bool operator==(const Dim& a, const Dim& b) {
    return a.bound == b.bound && a.value == b.value;
  }
};
using Shape = std::vector<Dim>;

/// What an op needs besides its sources; which ops use which field stands beside their builders in
/// build.h. A constant's value is ints[0]: the integer, or the bits of a double.
struct Attr {
  std::vector<int64_t> ints;
  std::string name;
  friend bool operator==(const Attr&, const Attr&) = default;
};

struct Node {
  Op op;
  DType dtype;
  Shape shape;
  std::vector<Expr> sources;
  Attr attr;
  uint32_t id;  // order of creation within the pool: sources have smaller ids
  Pool* pool;
  mutable uint64_t walk = 0;  // the last one of topological() that came by

  Expr operator[](size_t i) const { return sources[i]; }
  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  const Dim& dim(int64_t axis) const { return shape[static_cast<size_t>(axis)]; }
  /// Of an axis whose length is fixed. Error(unsupported) for a symbolic one: ask dim().
  int64_t extent(int64_t axis) const;
  bool is(Op o) const { return op == o; }
};

/// Orders nodes of one pool by creation: containers that are walked must not depend on addresses.
struct ById {
  bool operator()(Expr a, Expr b) const;
};

inline Expr Expr::operator[](size_t i) const { return node_->sources[i]; }
inline bool ById::operator()(Expr a, Expr b) const { return a->id < b->id; }

/// Owns nodes and makes equal ones identical. Nodes live as long as their pool; ids depend only on
/// the sequence of calls, so that every run prints and emits the same.
class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// The node with these fields. No checking beyond the arity: builders (build.h) and the verifier
  /// check types and shapes.
  Expr make(Op op, DType dtype, Shape shape, std::vector<Expr> sources, Attr attr = {});
  /// The same node with other sources.
  Expr with_sources(Expr node, std::vector<Expr> sources);
  /// A number that no range, scan or buffer of this pool has yet.
  int64_t fresh_id() { return next_id_++; }
  size_t size() const { return nodes_.size(); }

 private:
  struct Hash {
    size_t operator()(const Node* n) const;
  };
  struct Same {
    bool operator()(const Node* a, const Node* b) const;
  };
  std::deque<Node> nodes_;
  std::unordered_set<const Node*, Hash, Same> unique_;
  int64_t next_id_ = 0;
};

/// A dimension that the caller gives: an input with a bound.
inline bool is_dim(Expr e) { return e->is(Op::input) && !e->attr.ints.empty(); }
/// "8", "seq<=512", "<=100".
std::string text_of(const Dim& dim);

/// Product of the bounds.
int64_t count_of(const Shape& shape);
/// The bounds alone.
std::vector<int64_t> bounds_of(const Shape& shape);
bool is_static(const Shape& shape);

/// Every node that `roots` reach, sources before users, each once, in an order that depends only on
/// the graph.
std::vector<Expr> topological(const std::vector<Expr>& roots);
/// Is `node` among what `in` is made of, or `in` itself?
bool occurs(Expr node, Expr in);

/// The nodes that are evaluated whatever conditions say: of a `where` only its condition. Loads are
/// among them, what computes their indices is not.
std::set<Expr, ById> certain_nodes(const std::vector<Expr>& roots);

}  // namespace tinycc

template <>
struct std::hash<tinycc::Expr> {
  size_t operator()(tinycc::Expr e) const noexcept { return std::hash<const void*>()(e.get()); }
};
