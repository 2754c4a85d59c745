// Buffers that a device keeps as images: two-dimensional, of texels of four elements. The innermost
// axis of the layout runs along a texel and on to the next; of the others the outer ones number the
// image's rows, the inner ones its columns:
//
//   axes [h][w][c], one of them outer   →   texel (x, y) = (w * C/4 + c/4, h), component c mod 4
//
// Kernels read whole texels, and store whole texels into images that they do not read.
#pragma once

#include "ir/stmt.h"

namespace tinycc {

constexpr int64_t kTexel = 4;  // elements

struct ImageSize {
  int64_t width = 0, height = 0;  // texels
};
ImageSize image_size(const Buffer& image);

/// The texel that holds an element, and the element's place in it.
struct TexelPlace {
  Expr x, y, component;
};
TexelPlace texel_of(const Buffer& image, const std::vector<Expr>& logical);

/// How many outer axes should number the rows so that neither side is longer than `side`, rows, whose
/// lengths devices round up to whole `pitch` texels, waste little, and the image is about as wide as
/// high, since caches hold squares of it; -1: the buffer is no image.
int64_t image_axes_of(const Buffer& buffer, int64_t side, int64_t pitch);

/// Is it a multiple of n, whatever its ranges are?
bool is_multiple(Expr e, int64_t n);

/// Are these, for the values of `lane`, the elements of one texel in order?
bool is_texel(const Buffer& buffer, const std::vector<Expr>& logical, Expr lane);

}  // namespace tinycc
