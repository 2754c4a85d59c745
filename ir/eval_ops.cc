// See eval_ops.h.
#include "ir/eval_ops.h"

#include <algorithm>
#include <numeric>

#include "ir/arith.h"
#include "ir/scalar.h"
#include "ir/storage.h"

namespace tinycc {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_for(DType type, const std::vector<int64_t>& shape) {
  return Bytes(static_cast<size_t>(count_of(shape) * bytes_of(type)));
}

/// Accumulators of a reduction: doubles or i64.
struct Sums {
  std::vector<double> real;
  std::vector<int64_t> whole;

  Sums(Op reduce, DType type, int64_t count) {
    if (is_float(type))
      real.assign(static_cast<size_t>(count), neutral_of(reduce, type).real);
    else
      whole.assign(static_cast<size_t>(count), neutral_of(reduce, type).whole);
  }
  TensorData rounded(DType type, const std::vector<int64_t>& shape) {
    if (is_float(type)) return TensorData::of_numbers(type, shape, real);
    for (int64_t& v : whole) v = wrap_result(type, v);
    return TensorData::of_integers(type, shape, whole);
  }
};

}  // namespace

TensorData eval_elementwise(Expr e, const std::vector<int64_t>& shape, const LeafViews& leaf) {
  RowProgram program;
  program.build(e, leaf);
  Nest nest(shape);
  const size_t out = program.add_leaves(nest);
  nest.add(dense_strides(shape));
  nest.reorder(out);
  Bytes bytes = bytes_for(e->dtype, shape);
  const int64_t size = bytes_of(e->dtype);
  nest.walk(kRow, [&](const int64_t* at, int64_t n) {
    store_row(e->dtype, program.run(nest, at, n), n, bytes.data() + at[out] * size, nest.step(out));
  });
  return TensorData::of_bytes(e->dtype, shape, std::move(bytes));
}

TensorData eval_reduce(Expr e, const std::vector<int64_t>& source_shape, const LeafViews& leaf) {
  std::vector<int64_t> shape, strides(source_shape.size(), 0);
  for (size_t i = 0; i < source_shape.size(); ++i) {
    const auto& axes = e->attr.ints;
    if (!std::binary_search(axes.begin(), axes.end(), static_cast<int64_t>(i))) {
      shape.push_back(source_shape[i]);
      strides[i] = 1;
    }
  }
  const std::vector<int64_t> kept = dense_strides(shape);
  for (size_t i = 0, k = 0; i < strides.size(); ++i) {
    if (strides[i] != 0) strides[i] = kept[k++];
  }
  RowProgram program;
  program.build(e[0], leaf);
  Nest nest(source_shape);
  const size_t out = program.add_leaves(nest);
  nest.add(std::move(strides));
  nest.reorder(out);
  Sums sums(e->op, e->dtype, count_of(shape));
  const Op combine = combiner_of(e->op);
  nest.walk(kRow, [&](const int64_t* at, int64_t n) {
    const Row& row = program.run(nest, at, n);
    if (is_float(e->dtype)) {
      fold_row(combine, row, n, sums.real.data() + at[out], nest.step(out));
    } else {
      fold_row(combine, e->dtype, row, n, sums.whole.data() + at[out], nest.step(out));
    }
  });
  return sums.rounded(e->dtype, shape);
}

TensorData eval_pad(const View& v, const std::vector<int64_t>& amounts, const View& value) {
  std::vector<int64_t> shape = v.shape;
  for (size_t i = 0; i < shape.size(); ++i) shape[i] += amounts[2 * i] + amounts[2 * i + 1];
  const std::vector<int64_t> strides = dense_strides(shape);
  int64_t start = 0;
  for (size_t i = 0; i < shape.size(); ++i) start += strides[i] * amounts[2 * i];
  Bytes bytes = bytes_for(v.dtype, shape);
  copy_view(splat(dense(value), shape), bytes.data(), 0, strides);
  copy_view(v, bytes.data(), start, strides);
  return TensorData::of_bytes(v.dtype, shape, std::move(bytes));
}

TensorData eval_concat(const std::vector<View>& parts, int64_t axis) {
  const auto a = static_cast<size_t>(axis);
  std::vector<int64_t> shape = parts[0].shape;
  for (size_t k = 1; k < parts.size(); ++k) shape[a] += parts[k].shape[a];
  const std::vector<int64_t> strides = dense_strides(shape);
  Bytes bytes = bytes_for(parts[0].dtype, shape);
  int64_t start = 0;
  for (const View& part : parts) {
    copy_view(part, bytes.data(), start * strides[a], strides);
    start += part.shape[a];
  }
  return TensorData::of_bytes(parts[0].dtype, shape, std::move(bytes));
}

TensorData eval_gather(const View& data, const std::vector<View>& indices) {
  const std::vector<int64_t>& shape = indices[0].shape;
  const size_t out = indices.size();
  Nest nest(shape);
  for (const View& i : indices) nest.add(i.strides);
  nest.add(dense_strides(shape));
  nest.reorder(out);
  TCC_CHECK(count_of(shape) == 0 || data.count() > 0, "gather from an empty tensor");
  Bytes bytes = bytes_for(data.dtype, shape);
  const int64_t size = bytes_of(data.dtype);
  Row row;
  std::vector<int64_t> from(kRow);
  nest.walk(kRow, [&](const int64_t* at, int64_t n) {
    std::fill_n(from.begin(), n, 0);
    for (size_t k = 0; k < indices.size(); ++k) {
      load_row(indices[k], at[k], nest.step(k), n, row);
      for (int64_t i = 0; i < n; ++i) {
        from[static_cast<size_t>(i)] +=
            std::clamp<int64_t>(row.whole[i], 0, data.shape[k] - 1) * data.strides[k];
      }
    }
    for (int64_t i = 0; i < n; ++i) {
      std::memcpy(bytes.data() + (at[out] + i * nest.step(out)) * size,
                  data.at(from[static_cast<size_t>(i)]), static_cast<size_t>(size));
    }
  });
  return TensorData::of_bytes(data.dtype, shape, std::move(bytes));
}

namespace {

/// The ops that scatter can combine with, by name.
Op combine_named(const std::string& name) {
  for (const Op op : {Op::add, Op::mul, Op::max, Op::min}) {
    if (name == name_of(op)) return op;
  }
  TCC_CHECK(false, "scatter cannot combine by " + name);
  return Op::add;
}

void combine_at(Op op, DType type, std::byte* at, const std::byte* update) {
  Row a, b, out;
  const Row* args[2] = {&a, &b};
  const auto load = [type](const std::byte* from, Row& row) {
    if (is_float(type))
      load_run(type, from, 1, 1, row.real);
    else
      load_run(type, from, 1, 1, row.whole);
  };
  load(at, a);
  load(update, b);
  apply_rows(op, type, type, args, out, 1);
  store_row(type, out, 1, at, 1);
}

}  // namespace

TensorData eval_scatter(const View& data, const View& updates, const std::vector<View>& indices,
                        const std::string& combine) {
  const std::vector<int64_t> strides = dense_strides(data.shape);
  Bytes bytes = bytes_for(data.dtype, data.shape);
  copy_view(data, bytes.data(), 0, strides);
  Nest nest(updates.shape);  // in row-major order: the last of several updates wins
  nest.add(updates.strides);
  for (const View& i : indices) nest.add(i.strides);
  nest.merge();
  const int64_t size = bytes_of(data.dtype);
  nest.walk(1, [&](const int64_t* at, int64_t) {
    int64_t to = 0;
    for (size_t k = 0; k < indices.size(); ++k) {
      int64_t index = 0;
      load_run(indices[k].dtype, indices[k].at(at[k + 1]), 1, 1, &index);
      if (index < 0 || index >= data.shape[k]) return;
      to += index * strides[k];
    }
    std::byte* target = bytes.data() + to * size;
    if (combine.empty())
      std::memcpy(target, updates.at(at[0]), static_cast<size_t>(size));
    else
      combine_at(combine_named(combine), data.dtype, target, updates.at(at[0]));
  });
  return TensorData::of_bytes(data.dtype, data.shape, std::move(bytes));
}

View eval_iota(const std::vector<int64_t>& shape, int64_t axis) {
  const auto a = static_cast<size_t>(axis);
  std::vector<int64_t> values(static_cast<size_t>(shape[a]));
  std::iota(values.begin(), values.end(), 0);
  View v = view_of(TensorData::of_integers(DType::i64, {shape[a]}, values));
  v.shape = shape;
  v.strides.assign(shape.size(), 0);
  v.strides[a] = 1;
  return v;
}

}  // namespace tinycc
