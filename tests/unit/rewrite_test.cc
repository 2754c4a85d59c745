// Rewriting of graphs: random ones keep their outputs and use every rule of tensors; batch
// normalisation goes into weights; constant parts are computed, but nothing grows.
#include "passes/rewrite.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "ir/eval.h"
#include "passes/fold_constants.h"
#include "passes/tensor_rules.h"
#include "tests/unit/scalars.h"

using namespace tinycc;
using namespace tinycc::scalars;

namespace {

TensorData random_tensor(const Extents& shape, Random& random) {
  std::vector<double> values(static_cast<size_t>(count_of(shape)));
  for (double& v : values) v = 0.5 * static_cast<double>(pick(random, -8, 8));
  return TensorData::of_numbers(DType::f32, shape, values);
}

/// Tensors of any shape, from an input and a few weights, by random ops.
class Generator {
 public:
  Generator(Graph& graph, Random& random) : random_(random) {
    const Shape shape = shape_of({2, 3, 4});
    graph.inputs.push_back({"x", input(*graph.pool, "x", DType::f32, shape), ""});
    pool_.push_back(graph.inputs[0].node);
    for (const Extents& extents : {Extents{2, 3, 4}, Extents{3, 4}, Extents{1, 3, 1}, Extents{4}}) {
      const std::string name = "w" + std::to_string(graph.weights.size());
      graph.weights.emplace(name, random_tensor(extents, random));
      pool_.push_back(weight(*graph.pool, name, DType::f32, shape_of(extents)));
    }
    pool_.push_back(
        constant(*graph.pool, DType::f32, static_cast<double>(pick(random, -1, 1)), shape));
  }

  void grow() {
    const Expr a = any(), made = node(a);
    if (made && count_of(made->shape) <= 300) pool_.push_back(made);
  }
  Expr last() const { return pool_.back(); }

 private:
  Expr any() {
    const auto last = static_cast<int64_t>(pool_.size()) - 1;
    return pool_[static_cast<size_t>(pick(random_, 0, 2) == 0
                                         ? pick(random_, 0, last)
                                         : std::max<int64_t>(0, last - pick(random_, 0, 2)))];
  }

  /// Another tensor of the same shape, by repeating one if need be.
  Expr like(Expr a) {
    for (int i = 0; i < 20; ++i) {
      const Expr b = any();
      if (b->shape == a->shape && b->dtype == a->dtype && pick(random_, 0, 1) == 0) return b;
      if (b->rank() > a->rank()) continue;
      Shape shape(static_cast<size_t>(a->rank() - b->rank()), Dim(1));
      shape.insert(shape.end(), b->shape.begin(), b->shape.end());
      bool fits = true;
      for (size_t d = 0; d < shape.size(); ++d)
        fits &= shape[d] == Dim(1) || shape[d] == a->shape[d];
      if (fits) return expand(reshape(b, shape), a->shape);
    }
    return constant(*a->pool, a->dtype, static_cast<double>(pick(random_, 0, 2)), a->shape);
  }

  int64_t axis(Expr a) { return pick(random_, 0, a->rank() - 1); }

  Expr node(Expr a) {
    if (a->rank() == 0) return {};
    switch (pick(random_, 0, 21)) {
      case 0: return neg(a);
      case 1:
      case 2: return a + like(a);
      case 3:
      case 4: return a * like(a);
      case 5: return max(a, like(a));
      case 6: return a / constant(*a->pool, a->dtype, 2, a->shape);
      case 7:
      case 8: return permuted(a);
      case 9:
      case 10: return reshaped(a);
      case 11: return sliced(a);
      case 12: return padded(a);
      case 13: return window(a, axis(a), 1, pick(random_, 1, 2), 1);
      case 14: return concat({a, a}, axis(a));
      case 15: return concatenated_slices(a);
      case 16: return reduce(Op::reduce_max, a, {axis(a)});
      case 17: return reduce(Op::reduce_add, a, {axis(a)});
      case 18: return where(lt(a, like(a)), a, like(a));
      case 19: return pooled(a);
      case 20: return phases(a);
      default: return weighted(a);
    }
  }

  Expr permuted(Expr a) {
    Extents order;
    for (int64_t i = 0; i < a->rank(); ++i) order.insert(order.begin() + pick(random_, 0, i), i);
    return permute(a, order);
  }

  /// The maximum of 5 by 5 elements of the last two axes.
  Expr pooled(Expr a) {
    const int64_t rank = a->rank();
    if (rank < 2 || count_of(a->shape) > 60) return {};
    Extents frame(static_cast<size_t>(2 * rank), 0);
    std::fill(frame.end() - 4, frame.end(), 2);
    const Expr padded = pad(a, frame, constant(*a->pool, a->dtype, -9));
    const Expr rows = window(padded, rank - 2, 5, pick(random_, 1, 2), 1);
    return reduce(Op::reduce_max, window(rows, rank - 1, 5, pick(random_, 1, 2), 1),
                  {rank, rank + 1});
  }

  Expr reshaped(Expr a) {
    Extents shape = bounds_of(a->shape);
    const int64_t at = axis(a), extent = shape[static_cast<size_t>(at)];
    if (pick(random_, 0, 1) == 0 && extent % 2 == 0) {
      shape[static_cast<size_t>(at)] = 2;
      shape.insert(shape.begin() + at, extent / 2);
    } else if (pick(random_, 0, 1) == 0 && at > 0) {
      shape[static_cast<size_t>(at - 1)] *= extent;
      shape.erase(shape.begin() + at);
    } else {
      shape.insert(shape.begin() + at, 1);
    }
    return shape.size() > 5 ? Expr() : reshape(a, shape_of(shape));
  }

  Expr sliced(Expr a) {
    Extents starts, counts, steps;
    for (const Dim& d : a->shape) {
      const int64_t first = pick(random_, 0, d.bound - 1), last = pick(random_, 0, d.bound - 1);
      starts.push_back(pick(random_, 0, 1) == 0 ? 0 : first);
      const int64_t end = starts.back() == 0 ? d.bound - 1 : last;
      steps.push_back(end < starts.back() ? -1 : 1);
      counts.push_back(std::abs(end - starts.back()) + 1);
    }
    return slice(a, starts, counts, steps);
  }

  /// Every other element of an axis, then the others; of two axes, if both are even.
  Expr phases(Expr a) {
    Extents zeros(a->shape.size(), 0), counts = bounds_of(a->shape), steps(counts.size(), 1);
    std::vector<Extents> starts{zeros};
    for (size_t d = 0; d < counts.size() && starts.size() < 4; ++d) {
      if (counts[d] % 2 != 0) continue;
      counts[d] /= 2;
      steps[d] = 2;
      const size_t half = starts.size();
      for (size_t i = 0; i < half; ++i) {
        Extents other = starts[i];
        other[d] = 1;
        starts.push_back(other);
      }
    }
    std::vector<Expr> parts;
    for (const Extents& first : starts) parts.push_back(slice(a, first, counts, steps));
    return parts.size() == 1 ? Expr() : concat(parts, axis(a));
  }

  Expr padded(Expr a) {
    Extents amounts;
    for (int64_t i = 0; i < 2 * a->rank(); ++i) amounts.push_back(pick(random_, 0, 3) == 0 ? 1 : 0);
    return pad(a, amounts, constant(*a->pool, a->dtype, 0));
  }

  Expr concatenated_slices(Expr a) {
    const int64_t at = axis(a), extent = a->extent(at), cut = pick(random_, 0, extent);
    Extents zeros(a->shape.size(), 0), ones(a->shape.size(), 1), counts = bounds_of(a->shape);
    Extents starts = zeros, rest = counts;
    counts[static_cast<size_t>(at)] = cut;
    starts[static_cast<size_t>(at)] = cut;
    rest[static_cast<size_t>(at)] = extent - cut;
    return cut == extent
               ? Expr()
               : concat({slice(a, zeros, counts, ones), slice(a, starts, rest, ones)}, at);
  }

  /// A product with a weight matrix, scaled and shifted: what batch normalisation leaves.
  Expr weighted(Expr a) {
    const Expr w = like(a);
    Expr y = reduce(Op::reduce_add, a * w, {axis(a)});
    if (pick(random_, 0, 1) == 0) y = y + like(y);
    y = pick(random_, 0, 3) == 0 ? y / constant(*a->pool, a->dtype, 4, y->shape) : y * like(y);
    return y + like(y);
  }

  Random& random_;
  std::vector<Expr> pool_;
};

bool is_close(const TensorData& a, const TensorData& b, bool exact) {
  if (a.shape != b.shape || a.dtype != b.dtype) return false;
  for (int64_t i = 0; i < a.count(); ++i) {
    const double x = a.number(i), y = b.number(i);
    const bool same = x == y || (std::isnan(x) && std::isnan(y));
    if (!same && (exact || !(std::abs(x - y) <= 1e-4 * std::max(1.0, std::abs(x))))) return false;
  }
  return true;
}

size_t count_op(const Graph& graph, Op op) {
  size_t count = 0;
  for (Expr e : topological(graph.roots())) count += e->is(op) ? 1 : 0;
  return count;
}

/// A graph of one output.
struct Small {
  Graph graph;
  Random random{5};
  Expr x = input(*graph.pool, "x", DType::f32, shape_of({1, 3, 5, 5}));

  Small() { graph.inputs.push_back({"x", x, ""}); }
  Expr w(const std::string& name, const Extents& shape) {
    graph.weights.emplace(name, random_tensor(shape, random));
    return weight(*graph.pool, name, DType::f32, shape_of(shape));
  }
  /// Rewrites, and checks that the output stays what it was.
  void rewrite(Expr y, const RewriteOptions& options = {}) {
    graph.outputs.push_back({"y", y});
    const Values inputs{{"x", random_tensor({1, 3, 5, 5}, random)}};
    const TensorData before = eval(graph, inputs)[0];
    tinycc::rewrite(graph, options);
    CHECK(is_close(before, eval(graph, inputs)[0], options.exact));
  }
};

/// 3×3 convolution, 3 → 4 channels, without padding.
Expr convolution(Expr x, Expr w) {
  const Expr seen = permute(window(window(x, 2, 3, 1, 1), 3, 3, 1, 1), {0, 2, 3, 1, 4, 5});
  const Shape full = shape_of({1, 4, 3, 3, 3, 3, 3});
  const Expr data = expand(reshape(seen, shape_of({1, 1, 3, 3, 3, 3, 3})), full);
  const Expr weights = expand(reshape(w, shape_of({1, 4, 1, 1, 3, 3, 3})), full);
  return reduce(Op::reduce_add, data * weights, {4, 5, 6});
}

Expr by_channel(Expr vector, Expr like) {
  return expand(reshape(vector, shape_of({1, 4, 1, 1})), like->shape);
}

}  // namespace

TEST_CASE("rewrite: random graphs keep their outputs, and use every rule") {
  Random random(11);
  RuleCounts counts;
  for (int i = 0; i < 3000; ++i) {
    Graph graph;
    Generator generate(graph, random);
    for (int64_t n = pick(random, 2, 12); n > 0; --n) generate.grow();
    graph.outputs.push_back({"y", generate.last()});
    const Values inputs{{"x", random_tensor({2, 3, 4}, random)}};
    const TensorData before = eval(graph, inputs)[0];
    RewriteOptions options;
    options.exact = i % 3 == 0;
    for (const auto& [rule, count] : rewrite(graph, options)) counts[rule] += count;
    CAPTURE(i);
    CAPTURE(text_of(generate.last()));
    REQUIRE(is_close(before, eval(graph, inputs)[0], options.exact));
  }
  for (const auto* table : {&kMovementRules, &kSpreadRules, &kConstantRules}) {
    for (const TensorRule& rule : *table)
      CHECK_MESSAGE(counts[rule.name] > 0, rule.name, " is never used");
  }
}

TEST_CASE("rewrite: batch normalisation goes into weights and bias") {
  Small s;
  const Expr conv = convolution(s.x, s.w("conv.weight", {4, 3, 3, 3}));
  const Expr biased = conv + by_channel(s.w("conv.bias", {4}), conv);
  const Expr scale = s.w("bn.scale", {4}) / sqrt(s.w("bn.var", {4}) * s.w("bn.var", {4}) + 1e-5);
  s.rewrite(biased * by_channel(scale, conv) + by_channel(s.w("bn.shift", {4}), conv));
  CHECK(count_op(s.graph, Op::mul) == 1);
  CHECK(count_op(s.graph, Op::add) == 1);
  CHECK(s.graph.weights.size() == 2);
  CHECK(s.graph.weights.contains("conv.weight*bn.scale"));
}

TEST_CASE("rewrite: exact leaves batch normalisation alone") {
  Small s;
  const Expr conv = convolution(s.x, s.w("conv.weight", {4, 3, 3, 3}));
  s.rewrite(conv * by_channel(s.w("bn.scale", {4}), conv), {.exact = true});
  CHECK(count_op(s.graph, Op::mul) == 2);
}

TEST_CASE("rewrite: a convolution that others read keeps its scale") {
  Small s;
  const Expr conv = convolution(s.x, s.w("conv.weight", {4, 3, 3, 3}));
  s.rewrite(conv * by_channel(s.w("bn.scale", {4}), conv) + exp(conv * 0.001));
  CHECK(count_op(s.graph, Op::reduce_add) == 1);
}

TEST_CASE("rewrite: transposes around elementwise ops cancel") {
  Small s;
  const Expr nhwc = permute(s.x, {0, 2, 3, 1});
  s.rewrite(permute(max(nhwc, 0) + expand(s.w("b", {1, 1, 1, 3}), nhwc->shape), {0, 3, 1, 2}));
  CHECK(count_op(s.graph, Op::permute) == 0);
}

TEST_CASE("rewrite: constants that would grow stay as they are") {
  Small s;
  const Extents shape{1, 300, 25};
  s.graph.weights.emplace("q",
                          TensorData::of_integers(DType::i8, shape, std::vector<int64_t>(7500, 3)));
  const Expr q = cast(weight(*s.graph.pool, "q", DType::i8, shape_of(shape)), DType::f32);
  const Expr x = expand(reshape(s.x, shape_of({3, 1, 25})), shape_of({3, 300, 25}));
  s.rewrite(reduce(Op::reduce_add, x * expand(q, shape_of({3, 300, 25})), {2}));
  CHECK(s.graph.weights.contains("q"));
  CHECK(count_op(s.graph, Op::cast) == 1);
}

TEST_CASE("rewrite: index arithmetic on iota stays symbolic, tables of functions do not") {
  Small s;
  const Expr i = iota(*s.graph.pool, shape_of({1, 3, 5, 5}), 3);
  s.rewrite(where(lt(i / 2, 1), s.x, s.x * sin(cast(i, DType::f32))));
  CHECK(count_op(s.graph, Op::iota) == 1);
  CHECK(count_op(s.graph, Op::sin) == 0);
}
