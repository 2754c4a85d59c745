// Rewrite rules as data: a rule is a row of a table and reads as an equation. What it takes to add
// one: write the row. A test (tests/unit/rules_test.cc) checks every row on random instances, and
// proves the integer ones.
//
//   {"div-of-sum", (x * c + y) / c, x + y / c, when(c > 0)},
//
// Patterns are expressions over variables. any('x') matches every expression, number('c') constants
// only, total('p') what holds no load (a branch of `where` may guard a load: what leaves its branch
// must not need that). A variable that occurs twice matches equal things. Two more readings:
//
//   Sums      Of i64, a sum with a bare variable as its last addend matches any sum in any order:
//             each addend P*m takes one term (m its coefficient); x*c takes all terms that c
//             divides; the last variable takes the rest, which may be 0.
//   Guards    Hold when intervals prove them. A conjunct eq(f, q) with a number q that the left side
//             does not have defines it: f must have a single value.
//
// add, mul, and, or, xor match in either order; so do max and min of integers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/build.h"

namespace tinycc {

struct Rule {
  std::string_view name;
  Expr left, right;
  Expr guard;  // bool over the variables; empty: always
};

/// What a table's rules may assume and keep.
enum class Domain : uint8_t {
  integer,   // any integer type; exact in wrapping arithmetic
  index,     // i64, applied only where intervals exclude overflow
  logic,     // bools, comparisons, where
  floating,  // keeps every bit of the result, NaN payloads aside
  fast,      // opt-in: real arithmetic; rounding, overflow and signs of zeros may differ
};
inline constexpr Domain kDomains[] = {Domain::integer, Domain::index, Domain::logic,
                                      Domain::floating, Domain::fast};
std::string_view name_of(Domain domain);
const std::vector<Rule>& rules_of(Domain domain);

// ---- writing patterns ------------------------------------------------------------------------

namespace rules {

/// Types of variables: i64 and bool stand for themselves, the others for a kind.
inline constexpr DType kIndex = DType::i64;
inline constexpr DType kBool = DType::boolean;
inline constexpr DType kSomeInteger = DType::i32;  // any integer type, the same throughout the rule
inline constexpr DType kSomeFloat = DType::f32;    // any float type, likewise
inline constexpr DType kSomeType = DType::f64;     // any type, likewise

/// Variables of one table. Names are single letters.
class Variables {
 public:
  Variables(Pool& pool, DType type) : pool_(&pool), type_(type) {}
  Expr any(char name) const { return variable(name, 0); }
  Expr number(char name) const { return variable(name, 1); }
  Expr total(char name) const { return variable(name, 2); }
  Expr value(double v) const { return constant(*pool_, type_, v); }

 private:
  Expr variable(char name, int64_t kind) const {
    return pool_->make(Op::input, type_, {}, {}, {{name - 'a', kind}, std::string(1, name)});
  }
  Pool* pool_;
  DType type_;
};

inline bool is_variable(Expr pattern) { return pattern->is(Op::input); }
inline size_t slot_of(Expr variable) { return static_cast<size_t>(variable->attr.ints[0]); }
inline bool is_number(Expr variable) { return variable->attr.ints[1] == 1; }
inline bool is_total(Expr variable) { return variable->attr.ints[1] == 2; }
inline constexpr size_t kSlots = 26;

/// All of these hold.
template <class... More>
Expr when(Expr guard, More... more) {
  return (guard & ... & more);
}
inline Expr operator<(Expr a, Expr b) { return lt(a, b); }
inline Expr operator<(Expr a, double b) { return lt(a, b); }
inline Expr operator<(double a, Expr b) { return lt(a, b); }
inline Expr operator>(Expr a, double b) { return lt(b, a); }
inline Expr operator<=(Expr a, Expr b) { return logical_not(lt(b, a)); }
inline Expr operator<=(double a, Expr b) { return logical_not(lt(b, a)); }
/// low <= x < high.
inline Expr within(double low, Expr x, Expr high) { return (low <= x) & (x < high); }
inline Expr divides(Expr d, Expr a) { return eq(a % d, 0); }

}  // namespace rules
}  // namespace tinycc
