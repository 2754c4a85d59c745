// Elements in the memory of an interpreted program, as the emitted code would find them: types below
// a byte are packed, lowest bits first.
#pragma once

#include "ir/bytecode.h"
#include "ir/eval.h"

namespace tinycc {

Cell load_cell(DType type, const std::byte* bytes, int64_t bit);
void store_cell(DType type, std::byte* bytes, int64_t bit, Cell value);

/// Memory for a buffer, written by nobody.
Memory empty_memory(const Buffer& buffer);
/// Memory that holds `flat`, values in the buffer's layout; all of it written by `tag`.
Memory memory_of(const Buffer& buffer, const TensorData& flat, int32_t tag);
/// The logical tensor in a buffer's memory; fails where it was not written.
TensorData tensor_in(const Buffer& buffer, const Place& place);

}  // namespace tinycc
