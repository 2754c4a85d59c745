// The move by which the items of a group sum up together; see moves.h.
#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/moves.h"

namespace tinycc {
namespace {

/// seq { alloc c; c = start; for k { c = c op f(k) }; target = g(c) } as a group.
class Meeting {
 public:
  Meeting(const StmtRef& body, Expr k, int64_t items)
      : body_(body), k_(k), items_(items), pool_(*k->pool) {
    Buffer b = *body_->body[0]->buffer;
    b.id = pool_.fresh_id();
    b.name = "part";
    b.space = Space::shared;
    b.shape = {items};
    b.layout = Layout::row_major(1);
    parts_ = std::make_shared<const Buffer>(std::move(b));
  }

  StmtRef build() const {
    std::vector<StmtRef> all{alloc(parts_), own_sums()};
    for (int64_t half = items_ / 2; half > 0; half /= 2) all.push_back(halved(half));
    const StmtRef& result = body_->body[3];
    const Expr whole = binary(combine(), body_->body[1]->value, part(number(0)));
    std::vector<Expr> index;
    for (Expr i : result->index) index.push_back(finished(i, whole));
    all.push_back(loop(range(pool_, 1, "first"),
                       store(result->buffer, index, finished(result->value, whole)),
                       LoopKind::lane));
    return seq(std::move(all));
  }

 private:
  Expr number(int64_t n) const { return constant_int(pool_, DType::i64, n); }
  Op combine() const { return update()->value->op; }
  const StmtRef& update() const { return body_->body[2]->body[0]; }
  Expr part(Expr at) const { return load(pool_, *parts_, {at}); }
  Expr finished(Expr e, Expr whole) const {
    return substitute(e, {{load(pool_, *body_->body[0]->buffer, {}), whole}});
  }

  /// Every so many terms, from the item's own number on.
  StmtRef own_sums() const {
    const Expr l = range(pool_, items_, k_->attr.name + "l");
    const int64_t turns = (extent_of(k_) + items_ - 1) / items_;
    const auto step = static_cast<double>(items_);
    Expr turn = range(pool_, turns, k_->attr.name + "o");
    if (extent_of(k_) % items_ != 0) {
      const Expr end = (number(extent_of(k_) + items_ - 1) - l) / number(items_);
      turn = pool_.make(Op::range, DType::i64, {}, {simplify(end)},
                        {{pool_.fresh_id(), turns}, k_->attr.name + "o"});
    }
    const BufferRef& sum = body_->body[0]->buffer;
    const Expr neutral = neutral_of(combine(), sum->dtype, pool_);
    const StmtRef term = map_exprs(substitute(update(), {{k_, turn * step + l}}),
                                   [](Expr e) { return simplify(e); });
    return loop(l,
                seq({alloc(sum), store(sum, {}, neutral), loop(turn, term),
                     store(parts_, {l}, load(pool_, *sum, {}))}),
                LoopKind::lane);
  }

  StmtRef halved(int64_t half) const {
    const Expr j = range(pool_, half, k_->attr.name + "h"), at = half > 1 ? j : number(0);
    const Expr other = simplify(at + static_cast<double>(half));
    return loop(j, store(parts_, {at}, binary(combine(), part(at), part(other))), LoopKind::lane);
  }

  const StmtRef body_;
  Expr k_;
  const int64_t items_;
  Pool& pool_;
  BufferRef parts_;
};

bool is_reduction_over(const StmtRef& s, Expr k) {
  if (s->kind != StmtKind::seq || s->body.size() != 4) return false;
  const StmtRef &sum = s->body[0], &turns = s->body[2];
  if (sum->kind != StmtKind::alloc || !sum->buffer->shape.empty() ||
      s->body[1]->kind != StmtKind::store || turns->kind != StmtKind::loop || turns->range != k ||
      s->body[3]->kind != StmtKind::store)
    return false;
  const StmtRef& update = turns->body[0];
  return update->kind == StmtKind::store && class_of(update->value->op) == OpClass::binary &&
         update->value[0] == load(*k->pool, *sum->buffer, {});
}

}  // namespace

StmtRef meet(const StmtRef& tree, const std::string& name, int64_t items) {
  const Expr k = must_find(tree, name);
  if (items < 2 || (items & (items - 1)) != 0 || items > extent_of(k) || !k->sources.empty()) {
    throw IllegalMove("`meet " + name + "`: " + std::to_string(items) +
                      " items are no power of two within the loop");
  }
  bool made = false;
  const StmtRef result = rewrite_stmt(tree, [&](const StmtRef& s) {
    if (!is_reduction_over(s, k)) return s;
    made = true;
    return Meeting(s, k, items).build();
  });
  if (!made) throw IllegalMove("`" + name + "` is no reduction's only loop");
  return result;
}

}  // namespace tinycc
