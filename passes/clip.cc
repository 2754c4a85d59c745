// See clip.h.
//
//   a < b  in integers  ⇔  d = b - a - 1 >= 0;   d = f*k + rest, with one reduced range k:
//     f > 0:  k >= ceil(-rest / f)        low  = (max(-rest, 0) + f - 1) / f
//     f < 0:  k <= floor(rest / -f)       high = max(rest - f, 0) / -f
#include "passes/clip.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

class Clipper {
 public:
  Clipper(const Draft& draft, Computation& c)
      : draft_(draft), c_(c), reduce_(reduction_in(c.value)), pool_(*draft.pool) {}

  void run() {
    if (!reduce_ || c_.ordered || reduce_->is(Op::reduce_mul)) return;
    const Expr neutral = neutral_of(combiner_of(reduce_->op), reduce_->dtype, pool_);
    const Expr body = unmasked(reduce_[0], neutral);
    if (clips_.empty()) return;
    std::vector<Expr> ranges;
    std::vector<std::pair<Expr, Expr>> replaced;
    for (size_t i = 1; i < reduce_->sources.size(); ++i) {
      const Expr k = reduce_[i];
      const auto clip = clips_.find(k);
      ranges.push_back(clip == clips_.end() ? k : shorter(k, clip->second));
      if (clip != clips_.end())
        replaced.emplace_back(k, simplify(ranges.back() + clip->second.low));
    }
    std::vector<Expr> sources{simplify(substitute(body, replaced))};
    sources.insert(sources.end(), ranges.begin(), ranges.end());
    const Expr clipped = pool_.make(reduce_->op, reduce_->dtype, {}, std::move(sources));
    c_.value = substitute(c_.value, {{reduce_, clipped}});
  }

 private:
  struct Clip {
    Expr low, high;  // of a range: low <= k < high
  };

  Expr number(int64_t n) const { return constant_int(pool_, DType::i64, n); }

  Expr shorter(Expr k, const Clip& clip) const {
    const Expr turns = simplify(max(clip.high - clip.low, number(0)));
    return pool_.make(Op::range, DType::i64, {}, {turns}, k->attr);
  }

  /// The term without conditions that choose `nothing`, the value that leaves the result as it is.
  Expr unmasked(Expr e, Expr nothing) {
    if (e->is(Op::where) && e[2] == nothing) {
      const Expr rest = without_clips(e[0]);
      const Expr kept = unmasked(e[1], nothing);
      return rest ? where(rest, kept, e[2]) : kept;
    }
    const bool sum = reduce_->is(Op::reduce_add);
    if (sum && e->is(Op::cast)) {
      const Expr from = unmasked(e[0], constant_like(e[0], 0));
      return from == e[0] ? e : pool_.with_sources(e, {from});
    }
    if (!sum || !e->is(Op::mul)) return e;
    std::vector<Expr> factors = e->sources;
    for (size_t i = 0; i < 2; ++i) {
      if (is_finite(factors[1 - i]))
        factors[i] = unmasked(factors[i], constant_like(factors[i], 0));
    }
    return factors == e->sources ? e : pool_.with_sources(e, std::move(factors));
  }

  /// A whole number, or a weight without infinities and NaNs.
  bool is_finite(Expr e) const {
    if (!is_float(e->dtype)) return true;
    if (!e->is(Op::load)) return false;
    const Buffer& b = draft_.buffers.at(e->attr.ints[0]);
    const auto data = draft_.graph->weights.find(b.alias);
    if (b.space != Space::weight || data == draft_.graph->weights.end()) return false;
    const std::vector<double> numbers = data->second.numbers();
    return std::all_of(numbers.begin(), numbers.end(), [](double n) { return std::isfinite(n); });
  }

  /// Takes what bounds a range of the reduction out of a condition; what is left of it, or empty.
  Expr without_clips(Expr condition) {
    if (condition->is(Op::bit_and)) {
      const Expr a = without_clips(condition[0]), b = without_clips(condition[1]);
      return a && b ? binary(Op::bit_and, a, b) : a ? a : b;
    }
    return condition->is(Op::lt) && add_clip(condition) ? Expr() : condition;
  }

  bool add_clip(Expr lt) {
    if (lt[0]->dtype != DType::i64 || !is_bound(lt)) return false;
    Affine d = affine(lt[1] - lt[0] - number(1));
    Expr k;
    int64_t factor = 0;
    for (const auto& [term, f] : d.terms) {
      if (!is_own(term)) continue;
      if (k) return false;
      k = term;
      factor = f;
    }
    if (!k || k->sources.size() != 0) return false;
    std::erase_if(d.terms, [&](const auto& t) { return t.first == k; });
    const Expr rest = sum_of(pool_, d);
    Clip& clip = clips_.try_emplace(k, Clip{number(0), number(extent_of(k))}).first->second;
    const Expr zero = number(0);
    if (factor > 0)
      clip.low = simplify(max(clip.low, over(max(zero - rest, zero) + number(factor - 1), factor)));
    else
      clip.high = simplify(min(clip.high, over(max(rest + number(-factor), zero), -factor)));
    return true;
  }

  Expr over(Expr a, int64_t n) const { return n == 1 ? a : a / number(n); }
  bool is_own(Expr e) const {
    return std::count(reduce_->sources.begin() + 1, reduce_->sources.end(), e) != 0;
  }

  /// Ranges, constants and what is made of them without loads; the reduction's only as terms.
  bool is_bound(Expr e) const {
    const Affine sum = affine(e[1] - e[0]);
    return std::all_of(sum.terms.begin(), sum.terms.end(), [](const auto& t) {
      return t.first->is(Op::range) && t.first->sources.empty();
    });
  }

  const Draft& draft_;
  Computation& c_;
  const Expr reduce_;
  Pool& pool_;
  std::map<Expr, Clip, ById> clips_;
};

}  // namespace

void clip_sums(Draft& draft) {
  if (!draft.target.is_scalar() || draft.target.provable) return;
  for (Computation& c : draft.computations) Clipper(draft, c).run();
}

std::optional<std::pair<int64_t, int64_t>> clipped_ends(const Computation& c, Expr r) {
  const int64_t extent = extent_of(r);
  int64_t low = 0, high = 0;
  for (Expr k : reduction_ranges(c.value)) {
    if (k->sources.empty() || !occurs(r, k[0])) continue;
    int64_t x = 0, first = extent, last = -1;  // of whole sums
    for (; x < extent; ++x) {
      const Expr turns = simplify(substitute(k[0], {{r, constant_int(*r->pool, DType::i64, x)}}));
      if (!turns->is(Op::constant)) return {};
      if (integer_of(turns) < extent_of(k)) continue;
      first = std::min(first, x);
      last = x;
    }
    low = std::max(low, first);
    high = std::max(high, extent - 1 - last);
  }
  return std::pair{low, high};
}

bool clips_along(const Computation& c, Expr r) {
  for (Expr k : reduction_ranges(c.value)) {
    if (!k->sources.empty() && occurs(r, k[0])) return true;
  }
  return false;
}

}  // namespace tinycc
