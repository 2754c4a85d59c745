// Total integer arithmetic, as the semantics page of node.h defines it: what the expressions in
// ops.def call. T is int64_t for signed types and bool, uint64_t for unsigned ones; the result of an
// op is then wrapped to its dtype (wrap_to; & 1 for bool), which also makes shl right for narrow
// types. No function has undefined behaviour for any argument.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tinycc {

/// Holds sums and products of i64 exactly.
__extension__ typedef __int128 Wide;

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <std::integral T>
constexpr T wrapping_add(std::type_identity_t<T> a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
template <std::integral T>
constexpr T wrapping_sub(std::type_identity_t<T> a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
template <std::integral T>
constexpr T wrapping_mul(std::type_identity_t<T> a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

/// a = b*q + r with 0 <= r < b, or b < r <= 0 for a negative b; by zero 0; min / -1 wraps to min.
template <std::integral T>
constexpr T floor_div(T a, std::type_identity_t<T> b) {
  if (b == 0) return 0;
  if constexpr (std::signed_integral<T>) {
    if (b == -1) return wrapping_sub<T>(0, a);
    const T q = static_cast<T>(a / b);
    return a % b != 0 && (a < 0) != (b < 0) ? static_cast<T>(q - 1) : q;
  } else {
    return static_cast<T>(a / b);
  }
}
template <std::integral T>
constexpr T floor_mod(T a, std::type_identity_t<T> b) {
  return b == 0 ? T{0} : wrapping_sub<T>(a, wrapping_mul<T>(floor_div<T>(a, b), b));
}

template <std::integral T>
constexpr T shift_left(T a, std::type_identity_t<T> b) {
  return b < 0 || b > 63 ? T{0} : static_cast<T>(static_cast<uint64_t>(a) << b);
}
/// Arithmetic for a signed T: a negative value shifted out is -1.
template <std::integral T>
constexpr T shift_right(T a, std::type_identity_t<T> b) {
  if (b < 0 || b > 63) return a < 0 ? static_cast<T>(-1) : T{0};
  return static_cast<T>(a >> b);
}

}  // namespace tinycc
