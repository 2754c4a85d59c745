// Layouts, and construction and rewriting of statements; see stmt.h.
#include "ir/stmt.h"

#include <algorithm>
#include <unordered_map>

#include "ir/arith.h"
#include "ir/build.h"
#include "ir/tensor.h"

namespace tinycc {
namespace {

constexpr std::string_view kSpaces[] = {"input", "output", "state",  "weight",
                                        "arena", "local",  "shared", "reg"};
constexpr std::string_view kLoops[] = {"serial", "unroll", "vector", "thread", "group",
                                       "lane",   "matrix", "idiom",  "meet"};

StmtRef make(Stmt stmt) { return std::make_shared<const Stmt>(std::move(stmt)); }

/// Rebuilds the tree with new expressions; `on_range` renews the range of a loop.
StmtRef rebuild(const StmtRef& s, const std::function<Expr(Expr)>& change,
                const std::function<Expr(Expr)>& on_range) {
  Stmt copy = *s;
  if (copy.range) copy.range = on_range(copy.range);
  if (copy.value) copy.value = change(copy.value);
  for (Expr& i : copy.index) i = change(i);
  bool same = copy.range == s->range && copy.value == s->value && copy.index == s->index;
  for (StmtRef& part : copy.body) {
    StmtRef renewed = rebuild(part, change, on_range);
    same &= renewed == part;
    part = std::move(renewed);
  }
  return same ? s : make(std::move(copy));
}

}  // namespace

std::string_view name_of(Space space) { return kSpaces[static_cast<size_t>(space)]; }
std::string_view name_of(LoopKind kind) { return kLoops[static_cast<size_t>(kind)]; }

Layout Layout::row_major(size_t rank) {
  Layout layout;
  for (size_t d = 0; d < rank; ++d) layout.axes.push_back({.dim = static_cast<int64_t>(d)});
  return layout;
}

Layout Layout::of_order(const std::vector<int64_t>& dims) {
  Layout layout;
  for (const int64_t d : dims) layout.axes.push_back({.dim = d});
  return layout;
}

std::vector<int64_t> Layout::extents(const std::vector<int64_t>& shape) const {
  std::vector<int64_t> extents;
  for (const Axis& a : axes) {
    const int64_t whole = (shape[static_cast<size_t>(a.dim)] + a.div - 1) / a.div;
    extents.push_back((a.mod != 0 ? a.mod : whole) + a.lo + a.hi + a.pad);
  }
  return extents;
}

std::vector<int64_t> Layout::place(const std::vector<int64_t>& index) const {
  std::vector<int64_t> placed;
  for (const Axis& a : axes) {
    int64_t i = floor_div(index[static_cast<size_t>(a.dim)], a.div);
    if (a.mod != 0) i = floor_mod(i, a.mod);
    placed.push_back(i + a.lo);
  }
  return placed;
}

std::vector<Expr> Layout::place(const std::vector<Expr>& index) const {
  std::vector<Expr> placed;
  for (const Axis& a : axes) {
    Expr i = index[static_cast<size_t>(a.dim)];
    const auto number = [&i](int64_t value) { return constant_int(*i->pool, i->dtype, value); };
    if (a.div != 1) i = i / number(a.div);
    if (a.mod != 0) i = i % number(a.mod);
    if (a.lo != 0) i = i + number(a.lo);
    placed.push_back(i);
  }
  return placed;
}

bool Layout::has_halo() const {
  return std::any_of(axes.begin(), axes.end(), [](const Axis& a) { return a.lo > 0 || a.hi > 0; });
}

std::pair<int64_t, int64_t> Layout::reach(int64_t dim, int64_t extent) const {
  std::pair<int64_t, int64_t> reach{0, extent};
  for (const Axis& a : axes) {
    if (a.dim != dim || a.mod != 0) continue;
    reach = {std::min(reach.first, -a.lo * a.div), std::max(reach.second, extent + a.hi * a.div)};
  }
  return reach;
}

int64_t Buffer::elements() const { return count_of(layout.extents(shape)); }
int64_t Buffer::bytes() const { return (elements() * bits_of(dtype) + 7) / 8; }

StmtRef seq(std::vector<StmtRef> body) {
  Stmt s;
  for (StmtRef& part : body) {
    if (part->kind == StmtKind::seq) {
      s.body.insert(s.body.end(), part->body.begin(), part->body.end());
    } else {
      s.body.push_back(std::move(part));
    }
  }
  return s.body.size() == 1 ? s.body[0] : make(std::move(s));
}

StmtRef loop(Expr range, StmtRef body, LoopKind kind) {
  TCC_CHECK(range->is(Op::range), "loop: no range");
  Stmt s;
  s.kind = StmtKind::loop;
  s.range = range;
  s.loop = kind;
  s.body = {std::move(body)};
  return make(std::move(s));
}

StmtRef alloc(BufferRef buffer) {
  Stmt s;
  s.kind = StmtKind::alloc;
  s.buffer = std::move(buffer);
  return make(std::move(s));
}

StmtRef store(BufferRef buffer, std::vector<Expr> index, Expr value) {
  TCC_CHECK(index.size() == buffer->shape.size(), "store: one index a dimension");
  TCC_CHECK(value->dtype == buffer->dtype, "store to " + buffer->name + ": other type");
  Stmt s;
  s.kind = StmtKind::store;
  s.buffer = std::move(buffer);
  s.index = std::move(index);
  s.value = value;
  return make(std::move(s));
}

StmtRef barrier(int64_t outstanding) {
  Stmt s;
  s.kind = StmtKind::barrier;
  s.outstanding = outstanding;
  return make(std::move(s));
}

Expr load(Pool& pool, const Buffer& buffer, std::vector<Expr> index) {
  TCC_CHECK(index.size() == buffer.shape.size(), "load: one index a dimension");
  return load(pool, buffer.id, buffer.name, buffer.dtype, std::move(index));
}

StmtRef loops(const std::vector<Expr>& ranges, StmtRef body) {
  for (size_t i = ranges.size(); i-- > 0;) body = loop(ranges[i], std::move(body));
  return body;
}

bool has_loop(const StmtRef& s, LoopKind kind) {
  bool found = false;
  walk(s, [&](const Stmt& part) { found |= part.kind == StmtKind::loop && part.loop == kind; });
  return found;
}

int64_t turns_of(const std::vector<Expr>& ranges) {
  int64_t turns = 1;
  for (Expr r : ranges) turns *= extent_of(r);
  return turns;
}

bool ends_early(const StmtRef& s) {
  bool found = false;
  if (!s) return found;
  walk(s, [&](const Stmt& part) {
    found |= part.kind == StmtKind::loop && !part.range->sources.empty();
  });
  return found;
}

Expr rewrite_expr(Expr e, const std::function<Expr(Expr)>& change) {
  std::unordered_map<Expr, Expr> replaced;
  for (Expr node : topological({e})) {
    std::vector<Expr> sources;
    for (Expr s : node->sources) sources.push_back(replaced.at(s));
    const bool same = sources == node->sources;
    replaced[node] = change(same ? node : node->pool->with_sources(node, std::move(sources)));
  }
  return replaced.at(e);
}

Expr substitute(Expr e, const std::vector<std::pair<Expr, Expr>>& replacements) {
  // Replacements are not searched again, so that i → i + 1 ends: nodes are looked up as they were.
  std::unordered_map<Expr, Expr> replaced(replacements.begin(), replacements.end());
  for (Expr node : topological({e})) {
    if (replaced.contains(node)) continue;
    std::vector<Expr> sources;
    for (Expr s : node->sources) sources.push_back(replaced.at(s));
    const bool same = sources == node->sources;
    replaced.emplace(node, same ? node : node->pool->with_sources(node, std::move(sources)));
  }
  return replaced.at(e);
}

StmtRef substitute(const StmtRef& s, const std::vector<std::pair<Expr, Expr>>& replacements) {
  const auto change = [&](Expr e) { return substitute(e, replacements); };
  const auto on_range = [&](Expr range) {
    const Expr renewed = change(range);
    return renewed->is(Op::range) ? renewed : range;
  };
  return rebuild(s, change, on_range);
}

StmtRef map_exprs(const StmtRef& s, const std::function<Expr(Expr)>& change) {
  return rebuild(s, change, [](Expr range) { return range; });
}

StmtRef with_body(const StmtRef& s, std::vector<StmtRef> body) {
  if (s->kind == StmtKind::seq) return seq(std::move(body));
  Stmt copy = *s;
  copy.body = std::move(body);
  return make(std::move(copy));
}

StmtRef rewrite_stmt(const StmtRef& s, const std::function<StmtRef(const StmtRef&)>& change) {
  if (s->body.empty()) return change(s);
  std::vector<StmtRef> body;
  for (const StmtRef& part : s->body) body.push_back(rewrite_stmt(part, change));
  return change(with_body(s, std::move(body)));
}

void walk(const StmtRef& s, const std::function<void(const Stmt&)>& visit) {
  visit(*s);
  for (const StmtRef& part : s->body) walk(part, visit);
}

}  // namespace tinycc
