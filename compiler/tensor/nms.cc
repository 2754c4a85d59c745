// Non-maximum suppression as a scan: each step takes the best box that is still alive, of every
// batch and class at once, and kills what overlaps it. What was taken is then written without
// gaps, as many rows as a computed dimension says. See tensor.h.
#include <limits>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

/// Corners and area of boxes, each [b, n] (or [b, classes]).
struct Boxes {
  Expr top, left, bottom, right, area;
};

Boxes corners(Expr boxes, bool centre_form) {
  const Expr a = pick(boxes, 2, 0), b = pick(boxes, 2, 1), c = pick(boxes, 2, 2),
             d = pick(boxes, 2, 3);
  Boxes result{min(a, c), min(b, d), max(a, c), max(b, d), {}};
  if (centre_form) result = {b - d * 0.5, a - c * 0.5, b + d * 0.5, a + c * 0.5, {}};
  result.area = (result.bottom - result.top) * (result.right - result.left);
  return result;
}

/// The same numbers spread over [b, classes, n]; `axis` is the one that they lack.
Boxes spread(const Boxes& boxes, const Shape& shape, int64_t axis) {
  const auto over = [&](Expr e) { return expand(unsqueeze(e, {axis}), shape); };
  return {over(boxes.top), over(boxes.left), over(boxes.bottom), over(boxes.right),
          over(boxes.area)};
}

/// Where the intersection of two boxes is more than `threshold` of their union.
Expr overlaps(const Boxes& a, const Boxes& b, Expr threshold) {
  const Expr height = max(min(a.bottom, b.bottom) - max(a.top, b.top), 0);
  const Expr width = max(min(a.right, b.right) - max(a.left, b.left), 0);
  const Expr common = height * width;
  return lt(0, common) & lt(threshold, common / (a.area + b.area - common));
}

/// Row k of each box list at `index` [b, classes].
Boxes chosen(const Boxes& boxes, Expr index) {
  const Expr batch = iota(*index->pool, index->shape, 0);
  const auto at = [&](Expr e) { return gather(e, {batch, index}); };
  return {at(boxes.top), at(boxes.left), at(boxes.bottom), at(boxes.right), at(boxes.area)};
}

Expr scalar(Expr e, DType dtype) { return reshape_to(cast(e, dtype), {}); }

/// Rows (batch, class, box) of the flags' true places [b, classes, k], without gaps.
Expr rows_of(Expr taken, Expr index) {
  const int64_t count = count_of(taken->shape);
  const auto column = [&](Expr e) { return reshape_to(e, {count}); };
  const Expr batch = iota(*taken->pool, taken->shape, 0),
             kind = iota(*taken->pool, taken->shape, 1);
  return kept_rows(stack({column(batch), column(kind), column(index)}, 1), column(taken), 0);
}

}  // namespace

Expr non_max_suppression(Expr boxes, Expr scores, const NmsOptions& options) {
  if (boxes->rank() != 3 || scores->rank() != 3 || boxes->extent(2) != 4 ||
      boxes->extent(0) != scores->extent(0) || boxes->extent(1) != scores->extent(2)) {
    refuse("boxes " + text_of(boxes->shape) + " do not fit scores " + text_of(scores->shape));
  }
  Pool& pool = *boxes->pool;
  const Shape shape = scores->shape, chosen_shape{shape[0], shape[1]};
  const DType dtype = scores->dtype;
  const int64_t id = pool.fresh_id(), steps = std::min(options.per_class_bound, scores->extent(2));
  if (steps <= 0) return constant(pool, DType::i64, 0, {Dim(0), Dim(3)});
  const Expr step = counter(pool, id, steps);
  const Boxes all = corners(cast(boxes, dtype), options.centre_form);
  const Expr alive = carry(pool, id, 0, DType::boolean, shape);
  const Expr ranked = where(alive, scores, lowest(pool, dtype));
  const Expr index = arg_max(ranked, 2, false, false);
  const Expr threshold =
      options.score_threshold ? scalar(options.score_threshold, dtype) : lowest(pool, dtype);
  Expr taken = less(threshold, max_over(ranked, {2}));
  if (options.per_class)
    taken = bitwise(Op::bit_and, taken, lt(step, scalar(options.per_class, DType::i64)));
  const Expr iou = broadcast_to(scalar(options.iou_threshold, dtype), shape);
  const Expr hit = overlaps(spread(all, shape, 1), spread(chosen(all, index), shape, 2), iou) |
                   eq(iota(pool, shape, 2), expand(unsqueeze(index, {2}), shape));
  const Expr none = eq(sum(cast(taken, DType::i64), {0, 1}), 0);
  const Expr steps_done = scan(pool, id, steps, {constant(pool, DType::boolean, 1, shape)},
                               {alive & logical_not(hit)}, {taken, index}, none);
  return rows_of(move_axis(get(steps_done, 1), 0, 2), move_axis(get(steps_done, 2), 0, 2));
}

}  // namespace tinycc
