// How the text form spells the IR: what the printer and the parser agree on, taken from the op
// table or written once here.
#pragma once

#include <array>

#include "ir/program.h"

namespace tinycc {

/// "+", "max", "exp", …: the op's spelling in ops.def, or its name.
std::string_view spelling_of(Op op);
/// Of an infix op: higher binds tighter; 0 for ops written as calls.
int precedence_of(Op op);
inline constexpr int kUnaryPrecedence = 10;

/// The unary or binary op spelled so.
std::optional<Op> infix_named(std::string_view spelling);
/// The op of a call: "exp", "max", "reshape", …
std::optional<Op> call_named(std::string_view name);

/// Scalar reductions: sum{j 8}(…).
struct ReduceName {
  Op op;
  std::string_view name;
};
inline constexpr std::array<ReduceName, 3> kReduceNames = {
    {{Op::reduce_add, "sum"}, {Op::reduce_mul, "product"}, {Op::reduce_max, "maximum"}}};

/// What stands behind the operands of a call, as key=value: numbers of attr.ints one by one, or all
/// of them as one list. Movement by shape (reshape, expand, iota) prints the shape instead.
struct Keys {
  Op op;
  std::vector<std::string_view> each;
  std::string_view list;
};
const Keys* keys_of(Op op);

/// Whether a name needs no quotes.
bool is_plain_name(std::string_view name);
std::string quoted(const std::string& text);
/// As it is written: plain or quoted.
std::string spelled(const std::string& name);

}  // namespace tinycc
