// Plain loop nests; see nest.h.
#include "passes/nest.h"

#include <algorithm>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

/// value = f(reduce + v) with a weight v: then v can be where the sum starts.
Expr start_weight(Expr value, Expr reduce, const Draft& draft) {
  if (!reduce->is(Op::reduce_add)) return {};
  for (Expr n : topological({value})) {
    if (!n->is(Op::add) || (n[0] != reduce && n[1] != reduce)) continue;
    const Expr other = n[0] == reduce ? n[1] : n[0];
    if (other->is(Op::load) && draft.buffers.at(other->attr.ints[0]).space == Space::weight)
      return n;
  }
  return {};
}

/// Is a buffer of this name read or written by the computation?
bool has_buffer(const Draft& draft, const Computation& c, const std::string& name) {
  const std::vector<Expr> loads = loads_in(c.value);
  return draft.buffers.at(c.target).name == name ||
         std::any_of(loads.begin(), loads.end(),
                     [&](Expr l) { return draft.buffers.at(l->attr.ints[0]).name == name; });
}

BufferRef accumulator(const Draft& draft, const Expr reduce, const Computation& c) {
  Buffer b;
  b.id = reduce->pool->fresh_id();
  b.name = reduce->is(Op::reduce_add) ? "sum" : reduce->is(Op::reduce_max) ? "largest" : "product";
  while (has_buffer(draft, c, b.name)) b.name += "_here";
  b.dtype = reduce->dtype;
  b.space = Space::reg;
  return std::make_shared<const Buffer>(std::move(b));
}

StmtRef reducing(const Draft& draft, Expr reduce, const Computation& c, const BufferRef& target) {
  Pool& pool = *draft.pool;
  const BufferRef acc = accumulator(draft, reduce, c);
  const Expr now = load(pool, *acc, {});
  Expr start = neutral_of(combiner_of(reduce->op), reduce->dtype, pool), replaced = reduce;
  if (const Expr sum = c.ordered ? Expr() : start_weight(c.value, reduce, draft)) {
    start = sum[0] == reduce ? sum[1] : sum[0];
    replaced = sum;
  }
  const StmtRef update = store(acc, {}, binary(combiner_of(reduce->op), now, reduce[0]));
  std::vector<Expr> index;  // of a scatter: it may depend on the sum as well
  for (Expr i : c.index) index.push_back(substitute(i, {{replaced, now}}));
  return seq({alloc(acc), store(acc, {}, start), loops(reduction_ranges(reduce), update),
              store(target, index, substitute(c.value, {{replaced, now}}))});
}

}  // namespace

StmtRef plain_nest(const Draft& draft, const Computation& c) {
  const auto target = std::make_shared<const Buffer>(draft.buffers.at(c.target));
  const Expr reduce = reduction_in(c.value);
  StmtRef body = reduce ? reducing(draft, reduce, c, target) : store(target, c.index, c.value);
  body = loops(c.ranges, body);
  return c.fills_halo ? seq({halo_fill(c, target), body}) : body;
}

namespace {

/// Names for the loops over a frame: moves find loops by name, and mean those of the computation.
std::vector<std::string> letters_beside(const Computation& c) {
  std::vector<Expr> ranges = c.ranges;
  for (Expr k : reduction_ranges(c.value)) ranges.push_back(k);
  std::vector<std::string> letters;
  for (char letter = 'i'; letter <= 'z'; ++letter) {
    const auto is_it = [&](Expr r) { return r->attr.name == std::string(1, letter); };
    if (std::none_of(ranges.begin(), ranges.end(), is_it)) letters.emplace_back(1, letter);
  }
  return letters;
}

/// One strip of the frame: along axis `strip`, before and behind. Axes before it have had theirs, so
/// of them only the interior is left. Strips of equal width share their loops.
std::vector<StmtRef> strips_along(Pool& pool, const BufferRef& buffer, size_t strip,
                                  const std::vector<std::string>& letters) {
  const std::vector<Axis>& axes = buffer->layout.axes;
  const auto extent = [&](const Axis& a) { return buffer->shape[static_cast<size_t>(a.dim)]; };
  const Axis& own = axes[strip];
  std::vector<StmtRef> result;
  const auto add = [&](int64_t width, bool before, bool behind) {
    if (width == 0) return;
    std::vector<Expr> index(buffer->shape.size(), constant_int(pool, DType::i64, 0)), ranges;
    for (size_t i = 0; i < axes.size(); ++i) {
      const bool interior = i < strip;
      const int64_t count =
          i == strip ? width : extent(axes[i]) + (interior ? 0 : axes[i].lo + axes[i].hi);
      Expr at = constant_int(pool, DType::i64, 0);
      if (count > 1) at = ranges.emplace_back(range(pool, count, letters.at(ranges.size())));
      index[static_cast<size_t>(axes[i].dim)] =
          interior || axes[i].lo == 0 ? at : at + static_cast<double>(-axes[i].lo);
    }
    const Expr value = constant(pool, buffer->dtype, buffer->halo_value);
    std::vector<StmtRef> stores;
    for (Expr& i : index) i = simplify(i);
    if (before) stores.push_back(store(buffer, index, value));
    Expr& shifted = index[static_cast<size_t>(own.dim)];
    shifted = simplify(shifted + static_cast<double>(own.lo + extent(own)));
    if (behind) stores.push_back(store(buffer, index, value));
    result.push_back(loops(ranges, seq(std::move(stores))));
  };
  if (own.lo == own.hi) {
    add(own.lo, true, true);
  } else {
    add(own.lo, true, false);
    add(own.hi, false, true);
  }
  return result;
}

}  // namespace

StmtRef halo_fill(const Computation& c, const BufferRef& buffer) {
  std::vector<StmtRef> all;
  const std::vector<std::string> letters = letters_beside(c);
  for (size_t i = 0; i < buffer->layout.axes.size(); ++i) {
    for (StmtRef& s : strips_along(*c.value->pool, buffer, i, letters)) all.push_back(std::move(s));
  }
  return seq(std::move(all));
}

}  // namespace tinycc
