// See numbers.h.
#include "passes/numbers.h"

#include <algorithm>

#include "ir/eval.h"

namespace tinycc {
namespace {

constexpr int64_t kMostEvaluated = 1 << 20;  // elements of a constant that no rule takes apart

size_t at(int64_t i) { return static_cast<size_t>(i); }
bool is_one(const Dim& d) { return d.bound == 1; }

/// Calls visit(index) for each element of a shape, in memory order.
void for_each(const Shape& shape, const std::function<void(const Extents&)>& visit) {
  Extents index(shape.size(), 0);
  for (int64_t n = count_of(shape); n > 0; --n) {
    visit(index);
    for (size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d].bound;) index[d] = 0;
  }
}

/// The element at an index of the whole tensor.
double element(const Numbers& a, const Extents& index) {
  int64_t place = 0;
  for (size_t d = 0; d < index.size(); ++d)
    place = place * a.shape[d].bound + (is_one(a.shape[d]) ? 0 : index[d]);
  return a.values[at(place)];
}

/// Numbers of this shape; source(index) gives the index of each among those of `a`.
Numbers picked(const Numbers& a, Shape shape,
               const std::function<Extents(const Extents&)>& source) {
  Numbers result{std::move(shape), {}};
  for_each(result.shape, [&](const Extents& i) { result.values.push_back(element(a, source(i))); });
  return result;
}

Numbers repeated(const Numbers& a, const Shape& shape) {
  return picked(a, shape, [](const Extents& i) { return i; });
}

Numbers permuted(const Numbers& a, Expr e) {
  Shape shape;
  for (int64_t axis : e->attr.ints) shape.push_back(a.shape[at(axis)]);
  return picked(a, std::move(shape), [&](const Extents& i) {
    Extents source(i.size());
    for (size_t d = 0; d < i.size(); ++d) source[at(e->attr.ints[d])] = i[d];
    return source;
  });
}

Numbers sliced(const Numbers& a, Expr e) {
  Shape shape;
  for (size_t d = 0; d < a.shape.size(); ++d)
    shape.push_back(is_one(a.shape[d]) ? Dim(1) : e->shape[d]);
  return picked(a, std::move(shape), [&](Extents i) {
    for (size_t d = 0; d < i.size(); ++d)
      i[d] = e->attr.ints[2 * d] + i[d] * e->attr.ints[2 * d + 1];
    return i;
  });
}

std::optional<Numbers> reshaped(const Numbers& a, Expr e) {
  if (a.is_uniform()) return Numbers::uniform(e->shape.size(), a.first());
  if (const auto shape = reshaped_core(a.shape, e[0]->shape, e->shape))
    return Numbers{*shape, a.values};
  if (count_of(e->shape) > kMostEvaluated) return {};
  return Numbers{e->shape, repeated(a, e[0]->shape).values};
}

std::optional<Numbers> padded(const Numbers& a, Expr e) {
  for (size_t d = 0; d < a.shape.size(); ++d) {
    const bool pads = e->attr.ints[2 * d] != 0 || e->attr.ints[2 * d + 1] != 0;
    if (pads && !is_one(a.shape[d])) return {};
  }
  return a;
}

std::optional<Numbers> windowed(const Numbers& a, Expr e) {
  if (!is_one(a.shape[at(e->attr.ints[0])])) return {};
  Numbers result = a;
  result.shape.emplace_back(1);
  return result;
}

}  // namespace

bool Numbers::is_uniform() const {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
}
double Numbers::least() const { return *std::min_element(values.begin(), values.end()); }
double Numbers::most() const { return *std::max_element(values.begin(), values.end()); }

Numbers joined(const Numbers& a, const Numbers& b, const std::function<double(double, double)>& f) {
  Numbers result{joined(a.shape, b.shape), {}};
  for_each(result.shape,
           [&](const Extents& i) { result.values.push_back(f(element(a, i), element(b, i))); });
  return result;
}

Numbers mapped(Numbers a, const std::function<double(double)>& f) {
  for (double& v : a.values) v = f(v);
  return a;
}

std::optional<Numbers> moved(const Numbers& a, Expr e) {
  switch (e->op) {
    case Op::reshape: return reshaped(a, e);
    case Op::permute: return permuted(a, e);
    case Op::expand: return a;
    case Op::slice: return sliced(a, e);
    case Op::pad: return padded(a, e);
    case Op::window: return windowed(a, e);
    default: return {};
  }
}

Numbers summed(const Numbers& a, Expr e) {
  Shape all = a.shape, rest;
  double repeats = 1;
  const auto is_summed = [&](size_t d) {
    return std::count(e->attr.ints.begin(), e->attr.ints.end(), static_cast<int64_t>(d)) != 0;
  };
  for (size_t d = 0; d < all.size(); ++d) {
    if (!is_summed(d)) rest.push_back(all[d]);
    if (is_summed(d) && is_one(all[d])) repeats *= static_cast<double>(e[0]->shape[d].bound);
  }
  Numbers result{rest, std::vector<double>(at(count_of(rest)), 0)};
  for_each(all, [&](const Extents& i) {
    int64_t place = 0;
    for (size_t d = 0; d < i.size(); ++d) {
      if (!is_summed(d)) place = place * all[d].bound + i[d];
    }
    result.values[at(place)] += element(a, i) * repeats;
  });
  return result;
}

std::optional<Numbers> kept(const Numbers& a, Expr e) {
  if (a.is_uniform()) return Numbers::uniform(e->shape.size(), a.first());
  Numbers result{{}, a.values};
  for (size_t d = 0; d < a.shape.size(); ++d) {
    const bool is_summed =
        std::count(e->attr.ints.begin(), e->attr.ints.end(), static_cast<int64_t>(d)) != 0;
    if (is_summed && !is_one(a.shape[d])) return {};
    if (!is_summed) result.shape.push_back(a.shape[d]);
  }
  return result;
}

std::optional<Numbers> Constants::numbers(Expr e) {
  if (!is_static(e->shape) || count_of(e->shape) == 0 || !is_constant(e)) return {};
  if (const auto found = memo_.find(e); found != memo_.end()) return found->second;
  return memo_[e] = compute(e);
}

std::optional<Numbers> Constants::compute(Expr e) {
  if (e->is(Op::constant)) {
    const double value = is_float(e->dtype) ? number_of(e) : static_cast<double>(integer_of(e));
    return Numbers::uniform(e->shape.size(), value);
  }
  if (e->is(Op::weight)) return Numbers{e->shape, graph_.weights.at(e->attr.name).numbers()};
  if (is_elementwise(e->op)) return elementwise(e);
  if (is_movement(e->op) && !e->is(Op::pad) && !e->is(Op::concat)) {
    const auto source = numbers(e[0]);
    if (auto result = source ? moved(*source, e) : std::nullopt) return result;
  }
  return evaluated(e);
}

/// The op on unrepeated operands.
std::optional<Numbers> Constants::elementwise(Expr e) {
  std::vector<Numbers> operands;
  Shape shape(e->shape.size(), Dim(1));
  for (Expr s : e->sources) {
    const auto n = numbers(s);
    if (!n) return {};
    shape = joined(shape, n->shape);
    operands.push_back(*n);
  }
  Values leaves;
  std::vector<Expr> sources;
  for (size_t i = 0; i < operands.size(); ++i) {
    const std::string name = std::to_string(i);
    const DType type = e->sources[i]->dtype;
    leaves[name] =
        TensorData::of_numbers(type, bounds_of(shape), repeated(operands[i], shape).values);
    sources.push_back(input(*e->pool, name, type, shape));
  }
  const Expr small = e->pool->make(e->op, e->dtype, shape, std::move(sources), e->attr);
  return Numbers{shape, eval({small}, leaves)[0].numbers()};
}

std::optional<Numbers> Constants::evaluated(Expr e) const {
  Values weights;
  for (Expr n : topological({e})) {
    if (count_of(n->shape) > kMostEvaluated) return {};
    if (n->is(Op::weight)) weights.emplace(n->attr.name, graph_.weights.at(n->attr.name));
  }
  return Numbers{e->shape, eval({e}, weights)[0].numbers()};
}

Expr Constants::make(Graph& graph, const Numbers& numbers, DType dtype, const Shape& shape,
                     const std::string& wish) {
  if (numbers.is_uniform())
    return is_float(dtype)
               ? constant(*graph.pool, dtype, numbers.first(), shape)
               : constant_int(*graph.pool, dtype, static_cast<int64_t>(numbers.first()), shape);
  TensorData data = TensorData::of_numbers(dtype, bounds_of(numbers.shape), numbers.values);
  std::string name = wish;
  for (int n = 2; graph.weights.contains(name); ++n) {
    const TensorData& other = graph.weights.at(name);
    if (other.dtype == dtype && other.shape == data.shape && *other.bytes == *data.bytes) break;
    name = wish + "#" + std::to_string(n);
  }
  graph.weights.emplace(name, std::move(data));
  return expand(weight(*graph.pool, name, dtype, numbers.shape), shape);
}

}  // namespace tinycc
