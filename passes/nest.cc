// Plain loop nests; see nest.h.
#include "passes/nest.h"

#include "ir/build.h"

namespace tinycc {
namespace {

/// value = f(reduce + v) with a weight v: then v can be where the sum starts.
Expr start_weight(Expr value, Expr reduce, const Draft& draft) {
  if (!reduce->is(Op::reduce_add)) return {};
  for (Expr n : topological({value})) {
    if (!n->is(Op::add) || (n[0] != reduce && n[1] != reduce)) continue;
    const Expr other = n[0] == reduce ? n[1] : n[0];
    if (other->is(Op::load) && draft.buffers.at(other->attr.ints[0]).space == Space::weight) return n;
  }
  return {};
}

BufferRef accumulator(const Expr reduce) {
  Buffer b;
  b.id = reduce->pool->fresh_id();
  b.name = reduce->is(Op::reduce_add) ? "sum" : reduce->is(Op::reduce_max) ? "largest" : "product";
  b.dtype = reduce->dtype;
  b.space = Space::reg;
  return std::make_shared<const Buffer>(std::move(b));
}

StmtRef reducing(const Draft& draft, Expr reduce, const Computation& c, const BufferRef& target) {
  Pool& pool = *draft.pool;
  const BufferRef acc = accumulator(reduce);
  const Expr now = load(pool, *acc, {});
  Expr start = neutral_of(combiner_of(reduce->op), reduce->dtype, pool), replaced = reduce;
  if (const Expr sum = start_weight(c.value, reduce, draft)) {
    start = sum[0] == reduce ? sum[1] : sum[0];
    replaced = sum;
  }
  const StmtRef update = store(acc, {}, binary(combiner_of(reduce->op), now, reduce[0]));
  return seq({alloc(acc), store(acc, {}, start), loops(reduction_ranges(reduce), update),
              store(target, c.index, substitute(c.value, {{replaced, now}}))});
}

}  // namespace

StmtRef plain_nest(const Draft& draft, const Computation& c) {
  const auto target = std::make_shared<const Buffer>(draft.buffers.at(c.target));
  const Expr reduce = reduction_in(c.value);
  StmtRef body = reduce ? reducing(draft, reduce, c, target) : store(target, c.index, c.value);
  body = loops(c.ranges, body);
  return c.fills_halo ? seq({halo_fill(*draft.pool, target), body}) : body;
}

StmtRef halo_fill(Pool& pool, const BufferRef& buffer) {
  std::vector<StmtRef> strips;
  const std::vector<Axis>& axes = buffer->layout.axes;
  const auto extent = [&](const Axis& a) { return buffer->shape[static_cast<size_t>(a.dim)]; };
  for (size_t strip = 0; strip < axes.size(); ++strip) {
    for (const bool behind : {false, true}) {
      const int64_t width = behind ? axes[strip].hi : axes[strip].lo;
      if (width == 0) continue;
      std::vector<Expr> index(buffer->shape.size()), ranges;
      for (size_t i = 0; i < axes.size(); ++i) {
        // Axes before this one have their strips already: within them only the interior is left.
        const int64_t before = i < strip ? 0 : i == strip ? (behind ? -extent(axes[i]) : axes[i].lo) : axes[i].lo;
        const int64_t count = i == strip ? width : extent(axes[i]) + (i < strip ? 0 : axes[i].lo + axes[i].hi);
        Expr at = constant_int(pool, DType::i64, 0);
        if (count > 1) {
          ranges.push_back(range(pool, count, "i" + std::to_string(i)));
          at = ranges.back();
        }
        index[static_cast<size_t>(axes[i].dim)] = before == 0 ? at : at + static_cast<double>(-before);
      }
      strips.push_back(loops(ranges, store(buffer, index, constant(pool, buffer->dtype, buffer->halo_value))));
    }
  }
  return seq(std::move(strips));
}

}  // namespace tinycc
