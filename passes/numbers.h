// Numbers that come with a tensor and are mostly the same for all of its elements: scales, zero
// points and biases of quantised tensors. Kept unrepeated: along each axis there is one number, or
// one for each element. In: constant parts of a graph. Out: numbers, and what movement makes of them.
#pragma once

#include <optional>
#include <unordered_map>

#include "passes/tensor_rules.h"

namespace tinycc {

struct Numbers {
  Shape shape;  // the extents of a tensor, or 1
  std::vector<double> values;

  static Numbers uniform(size_t rank, double value) { return {Shape(rank, Dim(1)), {value}}; }
  bool is_uniform() const;  // whatever its shape
  double first() const { return values.at(0); }
  double least() const;
  double most() const;
  friend bool operator==(const Numbers&, const Numbers&) = default;
};

/// function(a, b), element by element; both belong to tensors of one shape.
Numbers joined(const Numbers& a, const Numbers& b, const std::function<double(double, double)>& f);
Numbers mapped(Numbers a, const std::function<double(double)>& f);
/// The numbers of a movement's result from those of its source; padding takes what is beside it.
/// Nothing where one number would have to become several.
std::optional<Numbers> moved(const Numbers& a, Expr movement);
/// The sum over the axes of a reduction.
Numbers summed(const Numbers& a, Expr reduction);
/// Are they the same along the axes that a reduction sums over? Then what its result has.
std::optional<Numbers> kept(const Numbers& a, Expr reduction);

/// The numbers of constant tensors.
class Constants {
 public:
  explicit Constants(const Graph& graph) : graph_(graph), facts_(graph) {}
  bool is_constant(Expr e) const { return facts_.is_constant(e); }
  /// Nothing for what is no constant, or too large to be looked at.
  std::optional<Numbers> numbers(Expr e);
  /// A new constant in the graph, expanded to the shape; `wish` begins its name.
  static Expr make(Graph& graph, const Numbers& numbers, DType dtype, const Shape& shape,
                   const std::string& wish);

 private:
  std::optional<Numbers> compute(Expr e);
  std::optional<Numbers> elementwise(Expr e);
  std::optional<Numbers> evaluated(Expr e) const;

  const Graph& graph_;
  GraphFacts facts_;
  std::unordered_map<Expr, std::optional<Numbers>> memo_;
};

}  // namespace tinycc
