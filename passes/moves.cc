// Scheduling moves on the statement tree; see moves.h.
#include "passes/moves.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_set>

#include "ir/build.h"
#include "ir/idiom.h"
#include "ir/simplify.h"
#include "passes/cost.h"

namespace tinycc {
namespace {

Expr named(Expr range, const std::string& name, int64_t extent) {
  return tinycc::range(*range->pool, extent, name);
}

/// Counts the tiles of a loop that may end early: those that begin before its end.
Expr counting_tiles(Expr r, const std::string& name, int64_t tiles, int64_t size) {
  if (r->sources.empty()) return named(r, name, tiles);
  const Expr end = (r[0] + static_cast<double>(size - 1)) / static_cast<double>(size);
  return r->pool->make(Op::range, DType::i64, {}, {simplify(end)},
                       {{r->pool->fresh_id(), tiles}, name});
}

/// The tree with every loop over `range` replaced.
StmtRef replace_loops(const StmtRef& tree, Expr range,
                      const std::function<StmtRef(const StmtRef&)>& change) {
  return rewrite_stmt(tree, [&](const StmtRef& s) {
    return s->kind == StmtKind::loop && s->range == range ? change(s) : s;
  });
}

StmtRef simplified(const StmtRef& s) {
  return map_exprs(s, [](Expr e) { return simplify(e); });
}

/// Does a second execution of an iteration change the result? It does where a store reads what it
/// writes and the buffer outlives the iteration.
bool accumulates(const StmtRef& body) {
  std::unordered_set<int64_t> own;
  bool found = false;
  walk(body, [&](const Stmt& s) {
    if (s.kind == StmtKind::alloc) own.insert(s.buffer->id);
    if (s.kind != StmtKind::store || own.count(s.buffer->id) != 0) return;
    for (Expr n : topological({s.value}))
      found |= n->is(Op::load) && n->attr.ints[0] == s.buffer->id;
  });
  return found;
}

StmtRef first_loop(const StmtRef& s, Expr range) {
  if (s->kind == StmtKind::loop && s->range == range) return s;
  for (const StmtRef& part : s->body) {
    if (StmtRef found = first_loop(part, range)) return found;
  }
  return nullptr;
}

void check_size(Expr range, int64_t size) {
  if (size < 1 || size > extent_of(range)) {
    throw IllegalMove("a tile of " + std::to_string(size) + " does not fit loop `" +
                      range->attr.name + "` of " + std::to_string(extent_of(range)));
  }
}

}  // namespace

Expr find_range(const StmtRef& tree, const std::string& name) {
  Expr found;
  walk(tree, [&](const Stmt& s) {
    if (!found && s.kind == StmtKind::loop && s.range->attr.name == name) found = s.range;
  });
  return found;
}

Expr must_find(const StmtRef& tree, const std::string& name) {
  const Expr range = find_range(tree, name);
  if (!range) throw IllegalMove("there is no loop `" + name + "`");
  return range;
}

StmtRef tile(const StmtRef& tree, const std::string& name, int64_t size) {
  const Expr r = must_find(tree, name);
  check_size(r, size);
  const int64_t extent = extent_of(r), tiles = (extent + size - 1) / size;
  const bool overlaps = extent % size != 0;
  if ((overlaps || !r->sources.empty()) && accumulates(first_loop(tree, r)->body[0])) {
    throw IllegalMove("the last tile of `" + name +
                      "` would recompute what accumulates or is updated in place; "
                      "use a divisor of " +
                      std::to_string(extent) + ", or `tail`");
  }
  const Expr outer = counting_tiles(r, name + "o", tiles, size), inner = named(r, name + "i", size);
  Expr start = outer * static_cast<double>(size);
  if (overlaps) start = min(start, static_cast<double>(extent - size));
  const Expr sum = tiles == 1 ? inner : start + inner;
  return simplified(replace_loops(tree, r, [&](const StmtRef& s) {
    const StmtRef body = loop(inner, substitute(s->body[0], {{r, sum}}));
    return tiles == 1 ? body : loop(outer, body);
  }));
}

StmtRef tail(const StmtRef& tree, const std::string& name, int64_t size) {
  const Expr r = must_find(tree, name);
  check_size(r, size);
  if (!r->sources.empty()) throw IllegalMove("the end of `" + name + "` is known at run time only");
  const int64_t rest = extent_of(r) % size, whole = extent_of(r) - rest;
  if (rest == 0) return tile(tree, name, size);
  const Expr outer = named(r, name + "o", whole / size), inner = named(r, name + "i", size);
  const Expr last = named(r, name + "r", rest);
  const Expr main_index = whole == size ? inner : outer * static_cast<double>(size) + inner;
  const Expr last_index = last + static_cast<double>(whole);
  return simplified(replace_loops(tree, r, [&](const StmtRef& s) {
    StmtRef main = loop(inner, substitute(s->body[0], {{r, main_index}}));
    if (whole != size) main = loop(outer, main);
    return seq({main, loop(last, substitute(s->body[0], {{r, last_index}}))});
  }));
}

namespace {

/// Loops whose computed ends have become constants run to these; kx is called kxm then, or kxl, kxr.
StmtRef with_constant_ends(const StmtRef& tree, const std::string& suffix) {
  return rewrite_stmt(tree, [&](const StmtRef& s) -> StmtRef {
    if (s->kind != StmtKind::loop || s->range->sources.empty()) return s;
    const Expr end = simplify(s->range[0]);
    if (!end->is(Op::constant)) return s;
    const Expr fixed = named(s->range, s->range->attr.name + suffix, integer_of(end));
    return loop(fixed, substitute(s->body[0], {{s->range, fixed}}), s->loop);
  });
}

/// A copy whose registers are its own: what follows may give them another shape.
StmtRef with_own_buffers(const StmtRef& tree, const std::string& suffix, Pool& pool) {
  std::map<int64_t, BufferRef> own;
  walk(tree, [&](const Stmt& s) {
    if (s.kind != StmtKind::alloc) return;
    Buffer copy = *s.buffer;
    copy.id = pool.fresh_id();
    copy.name += "_" + suffix;
    own[s.buffer->id] = std::make_shared<const Buffer>(std::move(copy));
  });
  const auto renewed = [&](Expr e) -> Expr {
    const auto found = e->is(Op::load) ? own.find(e->attr.ints[0]) : own.end();
    return found == own.end() ? e : load(pool, *found->second, e->sources);
  };
  const StmtRef loads = map_exprs(tree, [&](Expr e) { return rewrite_expr(e, renewed); });
  return rewrite_stmt(loads, [&](const StmtRef& s) -> StmtRef {
    if (!s->buffer || own.count(s->buffer->id) == 0) return s;
    const BufferRef& b = own.at(s->buffer->id);
    return s->kind == StmtKind::alloc ? alloc(b) : store(b, s->index, s->value);
  });
}

}  // namespace

StmtRef peel(const StmtRef& tree, const std::string& name, int64_t low, int64_t high) {
  const Expr r = must_find(tree, name);
  const int64_t middle = extent_of(r) - low - high;
  if (middle < 1 || !r->sources.empty())
    throw IllegalMove("loop `" + name + "` has no middle to peel");
  std::vector<std::tuple<std::string, Expr, int64_t>> parts;  // the last: where it begins
  for (const auto& [suffix, begin, extent] :
       {std::tuple{"l", int64_t{0}, low}, {"m", low, middle}, {"r", low + middle, high}}) {
    if (extent > 0) parts.emplace_back(suffix, named(r, name + suffix, extent), begin);
  }
  return simplified(replace_loops(tree, r, [&](const StmtRef& s) {
    std::vector<StmtRef> all;
    for (const auto& [suffix, part, begin] : parts) {
      const Expr x = simplify(part + static_cast<double>(begin));
      const StmtRef body = with_own_buffers(substitute(s->body[0], {{r, x}}), suffix, *r->pool);
      all.push_back(with_constant_ends(loop(part, body), suffix));
    }
    return seq(std::move(all));
  }));
}

StmtRef order(const StmtRef& tree, const std::vector<std::string>& names) {
  std::vector<Expr> wanted;
  for (const std::string& n : names) wanted.push_back(must_find(tree, n));
  // The first chain of perfectly nested loops that has all of them, from the outermost of them on.
  const auto wants = [&](const Stmt& s) {
    return s.kind == StmtKind::loop && std::count(wanted.begin(), wanted.end(), s.range) != 0;
  };
  Expr top, fallback;
  walk(tree, [&](const Stmt& s) {
    if (top || !wants(s)) return;
    if (!fallback) fallback = s.range;
    size_t count = 1;
    for (StmtRef inner = s.body[0]; inner->kind == StmtKind::loop; inner = inner->body[0])
      count += wants(*inner) ? 1 : 0;
    if (count == wanted.size()) top = s.range;
  });
  const bool found_all = bool(top);
  return replace_loops(tree, found_all ? top : fallback, [&](const StmtRef& first) {
    std::vector<StmtRef> chain;
    for (StmtRef s = first; s->kind == StmtKind::loop; s = s->body[0]) chain.push_back(s);
    std::vector<StmtRef> sorted;
    for (Expr r : wanted) {
      const auto found =
          std::find_if(chain.begin(), chain.end(), [&](const StmtRef& s) { return s->range == r; });
      if (found == chain.end() && found_all) return first;  // another nest over the same range
      if (found == chain.end())
        throw IllegalMove("loop `" + r->attr.name + "` is not perfectly nested in the others");
      sorted.push_back(*found);
    }
    size_t next = 0;
    for (StmtRef& s : chain) {
      if (std::count(wanted.begin(), wanted.end(), s->range) != 0) s = sorted[next++];
    }
    StmtRef body = chain.back()->body[0];
    for (StmtRef s = first; s->kind == StmtKind::loop; s = s->body[0]) body = s->body[0];
    for (size_t i = chain.size(); i-- > 0;) body = with_body(chain[i], {body});
    return body;
  });
}

namespace {

/// Buffers with one more leading dimension for each of `ranges`, indexed by them.
class Expander {
 public:
  Expander(const std::vector<StmtRef>& chain, bool holds) : chain_(chain), holds_(holds) {
    for (const StmtRef& s : chain) ranges_.push_back(s->range);
  }

  StmtRef distribute(const StmtRef& s) {
    const bool whole =
        s->kind == StmtKind::loop && (s->loop == LoopKind::vector || s->loop == LoopKind::idiom);
    if (whole) return nested(ranges_, with_body(s, {renewed(*s->body[0])}));
    switch (s->kind) {
      case StmtKind::seq:
      case StmtKind::loop: {
        std::vector<StmtRef> body;
        for (const StmtRef& part : s->body) body.push_back(distribute(part));
        return with_body(s, std::move(body));
      }
      case StmtKind::alloc: return alloc(expanded(s->buffer));
      case StmtKind::barrier: return s;
      case StmtKind::store: break;
    }
    const StmtRef now = renewed(*s);
    Expr value = now->value;
    std::vector<StmtRef> all;
    const bool own = grown_.count(s->buffer->id) != 0,
               bytes = byte_product(added_to(*s)).has_value();
    if (holds_ && own && !bytes && class_of(value->op) == OpClass::binary)
      all = hold_operands(value);
    all.push_back(nested(ranges_, store(now->buffer, now->index, value)));
    return seq(std::move(all));
  }

 private:
  /// Loops of the tile, those over `ranges`, around a statement.
  StmtRef nested(const std::vector<Expr>& ranges, StmtRef body) const {
    for (size_t i = chain_.size(); i-- > 0;) {
      if (std::find(ranges.begin(), ranges.end(), ranges_[i]) != ranges.end())
        body = with_body(chain_[i], {body});
    }
    return body;
  }

  /// The tile's ranges that occur in e.
  std::vector<Expr> ranges_in(Expr e) const {
    const std::vector<Expr> all = topological({e});
    std::vector<Expr> found;
    std::copy_if(ranges_.begin(), ranges_.end(), std::back_inserter(found),
                 [&](Expr r) { return std::find(all.begin(), all.end(), r) != all.end(); });
    return found;
  }

  /// What is loaded whatever a condition says; bytes as the floats that they become.
  static std::vector<Expr> certain_loads(Expr e) {
    std::vector<Expr> found, bytes;
    for (Expr n : certain_nodes({e})) {
      const Expr byte = widened_byte(n);
      if (byte) bytes.push_back(byte);
      if (byte || n->is(Op::load)) found.push_back(n);
    }
    std::erase_if(found, [&](Expr n) { return std::ranges::count(bytes, n) != 0; });
    return found;
  }

  /// Operands along the innermost range that several rows of the tile use are read once:
  ///   for x for j { c[x,j] += a[x] * b[j] } → for j { w[j] = b[j] }; for x for j { c += a[x] * w[j] }
  std::vector<StmtRef> hold_operands(Expr& value) {
    std::vector<StmtRef> all;
    for (Expr l : certain_loads(value[1])) {
      const std::vector<Expr> ranges = ranges_in(l);
      const bool reused = std::any_of(ranges_.begin(), ranges_.end(), [&](Expr r) {
        return extent_of(r) > 1 && std::find(ranges.begin(), ranges.end(), r) == ranges.end();
      });
      if (!reused || ranges.empty() || ranges.back() != ranges_.back()) continue;
      Buffer held;
      held.id = l->pool->fresh_id();
      held.name = all.empty() ? "held" : "held_" + std::to_string(all.size() / 2);
      held.dtype = l->dtype;
      held.space = Space::reg;
      for (Expr r : ranges) held.shape.push_back(extent_of(r));
      held.layout = Layout::row_major(held.shape.size());
      const auto ref = std::make_shared<const Buffer>(std::move(held));
      all.insert(all.end(), {alloc(ref), nested(ranges, store(ref, ranges, l))});
      value = substitute(value, {{l, load(*l->pool, *ref, ranges)}});
    }
    return all;
  }

  BufferRef expanded(const BufferRef& b) {
    Buffer copy = *b;
    std::vector<int64_t> lead;
    for (Expr r : ranges_) lead.push_back(extent_of(r));
    copy.shape.insert(copy.shape.begin(), lead.begin(), lead.end());
    copy.layout = Layout::row_major(copy.shape.size());
    return grown_[b->id] = std::make_shared<const Buffer>(std::move(copy));
  }

  std::vector<Expr> with_ranges(std::vector<Expr> index) const {
    index.insert(index.begin(), ranges_.begin(), ranges_.end());
    return index;
  }

  /// A store, of and to the buffers as they are now.
  StmtRef renewed(const Stmt& s) {
    const auto found = grown_.find(s.buffer->id);
    const bool own = found != grown_.end();
    std::vector<Expr> index = own ? with_ranges(s.index) : s.index;
    for (Expr& i : index) i = renewed(i);
    return store(own ? found->second : s.buffer, index, renewed(s.value));
  }

  Expr renewed(Expr e) {
    return rewrite_expr(e, [&](Expr n) -> Expr {
      if (!n->is(Op::load) || grown_.count(n->attr.ints[0]) == 0) return n;
      return n->pool->make(Op::load, n->dtype, {}, with_ranges(n->sources), n->attr);
    });
  }

  std::vector<StmtRef> chain_;
  const bool holds_;
  std::vector<Expr> ranges_;
  std::map<int64_t, BufferRef> grown_;
};

}  // namespace

StmtRef into_registers(const StmtRef& tree, const std::vector<std::string>& names, bool holds) {
  const Expr top = must_find(tree, names.at(0));
  return replace_loops(tree, top, [&](const StmtRef& first) {
    std::vector<StmtRef> chain;
    StmtRef s = first;
    for (const std::string& n : names) {
      if (s->kind != StmtKind::loop || s->range->attr.name != n) {
        throw IllegalMove("`" + n +
                          "` is not the next loop: the loops of a register tile nest perfectly");
      }
      chain.push_back(s);
      s = s->body[0];
    }
    return Expander(chain, holds).distribute(s);
  });
}

}  // namespace tinycc
