// Common types and shapes of operands: NumPy's promotion and broadcasting. See tensor.h.
#include <algorithm>
#include <limits>

#include "compiler/tensor/tensor.h"

namespace tinycc {

void refuse(const std::string& message) { throw Error(ExitCode::bad_input, message); }

std::string text_of(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i > 0 ? ", " : "") + text_of(shape[i]);
  }
  return text + "]";
}

void expect_size(const Shape& shape, int64_t limit) {
  int64_t count = 1;
  for (const Dim& d : shape) {
    const bool overflows = __builtin_mul_overflow(count, d.bound, &count);
    if (overflows || d.bound < 0 || d.bound > kMostElements || count > limit) {
      refuse("a tensor of shape " + text_of(shape) + " is absurd");
    }
  }
}

DType promoted(DType a, DType b) {
  if (a == b) return a;
  if (is_bool(a) || is_bool(b)) return is_bool(a) ? b : a;
  if (is_float(a) != is_float(b)) return is_float(a) ? a : b;
  const int wide = std::max(bits_of(a), bits_of(b));
  if (bits_of(a) != bits_of(b)) {
    const DType wider = bits_of(a) > bits_of(b) ? a : b;
    const DType other = wider == a ? b : a;
    if (is_float(a) || kind_of(wider) == DKind::signed_int) return wider;
    if (kind_of(other) == DKind::unsigned_int) return wider;
  }
  if (is_float(a)) return wide < 16 ? DType::f16 : DType::f32;  // two kinds of 16 or 8 bits
  return wide < 8 ? DType::i8 : wide < 16 ? DType::i16 : wide < 32 ? DType::i32 : DType::i64;
}

int64_t axis_of(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    refuse("there is no axis " + std::to_string(axis) + " in a tensor of rank " +
           std::to_string(rank));
  }
  return axis < 0 ? axis + rank : axis;
}

Ints axes_of(const Ints& axes, int64_t rank) {
  Ints result;
  for (int64_t axis : axes) {
    result.push_back(axis_of(axis, rank));
    if (std::count(result.begin(), result.end(), result.back()) > 1) {
      refuse("axis " + std::to_string(axis) + " is named twice");
    }
  }
  return result;
}

Ints iota_ints(int64_t count) {
  Ints result;
  for (int64_t i = 0; i < count; ++i) result.push_back(i);
  return result;
}

namespace {

/// Does only a run know the length, from data? Such lengths may turn out to be 1, or equal.
bool is_computed(const Dim& d) { return !d.is_static() && !is_dim(d.value); }

/// The longer of two lengths, or nothing if they cannot be equal and neither can be 1.
std::optional<Dim> joint(Pool& pool, const Dim& a, const Dim& b) {
  if (!is_computed(a) && !is_computed(b)) return {};
  if (a.is_static() || b.is_static()) return a.is_static() ? a : b;
  return dim_of(max(length_of(pool, a), length_of(pool, b)));
}

/// x repeated along axes that turn out to have the length 1.
Expr repeated(Expr x, const Shape& shape) {
  Pool& pool = *x->pool;
  std::vector<Expr> place;
  for (size_t i = 0; i < shape.size(); ++i) {
    const Expr here = iota(pool, shape, static_cast<int64_t>(i)), none = constant_like(here, 0);
    const Shape ones(shape.size(), Dim(1));
    const Expr length = expand(reshape(length_of(pool, x->shape[i]), ones), shape);
    place.push_back(x->shape[i] == shape[i] ? here : where(eq(length, 1), none, here));
  }
  return gather(x, place);
}

}  // namespace

Shape broadcast_shape(const std::vector<Expr>& xs) {
  size_t rank = 0;
  for (Expr x : xs) rank = std::max(rank, x->shape.size());
  Shape shape(rank, Dim(1));
  for (Expr x : xs) {
    for (size_t i = 0; i < x->shape.size(); ++i) {
      Dim& dim = shape[rank - x->shape.size() + i];
      const Dim& own = x->shape[i];
      if (own == Dim(1) || own == dim) continue;
      if (const auto both = dim != Dim(1) ? joint(*x->pool, dim, own) : std::nullopt) {
        dim = *both;
        continue;
      }
      if (dim != Dim(1)) {
        refuse("shapes " + text_of(xs[0]->shape) + " and " + text_of(x->shape) +
               " do not broadcast");
      }
      dim = own;
    }
  }
  return shape;
}

Expr broadcast_to(Expr x, const Shape& shape) {
  if (x->shape == shape) return x;
  if (x->shape.size() > shape.size()) {
    refuse("shape " + text_of(x->shape) + " does not broadcast to " + text_of(shape));
  }
  Shape padded(shape.size() - x->shape.size(), Dim(1));
  padded.insert(padded.end(), x->shape.begin(), x->shape.end());
  bool varies = false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (padded[i] == Dim(1) || padded[i] == shape[i]) continue;
    if (!joint(*x->pool, padded[i], shape[i]))
      refuse("shape " + text_of(x->shape) + " does not broadcast to " + text_of(shape));
    varies = true;
  }
  expect_size(shape, kMostElements * kMostElements);
  const Expr whole = reshape(x, padded);
  return varies ? repeated(whole, shape) : expand(whole, shape);
}

void broadcast(std::vector<Expr>& xs) {
  DType dtype = xs[0]->dtype;
  for (Expr x : xs) dtype = promoted(dtype, x->dtype);
  const Shape shape = broadcast_shape(xs);
  for (Expr& x : xs) x = broadcast_to(cast(x, dtype), shape);
}

Expr along(Expr vector, int64_t axis, Expr x) {
  if (count_of(vector->shape) != 1 && count_of(vector->shape) != x->extent(axis)) {
    refuse(std::to_string(count_of(vector->shape)) + " values for an axis of extent " +
           std::to_string(x->extent(axis)));
  }
  Shape shape(x->shape.size(), Dim(1));
  shape[static_cast<size_t>(axis)] = Dim(count_of(vector->shape));
  return expand(reshape(vector, shape), x->shape);
}

Expr index_along(Pool& pool, const Shape& shape, int64_t axis, DType dtype) {
  return cast(iota(pool, shape, axis), dtype);
}

Expr widened(Expr x) {
  return is_float(x->dtype) && bits_of(x->dtype) < 32 ? cast(x, DType::f32) : x;
}

double largest_of(DType dtype) {
  switch (dtype) {
    case DType::f8e4m3fn: return 448;
    case DType::f8e4m3fnuz: return 240;
    case DType::f8e5m2:
    case DType::f8e5m2fnuz: return 57344;
    default: return 0;
  }
}

Expr lowest(Pool& pool, DType dtype) {
  if (is_float(dtype)) return constant(pool, dtype, -std::numeric_limits<double>::infinity());
  const bool is_signed = kind_of(dtype) == DKind::signed_int;
  return constant_int(pool, dtype,
                      is_signed ? std::numeric_limits<int64_t>::min() >> (64 - bits_of(dtype)) : 0);
}

Expr highest(Pool& pool, DType dtype) {
  if (is_float(dtype)) return constant(pool, dtype, std::numeric_limits<double>::infinity());
  if (is_bool(dtype)) return constant_int(pool, dtype, 1);
  const bool is_signed = kind_of(dtype) == DKind::signed_int;
  const int64_t most = std::numeric_limits<int64_t>::max() >> (64 - bits_of(dtype));
  return constant_int(pool, dtype, is_signed ? most : -1);
}

}  // namespace tinycc
