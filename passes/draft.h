// A graph on its way to a program: which tensor lies in which buffer, and what computes each buffer
// as an expression over loop ranges. Passes between fusion and scheduling read and change it.
#pragma once

#include <map>
#include <optional>

#include "ir/graph.h"
#include "ir/idiom.h"
#include "ir/program.h"

namespace tinycc {

/// A tensor lies in `buffer`, its element i at i + offset.
struct Stored {
  int64_t buffer = -1;
  std::vector<int64_t> offset;
};

/// For all values of `ranges`: target[index] = value. `value` holds loads (attr: buffer id) and
/// scalar reductions; every index is logical.
struct Computation {
  Expr node;                 // of the graph
  int64_t target = -1;       // buffer id
  std::vector<Expr> ranges;  // in the order of the tensor's dimensions; extents above 1 only
  std::vector<Expr> index;   // into the target
  Expr value;
  bool fills_halo = false;  // writes the frame around the target first
  bool ordered = false;     // stores to places that depend on data: in the order of its ranges
  int64_t loop = -1;        // id of the scan in whose body it stands; -1: none
  int64_t chain = -1;       // those of one number become one kernel that works on blocks; -1: none
  std::vector<Expr> outermost;  // ranges over these blocks
  bool by_items = false;        // of a device, each of which is an item's own
  Origin origin;
};

/// A scan as a loop of the host around the computations of its body.
struct HostLoop {
  Expr counter;
  int64_t parent = -1;
  int64_t until = -1;  // id of a scalar buffer: the loop ends after the turn that sets it
};

struct Draft {
  const Graph* graph = nullptr;
  std::shared_ptr<Pool> pool;
  Target target;
  std::map<int64_t, Buffer> buffers;
  std::unordered_map<Expr, Stored> stored;  // where tensors with memory lie
  std::unordered_map<Expr, Expr> dims;      // symbolic dimensions of the graph → scalars of kernels
  std::vector<Computation> computations;    // in an order that respects what they read
  std::map<std::string, TensorData> tables;  // constants that passes have made, by a buffer's alias
  std::map<int64_t, HostLoop> loops;         // by the scan's id; their computations are neighbours
};

/// Fuses and lowers a graph: one computation a tensor that gets memory (parts of a concatenation
/// compute straight into it).
Draft lower_graph(const Graph& graph, const Target& target);

/// Does the load read, in the arena, the very element that the computation writes, of a tensor of the
/// same form? Then the result can take over that memory.
bool reads_in_place(const Draft& draft, const Computation& computation, Expr load);

/// The numbers of a buffer of weights.
const TensorData& weight_of(const Draft& draft, const Buffer& weight);
/// A weight that a pass makes, row by row, called `name`, with a number behind where there is one already.
const Buffer& add_weight(Draft& draft, const std::string& name, const TensorData& values);
/// The product of two bytes, the second a weight; empty: it is none.
std::optional<ByteProduct> weighted_product(const Draft& draft, Expr product);

/// The ranges of the result as it lies in memory, outermost first; those without a place last.
std::vector<Expr> ranges_in_memory_order(const Draft& draft, const Computation& computation);
/// Windows are short and stand beside what they slide over; name_ranges() calls them k….
bool is_window(Expr reduced_range);
/// All loads in an expression, each once, in order of first visit.
std::vector<Expr> loads_in(Expr e);
/// All ranges bound by reductions in an expression, in order.
std::vector<Expr> reduction_ranges(Expr e);
/// The one reduction in an expression, or empty; a kernel never holds two.
Expr reduction_in(Expr e);

}  // namespace tinycc
