// Rounds tensors and weights; see quantise.h. Which: rounding_points.cc.
#include "passes/quantise.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "ir/build.h"
#include "passes/numbers.h"

namespace tinycc {
namespace {

constexpr double kLeast = -128, kMost = 127;

/// The way to 8 bits.
struct Rounded {
  Expr q, real;
};
Rounded rounded(Expr x, ValueRange range) {
  const double low = std::min(range.low, 0.0), high = std::max(range.high, 0.0);
  const double step = static_cast<float>((high - low) / (kMost - kLeast)),
               scale = step > 0 ? step : 1,
               zero = std::clamp(std::nearbyint(kLeast - low / scale), kLeast, kMost);
  const Expr near = nearest(x / scale) + zero;
  const Expr q = cast(max(min(near, kMost), kLeast), DType::i8);
  return {q, cast(cast(q, DType::i32) - zero, DType::f32) * scale};
}

/// A constant operand of a product, below the movements that bring it there.
struct Moved {
  Expr base;
  std::vector<Expr> movements;  // outermost first
};
Moved below_movements(Expr e) {
  Moved m{e, {}};
  while (is_movement(m.base->op) && !m.base->is(Op::concat) && !m.base->is(Op::pad)) {
    m.movements.push_back(m.base);
    m.base = m.base[0];
  }
  return m;
}

Expr move_again(Expr e, const Moved& m) {
  for (size_t i = m.movements.size(); i-- > 0;) e = e->pool->with_sources(m.movements[i], {e});
  return e;
}

/// Axes of the weights that a sum does not run over: all weights of one index go into one output
/// channel. A number that tells the indices apart must then be the same for all terms of a sum.
std::vector<bool> output_axes(const Moved& m, Expr sum) {
  std::vector<bool> outputs;
  for (size_t d = 0; d < m.base->shape.size(); ++d) {
    Numbers n{Shape(m.base->shape.size(), Dim(1)), {}};
    n.shape[d] = m.base->shape[d];
    for (int64_t i = 0; i < n.shape[d].bound; ++i) n.values.push_back(static_cast<double>(i));
    std::optional<Numbers> there = n;
    for (size_t i = m.movements.size(); i-- > 0 && there;) there = moved(*there, m.movements[i]);
    outputs.push_back(there && kept(*there, sum));
  }
  return outputs;
}

/// Rows of the weights' elements that share a scale: by place in memory, the number of its scale.
struct Groups {
  Shape shape, split;  // of the scales, and of the weights beside: the axis in blocks is two axes
  std::vector<size_t> of;
  size_t count = 1;
};

Groups groups_of(Expr base, const std::vector<bool>& outputs, const WeightForm& form) {
  Groups g;
  size_t longest = base->shape.size();
  for (size_t d = 0; d < base->shape.size(); ++d) {
    if (!outputs[d] &&
        (longest == base->shape.size() || base->shape[d].bound > base->shape[longest].bound))
      longest = d;
  }
  for (size_t d = 0; d < base->shape.size(); ++d) {
    const Dim all = base->shape[d];
    const bool blocks = d == longest && form.block > 0 && all.bound % form.block == 0;
    if (blocks) {
      g.split.insert(g.split.end(), {Dim(all.bound / form.block), Dim(form.block)});
      g.shape.insert(g.shape.end(), {Dim(all.bound / form.block), Dim(1)});
    } else {
      g.split.push_back(all);
      g.shape.push_back(outputs[d] && form.per_channel ? all : Dim(1));
    }
  }
  g.count = static_cast<size_t>(count_of(g.shape));
  std::vector<int64_t> place(g.split.size(), 0);
  for (int64_t n = count_of(g.split); n > 0; --n) {
    size_t group = 0;
    for (size_t d = 0; d < place.size(); ++d)
      group = group * static_cast<size_t>(g.shape[d].bound) +
              (g.shape[d].bound == 1 ? 0 : static_cast<size_t>(place[d]));
    g.of.push_back(group);
    for (size_t d = place.size(); d-- > 0 && ++place[d] == g.split[d].bound;) place[d] = 0;
  }
  return g;
}

class Weights {
 public:
  Weights(Graph& graph, WeightForm form) : graph_(graph), constants_(graph), form_(form) {}

  /// A sum of products with constants?
  bool is_weighted(Expr e) const {
    return e->is(Op::reduce_add) && e[0]->is(Op::mul) && e->dtype == DType::f32 &&
           constants_.is_constant(e[0][0]) != constants_.is_constant(e[0][1]);
  }

  /// The sum with weights of few bits; the sum itself where they cannot be looked at, or are such.
  Expr change(Expr sum) {
    const bool first = constants_.is_constant(sum[0][0]);
    const Moved m = below_movements(sum[0][first ? 0 : 1]);
    const auto numbers = constants_.numbers(m.base);
    if (!numbers || has_narrow(m.base)) return sum;
    const Expr w = move_again(narrowed(m.base, *numbers, output_axes(m, sum)), m);
    const Expr x = sum[0][first ? 1 : 0];
    ++count;
    return reduce(Op::reduce_add, first ? w * x : x * w, sum->attr.ints);
  }

  int64_t count = 0;

 private:
  /// w ≈ scale * q, |q| <= 127 (of i4: 7).
  Expr narrowed(Expr base, const Numbers& numbers, const std::vector<bool>& outputs) {
    const Groups g = groups_of(base, outputs, form_);
    const Numbers all = joined(numbers, Numbers{base->shape, zeros(base)}, std::plus<>());
    Numbers scales{g.shape, std::vector<double>(g.count, 0)}, q{base->shape, {}};
    for (size_t i = 0; i < all.values.size(); ++i)
      scales.values[g.of[i]] = std::max(scales.values[g.of[i]], std::abs(all.values[i]));
    const double most = std::exp2(bits_of(form_.type) - 1) - 1;
    for (double& s : scales.values) s = s > 0 ? static_cast<float>(s / most) : 1;
    for (size_t i = 0; i < all.values.size(); ++i)
      q.values.push_back(
          std::clamp(std::nearbyint(all.values[i] / scales.values[g.of[i]]), -most, most));
    const std::string name = base->is(Op::weight) ? base->attr.name : "weight";
    const Expr narrow = Constants::make(graph_, q, form_.type, base->shape, name + ".q");
    const Expr scale = Constants::make(graph_, scales, DType::f32, g.split, name + ".scale");
    return cast(cast(narrow, DType::i32), DType::f32) * reshape(scale, base->shape);
  }

  static bool has_narrow(Expr e) {
    const std::vector<Expr> all = topological({e});
    return std::any_of(all.begin(), all.end(), [](Expr n) {
      return n->is(Op::weight) && is_integer(n->dtype) && bits_of(n->dtype) <= 8;
    });
  }
  static std::vector<double> zeros(Expr e) {
    return std::vector<double>(static_cast<size_t>(count_of(e->shape)), 0);
  }

  Graph& graph_;
  Constants constants_;
  WeightForm form_;
};

}  // namespace

void quantise(Graph& graph, const Rounding8& rounding, const std::vector<ValueRange>& ranges,
              bool per_channel) {
  std::unordered_map<Expr, ValueRange> range_of;
  for (size_t i = 0; i < ranges.size(); ++i) range_of[rounding.tensors[i]] = ranges[i];
  for (Expr e : rounding.shares) {  // whatever occurred
    ValueRange& range = range_of.at(e);
    if (range.low >= 0 && range.high <= 1) range = {0, 255.0 / 256};
  }
  const std::set<Expr, ById> sums(rounding.sums.begin(), rounding.sums.end());
  Weights weights(graph, {DType::i8, per_channel, 0});
  std::vector<Rounded> all;
  rewrite_graph(graph, [&](Expr original, Expr e) {
    if (sums.count(original) != 0) e = weights.change(e);
    const auto range = range_of.find(original);
    if (range == range_of.end()) return e;
    all.push_back(rounded(e, range->second));
    return all.back().real;
  });
  for (const Rounded& r :
       all) {  // the kernel that stores q is the node's, not the one that loads it
    const auto origin = graph.origins.find(r.real);
    if (origin == graph.origins.end()) continue;
    const Origin moved = origin->second;
    graph.origins.erase(origin);
    graph.origins.emplace(r.q, moved);
  }
}

int64_t quantise_weights(Graph& graph, const WeightForm& form) {
  Weights weights(graph, form);
  rewrite_graph(graph, [&](Expr e) { return weights.is_weighted(e) ? weights.change(e) : e; });
  return weights.count;
}

}  // namespace tinycc
