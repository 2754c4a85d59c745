// Strided views of tensors, and the walk over several of them at once: what the reference
// interpreter (eval.cc) moves data with. Expanding, permuting, slicing and windowing only change
// strides, so that a convolution written as window, expand, multiply and reduce copies nothing.
#pragma once

#include <functional>

#include "ir/tensor.h"

namespace tinycc {

/// Element (i0, i1, …) lies `offset + sum of i*stride` values into `bytes`.
struct View {
  DType dtype = DType::f32;
  std::vector<int64_t> shape, strides;
  int64_t offset = 0;
  std::shared_ptr<const std::vector<std::byte>> bytes;

  int64_t count() const { return count_of(shape); }
  const std::byte* at(int64_t element) const {
    return bytes->data() + (offset + element) * bytes_of(dtype);
  }
};

View view_of(const TensorData& data);
/// Row-major and without gaps; shares the bytes where the view is that already.
TensorData dense(const View& view);
/// One value everywhere; `one` holds a single element.
View splat(const TensorData& one, std::vector<int64_t> shape);

View expand_view(const View& v, const std::vector<int64_t>& shape);
View permute_view(const View& v, const std::vector<int64_t>& order);
View slice_view(const View& v, const std::vector<int64_t>& starts_and_steps,
                const std::vector<int64_t>& counts);
View window_view(const View& v, int64_t axis, int64_t size, int64_t stride, int64_t dilation);
/// Copies where no strides can say it.
View reshape_view(const View& v, const std::vector<int64_t>& shape);

std::vector<int64_t> dense_strides(const std::vector<int64_t>& shape);

/// A nest of loops over `extents` that keeps one offset for each operand: strides[operand][axis].
/// The last axis is handed out as runs.
class Nest {
 public:
  explicit Nest(std::vector<int64_t> extents) : extents_(std::move(extents)) {}
  void add(std::vector<int64_t> strides) { strides_.push_back(std::move(strides)); }
  /// Merges neighbouring axes that are one axis to all operands; keeps the order of elements.
  void merge();
  /// Also makes the longest axis the last one, so that runs are long: changes the order. Axes along
  /// which operand `inner` does not move come next to it.
  void reorder(size_t inner);

  int64_t step(size_t operand) const {
    return strides_[operand].empty() ? 1 : strides_[operand].back();
  }
  /// `run(offsets, n)`: n values from each operand's offset on, step(operand) apart; n <= most.
  void walk(int64_t most, const std::function<void(const int64_t*, int64_t)>& run) const;

 private:
  void move_to_end(size_t axis);
  std::vector<int64_t> extents_;
  std::vector<std::vector<int64_t>> strides_;
};

/// Copies all of `from` to where `strides` say, `offset` values into `to`.
void copy_view(const View& from, std::byte* to, int64_t offset,
               const std::vector<int64_t>& strides);

}  // namespace tinycc
