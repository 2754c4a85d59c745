// What estimates and schedules ask about a computation before they choose; see cost.h.
#include <algorithm>
#include <unordered_set>

#include "ir/simplify.h"
#include "passes/cost.h"

namespace tinycc {

std::vector<Expr> outside_indices(Expr e) {
  std::vector<Expr> found, stack{e};
  std::unordered_set<Expr> seen;
  while (!stack.empty()) {
    const Expr n = stack.back();
    stack.pop_back();
    if (!seen.insert(n).second) continue;
    found.push_back(n);
    if (!n->is(Op::load)) stack.insert(stack.end(), n->sources.begin(), n->sources.end());
  }
  return found;
}

bool guards(Expr e, Expr r) {
  const std::vector<Expr> all = outside_indices(e);
  return std::any_of(all.begin(), all.end(), [&](Expr n) {
    if (!n->is(Op::where)) return false;
    const std::vector<Expr> condition = outside_indices(n[0]);
    return std::find(condition.begin(), condition.end(), r) != condition.end();
  });
}

Expr widened_byte(Expr e) {
  const bool widens = e->is(Op::cast) && e->dtype == DType::f32 && e[0]->is(Op::load) &&
                      is_integer(e[0]->dtype) && bits_of(e[0]->dtype) == 8;
  return widens ? e[0] : Expr();
}

int64_t widest_lanes(const Draft& draft, const Computation& c) {
  const auto width = [&](DType t) -> int64_t {  // of a lane: devices compute with f16 as f32
    return draft.target.is_device() && is_half(t) ? 4 : bytes_of(t);
  };
  int64_t bytes = width(draft.buffers.at(c.target).dtype);
  const Target& t = draft.target;
  const bool quads = (t.sums_quads() || t.sums_wide()) && reduction_in(c.value);  // of 32 bits
  for (Expr n : outside_indices(c.value)) {
    if (n->dtype != DType::i64 || (n->is(Op::load) && !quads))
      bytes = std::max(bytes, width(n->dtype));
  }
  if (draft.target.is_scalar()) return 1;
  return std::max<int64_t>(draft.target.lanes() * 4 / bytes, 1);
}

bool must_divide(const Draft& draft, const Computation& c) {
  return draft.target.is_device() || may_run_in_place(draft, c);
}

bool may_run_in_place(const Draft& draft, const Computation& c) {
  const std::vector<Expr> loads = loads_in(c.value);
  const auto reads_target = [&](Expr l) { return l->attr.ints[0] == c.target; };
  if (std::any_of(loads.begin(), loads.end(), reads_target)) return true;  // another part of it
  if (draft.target.prefer == Prefer::speed) return false;  // then it gets memory of its own
  return std::any_of(loads.begin(), loads.end(),
                     [&](Expr l) { return reads_in_place(draft, c, l); });
}

bool has_vectors(const Draft& draft, const Computation& c) {
  const DType t = draft.buffers.at(c.target).dtype;
  const bool half = draft.target.is_device() && is_half(t);  // in memory: lanes are f32
  return draft.target.has_vectors() && (half || bits_of(t) >= (is_float(t) ? 32 : 8));
}

bool is_packable(const Draft& draft, Expr load) {
  if (draft.buffers.at(load->attr.ints[0]).space != Space::weight) return false;
  return std::all_of(load->sources.begin(), load->sources.end(), [](Expr i) {
    const Affine a = affine(i);
    return std::all_of(a.terms.begin(), a.terms.end(),
                       [](const auto& t) { return t.first->is(Op::range); });
  });
}

bool CostModel::is_outermost(size_t r) const {
  return std::count(c_.outermost.begin(), c_.outermost.end(), ranges_[r]) != 0;
}

/// Where an operand is the same for several turns; conditions of a device's rows choose single elements.
bool CostModel::may_be_rows(size_t r) const {
  const bool chosen = selected_[r] && !is_outermost(r) && draft_.target.is_device();
  const bool shares = std::any_of(accesses_.begin(), accesses_.end(), [&](const Access& a) {
    return a.in_reduction && a.places[r].dim == -1;
  });
  return guarded_[r] && !chosen ? may_peel(r) : shares;
}

std::vector<int64_t> CostModel::arena_buffers() const {
  std::vector<int64_t> found;
  for (const Access& a : accesses_) {
    if (draft_.buffers.at(a.buffer).space == Space::arena &&
        std::find(found.begin(), found.end(), a.buffer) == found.end())
      found.push_back(a.buffer);
  }
  return found;
}

bool has_texels(const Draft& draft, const Computation& c, const std::string& reduced,
                int64_t part) {
  const Expr sum = reduction_in(c.value)[0];
  const auto lies_along = [&](Expr l, Expr k) {
    const Buffer& b = draft.buffers.at(l->attr.ints[0]);
    return b.space == Space::arena && !b.layout.axes.empty() &&
           l[static_cast<size_t>(b.layout.axes.back().dim)] == k;
  };
  for (Expr k : reduction_ranges(c.value)) {
    const bool fits = !is_window(k) && (part > 0 ? part : extent_of(k)) % 4 == 0;
    if (k->attr.name != reduced || !fits) continue;
    const std::vector<Expr> loads = loads_in(sum);
    return draft.target.images &&
           std::any_of(loads.begin(), loads.end(), [&](Expr l) { return lies_along(l, k); });
  }
  return false;
}

}  // namespace tinycc
