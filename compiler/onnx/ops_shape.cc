// Rows of the op table: shapes, movement, constants. See ops.h.
#include <algorithm>
#include <cmath>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

size_t at(int64_t i) { return static_cast<size_t>(i); }

/// 0 stands for the operand's own extent, unless allowzero.
Expr reshape_op(Call& c) {
  if (!c.settled(1)) return reshape_to(c[0], c.stated(0, 1));
  std::vector<Expr> lengths = c.lengths(1);
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (known(lengths[i]) != 0 || c.integer("allowzero", 0) != 0) continue;
    if (i >= c[0]->shape.size())
      refuse("a 0 in the new shape stands for an axis that is not there");
    lengths[i] = length_of(c.pool(), c[0]->shape[i]);
  }
  Ints extents;
  for (Expr length : lengths) extents.push_back(known(length).value_or(-2));
  const bool fixed = is_static(c[0]->shape) && std::count(extents.begin(), extents.end(), -2) == 0;
  if (std::count(extents.begin(), extents.end(), -1) > 1) refuse("two extents are -1");
  return fixed ? reshape_to(c[0], extents) : reshape_dims(c[0], resolved_shape(c[0], lengths));
}

Expr squeeze_op(Call& c) {
  if (c.has(1) && !c.known(1)) return reshape_to(c[0], c.stated(0, 1));
  const auto axes = c.ints_or_operand("axes", 1);
  return axes ? squeeze(c[0], *axes) : squeeze_all(c[0]);
}

Expr unsqueeze_op(Call& c) {
  if (c.has(1) && !c.known(1)) return reshape_to(c[0], c.stated(0, 1));
  const auto axes = c.ints_or_operand("axes", 1);
  return unsqueeze(c[0], axes ? *axes : c.ints("axes"));
}

Expr transpose_op(Call& c) {
  Ints order = iota_ints(c[0]->rank());
  std::reverse(order.begin(), order.end());
  return transpose(c[0], c.ints("perm", order));
}

/// Lengths from operand or attribute; else equal parts, the last one shorter if need be.
Outputs split_op(Call& c) {
  const int64_t axis = axis_of(c.integer("axis", 0), c[0]->rank()), extent = c[0]->extent(axis);
  if (c.has(1) && !c.known(1)) {
    Ints lengths;
    for (size_t k = 0; k < c.results(); ++k) lengths.push_back(c.stated(k, 1).at(at(axis)));
    return split(c[0], lengths, axis);
  }
  if (const auto lengths = c.ints_or_operand("split", 1)) return split(c[0], *lengths, axis);
  const int64_t parts = c.integer("num_outputs", static_cast<int64_t>(c.results()));
  if (parts < 1) refuse("a split into no parts");
  const int64_t length = (extent + parts - 1) / parts;
  Ints lengths(at(parts), length);
  lengths.back() = extent - length * (parts - 1);
  return split(c[0], lengths, axis);
}

Expr sliced(Call& c, const std::vector<Expr>& starts, const std::vector<Expr>& ends,
            std::optional<Ints> axes, std::optional<Ints> steps) {
  Expr x = c[0];
  const Ints where =
      axes_of(axes ? *axes : iota_ints(static_cast<int64_t>(starts.size())), x->rank());
  if (ends.size() != starts.size() || where.size() != starts.size() ||
      (steps && steps->size() != starts.size())) {
    refuse("starts, ends, axes and steps differ in length");
  }
  for (size_t i = 0; i < starts.size(); ++i) {
    const auto from = known(starts[i]), to = known(ends[i]);
    const int64_t step = steps ? (*steps)[i] : 1;
    x = from && to ? slice_axis(x, where[i], *from, *to, step)
                   : slice_dim(x, where[i], starts[i], ends[i], step);
  }
  return x;
}

Expr slice_by_attributes(Call& c) {
  const auto whole = [&](const char* name) {
    std::vector<Expr> numbers;
    for (const int64_t n : c.attribute(name, kInts).ints())
      numbers.push_back(constant_int(c.pool(), DType::i64, n));
    return numbers;
  };
  const auto axes = c.has_attribute("axes") ? std::optional(c.ints("axes")) : std::nullopt;
  return sliced(c, whole("starts"), whole("ends"), axes, {});
}

/// Of scalars that stand for some axes, given by number: the one for `axis`, or `otherwise`.
Expr of_axis(const std::vector<Expr>& values, const std::vector<Expr>& axes, int64_t axis,
             int64_t rank, Expr otherwise) {
  for (size_t k = 0; k < std::min(values.size(), axes.size()); ++k) {
    const Expr hit =
        eq(axes[k], static_cast<double>(axis)) | eq(axes[k], static_cast<double>(axis - rank));
    otherwise = where(hit, values[k], otherwise);
  }
  return otherwise;
}

/// Operand i as scalars, or 0, 1, … for each of `count` axes.
std::vector<Expr> axes_elements(Call& c, size_t i, size_t count) {
  if (c.has(i)) return c.elements(i);
  std::vector<Expr> axes;
  for (size_t k = 0; k < count; ++k)
    axes.push_back(constant_int(c.pool(), DType::i64, static_cast<int64_t>(k)));
  return axes;
}

/// Where only a run knows the numbers, but the model states the result's shape.
Expr slice_by_elements(Call& c) {
  const Ints extents = c.stated(0, 1);
  const std::vector<Expr> starts = c.elements(1), axes = axes_elements(c, 3, starts.size());
  const Expr zero = constant_int(c.pool(), DType::i64, 0), one = constant_like(zero, 1);
  const std::vector<Expr> by = c.has(4) ? c.elements(4) : std::vector<Expr>(starts.size(), one);
  std::vector<Expr> from, steps;
  for (int64_t axis = 0; axis < c[0]->rank(); ++axis) {
    const auto n = static_cast<double>(c[0]->extent(axis));
    const Expr step = of_axis(by, axes, axis, c[0]->rank(), one),
               start = of_axis(starts, axes, axis, c[0]->rank(), zero);
    const Expr inside = max(where(lt(start, 0), start + n, start), 0);
    from.push_back(
        min(inside, where(lt(step, 0), constant_like(zero, n - 1), constant_like(zero, n))));
    steps.push_back(step);
  }
  return slice_by(c[0], from, steps, Shape(extents.begin(), extents.end()));
}

Expr slice_op(Call& c) {
  const bool fixed_axes = (!c.has(3) || c.known(3)) && (!c.has(4) || c.known(4));
  if (!fixed_axes || !c.settled(1) || !c.settled(2)) return slice_by_elements(c);
  const auto fixed = [&](size_t i) {
    return c.has(i) ? std::optional(c.constant(i).integers()) : std::nullopt;
  };
  return sliced(c, c.lengths(1), c.lengths(2), fixed(3), fixed(4));
}

PadMode pad_mode(Call& c) {
  const std::string word = c.choice("mode", {"constant", "reflect", "edge", "wrap"}, "constant");
  return word == "constant"  ? PadMode::constant
         : word == "reflect" ? PadMode::reflect
         : word == "edge"    ? PadMode::edge
                             : PadMode::wrap;
}

/// ONNX lists all amounts before, then all amounts after.
Expr padded(Call& c, const Ints& pads, const Ints& axes, Expr value) {
  if (pads.size() != 2 * axes.size()) refuse("pads has the wrong length");
  Ints amounts(2 * c[0]->shape.size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    amounts[at(2 * axes[i])] = pads[i];
    amounts[at(2 * axes[i] + 1)] = pads[i + axes.size()];
  }
  return pad_with(c[0], amounts, pad_mode(c), value);
}

Expr pad_by_attributes(Call& c) {
  const Expr value = constant(c.pool(), c[0]->dtype, c.real("value", 0));
  return padded(c, c.ints("pads"), iota_ints(c[0]->rank()), value);
}

Expr pad_op(Call& c) {
  const Expr value =
      c.has(2) ? squeeze_all(cast(c[2], c[0]->dtype)) : constant(c.pool(), c[0]->dtype, 0);
  if (!c.known(1) || (c.has(3) && !c.known(3))) {
    const Ints extents = c.stated(0, 1);
    const std::vector<Expr> amounts = c.elements(1), axes = axes_elements(c, 3, amounts.size() / 2);
    const Expr zero = constant_int(c.pool(), DType::i64, 0);
    std::vector<Expr> before;
    for (int64_t axis = 0; axis < c[0]->rank(); ++axis)
      before.push_back(of_axis(amounts, axes, axis, c[0]->rank(), zero));
    return pad_by(c[0], before, Shape(extents.begin(), extents.end()),
                  pad_mode(c), reshape_to(value, {}));
  }
  const Ints axes = c.has(3) ? axes_of(c.constant_ints(3), c[0]->rank()) : iota_ints(c[0]->rank());
  return padded(c, c.constant_ints(1), axes, value);
}

/// The operand as the shape of the result. Errors: Error(bad_input) for a negative extent.
Shape shape_from(Call& c, size_t i) {
  Shape shape;
  if (!c.settled(i)) {
    const Ints extents = c.stated(0, i);
    return {extents.begin(), extents.end()};
  }
  for (Expr length : c.lengths(i)) {
    if (known(length).value_or(0) < 0) refuse("a negative extent");
    shape.push_back(dim_of(length));
  }
  return shape;
}

Expr expand_op(Call& c) {
  const Expr like = constant(c.pool(), c[0]->dtype, 0, shape_from(c, 1));
  return broadcast_to(c[0], broadcast_shape({c[0], like}));
}

Expr shape_op(Call& c) {
  const int64_t rank = c[0]->rank();
  const auto place = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank); };
  const int64_t start = place(c.integer("start", 0)), end = place(c.integer("end", rank));
  const Shape part(c[0]->shape.begin() + start, c[0]->shape.begin() + std::max(start, end));
  if (is_static(part)) return c.tracer.literal(bounds_of(part));
  return slice_axis(shape_tensor(c[0]), 0, start, end);
}

Expr size_op(Call& c) { return count_of_dims(c.pool(), c[0]->shape); }

Expr constant_of_shape(Call& c) {
  const Shape shape = shape_from(c, 0);
  if (!c.has_attribute("value")) return constant(c.pool(), DType::f32, 0, shape);
  const TensorData value = c.tracer.read(c.attribute("value", kTensor).t());
  if (value.count() != 1) refuse("attribute 'value' is no single number");
  return is_float(value.dtype) ? constant(c.pool(), value.dtype, value.number(0), shape)
                               : constant_int(c.pool(), value.dtype, value.integer(0), shape);
}

Expr number(Call& c, const char* name) {
  if (name == std::string("value_int"))
    return constant_int(c.pool(), DType::i64, c.attribute(name, kInt).i());
  return constant(c.pool(), DType::f32, c.real(name));
}

Expr constant_op(Call& c) {
  const std::string& name = c.node.output_size() > 0 ? c.node.output(0) : c.node.name();
  if (c.has_attribute("value"))
    return c.tracer.constant_of(c.attribute("value", kTensor).t(), name);
  if (c.has_attribute("value_string"))
    return c.tracer.string_literal({c.text("value_string")}, {}, name);
  if (c.has_attribute("value_strings")) {
    const std::vector<std::string> all = c.texts("value_strings");
    return c.tracer.string_literal(all, {static_cast<int64_t>(all.size())}, name);
  }
  if (c.has_attribute("sparse_value")) {
    return c.tracer.literal(read_sparse(c.attribute("sparse_value", kSparse).sparse_tensor(), {}),
                            name);
  }
  if (c.has_attribute("value_ints")) {
    const auto& values = c.attribute("value_ints", kInts).ints();
    return c.tracer.literal({values.begin(), values.end()});
  }
  if (c.has_attribute("value_floats")) {
    const std::vector<double> values = c.reals("value_floats");
    return c.tracer.literal(
        TensorData::of_numbers(DType::f32, {static_cast<int64_t>(values.size())}, values), name);
  }
  return number(c, c.has_attribute("value_int") ? "value_int" : "value_float");
}

/// How many numbers a range over lengths has.
Dim range_length(Call& c) {
  const Expr start = c.lengths(0).at(0), limit = c.lengths(1).at(0);
  const int64_t step = c.constant_int(2);
  if (step < 1) throw Error(ExitCode::unsupported, "a range backwards over symbolic dimensions");
  return dim_of(max(limit - start + static_cast<double>(step - 1), 0) / static_cast<double>(step));
}

Dim known_range_length(Call& c) {
  const double start = c.constant_real(0), limit = c.constant_real(1), step = c.constant_real(2);
  const double count = std::max(std::ceil((limit - start) / step), 0.0);
  if (step == 0 || !(count < 1e9)) refuse("a range without an end");
  return static_cast<int64_t>(count);
}

/// start, start + step, … below limit; start and step may be of any type.
Expr range_op(Call& c) {
  const bool fixed = c.known(0) && c.known(1) && c.known(2);
  const bool symbolic = !fixed && c.settled(0) && c.settled(1) && c.known(2);
  const Dim length = fixed      ? known_range_length(c)
                     : symbolic ? range_length(c)
                                : Dim(c.stated(0, c.known(0) ? 1 : 0).at(0));
  const Expr index = index_along(c.pool(), {length}, 0, c[0]->dtype);
  return add(mul(index, squeeze_all(c[2])), squeeze_all(c[0]));
}

/// Of DepthToSpace and back: does the block's place lie behind the channel?
bool by_columns(Call& c) { return c.choice("mode", {"DCR", "CRD"}, "DCR") == "CRD"; }

Expr depth_to_space_op(Call& c) {
  return depth_to_space(c[0], c.integer("blocksize"), by_columns(c));
}

Expr trilu_op(Call& c) {
  const bool upper = c.integer("upper", 1) != 0;
  return c.has(1) ? trilu(c[0], reshape_to(c[1], {}), upper) : trilu(c[0], 0, upper);
}

Expr tile_op(Call& c) {
  if (c.known(1)) return tile(c[0], c.constant_ints(1));
  Ints repeats = c.stated(0, 1);
  for (int64_t i = 0; i < std::min(c[0]->rank(), static_cast<int64_t>(repeats.size())); ++i)
    repeats[at(i)] /= std::max<int64_t>(c[0]->extent(i), 1);
  return tile(c[0], repeats);
}

Expr eye_like(Call& c) {
  if (c[0]->rank() != 2) refuse("EyeLike wants a matrix");
  const DType dtype =
      c.has_attribute("dtype") ? dtype_of(static_cast<int32_t>(c.integer("dtype"))) : c[0]->dtype;
  const Expr row = iota(c.pool(), c[0]->shape, 0), column = iota(c.pool(), c[0]->shape, 1);
  return cast(eq(column, row + static_cast<double>(c.integer("k", 0))), dtype);
}

/// Row i of the batch: its first lengths[i] elements in time, reversed.
Expr reverse_sequence(Call& c) {
  const int64_t time = c.integer("time_axis", 0), batch = c.integer("batch_axis", 1);
  const Expr step = iota(c.pool(), c[0]->shape, axis_of(time, c[0]->rank()));
  const Expr length = along(cast(c[1], DType::i64), axis_of(batch, c[0]->rank()), step);
  return gather_elements(c[0], where(lt(step, length), length - step - 1, step), time);
}

/// Each listed axis cut or padded around its middle to the extent asked for.
Expr center_crop_pad(Call& c) {
  const Ints axes = axes_of(c.ints("axes", iota_ints(c[0]->rank())), c[0]->rank());
  Ints wanted;
  if (c.known(1)) wanted = c.constant_ints(1);
  for (size_t i = 0; i < axes.size() && !c.known(1); ++i)
    wanted.push_back(c.stated(0, 1).at(at(axes[i])));
  if (axes.size() != wanted.size()) refuse("axes and shape differ in length");
  Ints amounts(2 * c[0]->shape.size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t more = wanted[i] - c[0]->extent(axes[i]);
    const int64_t before = more >= 0 ? more / 2 : -(-more / 2);
    amounts[at(2 * axes[i])] = before;
    amounts[at(2 * axes[i] + 1)] = more - before;
  }
  return pad_by(c[0], amounts, 0);
}

const OpRow kRows[] = {
    {"CenterCropPad", 18, center_crop_pad},
    {"Concat", 4, [](Call& c) { return join(c.all(), c.integer("axis")); }},
    {"Constant", 1, constant_op},
    {"ConstantOfShape", 9, constant_of_shape},
    {"DepthToSpace", 1, depth_to_space_op},
    {"Expand", 8, expand_op},
    {"EyeLike", 9, eye_like},
    {"Flatten", 1, [](Call& c) { return flatten(c[0], c.integer("axis", 1)); }},
    {"Pad", 2, pad_by_attributes},
    {"Pad", 11, pad_op},
    {"Range", 11, range_op},
    {"Reshape", 5, reshape_op},
    {"ReverseSequence", 10, reverse_sequence},
    {"Shape", 1, shape_op},
    {"Size", 1, size_op},
    {"Slice", 1, slice_by_attributes},
    {"Slice", 10, slice_op},
    {"SpaceToDepth", 1,
     [](Call& c) {
       return space_to_depth(c[0], c.integer("blocksize"), by_columns(c));
     }},
    {"Split", 2, split_op},
    {"Squeeze", 1, squeeze_op},
    {"Tile", 6, tile_op},
    {"Transpose", 1, transpose_op},
    {"Trilu", 14, trilu_op},
    {"Unsqueeze", 1, unsqueeze_op},
};

}  // namespace

std::span<const OpRow> shape_ops() { return kRows; }

}  // namespace tinycc::onnx
