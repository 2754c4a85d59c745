// Tensors to and from the layout of a buffer: row-major values on one side, physical order with
// blocking, halo and padding on the other.
#pragma once

#include "ir/stmt.h"
#include "ir/tensor.h"

namespace tinycc {

/// Calls f with the position in memory, in elements, of every logical element in row-major order.
void for_each_position(const Buffer& buffer, const std::function<void(int64_t)>& f);
/// `data` in the buffer's layout, one dimension: halo elements hold halo_value, padding 0.
TensorData pack(const Buffer& buffer, const TensorData& data);
/// The logical tensor in memory of that layout.
TensorData unpack(const Buffer& buffer, const TensorData& flat);

}  // namespace tinycc
