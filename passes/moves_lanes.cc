// Moves that mark loops, and the one that sums side by side; see moves.h. Also the reader of
// schedules as text.
#include <algorithm>
#include <sstream>
#include <unordered_set>

#include "ir/build.h"
#include "ir/idiom.h"
#include "ir/simplify.h"
#include "ir/threads.h"
#include "passes/moves.h"

namespace tinycc {
namespace {

/// The store at the end of a chain of loops that holds one over `r`; null otherwise.
StmtRef end_of_chain(StmtRef s, Expr r) {
  bool holds = false;
  for (; s->kind == StmtKind::loop; s = s->body[0]) holds |= s->range == r;
  return holds && s->kind == StmtKind::store ? s : nullptr;
}

/// The sums of one accumulation, side by side.
class Lanes {
 public:
  Lanes(const StmtRef& chain, const StmtRef& update, Expr r, int64_t vectors, int64_t width)
      : chain_(chain), update_(update), r_(r), vectors_(vectors), width_(width), pool_(*r->pool) {
    const Expr value = update->value;
    old_ = load(pool_, *update->buffer, update->index);
    if (class_of(value->op) != OpClass::binary || value[0] != old_) {
      throw IllegalMove("`" + r->attr.name + "` is no loop of a reduction");
    }
    Buffer b = *update->buffer;
    b.id = pool_.fresh_id();
    b.name += "_part";
    if (vectors > 1) b.shape.push_back(vectors);
    b.shape.push_back(width);
    b.layout = Layout::row_major(b.shape.size());
    parts_ = std::make_shared<const Buffer>(std::move(b));
  }

  StmtRef build() {
    const Op combine = update_->value->op;
    const int64_t count = vectors_ * width_;
    const bool all = extent_of(r_) == count && r_->sources.empty();
    const Expr outer = whole_turns(count);
    const Lane start = lane("l"), turn = lane("i");
    const Expr inner = vectors_ > 1 ? turn[0] * static_cast<double>(width_) + turn[1] : turn[0];
    const Expr term = substitute(update_->value[1],
                                 {{r_, all ? inner : outer * static_cast<double>(count) + inner}});
    const StmtRef add = loops(turn, store(parts_, at(turn), binary(combine, part(turn), term)));
    const StmtRef clear =
        around(loops(start, store(parts_, at(start), neutral_of(combine, parts_->dtype, pool_))));
    const StmtRef turns =
        seq({alloc(parts_), clear, without_r(chain_, all ? add : loop(outer, add)),
             around(seq({first_of_vectors(combine), sum_of_lanes(combine)}))});
    return r_->sources.empty() ? turns : seq({turns, rest(count)});
  }

 private:
  /// Turns of `count` terms each, as many as are whole.
  Expr whole_turns(int64_t count) const {
    if (r_->sources.empty()) return range(pool_, extent_of(r_) / count, r_->attr.name + "o");
    return pool_.make(Op::range, DType::i64, {}, {simplify(r_[0] / static_cast<double>(count))},
                      {{pool_.fresh_id(), extent_of(r_) / count}, r_->attr.name + "o"});
  }
  /// The terms behind them, one by one.
  StmtRef rest(int64_t count) const {
    const auto size = static_cast<double>(count);
    const Expr last = pool_.make(Op::range, DType::i64, {}, {simplify(r_[0] % size)},
                                 {{pool_.fresh_id(), count}, r_->attr.name + "r"});
    return without_r(chain_, loop(last, substitute(update_, {{r_, r_[0] / size * size + last}})));
  }

  using Lane = std::vector<Expr>;  // the vector, if there are several, and the lane

  Expr number(int64_t n) const { return constant_int(pool_, DType::i64, n); }

  /// All vectors combined into the first, as a tree.
  StmtRef first_of_vectors(Op combine) const {
    if (vectors_ == 1) return seq({});
    const Expr l = range(pool_, width_, r_->attr.name + "s");
    std::vector<Expr> terms;
    for (int64_t v = 0; v < vectors_; ++v) terms.push_back(part({number(v), l}));
    return loop(l, store(parts_, at({number(0), l}), combined(combine, terms)), LoopKind::vector);
  }
  /// The lanes of the first vector combined, as a tree.
  StmtRef sum_of_lanes(Op combine) const {
    std::vector<Expr> terms;
    for (int64_t l = 0; l < width_; ++l)
      terms.push_back(part(vectors_ > 1 ? Lane{number(0), number(l)} : Lane{number(l)}));
    return store(update_->buffer, update_->index, binary(combine, old_, combined(combine, terms)));
  }
  Lane lane(const std::string& suffix) const {
    const std::string name = r_->attr.name + suffix;
    if (vectors_ == 1) return {range(pool_, width_, name)};
    return {range(pool_, vectors_, name + "o"), range(pool_, width_, name)};
  }
  std::vector<Expr> at(const Lane& lane) const {
    std::vector<Expr> index = update_->index;
    index.insert(index.end(), lane.begin(), lane.end());
    return index;
  }
  Expr part(const Lane& lane) const { return load(pool_, *parts_, at(lane)); }

  /// The loops of the chain over sums of their own, around `s`.
  StmtRef around(StmtRef s) const {
    const std::vector<Expr> used = topological(update_->index);
    std::vector<Expr> own;
    for (StmtRef c = chain_; c->kind == StmtKind::loop; c = c->body[0]) {
      if (std::find(used.begin(), used.end(), c->range) != used.end()) own.push_back(c->range);
    }
    return loops(own, std::move(s));
  }

  /// The chain without the loop over r, around another innermost statement.
  StmtRef without_r(const StmtRef& s, const StmtRef& innermost) const {
    if (s->kind == StmtKind::store) return innermost;
    const StmtRef body = without_r(s->body[0], innermost);
    return s->range == r_ ? body : with_body(s, {body});
  }

  StmtRef chain_, update_;
  Expr r_, old_;
  int64_t vectors_, width_;
  Pool& pool_;
  BufferRef parts_;
};

/// Nothing but stores, or an idiom of each, may lie within a loop whose iterations run side by side.
void check_innermost(const StmtRef& s) {
  const StmtRef& body = s->body[0];
  const bool idiom = body->kind == StmtKind::loop && body->loop == LoopKind::idiom;
  if (body->kind != StmtKind::store && !idiom) {
    throw IllegalMove("loop `" + s->range->attr.name +
                      "` is not innermost: it cannot become a vector");
  }
}

/// An element that all iterations write must not be written side by side.
void check_parallel(const StmtRef& s) {
  std::unordered_set<int64_t> own;
  walk(s->body[0], [&](const Stmt& inner) {
    if (inner.kind == StmtKind::alloc) own.insert(inner.buffer->id);
    if (inner.kind != StmtKind::store || own.count(inner.buffer->id) != 0) return;
    const std::vector<Expr> reached = topological(inner.index);
    if (std::find(reached.begin(), reached.end(), s->range) != reached.end()) return;
    throw IllegalMove("the iterations of `" + s->range->attr.name + "` share what they write");
  });
}

int64_t whole_number(const std::string& word, const std::string& move) {
  if (word.empty() || word.size() > 9 ||
      !std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    throw IllegalMove("`" + move + "`: `" + word + "` is no number");
  }
  return std::stoll(word);
}

using Words = std::vector<std::string>;

struct MoveRow {
  const char* name;
  size_t least, most;  // words after the name
  StmtRef (*make)(const StmtRef&, const Words&, const std::string& text);
};

Words rest(const Words& w) { return {w.begin() + 1, w.end()}; }
template <LoopKind kind>
StmtRef mark_all(const StmtRef& t, const Words& w, const std::string&) {
  StmtRef tree = t;
  for (const std::string& name : rest(w)) tree = mark(tree, name, kind);
  return tree;
}

constexpr MoveRow kMoves[] = {
    {"tile", 2, 2,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       return tile(t, w[1], whole_number(w[2], m));
     }},
    {"tail", 2, 2,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       return tail(t, w[1], whole_number(w[2], m));
     }},
    {"peel", 3, 3,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       return peel(t, w[1], whole_number(w[2], m), whole_number(w[3], m));
     }},
    {"order", 2, 16,
     [](const StmtRef& t, const Words& w, const std::string&) { return order(t, rest(w)); }},
    {"register", 1, 16,
     [](const StmtRef& t, const Words& w, const std::string&) {
       return into_registers(t, rest(w));
     }},
    {"spread", 1, 16,
     [](const StmtRef& t, const Words& w, const std::string&) {
       return into_registers(t, rest(w), false);
     }},
    {"hold", 2, 16,
     [](const StmtRef& t, const Words& w, const std::string&) {
       return hold(t, w[1], {w.begin() + 2, w.end()});
     }},
    {"local", 4, 32,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       const auto by = std::find(w.begin(), w.end(), "by");
       if (by == w.end() || by - w.begin() < 3) throw IllegalMove("`" + m + "`: by what?");
       return stage_shared(t, w[1], {w.begin() + 2, by}, {by + 1, w.end()});
     }},
    {"ahead", 1, 1,
     [](const StmtRef& t, const Words& w, const std::string&) { return ahead(t, w[1]); }},
    {"meet", 2, 2,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       return meet(t, w[1], whole_number(w[2], m));
     }},
    {"split_sum", 2, 2,
     [](const StmtRef& t, const Words& w, const std::string&) { return split_sum(t, w[1], w[2]); }},
    {"lanes", 3, 3,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       return lanes(t, w[1], whole_number(w[2], m), whole_number(w[3], m));
     }},
    {"vectorize", 2, 2,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       return vectorize(t, w[1], whole_number(w[2], m));
     }},
    {"expand", 1, 1,
     [](const StmtRef& t, const Words& w, const std::string&) { return expand(t, w[1]); }},
    {"share", 1, 1,
     [](const StmtRef& t, const Words& w, const std::string&) { return share(t, w[1]); }},
    {"stage", 2, 16,
     [](const StmtRef& t, const Words& w, const std::string&) {
       return stage(t, w[1], {w.begin() + 2, w.end()});
     }},
    {"flatten", 2, 2,
     [](const StmtRef& t, const Words& w, const std::string&) { return flatten(t, w[1], w[2]); }},
    {"unroll", 1, 16, mark_all<LoopKind::unroll>},
    {"thread", 1, 2, mark_all<LoopKind::thread>},
    {"lane", 1, 4, mark_all<LoopKind::lane>},
    {"matrix", 3, 3, mark_all<LoopKind::matrix>},
    {"group", 1, 8,
     [](const StmtRef& t, const Words& w, const std::string& m) {
       const StmtRef tree = with_barriers(mark_all<LoopKind::group>(t, w, m));
       const std::string why = thread_conflict(tree);
       if (!why.empty()) throw IllegalMove("`" + m + "`: " + why);
       return tree;
     }},
    {"scale", 1, 1,
     [](const StmtRef& t, const Words& w, const std::string&) { return scale(t, w[1]); }},
    {"start", 1, 1,
     [](const StmtRef& t, const Words& w, const std::string&) { return start(t, w[1]); }},
    {"madd", 1, 1,
     [](const StmtRef& t, const Words& w, const std::string&) { return madd(t, w[1]); }},
    {"dot", 1, 1,
     [](const StmtRef& t, const Words& w, const std::string&) { return dot(t, w[1]); }},
};

StmtRef apply_move(const StmtRef& tree, const std::string& text) {
  std::istringstream in(text);
  Words words;
  for (std::string w; in >> w;) words.push_back(w);
  if (words.empty()) return tree;
  for (const MoveRow& row : kMoves) {
    if (words[0] != row.name) continue;
    if (words.size() - 1 < row.least || words.size() - 1 > row.most) {
      throw IllegalMove("`" + text + "`: wrong number of words");
    }
    return row.make(tree, words, text);
  }
  throw IllegalMove("there is no move `" + words[0] + "`");
}

}  // namespace

StmtRef lanes(const StmtRef& tree, const std::string& name, int64_t vectors, int64_t width) {
  const int64_t count = vectors * width;
  const Expr r = must_find(tree, name);
  if (count < 1 || (r->sources.empty() ? extent_of(r) % count != 0 : extent_of(r) < count)) {
    throw IllegalMove("loop `" + name + "` of " + std::to_string(extent_of(r)) +
                      " is no multiple of " + std::to_string(count));
  }
  bool made = false;
  const StmtRef result = rewrite_stmt(tree, [&](const StmtRef& s) -> StmtRef {
    if (s->kind != StmtKind::seq) return s;
    std::vector<StmtRef> body;
    for (const StmtRef& part : s->body) {
      const StmtRef update = end_of_chain(part, r);
      made |= update != nullptr;
      body.push_back(update ? Lanes(part, update, r, vectors, width).build() : part);
    }
    return seq(std::move(body));
  });
  if (!made) throw IllegalMove("`" + name + "` is no loop of a reduction");
  return map_exprs(result, [](Expr e) { return simplify(e); });
}

StmtRef mark(const StmtRef& tree, const std::string& name, LoopKind kind) {
  const Expr r = must_find(tree, name);
  const StmtRef marked = rewrite_stmt(tree, [&](const StmtRef& s) -> StmtRef {
    if (s->kind != StmtKind::loop || s->range != r) return s;
    if (kind == LoopKind::vector) check_innermost(s);
    if (kind == LoopKind::vector || kind == LoopKind::thread) check_parallel(s);
    return loop(r, s->body[0], kind);
  });
  const std::string why = kind == LoopKind::thread ? thread_conflict(marked) : "";
  if (!why.empty()) throw IllegalMove("`thread " + name + "`: " + why);
  return marked;
}

namespace {

/// Marks the loops around statements that have a form.
StmtRef as_idiom(const StmtRef& tree, const std::string& name,
                 const std::function<bool(const Stmt&)>& has_form, const char* otherwise) {
  const Expr r = must_find(tree, name);
  bool found = false;
  const StmtRef marked = rewrite_stmt(tree, [&](const StmtRef& s) -> StmtRef {
    const bool over_r = s->kind == StmtKind::loop && s->range == r && r->sources.empty();
    if (!over_r || s->body[0]->kind != StmtKind::store || !has_form(*s->body[0])) return s;
    found = true;
    return loop(r, s->body[0], LoopKind::idiom);
  });
  if (!found) throw IllegalMove("loop `" + name + "` " + otherwise);
  return marked;
}

bool moves_with(const Stmt& store, Expr r) {
  return std::any_of(store.index.begin(), store.index.end(), [&](Expr i) { return occurs(r, i); });
}

}  // namespace

StmtRef dot(const StmtRef& tree, const std::string& name) {
  const Expr r = must_find(tree, name);
  const auto is_sum = [&](const Stmt& s) { return added_to(s) && !moves_with(s, r); };
  return as_idiom(tree, name, is_sum, "adds up no integers");
}

StmtRef madd(const StmtRef& tree, const std::string& name) {
  const Expr r = must_find(tree, name);
  const auto are_sums = [&](const Stmt& s) { return added_to(s) && moves_with(s, r); };
  return as_idiom(tree, name, are_sums, "adds to no integers side by side");
}

StmtRef start(const StmtRef& tree, const std::string& name) {
  const Expr r = must_find(tree, name);
  const auto starts = [&](const Stmt& s) { return starts_sums(s) && moves_with(s, r); };
  return as_idiom(tree, name, starts, "starts no sums");
}

StmtRef scale(const StmtRef& tree, const std::string& name) {
  const Expr r = must_find(tree, name);
  const auto scales = [&](const Stmt& s) { return scaling(s.value) && moves_with(s, r); };
  return as_idiom(tree, name, scales, "scales no integers to bytes");
}

StmtRef vectorize(const StmtRef& tree, const std::string& name, int64_t count) {
  const Expr r = find_range(tree, name);
  if (r && extent_of(r) == count && r->sources.empty()) return mark(tree, name, LoopKind::vector);
  const StmtRef vector = mark(tile(tree, name, count), name + "i", LoopKind::vector);
  return extent_of(r) == count ? vector : mark(vector, name + "o", LoopKind::unroll);
}

StmtRef apply_schedule(const StmtRef& tree, const std::string& schedule) {
  StmtRef result = tree;
  std::istringstream in(schedule);
  for (std::string move; std::getline(in, move, ';');) result = apply_move(result, move);
  return result;
}

}  // namespace tinycc
