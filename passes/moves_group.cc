// Moves of work-groups: items sum up together; panels are copied a turn ahead. See moves.h.
#include <algorithm>
#include <functional>
#include <map>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/moves.h"

namespace tinycc {
namespace {

constexpr int64_t kWarp = 32;

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
    const bool at_once = items_ >= kWarp && bits_of(parts_->dtype) >= 32;
    if (at_once) all.push_back(met());
    for (int64_t half = items_ / 2; half > 0 && !at_once; half /= 2) all.push_back(halved(half));
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

  /// By all items, in a way that their device knows.
  StmtRef met() const {
    const Expr k = range(pool_, items_ - 1, k_->attr.name + "m");
    return loop(k, store(parts_, {number(0)}, binary(combine(), part(number(0)), part(k + 1.0))),
                LoopKind::meet);
  }

  /// Of elements that are rounded in memory.
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

namespace {

bool fills_shared(const StmtRef& s) {
  StmtRef inner = s;
  while (inner->kind == StmtKind::loop && inner->loop == LoopKind::lane) inner = inner->body[0];
  return inner != s && inner->kind == StmtKind::store && inner->buffer->space == Space::shared;
}

/// for k { copies(k) to p; S(p) }  →  two of each panel, which turns take in turn.
class Ahead {
 public:
  explicit Ahead(const StmtRef& turns) : turns_(turns), k_(turns->range), pool_(*k_->pool) {}

  StmtRef build() {
    const std::vector<StmtRef>& body = turns_->body[0]->body;
    size_t rest = 0;
    std::vector<StmtRef> first, allocs, copies, now;
    for (; rest < body.size(); ++rest) {
      const StmtRef& s = body[rest];
      if (s->kind == StmtKind::alloc && s->buffer->space == Space::shared)
        allocs.push_back(alloc(doubled(s->buffer)));
      else if (fills_shared(s))
        copies.push_back(s);
      else
        break;
    }
    if (copies.empty() || extent_of(k_) < 2)
      throw IllegalMove("`ahead " + k_->attr.name + "`: no panel is copied in more than one turn");
    const Expr next = min(k_ + 1.0, static_cast<double>(extent_of(k_) - 1));
    for (const StmtRef& s : copies) {
      first.push_back(in_slot(renewed(s, {{k_, number(0)}}), number(0)));
      now.push_back(in_slot(renewed(s, {{k_, next}}), (k_ + 1.0) % number(2)));
    }
    now.push_back(barrier(1));
    for (; rest < body.size(); ++rest) now.push_back(in_slot(body[rest], k_ % number(2)));
    now.push_back(barrier(2));
    std::vector<StmtRef> all = allocs;
    all.insert(all.end(), first.begin(), first.end());
    all.push_back(barrier(2));
    all.push_back(loop(k_, seq(std::move(now)), turns_->loop));
    return seq(std::move(all));
  }

 private:
  Expr number(int64_t n) const { return constant_int(pool_, DType::i64, n); }

  BufferRef doubled(const BufferRef& b) {
    Buffer two = *b;
    two.shape.insert(two.shape.begin(), 2);
    for (Axis& a : two.layout.axes) ++a.dim;
    two.layout.axes.insert(two.layout.axes.begin(), {.dim = 0});
    return doubled_[b->id] = std::make_shared<const Buffer>(std::move(two));
  }

  /// Copies, with loops of their own.
  static StmtRef renewed(const StmtRef& s, std::vector<std::pair<Expr, Expr>> with) {
    for (StmtRef l = s; l->kind == StmtKind::loop; l = l->body[0])
      with.emplace_back(l->range, range(*l->range->pool, extent_of(l->range), l->range->attr.name));
    const std::function<StmtRef(const StmtRef&)> around = [&](const StmtRef& l) -> StmtRef {
      if (l->kind != StmtKind::loop) return substitute(l, with);
      const auto own = std::find_if(with.begin(), with.end(),
                                    [&](const auto& w) { return w.first == l->range; });
      return loop(own->second, around(l->body[0]), l->loop);
    };
    return around(s);
  }

  StmtRef in_slot(const StmtRef& s, Expr slot) const {
    const auto loads = [&](Expr e) {
      return simplify(rewrite_expr(e, [&](Expr n) -> Expr {
        if (!n->is(Op::load) || !doubled_.contains(n->attr.ints[0])) return n;
        std::vector<Expr> index = n->sources;
        index.insert(index.begin(), slot);
        return n->pool->make(Op::load, n->dtype, {}, index, n->attr);
      }));
    };
    return rewrite_stmt(map_exprs(s, loads), [&](const StmtRef& part) -> StmtRef {
      if (part->kind != StmtKind::store || !doubled_.contains(part->buffer->id)) return part;
      std::vector<Expr> index = part->index;
      index.insert(index.begin(), simplify(slot));
      return store(doubled_.at(part->buffer->id), index, part->value);
    });
  }

  const StmtRef turns_;
  Expr k_;
  Pool& pool_;
  std::map<int64_t, BufferRef> doubled_;
};

}  // namespace

StmtRef ahead(const StmtRef& tree, const std::string& name) {
  const Expr k = must_find(tree, name);
  return rewrite_stmt(tree, [&](const StmtRef& s) {
    const bool here = s->kind == StmtKind::loop && s->range == k;
    if (here && s->body[0]->kind != StmtKind::seq)
      throw IllegalMove("`ahead " + name + "`: no panel is copied there");
    return here ? Ahead(s).build() : s;
  });
}

}  // namespace tinycc
