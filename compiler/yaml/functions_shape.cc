// Functions of model.yaml that move elements, choose them or make new ones (functions.h).
#include <algorithm>

#include "compiler/yaml/functions.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kMostParts = 4096;

Value flatten_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  if (x->rank() == 0) return Value::of(reshape_to(x, {1}));
  const int64_t first = a.axis(1, x), last = a.axis(2, x);
  if (last < first) refuse("end_dim is before start_dim");
  Shape shape(x->shape.begin(), x->shape.begin() + first);
  const Shape one(x->shape.begin() + first, x->shape.begin() + last + 1);
  shape.push_back(dim_of(count_of_dims(a.pool(), one)));
  shape.insert(shape.end(), x->shape.begin() + last + 1, x->shape.end());
  return Value::of(reshape_dims(x, shape));
}

Value squeeze_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  return Value::of(a.given(1) ? squeeze(x, a.ints(1)) : squeeze_all(x));
}

Value transpose_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  Ints order = iota_ints(x->rank());
  std::swap(order[static_cast<size_t>(a.axis(1, x))], order[static_cast<size_t>(a.axis(2, x))]);
  return Value::of(transpose(x, order));
}

Value permute_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const Ints order = axes_of(a.ints(1), x->rank());
  if (static_cast<int64_t>(order.size()) != x->rank()) {
    refuse("dims names " + std::to_string(order.size()) + " axes of " + std::to_string(x->rank()));
  }
  return Value::of(transpose(x, order));
}

/// A length that must be at least 1 where it is known.
Dim extent_of(Expr length) {
  const Dim dim = dim_of(length);
  if (dim.bound < 1) refuse("an extent is below 1");
  return dim;
}

Value expand_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const std::vector<Expr> lengths = a.lengths(1);
  const auto missing = static_cast<int64_t>(lengths.size()) - x->rank();
  Shape shape;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const int64_t own = static_cast<int64_t>(i) - missing;
    shape.push_back(known(lengths[i]) == -1 && own >= 0 ? x->dim(own) : extent_of(lengths[i]));
  }
  return Value::of(broadcast_to(x, shape));
}

/// One size for all parts, or the size of each.
Value split_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const int64_t axis = a.axis(2, x);
  Ints lengths = a.ints(1);
  if (!a.value(1).is(Value::Kind::list)) {
    const int64_t size = lengths[0], extent = x->extent(axis);
    if (size < 1 || extent / size > kMostParts) refuse("a part's size is out of range");
    lengths.assign(static_cast<size_t>(extent / size), size);
    if (extent % size != 0) lengths.push_back(extent % size);
  }
  if (std::any_of(lengths.begin(), lengths.end(), [](int64_t n) { return n < 1; })) {
    refuse("a part's size is below 1");
  }
  return Value::of(split(x, lengths, axis));
}

Value chunk_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const int64_t axis = a.axis(2, x), parts = a.integer(1);
  if (parts < 1 || parts > kMostParts || x->extent(axis) % parts != 0) {
    refuse(std::to_string(parts) + " equal parts of an axis of extent " +
           std::to_string(x->extent(axis)));
  }
  const Ints lengths(static_cast<size_t>(parts), x->extent(axis) / parts);
  return Value::of(split(x, lengths, axis));
}

/// PyTorch's order: (before, after) of the last axis first.
Value pad_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const Ints pads = a.ints(1);
  if (pads.size() % 2 != 0 || static_cast<int64_t>(pads.size()) > 2 * x->rank()) {
    refuse("pad is (before, after) for the last axis, then for the one before it ...");
  }
  Ints amounts(2 * static_cast<size_t>(x->rank()), 0);
  for (size_t i = 0; i < pads.size(); i += 2) {
    amounts[amounts.size() - 2 - i] = pads[i];
    amounts[amounts.size() - 1 - i] = pads[i + 1];
  }
  const std::vector<std::string> modes = {"constant", "reflect", "replicate", "circular"};
  const auto mode = std::find(modes.begin(), modes.end(), a.text(2));
  if (mode == modes.end())
    refuse("mode is constant, reflect, replicate or circular, not '" + a.text(2) + "'");
  const Expr value = cast(as_tensor(a.value(3), x, a.pool()), x->dtype);
  return Value::of(pad_with(x, amounts, static_cast<PadMode>(mode - modes.begin()), value));
}

Value repeat_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const Ints repeats = a.ints(1);
  const auto missing = static_cast<int64_t>(repeats.size()) - x->rank();
  if (missing < 0) refuse("repeats names fewer axes than the tensor has");
  const Expr wide = missing > 0 ? unsqueeze(x, iota_ints(missing)) : x;
  return Value::of(tile(wide, repeats));
}

Value flip_call(const Arguments& a) {
  Expr x = a.tensor(0);
  for (const int64_t axis : a.axes(1, x)) x = reverse(x, axis);
  return Value::of(x);
}

Value narrow_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const int64_t axis = a.axis(1, x), start = a.integer(2);
  const Dim& whole = x->dim(axis);
  const Expr end = a.length(3) + static_cast<double>(start);
  const auto last = known(simplify(end));
  if (start < 0 || dim_of(a.length(3)).bound < 1 || (last && *last > whole.bound)) {
    refuse("elements " + std::to_string(start) + " to " + (last ? std::to_string(*last) : "...") +
           " of an axis of extent " + text_of(whole));
  }
  return Value::of(slice_dim(x, axis, constant_int(a.pool(), DType::i64, start), simplify(end), 1));
}

Value size_call(const Arguments& a) {
  const Expr x = a.tensor(0);
  const Dim& dim = x->dim(a.axis(1, x));
  return dim.is_static() ? Value::of_integer(dim.bound) : Value::of(dim.value);
}

Value full_call(const Arguments& a) {
  Shape shape;
  for (const Expr length : a.lengths(0)) shape.push_back(extent_of(length));
  return Value::of(constant(a.pool(), a.dtype(2), a.number(1), shape));
}

Value arange_call(const Arguments& a) {
  return Value::of(cast(iota(a.pool(), {extent_of(a.length(0))}, 0), a.dtype(1)));
}

/// Numbers in brackets as a vector.
Value tensor_call(const Arguments& a) {
  const std::vector<double> numbers = a.numbers(0);
  if (numbers.empty()) refuse("a tensor of no values");
  const Ints shape{static_cast<int64_t>(numbers.size())};
  if (is_float(a.dtype(1))) {
    return Value::of(a.literal()(TensorData::of_numbers(a.dtype(1), shape, numbers)));
  }
  return Value::of(a.literal()(
      TensorData::of_integers(a.dtype(1), shape, Ints(numbers.begin(), numbers.end()))));
}

Value one_hot_call(const Arguments& a) {
  const Expr off = constant(a.pool(), a.dtype(2), 0), on = constant(a.pool(), a.dtype(2), 1);
  if (a.integer(1) < 1) refuse("num_classes is below 1");
  return Value::of(one_hot(a.tensor(0), a.integer(1), off, on, -1));
}

constexpr Function kShape[] = {
    {"reshape", "x, shape: lengths", "the same elements in another shape; one extent may be -1",
     [](const Arguments& a) {
       return Value::of(reshape_dims(a.tensor(0), resolved_shape(a.tensor(0), a.lengths(1))));
     }},
    {"flatten", "x, start_dim: int=1, end_dim: int=-1", "the axes start_dim ... end_dim as one",
     flatten_call},
    {"squeeze", "x, dim: ints=none", "without the axes dim, or all, of extent 1", squeeze_call},
    {"unsqueeze", "x, dim: ints", "with new axes of extent 1",
     [](const Arguments& a) { return Value::of(unsqueeze(a.tensor(0), a.ints(1))); }},
    {"transpose", "x, dim0: int, dim1: int", "two axes change places", transpose_call},
    {"permute", "x, dims: ints", "result axis i is axis dims[i]", permute_call},
    {"concat", "tensors: tensors, dim: int=0", "one behind the other along an axis",
     [](const Arguments& a) { return Value::of(join(a.tensors(0), a.integer(1))); }},
    {"stack", "tensors: tensors, dim: int=0", "along a new axis",
     [](const Arguments& a) { return Value::of(stack(a.tensors(0), a.integer(1))); }},
    {"split", "x, size: ints, dim: int=0", "a list of parts of this size, or of these sizes",
     split_call},
    {"chunk", "x, chunks: int, dim: int=0", "a list of so many equal parts", chunk_call},
    {"expand", "x, shape: lengths", "repeated along axes of extent 1; -1 keeps an extent",
     expand_call},
    {"repeat", "x, repeats: ints", "repeated so many times along each axis", repeat_call},
    {"pad", "x, pad: ints, mode: text=\"constant\", value: value=0",
     "before and after the last axis, then the one before it ...; also \"reflect\", \"replicate\", "
     "\"circular\"",
     pad_call},
    {"flip", "x, dims: ints", "backwards along these axes", flip_call},
    {"narrow", "x, dim: int, start: int, length: length", "as x[:, start:start+length]", narrow_call},
    {"tril", "x, diagonal: int=0", "the lower triangle, 0 elsewhere",
     [](const Arguments& a) { return Value::of(trilu(a.tensor(0), a.integer(1), false)); }},
    {"triu", "x, diagonal: int=0", "the upper triangle, 0 elsewhere",
     [](const Arguments& a) { return Value::of(trilu(a.tensor(0), a.integer(1), true)); }},
    {"pixel_shuffle", "x, upscale_factor: int", "[n, c*r*r, h, w] to [n, c, h*r, w*r]",
     [](const Arguments& a) {
       if (a.integer(1) < 1) refuse("upscale_factor is below 1");
       return Value::of(depth_to_space(a.tensor(0), a.integer(1), true));
     }},
    {"gather", "x, dim: int, index", "x along dim at an index of the result's shape",
     [](const Arguments& a) {
       return Value::of(gather_elements(a.tensor(0), a.tensor(2), a.axis(1, a.tensor(0))));
     }},
    {"index_select", "x, dim: int, index", "whole slices of x along dim",
     [](const Arguments& a) {
       return Value::of(gather_axis(a.tensor(0), a.tensor(2), a.axis(1, a.tensor(0))));
     }},
    {"one_hot", "indices, num_classes: int, dtype: dtype=f32",
     "1 at each index, along a new last axis", one_hot_call},
    {"size", "x, dim: int", "an extent, as a number or a dimension", size_call},
    {"rank", "x", "the number of axes",
     [](const Arguments& a) { return Value::of_integer(a.tensor(0)->rank()); }},
    {"full", "shape: lengths, value: number, dtype: dtype=f32", "the same number everywhere",
     full_call},
    {"arange", "count: length, dtype: dtype=i64", "0, 1, ... count - 1", arange_call},
    {"tensor", "values: numbers, dtype: dtype=f32", "a vector of the numbers", tensor_call},
};

}  // namespace

std::span<const Function> shape_functions() { return kShape; }

}  // namespace tinycc
