// Movement by numbers that only a run knows, into a shape that is known beforehand: each element is
// fetched from where those numbers say. See tensor.h.
#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

Expr spread(Expr scalar, const Shape& shape) {
  return expand(reshape(scalar, Shape(shape.size(), Dim(1))), shape);
}

/// Index i into an axis of n elements continued by `mode`. (gather clamps: that is `edge`.)
Expr continued(Expr i, int64_t n, PadMode mode) {
  const auto extent = static_cast<double>(n);
  if (mode == PadMode::wrap) return i % extent;
  if (mode != PadMode::reflect) return i;
  const double period = n > 1 ? 2 * (extent - 1) : 1;
  const Expr there = i % period;
  return min(there, period - there);
}

}  // namespace

Expr slice_by(Expr x, const std::vector<Expr>& starts, const std::vector<Expr>& steps,
              const Shape& shape) {
  std::vector<Expr> where;
  for (size_t i = 0; i < shape.size(); ++i) {
    const Expr step = iota(*x->pool, shape, static_cast<int64_t>(i)) * spread(steps[i], shape);
    where.push_back(spread(starts[i], shape) + step);
  }
  return gather(x, where);
}

Expr pad_by(Expr x, const std::vector<Expr>& before, const Shape& shape, PadMode mode, Expr value) {
  std::vector<Expr> where;
  Expr inside;
  for (int64_t axis = 0; axis < x->rank(); ++axis) {
    const int64_t n = x->extent(axis);
    const Expr i = iota(*x->pool, shape, axis) - spread(before[static_cast<size_t>(axis)], shape);
    const Expr within = logical_not(lt(i, 0)) & lt(i, static_cast<double>(n));
    inside = inside ? inside & within : within;
    where.push_back(continued(i, n, mode));
  }
  const Expr all = gather(x, where);
  return mode == PadMode::constant && inside ? tinycc::where(inside, all, spread(value, shape))
                                             : all;
}

Expr choose(Expr key, const std::vector<std::pair<int64_t, Expr>>& choices) {
  Expr result = choices.back().second;
  for (size_t i = choices.size() - 1; i-- > 0;) {
    const Expr hit = eq(key, constant_int(*key->pool, key->dtype, choices[i].first));
    result = where(spread(hit, result->shape), choices[i].second, result);
  }
  return result;
}

}  // namespace tinycc
