// What is known at trace time: values that depend on no input, lengths. See trace.h.
#include <algorithm>

#include "compiler/onnx/trace.h"
#include "ir/eval.h"

namespace tinycc::onnx {
namespace {

constexpr int64_t kFoldLimit = 64;                // elements that are worked out while tracing
constexpr int64_t kWorkLimit = int64_t{1} << 26;  // elements that are computed to know a number

/// Elements of everything that the interpreter would compute for `e`.
int64_t work_of(Expr e) {
  int64_t work = 0;
  for (Expr node : topological({e})) work += std::min(count_of(node->shape), kWorkLimit);
  return work;
}

}  // namespace

bool Tracer::depends_on_inputs(Expr e) {
  std::vector<Expr> stack{e};
  while (!stack.empty()) {
    const Expr top = stack.back();
    if (depends_.count(top) > 0) {
      stack.pop_back();
      continue;
    }
    bool depends = top->is(Op::input) || top->is(Op::state) || top->is(Op::carry) ||
                   top->is(Op::range) || !is_static(top->shape);
    bool ready = true;
    for (Expr s : top->sources) {
      const auto known = depends_.find(s);
      if (known == depends_.end()) stack.push_back(s);
      ready &= known != depends_.end();
      depends |= known != depends_.end() && known->second;
    }
    if (depends || ready) depends_[top] = depends;
  }
  return depends_.at(e);
}

/// The numbers of lengths that turn out to be fixed.
std::optional<TensorData> Tracer::fixed_lengths(Expr e) {
  const auto entries = graph_.dims.empty() ? std::nullopt : lengths_of(e);
  if (!entries) return std::nullopt;
  Ints numbers;
  for (Expr length : *entries) {
    if (!known(length)) return std::nullopt;
    numbers.push_back(*known(length));
  }
  return TensorData::of_integers(e->dtype, bounds_of(e->shape), numbers);
}

std::optional<TensorData> Tracer::value_of(Expr e) {
  if (depends_on_inputs(e)) return fixed_lengths(e);
  if (work_of(e) > kWorkLimit) refuse("a number that must be known takes too much work");
  return eval({e}, graph_.weights)[0];
}

/// Small results that depend on no input become numbers at once.
Expr Tracer::folded(Expr e) {
  if (e->is(Op::constant) || e->is(Op::weight) || !is_static(e->shape)) return e;
  if (count_of(e->shape) > kFoldLimit || depends_on_inputs(e) || work_of(e) > kWorkLimit) return e;
  return literal(*value_of(e), "folded");
}

}  // namespace tinycc::onnx
