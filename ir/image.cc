// Images of texels; see image.h.
#include "ir/image.h"

#include <algorithm>
#include <cstdlib>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kMayWaste = 3;  // halves of what it holds, for a shape closer to a square

ImageSize size_of(const std::vector<int64_t>& extents, size_t outer) {
  ImageSize size{1, 1};
  for (size_t i = 0; i < extents.size(); ++i) (i < outer ? size.height : size.width) *= extents[i];
  size.width /= kTexel;
  return size;
}

/// Where the axes [first, end) are, as one: a number of texels if they end with the innermost.
Expr joined(Pool& pool, const std::vector<Expr>& at, const std::vector<int64_t>& extents,
            size_t first, size_t end) {
  const auto number = [&](int64_t n) { return constant_int(pool, DType::i64, n); };
  Expr sum = number(0);
  for (size_t i = first; i < end; ++i) {
    const bool texels = i + 1 == extents.size();
    sum = sum * number(extents[i] / (texels ? kTexel : 1)) +
          (texels ? at[i] / number(kTexel) : at[i]);
  }
  return simplify(sum);
}

}  // namespace

ImageSize image_size(const Buffer& b) {
  return size_of(b.layout.extents(b.shape), static_cast<size_t>(b.image_axes));
}

TexelPlace texel_of(const Buffer& b, const std::vector<Expr>& logical) {
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  const std::vector<Expr> at = b.layout.place(logical);
  Pool& pool = *at.back()->pool;
  const auto outer = static_cast<size_t>(b.image_axes);
  return {joined(pool, at, extents, outer, at.size()), joined(pool, at, extents, 0, outer),
          simplify(at.back() % constant_int(pool, DType::i64, kTexel))};
}

int64_t image_axes_of(const Buffer& b, int64_t side, int64_t pitch) {
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  if (extents.empty() || extents.back() % kTexel != 0 || b.elements() == 0) return -1;
  int64_t best = -1, least = 0, shape = 0;
  for (size_t outer = 0; outer < extents.size(); ++outer) {
    const auto [width, height] = size_of(extents, outer);
    if (width > side || height > side) continue;
    const int64_t texels =
        std::max((width + pitch - 1) / pitch * pitch * height, width * height * kMayWaste / 2);
    const int64_t lopsided = std::abs(width - height);
    if (best >= 0 && std::pair(texels, lopsided) >= std::pair(least, shape)) continue;
    best = static_cast<int64_t>(outer);
    least = texels;
    shape = lopsided;
  }
  return best;
}

bool is_multiple(Expr e, int64_t n) {
  switch (e->op) {
    case Op::constant: return integer_of(e) % n == 0;
    case Op::mul: return is_multiple(e[0], n) || is_multiple(e[1], n);
    case Op::add:
    case Op::min:
    case Op::max: return is_multiple(e[0], n) && is_multiple(e[1], n);
    case Op::neg: return is_multiple(e[0], n);
    default: return false;
  }
}

bool is_texel(const Buffer& b, const std::vector<Expr>& logical, Expr lane) {
  if (extent_of(lane) != kTexel || logical.empty()) return false;
  const std::vector<Expr> at = b.layout.place(logical);
  for (size_t i = 0; i + 1 < at.size(); ++i) {
    if (occurs(lane, simplify(at[i]))) return false;
  }
  const Expr last = simplify(at.back());
  const Expr first = simplify(substitute(last, {{lane, constant_int(*last->pool, DType::i64, 0)}}));
  return affine(last).coefficient(lane) == 1 && !occurs(lane, first) && is_multiple(first, kTexel);
}

}  // namespace tinycc
