// What quantisation costs: outputs of the quantised model beside those of the float model it was made of.
#pragma once

#include <string>

#include "ir/tensor.h"

namespace tinycc {

/// Of one output, over all samples.
class Accuracy {
 public:
  void add(const TensorData& got, const TensorData& real);
  /// "max error 0.031, mean 0.0021, 38.2 dB, top-1 15 of 16": signal to noise, that is 10 log10 of the sum
  /// of real^2 over that of (got - real)^2; the last where an output is one row of scores.
  std::string text() const;

 private:
  double worst_ = 0, errors_ = 0, noise_ = 0, signal_ = 0;
  int64_t count_ = 0, rows_ = 0, agree_ = 0;
};

}  // namespace tinycc
