// See heads.h.
#include "compiler/onnx/heads.h"

namespace tinycc::onnx {

Expr split_heads(Expr x, int64_t heads) {
  if (x->rank() != 3 || heads < 1 || x->extent(2) % heads != 0)
    refuse(std::to_string(heads) + " heads of " + text_of(x->shape));
  const Dim size = x->extent(2) / heads;
  return permute(reshape_dims(x, {x->shape[0], x->shape[1], Dim(heads), size}), {0, 2, 1, 3});
}

Expr merge_heads(Expr x) {
  const Expr rows = permute(x, {0, 2, 1, 3});
  return reshape_dims(rows, {rows->shape[0], rows->shape[1], Dim(x->extent(1) * x->extent(3))});
}

Expr repeat_heads(Expr x, int64_t heads) {
  const int64_t own = x->extent(1);
  if (own == heads) return x;
  if (own < 1 || heads % own != 0)
    refuse(std::to_string(heads) + " query heads for " + std::to_string(own));
  Shape many = x->shape, joined = x->shape;
  many.insert(many.begin() + 2, Dim(heads / own));
  joined[1] = Dim(heads);
  return reshape_dims(expand(unsqueeze(x, {2}), many), joined);
}

Expr rotated(Expr x, Expr cosine, Expr sine, int64_t turned, bool interleaved) {
  const int64_t size = x->extent(3), half = turned / 2;
  const Expr a = interleaved ? slice_axis(x, 3, 0, turned, 2) : slice_axis(x, 3, 0, half),
             b = interleaved ? slice_axis(x, 3, 1, turned, 2) : slice_axis(x, 3, half, turned);
  const Expr real = sub(mul(a, cosine), mul(b, sine)),
             imaginary = add(mul(a, sine), mul(b, cosine));
  Shape whole = x->shape;
  whole[3] = Dim(turned);
  const Expr both =
      interleaved ? reshape_dims(stack({real, imaginary}, 4), whole) : join({real, imaginary}, 3);
  return turned == size ? both : join({both, slice_axis(x, 3, turned, size)}, 3);
}

}  // namespace tinycc::onnx
