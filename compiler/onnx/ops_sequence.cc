// Rows of the op table: sequences and optional values. See ops.h, and values.h for what they are.
#include <algorithm>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// Operand i, a sequence.
const Sequence& sequence(Call& c, size_t i) {
  if (const Sequence* s = c.tracer.sequence(c[i])) return *s;
  refuse("operand " + std::to_string(i) + " is no sequence");
}

Expr number(Call& c, int64_t n) { return constant_int(c.pool(), DType::i64, n); }

/// A position among n, which must be known.
size_t position(Call& c, size_t i, size_t n) {
  return static_cast<size_t>(axis_of(c.constant_int(i), static_cast<int64_t>(n)));
}

/// A position that perhaps only a run knows, from the front.
Expr place_of(Call& c, size_t i, Expr count) {
  const Expr place = reshape_to(cast(c[i], DType::i64), {});
  return where(lt(place, 0), place + count, place);
}

/// An element at a place that only a run knows: one is chosen, if all are alike.
Expr chosen_element(Call& c, const Sequence& s) {
  std::vector<std::pair<int64_t, Expr>> choices;
  for (Expr e : s.elements) {
    if (e->shape != s.elements[0]->shape || e->dtype != s.elements[0]->dtype)
      return element_of(c.tracer.ragged(s), place_of(c, 1, c.tracer.elements_in(s)));
    choices.emplace_back(static_cast<int64_t>(choices.size()), e);
  }
  if (choices.empty()) refuse("the sequence is empty");
  return choose(place_of(c, 1, c.tracer.elements_in(s)), choices);
}

Expr sequence_at(Call& c) {
  const Sequence& s = sequence(c, 0);
  const bool front = c.known(1) && c.constant_int(1) >= 0;
  if (s.rows)
    return element_of(*s.rows,
                      front ? number(c, c.constant_int(1)) : place_of(c, 1, s.rows->count));
  if (c.known(1) && (front || s.settled())) return s.elements[position(c, 1, s.elements.size())];
  return chosen_element(c, s);
}

Expr sequence_insert(Call& c) {
  const Sequence& s = sequence(c, 0);
  if (!s.settled() || (c.has(2) && !c.known(2))) {
    const Ragged all = s.elements.empty() && !s.rows
                           ? ragged_of(c.pool(), {}, number(c, 0), c[1]->dtype)
                           : c.tracer.ragged(s);
    return c.tracer.list(
        {.rows = inserted(all, c[1], c.has(2) ? place_of(c, 2, all.count) : all.count)});
  }
  Outputs all = s.elements;
  const bool behind = !c.has(2) || c.constant_int(2) == static_cast<int64_t>(all.size());
  const size_t at = behind ? all.size() : position(c, 2, all.size());
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), c[1]);
  return c.tracer.list({.elements = all});
}

Expr sequence_erase(Call& c) {
  const Sequence& s = sequence(c, 0);
  if (!s.settled() || (c.has(1) && !c.known(1))) {
    const Ragged all = c.tracer.ragged(s);
    return c.tracer.list(
        {.rows = erased(all, c.has(1) ? place_of(c, 1, all.count) : all.count - 1.0)});
  }
  Outputs all = s.elements;
  if (all.empty()) refuse("the sequence is empty");
  const size_t at = c.has(1) ? position(c, 1, all.size()) : all.size() - 1;
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
  return c.tracer.list({.elements = all});
}

Expr concat_from_sequence(Call& c) {
  const int64_t axis = c.integer("axis");
  return c.integer("new_axis", 0) != 0 ? stack(c.list(0), axis) : join(c.list(0), axis);
}

/// Parts of lengths that only a run knows: so many of them, or of one length, down to 1 each.
Expr split_by_lengths(Call& c, int64_t axis) {
  const Expr extent = length_of(c.pool(), c[0]->dim(axis));
  const bool equal = c[1]->rank() == 0;
  const std::vector<Expr> given = c.elements(1);
  const int64_t parts = equal ? c[0]->dim(axis).bound : static_cast<int64_t>(given.size());
  Sequence s;
  Expr start = number(c, 0);
  for (int64_t k = 0; k < parts; ++k) {
    const Expr length = given[equal ? 0 : static_cast<size_t>(k)];
    const Expr from = min(start, extent);
    start = start + max(length, equal ? 1.0 : 0.0);
    s.elements.push_back(slice_dim(c[0], axis, from, min(start, extent), 1));
  }
  const Expr each = max(given.at(0), 1);
  if (equal) s.count = (each + extent - 1.0) / each;
  return c.tracer.list(std::move(s));
}

/// Parts of given lengths, or of one length; without either each of extent 1, which may go.
Expr split_to_sequence(Call& c) {
  const int64_t axis = axis_of(c.integer("axis", 0), c[0]->rank());
  if (c.has(1) && !c.known(1)) return split_by_lengths(c, axis);
  const int64_t extent = c[0]->extent(axis);
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
  return c.tracer.list({.elements = parts});
}

/// Element k of an operand of the map; a tensor is the same for all.
Expr mapped(Call& c, size_t i, int64_t k, size_t n) {
  const Sequence* s = c.tracer.sequence(c[i]);
  if (s == nullptr) return c[i];
  if (s->rows) return element_of(*s->rows, number(c, k));
  if (s->elements.size() != n) refuse("sequences of different lengths");
  return s->elements[static_cast<size_t>(k)];
}

/// The body for each element of the first sequence; further sequences go along, tensors are shared.
Outputs sequence_map(Call& c) {
  const proto::Graph& body = c.attribute("body", kGraph).g();
  const Sequence first = sequence(c, 0);
  const size_t n = first.rows ? static_cast<size_t>(first.rows->rows()) : first.elements.size();
  std::vector<Sequence> results(static_cast<size_t>(body.output_size()));
  for (size_t k = 0; k < n; ++k) {
    Outputs inputs;
    for (size_t i = 0; i < c.count(); ++i)
      inputs.push_back(mapped(c, i, static_cast<int64_t>(k), n));
    const Outputs step = c.tracer.trace_branch(body, c.scope, inputs);
    for (size_t i = 0; i < results.size(); ++i) results[i].elements.push_back(step[i]);
  }
  Outputs lists;
  for (Sequence& r : results) {
    if (!first.settled()) r.count = c.tracer.elements_in(first);
    lists.push_back(c.tracer.list(std::move(r)));
  }
  return lists;
}

/// A sequence that is there, or an optional tensor's value.
Expr get_element(Call& c) {
  const Sequence* s = c.has(0) ? c.tracer.sequence(c[0]) : nullptr;
  if (!c.has(0) || (s != nullptr && s->none)) refuse("the optional value is none");
  if (s == nullptr || !s->tensor) return c[0];
  return s->rows ? element_of(*s->rows, number(c, 0)) : s->elements.at(0);
}

Expr has_element(Call& c) {
  const Sequence* s = c.has(0) ? c.tracer.sequence(c[0]) : nullptr;
  if (s == nullptr || s->settled())
    return constant(c.pool(), DType::boolean, !c.has(0) || (s != nullptr && s->none) ? 0 : 1);
  return lt(s->tensor ? 0 : -1, c.tracer.elements_in(*s));
}

Expr empty(Call& c) {
  const auto type = static_cast<int32_t>(c.integer("dtype", onnx_number(DType::f32)));
  return c.tracer.list({.dtype = dtype_of(type)});
}

const OpRow kRows[] = {
    {"ConcatFromSequence", 11, concat_from_sequence},
    {"Optional", 15, [](Call& c) { return c.has(0) ? c[0] : c.tracer.list({.none = true}); }},
    {"OptionalGetElement", 15, get_element},
    {"OptionalHasElement", 15, has_element},
    {"SequenceAt", 11, sequence_at},
    {"SequenceConstruct", 11, [](Call& c) { return c.tracer.list({.elements = c.all()}); }},
    {"SequenceEmpty", 11, empty},
    {"SequenceErase", 11, sequence_erase},
    {"SequenceInsert", 11, sequence_insert},
    {"SequenceLength", 11, [](Call& c) { return c.tracer.elements_in(sequence(c, 0)); }},
    {"SequenceMap", 17, sequence_map},
    {"SplitToSequence", 11, split_to_sequence},
};

}  // namespace

std::span<const OpRow> sequence_ops() { return kRows; }

}  // namespace tinycc::onnx
