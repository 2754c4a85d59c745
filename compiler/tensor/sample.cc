// Sampling between the elements of a tensor, at places that are computed. See tensor.h.
#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

size_t at(int64_t i) { return static_cast<size_t>(i); }

/// v mirrored at low and high until it lies between them.
Expr mirrored(Expr v, double low, double high) {
  const double period = 2 * (high - low);
  if (period <= 0) return constant_like(v, low);
  const Expr from = abs(v - low);
  const Expr there = from - floor(from / period) * period;
  return min(there, period - there) + low;
}

/// A place outside of the axis, brought back as the padding says (zeros: left alone).
Expr brought_back(Expr v, const SampleOptions& options, int64_t n) {
  const double low = options.align_corners ? 0 : -0.5,
               high = static_cast<double>(n) - (options.align_corners ? 1 : 0.5);
  if (options.padding == "border") return min(max(v, 0), static_cast<double>(n - 1));
  return options.padding == "reflection" ? mirrored(v, low, high) : v;
}

int64_t taps_of(const std::string& mode) {
  return mode == "nearest" ? 1 : mode == "linear" ? 2 : 4;
}

}  // namespace

Expr sample(Expr x, const std::vector<Expr>& places, const SampleOptions& options) {
  const int64_t spatial = x->rank() - 2, taps = taps_of(options.mode);
  if (static_cast<int64_t>(places.size()) != spatial) refuse("one place an axis is wanted");
  Pool& pool = *x->pool;
  Shape shape{x->shape[0], x->shape[1]};  // [n, c, out…, taps…]
  shape.insert(shape.end(), places[0]->shape.begin() + 1, places[0]->shape.end());
  const auto outer = static_cast<int64_t>(shape.size());
  shape.insert(shape.end(), at(spatial), Dim(taps));
  std::vector<Expr> where{iota(pool, shape, 0), iota(pool, shape, 1)};
  Expr weight, inside;
  Ints behind = iota_ints(spatial), tap_axes = behind;
  for (int64_t& axis : behind) axis += outer;
  for (int64_t& axis : tap_axes) axis += outer;
  behind.push_back(1);
  for (int64_t axis = 0; axis < spatial; ++axis) {
    const int64_t n = x->extent(axis + 2);
    const Expr wanted = cast(places[at(axis)], DType::f32);
    const Expr exact = brought_back(options.mode == "nearest" ? round(wanted) : wanted, options, n);
    const Expr place = expand(unsqueeze(exact, behind), shape);
    const Expr first =
        options.mode == "nearest" ? round(place) : floor(place) - static_cast<double>(taps / 2 - 1);
    const Expr tap = first + index_along(pool, shape, outer + axis, DType::f32);
    if (options.mode != "nearest") {
      const Expr share = resize_kernel(place - tap, options.mode, -0.75);
      weight = weight ? weight * share : share;
    }
    const auto last = static_cast<double>(n - 1);
    const Expr within = logical_not(lt(tap, 0)) & logical_not(lt(last, tap));
    inside = inside ? inside & within : within;
    where.push_back(cast(min(max(trunc(brought_back(tap, options, n)), 0), last), DType::i64));
  }
  Expr value = gather(x, where);
  if (weight) value = is_float(x->dtype) ? widened(value) : cast(value, DType::f32);
  if (options.padding == "zeros") value = tinycc::where(inside, value, constant_like(value, 0));
  if (weight) value = mul(value, weight);
  return cast(sum(value, tap_axes), x->dtype);
}

/// Gaussian elimination with pivots, a column a step; the determinant is the product of the pivots.
Expr determinant(Expr x) {
  const int64_t rank = x->rank();
  if (rank < 2 || x->extent(rank - 1) != x->extent(rank - 2)) refuse("no square matrices");
  Pool& pool = *x->pool;
  const int64_t n = x->extent(rank - 1), id = pool.fresh_id();
  const Shape shape = x->shape, rows(shape.begin(), shape.end() - 1),
              batch(rows.begin(), rows.end() - 1);
  const Expr step = counter(pool, id, n), m = carry(pool, id, 0, x->dtype, shape),
             product = carry(pool, id, 1, x->dtype, batch);
  const auto row_at = [&](Expr index) {  // [batch] → [batch, n]
    return squeeze(gather_elements(m,
                                   expand(unsqueeze(index, {-1, -2}),
                                          [&] {
                                            Shape one = shape;
                                            one[at(rank - 2)] = Dim(1);
                                            return one;
                                          }()),
                                   rank - 2),
                   {rank - 2});
  };
  const auto across = [&](Expr row) { return expand(unsqueeze(row, {rank - 2}), shape); };
  const Expr here = broadcast_to(step, batch), i = iota(pool, rows, rank - 2);
  const Expr column = gather_axis(m, step, rank - 1);
  const Expr size = where(lt(i, broadcast_to(step, rows)), constant_like(column, -1), abs(column));
  const Expr best = arg_max(size, rank - 2, false, false);
  const Expr lead = row_at(best), other = row_at(here);
  const Expr row = iota(pool, shape, rank - 2);
  const auto is_row = [&](Expr index) {
    return eq(row, expand(unsqueeze(index, {-1, -2}), shape));
  };
  const Expr swapped = where(is_row(here), across(lead), where(is_row(best), across(other), m));
  const Expr pivot = gather_axis(lead, step, rank - 2);
  const Expr safe = where(eq(pivot, 0), constant_like(pivot, 1), pivot);
  const Expr share = gather_axis(swapped, step, rank - 1) / expand(unsqueeze(safe, {-1}), rows);
  const Expr below = lt(broadcast_to(step, shape), row);
  const Expr cleared = swapped - expand(unsqueeze(share, {-1}), shape) * across(lead);
  const Expr signed_pivot = where(eq(best, here), pivot, -pivot);
  const Expr done = scan(pool, id, n, {x, constant(pool, x->dtype, 1, batch)},
                         {where(below, cleared, swapped), product * signed_pivot}, {});
  return get(done, 1);
}

}  // namespace tinycc
