// Numbers that a model takes as inputs although they decide its shapes (a size to crop to, say). In: a
// model that cannot be traced without them, and the shapes that it states for its outputs. Out: the
// graph for the numbers that give those shapes; the emitted code refuses others on entry.
#pragma once

#include "compiler/onnx/onnx.h"

namespace tinycc::onnx {

/// Nothing unless such numbers are found, and are the only ones. Inputs of few integers are tried with
/// the extents of the outputs.
std::optional<Graph> traced_by_stated_shapes(const std::string& path, const OnnxOptions& options);

}  // namespace tinycc::onnx
