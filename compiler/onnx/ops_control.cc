// Rows of the op table: control flow. See ops.h.
#include <limits>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// A branch's results, or nothing if it does not fit the shapes of this graph.
std::optional<Outputs> traced(Call& c, const proto::Graph& branch, std::string& why) {
  try {
    return c.tracer.trace_branch(branch, c.scope);
  } catch (const Error& e) {
    if (e.code != ExitCode::bad_input) throw;
    why = e.what();
    return std::nullopt;
  }
}

/// Results that say "not defined": NaN, or 0 where there is no NaN.
Outputs undefined_like(const Outputs& outputs) {
  Outputs result;
  for (Expr e : outputs) {
    result.push_back(
        constant_like(e, is_float(e->dtype) ? std::numeric_limits<double>::quiet_NaN() : 0));
  }
  return result;
}

/// A known condition decides now. Otherwise both branches are computed and one is picked, which
/// needs results of equal shapes. A branch that cannot run on these shapes at all (it was made for
/// another sampling rate, say) gives NaN if it is taken all the same.
Outputs if_op(Call& c) {
  const proto::Graph& yes = c.attribute("then_branch", kGraph).g();
  const proto::Graph& no = c.attribute("else_branch", kGraph).g();
  if (const auto condition = c.tracer.value_of(c[0])) {
    if (condition->count() != 1) refuse("the condition is no single value");
    return c.tracer.trace_branch(condition->integer(0) != 0 ? yes : no, c.scope);
  }
  std::string why;
  const auto first = traced(c, yes, why), second = traced(c, no, why);
  if (!first && !second) refuse(why);
  const Outputs a = first ? *first : undefined_like(*second),
                b = second ? *second : undefined_like(*first);
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
