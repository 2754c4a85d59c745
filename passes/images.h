// Which tensors a device keeps as images (ir/image.h): those that are written by whole texels and read
// by whole texels, or one element of a texel after the other.
//
//   for k 4 { sum[i,l] += x[i, 4*ko + k] * w[4*ko + k, l] }
//     →  alloc t[i][4]; for i { for l 4 (vector) { t[i,l] = x[i, 4*ko + l] } }
//        for k 4 (unroll) { sum[i,l] += t[i,k] * w[4*ko + k, l] }
//
// Ports and states keep the layout that the model gives them, and are buffers; so is what any kernel
// reaches otherwise, or reads where it writes it, and what is too large for an image.
#pragma once

#include "passes/merge.h"

namespace tinycc {

/// Marks buffers of the draft and of the units as images.
void use_images(Draft& draft, std::vector<Unit>& units);

/// Makes images of those packed weights that their kernel reads so, their innermost axes padded to whole
/// texels.
void make_images(std::vector<Buffer>& packed, const StmtRef& body, const Target& target);

}  // namespace tinycc
