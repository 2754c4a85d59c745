// Functions of model.yaml that combine the elements of axes (functions.h).
#include "compiler/yaml/functions.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

#define TCC_REDUCE_CALL(function, operand)                  \
  [](const Arguments& a) {                                  \
    const Expr x = a.operand(0);                            \
    return Value::of(function(x, a.axes(1, x), a.flag(2))); \
  }

/// sum of (x - mean)^2 over n, or over n - 1.
Value variance(const Arguments& a) {
  const Expr x = a.real(0);
  const Ints axes = a.axes(1, x);
  Shape reduced;
  for (const int64_t axis : axes) reduced.push_back(x->dim(axis));
  const Expr less = constant_int(a.pool(), DType::i64, -a.integer(3));
  const Expr count = simplify(count_of_dims(a.pool(), reduced) + less);
  if (known(count).value_or(1) < 1) refuse("correction leaves nothing to divide by");
  const Expr centred = sub(x, mean(x, axes, true));
  const Expr total = sum(mul(centred, centred), axes, a.flag(2));
  if (!known(count)) return Value::of(div(total, cast(count, total->dtype)));
  return Value::of(total * (1.0 / static_cast<double>(*known(count))));
}

template <Expr (*arg)(Expr, int64_t, bool, bool)>
Value arg_call(const Arguments& a) {
  return Value::of(arg(a.tensor(0), a.axis(1, a.tensor(0)), a.flag(2), false));
}

Value topk(const Arguments& a) {
  const Expr x = a.tensor(0);
  const auto [values, indices] = top_k(x, a.integer(1), a.axis(2, x), a.flag(3));
  return Value::of(std::vector<Expr>{values, indices});
}

#define TCC_AXES "x, dim: ints=none, keepdim: flag=false"

constexpr Function kReductions[] = {
    {"sum", TCC_AXES, "over the axes dim, or all", TCC_REDUCE_CALL(sum, tensor)},
    {"mean", TCC_AXES, "over the axes dim, or all", TCC_REDUCE_CALL(mean, real)},
    {"prod", TCC_AXES, "over the axes dim, or all", TCC_REDUCE_CALL(product, tensor)},
    {"amax", TCC_AXES, "the largest over the axes dim, or all", TCC_REDUCE_CALL(max_over, tensor)},
    {"amin", TCC_AXES, "the smallest over the axes dim, or all", TCC_REDUCE_CALL(min_over, tensor)},
    {"logsumexp", TCC_AXES, "log(sum(exp(x))), overflow avoided",
     TCC_REDUCE_CALL(log_sum_exp, real)},
    {"var", TCC_AXES ", correction: int=1", "variance; divides by the count minus correction",
     variance},
    {"argmax", "x, dim: int=-1, keepdim: flag=false",
     "index of the largest, i64; the first of equals", arg_call<arg_max>},
    {"argmin", "x, dim: int=-1, keepdim: flag=false",
     "index of the smallest, i64; the first of equals", arg_call<arg_min>},
    {"topk", "x, k: int, dim: int=-1, largest: flag=true",
     "a list: the k largest in order, their indices", topk},
    {"cumsum", "x, dim: int", "running sum",
     [](const Arguments& a) {
       return Value::of(cumulative(Op::add, a.tensor(0), a.axis(1, a.tensor(0)), false, false));
     }},
};

}  // namespace

std::span<const Function> reduction_functions() { return kReductions; }

}  // namespace tinycc
