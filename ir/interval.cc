// Interval analysis of integer and bool expressions: one rule an op, each from the intervals of the
// sources to that of the result. An end at ±kFar stands for "unknown": arithmetic on it may wrap,
// so its result is unknown at both ends. See simplify.h.
#include <algorithm>

#include "ir/arith.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kFar = Interval::kFar;
constexpr Interval kUnknown{-kFar, kFar};

Interval of_type(DType dtype) {
  const int bits = bits_of(dtype);
  if (is_bool(dtype)) return {0, 1};
  if (kind_of(dtype) == DKind::unsigned_int) {
    return {0, bits == 64 ? kFar : (int64_t{1} << bits) - 1};
  }
  if (is_float(dtype) || bits == 64) return kUnknown;
  return {-(int64_t{1} << (bits - 1)), (int64_t{1} << (bits - 1)) - 1};
}

bool is_within(Interval inner, Interval outer) {
  return inner.low >= outer.low && inner.high <= outer.high;
}
Interval intersect(Interval a, Interval b) {
  return {std::max(a.low, b.low), std::min(a.high, b.high)};
}
Interval unite(Interval a, Interval b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

/// The interval from exact ends, or unknown when one lies beyond what an i64 index may be.
Interval from_wide(Wide low, Wide high) {
  if (low <= -kFar || high >= kFar) return kUnknown;
  return {static_cast<int64_t>(low), static_cast<int64_t>(high)};
}

Interval add(Interval a, Interval b) {
  return from_wide(Wide{a.low} + b.low, Wide{a.high} + b.high);
}
Interval negate(Interval a) { return from_wide(-Wide{a.high}, -Wide{a.low}); }

Interval multiply(Interval a, Interval b) {
  const auto [low, high] = std::minmax(
      {Wide{a.low} * b.low, Wide{a.low} * b.high, Wide{a.high} * b.low, Wide{a.high} * b.high});
  return from_wide(low, high);
}

Wide true_low(Interval a) { return a.low <= -kFar ? Wide{INT64_MIN} : a.low; }
Wide true_high(Interval a) { return a.high >= kFar ? Wide{UINT64_MAX} : a.high; }
Wide floor_quotient(Wide a, Wide b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }
Interval clamped(Wide low, Wide high) {
  return {static_cast<int64_t>(std::max<Wide>(low, -kFar)),
          static_cast<int64_t>(std::min<Wide>(high, kFar))};
}

/// Quotients are extreme at corners while the divisor keeps its sign.
Interval divide(Interval a, Interval b) {
  const Wide al = true_low(a), ah = true_high(a), bl = true_low(b), bh = true_high(b);
  if (bl <= 0 && bh >= 0) {
    const Wide most = std::max(al < 0 ? -al : al, ah < 0 ? -ah : ah);
    return clamped(-most, most);
  }
  const auto [low, high] = std::minmax({floor_quotient(al, bl), floor_quotient(al, bh),
                                        floor_quotient(ah, bl), floor_quotient(ah, bh)});
  return clamped(low, high);
}

Interval modulo(Interval a, Interval b) {
  if (b.is_point() && b.low > 0 && a.is_finite()) {
    const int64_t quotient = floor_div<int64_t>(a.low, b.low);  // a within one period: a shift
    if (quotient == floor_div<int64_t>(a.high, b.low)) {
      return {a.low - quotient * b.low, a.high - quotient * b.low};
    }
  }
  if (a.low >= 0 && b.low > a.high) return a;
  const Wide low = b.low >= 0 ? 0 : true_low(b) + 1;
  const Wide high = b.high <= 0 ? 0 : true_high(b) - 1;
  return clamped(low, b.low > 0 && a.low >= 0 ? std::min(high, true_high(a)) : high);
}

Interval decide(bool always, bool never) { return {always ? 1 : 0, never ? 0 : 1}; }

/// a < b, when ends at infinity decide nothing.
Interval less(Interval a, Interval b) {
  return decide(a.high < b.low && a.high < kFar && b.low > -kFar,
                a.low >= b.high && a.low > -kFar && b.high < kFar);
}
Interval equal(Interval a, Interval b) {
  const bool points = a.is_point() && b.is_point() && a.is_finite() && b.is_finite();
  return decide(points && a.low == b.low, less(a, b).low == 1 || less(b, a).low == 1);
}

/// Bits of a mask that no value of a non-negative interval exceeds.
int64_t mask_over(int64_t high) {
  int64_t mask = 0;
  while (mask < high) mask = 2 * mask + 1;
  return mask;
}

Interval bitwise(Op op, Interval a, Interval b, Interval type) {
  if (a.is_point() && b.is_point()) {
    const int64_t x = a.low, y = b.low;
    const int64_t value = op == Op::bit_and ? x & y : op == Op::bit_or ? x | y : x ^ y;
    return {value, value};
  }
  if (op == Op::bit_and && (a.low >= 0 || b.low >= 0)) {
    return {0, a.low < 0 ? b.high : b.low < 0 ? a.high : std::min(a.high, b.high)};
  }
  if (a.low < 0 || b.low < 0 || a.high >= kFar || b.high >= kFar) return type;
  const int64_t low = op == Op::bit_or ? std::max(a.low, b.low) : 0;
  return {low, mask_over(std::max(a.high, b.high))};
}

Interval shift(Op op, Interval a, Interval by, Interval type) {
  if (by.low < 0 || by.high > 61) return type;
  const Interval factor{int64_t{1} << by.low, int64_t{1} << by.high};
  return op == Op::shl ? multiply(a, factor) : divide(a, factor);
}

Interval constant_interval(Expr e) {
  const Interval type = of_type(e->dtype);
  const int64_t value = is_float(e->dtype) ? kFar : e->attr.ints[0];
  const Interval point{value, value};
  return point.is_finite() && is_within(point, type) ? point : type;
}

Interval non_zero(Interval a) { return decide(a.low > 0 || a.high < 0, a == Interval{0, 0}); }

Interval elementwise(Expr e, const std::vector<Interval>& s, Interval type) {
  switch (e->op) {
    case Op::neg: return negate(s[0]);
    case Op::add: return is_bool(e->dtype) ? type : add(s[0], s[1]);
    case Op::mul: return multiply(s[0], s[1]);
    case Op::div: return divide(s[0], s[1]);
    case Op::mod: return modulo(s[0], s[1]);
    case Op::max: return {std::max(s[0].low, s[1].low), std::max(s[0].high, s[1].high)};
    case Op::min: return {std::min(s[0].low, s[1].low), std::min(s[0].high, s[1].high)};
    case Op::trunc: return s[0];
    case Op::lt: return less(s[0], s[1]);
    case Op::eq: return equal(s[0], s[1]);
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor: return bitwise(e->op, s[0], s[1], type);
    case Op::shl:
    case Op::shr: return shift(e->op, s[0], s[1], type);
    case Op::where: return s[0].is_point() ? s[0].low != 0 ? s[1] : s[2] : unite(s[1], s[2]);
    case Op::cast: return is_bool(e->dtype) ? non_zero(s[0]) : s[0].is_finite() ? s[0] : type;
    default: return type;
  }
}

/// Values that are moved, not computed: those of any source.
Interval of_any(const std::vector<Interval>& sources) {
  Interval all = sources[0];
  for (const Interval& s : sources) all = unite(all, s);
  return all;
}

Interval of_extent(int64_t extent) { return {0, std::max<int64_t>(extent - 1, 0)}; }

}  // namespace

Interval Bounds::of_op(Expr e, const std::vector<Interval>& sources) {
  const Interval type = of_type(e->dtype);
  if (is_float(e->dtype)) return type;
  const Interval result = is_movement(e->op) ? of_any(sources) : elementwise(e, sources, type);
  return is_within(result, type) ? result : type;  // else it may have wrapped
}

Bounds::Bounds(const Known& known) : known_(known.begin(), known.end()) {}

Interval Bounds::compute(Expr e) const {
  switch (e->op) {
    case Op::constant: return constant_interval(e);
    case Op::range: return of_extent(e->attr.ints[1]);
    case Op::input: return is_dim(e) ? Interval{1, e->attr.ints[0]} : of_type(e->dtype);
    case Op::iota: return of_extent(e->extent(e->attr.ints[0]));
    default: break;
  }
  if (!is_elementwise(e->op) && !is_movement(e->op)) return of_type(e->dtype);
  std::vector<Interval> sources;
  for (Expr s : e->sources) sources.push_back(memo_.at(s));
  return of_op(e, sources);
}

Interval Bounds::of(Expr e) {
  if (const auto found = memo_.find(e); found != memo_.end()) return found->second;
  std::vector<Expr> pending{e};  // depth first, without recursion: expressions may be deep
  while (!pending.empty()) {
    const Expr next = pending.back();
    const size_t before = pending.size();
    if (is_elementwise(next->op) || is_movement(next->op)) {
      for (Expr s : next->sources) {
        if (!memo_.contains(s)) pending.push_back(s);
      }
    }
    if (pending.size() > before) continue;
    pending.pop_back();
    Interval result = compute(next);
    if (const auto fact = known_.find(next); fact != known_.end())
      result = intersect(result, fact->second);
    memo_.emplace(next, result);
  }
  return memo_.at(e);
}

Interval bounds(Expr e) { return Bounds().of(e); }
Interval bounds(Expr e, const Known& known) { return Bounds(known).of(e); }

}  // namespace tinycc
