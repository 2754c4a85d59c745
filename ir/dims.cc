// Products of dimensions; see dims.h.
#include "ir/dims.h"

#include <algorithm>
#include <utility>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

void multiply(Monomial& m, Expr e) {
  const Affine sum = affine(e);
  if (sum.constant == 0 && sum.terms.size() == 1 && sum.terms[0].second != 1) {
    m.coefficient *= sum.terms[0].second;
    e = sum.terms[0].first;
  }
  if (e->is(Op::constant)) {
    m.coefficient *= integer_of(e);
  } else if (e->is(Op::mul)) {
    multiply(m, e[0]);
    multiply(m, e[1]);
  } else {
    m.bases.insert(std::upper_bound(m.bases.begin(), m.bases.end(), e, ById()), e);
  }
}

void multiply(Monomial& m, const Dim& dim) {
  if (dim.is_static())
    m.coefficient *= dim.bound;
  else
    multiply(m, dim.value);
}

/// At most one symbolic axis, and only axes of extent 1 before it.
bool is_dense(const Shape& shape, size_t begin, size_t end) {
  bool seen = false;
  for (size_t i = begin; i < end; ++i) {
    if (shape[i].is_static()) {
      seen |= shape[i].bound != 1;
    } else if (std::exchange(seen, true)) {
      return false;
    }
  }
  return true;
}

bool is_fixed(const Shape& shape, size_t begin, size_t end) {
  return std::all_of(shape.begin() + static_cast<int64_t>(begin),
                     shape.begin() + static_cast<int64_t>(end),
                     [](const Dim& d) { return d.is_static(); });
}

int64_t bounds_between(const Shape& shape, size_t begin, size_t end) {
  int64_t count = 1;
  for (size_t i = begin; i < end; ++i) count *= shape[i].bound;
  return count;
}

}  // namespace

Monomial monomial_of(const Dim& dim) { return product_of({dim}); }

Monomial product_of(const Shape& shape) {
  Monomial m;
  for (const Dim& d : shape) multiply(m, d);
  return m;
}

std::optional<Monomial> quotient(const Monomial& a, const Monomial& b) {
  if (b.coefficient == 0 || a.coefficient % b.coefficient != 0) return {};
  Monomial result{a.coefficient / b.coefficient, a.bases};
  for (Expr base : b.bases) {
    const auto found = std::find(result.bases.begin(), result.bases.end(), base);
    if (found == result.bases.end()) return {};
    result.bases.erase(found);
  }
  return result;
}

std::optional<std::vector<AxisGroup>> axis_groups(const Shape& from, const Shape& to) {
  std::vector<AxisGroup> groups;
  AxisGroup g;
  while (g.from_end < from.size() || g.to_end < to.size()) {
    Monomial a, b;
    const auto take = [](Monomial& m, const Shape& shape, size_t& at) {
      if (at == shape.size()) return false;
      multiply(m, shape[at++]);
      return true;
    };
    take(a, from, g.from_end);
    take(b, to, g.to_end);
    while (a != b) {
      const bool more_from = quotient(b, a).has_value() || !quotient(a, b);
      const bool taken =
          more_from ? take(a, from, g.from_end) || take(b, to, g.to_end) : take(b, to, g.to_end);
      if (!taken) return {};
    }
    groups.push_back(g);
    g.from = g.from_end;
    g.to = g.to_end;
  }
  return groups;
}

bool keeps_places(const Shape& from, const Shape& to) {
  const auto groups = axis_groups(from, to);
  return groups && std::all_of(groups->begin(), groups->end(), [&](const AxisGroup& g) {
           const bool fixed = is_fixed(from, g.from, g.from_end) && is_fixed(to, g.to, g.to_end);
           return (fixed || (is_dense(from, g.from, g.from_end) && is_dense(to, g.to, g.to_end))) &&
                  bounds_between(from, g.from, g.from_end) == bounds_between(to, g.to, g.to_end);
         });
}

}  // namespace tinycc
