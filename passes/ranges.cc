// Ranges of computations: what binds them, and splitting those that a reshape had flattened.
#include <algorithm>
#include <map>
#include <set>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/index.h"

namespace tinycc {
namespace {

/// Boundaries at which range r is cut: all c with r/c or r%c in `e`, and c*d for (r/c)%d.
void collect_cuts(Expr e, std::map<Expr, std::set<int64_t>, ById>& cuts) {
  for (Expr n : topological({e})) {
    if (!n->is(Op::div) && !n->is(Op::mod)) continue;
    if (!n[1]->is(Op::constant) || is_float(n->dtype)) continue;
    const int64_t c = integer_of(n[1]);
    if (n[0]->is(Op::range)) cuts[n[0]].insert(c);
    if (n->is(Op::mod) && n[0]->is(Op::div) && n[0][0]->is(Op::range) &&
        n[0][1]->is(Op::constant)) {
      cuts[n[0][0]].insert(c * integer_of(n[0][1]));
    }
  }
}

struct Split {
  std::vector<Expr> parts;  // outermost first
  Expr sum;                 // of part * stride
};

/// Cuts that divide each other and the extent; empty parts otherwise.
Split split_range(Expr r, const std::set<int64_t>& cuts) {
  std::vector<int64_t> strides{1};
  for (const int64_t c : cuts) {
    if (c > 1 && c < extent_of(r) && c % strides.back() == 0) strides.push_back(c);
  }
  if (strides.size() == 1 || extent_of(r) % strides.back() != 0) return {};
  Split split;
  split.sum = constant_int(*r->pool, DType::i64, 0);
  int64_t end = extent_of(r);
  for (size_t i = strides.size(); i-- > 0;) {
    split.parts.push_back(range(*r->pool, end / strides[i], r->attr.name));
    split.sum = split.sum + split.parts.back() * static_cast<double>(strides[i]);
    end = strides[i];
  }
  return split;
}

/// Replaces ranges, also where a reduction binds them.
Expr rebind(Expr e, const std::map<Expr, Split, ById>& splits) {
  return rewrite_expr(e, [&](Expr n) -> Expr {
    if (const auto found = splits.find(n); found != splits.end()) return found->second.sum;
    if (!is_reduce(n->op)) return n;
    std::vector<Expr> sources{n[0]};
    for (size_t i = 1; i < n->sources.size(); ++i) {
      const auto found = std::find_if(splits.begin(), splits.end(),
                                      [&](const auto& s) { return s.second.sum == n[i]; });
      if (found == splits.end()) {
        sources.push_back(n[i]);
      } else {
        sources.insert(sources.end(), found->second.parts.begin(), found->second.parts.end());
      }
    }
    return n->pool->make(n->op, n->dtype, {}, std::move(sources));
  });
}

void replace(Computation& c, const std::map<Expr, Split, ById>& splits) {
  std::vector<Expr> ranges;
  for (Expr r : c.ranges) {
    const auto found = splits.find(r);
    if (found == splits.end())
      ranges.push_back(r);
    else
      ranges.insert(ranges.end(), found->second.parts.begin(), found->second.parts.end());
  }
  c.ranges = ranges;
  c.value = simplify(rebind(c.value, splits));
  for (Expr& i : c.index) i = simplify(rebind(i, splits));
}

/// The output range that shares an index with reduced range k, y in x[y + k]; empty if there is none.
Expr slid_along(const Computation& c, Expr k) {
  for (Expr l : loads_in(c.value)) {
    for (Expr i : l->sources) {
      const Affine a = affine(i);
      if (a.coefficient(k) == 0) continue;
      for (const auto& [term, factor] : a.terms) {
        if (std::count(c.ranges.begin(), c.ranges.end(), term) != 0) return term;
      }
    }
  }
  return {};
}

bool split_once(Computation& c) {
  std::map<Expr, std::set<int64_t>, ById> cuts;
  collect_cuts(c.value, cuts);
  for (Expr i : c.index) collect_cuts(i, cuts);
  std::map<Expr, Split, ById> splits;
  for (const auto& [r, at] : cuts) {
    if (Split s = split_range(r, at); !s.parts.empty()) splits[r] = std::move(s);
  }
  if (splits.empty()) return false;
  replace(c, splits);
  return true;
}

}  // namespace

void split_flattened_ranges(Computation& computation) {
  for (int turn = 0; turn < 4 && split_once(computation); ++turn) {
  }
}

Expr cut_range(Computation& c, Expr r, int64_t size) {
  if (size == 1) return r;
  const Expr outer = range(*r->pool, extent_of(r) / size, r->attr.name + "b"),
             inner = range(*r->pool, size, r->attr.name);
  replace(c, {{r, {{outer, inner}, outer * static_cast<double>(size) + inner}}});
  return outer;
}

std::vector<Expr> choosing_ranges(const Computation& c) {
  std::map<Expr, std::set<int64_t>, ById> asked;
  for (Expr n : topological({c.value})) {
    if (!n->is(Op::where) || !n[0]->is(Op::lt) || !n[0][0]->is(Op::range)) continue;
    if (n[0][1]->is(Op::constant)) asked[n[0][0]].insert(integer_of(n[0][1]));
  }
  std::vector<Expr> found;
  for (Expr r : c.ranges) {
    const auto at = asked.find(r);
    if (at != asked.end() && static_cast<int64_t>(at->second.size()) + 1 == extent_of(r))
      found.push_back(r);
  }
  return found;
}

void name_ranges(Computation& c) {
  std::set<std::string> taken;
  std::map<Expr, Split, ById> renamed;
  const auto rename = [&](Expr r, const std::string& wish) {
    std::string name = wish;
    for (int n = 2; !taken.insert(name).second; ++n) name = wish + std::to_string(n);
    const Expr fresh = counter(*r->pool, r->attr.ints[0], extent_of(r), name);
    renamed[r] = {{fresh}, fresh};
  };
  const std::vector<Expr> reduced = reduction_ranges(c.value);
  for (Expr r : c.ranges) rename(r, r->attr.name);
  const bool windowed =
      std::any_of(reduced.begin(), reduced.end(), [&](Expr k) { return slid_along(c, k); });
  for (Expr k : reduced) {
    const Expr along = slid_along(c, k);
    rename(k, along ? "k" + along->attr.name : windowed ? "in" : "k");
  }
  replace(c, renamed);
}

std::vector<Expr> ranges_in_memory_order(const Draft& draft, const Computation& c) {
  std::vector<Expr> order;
  const auto add = [&](Expr r) {
    if (std::find(order.begin(), order.end(), r) == order.end()) order.push_back(r);
  };
  for (const Axis& a : draft.buffers.at(c.target).layout.axes) {
    for (Expr r : c.ranges) {
      if (occurs(r, c.index[static_cast<size_t>(a.dim)])) add(r);
    }
  }
  for (Expr r : c.ranges) add(r);
  return order;
}

bool is_window(Expr r) { return r->attr.name[0] == 'k' && r->attr.name != "k"; }

bool reads_in_place(const Draft& draft, const Computation& c, Expr load) {
  const Buffer &from = draft.buffers.at(load->attr.ints[0]), &to = draft.buffers.at(c.target);
  return from.space == Space::arena && to.space == Space::arena && from.shape == to.shape &&
         from.dtype == to.dtype && !from.is_image() && !to.is_image() && load->sources == c.index;
}

std::vector<Expr> loads_in(Expr e) {
  std::vector<Expr> loads;
  for (Expr n : topological({e})) {
    if (n->is(Op::load)) loads.push_back(n);
  }
  return loads;
}

Expr reduction_in(Expr e) {
  for (Expr n : topological({e})) {
    if (is_reduce(n->op)) return n;
  }
  return {};
}

std::vector<Expr> reduction_ranges(Expr e) {
  const Expr reduce = reduction_in(e);
  if (!reduce) return {};
  return {reduce->sources.begin() + 1, reduce->sources.end()};
}

}  // namespace tinycc
