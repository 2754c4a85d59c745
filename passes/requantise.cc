// See requantise.h.
#include "passes/requantise.h"

#include <algorithm>
#include <cmath>

namespace tinycc {
namespace {

constexpr double kError = 0x1p-8;  // of a result, in steps
constexpr double kSmallSum = 0x1p26;
constexpr int kQuotientBits = 16;  // behind the point, of a numerator

double size_of(const Numbers& n) { return std::max(std::abs(n.least()), std::abs(n.most())); }
double size_of(Interval i) {
  return static_cast<double>(std::max(std::abs(i.low), std::abs(i.high)));
}
bool is_whole(const Numbers& n) {
  return std::all_of(n.values.begin(), n.values.end(), [](double v) { return v == std::round(v); });
}

/// Of the result, and its type.
struct Limits {
  DType type;
  double least, most;
  Expr narrowed(Expr wide) const {
    const Expr whole = cast(wide, DType::i32);
    return cast(max(min(whole, most), least), type);
  }
};

/// What is added to the products: (sum of offset * scale + zero).
Numbers addend_of(const Quantity& x, const Numbers& zero) {
  Numbers sum = zero;
  for (const Term& t : x.terms)
    sum = joined(sum, joined(t.offset, t.scale, std::multiplies<>()), std::plus<>());
  return sum;
}

/// All scales are 1 and the rest is whole: nothing to round.
Expr unscaled(const Quantity& x, const Numbers& addend, const Limits& to, Graph& graph) {
  double low = addend.least(), high = addend.most();
  for (const Term& t : x.terms) {
    if (t.scale.least() != 1 || t.scale.most() != 1) return {};
    low += static_cast<double>(t.range.low);
    high += static_cast<double>(t.range.high);
  }
  if (!is_whole(addend) || !fits(DType::i32, low, high)) return {};
  const bool same = x.terms.size() == 1 && x.terms[0].q->dtype == to.type && size_of(addend) == 0;
  if (same && low >= to.least && high <= to.most) return x.terms[0].q;
  Expr total;
  for (const Term& t : x.terms)
    total = total ? total + cast(t.q, DType::i32) : cast(t.q, DType::i32);
  if (size_of(addend) != 0) total = total + constant_for(total, addend, DType::i32, "bias", graph);
  return to.narrowed(total);
}

/// Adds biases that differ by channel to the integers, where rounding them there does no harm, nor
/// that the sums get larger: channels whose weights are all but zero have biases of any size.
void take_bias(Quantity& x, Graph& graph) {
  Term& t = x.terms[0];
  const Numbers bias = mapped(t.offset, [](double v) { return std::round(v); });
  const double low = static_cast<double>(t.range.low) + bias.least(),
               high = static_cast<double>(t.range.high) + bias.most();
  const Numbers off = joined(joined(t.offset, bias, std::minus<>()), t.scale, std::multiplies<>());
  const bool is_small = size_of(bias) <= size_of(t.range) + kSmallSum;
  if (x.terms.size() != 1 || t.offset.is_uniform() || !is_small || size_of(off) > kError ||
      !fits(DType::i32, low, high))
    return;
  t.q = cast(t.q, DType::i32) + constant_for(t.q, bias, DType::i32, "bias", graph);
  t.range = {static_cast<int64_t>(low), static_cast<int64_t>(high)};
  t.offset = Numbers::uniform(t.offset.shape.size(), 0);
}

/// How many bits lie behind the point, and in which type; 0: there is no way.
struct Form {
  DType type = DType::i32;
  int bits = 0;
};

Form form_of(const Quantity& x, const Numbers& addend) {
  double sum = size_of(addend) + 1, operands = 0, scale = 0;
  for (const Term& t : x.terms) {
    sum += size_of(t.range) * size_of(t.scale);
    operands += size_of(t.range);
    scale = std::max(scale, size_of(t.scale));
  }
  const auto room = [&](double bits, double value) {
    return static_cast<int>(bits - std::ceil(std::log2(value)));
  };
  const Form narrow{DType::i32, std::min(room(30, sum), 30)};
  const auto error = [&](int bits) { return operands * std::exp2(-bits - 1); };
  if (narrow.bits > 0 && error(narrow.bits) <= kError) return narrow;
  const Form wide{DType::i64, std::min({room(30, scale), room(61, sum), 61})};
  const bool is_i32 = fits(DType::i32, -sum, sum);
  return wide.bits > 0 && error(wide.bits) <= kError && is_i32 ? wide : Form{};
}

Expr fixed_point(Quantity x, const Numbers& zero, const Limits& to, Graph& graph) {
  take_bias(x, graph);
  const Numbers addend = addend_of(x, zero);
  const Form form = form_of(x, addend);
  if (form.bits == 0) return {};
  const double one = std::exp2(form.bits);
  Expr total;
  for (const Term& t : x.terms) {
    const Numbers m = mapped(t.scale, [&](double s) { return std::round(s * one); });
    const Expr factor = cast(constant_for(t.q, m, DType::i32, "multiplier", graph), form.type);
    const Expr product = cast(t.q, form.type) * factor;
    total = total ? total + product : product;
  }
  const Numbers c = mapped(addend, [&](double a) { return std::round((a + 0.5) * one); });
  total = total + constant_for(total, c, form.type, "rounding", graph);
  return to.narrowed(binary(Op::shr, total, constant_like(total, form.bits)));
}

/// round(r * a / b) + zero of positive integers: (a * m + d/2) div d, with d = b * 2^f.
Expr divided(const Quantity& x, const Numbers& zero, const Limits& to) {
  const Term &a = x.terms[0], &b = x.divisor[0];
  for (const Term* t : {&a, &b}) {
    if (!t->scale.is_uniform() || t->scale.first() <= 0 || size_of(t->offset) != 0) return {};
  }
  if (x.terms.size() != 1 || !zero.is_uniform() || a.range.low < 0 || b.range.low < 1) return {};
  const double ratio = a.scale.first() / b.scale.first(), top = size_of(a.range) * ratio;
  const bool narrow = ratio == std::round(ratio) && top + size_of(b.range) < 0x1p31;
  const double one = narrow ? 1 : std::exp2(kQuotientBits);
  if (!narrow && (top + size_of(b.range)) * one >= 0x1p62) return {};
  if (!narrow && (to.most - to.least) / ratio / one > kError) return {};
  const DType type = narrow ? DType::i32 : DType::i64;
  const Expr numerator = cast(a.q, type) * std::round(ratio * one), d = cast(b.q, type) * one;
  return to.narrowed((numerator + d / 2) / d + zero.first());
}

}  // namespace

Expr requantised(const Quantity& x, const Numbers& zero, DType type, double least, double most,
                 Graph& graph) {
  if (x.is_bottomless || x.terms.empty()) return {};
  if (x.is_clamped() && !zero.is_uniform()) return {};
  const auto limit = [&](double end) {
    return std::min(std::max(std::nearbyint(end) + zero.first(), least), most);
  };
  const Limits to{type, x.low > -kInfinity ? limit(x.low) : least,
                  x.high < kInfinity ? limit(x.high) : most};
  if (!x.divisor.empty()) return divided(x, zero, to);
  if (const Expr same = unscaled(x, addend_of(x, zero), to, graph)) return same;
  return fixed_point(x, zero, to, graph);
}

Expr as_float(const Quantity& x, DType type, Graph& graph) {
  if (!x.is_plain()) return {};
  const Term& t = x.terms[0];
  const Expr scaled = cast(t.q, type) * constant_for(t.q, t.scale, type, "scale", graph);
  const Numbers rest = joined(t.offset, t.scale, std::multiplies<>());
  return size_of(rest) == 0 ? scaled : scaled + constant_for(t.q, rest, type, "shift", graph);
}

}  // namespace tinycc
