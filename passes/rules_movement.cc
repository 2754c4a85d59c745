// Movement ops that meet: two become one, or none; and reductions over axes that are not there.
#include <algorithm>
#include <numeric>

#include "passes/tensor_rules.h"

namespace tinycc {
namespace {

Expr splat(Expr constant, const Shape& shape) {
  return constant->pool->make(Op::constant, constant->dtype, shape, {}, constant->attr);
}

/// Moving equal numbers around changes nothing.
Expr movement_of_constant(Expr e, const GraphFacts&) {
  if (!is_movement(e->op)) return {};
  for (Expr s : e->sources) {
    if (!s->is(Op::constant) || s->attr != e->sources[0]->attr) return {};
  }
  return splat(e->sources[0], e->shape);
}

Expr reshape_of_reshape(Expr e, const GraphFacts&) {
  if (!e->is(Op::reshape) || !e->sources[0]->is(Op::reshape)) return {};
  return reshape(e->sources[0]->sources[0], e->shape);
}

Expr permute_of_permute(Expr e, const GraphFacts&) {
  if (!e->is(Op::permute) || !e->sources[0]->is(Op::permute)) return {};
  Extents order;
  for (int64_t axis : e->attr.ints) {
    order.push_back(e->sources[0]->attr.ints[static_cast<size_t>(axis)]);
  }
  return permute(e->sources[0]->sources[0], order);
}

/// Only axes of extent 1 change their place: the elements stay where they are.
Expr permute_of_ones(Expr e, const GraphFacts&) {
  if (!e->is(Op::permute)) return {};
  Extents moved;
  for (int64_t axis : e->attr.ints) {
    if (e->sources[0]->extent(axis) != 1) moved.push_back(axis);
  }
  return std::is_sorted(moved.begin(), moved.end()) ? reshape(e->sources[0], e->shape) : Expr();
}

Expr slice_of_slice(Expr e, const GraphFacts&) {
  if (!e->is(Op::slice) || !e->sources[0]->is(Op::slice)) return {};
  const Extents &outer = e->attr.ints, &inner = e->sources[0]->attr.ints;
  Extents starts, steps;
  for (size_t i = 0; i < outer.size(); i += 2) {
    starts.push_back(inner[i] + outer[i] * inner[i + 1]);
    steps.push_back(outer[i + 1] * inner[i + 1]);
  }
  return slice(e->sources[0]->sources[0], starts, bounds_of(e->shape), steps);
}

/// First and last element that a slice reads along an axis.
std::pair<int64_t, int64_t> reach_of(Expr slice, size_t axis) {
  const int64_t first = slice->attr.ints[2 * axis];
  const int64_t last = first + (slice->shape[axis].bound - 1) * slice->attr.ints[2 * axis + 1];
  return std::minmax(first, last);
}

/// The same slice of a source whose axis `axis` begins `shift` later.
Expr shifted_slice(Expr e, Expr source, size_t axis, int64_t shift) {
  Extents starts, steps;
  for (size_t i = 0; i < e->shape.size(); ++i) {
    starts.push_back(e->attr.ints[2 * i] - (i == axis ? shift : 0));
    steps.push_back(e->attr.ints[2 * i + 1]);
  }
  return slice(source, starts, bounds_of(e->shape), steps);
}

/// Padding that a slice cuts off again, axis by axis.
Expr slice_of_pad(Expr e, const GraphFacts&) {
  if (!e->is(Op::slice) || !e->sources[0]->is(Op::pad) || count_of(e->shape) == 0) return {};
  const Expr padded = e->sources[0], source = padded->sources[0];
  Extents amounts = padded->attr.ints;
  for (size_t i = 0; i < e->shape.size(); ++i) {
    const auto [low, high] = reach_of(e, i);
    const int64_t before = amounts[2 * i], extent = source->shape[i].bound;
    if (before + amounts[2 * i + 1] == 0 || low < before || high >= before + extent) continue;
    amounts[2 * i] = amounts[2 * i + 1] = 0;
    return shifted_slice(e, pad(source, amounts, padded->sources[1]), i, before);
  }
  return {};
}

/// A slice that lies within one part of a concatenation.
Expr slice_of_concat(Expr e, const GraphFacts&) {
  if (!e->is(Op::slice) || !e->sources[0]->is(Op::concat) || count_of(e->shape) == 0) return {};
  const auto axis = static_cast<size_t>(e->sources[0]->attr.ints[0]);
  const auto [low, high] = reach_of(e, axis);
  int64_t begin = 0;
  for (Expr part : e->sources[0]->sources) {
    const int64_t end = begin + part->shape[axis].bound;
    if (begin <= low && high < end) return shifted_slice(e, part, axis, begin);
    begin = end;
  }
  return {};
}

Expr pad_of_pad(Expr e, const GraphFacts&) {
  if (!e->is(Op::pad) || !e->sources[0]->is(Op::pad)) return {};
  const Expr inner = e->sources[0];
  if (inner->sources[1] != e->sources[1]) return {};
  Extents amounts = e->attr.ints;
  for (size_t i = 0; i < amounts.size(); ++i) amounts[i] += inner->attr.ints[i];
  return pad(inner->sources[0], amounts, e->sources[1]);
}

Expr concat_of_concat(Expr e, const GraphFacts&) {
  if (!e->is(Op::concat)) return {};
  const auto axis = static_cast<size_t>(e->attr.ints[0]);
  std::vector<Expr> parts;
  for (Expr part : e->sources) {
    const bool nested = part->is(Op::concat) && part->attr == e->attr;
    if (nested) parts.insert(parts.end(), part->sources.begin(), part->sources.end());
    if (!nested && part->shape[axis].bound != 0) parts.push_back(part);
  }
  if (parts == e->sources || parts.empty()) return {};
  return concat(parts, e->attr.ints[0]);
}

/// Neighbouring slices of one tensor, put side by side again.
Expr concat_of_slices(Expr e, const GraphFacts&) {
  if (!e->is(Op::concat)) return {};
  const auto axis = static_cast<size_t>(e->attr.ints[0]);
  for (size_t i = 0; i + 1 < e->sources.size(); ++i) {
    const Expr a = e->sources[i], b = e->sources[i + 1];
    if (!a->is(Op::slice) || !b->is(Op::slice) || a->sources != b->sources) continue;
    Extents next = a->attr.ints;
    next[2 * axis] += a->shape[axis].bound * next[2 * axis + 1];
    if (next != b->attr.ints) continue;
    Extents counts = bounds_of(a->shape);
    counts[axis] += b->shape[axis].bound;
    Extents starts, steps;
    for (size_t d = 0; d < next.size(); d += 2) {
      starts.push_back(a->attr.ints[d]);
      steps.push_back(next[d + 1]);
    }
    std::vector<Expr> parts = e->sources;
    parts[i] = slice(a->sources[0], starts, counts, steps);
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return concat(parts, e->attr.ints[0]);
  }
  return {};
}

/// Are the slices' first elements along these axes, the slowest first, the digits of their numbers?
bool counts_phases(const std::vector<Expr>& slices, const std::vector<size_t>& axes) {
  for (size_t n = 0; n < slices.size(); ++n) {
    Extents expected = slices[0]->attr.ints;
    auto rest = static_cast<int64_t>(n);
    for (size_t i = axes.size(); i-- > 0;) {
      const int64_t step = expected[2 * axes[i] + 1];
      expected[2 * axes[i]] = rest % step;
      rest /= step;
    }
    if (slices[n]->attr.ints != expected) return false;
  }
  return true;
}

/// The axes with steps; empty unless the slices together are all of their source.
std::vector<size_t> phased_axes(const std::vector<Expr>& slices) {
  const Expr source = slices[0]->sources[0];
  std::vector<size_t> axes;
  int64_t phases = 1;
  for (size_t d = 0; d < source->shape.size(); ++d) {
    const int64_t step = slices[0]->attr.ints[2 * d + 1];
    if (step < 1 || slices[0]->shape[d].bound * step != source->shape[d].bound) return {};
    if (step > 1) axes.push_back(d);
    phases *= step;
  }
  const bool alike = std::ranges::all_of(slices, [&](Expr s) {
    return s->is(Op::slice) && s->sources[0] == source && s->shape == slices[0]->shape;
  });
  if (!alike || phases != static_cast<int64_t>(slices.size())) return {};
  do {
    if (counts_phases(slices, axes)) return axes;
  } while (std::ranges::next_permutation(axes).found);
  return {};
}

/// Every other pixel of every other row, and the other three of each four: channels of half the size.
///   concat(x[::2, ::2], x[1::2, ::2], x[::2, 1::2], x[1::2, 1::2])  →  a permute of x as [y, 2, x, 2]
Expr concat_of_phases(Expr e, const GraphFacts&) {
  if (!e->is(Op::concat) || !e->sources[0]->is(Op::slice) || count_of(e->shape) == 0) return {};
  const std::vector<size_t> phased = phased_axes(e->sources);
  if (phased.empty()) return {};
  const Expr part = e->sources[0], source = part->sources[0];
  Extents cut, order;
  std::vector<int64_t> whole(source->shape.size()), phase(source->shape.size(), -1);
  for (size_t d = 0; d < whole.size(); ++d) {
    whole[d] = static_cast<int64_t>(cut.size());
    cut.push_back(part->shape[d].bound);
    if (std::ranges::find(phased, d) == phased.end()) continue;
    phase[d] = static_cast<int64_t>(cut.size());
    cut.push_back(part->attr.ints[2 * d + 1]);
  }
  for (size_t d = 0; d < whole.size(); ++d) {
    if (static_cast<int64_t>(d) == e->attr.ints[0]) {
      for (const size_t axis : phased) order.push_back(phase[axis]);
    }
    order.push_back(whole[d]);
  }
  return reshape(permute(reshape(source, shape_of(cut)), order), e->shape);
}

/// A window of one element is a slice with steps, and a new last axis.
Expr window_of_one(Expr e, const GraphFacts&) {
  if (!e->is(Op::window) || e->attr.ints[1] != 1) return {};
  const Expr source = e->sources[0];
  const auto axis = static_cast<size_t>(e->attr.ints[0]);
  Extents counts = bounds_of(source->shape), steps(counts.size(), 1);
  counts[axis] = e->shape[axis].bound;
  steps[axis] = e->attr.ints[2];
  return reshape(slice(source, Extents(counts.size(), 0), counts, steps), e->shape);
}

bool is_tensor_reduce(Expr e) { return is_reduce(e->op) && e->sources.size() == 1; }

/// Nothing is combined along an axis of extent 1.
Expr reduce_of_ones(Expr e, const GraphFacts&) {
  if (!is_tensor_reduce(e)) return {};
  Extents axes;
  for (int64_t axis : e->attr.ints) {
    if (e->sources[0]->shape[static_cast<size_t>(axis)] != Dim(1)) axes.push_back(axis);
  }
  if (axes.size() == e->attr.ints.size()) return {};
  return reshape(reduce(e->op, e->sources[0], axes), e->shape);
}

Expr reduce_of_reduce(Expr e, const GraphFacts& facts) {
  if (!is_tensor_reduce(e) || e->sources[0]->op != e->op || !facts.is_used_once(e->sources[0])) {
    return {};
  }
  const Expr inner = e->sources[0], source = inner->sources[0];
  Extents axes = inner->attr.ints, left;  // left: axes that the inner reduction keeps
  for (int64_t axis = 0; axis < source->rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) left.push_back(axis);
  }
  for (int64_t axis : e->attr.ints) axes.push_back(left[static_cast<size_t>(axis)]);
  return reduce(e->op, source, axes);
}

/// The maximum of k by l elements is that of k rows' maxima: k + l comparisons for k * l. Small
/// windows, of 3 by 3, cost less than what passing the rows through memory would.
Expr maximum_by_rows(Expr e, const GraphFacts& facts) {
  constexpr int64_t kLeastWindow = 25;
  const auto windowed = [&](Expr w) { return w->is(Op::window) && facts.is_used_once(w); };
  if (!e->is(Op::reduce_max) || !is_tensor_reduce(e) || !windowed(e->sources[0]) ||
      !windowed(e->sources[0]->sources[0]))
    return {};
  const Expr outer = e->sources[0], inner = outer->sources[0], x = inner->sources[0];
  const Extents &across = outer->attr.ints, &along = inner->attr.ints;
  const int64_t rank = x->rank();
  if (e->attr.ints != Extents{rank, rank + 1} || across[0] == along[0] || across[0] >= rank ||
      across[1] * along[1] < kLeastWindow)
    return {};
  const auto pass = [&](Expr of, const Extents& w) {  // w: axis, size, stride, dilation
    return reduce(Op::reduce_max, window(of, w[0], w[1], w[2], w[3]), {rank});
  };
  return pass(pass(x, across), along);
}

}  // namespace

const std::vector<TensorRule> kMovementRules = {
    {"movement-of-constant", Exactness::exact, movement_of_constant},
    {"reshape-of-reshape", Exactness::exact, reshape_of_reshape},
    {"permute-of-permute", Exactness::exact, permute_of_permute},
    {"permute-of-ones", Exactness::exact, permute_of_ones},
    {"slice-of-slice", Exactness::exact, slice_of_slice},
    {"slice-of-pad", Exactness::exact, slice_of_pad},
    {"slice-of-concat", Exactness::exact, slice_of_concat},
    {"pad-of-pad", Exactness::exact, pad_of_pad},
    {"concat-of-concat", Exactness::exact, concat_of_concat},
    {"concat-of-slices", Exactness::exact, concat_of_slices},
    {"concat-of-phases", Exactness::exact, concat_of_phases},
    {"window-of-one", Exactness::exact, window_of_one},
    {"reduce-of-ones", Exactness::exact, reduce_of_ones},
    {"reduce-of-reduce", Exactness::reassociates, reduce_of_reduce},
    {"maximum-by-rows", Exactness::exact, maximum_by_rows},
};

}  // namespace tinycc
