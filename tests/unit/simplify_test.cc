// The simplifier as a whole: what layouts and reshapes create becomes what one would write by hand,
// and random expressions keep their values at every point.
#include "ir/simplify.h"

#include <doctest/doctest.h>

#include <cmath>

#include "ir/arith.h"
#include "ir/simplifier.h"
#include "tests/unit/scalars.h"

using namespace tinycc;
using namespace tinycc::scalars;

namespace {

/// A few ranges that most cases share.
struct Nest {
  Pool pool;
  Expr y = range(pool, 56, "y"), x = range(pool, 56, "x"), c = range(pool, 64, "c");
  Expr a = range(pool, 10, "a"), b = range(pool, 12, "b"), k = range(pool, 1000, "k");
  Expr n = range(pool, 7, "n"), one = range(pool, 1, "one");
};

std::string simple(Expr e) { return text_of(simplify(e)); }

/// Random index expressions over three small ranges: what indexing creates, and some of what it
/// does not.
class Generator {
 public:
  Generator(Pool& pool, Random& random, DType type = DType::i64) : random_(random), type_(type) {
    for (const char* name : {"i", "j", "l"})
      ranges.push_back(range(pool, pick(random, 1, 6), name));
  }

  Expr integer(int depth) {
    if (depth == 0) return leaf(ranges[static_cast<size_t>(pick(random_, 0, 2))]);
    const Expr e = integer(depth - 1);
    const auto number = static_cast<double>(pick(random_, 1, 9));
    switch (pick(random_, 0, 12)) {
      case 0:
      case 1: return e + integer(depth - 1);
      case 2: return e - integer(depth - 1);
      case 3: return e * number + integer(depth - 1);
      case 4:
      case 5: return e / number;
      case 6:
      case 7: return e % number;
      case 8: return e + (number - 5);
      case 9: return max(e, integer(depth - 1));
      case 10: return min(e, number);
      case 11: return where(boolean(depth - 1), e, integer(depth - 1));
      default: return e * (number - 4);
    }
  }

  Expr boolean(int depth) {
    if (depth <= 0) return lt(integer(0), static_cast<double>(pick(random_, 0, 6)));
    switch (pick(random_, 0, 6)) {
      case 0: return boolean(depth - 1) & boolean(depth - 1);
      case 1: return boolean(depth - 1) | boolean(depth - 1);
      case 2: return logical_not(boolean(depth - 1));
      case 3: return eq(integer(depth - 1), integer(depth - 1));
      case 4: return lt(static_cast<double>(pick(random_, -3, 9)), integer(depth));
      case 5: return lt(integer(depth), static_cast<double>(pick(random_, -3, 20)));
      default: return lt(integer(depth - 1), integer(depth - 1));
    }
  }

  /// An index into one shape, flattened, and split by another.
  Expr reshaped() {
    Expr flat = ranges[0];
    for (size_t i = 1; i < 3; ++i)
      flat = flat * static_cast<double>(ranges[i]->attr.ints[1]) + ranges[i];
    const auto inner = static_cast<double>(pick(random_, 1, 12)),
               outer = static_cast<double>(pick(random_, 1, 6));
    const Expr high = flat / (inner * outer), middle = flat / inner % outer, low = flat % inner;
    return pick(random_, 0, 1) == 0 ? middle : (high * outer + middle) * inner + low;
  }

  std::vector<Expr> ranges;

 private:
  /// Other types start far enough from 0 to wrap.
  Expr leaf(Expr r) { return type_ == DType::i64 ? r : cast(r * 61 - 3, type_); }

  Random& random_;
  DType type_;
};

void check_equal(Expr e, const std::vector<Expr>& ranges) {
  const Expr simpler = simplify(e);
  CAPTURE(text_of(e));
  CAPTURE(text_of(simpler));
  for_all(ranges, [&](const Point& point) {
    const int64_t before = value_at(e, point).whole, after = value_at(simpler, point).whole;
    REQUIRE_MESSAGE(before == after, "at ", text_of(point), ": ", before, " became ", after);
    for (const Interval& i : {bounds(e), bounds(simpler)}) {
      const bool beyond = e->dtype == DType::u64 && before < 0;  // 2^63 and more
      const bool inside = i.low <= before && (before <= i.high || i.high == Interval::kFar);
      REQUIRE_MESSAGE((beyond ? i.high == Interval::kFar : inside), "bounds at ", text_of(point));
    }
  });
  const Expr again = simplify(simpler);
  CHECK_MESSAGE(again == simpler, "simplified again: ", text_of(again));
}

}  // namespace

TEST_CASE("simplify: what layouts and reshapes create") {
  Nest v;
  const Expr nhwc = (v.y * 56 + v.x) * 64 + v.c;
  CHECK(simple(nhwc / 64 % 56) == "x");
  CHECK(simple(nhwc / 64 / 56) == "y");
  CHECK(simple(nhwc % 64) == "c");
  CHECK(simple(nhwc % 3584) == "((x * 64) + c)");
  CHECK(simple((v.a * 12 + v.b) / 4) == "((a * 3) + (b / 4))");
  CHECK(simple((v.a * 12 + v.b) % 4) == "(b % 4)");
  CHECK(simple((v.a * 4 + v.b % 4) / 8) == "(a / 2)");
  CHECK(simple(v.k / 64 * 64 + v.k % 64) == "k");
  CHECK(simple(v.k - v.k / 64 * 64) == "(k % 64)");
  CHECK(simple((v.k / 8) % 8 * 8 + v.k % 8) == "(k % 64)");
  CHECK(simple(v.k / 64 * 8 + (v.k / 8) % 8) == "(k / 8)");
  CHECK(simple((v.k % 12) / 4) == "((k / 4) % 3)");
  CHECK(simple((v.y * 64 + 64 + v.c) / 64) == "(y + 1)");
  CHECK(simple((v.y * 7 + v.n) * 64 / 448) == "y");
  CHECK(simple(v.one * 100 + v.x) == "x");
}

TEST_CASE("simplify: sums are canonical") {
  Nest v;
  CHECK(simple(v.c + 3 + v.y * 2 - v.x + 4 + v.x * 3) == "((((y * 2) + (x * 2)) + c) + 7)");
  CHECK(simple((v.y + v.x) * 4 - v.x * 4) == "(y * 4)");
  CHECK(simple(v.x - v.x) == "0");
  CHECK(simplify(v.x + v.y) == simplify(v.y + v.x));
}

TEST_CASE("simplify: guards") {
  Nest v;
  CHECK(simple(lt(v.y, 56)) == "1");
  CHECK(simple(lt(v.k, 0)) == "0");
  CHECK(simple(lt(-1, v.y + v.n - 1)) == "(0 < (y + n))");
  CHECK(simple(lt(v.y + v.n - 1, 56)) == "((y + n) < 57)");
  CHECK(simple(lt(v.k * 64 + v.c, 128)) == "(k < 2)");
  CHECK(simple(lt(v.k / 4, 3)) == "(k < 12)");
  CHECK(simple(logical_not(lt(v.k, 5))) == "(4 < k)");
  CHECK(simple(lt(v.k, 5) & lt(v.k, 7) & lt(v.k, 5)) == "(k < 5)");
  CHECK(simple(lt(v.k, 5) & lt(10, v.k)) == "0");
  CHECK(simple(lt(v.k, v.k + 1)) == "1");
  CHECK(simple(eq(v.y * 4 + 2, v.x * 2 + 1)) == "0");
  CHECK(simple(max(min(v.y, 80), 0)) == "y");
  CHECK(simple(min(v.y * 8 + 8, v.y * 8 + 3)) == "((y * 8) + 3)");
  CHECK(simple(where(lt(v.y, 56), v.x, v.c)) == "x");
  CHECK(simple(where(logical_not(lt(v.y, 3)), v.x, v.c)) == "where((2 < y), x, c)");
}

TEST_CASE("simplify: a guarded load stays behind its guard") {
  Nest v;
  const Expr guard = lt(v.k, 5), inner = lt(load(v.pool, 1, "b", DType::i64, {v.k}), 3);
  const Expr zero = constant_int(v.pool, DType::i64, 0), no = constant_like(inner, 0);
  CHECK(simplify(where(guard, inner, no))->is(Op::where));
  CHECK(simplify(where(guard, where(inner, v.k, zero), zero))->sources[0] == simplify(guard));
  CHECK(simple(where(guard, where(lt(v.y, 3), v.k, zero), zero)) ==
        "where(((k < 5) & (y < 3)), k, 0)");
}

TEST_CASE("simplify: known facts") {
  Nest v;
  const Expr guard = lt(0, v.y + v.n) & lt(v.y + v.n, 57);
  CHECK(text_of(simplify(guard, {{v.y, {1, 50}}})) == "1");
  CHECK(text_of(simplify(guard, {{v.y, {0, 0}}})) == "(0 < n)");
  CHECK(text_of(simplify(v.y / 8, {{v.y, {16, 23}}})) == "2");
}

TEST_CASE("simplify: arithmetic that may wrap is left alone") {
  Pool pool;
  const Expr x = input(pool, "x", DType::i64, {}), u = input(pool, "u", DType::u8, {});
  CHECK(simple(x * 4 / 4) == "((x * 4) / 4)");
  CHECK(simple(lt(x, x + 1)) == "(x < (x + 1))");
  CHECK(simple((u + 200) / 2) == "((u + 200) / 2)");
  CHECK(bounds(u + 200) == Interval{0, 255});
  CHECK(bounds(x).low == -Interval::kFar);
}

TEST_CASE("bounds: tight where it matters") {
  Nest v;
  CHECK(bounds(v.y * 56 + v.x) == Interval{0, 56 * 56 - 1});
  CHECK(bounds(v.y - v.x) == Interval{-55, 55});
  CHECK(bounds(v.k % 64) == Interval{0, 63});
  CHECK(bounds(v.k / 64) == Interval{0, 15});
  CHECK(bounds((v.n + 64) % 64) == Interval{0, 6});
  CHECK(bounds(max(v.y - 3, 0)) == Interval{0, 52});
  CHECK(bounds(where(lt(v.y, 3), v.n, v.b)) == Interval{0, 11});
  CHECK(bounds(-v.y / 2) == Interval{-28, 0});
  CHECK(bounds(lt(v.y, 56)) == Interval{1, 1});
  CHECK(bounds(eq(v.y, 56)) == Interval{0, 0});
  CHECK(bounds(cast(lt(v.y, 3), DType::i64)) == Interval{0, 1});
  CHECK(bounds(v.y, {{v.y, {3, 9}}}) == Interval{3, 9});
}

TEST_CASE("simplify: casts merge for all types where that keeps every value") {
  const std::vector<DType> types = {
#define TCC_DTYPE(name, onnx, bits, kind, c) DType::name,
#include "ir/dtypes.def"
#undef TCC_DTYPE
  };
  Pool pool;
  const auto check = [&](DType a, DType b, DType c) {
    const Expr x = input(pool, "x", a, {}), twice = cast(cast(x, b), c), once = simplify(twice);
    if (once == twice) return;
    for (const double value : {0.0, 1.0, -1.0, 2.5, 3.0, -7.0, 127.0, 128.0, 200.0, -300.0, 65537.0,
                               1e6, 16777217.0, 3e9, -3e9, 1e19, kInfinity, -kInfinity}) {
      const Expr leaf =
          is_float(a)
              ? constant(pool, a, value)
              : constant_int(
                    pool, a,
                    std::isfinite(value) ? static_cast<int64_t>(std::fmod(value, 9e18)) : 0);
      const Expr direct = once == x ? leaf : cast(leaf, c);
      INFO(name_of(a), " -> ", name_of(b), " -> ", name_of(c), " of ", value);
      REQUIRE(simplify(direct) == simplify(cast(simplify(cast(leaf, b)), c)));
    }
  };
  for (const DType a : types) {
    for (const DType b : types) {
      for (const DType c : types) check(a, b, c);
    }
  }
  const Expr half = input(pool, "h", DType::f16, {});
  CHECK(simplify(cast(cast(half, DType::f32), DType::f16)) == half);
}

TEST_CASE("affine: constant, terms by range, each once") {
  Nest v;
  const Affine sum = affine((v.x + v.y * 2) * 3 - v.x + 5);
  CHECK(sum.constant == 5);
  REQUIRE(sum.terms.size() == 2);
  CHECK(sum.terms[0].first == v.y);
  CHECK(sum.coefficient(v.y) == 6);
  CHECK(sum.coefficient(v.x) == 2);
  CHECK(sum.coefficient(v.k) == 0);
  Expr doubled = v.x;  // shared nodes are looked at once
  for (int i = 0; i < 60; ++i) doubled = doubled + doubled;
  CHECK(affine(doubled).coefficient(v.x) == int64_t{1} << 60);
}

TEST_CASE("simplify: random expressions keep their values, and stay as they are the second time") {
  Random random(3);
  for (int i = 0; i < 3000; ++i) {
    Pool pool;
    Generator generate(pool, random);
    const int depth = static_cast<int>(pick(random, 1, 4));
    check_equal(i % 3 == 0   ? generate.boolean(depth)
                : i % 3 == 1 ? generate.integer(depth)
                             : generate.reshaped(),
                generate.ranges);
  }
}

TEST_CASE("simplify: random expressions of types that wrap keep their values") {
  Random random(4);
  for (int i = 0; i < 2000; ++i) {
    Pool pool;
    constexpr DType kTypes[] = {DType::u8, DType::i8, DType::i16, DType::i32, DType::u64};
    Generator generate(pool, random, kTypes[i % 5]);
    const int depth = static_cast<int>(pick(random, 1, 4));
    check_equal(i % 2 == 0 ? generate.boolean(depth) : generate.integer(depth), generate.ranges);
  }
}
