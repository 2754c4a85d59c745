// Views, and the walk over them; see view.h.
#include "ir/view.h"

#include <algorithm>

#include "ir/error.h"
#include "ir/storage.h"

namespace tinycc {

View view_of(const TensorData& data) {
  return {data.dtype, data.shape, dense_strides(data.shape), 0, data.bytes};
}

std::vector<int64_t> dense_strides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0; stride *= shape[i]) strides[i] = stride;
  return strides;
}

namespace {

bool is_dense(const View& v) {
  if (v.offset != 0 || static_cast<int64_t>(v.bytes->size()) != v.count() * bytes_of(v.dtype)) {
    return false;
  }
  const std::vector<int64_t> strides = dense_strides(v.shape);
  for (size_t i = 0; i < strides.size(); ++i) {
    if (v.shape[i] != 1 && v.strides[i] != strides[i]) return false;
  }
  return true;
}

}  // namespace

TensorData dense(const View& v) {
  if (is_dense(v)) return {v.dtype, v.shape, v.bytes};
  std::vector<std::byte> bytes(static_cast<size_t>(v.count() * bytes_of(v.dtype)));
  copy_view(v, bytes.data(), 0, dense_strides(v.shape));
  return TensorData::of_bytes(v.dtype, v.shape, std::move(bytes));
}

View splat(const TensorData& one, std::vector<int64_t> shape) {
  std::vector<int64_t> strides(shape.size(), 0);
  return {one.dtype, std::move(shape), std::move(strides), 0, one.bytes};
}

View expand_view(const View& v, const std::vector<int64_t>& shape) {
  View out = v;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (v.shape[i] != shape[i]) out.strides[i] = 0;
  }
  out.shape = shape;
  return out;
}

View permute_view(const View& v, const std::vector<int64_t>& order) {
  View out = v;
  for (size_t i = 0; i < order.size(); ++i) {
    out.shape[i] = v.shape[static_cast<size_t>(order[i])];
    out.strides[i] = v.strides[static_cast<size_t>(order[i])];
  }
  return out;
}

View slice_view(const View& v, const std::vector<int64_t>& starts_and_steps,
                const std::vector<int64_t>& counts) {
  View out = v;
  out.shape = counts;
  for (size_t i = 0; i < counts.size(); ++i) {
    out.offset += v.strides[i] * starts_and_steps[2 * i];
    out.strides[i] *= starts_and_steps[2 * i + 1];
  }
  return out;
}

View window_view(const View& v, int64_t axis, int64_t size, int64_t stride, int64_t dilation) {
  View out = v;
  const auto a = static_cast<size_t>(axis);
  out.shape[a] = (v.shape[a] - (size - 1) * dilation - 1) / stride + 1;
  out.strides[a] *= stride;
  out.shape.push_back(size);
  out.strides.push_back(v.strides[a] * dilation);
  return out;
}

View reshape_view(const View& v, const std::vector<int64_t>& shape) {
  View out{v.dtype, shape, dense_strides(shape), v.offset, v.bytes};
  if (v.count() == 0) return out;
  // Groups of old and new axes that hold equally many elements are matched, outermost first; the
  // old axes of a group must be one axis in memory, the new ones then divide it.
  size_t i = 0, j = 0;
  while (i < v.shape.size() || j < shape.size()) {
    size_t i1 = i, j1 = j;
    int64_t old_count = i1 < v.shape.size() ? v.shape[i1++] : 1;
    int64_t new_count = j1 < shape.size() ? shape[j1++] : 1;
    while (old_count != new_count) {
      if (old_count < new_count) {
        old_count *= v.shape[i1++];
      } else {
        new_count *= shape[j1++];
      }
    }
    int64_t stride = 0, extent = 1;  // of the group as one axis, innermost old axis first
    for (size_t k = i1; k-- > i;) {
      if (v.shape[k] == 1) continue;
      if (extent != 1 && v.strides[k] != stride * extent)
        return view_of({v.dtype, shape, dense(v).bytes});
      if (extent == 1) stride = v.strides[k];
      extent *= v.shape[k];
    }
    for (size_t k = j1; k-- > j; stride *= shape[k]) out.strides[k] = stride;
    i = i1, j = j1;
  }
  return out;
}

void Nest::merge() {
  std::vector<int64_t> extents;
  std::vector<std::vector<int64_t>> strides(strides_.size());
  for (size_t axis = 0; axis < extents_.size(); ++axis) {
    if (extents_[axis] == 1) continue;
    bool joins = !extents.empty();
    for (size_t k = 0; k < strides_.size() && joins; ++k) {
      joins = strides[k].back() == strides_[k][axis] * extents_[axis];
    }
    if (!joins) extents.push_back(1);
    extents.back() *= extents_[axis];
    for (size_t k = 0; k < strides_.size(); ++k) {
      if (!joins) strides[k].push_back(0);
      strides[k].back() = strides_[k][axis];
    }
  }
  extents_ = std::move(extents);
  strides_ = std::move(strides);
}

void Nest::move_to_end(size_t axis) {
  const auto rotate = [axis](std::vector<int64_t>& v) {
    const auto at = v.begin() + static_cast<std::ptrdiff_t>(axis);
    std::rotate(at, at + 1, v.end());
  };
  rotate(extents_);
  for (auto& s : strides_) rotate(s);
}

void Nest::reorder(size_t inner) {
  merge();
  size_t rank = extents_.size();
  for (size_t axis = 0, seen = 0; seen < rank; ++seen) {
    if (strides_[inner][axis] == 0) {
      move_to_end(axis);
    } else {
      ++axis;
    }
  }
  size_t longest = 0;
  for (size_t axis = 0; axis < rank; ++axis) {
    if (extents_[axis] >= extents_[longest]) longest = axis;
  }
  if (rank > 0) move_to_end(longest);
}

void Nest::walk(int64_t most, const std::function<void(const int64_t*, int64_t)>& run) const {
  const size_t outer = extents_.empty() ? 0 : extents_.size() - 1, operands = strides_.size();
  for (const int64_t e : extents_) {
    if (e == 0) return;
  }
  const int64_t length = extents_.empty() ? 1 : extents_.back();
  std::vector<int64_t> index(outer, 0), at(operands, 0), start(operands);
  while (true) {
    for (int64_t done = 0; done < length; done += most) {
      for (size_t k = 0; k < operands; ++k) {
        start[k] = at[k] + (extents_.empty() ? 0 : done * strides_[k].back());
      }
      run(start.data(), std::min(most, length - done));
    }
    size_t axis = outer;
    while (axis-- > 0) {
      const bool more = ++index[axis] < extents_[axis];
      for (size_t k = 0; k < operands; ++k) {
        at[k] += strides_[k][axis] * (more ? 1 : 1 - extents_[axis]);
      }
      if (more) break;
      index[axis] = 0;
    }
    if (axis == static_cast<size_t>(-1)) return;
  }
}

namespace {

template <class T>
void copy_run(T, const std::byte* from, int64_t from_step, std::byte* to, int64_t to_step,
              int64_t count) {
  if (from_step == 1 && to_step == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T));
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * to_step * static_cast<int64_t>(sizeof(T)),
                from + i * from_step * static_cast<int64_t>(sizeof(T)), sizeof(T));
  }
}

}  // namespace

void copy_view(const View& from, std::byte* to, int64_t offset,
               const std::vector<int64_t>& strides) {
  Nest nest(from.shape);
  nest.add(from.strides);
  nest.add(strides);
  nest.reorder(1);
  const int64_t size = bytes_of(from.dtype);
  with_storage(from.dtype, [&](auto t) {
    nest.walk(INT64_MAX, [&](const int64_t* at, int64_t n) {
      copy_run(t, from.at(at[0]), nest.step(0), to + (offset + at[1]) * size, nest.step(1), n);
    });
  });
}

}  // namespace tinycc
