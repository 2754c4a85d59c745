// Gathering and scattering by index tensors, and what is made of them. See tensor.h.
#include <algorithm>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

size_t at(int64_t i) { return static_cast<size_t>(i); }

/// Every axis of the index tensors' shape as its own coordinate.
std::vector<Expr> coordinates(Pool& pool, const Shape& shape) {
  std::vector<Expr> result;
  for (size_t i = 0; i < shape.size(); ++i)
    result.push_back(iota(pool, shape, static_cast<int64_t>(i)));
  return result;
}

/// i64, and counted from the start: i < 0 means i + length.
Expr from_start(Expr indices, const Dim& dim) {
  if (!is_integer(indices->dtype)) refuse("indices are no integers");
  const Expr wide = cast(indices, DType::i64);
  if (kind_of(indices->dtype) == DKind::unsigned_int) return wide;
  if (wide->is(Op::constant) && integer_of(wide) >= 0) return wide;
  const Expr length = length_of(*wide->pool, dim);
  const Expr behind =
      wide + expand(reshape(length, Shape(wide->shape.size(), Dim(1))), wide->shape);
  if (wide->is(Op::constant)) {
    return dim.is_static() ? constant_like(wide, static_cast<double>(integer_of(wide) + dim.bound))
                           : behind;
  }
  return where(lt(wide, 0), behind, wide);
}

/// The coordinates that the last axis of `indices` [outer…, k] lists, for data axes first …
/// first + k - 1; the axes before are the batch, those behind run over `inner`.
std::vector<Expr> listed(Expr data, Expr indices, int64_t batch, Shape& result) {
  const int64_t k = indices->extent(indices->rank() - 1), outer = indices->rank() - 1;
  if (batch + k > data->rank()) refuse("an index tuple is longer than the tensor's rank");
  result.assign(indices->shape.begin(), indices->shape.end() - 1);
  result.insert(result.end(), data->shape.begin() + batch + k, data->shape.end());
  expect_size(result);
  Pool& pool = *data->pool;
  std::vector<Expr> where;
  for (int64_t i = 0; i < batch; ++i) where.push_back(iota(pool, result, i));
  for (int64_t i = 0; i < k; ++i) {
    Shape shape = result;
    std::fill(shape.begin() + outer, shape.end(), Dim(1));
    const Expr index = from_start(pick(indices, -1, i), data->dim(batch + i));
    where.push_back(expand(reshape(index, shape), result));
  }
  for (int64_t i = batch + k; i < data->rank(); ++i) {
    where.push_back(iota(pool, result, outer + i - batch - k));
  }
  return where;
}

}  // namespace

Expr gather_axis(Expr x, Expr indices, int64_t axis) {
  axis = axis_of(axis, x->rank());
  Shape shape(x->shape.begin(), x->shape.begin() + axis), spread(at(axis), Dim(1));
  for (const Shape& part : {indices->shape, Shape(x->shape.begin() + axis + 1, x->shape.end())}) {
    shape.insert(shape.end(), part.begin(), part.end());
  }
  spread.insert(spread.end(), indices->shape.begin(), indices->shape.end());
  spread.resize(shape.size(), Dim(1));
  expect_size(shape);
  std::vector<Expr> where;
  for (int64_t i = 0; i < x->rank(); ++i) {
    const int64_t place = i < axis ? i : i + indices->rank() - 1;
    where.push_back(i == axis ? expand(reshape(from_start(indices, x->dim(axis)), spread), shape)
                              : iota(*x->pool, shape, place));
  }
  return gather(x, where);
}

Expr gather_elements(Expr x, Expr indices, int64_t axis) {
  axis = axis_of(axis, x->rank());
  if (indices->rank() != x->rank()) refuse("indices and data differ in rank");
  std::vector<Expr> where = coordinates(*x->pool, indices->shape);
  where[at(axis)] = from_start(indices, x->dim(axis));
  return gather(x, where);
}

Expr gather_nd(Expr x, Expr indices, int64_t batch_axes) {
  if (indices->rank() < 1 || batch_axes < 0 || batch_axes >= indices->rank())
    refuse("bad batch_dims");
  Shape result;
  const std::vector<Expr> where = listed(x, indices, batch_axes, result);
  return gather(x, where);
}

Expr scatter_elements(Expr x, Expr indices, Expr updates, int64_t axis,
                      const std::string& combine) {
  axis = axis_of(axis, x->rank());
  if (indices->rank() != x->rank()) refuse("indices and data differ in rank");
  std::vector<Expr> where = coordinates(*x->pool, indices->shape);
  where[at(axis)] = from_start(indices, x->dim(axis));
  return scatter(x, updates, where, combine);
}

Expr scatter_nd(Expr x, Expr indices, Expr updates, const std::string& combine) {
  if (indices->rank() < 1) refuse("indices are a scalar");
  Shape result;
  const std::vector<Expr> where = listed(x, indices, 0, result);
  if (updates->shape != result)
    refuse("updates have shape " + text_of(updates->shape) + ", not " + text_of(result));
  return scatter(x, updates, where, combine);
}

Expr one_hot(Expr indices, int64_t depth, Expr off, Expr on, int64_t axis) {
  axis = axis_of(axis, indices->rank() + 1);
  const Expr hot = unsqueeze(from_start(cast(indices, DType::i64), Dim(depth)), {axis});
  Shape shape = hot->shape;
  shape[at(axis)] = Dim(depth);
  expect_size(shape);
  return select(eq(expand(hot, shape), iota(*indices->pool, shape, axis)), on, off);
}

/// A scan along the axis: total = total + x[t], or *; each total is emitted.
Expr cumulative(Op combine, Expr x, int64_t axis, bool exclusive, bool reversed) {
  axis = axis_of(axis, x->rank());
  Pool& pool = *x->pool;
  const Expr rows = move_axis(reversed ? reverse(x, axis) : x, axis, 0);
  const int64_t id = pool.fresh_id(), extent = rows->dim(0).bound;
  const Expr step = counter(pool, id, extent);
  const Shape shape(rows->shape.begin() + 1, rows->shape.end());
  const Expr total = carry(pool, id, 0, x->dtype, shape);
  const Expr next = binary(combine, total, gather_axis(rows, step, 0));
  const Expr start =
      expand(reshape(neutral_of(combine, x->dtype, pool), Shape(shape.size(), Dim(1))), shape);
  const Expr all = scan(pool, id, extent, {start}, {next}, {exclusive ? total : next},
                        last_of(step, rows->dim(0)));
  const Expr result = move_axis(cut(get(all, 1), 0, rows->dim(0)), 0, axis);
  return reversed ? reverse(result, axis) : result;
}

/// Kept rows move up: row i goes to the number of kept ones before it.
Expr kept_rows(Expr x, Expr kept, int64_t axis) {
  axis = axis_of(axis, x->rank());
  Pool& pool = *x->pool;
  const Dim& rows = kept->dim(0);
  const Expr flags = cast(kept, DType::i64), none = constant(pool, DType::i64, 0, kept->shape);
  if (rows.bound == 0) return gather_axis(x, none, axis);
  const Expr place = where(kept, cumulative(Op::add, flags, 0, true, false),
                           constant_like(none, static_cast<double>(rows.bound)));
  const Expr from = scatter(none, iota(pool, kept->shape, 0), {place}, "");
  return gather_axis(x, cut(from, 0, Dim(rows.bound, sum(flags, {0}))), axis);
}

/// All pairs of rows are compared; of equal rows the first one counts. A row's place is the number
/// of those first ones that are less than it, or that stand before its own first one.
Distinct unique(Expr x, int64_t axis, bool sorted) {
  axis = axis_of(axis, x->rank());
  Pool& pool = *x->pool;
  const int64_t n = x->extent(axis);
  const Expr rows = reshape_to(move_axis(x, axis, 0), {n, n == 0 ? 0 : -1});
  const int64_t width = rows->extent(1);
  const Shape pairs{Dim(n), Dim(n)}, columns{Dim(n), Dim(n), Dim(width)}, line{Dim(n)};
  const Expr i = iota(pool, pairs, 0), j = iota(pool, pairs, 1);
  const Expr differ =
      logical_not(eq(expand(unsqueeze(rows, {1}), columns), expand(unsqueeze(rows, {0}), columns)));
  const Expr column = iota(pool, columns, 2);
  const Expr at =
      min_over(where(differ, column, constant_like(column, static_cast<double>(width))), {2});
  const Expr same = eq(at, static_cast<double>(width));
  const Expr less = lt(gather(rows, {j, at}), gather(rows, {i, at})) & logical_not(same);
  const Expr first = min_over(where(same, j, constant_like(j, static_cast<double>(n))), {1});
  const Expr leads = eq(first, iota(pool, line, 0));
  const Expr before = sorted ? less : lt(j, expand(unsqueeze(first, {1}), pairs));
  const Expr counted = before & expand(unsqueeze(leads, {0}), pairs);
  const Expr place = sum(cast(counted, DType::i64), {1}),
             none = constant(pool, DType::i64, 0, line);
  const Dim count(n, sum(cast(leads, DType::i64), {0}));
  const Expr from = cut(scatter(none, first, {place}, ""), 0, count);
  const Expr counts = scatter(none, constant_like(none, 1), {place}, "add");
  return {gather_axis(x, from, axis), from, place, cut(counts, 0, count)};
}

/// Each element's place in the order is the number of elements that come before it: greater ones,
/// and equal ones of lower index. Places below k are stored.
std::pair<Expr, Expr> top_k(Expr x, int64_t k, int64_t axis, bool largest) {
  axis = axis_of(axis, x->rank());
  if (k < 0 || k > x->extent(axis))
    refuse("k is " + std::to_string(k) + " for an axis of extent " +
           std::to_string(x->extent(axis)));
  Shape pairs = x->shape, result = x->shape;
  pairs.push_back(x->shape[at(axis)]);
  result[at(axis)] = Dim(k);
  const Expr mine = expand(unsqueeze(x, {-1}), pairs);
  const Expr other = expand(unsqueeze(move_axis(x, axis, -1), {axis}), pairs);
  const Expr earlier = lt(iota(*x->pool, pairs, x->rank()), iota(*x->pool, pairs, axis));
  const Expr before = (largest ? lt(mine, other) : lt(other, mine)) | (eq(mine, other) & earlier);
  std::vector<Expr> where = coordinates(*x->pool, x->shape);
  const Expr index = where[at(axis)];
  where[at(axis)] = sum(cast(before, DType::i64), {-1});
  return {scatter(constant(*x->pool, x->dtype, 0, result), x, where, ""),
          scatter(constant(*x->pool, DType::i64, 0, result), index, where, "")};
}

}  // namespace tinycc
