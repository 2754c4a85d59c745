// The move that makes a reduction in blocks; see moves.h.
#include <algorithm>

#include "ir/build.h"
#include "passes/moves.h"

namespace tinycc {
namespace {

/// for r, r1, … { alloc c; c = start; for k { … }; target = f(c) }
struct Reduction {
  std::vector<StmtRef> chain;  // the loops around it, outermost first
  StmtRef body;                // the seq
  const Stmt& start() const { return *body->body[1]; }
  const StmtRef& loop() const { return body->body[2]; }
  const Stmt& result() const { return *body->body[3]; }
};

Reduction reduction_within(StmtRef s, Expr k) {
  Reduction found;
  for (; s->kind == StmtKind::loop; s = s->body[0]) found.chain.push_back(s);
  const bool fits = s->kind == StmtKind::seq && s->body.size() == 4 &&
                    s->body[0]->kind == StmtKind::alloc && s->body[1]->kind == StmtKind::store &&
                    s->body[2]->kind == StmtKind::loop && s->body[2]->range == k &&
                    s->body[3]->kind == StmtKind::store && s->body[0]->buffer->shape.empty();
  if (!fits) {
    throw IllegalMove("`" + k->attr.name +
                      "` is not the outermost loop of a reduction that is alone in its loops");
  }
  found.body = s;
  return found;
}

StmtRef around(const std::vector<StmtRef>& chain, StmtRef body) {
  for (size_t i = chain.size(); i-- > 0;) body = loop(chain[i]->range, body, chain[i]->loop);
  return body;
}

StmtRef split(const Reduction& r, Expr k) {
  Pool& pool = *k->pool;
  const Buffer& sum = *r.body->body[0]->buffer;
  Buffer b = sum;
  b.id = pool.fresh_id();
  b.name = "partial";
  b.space = Space::local;
  std::vector<Expr> at;
  for (const StmtRef& s : r.chain) {
    at.push_back(s->range);
    b.shape.push_back(extent_of(s->range));
  }
  b.layout = Layout::row_major(b.shape.size());
  const auto partial = std::make_shared<const Buffer>(std::move(b));
  const Expr now = load(pool, sum, {}), kept = load(pool, *partial, at);
  const auto finished = [&](Expr e) { return substitute(e, {{now, kept}}); };
  std::vector<Expr> index;
  for (Expr i : r.result().index) index.push_back(finished(i));
  const StmtRef turn = seq({r.body->body[0], store(r.start().buffer, {}, kept), r.loop()->body[0],
                            store(partial, at, now)});
  return seq({alloc(partial), around(r.chain, store(partial, at, r.start().value)),
              loop(k, around(r.chain, turn)),
              around(r.chain, store(r.result().buffer, index, finished(r.result().value)))});
}

}  // namespace

StmtRef split_sum(const StmtRef& tree, const std::string& reduced, const std::string& around) {
  const Expr k = must_find(tree, reduced), range = must_find(tree, around);
  return rewrite_stmt(tree, [&](const StmtRef& s) {
    const bool here = s->kind == StmtKind::loop && s->range == range;
    return here ? split(reduction_within(s, k), k) : s;
  });
}

}  // namespace tinycc
