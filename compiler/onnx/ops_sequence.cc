// Rows of the op table: sequences and optional values. See ops.h. Both exist while tracing only: a
// sequence is the list of its elements, an optional value is the value, or a list that says "none".
#include <algorithm>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// A position among n, which must be known.
size_t position(Call& c, size_t i, size_t n) {
  return static_cast<size_t>(axis_of(c.constant_int(i), static_cast<int64_t>(n)));
}

/// An element at a place that only a run knows: one is chosen, if all are alike.
Expr sequence_at(Call& c) {
  const Outputs& all = c.list(0);
  if (c.known(1)) return all[position(c, 1, all.size())];
  const Expr place = reshape_to(cast(c[1], DType::i64), {});
  std::vector<std::pair<int64_t, Expr>> choices;
  for (Expr e : all) {
    if (e->shape != all[0]->shape || e->dtype != all[0]->dtype)
      throw Error(ExitCode::unsupported,
                  "the elements of a sequence differ, and which is meant is computed");
    choices.emplace_back(static_cast<int64_t>(choices.size()), e);
  }
  if (choices.empty()) refuse("the sequence is empty");
  const auto n = static_cast<double>(all.size());
  return choose(where(lt(place, 0), place + n, place), choices);
}

Expr sequence_insert(Call& c) {
  Outputs all = c.list(0);
  const bool behind = !c.has(2) || c.constant_int(2) == static_cast<int64_t>(all.size());
  const size_t at = behind ? all.size() : position(c, 2, all.size());
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), c[1]);
  return c.tracer.list(all);
}

Expr sequence_erase(Call& c) {
  Outputs all = c.list(0);
  const size_t at = c.has(1) ? position(c, 1, all.size()) : all.size() - 1;
  if (all.empty()) refuse("the sequence is empty");
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
  return c.tracer.list(all);
}

Expr concat_from_sequence(Call& c) {
  const int64_t axis = c.integer("axis");
  return c.integer("new_axis", 0) != 0 ? stack(c.list(0), axis) : join(c.list(0), axis);
}

/// Parts of given lengths, or of one length; without either each of extent 1, which may go.
Expr split_to_sequence(Call& c) {
  const int64_t axis = axis_of(c.integer("axis", 0), c[0]->rank()), extent = c[0]->extent(axis);
  Ints lengths(static_cast<size_t>(extent), 1);
  if (c.has(1) && c[1]->rank() == 0) {
    const int64_t each = c.constant_int(1);
    if (each < 1) refuse("a split into parts of " + std::to_string(each));
    lengths.clear();
    for (int64_t from = 0; from < extent; from += each)
      lengths.push_back(std::min(each, extent - from));
  } else if (c.has(1)) {
    lengths = c.constant_ints(1);
  }
  Outputs parts = split(c[0], lengths, axis);
  if (!c.has(1) && c.integer("keepdims", 1) == 0) {
    for (Expr& part : parts) part = squeeze(part, {axis});
  }
  return c.tracer.list(parts);
}

/// The body for each element of the first sequence; further sequences go along, tensors are shared.
Outputs sequence_map(Call& c) {
  const proto::Graph& body = c.attribute("body", kGraph).g();
  const size_t n = c.list(0).size();
  std::vector<Outputs> results(static_cast<size_t>(body.output_size()));
  for (size_t k = 0; k < n; ++k) {
    Outputs inputs;
    for (size_t i = 0; i < c.count(); ++i) {
      const Outputs* all = c.tracer.elements(c[i]);
      if (all != nullptr && all->size() != n) refuse("sequences of different lengths");
      inputs.push_back(all != nullptr ? (*all)[k] : c[i]);
    }
    const Outputs step = c.tracer.trace_branch(body, c.scope, inputs);
    for (size_t i = 0; i < results.size(); ++i) results[i].push_back(step[i]);
  }
  Outputs lists;
  for (const Outputs& r : results) lists.push_back(c.tracer.list(r));
  return lists;
}

bool is_none(Call& c) { return !c.has(0) || c.tracer.is_none(c[0]); }

Expr get_element(Call& c) {
  if (is_none(c)) refuse("the optional value is none");
  return c[0];
}

const OpRow kRows[] = {
    {"ConcatFromSequence", 11, concat_from_sequence},
    {"Optional", 15, [](Call& c) { return c.has(0) ? c[0] : c.tracer.list({}, true); }},
    {"OptionalGetElement", 15, get_element},
    {"OptionalHasElement", 15,
     [](Call& c) { return constant(c.pool(), DType::boolean, is_none(c) ? 0 : 1); }},
    {"SequenceAt", 11, sequence_at},
    {"SequenceConstruct", 11, [](Call& c) { return c.tracer.list(c.all()); }},
    {"SequenceEmpty", 11, [](Call& c) { return c.tracer.list({}); }},
    {"SequenceErase", 11, sequence_erase},
    {"SequenceInsert", 11, sequence_insert},
    {"SequenceLength", 11,
     [](Call& c) {
       return constant_int(c.pool(), DType::i64, static_cast<int64_t>(c.list(0).size()));
     }},
    {"SequenceMap", 17, sequence_map},
    {"SplitToSequence", 11, split_to_sequence},
};

}  // namespace

std::span<const OpRow> sequence_ops() { return kRows; }

}  // namespace tinycc::onnx
