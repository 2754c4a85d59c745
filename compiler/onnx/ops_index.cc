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
  const std::string reduction = c.text("reduction", "none");
  return reduction == "none" ? "" : reduction;
}

Expr scatter_op(Call& c) {
  return scatter_elements(c[0], c[1], c[2], c.integer("axis", 0), combine_of(c));
}

/// values = [off, on]
Expr one_hot_op(Call& c) {
  return one_hot(c[0], c.constant_int(1), pick(c[2], 0, 0), pick(c[2], 0, 1),
                 c.integer("axis", -1));
}

Expr cumulative_op(Call& c) {
  return cumulative_sum(c[0], c.constant_int(1), c.integer("exclusive", 0) != 0,
                        c.integer("reverse", 0) != 0);
}

Outputs top_k_op(Call& c) {
  const int64_t k = c.version < 10 ? c.integer("k") : c.constant_int(1);
  const auto [values, indices] =
      top_k(c[0], k, c.integer("axis", -1), c.integer("largest", 1) != 0);
  return {values, indices};
}

/// Known conditions only: the rows where they hold.
Expr compress(Call& c) {
  const Ints flags = c.constant_ints(1);
  Ints kept;
  for (size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0) kept.push_back(static_cast<int64_t>(i));
  }
  const Expr x = c.has_attribute("axis") ? c[0] : reshape_to(c[0], {-1});
  return gather_axis(x, c.tracer.literal(kept), c.integer("axis", 0));
}

/// Of known tensors only.
Expr non_zero(Call& c) {
  const std::vector<double> values = c.constant(0).numbers();
  const Ints extents = bounds_of(c[0]->shape);
  std::vector<Ints> places(extents.size());
  for (size_t i = 0; i < values.size(); ++i) {
    auto rest = static_cast<int64_t>(i);
    for (size_t axis = extents.size(); axis-- > 0 && values[i] != 0; rest /= extents[axis]) {
      places[axis].push_back(rest % extents[axis]);
    }
  }
  Ints flat;
  for (const Ints& p : places) flat.insert(flat.end(), p.begin(), p.end());
  const auto rank = static_cast<int64_t>(extents.size());
  return reshape_to(c.tracer.literal(flat),
                    {rank, rank == 0 ? 0 : static_cast<int64_t>(flat.size()) / rank});
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
    {"CumSum", 11, cumulative_op},
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
    {"TopK", 1, top_k_op},
};

}  // namespace

std::span<const OpRow> index_ops() { return kRows; }

}  // namespace tinycc::onnx
