// Layouts and vector loops; see layout.h.
//
// Cost of vectorising along r: each access counts 1 a vector if r does not occur in it (a scalar,
// spread) or walks through memory with step 1, `lanes` if it has to be gathered lane by lane;
// slightly more if neighbouring vectors overlap (a window along r reads unaligned). The sum is
// divided by the lanes that do useful work.
#include "passes/layout.h"

#include <algorithm>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr double kOverlap = 1.3;
constexpr double kPacked = 0.95;  // aligned, and streaming
constexpr double kApart = 2;      // an element that is gathered, against one that is read alone

double iterations(const std::vector<Expr>& ranges) {
  double n = 1;
  for (Expr r : ranges) n *= static_cast<double>(extent_of(r));
  return n;
}

bool is_reduced_in(Expr e, Expr root) {
  const Expr reduce = reduction_in(root);
  if (!reduce) return false;
  for (Expr n : topological({reduce[0]})) {
    if (n == e) return true;
  }
  return false;
}

struct Access {
  int64_t buffer;
  std::vector<Expr> index;
  double weight;
  bool free_order;  // its innermost dimension is still to be chosen
  bool is_store;
};

std::vector<Access> accesses_of(const Draft& draft, const Computation& c, bool free_arena) {
  const double outputs = iterations(c.ranges),
               all = outputs * iterations(reduction_ranges(c.value));
  const auto is_free = [&](int64_t b) {
    return free_arena && draft.buffers.at(b).space == Space::arena;
  };
  std::vector<Access> list{{c.target, c.index, outputs, is_free(c.target), true}};
  for (Expr l : loads_in(c.value)) {
    const int64_t b = l->attr.ints[0];
    list.push_back({b, l->sources, is_reduced_in(l, c.value) ? all : outputs,
                    is_free(b) || is_packable(draft, l), false});
  }
  return list;
}

bool overlaps_window(Expr range, const std::vector<Expr>& index, int64_t dim) {
  const Affine a = affine(index[static_cast<size_t>(dim)]);
  return a.terms.size() > 1 && a.coefficient(range) != 0;
}

/// Accesses a vector of `lanes`, relative to one scalar access.
double access_cost(const Draft& draft, const Access& a, Expr range, double lanes) {
  int64_t factor = 0;
  const int64_t dim = dimension_of(range, a.index, factor);
  if (dim == -1) return a.is_store ? lanes : 1;
  if (dim < 0 || factor != 1) return kApart * lanes;
  const Buffer& b = draft.buffers.at(a.buffer);
  const bool unaligned = b.space != Space::weight && overlaps_window(range, a.index, dim);
  const double contiguous = unaligned ? kOverlap : b.space == Space::weight ? kPacked : 1;
  if (a.free_order) return contiguous;
  // The innermost axis that holds more than one element must be this dimension, unblocked.
  for (size_t i = b.layout.axes.size(); i-- > 0;) {
    const Axis& axis = b.layout.axes[i];
    if (axis.dim == dim) return axis.div == 1 && axis.mod == 0 ? contiguous : kApart * lanes;
    if (b.layout.extents(b.shape)[i] > 1) break;
  }
  return kApart * lanes;
}

double useful_lanes(int64_t extent, int64_t lanes) {
  const int64_t width = std::min(extent, lanes);
  return static_cast<double>(extent) / static_cast<double>((extent + width - 1) / width);
}

double cost_along(const Draft& draft, const std::vector<Access>& accesses, Expr range,
                  int64_t lanes) {
  const double useful = useful_lanes(extent_of(range), lanes);
  double cost = 0;
  for (const Access& a : accesses) cost += a.weight * access_cost(draft, a, range, useful);
  return cost / useful;
}

/// Partial sums along a reduced range: the sum at the end takes a step a lane.
double cost_reduced(const Draft& draft, const std::vector<Access>& accesses, Expr range,
                    int64_t lanes) {
  double cost = 0;
  for (const Access& a : accesses) {
    cost += a.is_store ? a.weight * static_cast<double>(2 * lanes)
                       : a.weight * access_cost(draft, a, range, static_cast<double>(lanes));
  }
  return cost / static_cast<double>(lanes);
}

VectorChoice cheapest(const Draft& draft, const Computation& c,
                      const std::vector<Access>& accesses) {
  const int64_t lanes = draft.target.lanes();
  VectorChoice best;
  for (const Access& a : accesses) best.cost += a.weight;
  for (Expr r : c.ranges) {
    if (extent_of(r) < 4) continue;
    const double cost = cost_along(draft, accesses, r, lanes);
    if (cost <= best.cost) best = {r, false, cost};  // the later, the closer in memory
  }
  const Expr reduce = reduction_in(c.value);
  if (reduce) {
    for (Expr r : reduction_ranges(c.value)) {
      if (extent_of(r) % lanes != 0) continue;
      const double cost = cost_reduced(draft, accesses, r, lanes);
      if (cost < best.cost * 0.9) best = {r, true, cost};
    }
  }
  return best;
}

using Votes = std::map<int64_t, std::map<int64_t, double>>;  // buffer → dimension → weight

/// A kernel asks for the order that its best vector loop wants, with the weight of what the best
/// loop along another dimension would cost more.
void vote(const Draft& draft, const Computation& c, Votes& votes) {
  const std::vector<Access> accesses = accesses_of(draft, c, true);
  const VectorChoice best = cheapest(draft, c, accesses);
  if (!best.range) return;
  double second = 0;
  for (const Access& a : accesses) second += a.weight;  // scalar code
  for (Expr r : c.ranges) {
    if (r != best.range && extent_of(r) >= 4)
      second = std::min(second, cost_along(draft, accesses, r, draft.target.lanes()));
  }
  if (const Expr reduce = reduction_in(c.value); reduce) {
    for (Expr r : reduction_ranges(c.value)) {
      if (extent_of(r) % draft.target.lanes() == 0)
        second = std::min(second, cost_reduced(draft, accesses, r, draft.target.lanes()));
    }
  }
  second = std::max(second, best.cost);
  for (const Access& a : accesses) {
    int64_t factor = 0;
    const int64_t dim = dimension_of(best.range, a.index, factor);
    if (!a.free_order || draft.buffers.at(a.buffer).space != Space::arena || dim < 0 || factor != 1)
      continue;
    votes[a.buffer][dim] += second - best.cost + (a.is_store ? 1e-3 * a.weight : 0);
  }
}

void make_innermost(Buffer& b, int64_t dim) {
  const auto found = std::find_if(b.layout.axes.begin(), b.layout.axes.end(),
                                  [&](const Axis& a) { return a.dim == dim; });
  if (found != b.layout.axes.end()) std::rotate(found, found + 1, b.layout.axes.end());
}

/// Without a reason for another order a tensor lies as the largest tensor that it is made of: its
/// dimensions sorted by where their ranges stand in that one's memory.
void follow_source(Draft& draft, const Computation& c) {
  Buffer& target = draft.buffers.at(c.target);
  Expr largest;
  for (Expr l : loads_in(c.value)) {
    const Buffer& b = draft.buffers.at(l->attr.ints[0]);
    if (b.space != Space::weight &&
        (!largest || b.elements() > draft.buffers.at(largest->attr.ints[0]).elements()))
      largest = l;
  }
  if (!largest) return;
  const Buffer& source = draft.buffers.at(largest->attr.ints[0]);
  const auto place = [&](const Axis& axis) -> int64_t {
    for (size_t i = 0; i < source.layout.axes.size(); ++i) {
      const Affine from = affine(largest[static_cast<size_t>(source.layout.axes[i].dim)]);
      for (const auto& [term, factor] : affine(c.index[static_cast<size_t>(axis.dim)]).terms) {
        if (from.coefficient(term) != 0) return static_cast<int64_t>(i);
      }
    }
    return -1;
  };
  std::vector<std::pair<int64_t, Axis>> axes;
  for (const Axis& a : target.layout.axes) axes.emplace_back(place(a), a);
  std::sort(axes.begin(), axes.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.dim) < std::pair(b.first, b.second.dim);
  });
  for (size_t i = 0; i < axes.size(); ++i) target.layout.axes[i] = axes[i].second;
}

}  // namespace

int64_t dimension_of(Expr range, const std::vector<Expr>& index, int64_t& factor) {
  int64_t dim = -1;
  for (size_t i = 0; i < index.size(); ++i) {
    const Affine a = affine(index[i]);
    bool here = false;
    for (const auto& [term, f] : a.terms) {
      if (term == range) {
        here = true;
        factor = f;
      } else if (!term->is(Op::range)) {
        const std::vector<Expr> inside = topological({term});
        if (std::find(inside.begin(), inside.end(), range) != inside.end()) return -2;
      }
    }
    if (here && dim != -1) return -2;
    if (here) dim = static_cast<int64_t>(i);
  }
  return dim;
}

bool is_packable(const Draft& draft, Expr load) {
  if (draft.buffers.at(load->attr.ints[0]).space != Space::weight) return false;
  return std::all_of(load->sources.begin(), load->sources.end(), [](Expr i) {
    const Affine a = affine(i);
    return std::all_of(a.terms.begin(), a.terms.end(),
                       [](const auto& t) { return t.first->is(Op::range); });
  });
}

VectorChoice choose_vector(const Draft& draft, const Computation& c) {
  return cheapest(draft, c, accesses_of(draft, c, false));
}

void choose_layouts(Draft& draft) {
  Votes votes;
  for (const Computation& c : draft.computations) vote(draft, c, votes);
  for (const auto& [id, by_dim] : votes) {
    const auto best =
        std::max_element(by_dim.begin(), by_dim.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    make_innermost(draft.buffers.at(id), best->first);
  }
  for (const Computation& c : draft.computations) {
    if (draft.buffers.at(c.target).space == Space::arena && votes.count(c.target) == 0)
      follow_source(draft, c);
  }
}

}  // namespace tinycc
