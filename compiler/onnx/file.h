// Reading .onnx files: the message, and the numbers of its tensors. In: bytes that nobody vouches
// for. Out: a parsed message, TensorData of the promised size; anything else is an Error.
#pragma once

#include <filesystem>

#include "compiler/onnx/model.pb.h"
#include "ir/tensor.h"

namespace tinycc::onnx {

/// Parses the file. Errors: Error(bad_input) if it is missing, empty, truncated or no model.
proto::Model read_model(const std::filesystem::path& path);

/// ONNX's number of an element type as ours. Errors: Error(unsupported) for strings and the like.
DType dtype_of(int32_t onnx_type);

/// A tensor's numbers; those of external tensors lie in a file below `folder`. Errors:
/// Error(bad_input) if dims and data disagree, or the file is not below the folder or too short.
TensorData read_tensor(const proto::Tensor& tensor, const std::filesystem::path& folder);

/// A sparse tensor's numbers, dense.
TensorData read_sparse(const proto::SparseTensor& tensor, const std::filesystem::path& folder);

}  // namespace tinycc::onnx
