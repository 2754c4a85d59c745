// Merging of kernels; see merge.h.
#include "passes/merge.h"

#include <algorithm>
#include <set>

#include "ir/affine.h"
#include "ir/build.h"
#include "ir/simplify.h"
#include "ir/threads.h"
#include "passes/layout.h"

namespace tinycc {
namespace {

constexpr int64_t kSmallWork = 2000;   // FLOPs of kernels that are merged without a common loop
constexpr int64_t kLocalBytes = 2048;  // of one array on the stack, where memory matters

/// Of one array on the stack: rows stay in the nearest cache, beside what they are made of.
int64_t local_bytes(const Target& target) {
  return target.prefer == Prefer::speed ? std::max(kLocalBytes, target.l1_bytes / 4) : kLocalBytes;
}

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

/// What places have in common in one dimension: i = base + rest, where base is the same sum over the
/// loops around all of them.
struct Span {
  Affine base;
  Interval rest{Interval::kFar, -Interval::kFar};  // of all of them
};

/// i as base + rest.
std::pair<Affine, Affine> split_index(Expr i, const std::vector<Expr>& around) {
  Affine rest = affine(i), base;
  for (const auto& t : rest.terms) {
    if (std::find(around.begin(), around.end(), t.first) != around.end()) base.terms.push_back(t);
  }
  std::erase_if(rest.terms, [&](const auto& t) { return base.coefficient(t.first) != 0; });
  return {base, rest};
}

/// Nothing where the places differ in what the loops around them add.
std::optional<Span> span_of(const std::vector<Place>& all, size_t d,
                            const std::vector<Expr>& around) {
  Span span;
  Bounds bounds;
  for (const Place& p : all) {
    const auto [base, rest] = split_index(p.index[d], around);
    if (&p != &all[0] && base.terms != span.base.terms) return {};
    const Interval in = bounds_of(rest, bounds);
    span = {base, {std::min(span.rest.low, in.low), std::max(span.rest.high, in.high)}};
  }
  return span;
}

/// Does each turn of the innermost loop in `around` keep to elements of its own? It does where in
/// some dimension i = base + factor * r + rest, 0 <= rest < factor.
bool keeps_apart(const std::vector<Place>& all, const std::vector<Expr>& around) {
  for (size_t d = 0; d < all[0].index.size(); ++d) {
    const std::optional<Span> span = span_of(all, d, around);
    const int64_t factor = span ? span->base.coefficient(around.back()) : 0;
    if (factor > 0 && span->rest.low >= 0 && span->rest.high < factor) return true;
  }
  return false;
}

/// Does it read the buffer, or write it? Of a device only reading counts: kernels that write parts of
/// one buffer keep apart, or are not shared among work-items and so not merged.
bool touches(const Unit& u, int64_t buffer, bool reads_only) {
  const std::vector<Place> all = places(u.kernel.body, buffer);
  return std::any_of(all.begin(), all.end(),
                     [&](const Place& p) { return !p.is_store || !reads_only; });
}

std::set<int64_t> written(const Unit& u) {
  std::set<int64_t> ids;
  for (const Computation* c : u.parts) ids.insert(c->target);
  return ids;
}

int64_t small_work(const Target& target) {
  return target.is_device() ? kSmallOnDevice : kSmallWork;
}

bool is_light(const Unit& u, const Target& target) {
  const int64_t macs = target.is_device() ? kSmallOnDevice / 2 : 0;
  return u.kernel.macs <= macs && !has_threads(u.kernel.body) &&
         std::none_of(u.parts.begin(), u.parts.end(), [&](const Computation* c) {
           return c->ordered || (c->fills_halo && !target.is_device());
         });
}

bool is_serial_loop(const StmtRef& s) {
  return s->kind == StmtKind::loop && s->loop == LoopKind::serial;
}

/// for r { S(r) } → for ro { for ri { S(ro * size + ri) } } with `turns` of ro, where that divides.
StmtRef split_loop(const StmtRef& s, int64_t turns) {
  const int64_t size = extent_of(s->range) / turns;
  if (size <= 1 || extent_of(s->range) % turns != 0 || !s->range->sources.empty()) return s;
  Pool& pool = *s->range->pool;
  const Expr outer = range(pool, turns, s->range->attr.name + "o"),
             inner = range(pool, size, s->range->attr.name + "i");
  const Expr sum = outer * static_cast<double>(size) + inner;
  return loop(outer, loop(inner, map_exprs(substitute(s->body[0], {{s->range, sum}}),
                                           [](Expr e) { return simplify(e); })));
}

/// Merges the loops at the top of two trees as deep as every shared buffer allows, `levels` at most; a
/// loop that is the other's next loops in one is split to match. `around` holds the loops merged so
/// far.
StmtRef merge_trees(const StmtRef& a, const StmtRef& b, const std::set<int64_t>& shared,
                    size_t levels, std::vector<Expr>& around) {
  if (around.size() == levels || !is_serial_loop(a) || !is_serial_loop(b)) return seq({a, b});
  const StmtRef first = split_loop(a, extent_of(b->range)),
                second = split_loop(b, extent_of(a->range));
  if (extent_of(first->range) != extent_of(second->range) ||
      first->range->sources != second->range->sources)
    return seq({a, b});
  const StmtRef moved = substitute(second->body[0], {{second->range, first->range}});
  around.push_back(first->range);
  for (const int64_t id : shared) {
    std::vector<Place> all = places(first->body[0], id);
    const std::vector<Place> behind = places(moved, id);
    if (all.empty() || behind.empty()) continue;
    all.insert(all.end(), behind.begin(), behind.end());
    if (keeps_apart(all, around)) continue;
    around.pop_back();
    return seq({a, b});
  }
  return loop(first->range, merge_trees(first->body[0], moved, shared, levels, around));
}

/// What a kernel does before its loops: it fills a frame, for which nothing is read.
std::pair<StmtRef, StmtRef> fills_and_rest(const Unit& u) {
  const StmtRef& body = u.kernel.body;
  if (!u.parts[0]->fills_halo || body->kind != StmtKind::seq) return {seq({}), body};
  return {seq({body->body.begin(), body->body.end() - 1}), body->body.back()};
}

/// How many loops a kernel may share: all, or those over the blocks of a chain.
size_t levels_of(const Unit& u) {
  if (u.parts[0]->chain < 0) return SIZE_MAX;
  return u.parts[0]->outermost.size();
}

void append_unique(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& s : from) {
    if (std::find(to.begin(), to.end(), s) == to.end()) to.push_back(s);
  }
}

}  // namespace

void add_parts(Unit& unit, const Unit& second) {
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
  k.macs += second.kernel.macs;
  k.bytes_read += second.kernel.bytes_read;
  k.bytes_written += second.kernel.bytes_written;
  k.cost += second.kernel.cost;
}

std::optional<Unit> merged(const Draft& draft, const Unit& first, const Unit& second) {
  if (has_groups(first.kernel.body)) return merged_groups(draft, first, second);
  const int64_t chain = first.parts[0]->chain;
  const bool fits = chain >= 0 || (is_light(first, draft.target) && is_light(second, draft.target));
  if (first.parts.size() + second.parts.size() > kMostParts) return {};
  if (first.parts[0]->loop != second.parts[0]->loop || chain != second.parts[0]->chain || !fits)
    return {};
  std::set<int64_t> shared;
  const bool device = draft.target.is_device();
  for (const int64_t id : written(first)) {
    if (touches(second, id, device)) shared.insert(id);
  }
  for (const int64_t id : written(second)) {  // nor may the second overwrite what the first reads
    if (touches(first, id, device)) return {};
  }
  const bool apart = shared.empty() && device;
  if (shared.empty() && !apart) return {};
  // Apart they may run in place, which saves more memory than merging does unless nothing is left.
  const bool tiny = std::all_of(shared.begin(), shared.end(), [&](int64_t id) {
    return draft.buffers.at(id).bytes() <= kLocalBytes;
  });
  if (draft.target.prefer == Prefer::ram && !tiny) return {};
  std::vector<Expr> around;
  Unit unit = first;
  const auto [front, rest] = fills_and_rest(second);
  const size_t levels = apart ? 0 : levels_of(first);
  unit.kernel.body = seq({front, merge_trees(first.kernel.body, rest, shared, levels, around)});
  const bool small =
      tiny && std::max(first.kernel.flops, second.kernel.flops) <= small_work(draft.target);
  if (around.empty() && !small && !apart) return {};
  add_parts(unit, second);
  return unit;
}

namespace {

/// A dimension of a buffer that its local counterpart keeps, with or without what the loops around
/// add to the index.
struct Kept {
  size_t dim;
  bool walked;
};

/// Rewrites a tree so that `buffer` becomes `local`, whose dimensions are those of `kept`.
class Localiser {
 public:
  Localiser(int64_t buffer, BufferRef local, std::vector<Kept> kept, std::vector<Expr> around)
      : id_(buffer), local_(std::move(local)), kept_(std::move(kept)), around_(std::move(around)) {}

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
    for (const auto& [d, walked] : kept_)
      kept.push_back(walked ? sum_of(*index[d]->pool, split_index(index[d], around_).second)
                            : index[d]);
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
  std::vector<Kept> kept_;
  std::vector<Expr> around_;
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

/// Which statement of a chain's kernel a buffer belongs to; nothing where several touch it.
std::optional<size_t> home_of(const std::vector<StmtRef>& all, int64_t buffer) {
  std::optional<size_t> home;
  for (size_t i = 0; i < all.size(); ++i) {
    if (places(all[i], buffer).empty()) continue;
    if (home) return {};
    home = i;
  }
  return home;
}

/// Loops around everything, "for a { for b { seq } }".
std::vector<Expr> common_loops(StmtRef s) {
  std::vector<Expr> ranges;
  if (has_groups(s)) return nest_of(s, LoopKind::group).ranges;
  for (; is_serial_loop(s); s = s->body[0]) ranges.push_back(s->range);
  return ranges;
}

/// Puts `first` at the start of the innermost of those loops.
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

/// What one turn of the loops around needs of a buffer, and which of its dimensions are left.
Buffer part_of(const Buffer& b, const std::vector<Place>& all, const std::vector<Expr>& around,
               std::vector<Kept>& kept) {
  Buffer part = b;
  part.shape.clear();
  for (const Axis& a : b.layout.axes) {  // in the order of memory
    const auto d = static_cast<size_t>(a.dim);
    const std::optional<Span> span = span_of(all, d, around);
    const bool walked = span && !span->base.terms.empty() && span->rest.low >= 0;
    const int64_t extent = walked ? span->rest.high + 1 : b.shape[d];
    if (extent == 1) continue;
    kept.push_back({d, walked});
    part.shape.push_back(extent);
  }
  part.layout = Layout::row_major(kept.size());
  return part;
}

/// Buffer `old` of a unit is an array of the kernel now, or where it is too large for that a smaller
/// buffer.
void replace_buffer(Draft& draft, Unit& unit, int64_t old, const BufferRef& part) {
  Kernel& k = unit.kernel;
  const int64_t bytes = draft.buffers.at(old).bytes();
  draft.buffers.erase(old);
  k.bytes_read -= bytes;
  k.bytes_written -= bytes;
  if (part->space != Space::arena) {
    std::erase_if(k.parameters, [&](const BufferRef& p) { return p->id == old; });
    std::erase(k.outputs, old);
    return;
  }
  draft.buffers[part->id] = *part;
  for (BufferRef& p : k.parameters) {
    if (p->id == old) p = part;
  }
  std::replace(k.outputs.begin(), k.outputs.end(), old, part->id);
}

}  // namespace

void shrink_buffers(Draft& draft, Unit& unit, const std::function<bool(int64_t)>& is_private) {
  if (unit.parts.size() < 2) return;
  const bool chain = unit.parts[0]->chain >= 0,
             blocks = chain && draft.target.shares_blocks() && !unit.parts[0]->by_items,
             groups = has_groups(unit.kernel.body) || blocks;
  int64_t room = draft.target.shared_bytes - shared_bytes(unit.kernel.body);
  StmtRef& body = unit.kernel.body;
  for (const Computation* c : unit.parts) {
    if (draft.buffers.count(c->target) == 0) continue;  // another part of it was first
    const Buffer& b = draft.buffers.at(c->target);
    if (b.space != Space::arena || b.layout.has_halo() || !is_private(b.id)) continue;
    std::vector<Kept> kept;
    std::vector<StmtRef> all =
        chain && body->kind == StmtKind::seq ? body->body : std::vector{body};
    const std::optional<size_t> home = home_of(all, b.id);
    if (!home) continue;
    const std::vector<Expr> around = common_loops(all[*home]);
    Buffer part = part_of(b, places(body, b.id), around, kept);
    const int64_t share = blocks ? draft.target.shared_bytes : draft.target.shared_bytes / 4,
                  most = groups ? std::min(share, room) : local_bytes(draft.target);
    const bool local = part.bytes() <= most;
    room -= local ? part.bytes() : 0;
    if (!local && c->chain < 0) continue;
    part.id = draft.pool->fresh_id();
    if (local) {
      part.space = groups ? Space::shared : Space::local;
      part.name = local_name(*c);
    } else {
      spread_streams(part);
    }
    const auto ref = std::make_shared<const Buffer>(part);
    all[*home] = Localiser(b.id, ref, kept, around).rewrite(all[*home]);
    if (local) all[*home] = inside_loops(all[*home], around.size(), alloc(ref));
    body = seq(all);
    replace_buffer(draft, unit, b.id, ref);
  }
  std::set<std::string> taken;
  std::map<int64_t, BufferRef> renamed;
  for (const BufferRef& p : unit.kernel.parameters) taken.insert(p->name);
  body = with_unique_names(body, taken, renamed);
}

}  // namespace tinycc
