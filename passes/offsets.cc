// See offsets.h.
#include "passes/offsets.h"

#include <algorithm>

#include "ir/build.h"
#include "ir/idiom.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kTermsOfVector = 16;  // of MVE: fewer are widened as they are loaded
constexpr int64_t kWeightsOfTable = 4;  // bytes of weights for one of the table, at least

/// A loop of the sum that begins and ends where one range of the result says.
struct Clipped {
  Expr k, x;        // of the sum; of the result
  Expr low, state;  // low: the first term
  size_t dim = 0;   // of the weights
  std::vector<std::pair<int64_t, int64_t>>
      ends;  // by state: the first term, the one behind the last
};

class Folder {
 public:
  Folder(Draft& draft, Computation& c)
      : draft_(draft), c_(c), pool_(*draft.pool), reduce_(reduction_in(c.value)) {}

  void run() {
    if (!reduce_ || !reduce_->is(Op::reduce_add) || c_.ordered) return;
    const auto term = weighted_product(draft_, reduce_[0]);
    if (!term) return;
    const Buffer& w = draft_.buffers.at(term->b->attr.ints[0]);
    if (!find_axes(term->b, w.shape)) return;
    wanted_ = offset_for_idiom(*term);
    if (term->zero == wanted_ || (wanted_ == 0 && clipped_.empty())) return;
    const std::vector<int64_t> shape = table_shape();
    if (!clipped_.empty() && count_of(shape) * 4 * kWeightsOfTable > w.bytes()) return;
    const auto [sum, bias] = bias_around();
    std::vector<int64_t> table = sums_of(w, term->zero - wanted_, shape);
    if (bias && !add_bias(bias, table, shape)) return;
    const Expr clean = pool_.with_sources(reduce_, sources_with(*term));
    c_.value = substitute(c_.value, {{sum, clean + loaded(w, shape, table)}});
  }

 private:
  /// 0 where no loop of the sum runs along quads, or pairs, of bytes, or along vectors.
  int64_t offset_for_idiom(const ByteProduct& term) const {
    const Target& t = draft_.target;
    const std::vector<Expr> reduced = reduction_ranges(reduce_);
    const auto runs_along = [&](int64_t terms) {
      return std::any_of(reduced.begin(), reduced.end(), [&](Expr k) {
        return !is_window(k) && k->sources.empty() && extent_of(k) % terms == 0;
      });
    };
    if (t.is_scalar()) return runs_along(kTermsOfVector) ? dot_offset(t.dot, term) : 0;
    const bool quads = t.sums_quads() && term.b->dtype == DType::i8 && runs_along(t.terms_a_lane());
    return quads ? quad_offset(t.dot, term.a->dtype).value_or(0) : 0;
  }

  // ---- what the weights move with

  /// Each dimension of the weights goes with one range: of the result, of the sum, or a clipped one.
  bool find_axes(Expr w, const std::vector<int64_t>& w_shape) {
    index_ = w->sources;
    for (size_t d = 0; d < index_.size(); ++d) {
      const Expr own = owner_of(index_[d]);
      owners_.push_back(own);
      if (!own && index_[d]->is(Op::constant) && w_shape[d] == 1) continue;
      if (!own) return false;
      if (!is_reduced(own)) outputs_.push_back(own);
      if (!own->sources.empty() && !add_clipped(own, d)) return false;
    }
    const auto is_used = [&](Expr k) { return std::count(owners_.begin(), owners_.end(), k) == 1; };
    const std::vector<Expr> reduced = reduction_ranges(reduce_);
    return std::all_of(reduced.begin(), reduced.end(), is_used);
  }

  bool is_reduced(Expr r) const {
    return std::count(reduce_->sources.begin() + 1, reduce_->sources.end(), r) != 0;
  }

  /// The one range that an index is, or is in steps of one from where it begins; empty: none.
  Expr owner_of(Expr index) const {
    if (index->is(Op::range) && index->sources.empty()) return index;
    Expr found;
    for (const auto& [term, factor] : affine(index).terms) {
      if (!term->is(Op::range) || !is_reduced(term)) continue;
      if (found || factor != 1) return {};
      found = term;
    }
    return found && !found->sources.empty() ? found : Expr();
  }

  bool add_clipped(Expr k, size_t dim) {
    Clipped clip{k, {}, simplify(index_[dim] - k), {}, dim, {}};
    for (Expr n : topological({clip.low, k[0]})) {
      if (!n->is(Op::range)) continue;
      if (clip.x && clip.x != n) return false;
      clip.x = n;
    }
    if (!clip.x || !clip.x->sources.empty()) return false;
    find_states(clip);
    clipped_.push_back(std::move(clip));
    return true;
  }

  int64_t at(Expr e, Expr x, int64_t value) const {
    const Expr n = simplify(substitute(e, {{x, constant_int(pool_, DType::i64, value)}}));
    TCC_CHECK(n->is(Op::constant), "where a loop begins is no number");
    return integer_of(n);
  }

  /// Each x before and behind the middle, where all are alike, is a state of its own:
  /// state = min(x, middle's first) + max(x - middle's last, 0)
  void find_states(Clipped& clip) {
    std::vector<std::pair<int64_t, int64_t>> ends;
    for (int64_t x = 0; x < extent_of(clip.x); ++x) {
      const int64_t first = at(clip.low, clip.x, x);
      ends.emplace_back(first, first + at(clip.k[0], clip.x, x));
    }
    size_t first = 0, last = 0;
    for (size_t from = 0, to = 0; from < ends.size(); from = to) {
      while (to < ends.size() && ends[to] == ends[from]) ++to;
      if (to - from > last + 1 - first) first = from, last = to - 1;
    }
    clip.ends.assign(ends.begin(), ends.begin() + static_cast<ptrdiff_t>(first + 1));
    clip.ends.insert(clip.ends.end(), ends.begin() + static_cast<ptrdiff_t>(last + 1), ends.end());
    clip.state =
        min(clip.x, static_cast<double>(first)) + max(clip.x + -static_cast<double>(last), 0);
  }

  // ---- the table

  std::vector<int64_t> table_shape() const {
    std::vector<int64_t> shape;
    for (Expr r : outputs_) shape.push_back(extent_of(r));
    for (const Clipped& clip : clipped_) shape.push_back(static_cast<int64_t>(clip.ends.size()));
    return shape;
  }

  /// z * w added to every entry whose loops reach it, weight by weight.
  std::vector<int64_t> sums_of(const Buffer& w, int64_t zero, const std::vector<int64_t>& shape) {
    const std::vector<int64_t> weights = weight_of(draft_, w).integers();
    std::vector<int64_t> table(static_cast<size_t>(count_of(shape))), place(w.shape.size(), 0);
    for (const int64_t weight : weights) {
      add_to(table, shape, place, zero * weight, 0, 0);
      for (size_t d = place.size(); d-- > 0 && ++place[d] == w.shape[d];) place[d] = 0;
    }
    return table;
  }

  void add_to(std::vector<int64_t>& table, const std::vector<int64_t>& shape,
              const std::vector<int64_t>& place, int64_t value, size_t axis, int64_t entry) const {
    if (axis == shape.size()) {
      table[static_cast<size_t>(entry)] += value;
      return;
    }
    if (axis < outputs_.size()) {
      const auto dim = std::find(owners_.begin(), owners_.end(), outputs_[axis]) - owners_.begin();
      add_to(table, shape, place, value, axis + 1,
             entry * shape[axis] + place[static_cast<size_t>(dim)]);
      return;
    }
    const Clipped& clip = clipped_[axis - outputs_.size()];
    for (int64_t s = 0; s < shape[axis]; ++s) {
      const auto [first, end] = clip.ends[static_cast<size_t>(s)];
      const int64_t k = place[clip.dim];
      if (first <= k && k < end)
        add_to(table, shape, place, value, axis + 1, entry * shape[axis] + s);
    }
  }

  /// What is added to the sum, and the weight that this is, if it is one.
  std::pair<Expr, Expr> bias_around() const {
    for (Expr n : topological({c_.value})) {
      if (!n->is(Op::add) || (n[0] != reduce_ && n[1] != reduce_)) continue;
      const Expr other = n[0] == reduce_ ? n[1] : n[0];
      if (other->is(Op::load) && draft_.buffers.at(other->attr.ints[0]).space == Space::weight)
        return {n, other};
    }
    return {reduce_, {}};
  }

  /// Of a bias that moves with what the table moves with.
  bool add_bias(Expr bias, std::vector<int64_t>& table, const std::vector<int64_t>& shape) const {
    std::vector<Expr> moving;
    std::copy_if(bias->sources.begin(), bias->sources.end(), std::back_inserter(moving),
                 [](Expr i) { return !i->is(Op::constant); });
    if (moving != outputs_) return false;
    const std::vector<int64_t> values =
        weight_of(draft_, draft_.buffers.at(bias->attr.ints[0])).integers();
    const size_t states = table.size() / values.size();
    TCC_CHECK(values.size() * states == static_cast<size_t>(count_of(shape)),
              "a bias has no place");
    for (size_t i = 0; i < table.size(); ++i) table[i] += values[i / states];
    return true;
  }

  /// A weight of its own.
  Expr loaded(const Buffer& w, const std::vector<int64_t>& shape,
              const std::vector<int64_t>& values) {
    std::vector<Expr> index(outputs_);
    for (const Clipped& clip : clipped_) index.push_back(clip.state);
    const TensorData table = TensorData::of_integers(DType::i32, shape, values);
    return load(pool_, add_weight(draft_, w.name + "_start", table), index);
  }

  std::vector<Expr> sources_with(const ByteProduct& term) const {
    std::vector<Expr> sources = reduce_->sources;
    const Expr a = cast(term.a, DType::i32);
    sources[0] = substitute(sources[0],
                            {{term.shifted, wanted_ == 0 ? a : a + static_cast<double>(wanted_)}});
    return sources;
  }

  Draft& draft_;
  Computation& c_;
  Pool& pool_;
  const Expr reduce_;
  int64_t wanted_ = 0;                          // what is left in the sum, added to each a
  std::vector<Expr> index_, owners_, outputs_;  // by dimension of the weights; ranges of the result
  std::vector<Clipped> clipped_;
};

}  // namespace

void fold_offsets(Draft& draft) {
  const Target& t = draft.target;
  if (!t.sums_quads() && (t.dot == Dot::none || !t.is_scalar())) return;
  for (Computation& c : draft.computations) Folder(draft, c).run();
}

}  // namespace tinycc
