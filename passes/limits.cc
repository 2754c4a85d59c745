// How far loops need to run; see limits.h.
//
//   need(output, d)   = its length along d            need(state) = all
//   limit(c, r)       = need(target, d) - offset      where target[d] is r + offset
//   need(b, d)       >= highest value of each index along d that a computation reads with, plus 1
//
// The last two are repeated until nothing changes, since loops of the host read what they wrote.
#include "passes/limits.h"

#include <algorithm>
#include <utility>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int kMostRounds = 8;
constexpr size_t kMostNodes = 40;  // of one need; beyond, all of the dimension is needed

/// Arithmetic that a loop's bound may be made of: no load, nothing but integers.
bool is_bound(Expr e) {
  const std::vector<Expr> all = topological({e});
  return std::all_of(all.begin(), all.end(), [](Expr n) {
    const bool known = n->is(Op::constant) || n->is(Op::range) || n->is(Op::add) ||
                       n->is(Op::mul) || n->is(Op::div) || n->is(Op::mod) || n->is(Op::min) ||
                       n->is(Op::max) || n->is(Op::neg);
    return known && n->shape.empty() && n->dtype == DType::i64;
  });
}

class Limiter {
 public:
  explicit Limiter(Draft& draft) : draft_(draft), pool_(*draft.pool) {
    for (const auto& [node, range] : draft.dims)
      known_.push_back({range, {1, extent_of(range) - 1}});
  }

  void run() {
    for (Computation& c : draft_.computations) unmask(c);
    start();
    for (int round = 0; round < kMostRounds && std::exchange(changed_, false); ++round) {
      for (auto c = draft_.computations.rbegin(); c != draft_.computations.rend(); ++c) note(*c);
    }
    if (changed_) return;  // unbounded growth: loops run to the bound
    for (Computation& c : draft_.computations) limit(c);
  }

 private:
  using Limits = std::vector<std::pair<Expr, Expr>>;  // range → how far it runs

  Expr number(int64_t n) const { return constant_int(pool_, DType::i64, n); }
  Expr tidy(Expr e) const { return simplify(e, known_); }

  // ---- masks

  /// sum over k < n of (k < v ? x : 0)  →  sum over k < v of x
  void unmask(Computation& c) {
    const Expr reduce = reduction_in(c.value);
    if (!reduce) return;
    const Expr neutral = neutral_of(combiner_of(reduce->op), reduce->dtype, pool_);
    Limits limits;
    Expr body = reduce[0];
    while (body->is(Op::where) && body[2] == neutral) {
      const Expr rest = without_limits(body[0], reduce, limits);
      if (rest) break;
      body = body[1];
    }
    if (limits.empty()) return;
    std::vector<Expr> sources{substitute(body, ranges_of(limits))};
    for (size_t i = 1; i < reduce->sources.size(); ++i)
      sources.push_back(substitute(reduce[i], ranges_of(limits)));
    const Expr limited = pool_.make(reduce->op, reduce->dtype, {}, std::move(sources));
    c.value = substitute(c.value, {{reduce, limited}});
  }

  /// Takes `range < bound` out of a condition; what is left of it, or empty.
  Expr without_limits(Expr condition, Expr reduce, Limits& limits) const {
    if (condition->is(Op::bit_and)) {
      Limits both = limits;
      const Expr a = without_limits(condition[0], reduce, both),
                 b = without_limits(condition[1], reduce, both);
      if (a || b) return condition;
      limits = both;
      return {};
    }
    if (!condition->is(Op::lt) || !is_bound(condition[1])) return condition;
    const Expr r = condition[0];
    const bool own = std::count(reduce->sources.begin() + 1, reduce->sources.end(), r) != 0;
    const bool fresh =
        std::none_of(limits.begin(), limits.end(), [&](const auto& l) { return l.first == r; });
    if (!own || !fresh || bounds(condition[1]).high > extent_of(r)) return condition;
    limits.emplace_back(r, condition[1]);
    return {};
  }

  std::vector<std::pair<Expr, Expr>> ranges_of(const Limits& limits) const {
    std::vector<std::pair<Expr, Expr>> ranges;
    for (const auto& [r, end] : limits)
      ranges.emplace_back(r, pool_.make(Op::range, DType::i64, {}, {end}, r->attr));
    return ranges;
  }

  // ---- needs

  /// Outputs are read as far as their lengths say, what outlives the run to the bound.
  void start() {
    size_t next = 0;
    for (const auto& [id, b] : draft_.buffers) {
      needs_[id] = std::vector<Expr>(b.shape.size(), number(0));
      const bool output = b.space == Space::output;
      const GraphOutput* o = output ? &draft_.graph->outputs[next++] : nullptr;
      for (size_t d = 0; d < b.shape.size(); ++d) {
        const bool varies = o != nullptr && !o->lengths.empty() && o->lengths[d] >= 0;
        if (varies)
          read(id, d, length_of(draft_.graph->outputs[static_cast<size_t>(o->lengths[d])].value));
        else if (output || b.space == Space::state || b.layout.has_halo())
          read(id, d, {});
      }
    }
    for (const auto& [id, loop] : draft_.loops) {
      for (size_t d = 0; loop.until >= 0 && d < needs_[loop.until].size(); ++d)
        read(loop.until, d, {});
    }
  }

  /// A length as an expression of the kernels' scalars, or empty.
  Expr length_of(Expr value) const {
    const Expr e = substitute(value, {draft_.dims.begin(), draft_.dims.end()});
    return is_bound(e) ? e : Expr();
  }

  /// Elements up to `end` (empty: all) are read along dimension d.
  void read(int64_t buffer, size_t d, Expr end) {
    const int64_t extent = draft_.buffers.at(buffer).shape[d];
    Expr& need = needs_.at(buffer)[d];
    Expr all = end ? tidy(max(need, min(end, static_cast<double>(extent)))) : number(extent);
    if (topological({all}).size() > kMostNodes || bounds(all, known_).low >= extent)
      all = number(extent);
    changed_ |= all != need;
    need = all;
  }

  void note(const Computation& c) {
    const Limits limits = limits_of(c);
    std::vector<Expr> loads = loads_in(c.value);
    for (Expr i : c.index) {
      for (Expr l : loads_in(i)) loads.push_back(l);
    }
    for (Expr l : loads) {
      for (size_t d = 0; d < l->sources.size(); ++d) {
        const Expr last = highest(l[d], limits);
        read(l->attr.ints[0], d, last ? last + 1.0 : last);
      }
    }
  }

  /// The greatest value of an index, or empty.
  Expr highest(Expr e, const Limits& limits) const {
    const auto of = [&](size_t i) { return highest(e[i], limits); };
    switch (e->op) {
      case Op::constant: return e;
      case Op::range: {
        for (const auto& [r, end] : limits) {
          if (r == e) return end - 1.0;
        }
        const bool scalar = std::any_of(draft_.dims.begin(), draft_.dims.end(),
                                        [&](const auto& d) { return d.second == e; });
        return scalar ? e : e->sources.empty() ? number(extent_of(e) - 1) : e[0] - 1.0;
      }
      case Op::add: {
        const Expr a = of(0), b = of(1);
        return a && b ? a + b : Expr();
      }
      case Op::mul: {
        const Expr a = e[1]->is(Op::constant) && integer_of(e[1]) >= 0 ? of(0) : Expr();
        return a ? a * e[1] : a;
      }
      case Op::min: {
        const Expr a = of(0), b = of(1);
        return a && b ? min(a, b) : a ? a : b;
      }
      case Op::max: {
        const Expr a = of(0), b = of(1);
        return a && b ? max(a, b) : Expr();
      }
      default: return {};
    }
  }

  // ---- limits

  Limits limits_of(const Computation& c) const {
    Limits limits;
    const Buffer& target = draft_.buffers.at(c.target);
    if (c.ordered || target.layout.has_halo()) return limits;
    for (Expr r : c.ranges) {
      Expr end;
      int places = 0;
      for (size_t d = 0; d < c.index.size(); ++d) {
        const Affine a = affine(c.index[d]);
        if (a.terms.size() == 1 && a.terms[0] == std::pair<Expr, int64_t>(r, 1))
          end = needs_.at(c.target)[d] + static_cast<double>(-a.constant);
        const std::vector<Expr> inside = topological({c.index[d]});
        places += std::count(inside.begin(), inside.end(), r) != 0 ? 1 : 0;
      }
      if (!end || places != 1) continue;
      end = tidy(min(max(end, 0.0), static_cast<double>(extent_of(r))));
      if (bounds(end, known_).low < extent_of(r)) limits.emplace_back(r, end);
    }
    return limits;
  }

  void limit(Computation& c) const {
    Limits limits = limits_of(c);
    std::erase_if(limits, [](const auto& l) { return is_constant(l.second, 0); });  // nobody reads
    const auto ranges = ranges_of(limits);
    for (Expr& r : c.ranges) r = substitute(r, ranges);
    for (Expr& i : c.index) i = tidy(substitute(i, ranges));
    c.value = tidy(substitute(c.value, ranges));
  }

  Draft& draft_;
  Pool& pool_;
  Known known_;                                 // about the dimensions
  std::map<int64_t, std::vector<Expr>> needs_;  // by buffer
  bool changed_ = true;
};

}  // namespace

void limit_loops(Draft& draft) {
  if (!draft.dims.empty()) Limiter(draft).run();
}

}  // namespace tinycc
