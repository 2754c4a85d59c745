// Rows of the op table: gathering, scattering, ordering. See ops.h.
#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// The index as numbers start, start + step, …, if it is known and that regular.
std::optional<std::pair<int64_t, int64_t>> progression(Call& c, int64_t extent) {
  if (c[1]->rank() > 1 || count_of(c[1]->shape) > 4096 || count_of(c[1]->shape) == 0)
    return std::nullopt;
  const auto value = c.tracer.value_of(c[1]);
  if (!value) return std::nullopt;
  Ints indices = value->integers();
  for (int64_t& i : indices) i = axis_of(i, extent);
  const int64_t step = indices.size() > 1 ? indices[1] - indices[0] : 1;
  for (size_t i = 1; i < indices.size(); ++i) {
    if (indices[i] - indices[i - 1] != step) return std::nullopt;
  }
  return step == 0 ? std::nullopt : std::optional(std::pair(indices[0], step));
}

/// A regular, known index is a slice.
Expr gather_op(Call& c) {
  const int64_t axis = axis_of(c.integer("axis", 0), c[0]->rank());
  const Dim& dim = c[0]->dim(axis);
  const auto regular = dim.is_static() ? progression(c, dim.bound) : std::nullopt;
  if (!regular) return gather_axis(c[0], c[1], axis);
  const Expr part = narrow(c[0], axis, regular->first, count_of(c[1]->shape), regular->second);
  return c[1]->rank() == 0 ? squeeze(part, {axis}) : part;
}

std::string combine_of(Call& c) {
  const std::string reduction = c.choice("reduction", {"none", "add", "mul", "max", "min"}, "none");
  return reduction == "none" ? "" : reduction;
}

Expr scatter_op(Call& c) {
  return scatter_elements(c[0], c[1], c[2], c.integer("axis", 0), combine_of(c));
}

/// A number that says how long an axis of result 0 is: known, or as the model states it.
int64_t length_operand(Call& c, size_t i, int64_t axis) {
  if (c.known(i)) return c.constant_int(i);
  const Ints extents = c.stated(0, i);
  return extents.at(static_cast<size_t>(axis_of(axis, static_cast<int64_t>(extents.size()))));
}

/// values = [off, on]
Expr one_hot_op(Call& c) {
  const int64_t axis = c.integer("axis", -1);
  return one_hot(c[0], length_operand(c, 1, axis), pick(c[2], 0, 0), pick(c[2], 0, 1), axis);
}

/// Along an axis that only a run knows: along each, and one is chosen.
Expr cumulative_op(Call& c, Op combine) {
  const bool exclusive = c.integer("exclusive", 0) != 0, reversed = c.integer("reverse", 0) != 0;
  if (c.known(1)) return cumulative(combine, c[0], c.constant_int(1), exclusive, reversed);
  const Expr axis = reshape_to(cast(c[1], DType::i64), {});
  const auto rank = static_cast<double>(c[0]->rank());
  std::vector<std::pair<int64_t, Expr>> along;
  for (int64_t i = 0; i < c[0]->rank(); ++i)
    along.emplace_back(i, cumulative(combine, c[0], i, exclusive, reversed));
  if (along.empty()) refuse("a scalar has no axis");
  return choose(where(lt(axis, 0), axis + rank, axis), along);
}

Outputs top_k_op(Call& c) {
  const int64_t axis = c.integer("axis", -1);
  const int64_t k = c.version < 10 ? c.integer("k") : length_operand(c, 1, axis);
  const auto [values, indices] = top_k(c[0], k, axis, c.integer("largest", 1) != 0);
  return {values, indices};
}

/// Known conditions: the rows where they hold; else those that turn out to be kept.
Expr compress(Call& c) {
  const Expr x = c.has_attribute("axis") ? c[0] : reshape_to(c[0], {-1});
  const int64_t axis = c.integer("axis", 0);
  if (!c.known(1)) return kept_rows(x, c[1], axis);
  const Ints flags = c.constant_ints(1);
  Ints kept;
  for (size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0) kept.push_back(static_cast<int64_t>(i));
  }
  return gather_axis(x, c.tracer.literal(kept), axis);
}

/// The coordinates of each element, of which those of elements other than 0 are kept.
Expr non_zero(Call& c) {
  const int64_t rank = c[0]->rank(), count = count_of(c[0]->shape);
  const Expr x = rank == 0 ? reshape_to(c[0], {1}) : c[0];
  std::vector<Expr> places;
  for (int64_t axis = 0; axis < x->rank(); ++axis)
    places.push_back(reshape_to(iota(c.pool(), x->shape, axis), {count}));
  const Expr kept = reshape_to(cast(x, DType::boolean), {count});
  if (!c.tracer.value_of(kept)) return kept_rows(stack(places, 0), kept, 1);
  Ints flat;
  const Ints flags = c.tracer.value_of(kept)->integers();
  for (int64_t i = 0; i < count; ++i) {
    if (flags[static_cast<size_t>(i)] != 0) flat.push_back(i);
  }
  return gather_axis(stack(places, 0), c.tracer.literal(flat), 1);
}

Outputs unique_op(Call& c) {
  const Expr x = c.has_attribute("axis") ? c[0] : reshape_to(c[0], {-1});
  const Distinct d = unique(x, c.integer("axis", 0), c.integer("sorted", 1) != 0);
  return {d.values, d.first, d.inverse, d.counts};
}

/// Rows of a cache [batch, …] written from `write_indices` on, perhaps around its end.
Expr tensor_scatter(Call& c) {
  const int64_t axis = axis_of(c.integer("axis", -2), c[0]->rank());
  const std::string mode = c.choice("mode", {"linear", "circular"}, "linear");
  Expr place = iota(c.pool(), c[1]->shape, axis);
  if (c.has(2)) place = place + along(cast(c[2], DType::i64), 0, place);
  if (mode == "circular") place = place % static_cast<double>(c[0]->extent(axis));
  return scatter_elements(c[0], place, c[1], axis, "");
}

/// The number of boxes a class may be computed; then all of them are the bound.
Expr suppression(Call& c) {
  NmsOptions options;
  options.centre_form = c.integer("center_point_box", 0) != 0;
  if (c.has(2)) {
    const auto known = c.tracer.value_of(c[2]);
    options.per_class_bound = known ? c.constant_int(2) : c[1]->shape.back().bound;
    if (!known) options.per_class = c[2];
  }
  options.iou_threshold = c.has(3) ? c[3] : constant(c.pool(), DType::f32, 0);
  options.score_threshold = c.or_none(4);
  return non_max_suppression(c[0], c[1], options);
}

const OpRow kRows[] = {
    {"Compress", 9, compress},
    {"CumProd", 26, [](Call& c) { return cumulative_op(c, Op::mul); }},
    {"CumSum", 11, [](Call& c) { return cumulative_op(c, Op::add); }},
    {"Gather", 1, gather_op},
    {"GatherElements", 11,
     [](Call& c) { return gather_elements(c[0], c[1], c.integer("axis", 0)); }},
    {"GatherND", 11, [](Call& c) { return gather_nd(c[0], c[1], c.integer("batch_dims", 0)); }},
    {"NonMaxSuppression", 10, suppression},
    {"NonZero", 9, non_zero},
    {"OneHot", 9, one_hot_op},
    {"Scatter", 9, scatter_op},
    {"ScatterElements", 11, scatter_op},
    {"ScatterND", 11, [](Call& c) { return scatter_nd(c[0], c[1], c[2], combine_of(c)); }},
    {"TensorScatter", 24, tensor_scatter},
    {"TopK", 1, top_k_op},
    {"Unique", 11, unique_op},
};

}  // namespace

std::span<const OpRow> index_ops() { return kRows; }

}  // namespace tinycc::onnx
