// Rows of the op table: control flow. See ops.h.
#include <algorithm>
#include <limits>

#include "compiler/onnx/ops.h"
#include "ir/simplify.h"

namespace tinycc::onnx {
namespace {

/// A branch's results, or nothing if it does not fit the shapes of this graph.
std::optional<Outputs> traced(Call& c, const proto::Graph& branch, std::string& why,
                              bool& refused) {
  try {
    return c.tracer.trace_branch(branch, c.scope);
  } catch (const RefusedInside&) {
    refused = true;
    return std::nullopt;
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
/// needs tensors of equal shapes, or sequences. A branch that cannot run on these shapes at all (it was made for
/// another sampling rate, say) gives NaN if it is taken all the same.
Outputs if_op(Call& c) {
  const proto::Graph& yes = c.attribute("then_branch", kGraph).g();
  const proto::Graph& no = c.attribute("else_branch", kGraph).g();
  if (const auto condition = c.tracer.value_of(c[0])) {
    if (condition->count() != 1) refuse("the condition is no single value");
    return c.tracer.trace_branch(condition->integer(0) != 0 ? yes : no, c.scope);
  }
  std::string why;
  bool refused = false;
  const auto first = traced(c, yes, why, refused), second = traced(c, no, why, refused);
  if (refused) throw RefusedInside();
  if (!first && !second) refuse(why);
  const Outputs a = first ? *first : undefined_like(*second),
                b = second ? *second : undefined_like(*first);
  if (a.size() != b.size()) refuse("the branches differ in their number of results");
  Outputs picked;
  for (size_t i = 0; i < a.size(); ++i) {
    picked.push_back(merged(c.tracer, reshape_to(c[0], {}), a[i], b[i]));
  }
  return picked;
}

/// Attribute `name`: one number for each of n, 0 if it is not there.
Ints each(Call& c, const char* name, size_t n) {
  const Ints given = c.ints(name, Ints(n, 0));
  if (given.size() != n) refuse(std::string(name) + " has the wrong length");
  return given;
}

/// The body's results: next values of the states, then what is collected.
struct Step {
  Outputs next, emits;
};

/// The states must keep their type and shape from step to step.
Step checked(const Outputs& results, size_t first, const Outputs& states) {
  if (results.size() < first + states.size()) refuse("the body gives too few results");
  const auto middle = results.begin() + static_cast<std::ptrdiff_t>(first + states.size());
  Step step{{results.begin() + static_cast<std::ptrdiff_t>(first), middle},
            {middle, results.end()}};
  for (size_t i = 0; i < states.size(); ++i) {
    if (step.next[i]->dtype == states[i]->dtype && step.next[i]->shape == states[i]->shape)
      continue;
    throw Error(ExitCode::unsupported, "a value grows or changes its type from step to step: " +
                                           text_of(states[i]->shape) + " to " +
                                           text_of(step.next[i]->shape));
  }
  return step;
}

Outputs carries_of(Call& c, int64_t id, const Outputs& initial, int64_t first) {
  Outputs carries;
  for (Expr e : initial) carries.push_back(carry(c.pool(), id, first++, e->dtype, e->shape));
  return carries;
}

/// States and sequences of one batch element (or of all, from operator set 9 on).
Outputs scanned(Call& c, const Outputs& operands, size_t sequences) {
  const proto::Graph& body = c.attribute("body", kGraph).g();
  const size_t states = operands.size() - sequences;
  const Outputs initial(operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(states));
  const bool old = c.version < 9;
  const Ints axes = old ? Ints(sequences, 0) : each(c, "scan_input_axes", sequences);
  const Ints backwards = each(c, old ? "directions" : "scan_input_directions", sequences);
  const Dim length = operands[states]->dim(axis_of(axes[0], operands[states]->rank()));
  const int64_t id = c.pool().fresh_id();
  const Expr t = counter(c.pool(), id, length.bound);
  const Expr last = length_of(c.pool(), length) - 1.0;
  Outputs inputs = carries_of(c, id, initial, 0);
  const Outputs carried = inputs;
  for (size_t i = 0; i < sequences; ++i)
    inputs.push_back(gather_axis(operands[states + i], backwards[i] != 0 ? last - t : t, axes[i]));
  const Step step = checked(c.tracer.trace_branch(body, c.scope, inputs), 0, carried);
  const Expr all =
      scan(c.pool(), id, length.bound, initial, step.next, step.emits, last_of(t, length));
  const size_t emits = step.emits.size();
  const Ints out_axes = old ? Ints(emits, 0) : each(c, "scan_output_axes", emits);
  const Ints reversed = old ? Ints(emits, 0) : each(c, "scan_output_directions", emits);
  Outputs results;
  for (size_t i = 0; i < states + emits; ++i) {
    Expr e = get(all, static_cast<int64_t>(i));
    if (i >= states) {
      e = cut(e, 0, length);
      e = move_axis(reversed[i - states] != 0 ? reverse(e, 0) : e, 0,
                    axis_of(out_axes[i - states], e->rank()));
    }
    results.push_back(e);
  }
  return results;
}

Outputs scan_op(Call& c) {
  const auto sequences = static_cast<size_t>(c.integer("num_scan_inputs"));
  if (sequences < 1 || sequences > c.count()) refuse("num_scan_inputs does not fit");
  if (c.version >= 9) return scanned(c, c.all(), sequences);
  if (c.has(0)) throw Error(ExitCode::unsupported, "sequence lengths are not supported");
  std::vector<Outputs> parts;  // results by batch element
  for (int64_t b = 0; b < c[1]->extent(0); ++b) {
    Outputs operands;
    for (size_t i = 1; i < c.count(); ++i) operands.push_back(pick(c[i], 0, b));
    parts.push_back(scanned(c, operands, sequences));
  }
  Outputs results;
  for (size_t k = 0; k < parts.at(0).size(); ++k) {
    std::vector<Expr> rows;
    for (const Outputs& part : parts) rows.push_back(part[k]);
    results.push_back(stack(rows, 0));
  }
  return results;
}

constexpr int64_t kUnrolled = 256;  // steps

/// The trip count as a scalar, and the most that it can be: what the model states as the length of
/// what the loop collects, a proof, or for an input of the model a limit.
struct Trips {
  Expr count;  // empty: known to be `most`
  int64_t most = 0;
};

Trips trips_of(Call& c, size_t states) {
  if (c.has(0) && c.known(0)) return {{}, c.constant_int(0)};
  const Expr count = c.has(0) ? reshape_to(cast(c[0], DType::i64), {}) : Expr();
  for (size_t i = states; i < c.results(); ++i) {
    const auto extents =
        c.wants(i) ? stated_extents(c.scope, c.node.output(static_cast<int>(i))) : std::nullopt;
    if (extents && !extents->empty()) return {count, (*extents)[0]};
  }
  const Interval proven = count ? bounds(simplify(count)) : Interval{};
  if (count && proven.high < kUnrolled) return {count, std::max<int64_t>(proven.high, 0)};
  const char* const what =
      "how often the loop runs at most is not known; make its trip count a "
      "constant or an input, or state the shape of what it collects";
  if (!count) throw Error(ExitCode::unsupported, what);
  const int64_t most = c.tracer.max_trip();
  return {reshape_to(c.tracer.limited(c[0], 0, most, what), {}), most};
}

/// Step after step, so that values may change their shapes and sequences grow. Each step is traced as
/// if it ran; where only a run knows that, the results are those of the last step that did.
Outputs unrolled(Call& c, const proto::Graph& body, const Outputs& initial, const Trips& trips) {
  Outputs states = initial, kept = initial;
  std::vector<Outputs> collected;
  const Expr yes = constant(c.pool(), DType::boolean, 1);
  Expr runs = c.has(1) ? reshape_to(c[1], {}) : yes, steps = constant_int(c.pool(), DType::i64, 0);
  for (int64_t t = 0; t < trips.most; ++t) {
    if (trips.count) runs = runs & lt(static_cast<double>(t), trips.count);
    const auto known = c.tracer.value_of(runs);
    if (known && known->integer(0) == 0) break;
    Outputs inputs{constant_int(c.pool(), DType::i64, t), yes};
    inputs.insert(inputs.end(), states.begin(), states.end());
    const Outputs results = c.tracer.trace_branch(body, c.scope, inputs);
    if (results.size() < 1 + states.size()) refuse("the body gives too few results");
    const auto middle = results.begin() + 1 + static_cast<std::ptrdiff_t>(states.size());
    states.assign(results.begin() + 1, middle);
    for (size_t i = 0; i < states.size(); ++i)
      kept[i] = known ? states[i] : merged(c.tracer, runs, states[i], kept[i]);
    collected.emplace_back(middle, results.end());
    steps = steps + cast(runs, DType::i64);
    runs = runs & reshape_to(results[0], {});
  }
  for (size_t k = 0; !collected.empty() && k < collected[0].size(); ++k) {
    std::vector<Expr> rows;
    for (const Outputs& row : collected) rows.push_back(row[k]);
    const Expr all = stack(rows, 0);
    kept.push_back(c.tracer.value_of(steps) ? all : cut(all, 0, Dim(all->extent(0), steps)));
  }
  return kept;
}

/// One scan; its first carry counts the steps. It ends when the condition or the operand says so.
Outputs looped(Call& c, const proto::Graph& body, const Outputs& initial, const Trips& trips) {
  const int64_t most = trips.most;
  Pool& pool = c.pool();
  const int64_t id = pool.fresh_id();
  const Expr t = counter(pool, id, most), yes = constant(pool, DType::boolean, 1);
  const Outputs carried = carries_of(c, id, initial, 1);
  Outputs inputs{t, yes};
  inputs.insert(inputs.end(), carried.begin(), carried.end());
  const Outputs results = c.tracer.trace_branch(body, c.scope, inputs);
  Step step = checked(results, 1, carried);
  Expr until, runs = yes;
  const auto also = [&](Expr e) { until = until ? until | e : e; };
  if (!is_constant(results[0], 1)) also(logical_not(reshape_to(results[0], {})));
  if (trips.count) {
    also(logical_not(lt(t + 1.0, trips.count)));
    runs = lt(0, trips.count);
  }
  if (c.has(1)) runs = runs & reshape_to(c[1], {});
  Outputs start = initial;
  start.insert(start.begin(), constant(pool, DType::i64, 0));
  step.next.insert(step.next.begin(), t + 1.0);
  const Expr all = scan(pool, id, most, start, step.next, step.emits, until);
  const bool always = c.tracer.value_of(runs) && c.tracer.value_of(runs)->integer(0) != 0;
  const auto if_run = [&](Expr e, Expr otherwise) {
    return always ? e : select(runs, e, otherwise);
  };
  const Expr count = if_run(get(all, 0), start[0]);
  Outputs outputs;
  for (size_t i = 0; i < initial.size(); ++i)
    outputs.push_back(if_run(get(all, static_cast<int64_t>(i + 1)), initial[i]));
  for (size_t k = 0; k < step.emits.size(); ++k) {
    const Expr rows = get(all, static_cast<int64_t>(1 + initial.size() + k));
    outputs.push_back(until || !always ? cut(rows, 0, Dim(most, count)) : rows);
  }
  return outputs;
}

Outputs loop_op(Call& c) {
  const proto::Graph& body = c.attribute("body", kGraph).g();
  Outputs initial;
  for (size_t i = 2; i < c.count(); ++i) initial.push_back(c[i]);
  const Trips trips = trips_of(c, initial.size());
  const bool lists = std::any_of(initial.begin(), initial.end(),
                                 [&](Expr e) { return c.tracer.sequence(e) != nullptr; });
  const bool starts = !c.has(1) || (c.known(1) && c.constant_int(1) != 0);
  const bool fixed = starts && !trips.count && trips.most <= kUnrolled;
  if (trips.most <= 0 && c.results() == initial.size()) return initial;
  if (trips.most <= 0) refuse("a loop that collects nothing");
  if (lists && trips.most > kUnrolled)
    throw Error(ExitCode::unsupported,
                "a sequence grows in a loop of up to " + std::to_string(trips.most) + " steps");
  if (lists) return unrolled(c, body, initial, trips);
  const size_t refusals = c.tracer.refusals();
  try {
    const Outputs outputs = looped(c, body, initial, trips);
    if (!fixed || c.tracer.refusals() == refusals) return outputs;
  } catch (const Error&) {
    if (!fixed) throw;
  }
  c.tracer.forget_refusals(refusals);
  return unrolled(c, body, initial, trips);
}

const OpRow kRows[] = {
    {"If", 1, if_op},
    {"Loop", 1, loop_op},
    {"Scan", 8, scan_op},
};

}  // namespace

std::span<const OpRow> control_ops() { return kRows; }

}  // namespace tinycc::onnx
