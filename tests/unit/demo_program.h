// A planned program made by hand, with kernels whose C is given literally: what the host emitter is
// tested with, apart from every pass and from the emitter of kernels.
#pragma once

#include <memory>

#include "emitters/host.h"

namespace tinycc {

/// demo: y = (x * scale + q shifted up and down three times) + table + state, by way of two halo'd
/// tensors of one type; r = saturated first values. Ports in f32, i8 and bool, a state, a kernel
/// that two steps call with different weights, a loop, a select, a large weight.
struct Demo {
  explicit Demo(const std::string& dialect, WeightsMode weights = WeightsMode::source,
                bool parallel = false, bool golden = true);

  Program program;
  std::unique_ptr<Names> names;
  std::vector<KernelText> kernels;
  std::vector<GoldenCase> golden;

  HostInputs host() const;
};

/// The smallest program: no input, no arena, no weight; one output of three numbers.
Program tiny_program(const std::string& dialect);

}  // namespace tinycc
