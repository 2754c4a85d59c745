// See pack.h.
#include "ir/pack.h"

#include <cstring>

#include "ir/view.h"

namespace tinycc {
namespace {

/// An element's position is a sum of one number a dimension, since every axis of a layout depends
/// on one dimension: tables[d][i - first] for logical index i.
using Tables = std::vector<std::vector<int64_t>>;

Tables tables_of(const Buffer& buffer, bool with_halo) {
  const std::vector<int64_t> strides = dense_strides(buffer.layout.extents(buffer.shape));
  Tables tables(buffer.shape.size());
  for (size_t d = 0; d < tables.size(); ++d) {
    const auto [first, end] = with_halo
                                  ? buffer.layout.reach(static_cast<int64_t>(d), buffer.shape[d])
                                  : std::pair<int64_t, int64_t>{0, buffer.shape[d]};
    for (int64_t i = first; i < end; ++i) {
      std::vector<int64_t> index(tables.size(), 0);
      index[d] = i;
      const std::vector<int64_t> placed = buffer.layout.place(index);
      int64_t position = 0;
      for (size_t a = 0; a < placed.size(); ++a) {
        if (buffer.layout.axes[a].dim == static_cast<int64_t>(d))
          position += placed[a] * strides[a];
      }
      tables[d].push_back(position);
    }
  }
  return tables;
}

template <class F>
void for_each_position(const Tables& tables, size_t d, int64_t position, const F& f) {
  if (d == tables.size()) return f(position);
  for (const int64_t part : tables[d]) for_each_position(tables, d + 1, position + part, f);
}

}  // namespace

void for_each_position(const Buffer& buffer, const std::function<void(int64_t)>& f) {
  for_each_position(tables_of(buffer, false), 0, 0, f);
}

TensorData pack(const Buffer& buffer, const TensorData& data) {
  TCC_CHECK(data.dtype == buffer.dtype && data.shape == buffer.shape,
            "the tensor for " + buffer.name + " has another type or shape");
  const int64_t size = bytes_of(data.dtype);
  std::vector<std::byte> bytes(static_cast<size_t>(buffer.elements() * size));
  const auto put = [&](int64_t position, const std::byte* value) {
    std::memcpy(bytes.data() + position * size, value, static_cast<size_t>(size));
  };
  if (buffer.layout.has_halo()) {
    const TensorData halo = TensorData::of_numbers(data.dtype, {1}, {buffer.halo_value});
    for_each_position(tables_of(buffer, true), 0, 0,
                      [&](int64_t position) { put(position, halo.bytes->data()); });
  }
  const std::byte* from = data.bytes->data();
  for_each_position(tables_of(buffer, false), 0, 0, [&](int64_t position) {
    put(position, from);
    from += size;
  });
  return TensorData::of_bytes(data.dtype, {buffer.elements()}, std::move(bytes));
}

TensorData unpack(const Buffer& buffer, const TensorData& flat) {
  TCC_CHECK(flat.dtype == buffer.dtype && flat.count() == buffer.elements(),
            "the memory of " + buffer.name + " has another size");
  const auto size = static_cast<size_t>(bytes_of(flat.dtype));
  std::vector<std::byte> bytes(static_cast<size_t>(count_of(buffer.shape)) * size);
  std::byte* to = bytes.data();
  for_each_position(tables_of(buffer, false), 0, 0, [&](int64_t position) {
    std::memcpy(to, flat.bytes->data() + static_cast<size_t>(position) * size, size);
    to += size;
  });
  return TensorData::of_bytes(flat.dtype, buffer.shape, std::move(bytes));
}

}  // namespace tinycc
