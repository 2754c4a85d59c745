// Merging of kernels; see merge.h.
#include "passes/merge.h"

#include <algorithm>
#include <set>

#include "ir/simplify.h"
#include "ir/threads.h"

namespace tinycc {
namespace {

constexpr int64_t kSmallWork = 2000;   // FLOPs of kernels that are merged without a common loop
constexpr int64_t kLocalBytes = 2048;  // of one array on the stack

struct Place {
  bool is_store;
  std::vector<Expr> index;
};

/// Every store to and load from a buffer.
std::vector<Place> places(const StmtRef& body, int64_t buffer) {
  std::vector<Place> found;
  walk(body, [&](const Stmt& s) {
    if (s.kind != StmtKind::store) return;
    if (s.buffer->id == buffer) found.push_back({true, s.index});
    for (Expr l : loads_in(s.value)) {
      if (l->attr.ints[0] == buffer) found.push_back({false, l->sources});
    }
  });
  return found;
}

/// The dimension in which each of these places has exactly `range`; -1: there is none.
int64_t walked_dimension(const std::vector<Place>& all, Expr range) {
  if (all.empty()) return -1;
  for (size_t d = 0; d < all[0].index.size(); ++d) {
    if (std::all_of(all.begin(), all.end(), [&](const Place& p) { return p.index[d] == range; }))
      return static_cast<int64_t>(d);
  }
  return -1;
}

std::set<int64_t> written(const Unit& u) {
  std::set<int64_t> ids;
  for (const Computation* c : u.parts) ids.insert(c->target);
  return ids;
}

bool is_light(const Unit& u) {
  return u.kernel.macs == 0 && !has_threads(u.kernel.body) &&
         std::none_of(u.parts.begin(), u.parts.end(),
                      [](const Computation* c) { return c->ordered || c->fills_halo; });
}

bool is_serial_loop(const StmtRef& s) {
  return s->kind == StmtKind::loop && s->loop == LoopKind::serial;
}

/// Merges the loops at the top of two trees as deep as every shared buffer allows.
StmtRef merge_trees(const StmtRef& a, const StmtRef& b, const std::set<int64_t>& shared,
                    bool& any) {
  if (!is_serial_loop(a) || !is_serial_loop(b) || extent_of(a->range) != extent_of(b->range) || a->range->sources != b->range->sources)
    return seq({a, b});
  const StmtRef moved = substitute(b->body[0], {{b->range, a->range}});
  for (const int64_t id : shared) {
    std::vector<Place> all = places(a->body[0], id);
    const std::vector<Place> behind = places(moved, id);
    if (all.empty() || behind.empty()) continue;
    all.insert(all.end(), behind.begin(), behind.end());
    if (walked_dimension(all, a->range) < 0) return seq({a, b});
  }
  any = true;
  return loop(a->range, merge_trees(a->body[0], moved, shared, any));
}

void append_unique(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& s : from) {
    if (std::find(to.begin(), to.end(), s) == to.end()) to.push_back(s);
  }
}

}  // namespace

std::optional<Unit> merged(const Draft& draft, const Unit& first, const Unit& second) {
  if (first.parts[0]->loop != second.parts[0]->loop || !is_light(first) || !is_light(second))
    return {};
  std::set<int64_t> shared;
  for (const int64_t id : written(first)) {
    if (!places(second.kernel.body, id).empty()) shared.insert(id);
  }
  for (const int64_t id : written(second)) {  // nor may the second overwrite what the first reads
    if (!places(first.kernel.body, id).empty()) return {};
  }
  if (shared.empty()) return {};
  // Apart they may run in place, which saves more memory than merging does unless nothing is left.
  const bool tiny = std::all_of(shared.begin(), shared.end(), [&](int64_t id) {
    return draft.buffers.at(id).bytes() <= kLocalBytes;
  });
  if (draft.target.prefer == Prefer::ram && !tiny) return {};
  bool any = false;
  Unit unit = first;
  unit.kernel.body = merge_trees(first.kernel.body, second.kernel.body, shared, any);
  const bool small = tiny && first.kernel.flops <= kSmallWork && second.kernel.flops <= kSmallWork;
  if (!any && !small) return {};
  unit.parts.insert(unit.parts.end(), second.parts.begin(), second.parts.end());
  Kernel& k = unit.kernel;
  for (const BufferRef& p : second.kernel.parameters) {
    if (std::none_of(k.parameters.begin(), k.parameters.end(),
                     [&](const BufferRef& o) { return o->id == p->id; }))
      k.parameters.push_back(p);
  }
  k.outputs.insert(k.outputs.end(), second.kernel.outputs.begin(), second.kernel.outputs.end());
  for (Expr s : second.kernel.scalars) {
    if (std::find(k.scalars.begin(), k.scalars.end(), s) == k.scalars.end()) k.scalars.push_back(s);
  }
  append_unique(k.nodes, second.kernel.nodes);
  if (!second.kernel.computes.empty()) k.computes = second.kernel.computes;
  if (!second.kernel.schedule.empty())
    k.schedule += (k.schedule.empty() ? "" : " | ") + second.kernel.schedule;
  k.flops += second.kernel.flops;
  k.bytes_read += second.kernel.bytes_read;
  k.bytes_written += second.kernel.bytes_written;
  return unit;
}

namespace {

/// Rewrites a tree so that `buffer` becomes `local`, whose dimensions are those of `kept`.
class Localiser {
 public:
  Localiser(int64_t buffer, BufferRef local, std::vector<size_t> kept)
      : id_(buffer), local_(std::move(local)), kept_(std::move(kept)) {}

  StmtRef rewrite(const StmtRef& s) const {
    Stmt copy = *s;
    for (StmtRef& part : copy.body) part = rewrite(part);
    if (s->kind == StmtKind::store) {
      for (Expr& i : copy.index) i = renewed(i);
      copy.value = renewed(s->value);
      if (s->buffer->id == id_) {
        copy.buffer = local_;
        copy.index = pick(copy.index);
      }
    }
    return std::make_shared<const Stmt>(std::move(copy));
  }

 private:
  std::vector<Expr> pick(const std::vector<Expr>& index) const {
    std::vector<Expr> kept;
    for (const size_t d : kept_) kept.push_back(index[d]);
    return kept;
  }
  Expr renewed(Expr e) const {
    return rewrite_expr(e, [&](Expr n) -> Expr {
      if (!n->is(Op::load) || n->attr.ints[0] != id_) return n;
      return load(*n->pool, *local_, pick(n->sources));
    });
  }

  int64_t id_;
  BufferRef local_;
  std::vector<size_t> kept_;
};

/// What it is, since what the model calls it is more than the part that is kept here.
std::string local_name(const Computation& c) {
  const Expr reduce = reduction_in(c.value);
  if (reduce)
    return reduce->is(Op::reduce_add)   ? "total"
           : reduce->is(Op::reduce_max) ? "most"
                                        : "product_of";
  return "row";
}

/// Loops around everything: "for a { for b { seq } }".
std::vector<Expr> common_loops(StmtRef s) {
  std::vector<Expr> ranges;
  for (; is_serial_loop(s); s = s->body[0]) ranges.push_back(s->range);
  return ranges;
}

/// Puts `first` at the start of the innermost of the loops around everything.
StmtRef inside_loops(const StmtRef& s, size_t depth, const StmtRef& first) {
  if (depth == 0) return seq({first, s});
  return loop(s->range, inside_loops(s->body[0], depth - 1, first), s->loop);
}

/// Arrays of the parts may have been called the same; numbers tell them apart.
StmtRef with_unique_names(const StmtRef& s, std::set<std::string>& taken,
                          std::map<int64_t, BufferRef>& renamed) {
  Stmt copy = *s;
  if (s->kind == StmtKind::alloc) {
    Buffer b = *s->buffer;
    for (int n = 2; !taken.insert(b.name).second; ++n) b.name = s->buffer->name + std::to_string(n);
    renamed[b.id] = std::make_shared<const Buffer>(std::move(b));
  }
  const auto renew = [&](Expr e) {
    return rewrite_expr(e, [&](Expr n) -> Expr {
      const auto found = n->is(Op::load) ? renamed.find(n->attr.ints[0]) : renamed.end();
      return found == renamed.end() ? n : load(*n->pool, *found->second, n->sources);
    });
  };
  if (s->buffer && renamed.count(s->buffer->id) != 0) copy.buffer = renamed.at(s->buffer->id);
  if (s->value) copy.value = renew(s->value);
  for (Expr& i : copy.index) i = renew(i);
  for (StmtRef& part : copy.body) part = with_unique_names(part, taken, renamed);
  return std::make_shared<const Stmt>(std::move(copy));
}

}  // namespace

void shrink_buffers(Draft& draft, Unit& unit, const std::function<bool(int64_t)>& is_private) {
  if (unit.parts.size() < 2) return;
  const std::vector<Expr> loops_around = common_loops(unit.kernel.body);
  for (const Computation* c : unit.parts) {
    const Buffer& b = draft.buffers.at(c->target);
    if (b.space != Space::arena || !is_private(b.id)) continue;
    const std::vector<Place> all = places(unit.kernel.body, b.id);
    std::set<size_t> walked;
    for (Expr r : loops_around) {
      if (const int64_t d = walked_dimension(all, r); d >= 0) walked.insert(static_cast<size_t>(d));
    }
    Buffer local = b;
    local.space = Space::local;
    local.name = local_name(*c);
    local.id = draft.pool->fresh_id();
    local.shape.clear();
    std::vector<size_t> kept;
    for (const Axis& a : b.layout.axes) {  // in the order of memory
      const auto d = static_cast<size_t>(a.dim);
      if (walked.count(d) != 0 || b.shape[d] == 1) continue;
      kept.push_back(d);
      local.shape.push_back(b.shape[d]);
    }
    local.layout = Layout::row_major(kept.size());
    if (local.bytes() > kLocalBytes || b.layout.has_halo()) continue;
    const auto ref = std::make_shared<const Buffer>(local);
    unit.kernel.body = inside_loops(Localiser(b.id, ref, kept).rewrite(unit.kernel.body),
                                    loops_around.size(), alloc(ref));
    std::erase_if(unit.kernel.parameters, [&](const BufferRef& p) { return p->id == b.id; });
    std::erase(unit.kernel.outputs, b.id);
    unit.kernel.bytes_read -= b.bytes();
    unit.kernel.bytes_written -= b.bytes();
    draft.buffers.erase(b.id);
  }
  std::set<std::string> taken;
  std::map<int64_t, BufferRef> renamed;
  for (const BufferRef& p : unit.kernel.parameters) taken.insert(p->name);
  unit.kernel.body = with_unique_names(unit.kernel.body, taken, renamed);
}

}  // namespace tinycc
