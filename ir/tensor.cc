// Reading and writing TensorData, and runs of stored values; see tensor.h and storage.h.
#include "ir/tensor.h"

#include <algorithm>

#include "ir/error.h"
#include "ir/storage.h"

namespace tinycc {
namespace {

template <class T>
T read(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class Convert, class T, class To>
void read_run(T, const std::byte* from, int64_t step, int64_t count, To* to, Convert convert) {
  const int64_t stride = step * static_cast<int64_t>(sizeof(T));
  for (int64_t i = 0; i < count; ++i) to[i] = convert(read<T>(from + i * stride));
}

template <class Convert, class T, class From>
void write_run(T, std::byte* to, int64_t step, int64_t count, const From* from, Convert convert) {
  const int64_t stride = step * static_cast<int64_t>(sizeof(T));
  for (int64_t i = 0; i < count; ++i) {
    const T value = convert(from[i]);
    std::memcpy(to + i * stride, &value, sizeof value);
  }
}

bool is_native(DType type) { return type == DType::f32 || type == DType::f64; }

}  // namespace

void load_run(DType type, const std::byte* from, int64_t step, int64_t count, double* to) {
  with_storage(type, [&](auto t) {
    using T = decltype(t);
    if constexpr (std::is_floating_point_v<T>) {
      read_run(t, from, step, count, to, [](T v) { return static_cast<double>(v); });
    } else {
      read_run(t, from, step, count, to,
               [type](T v) { return decode_float(type, static_cast<uint64_t>(v)); });
    }
  });
}

void load_run(DType type, const std::byte* from, int64_t step, int64_t count, int64_t* to) {
  with_storage(type, [&](auto t) {
    read_run(t, from, step, count, to, [](auto v) { return static_cast<int64_t>(v); });
  });
}

void store_run(DType type, std::byte* to, int64_t step, int64_t count, const double* from) {
  with_storage(type, [&](auto t) {
    using T = decltype(t);
    if constexpr (std::is_floating_point_v<T>) {
      write_run(t, to, step, count, from, [](double v) { return static_cast<T>(v); });
    } else {
      write_run(t, to, step, count, from,
                [type](double v) { return static_cast<T>(encode_float(type, v)); });
    }
  });
}

void store_run(DType type, std::byte* to, int64_t step, int64_t count, const int64_t* from) {
  with_storage(type, [&](auto t) {
    using T = decltype(t);
    write_run(t, to, step, count, from, [](int64_t v) { return static_cast<T>(v); });
  });
}

int64_t count_of(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

int64_t TensorData::count() const { return count_of(shape); }

double TensorData::number(int64_t i) const {
  const std::byte* at = bytes->data() + i * bytes_of(dtype);
  double value = 0;
  if (is_float(dtype)) {
    load_run(dtype, at, 1, 1, &value);
    return value;
  }
  const int64_t whole = integer(i);
  return dtype == DType::u64 ? static_cast<double>(static_cast<uint64_t>(whole))
                             : static_cast<double>(whole);
}

int64_t TensorData::integer(int64_t i) const {
  if (is_float(dtype)) return truncate_to_i64(number(i));
  int64_t value = 0;
  load_run(dtype, bytes->data() + i * bytes_of(dtype), 1, 1, &value);
  return value;
}

std::vector<double> TensorData::numbers() const {
  std::vector<double> values(static_cast<size_t>(count()));
  if (is_float(dtype)) {
    load_run(dtype, bytes->data(), 1, count(), values.data());
  } else {
    for (size_t i = 0; i < values.size(); ++i) values[i] = number(static_cast<int64_t>(i));
  }
  return values;
}

std::vector<int64_t> TensorData::integers() const {
  std::vector<int64_t> values(static_cast<size_t>(count()));
  if (!is_float(dtype)) {
    load_run(dtype, bytes->data(), 1, count(), values.data());
  } else {
    for (size_t i = 0; i < values.size(); ++i) values[i] = integer(static_cast<int64_t>(i));
  }
  return values;
}

TensorData TensorData::of_numbers(DType dtype, std::vector<int64_t> shape,
                                  const std::vector<double>& values) {
  TCC_CHECK(static_cast<int64_t>(values.size()) == count_of(shape), "values do not fit the shape");
  std::vector<std::byte> bytes(values.size() * static_cast<size_t>(bytes_of(dtype)));
  if (is_native(dtype)) {
    store_run(dtype, bytes.data(), 1, static_cast<int64_t>(values.size()), values.data());
  } else if (is_float(dtype)) {
    std::vector<double> rounded(values.size());
    std::transform(values.begin(), values.end(), rounded.begin(),
                   [dtype](double v) { return round_to(dtype, v); });
    store_run(dtype, bytes.data(), 1, static_cast<int64_t>(values.size()), rounded.data());
  } else {
    std::vector<int64_t> whole(values.size());
    std::transform(values.begin(), values.end(), whole.begin(), truncate_to_i64);
    return of_integers(dtype, std::move(shape), whole);
  }
  return of_bytes(dtype, std::move(shape), std::move(bytes));
}

TensorData TensorData::of_integers(DType dtype, std::vector<int64_t> shape,
                                   const std::vector<int64_t>& values) {
  TCC_CHECK(static_cast<int64_t>(values.size()) == count_of(shape), "values do not fit the shape");
  if (is_float(dtype)) {
    return of_numbers(dtype, std::move(shape), std::vector<double>(values.begin(), values.end()));
  }
  std::vector<int64_t> wrapped(values.size());
  std::transform(values.begin(), values.end(), wrapped.begin(),
                 [dtype](int64_t v) { return wrap_to(dtype, v); });
  std::vector<std::byte> bytes(values.size() * static_cast<size_t>(bytes_of(dtype)));
  store_run(dtype, bytes.data(), 1, static_cast<int64_t>(values.size()), wrapped.data());
  return of_bytes(dtype, std::move(shape), std::move(bytes));
}

TensorData TensorData::of_bytes(DType dtype, std::vector<int64_t> shape,
                                std::vector<std::byte> bytes) {
  TCC_CHECK(static_cast<int64_t>(bytes.size()) == count_of(shape) * bytes_of(dtype),
            "bytes do not fit the shape");
  return {dtype, std::move(shape), std::make_shared<std::vector<std::byte>>(std::move(bytes))};
}

}  // namespace tinycc
