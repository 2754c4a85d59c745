// Lengths that only a run knows, as numbers that shapes are made of. Scalars here are i64 nodes over
// constants and symbolic dimensions, simplified, so that equal lengths are the same node. See
// tensor.h.
#include <algorithm>

#include "compiler/tensor/tensor.h"
#include "ir/dims.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

size_t at(int64_t axis) { return static_cast<size_t>(axis); }

Expr number(Pool& pool, int64_t n) { return constant_int(pool, DType::i64, n); }

Expr spread(Expr scalar, const Shape& shape) {
  return expand(reshape(scalar, Shape(shape.size(), Dim(1))), shape);
}

/// Row-major position within axes [begin, end) of `shape`, counted in lengths, not bounds.
Expr position(Pool& pool, const Shape& shape, size_t begin, size_t end) {
  Expr flat = constant_int(pool, DType::i64, 0, shape);
  for (size_t i = begin; i < end; ++i) {
    flat = flat * spread(length_of(pool, shape[i]), shape) +
           iota(pool, shape, static_cast<int64_t>(i));
  }
  return flat;
}

/// Elements change their places in memory: each is fetched from where it was.
Expr fetched(Expr x, const Shape& shape, const std::vector<AxisGroup>& groups) {
  Pool& pool = *x->pool;
  std::vector<Expr> from(x->shape.size());
  for (const AxisGroup& g : groups) {
    Expr rest = position(pool, shape, g.to, g.to_end);
    for (size_t i = g.from_end; i-- > g.from;) {
      const Expr length = spread(length_of(pool, x->shape[i]), shape);
      from[i] = i == g.from ? rest : rest % length;
      rest = rest / length;
    }
  }
  return gather(x, from);
}

Expr length_of(Pool& pool, const Monomial& m) {
  Expr product = number(pool, m.coefficient);
  for (Expr base : m.bases) product = product * base;
  return product;
}

}  // namespace

std::optional<int64_t> known(Expr length) {
  return length->is(Op::constant) ? std::optional(integer_of(length)) : std::nullopt;
}

Expr length_of(Pool& pool, const Dim& dim) {
  return dim.is_static() ? number(pool, dim.bound) : dim.value;
}

Dim dim_of(Expr length) {
  const Expr value = simplify(length);
  if (const auto n = known(value)) return Dim(*n);
  const Interval all = bounds(value);
  if (!all.is_finite() || all.high > kMostElements)
    throw Error(ExitCode::unsupported, "a length has no bound that is known beforehand",
                "give the input's shape as numbers: --shape");
  return {std::max<int64_t>(all.high, 0), all.low < 0 ? simplify(max(value, 0)) : value};
}

Expr shape_tensor(Expr x) {
  std::vector<Expr> lengths;
  for (const Dim& d : x->shape) lengths.push_back(reshape(length_of(*x->pool, d), {Dim(1)}));
  return concat(lengths, 0);
}

Shape resolved_shape(Expr x, const std::vector<Expr>& lengths) {
  Shape shape;
  std::optional<size_t> open;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const Expr length = simplify(lengths[i]);
    if (known(length) == -1) open = open ? (refuse("two extents are -1"), open) : i;
    shape.push_back(known(length) == -1 ? Dim(1) : dim_of(length));
  }
  if (!open) return shape;
  const Monomial all = product_of(x->shape), rest = product_of(shape);
  const auto left = quotient(all, rest);
  if (left) {
    shape[*open] = dim_of(length_of(*x->pool, *left));
  } else {
    const Expr whole = length_of(*x->pool, all), part = length_of(*x->pool, rest);
    shape[*open] = dim_of(whole / part);
  }
  return shape;
}

Expr reshape_dims(Expr x, const Shape& shape) {
  if (is_static(x->shape) && is_static(shape))
    return count_of(x->shape) == count_of(shape)
               ? reshape(x, shape)
               : (refuse("cannot reshape " + text_of(x->shape) + " to " + text_of(shape)), x);
  const auto groups = axis_groups(x->shape, shape);
  if (!groups) {
    throw Error(ExitCode::unsupported,
                "a reshape of " + text_of(x->shape) + " to " + text_of(shape) +
                    ", which hold different numbers of elements in most runs",
                "give the input's shape as numbers: --shape");
  }
  expect_size(shape);
  return keeps_places(x->shape, shape) ? reshape(x, shape) : fetched(x, shape, *groups);
}

Expr cut(Expr x, int64_t axis, const Dim& dim) {
  Shape shape = x->shape;
  shape[at(axis)] = dim;
  std::vector<int64_t> attr;
  for (size_t i = 0; i < shape.size(); ++i) attr.insert(attr.end(), {0, 1});
  return x->shape == shape ? x : x->pool->make(Op::slice, x->dtype, shape, {x}, {attr, ""});
}

namespace {

/// Elements first + i * step of an axis.
Expr picked_along(Expr x, int64_t axis, Expr first, int64_t step, const Dim& count) {
  Shape shape = x->shape;
  shape[at(axis)] = count;
  std::vector<Expr> where;
  for (int64_t i = 0; i < x->rank(); ++i) where.push_back(iota(*x->pool, shape, i));
  where[at(axis)] = where[at(axis)] * static_cast<double>(step) + spread(first, shape);
  return gather(x, where);
}

/// Python's rule for a bound of a slice: from the end if negative, within the axis.
Expr clamped(Expr i, Expr length) {
  const Interval all = bounds(i);
  if (all.high < 0) return simplify(max(i + length, 0));
  if (all.low >= 0) return simplify(min(i, length));
  return simplify(min(max(where(lt(i, 0), i + length, i), 0), length));
}

}  // namespace

Expr slice_dim(Expr x, int64_t axis, Expr start, Expr end, int64_t step) {
  axis = axis_of(axis, x->rank());
  if (step == 0) refuse("a slice's step is 0");
  Pool& pool = *x->pool;
  const Dim& dim = x->dim(axis);
  const Expr n = length_of(pool, dim);
  const auto first = known(start), last = known(end);
  if (step < 0) {
    const bool whole = step == -1 && first && last && *first >= dim.bound - 1 && *last < -dim.bound;
    if (!whole)
      throw Error(ExitCode::unsupported, "a slice backwards along an axis of variable length",
                  "give the input's shape as numbers: --shape");
    return picked_along(x, axis, n - 1.0, -1, dim);
  }
  // What lies beyond the end cannot be named, so a far end is the end.
  const Expr from = clamped(start, n), to = last && *last >= dim.bound ? n : clamped(end, n);
  const auto size = static_cast<double>(step);
  Dim count = dim_of(max(to - from + (size - 1), 0) / size);
  const bool fixed_start = first && *first >= 0;
  if (!fixed_start && !known(from)) return picked_along(x, axis, from, step, count);
  const int64_t begin = fixed_start ? *first : *known(from);
  count.bound = std::clamp<int64_t>((dim.bound - begin + step - 1) / step, 0, count.bound);
  Shape shape = x->shape;
  std::vector<int64_t> attr;
  for (int64_t i = 0; i < x->rank(); ++i) {
    attr.insert(attr.end(), {i == axis ? begin : 0, i == axis ? step : 1});
  }
  shape[at(axis)] = count;
  if (x->shape == shape && begin == 0 && step == 1) return x;
  return pool.make(Op::slice, x->dtype, shape, {x}, {attr, ""});
}

Expr join_dims(const std::vector<Expr>& parts, int64_t axis) {
  Pool& pool = *parts[0]->pool;
  std::vector<Expr> ends;  // of each part in the result
  for (Expr p : parts) {
    const Expr length = length_of(pool, p->dim(axis));
    ends.push_back(simplify(ends.empty() ? length : ends.back() + length));
  }
  Shape shape = parts[0]->shape;
  shape[at(axis)] = dim_of(ends.back());
  expect_size(shape);
  const Expr here = iota(pool, shape, axis);
  Expr result;
  for (size_t k = parts.size(); k-- > 0;) {
    const Expr before = k == 0 ? number(pool, 0) : -ends[k - 1];
    const Expr part = picked_along(parts[k], axis, before, 1, shape[at(axis)]);
    result = result ? where(lt(here, spread(ends[k], shape)), part, result) : part;
  }
  return result;
}

Expr reversed_dim(Expr x, int64_t axis) {
  const Expr last = length_of(*x->pool, x->dim(axis)) - 1.0;
  return picked_along(x, axis, last, -1, x->dim(axis));
}

Expr last_of(Expr step, const Dim& dim) {
  return dim.is_static() ? Expr() : eq(step + 1.0, dim.value);
}

Expr count_of_dims(Pool& pool, const Shape& shape) { return length_of(pool, product_of(shape)); }

}  // namespace tinycc
