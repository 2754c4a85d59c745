// Movement of elements: reshape, slices, padding, concatenation and what is made of them.
// See tensor.h.
#include <algorithm>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

size_t at(int64_t axis) { return static_cast<size_t>(axis); }

/// `count` elements from `start` on along every axis that `cut` says.
Expr narrow_all(Expr x, const Ints& starts, const Ints& counts) {
  return slice(x, starts, counts, Ints(starts.size(), 1));
}

/// One axis: the elements that stand before (or after) it in `mode`.
Expr padding(Expr x, int64_t axis, int64_t amount, PadMode mode, bool before) {
  const int64_t n = x->extent(axis);
  if (mode == PadMode::edge) {
    Shape shape = x->shape;
    shape[at(axis)] = Dim(amount);
    return expand(narrow(x, axis, before ? 0 : n - 1, 1), shape);
  }
  const bool wraps = mode == PadMode::wrap;
  if (amount > (wraps ? n : n - 1)) refuse("padding is longer than its axis");
  if (wraps) return narrow(x, axis, before ? n - amount : 0, amount);
  return narrow(x, axis, before ? amount : n - 2, amount, -1);
}

}  // namespace

Expr reshape_to(Expr x, Ints extents) {
  if (!is_static(x->shape)) {
    std::vector<Expr> lengths;
    for (int64_t e : extents) lengths.push_back(constant_int(*x->pool, DType::i64, e));
    return reshape_dims(x, resolved_shape(x, lengths));
  }
  int64_t known = 1;
  for (int64_t e : extents) {
    if (e < -1 || __builtin_mul_overflow(known, e == -1 ? 1 : e, &known)) {
      refuse("cannot reshape " + text_of(x->shape) + " to a shape with extent " +
             std::to_string(e));
    }
  }
  const int64_t count = count_of(x->shape);
  for (int64_t& e : extents) {
    if (e == -1) e = known == 0 ? 0 : count / known;
  }
  const Shape shape(extents.begin(), extents.end());
  if (count_of(shape) != count) {
    refuse("cannot reshape " + text_of(x->shape) + " to " + text_of(shape));
  }
  return reshape(x, shape);
}

Expr flatten(Expr x, int64_t axis) {
  if (axis != x->rank()) axis = axis_of(axis, x->rank());
  const Shape rows(x->shape.begin(), x->shape.begin() + axis),
      columns(x->shape.begin() + axis, x->shape.end());
  return reshape_dims(
      x, {dim_of(count_of_dims(*x->pool, rows)), dim_of(count_of_dims(*x->pool, columns))});
}

Expr squeeze(Expr x, const Ints& axes) {
  const Ints gone = axes_of(axes, x->rank());
  Shape shape;
  for (int64_t i = 0; i < x->rank(); ++i) {
    if (std::count(gone.begin(), gone.end(), i) == 0) {
      shape.push_back(x->shape[at(i)]);
    } else if (x->dim(i) != Dim(1)) {
      refuse("cannot squeeze axis " + std::to_string(i) + " of " + text_of(x->shape));
    }
  }
  return reshape(x, shape);
}

Expr squeeze_all(Expr x) {
  Shape shape;
  for (const Dim& d : x->shape) {
    if (d != Dim(1)) shape.push_back(d);
  }
  return reshape(x, shape);
}

Expr unsqueeze(Expr x, const Ints& axes) {
  const int64_t rank = x->rank() + static_cast<int64_t>(axes.size());
  Ints places = axes_of(axes, rank);
  std::sort(places.begin(), places.end());
  Shape shape = x->shape;
  for (int64_t place : places) shape.insert(shape.begin() + place, Dim(1));
  return reshape(x, shape);
}

Expr transpose(Expr x, const Ints& order) {
  if (static_cast<int64_t>(order.size()) != x->rank())
    refuse("transpose wants one place for each axis");
  return permute(x, axes_of(order, x->rank()));
}

Expr move_axis(Expr x, int64_t from, int64_t to) {
  Ints order = iota_ints(x->rank());
  from = axis_of(from, x->rank());
  to = axis_of(to, x->rank());
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return permute(x, order);
}

Expr join(std::vector<Expr> parts, int64_t axis) {
  if (parts.empty()) refuse("nothing to concatenate");
  axis = axis_of(axis, parts[0]->rank());
  DType dtype = parts[0]->dtype;
  for (Expr p : parts) dtype = promoted(dtype, p->dtype);
  std::vector<Expr> filled;
  for (Expr p : parts) {
    Shape expected = parts[0]->shape;
    if (p->shape.size() == expected.size()) expected[at(axis)] = p->shape[at(axis)];
    if (p->shape != expected) {
      refuse("cannot concatenate " + text_of(parts[0]->shape) + " and " + text_of(p->shape) +
             " along axis " + std::to_string(axis));
    }
    if (p->dim(axis).bound > 0) filled.push_back(cast(p, dtype));
  }
  const auto is_fixed = [&](Expr p) { return p->dim(axis).is_static(); };
  if (!std::all_of(filled.begin(), filled.end(), is_fixed)) return join_dims(filled, axis);
  return filled.empty() ? cast(parts[0], dtype) : concat(filled, axis);
}

Expr stack(const std::vector<Expr>& parts, int64_t axis) {
  std::vector<Expr> raised;
  for (Expr p : parts) raised.push_back(unsqueeze(p, {axis}));
  return join(raised, axis);
}

std::vector<Expr> split(Expr x, const Ints& lengths, int64_t axis) {
  axis = axis_of(axis, x->rank());
  std::vector<Expr> parts;
  int64_t start = 0;
  for (int64_t length : lengths) {
    if (length < 0 || length > x->extent(axis) - start) break;
    parts.push_back(narrow(x, axis, start, length));
    start += length;
  }
  if (start != x->extent(axis) || parts.size() != lengths.size()) {
    refuse("the parts do not add up to extent " + std::to_string(x->extent(axis)));
  }
  return parts;
}

Expr narrow(Expr x, int64_t axis, int64_t start, int64_t count, int64_t step) {
  axis = axis_of(axis, x->rank());
  Ints starts(x->shape.size(), 0), steps(x->shape.size(), 1), counts = bounds_of(x->shape);
  starts[at(axis)] = start;
  counts[at(axis)] = count;
  steps[at(axis)] = step;
  return slice(x, starts, counts, steps);
}

Expr slice_axis(Expr x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  axis = axis_of(axis, x->rank());
  if (!x->dim(axis).is_static()) {
    return slice_dim(x, axis, constant_int(*x->pool, DType::i64, start),
                     constant_int(*x->pool, DType::i64, end), step);
  }
  if (step == 0) refuse("a slice's step is 0");
  const int64_t n = x->extent(axis);
  const int64_t least = step > 0 ? 0 : -1, most = step > 0 ? n : n - 1;
  start = std::clamp(start < 0 ? start + n : start, least, most);
  end = std::clamp(end < 0 ? std::max(end, -n - 1) + n : end, least, most);
  const int64_t span = step > 0 ? end - start : start - end;
  const int64_t stride = step > 0 ? step : step == INT64_MIN ? INT64_MAX : -step;
  const int64_t count = span <= 0 ? 0 : (span - 1) / stride + 1;
  return narrow(x, axis, count == 0 ? 0 : start, count, count <= 1 ? 1 : step);
}

Expr pick(Expr x, int64_t axis, int64_t index) {
  axis = axis_of(axis, x->rank());
  if (!x->dim(axis).is_static()) {
    if (index >= 0) return squeeze(narrow(x, axis, index, 1), {axis});
    const Expr place = length_of(*x->pool, x->dim(axis)) + static_cast<double>(index);
    return gather_axis(x, place, axis);
  }
  return squeeze(narrow(x, axis, axis_of(index, x->extent(axis)), 1), {axis});
}

Expr reverse(Expr x, int64_t axis) {
  if (!x->dim(axis).is_static()) return reversed_dim(x, axis);
  return narrow(x, axis, x->extent(axis) - 1, x->extent(axis), -1);
}

Expr pad_with(Expr x, const Ints& amounts, PadMode mode, Expr value) {
  if (amounts.size() != 2 * x->shape.size()) refuse("padding wants two amounts for each axis");
  Ints starts, counts, added;
  Shape padded;
  for (size_t i = 0; i < x->shape.size(); ++i) {
    const int64_t before = amounts[2 * i], after = amounts[2 * i + 1];
    if (std::max(before, after) > kMostElements || std::min(before, after) < -kMostElements) {
      refuse("padding by " + std::to_string(before) + " and " + std::to_string(after));
    }
    padded.push_back(Dim(x->shape[i].bound + before + after));
    if (std::min(before, after) < 0) (void)x->extent(static_cast<int64_t>(i));  // must be fixed
    starts.push_back(std::max<int64_t>(-before, 0));
    counts.push_back(x->shape[i].bound - starts.back() - std::max<int64_t>(-after, 0));
    if (counts.back() < 0) refuse("padding cuts off more than there is");
    added.insert(added.end(), {std::max<int64_t>(before, 0), std::max<int64_t>(after, 0)});
  }
  expect_size(padded);
  if (mode == PadMode::constant) return pad(narrow_all(x, starts, counts), added, value);
  for (int64_t i = 0; i < x->rank(); ++i) {
    std::vector<Expr> parts{x};
    if (added[at(2 * i)] > 0)
      parts.insert(parts.begin(), padding(x, i, added[at(2 * i)], mode, true));
    if (added[at(2 * i + 1)] > 0) parts.push_back(padding(x, i, added[at(2 * i + 1)], mode, false));
    x = narrow(join(parts, i), i, starts[at(i)],
               counts[at(i)] + added[at(2 * i)] + added[at(2 * i + 1)]);
  }
  return x;
}

Expr pad_by(Expr x, const Ints& amounts, double value) {
  return pad_with(x, amounts, PadMode::constant, constant(*x->pool, x->dtype, value));
}

Expr tile(Expr x, const Ints& repeats) {
  if (repeats.size() != x->shape.size()) refuse("tile wants one count for each axis");
  Shape single, repeated;
  Shape result;
  for (size_t i = 0; i < repeats.size(); ++i) {
    if (repeats[i] < 0 || repeats[i] > kMostElements) refuse("a tile count is absurd");
    single.insert(single.end(), {Dim(1), x->shape[i]});
    repeated.insert(repeated.end(), {Dim(repeats[i]), x->shape[i]});
    result.push_back(dim_of(count_of_dims(*x->pool, {Dim(repeats[i]), x->shape[i]})));
  }
  if (result == x->shape) return x;
  expect_size(repeated);
  return reshape_dims(expand(reshape(x, single), repeated), result);
}

Expr depth_to_space(Expr x, int64_t block, bool column_row_depth) {
  if (x->rank() != 4 || block < 1 || block > kMostElements || x->extent(1) % (block * block) != 0) {
    refuse("depth_to_space wants [n, c, h, w] with c a multiple of block * block");
  }
  const int64_t n = x->extent(0), c = x->extent(1) / block / block, h = x->extent(2),
                w = x->extent(3);
  const Expr blocks = column_row_depth
                          ? permute(reshape_to(x, {n, c, block, block, h, w}), {0, 1, 4, 2, 5, 3})
                          : permute(reshape_to(x, {n, block, block, c, h, w}), {0, 3, 4, 1, 5, 2});
  return reshape_to(blocks, {n, c, h * block, w * block});
}

Expr space_to_depth(Expr x, int64_t block, bool column_row_depth) {
  if (x->rank() != 4 || block < 1 || block > kMostElements || x->extent(2) % block != 0 ||
      x->extent(3) % block != 0) {
    refuse("space_to_depth wants [n, c, h, w] with h and w multiples of block");
  }
  const int64_t n = x->extent(0), c = x->extent(1), h = x->extent(2) / block,
                w = x->extent(3) / block;
  const Ints order = column_row_depth ? Ints{0, 1, 3, 5, 2, 4} : Ints{0, 3, 5, 1, 2, 4};
  return reshape_to(permute(reshape_to(x, {n, c, h, block, w, block}), order),
                    {n, c * block * block, h, w});
}

Expr trilu(Expr x, Expr k, bool upper) {
  if (x->rank() < 2) refuse("trilu wants a matrix");
  const Expr row = iota(*x->pool, x->shape, x->rank() - 2),
             column = iota(*x->pool, x->shape, x->rank() - 1);
  const Expr shifted =
      row + expand(reshape(cast(k, DType::i64), Shape(x->shape.size(), Dim(1))), x->shape);
  const Expr outside = upper ? lt(column, shifted) : lt(shifted, column);
  return where(outside, constant_like(x, 0), x);
}

}  // namespace tinycc
