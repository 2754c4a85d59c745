// Inputs of a model.yaml: their shapes, and what is done to a frame before the graph sees it.
#pragma once

#include "compiler/yaml/model.h"

namespace tinycc {

/// The dims of a state's type; Error(unsupported) if one is symbolic.
std::vector<int64_t> static_shape(const TypeSpec& type, const std::string& name);

/// Symbols of the model's inputs that --shape makes numbers.
std::map<std::string, int64_t> fixed_symbols(const ModelFile& model, const TraceOptions& options);

/// Error(usage) for a --shape that names no input.
void check_shape_names(const ModelFile& model, const TraceOptions& options);

/// Adds the input to the graph; gives the value that expressions see, pre-processed.
Expr trace_input(const InputSpec& spec, const TraceOptions& options, Graph& graph);

}  // namespace tinycc
