// See quads.h.
#include "passes/quads.h"

#include <algorithm>

#include "ir/build.h"
#include "ir/idiom.h"

namespace tinycc {
namespace {

constexpr int64_t kLeast = 3;  // channels: fewer are not worth as many zeros

/// The one dimension that an index moves along with `k`, alone; -1: none.
int64_t dimension_of(const std::vector<Expr>& index, Expr k) {
  int64_t found = -1;
  for (size_t d = 0; d < index.size(); ++d) {
    const std::vector<Expr> parts = topological({index[d]});
    if (std::find(parts.begin(), parts.end(), k) == parts.end()) continue;
    if (found >= 0 || index[d] != k) return -1;
    found = static_cast<int64_t>(d);
  }
  return found;
}

class Filler {
 public:
  Filler(Draft& draft, Computation& c) : draft_(draft), c_(c), reduce_(reduction_in(c.value)) {}

  void run() {
    const bool adds = reduce_ && reduce_->is(Op::reduce_add) && !c_.ordered;
    const auto p = adds ? weighted_product(draft_, reduce_[0]) : std::nullopt;
    if (!p || p->b->dtype != DType::i8) return;
    for (Expr k : reduction_ranges(reduce_)) {
      const int64_t terms = draft_.target.terms_a_lane(),
                    whole = (extent_of(k) + terms - 1) / terms * terms;
      const bool fits = !is_window(k) && k->sources.empty() && extent_of(k) >= kLeast;
      if (!fits || whole == extent_of(k)) continue;
      if (widen(p->a, p->b, k, whole)) return;
    }
  }

 private:
  Buffer& buffer(Expr load) { return draft_.buffers.at(load->attr.ints[0]); }

  bool widen(Expr a, Expr w, Expr k, int64_t extent) {
    const int64_t of_a = dimension_of(a->sources, k), of_w = dimension_of(w->sources, k);
    Buffer& tensor = buffer(a);
    if (of_a < 0 || of_w < 0 || tensor.space != Space::arena || !tensor.layout.has_halo())
      return false;
    const auto axis = std::find_if(tensor.layout.axes.begin(), tensor.layout.axes.end(),
                                   [&](const Axis& x) { return x.dim == of_a; });
    if (axis == tensor.layout.axes.end() || axis->lo + axis->hi + axis->mod != 0) return false;
    axis->hi = extent - extent_of(k);
    const Expr wide = range(*draft_.pool, extent, k->attr.name);
    std::vector<Expr> index = w->sources;
    index[static_cast<size_t>(of_w)] = wide;
    const Expr padded = load(*draft_.pool, with_zeros(buffer(w), of_w, extent), index);
    c_.value = substitute(substitute(c_.value, {{w, padded}}), {{k, wide}});
    return true;
  }

  /// The weights with zeros behind along a dimension.
  const Buffer& with_zeros(const Buffer& w, int64_t dim, int64_t extent) {
    const auto d = static_cast<size_t>(dim);
    std::vector<int64_t> shape = w.shape, wide, place(w.shape.size(), 0);
    shape[d] = extent;
    const std::vector<int64_t> values = weight_of(draft_, w).integers();
    for (size_t next = 0, i = 0, all = static_cast<size_t>(count_of(shape)); i < all; ++i) {
      wide.push_back(place[d] < w.shape[d] ? values[next++] : 0);
      for (size_t x = place.size(); x-- > 0 && ++place[x] == shape[x];) place[x] = 0;
    }
    return add_weight(draft_, w.name + "_quads", TensorData::of_integers(w.dtype, shape, wide));
  }

  Draft& draft_;
  Computation& c_;
  const Expr reduce_;
};

}  // namespace

void fill_quads(Draft& draft) {
  if (!draft.target.sums_quads()) return;
  for (Computation& c : draft.computations) Filler(draft, c).run();
}

}  // namespace tinycc
