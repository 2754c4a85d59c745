// Weight files: .npy, .npz, .safetensors, and the initializers of .onnx. In: files that nobody
// vouches for. Out: tensors by name; a damaged file is an Error, never a crash.
#pragma once

#include <map>
#include <span>
#include <string>

#include "ir/tensor.h"

namespace tinycc {

using Tensors = std::map<std::string, TensorData>;

/// All tensors of a file, whose suffix says its format; one in a .npy is called like the file.
/// Errors: Error(bad_input) with the file's name; Error(unsupported) for a number type or a
/// compression that is not known.
Tensors load_tensors(const std::string& path);

using Bytes = std::span<const std::byte>;

/// The parts of load_tensors, on bytes in memory.
TensorData parse_npy(Bytes file);
Tensors parse_npz(Bytes file);
Tensors parse_safetensors(Bytes file);

/// A .npy file's bytes; numbers that NumPy has no type for travel as their bit patterns.
std::vector<std::byte> write_npy(const TensorData& tensor);

/// Throws Error(bad_input, what) unless `condition` holds.
void demand(bool condition, const std::string& what);
/// Elements of a shape, each extent checked; at most `limit`.
int64_t checked_count(const std::vector<int64_t>& shape, int64_t limit);

}  // namespace tinycc
