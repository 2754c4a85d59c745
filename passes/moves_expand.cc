// Moves that write the turns of a loop one after the other, and keep what they have in common; see
// moves.h.
#include <algorithm>
#include <map>
#include <set>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/moves.h"

namespace tinycc {
namespace {

using Replaced = std::map<Expr, Expr, ById>;

Expr with_sources(Expr e, std::vector<Expr> sources) {
  return sources == e->sources ? e : e->pool->with_sources(e, std::move(sources));
}

/// e with r = value, where conditions choose at once: what they leave out is not looked at.
Expr settled(Expr e, Expr r, Expr value, Replaced& known) {
  if (e == r) return value;
  if (const auto found = known.find(e); found != known.end()) return found->second;
  Expr result;
  if (e->is(Op::where)) {
    const Expr condition = simplify(substitute(e[0], {{r, value}}));
    if (condition->is(Op::constant))
      result = settled(e[integer_of(condition) != 0 ? 1 : 2], r, value, known);
  }
  if (!result) {
    std::vector<Expr> sources;
    for (Expr s : e->sources) sources.push_back(settled(s, r, value, known));
    result = with_sources(e, std::move(sources));
  }
  return known[e] = result;
}

/// Neighbouring loops over one range, each around one store, with what they share in registers.
class Sharing {
 public:
  Sharing(Expr r, const std::vector<StmtRef>& all) : r_(r), all_(all) {
    std::vector<Expr> values;
    for (const StmtRef& s : all) values.push_back(s->body[0]->value);
    for (Expr v : values) ++uses_[v];
    for (Expr n : topological(values)) {
      for (Expr s : n->sources) ++uses_[s];
    }
    certain_ = certain_nodes(values);
  }

  StmtRef build() {
    std::vector<StmtRef> result;
    for (const StmtRef& s : all_) {
      const Stmt& target = *s->body[0];
      for (Expr n : topological({target.value})) {
        if (is_shared(n) && held_.count(n) == 0) hold(n, result);
      }
      result.push_back(
          loop(r_, store(target.buffer, target.index, shortened(target.value)), s->loop));
    }
    return seq(std::move(result));
  }

 private:
  bool is_shared(Expr e) const {
    return is_elementwise(e->op) && e->dtype == DType::f32 && uses_.at(e) > 1 &&
           certain_.count(e) != 0;
  }

  void hold(Expr e, std::vector<StmtRef>& before) {
    Buffer b;
    b.id = e->pool->fresh_id();
    b.name = "s" + std::to_string(held_.size());
    b.dtype = e->dtype;
    b.shape = {extent_of(r_)};
    b.layout = Layout::row_major(1);
    b.space = Space::reg;
    const auto ref = std::make_shared<const Buffer>(std::move(b));
    before.push_back(alloc(ref));
    before.push_back(loop(r_, store(ref, {r_}, shortened(e)), all_[0]->loop));
    held_[e] = load(*e->pool, *ref, {r_});
    short_.clear();
  }

  Expr shortened(Expr e) {
    if (const auto found = held_.find(e); found != held_.end()) return found->second;
    if (const auto found = short_.find(e); found != short_.end()) return found->second;
    std::vector<Expr> sources;
    for (Expr s : e->sources) sources.push_back(shortened(s));
    return short_[e] = with_sources(e, std::move(sources));
  }

  Expr r_;
  const std::vector<StmtRef>& all_;
  std::map<Expr, int, ById> uses_;
  std::set<Expr, ById> certain_;  // computed whatever a condition says
  Replaced held_, short_;         // nodes that have a register; nodes made of those
};

StmtRef turns_of(const Stmt& loop) {
  const Expr r = loop.range;
  std::vector<StmtRef> turns;
  for (int64_t i = 0; i < extent_of(r); ++i) {
    const Expr value = constant_int(*r->pool, DType::i64, i);
    Replaced known;
    turns.push_back(
        map_exprs(loop.body[0], [&](Expr e) { return simplify(settled(e, r, value, known)); }));
  }
  return seq(std::move(turns));
}

}  // namespace

StmtRef expand(const StmtRef& tree, const std::string& name) {
  const Expr r = must_find(tree, name);
  return rewrite_stmt(tree, [&](const StmtRef& s) -> StmtRef {
    return s->kind == StmtKind::loop && s->range == r ? turns_of(*s) : s;
  });
}

StmtRef expand_unrolled(const StmtRef& tree) {
  return rewrite_stmt(tree, [&](const StmtRef& s) -> StmtRef {
    return s->kind == StmtKind::loop && s->loop == LoopKind::unroll ? turns_of(*s) : s;
  });
}

StmtRef share(const StmtRef& tree, const std::string& name) {
  const Expr r = must_find(tree, name);
  return rewrite_stmt(tree, [&](const StmtRef& s) -> StmtRef {
    const bool fits = s->kind == StmtKind::seq &&
                      std::all_of(s->body.begin(), s->body.end(), [&](const StmtRef& part) {
                        return part->kind == StmtKind::loop && part->range == r &&
                               part->body[0]->kind == StmtKind::store;
                      });
    return fits ? Sharing(r, s->body).build() : s;
  });
}

}  // namespace tinycc
