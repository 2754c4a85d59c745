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
    if (is_static(top->shape) && count_of(top->shape) == 0) {  // there is nothing to depend on
      depends_[top] = false;
      continue;
    }
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
  if (count_of(e->shape) == 0) return TensorData::of_bytes(e->dtype, bounds_of(e->shape), {});
  if (work_of(e) > kWorkLimit) refuse("a number that must be known takes too much work");
  std::map<std::string, TensorData> leaves = graph_.weights;
  for (Expr leaf : topological({e})) {
    if (leaf->is(Op::input))  // that has no elements
      leaves[leaf->attr.name] = TensorData::of_bytes(leaf->dtype, bounds_of(leaf->shape), {});
  }
  return eval({e}, leaves)[0];
}

namespace {

/// Operators of one result that has the shape of the operands, where all have that or are numbers.
const std::set<std::string> kElementwise = {
    "Abs",  "Add",   "Cast",     "CastLike", "Ceil", "Clip", "Cos", "Div",
    "Exp",  "Floor", "Identity", "Log",      "Mul",  "Neg",  "Pow", "Reciprocal",
    "Relu", "Round", "Sigmoid",  "Sin",      "Sqrt", "Sub",  "Tanh"};

template <typename List>
std::optional<Ints> stated_in(const List& infos, const std::string& name) {
  for (const proto::ValueInfo& info : infos) {
    if (info.name() != name || !info.type().tensor_type().has_shape()) continue;
    Ints extents;
    for (const proto::Dimension& dim : info.type().tensor_type().shape().dim()) {
      if (!dim.has_dim_value() || dim.dim_value() < 0) return std::nullopt;
      extents.push_back(dim.dim_value());
    }
    return extents;
  }
  return std::nullopt;
}

/// Does the node's result have the shape of the values in `alike`?
bool joins(const proto::Node& node, const std::set<std::string>& alike, const Scope& scope) {
  if (kElementwise.count(node.op_type()) == 0 || !node.domain().empty()) return false;
  bool any = false;
  for (const std::string& input : node.input()) {
    const auto value = scope.values.find(input);
    const bool own = alike.count(input) > 0;
    if (node.op_type() == "CastLike") return own;  // the second operand's shape is of no matter
    any |= own;
    if (own || input.empty()) continue;
    if (value == scope.values.end() || !is_static(value->second->shape) ||
        count_of(value->second->shape) != 1)
      return false;
  }
  return any;
}

}  // namespace

std::optional<Ints> stated_extents(const Scope& scope, const std::string& name) {
  if (scope.graph == nullptr) return std::nullopt;
  std::set<std::string> alike{name};
  const auto stated = [&](const std::string& value) {
    const auto own = stated_in(scope.graph->output(), value);
    return own ? own : stated_in(scope.graph->value_info(), value);
  };
  if (const auto own = stated(name)) return own;
  for (const proto::Node& node : scope.graph->node()) {
    if (!joins(node, alike, scope)) continue;
    alike.insert(node.output(0));
    if (const auto own = stated(node.output(0))) return own;
  }
  return std::nullopt;
}

/// Small results that depend on no input become numbers at once.
Expr Tracer::folded(Expr e) {
  if (e->is(Op::constant) || e->is(Op::weight) || !is_static(e->shape)) return e;
  if (lists_.count(e) > 0 || cells_.count(e) > 0) return e;  // what stands for another value
  if (count_of(e->shape) > kFoldLimit || depends_on_inputs(e) || work_of(e) > kWorkLimit) return e;
  return literal(*value_of(e), "folded");
}

}  // namespace tinycc::onnx
