// See memory.h.
#include "ir/memory.h"

#include "ir/pack.h"
#include "ir/storage.h"

namespace tinycc {

Cell load_cell(DType type, const std::byte* bytes, int64_t bit) {
  Cell cell{.whole = 0};
  if (is_float(type) && bits_of(type) >= 8) {
    load_run(type, bytes + bit / 8, 1, 1, &cell.real);
  } else if (bits_of(type) >= 8) {
    load_run(type, bytes + bit / 8, 1, 1, &cell.whole);
  } else {
    const auto pattern = static_cast<uint64_t>(bytes[bit / 8]) >> (bit % 8);
    if (is_float(type)) {
      cell.real = decode_float(type, pattern & ((1U << bits_of(type)) - 1));
    } else {
      cell.whole = wrap_to(type, static_cast<int64_t>(pattern));
    }
  }
  return cell;
}

void store_cell(DType type, std::byte* bytes, int64_t bit, Cell value) {
  if (bits_of(type) >= 8) {
    if (is_float(type)) {
      store_run(type, bytes + bit / 8, 1, 1, &value.real);
    } else {
      store_run(type, bytes + bit / 8, 1, 1, &value.whole);
    }
    return;
  }
  const uint64_t mask = (1U << bits_of(type)) - 1;
  const uint64_t pattern =
      (is_float(type) ? encode_float(type, value.real) : static_cast<uint64_t>(value.whole)) & mask;
  const uint64_t old = static_cast<uint64_t>(bytes[bit / 8]) & ~(mask << (bit % 8));
  bytes[bit / 8] = static_cast<std::byte>(old | pattern << (bit % 8));
}

Memory empty_memory(const Buffer& buffer) {
  const auto bytes = static_cast<size_t>(buffer.bytes());
  return {std::vector<std::byte>(bytes), std::vector<int32_t>(bytes)};
}

Memory memory_of(const Buffer& buffer, const TensorData& flat, int32_t tag) {
  Memory memory = empty_memory(buffer);
  memory.writers.assign(memory.bytes.size(), tag);
  const bool real = is_float(buffer.dtype);
  for (int64_t i = 0; i < flat.count(); ++i) {
    const Cell value = real ? Cell{.real = flat.number(i)} : Cell{.whole = flat.integer(i)};
    store_cell(buffer.dtype, memory.bytes.data(), i * bits_of(buffer.dtype), value);
  }
  return memory;
}

TensorData tensor_in(const Buffer& buffer, const Place& place) {
  std::vector<double> reals;
  std::vector<int64_t> wholes;
  for_each_position(buffer, [&](int64_t position) {
    const int64_t bit = place.offset * 8 + position * bits_of(buffer.dtype);
    const bool ours = place.memory->writers.empty() ||
                      place.memory->writers[static_cast<size_t>(bit / 8)] == place.tag;
    TCC_CHECK(ours, buffer.name + " was not written whole");
    const Cell cell = load_cell(buffer.dtype, place.memory->bytes.data(), bit);
    if (is_float(buffer.dtype)) {
      reals.push_back(cell.real);
    } else {
      wholes.push_back(cell.whole);
    }
  });
  return is_float(buffer.dtype) ? TensorData::of_numbers(buffer.dtype, buffer.shape, reals)
                                : TensorData::of_integers(buffer.dtype, buffer.shape, wholes);
}

}  // namespace tinycc
