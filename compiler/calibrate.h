// Calibration: samples from files, and the ranges that tensors of a graph have on them.
#pragma once

#include "compiler/quantise.h"

namespace tinycc {

/// A .npz with an array [samples, …] for each input by its name (where the input's own first extent
/// is 1, that may be left out), or a .npy for the only input. Errors: Error(bad_input), at `at`.
std::vector<Values> read_samples(const Graph& graph, const std::string& path, const Location& at);

/// Of each tensor over all samples, by spec.method: all that occurs; what lies between percentiles;
/// or what makes the mean square of the rounding error least.
std::vector<ValueRange> ranges_of(const Graph& graph, const std::vector<Expr>& tensors,
                                  const std::vector<Values>& samples, const QuantiseSpec& spec);

}  // namespace tinycc
