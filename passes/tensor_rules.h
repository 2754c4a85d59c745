// Rewrite rules on tensors that patterns of operators cannot say, because they compute axes and
// shapes: a table of functions. What rules on elements there are: ir/rules.h.
//
// Three directions keep them from going in circles: an expand moves towards the outputs (so that
// everything is computed before it is repeated), a permute likewise (until it meets its inverse),
// and constants move together (until they are one).
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>

#include "ir/build.h"
#include "ir/graph.h"

namespace tinycc {

/// What rules may ask about the graph that they change. Nodes that rules made count as used once.
class GraphFacts {
 public:
  explicit GraphFacts(const Graph& graph);
  /// Depends on weights and numbers alone.
  bool is_constant(Expr e) const;
  bool is_used_once(Expr e) const;
  /// The users of `from` now use `to`.
  void note_replacement(Expr from, Expr to);

 private:
  mutable std::unordered_map<Expr, bool> constant_;
  std::unordered_map<Expr, int> uses_;
};

/// rewrite_graph() that keeps the facts true: `change` sees each node with its new sources.
void rewrite_graph(Graph& graph, GraphFacts& facts, const std::function<Expr(Expr)>& change);

/// exact: same bits. reassociates: another order of rounding, accepted unless --exact asks.
enum class Exactness : uint8_t { exact, reassociates };

struct TensorRule {
  std::string_view name;
  Exactness exactness;
  /// The node's replacement, or nothing when the rule does not apply.
  Expr (*apply)(Expr e, const GraphFacts& facts);
};

/// Movement ops and reductions (rules_movement.cc).
extern const std::vector<TensorRule> kMovementRules;
/// Expand and permute on their way through elementwise ops (rules_spread.cc).
extern const std::vector<TensorRule> kSpreadRules;
/// Factors and addends that are constants (rules_constants.cc).
extern const std::vector<TensorRule> kConstantRules;

// ---- shapes ----------------------------------------------------------------------------------

using Extents = std::vector<int64_t>;
Shape shape_of(const Extents& extents);

/// `e` before it was repeated: an expand's source, a constant with extents of 1, or `e` itself.
Expr core_of(Expr e);
/// Axis by axis the larger extent.
Shape joined(const Shape& a, const Shape& b);
/// A tensor of shape `small` can be expanded to `from`, and `from` reshaped to `to`. The shape of
/// the tensor that can be expanded to `to` with the same effect, if there is one.
std::optional<Shape> reshaped_core(const Shape& small, const Shape& from, const Shape& to);

}  // namespace tinycc
