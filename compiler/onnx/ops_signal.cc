// Rows of the op table: Fourier transforms and what stands around them. See ops.h.
// A transform is a product with a table of cosines and sines.
#include <cmath>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// cos or sin of 2π jk/n, [n, n] or its first `columns`.
Expr wave_table(Call& c, int64_t rows, int64_t columns, int64_t n, bool sine, DType dtype) {
  std::vector<double> numbers;
  for (int64_t j = 0; j < rows; ++j) {
    for (int64_t k = 0; k < columns; ++k) {
      const double angle = 2 * M_PI * static_cast<double>(j * k % n) / static_cast<double>(n);
      numbers.push_back(sine ? std::sin(angle) : std::cos(angle));
    }
  }
  return c.literal()(TensorData::of_numbers(dtype, {rows, columns}, numbers));
}

/// The first n rows of the last axis, zeros behind.
Expr fitted(Expr x, int64_t n) {
  Ints amounts(2 * x->shape.size(), 0);
  amounts.back() = n - x->extent(x->rank() - 1);
  return pad_by(x, amounts, 0);
}

struct Complex {
  Expr real, imaginary;  // imaginary: none if it is 0
};

/// Sum over the last axis of (a + ib) e^(∓2πi jk/n), the first `columns` of it.
Complex transformed(Call& c, const Complex& x, int64_t n, int64_t columns, bool inverse) {
  const DType dtype = x.real->dtype;
  const Expr cosine = wave_table(c, n, columns, n, false, dtype),
             sine = wave_table(c, n, columns, n, true, dtype);
  const double sign = inverse ? 1 : -1;
  Complex y{matmul(x.real, cosine), matmul(x.real, sine) * sign};
  if (!x.imaginary) return y;
  return {y.real - matmul(x.imaginary, sine) * sign, y.imaginary + matmul(x.imaginary, cosine)};
}

/// [..., 1 or 2] as parts whose last axis is `axis`.
Complex parts_of(Expr x, int64_t axis) {
  const int64_t last = x->rank() - 1, parts = x->extent(last);
  const auto part = [&](int64_t k) { return widened(move_axis(pick(x, last, k), axis, -1)); };
  if (parts != 1 && parts != 2) refuse("the last axis must hold real and imaginary parts");
  return {part(0), parts == 2 ? part(1) : Expr()};
}

/// From one-sided frequencies to a real signal: k = 1 … (n-1)/2 count twice, as their mirror images.
Expr real_inverse(Call& c, const Complex& x, int64_t n) {
  const int64_t rows = n / 2 + 1;
  std::vector<double> share;
  for (int64_t k = 0; k < rows; ++k) share.push_back(k == 0 || 2 * k == n ? 1 : 2);
  const DType dtype = x.real->dtype;
  const Expr shares = c.literal()(TensorData::of_numbers(dtype, {rows}, share));
  const auto turned = [&](Expr part, bool sine) {
    return matmul(mul(fitted(part, rows), shares), wave_table(c, rows, n, n, sine, dtype));
  };
  const Expr real = turned(x.real, false);
  const Expr signal = x.imaginary ? real - turned(x.imaginary, true) : real;
  return signal * (1 / static_cast<double>(n));
}

Expr dft_along(Call& c, int64_t axis) {
  const bool inverse = c.integer("inverse", 0) != 0, onesided = c.integer("onesided", 0) != 0;
  const int64_t have = c[0]->extent(axis), stated = inverse && onesided ? 2 * (have - 1) : have;
  int64_t n = stated;
  if (c.has(1)) {
    n = c.known(1) || (onesided && !inverse) ? c.constant_int(1)
                                             : c.stated(0, 1).at(static_cast<size_t>(axis));
  }
  if (n < 1 || n > 1 << 14) refuse("a transform of length " + std::to_string(n));
  const Complex x = parts_of(c[0], axis);
  if (inverse && onesided)
    return cast(unsqueeze(move_axis(real_inverse(c, x, n), -1, axis), {-1}), c[0]->dtype);
  const Complex fit{fitted(x.real, n), x.imaginary ? fitted(x.imaginary, n) : Expr()};
  const Complex y = transformed(c, fit, n, onesided ? n / 2 + 1 : n, inverse);
  const double scale = inverse ? 1 / static_cast<double>(n) : 1;
  const auto back = [&](Expr part) { return move_axis(part * scale, -1, axis); };
  return cast(stack({back(y.real), back(y.imaginary)}, c[0]->rank() - 1), c[0]->dtype);
}

/// An axis that only a run knows: each axis that gives the stated shape is a choice.
Expr dft(Call& c) {
  if (c.version < 20) return dft_along(c, axis_of(c.integer("axis", 1), c[0]->rank()));
  if (!c.has(2)) return dft_along(c, c[0]->rank() - 2);
  if (c.known(2)) return dft_along(c, axis_of(c.constant_int(2), c[0]->rank()));
  const Ints stated = c.stated(0, 2);
  std::vector<std::pair<int64_t, Expr>> choices;
  for (int64_t axis = 0; axis < c[0]->rank() - 1; ++axis) {
    const bool halves = c.integer("inverse", 0) != 0 && c.integer("onesided", 0) != 0;
    if (halves && c[0]->extent(axis) < 2) continue;
    const Expr result = dft_along(c, axis);
    if (bounds_of(result->shape) == stated) choices.emplace_back(axis, result);
  }
  if (choices.empty()) refuse("no axis gives the stated shape");
  const Expr axis = reshape_to(cast(c[2], DType::i64), {});
  return choose(where(lt(axis, 0), axis + static_cast<double>(c[0]->rank()), axis), choices);
}

/// Frames of n elements of the signal [batch, length, 1 or 2], weighted by the window, transformed.
Expr stft_of(Call& c, int64_t n) {
  const bool onesided = c.integer("onesided", 1) != 0;
  const int64_t frames =
      c.known(1) ? 1 + (c[0]->extent(1) - n) / c.constant_int(1) : c.stated(0, 1).at(1);
  const Complex x = parts_of(c[0], 1);
  const Shape shape{c[0]->shape[0], Dim(frames), Dim(n)};
  const Expr step = broadcast_to(reshape_to(cast(c[1], DType::i64), {}), shape);
  const Expr place = iota(c.pool(), shape, 1) * step + iota(c.pool(), shape, 2);
  const auto framed = [&](Expr part) {
    const Expr frame = gather(part, {iota(c.pool(), shape, 0), place});
    return c.has(2) ? mul(frame, cast(c[2], frame->dtype)) : frame;
  };
  const Complex y = transformed(c, {framed(x.real), x.imaginary ? framed(x.imaginary) : Expr()}, n,
                                onesided ? n / 2 + 1 : n, false);
  return cast(stack({y.real, y.imaginary}, 3), c[0]->dtype);
}

/// A length that only a run knows: those that give the stated number of frequencies are the choices.
Expr stft(Call& c) {
  if (c.has(2)) return stft_of(c, c[2]->extent(0));
  if (!c.has(3)) return stft_of(c, c[0]->extent(1));
  if (c.known(3)) return stft_of(c, c.constant_int(3));
  const int64_t rows = c.stated(0, 3).at(2), even = 2 * (rows - 1);
  if (c.integer("onesided", 1) == 0) return stft_of(c, rows);
  return choose(reshape_to(cast(c[3], DType::i64), {}),
                {{even, stft_of(c, even)}, {even + 1, stft_of(c, even + 1)}});
}

/// a - b cos(2πi/N) + c cos(4πi/N) over the operand's number of elements; N is one less unless it is
/// periodic.
Expr window_of(Call& c, double a, double b, double second) {
  const DType dtype = dtype_of(static_cast<int32_t>(c.integer("output_datatype", 1)));
  const int64_t n = c.known(0) ? c.constant_int(0) : c.stated(0, 0).at(0);
  const Expr i = index_along(c.pool(), {Dim(n)}, 0, DType::f64);
  const auto whole = static_cast<double>(c.integer("periodic", 1) != 0 ? n : n - 1);
  const Expr angle = i * (2 * M_PI / whole);
  return cast(a - cos(angle) * b + cos(angle * 2) * second, dtype);
}

/// Triangles between frequencies that lie evenly on the mel scale, 2595 log10(1 + f / 700).
Expr mel_weights(Call& c) {
  const auto number = [&](size_t i) { return reshape_to(cast(c[i], DType::f64), {}); };
  const bool fixed = c.known(0) && c.known(1);
  const Ints stated = fixed ? Ints{c.constant_int(1) / 2 + 1, c.constant_int(0)} : c.stated(0, 0);
  const Shape shape{Dim(stated.at(0)), Dim(stated.at(1))};
  const auto mel = [&](Expr f) { return log(f * (1.0 / 700) + 1) * (2595 / std::log(10.0)); };
  const Expr low = mel(number(3)),
             step = (mel(number(4)) - low) / static_cast<double>(stated[1] + 2);
  const auto spread = [&](Expr e) { return broadcast_to(e, shape); };
  const Expr column = index_along(c.pool(), shape, 1, DType::f64),
             row = index_along(c.pool(), shape, 0, DType::f64);
  const auto edge = [&](double k) {  // the k-th bin from each column's first
    const Expr f =
        (exp((spread(low) + (column + k) * spread(step)) * (std::log(10.0) / 2595)) - 1) * 700;
    return floor(spread(number(1) + 1) * f / spread(number(2)));
  };
  const Expr left = edge(0), centre = edge(1), right = edge(2), zero = constant_like(row, 0);
  const Expr width = centre - left;
  const Expr rising = where(eq(width, 0), where(eq(row, centre), constant_like(row, 1), zero),
                            (row - left) / width);
  const Expr falling = (right - row) / max(right - centre, 1);
  const Expr up = logical_not(lt(row, left)) & logical_not(lt(centre, row));
  const Expr down = logical_not(lt(row, centre)) & lt(row, right);
  const DType dtype = dtype_of(static_cast<int32_t>(c.integer("output_datatype", 1)));
  return cast(where(down, falling, where(up, rising, zero)), dtype);
}

const OpRow kRows[] = {
    {"BlackmanWindow", 17, [](Call& c) { return window_of(c, 0.42, 0.5, 0.08); }},
    {"DFT", 17, dft},
    {"HammingWindow", 17, [](Call& c) { return window_of(c, 25.0 / 46, 21.0 / 46, 0); }},
    {"HannWindow", 17, [](Call& c) { return window_of(c, 0.5, 0.5, 0); }},
    {"MelWeightMatrix", 17, mel_weights},
    {"STFT", 17, stft},
};

}  // namespace

std::span<const OpRow> signal_ops() { return kRows; }

}  // namespace tinycc::onnx
