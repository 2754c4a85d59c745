// Rows of the op table: control flow. See ops.h.
#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// A known condition decides now. Otherwise both branches are computed and one is picked, which
/// needs results of equal shapes.
Outputs if_op(Call& c) {
  const proto::Graph& yes = c.attribute("then_branch", kGraph).g();
  const proto::Graph& no = c.attribute("else_branch", kGraph).g();
  if (const auto condition = c.tracer.value_of(c[0])) {
    if (condition->count() != 1) refuse("the condition is no single value");
    return c.tracer.trace_branch(condition->integer(0) != 0 ? yes : no, c.scope);
  }
  const Outputs a = c.tracer.trace_branch(yes, c.scope), b = c.tracer.trace_branch(no, c.scope);
  if (a.size() != b.size()) refuse("the branches differ in their number of results");
  Outputs picked;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i]->shape != b[i]->shape || a[i]->dtype != b[i]->dtype) {
      throw Error(ExitCode::unsupported,
                  "the condition depends on the model's inputs, and the branches give " +
                      text_of(a[i]->shape) + " and " + text_of(b[i]->shape));
    }
    picked.push_back(select(reshape_to(c[0], {}), a[i], b[i]));
  }
  return picked;
}

const OpRow kRows[] = {
    {"If", 1, if_op},
};

}  // namespace

std::span<const OpRow> control_ops() { return kRows; }

}  // namespace tinycc::onnx
