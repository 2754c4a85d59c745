// See ragged.h.
#include "compiler/tensor/ragged.h"

#include <algorithm>

namespace tinycc {
namespace {

Expr number(Pool& pool, int64_t n) { return constant_int(pool, DType::i64, n); }

Expr spread(Expr scalar, const Shape& shape) {
  return expand(reshape(scalar, Shape(shape.size(), Dim(1))), shape);
}

/// The elements of a tensor in a row, and zeros behind them.
Expr flat(Expr e, int64_t cells) {
  Pool& pool = *e->pool;
  const Shape row{Dim(cells)};
  if (is_static(e->shape)) return pad_by(reshape_to(e, {-1}), {0, cells - count_of(e->shape)}, 0);
  const Expr p = iota(pool, row, 0);
  std::vector<Expr> place(e->shape.size());
  Expr rest = p;
  for (size_t d = place.size(); d-- > 0;) {
    const Expr length = max(spread(length_of(pool, e->shape[d]), row), 1);
    place[d] = rest % length;
    rest = rest / length;
  }
  const Expr there = lt(p, spread(count_of_dims(pool, e->shape), row));
  return where(there, gather(e, place), constant(pool, e->dtype, 0, row));
}

/// Rank and extents, and zeros behind them.
Expr shape_row(Expr e, int64_t ranks) {
  Pool& pool = *e->pool;
  std::vector<Expr> row{number(pool, e->rank())};
  for (const Dim& d : e->shape) row.push_back(length_of(pool, d));
  row.resize(static_cast<size_t>(1 + ranks), number(pool, 0));
  for (Expr& n : row) n = reshape(n, {Dim(1)});
  return concat(row, 0);
}

int64_t ranks_of(const Ragged& r) { return r.shapes->extent(1) - 1; }

Ragged widened(Ragged r, int64_t rows, int64_t cells, int64_t ranks) {
  r.shapes = pad_by(r.shapes, {0, rows - r.rows(), 0, ranks - ranks_of(r)}, 0);
  r.data = pad_by(r.data, {0, rows - r.rows(), 0, cells - r.data->extent(1)}, 0);
  return r;
}

void widen(Ragged& a, Ragged& b) {
  if (a.data->dtype != b.data->dtype) refuse("elements of different types in one sequence");
  const int64_t cells = std::max(a.data->extent(1), b.data->extent(1)),
                ranks = std::max(ranks_of(a), ranks_of(b));
  a = widened(a, a.rows(), cells, ranks);
  b = widened(b, b.rows(), cells, ranks);
}

std::vector<Ragged::Extent> extents_of(const Shape& shape) {
  std::vector<Ragged::Extent> extents;
  for (const Dim& d : shape) extents.push_back({d.bound, d.is_static()});
  return extents;
}

using Element = std::optional<std::vector<Ragged::Extent>>;

/// What is known of the elements of both.
Element merged(const Element& a, const Element& b) {
  if (!a || !b || a->size() != b->size()) return {};
  Element both = a;
  for (size_t i = 0; i < a->size(); ++i) {
    const Ragged::Extent &x = (*a)[i], &y = (*b)[i];
    (*both)[i] = {std::max(x.bound, y.bound), x.fixed && y.fixed && x.bound == y.bound};
  }
  return both;
}

Ragged of_one(Expr e) {
  const int64_t cells = std::max<int64_t>(count_of(e->shape), 1);
  return {unsqueeze(flat(e, cells), {0}), unsqueeze(shape_row(e, e->rank()), {0}),
          number(*e->pool, 1), extents_of(e->shape)};
}

Ragged joined(Ragged a, Ragged b) {
  widen(a, b);
  return {join({a.data, b.data}, 0), join({a.shapes, b.shapes}, 0), a.count + b.count,
          merged(a.element, b.element)};
}

/// The rows in another order.
Ragged picked(const Ragged& r, Expr order, Expr count) {
  return {gather_axis(r.data, order, 0), gather_axis(r.shapes, order, 0), count, r.element};
}

}  // namespace

Ragged ragged_of(Pool& pool, const std::vector<Expr>& elements, Expr count, DType dtype) {
  if (elements.empty())
    return {constant(pool, dtype, 0, {Dim(1), Dim(1)}),
            constant(pool, DType::i64, 0, {Dim(1), Dim(2)}),
            count,
            {}};
  Ragged all = of_one(elements[0]);
  for (size_t i = 1; i < elements.size(); ++i) all = joined(all, of_one(elements[i]));
  all.count = count;
  return all;
}

Expr element_of(const Ragged& r, Expr k) {
  if (!r.element)
    throw Error(ExitCode::unsupported, "the rank of a sequence's elements is not known");
  Pool& pool = *r.data->pool;
  const Expr row = gather_axis(r.data, k, 0), extents = gather_axis(r.shapes, k, 0);
  Shape shape;
  int64_t d = 0, cells = 1;
  for (const Ragged::Extent& e : *r.element) {
    const Expr length = min(max(pick(extents, 0, ++d), 0), static_cast<double>(e.bound));
    shape.push_back(e.fixed ? Dim(e.bound) : dim_of(length));
    cells *= e.bound;
  }
  if (is_static(shape)) return reshape(narrow(row, 0, 0, cells), shape);
  Expr place = constant(pool, DType::i64, 0, shape);
  for (size_t i = 0; i < shape.size(); ++i)
    place = place * spread(length_of(pool, shape[i]), shape) +
            iota(pool, shape, static_cast<int64_t>(i));
  return gather(row, {place});
}

Ragged inserted(const Ragged& r, Expr element, Expr place) {
  Pool& pool = *r.data->pool;
  const int64_t n = r.rows();
  const Ragged all = joined(r, of_one(element));
  const Shape line{Dim(n + 1)};
  const Expr row = iota(pool, line, 0), at = spread(place, line);
  const Expr last = constant(pool, DType::i64, static_cast<double>(n), line);
  return picked(all, where(lt(row, at), row, where(eq(row, at), last, row - 1.0)), all.count);
}

Ragged erased(const Ragged& r, Expr place) {
  const Shape line{Dim(r.rows())};
  const Expr row = iota(*r.data->pool, line, 0);
  const Expr next = min(row + 1.0, static_cast<double>(r.rows() - 1));
  return picked(r, where(lt(row, spread(place, line)), row, next), r.count - 1.0);
}

Ragged select(Expr condition, Ragged a, Ragged b) {
  widen(a, b);
  const int64_t rows = std::max(a.rows(), b.rows());
  a = widened(a, rows, a.data->extent(1), ranks_of(a));
  b = widened(b, rows, b.data->extent(1), ranks_of(b));
  return {select(condition, a.data, b.data), select(condition, a.shapes, b.shapes),
          select(condition, a.count, b.count), merged(a.element, b.element)};
}

}  // namespace tinycc
