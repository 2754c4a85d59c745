// Moves that change how a loop reaches memory: a panel of an operand, copied in the order of its use;
// two loops as one. See moves.h.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "ir/build.h"
#include "ir/simplify.h"
#include "passes/moves.h"

namespace tinycc {
namespace {

bool contains(const std::vector<Expr>& all, Expr e) {
  return std::find(all.begin(), all.end(), e) != all.end();
}

/// The panel of each operand that moves with exactly these ranges of the loops within a body.
class Staging {
 public:
  /// How a panel lies in memory, and what its elements are copied by.
  struct Form {
    Space space = Space::local;
    std::vector<int64_t> pads = {};  // by range; none: 0
    std::vector<Expr> copied = {};
  };
  Staging(const StmtRef& tree, StmtRef body, std::vector<Expr> ranges, Form form)
      : body_(std::move(body)), ranges_(std::move(ranges)), form_(std::move(form)) {
    walk(tree, [&](const Stmt& s) { note_names(s); });
    walk(body_, [&](const Stmt& s) {
      if (s.kind == StmtKind::loop) inner_.push_back(s.range);
      if (s.kind == StmtKind::loop && s.loop == LoopKind::thread)
        throw IllegalMove("threads within the loop would share the panel");
      if (s.kind == StmtKind::store) written_.insert(s.buffer->id);
    });
    for (Expr r : ranges_) check_range(r);
  }

  StmtRef build() {
    walk(body_, [&](const Stmt& s) {
      if (s.kind == StmtKind::store) find_operands(s);
    });
    if (panels_.empty())
      throw IllegalMove("no operand moves with these loops, and no other within");
    std::vector<StmtRef> all;
    for (const auto& [operand, panel] : panels_)
      all.insert(all.end(), {alloc(panel), copy(store(panel, ranges_, operand))});
    all.push_back(map_exprs(body_, [&](Expr e) { return substitute(e, reads_); }));
    return seq(std::move(all));
  }

 private:
  /// Ranges of its own, since the group's items make these turns side by side.
  StmtRef copy(StmtRef s) const {
    if (form_.space == Space::local) return loops(form_.copied, s);
    for (size_t i = form_.copied.size(); i-- > 0;) {
      const Expr r = form_.copied[i], own = range(*r->pool, extent_of(r), r->attr.name + "c");
      const bool last = i + 1 == form_.copied.size();
      const LoopKind kind = form_.space == Space::shared ? LoopKind::lane
                            : last                       ? LoopKind::vector
                                                         : LoopKind::unroll;
      s = loop(own, substitute(s, {{r, own}}), kind);
    }
    return s;
  }

  void note_names(const Stmt& s) {
    if (s.buffer) names_.insert(s.buffer->name);
    if (s.kind != StmtKind::store) return;
    for (Expr n : topological({s.value})) {
      if (n->is(Op::load)) names_.insert(n->attr.name);
    }
  }

  void check_range(Expr r) const {
    if (!contains(inner_, r))
      throw IllegalMove("loop `" + r->attr.name + "` does not lie within the one that is to stage");
    for (Expr n : topological(r->sources)) {
      if (contains(inner_, n))
        throw IllegalMove("the end of `" + r->attr.name + "` differs from turn to turn");
    }
  }

  /// Does e move with the given ranges, and no others of the loops within?
  bool moves_so(Expr e) const {
    const std::vector<Expr> all = topological({e});
    return std::all_of(inner_.begin(), inner_.end(),
                       [&](Expr r) { return contains(all, r) == contains(ranges_, r); });
  }

  void find_operands(const Stmt& s) {
    for (Expr n : certain_nodes({s.value})) {
      const bool found =
          std::any_of(panels_.begin(), panels_.end(), [&](const auto& p) { return p.first == n; });
      if (!n->is(Op::load) || written_.count(n->attr.ints[0]) != 0 || found || !moves_so(n))
        continue;
      for (Expr part : topological(n->sources)) {
        if (part->is(Op::load)) throw IllegalMove("the places of " + n->attr.name + " are data");
      }
      panels_.emplace_back(n, panel_of(n));
      reads_.emplace_back(n, load(*n->pool, *panels_.back().second, ranges_));
    }
  }

  BufferRef panel_of(Expr operand) {
    Buffer b;
    b.id = operand->pool->fresh_id();
    for (int n = 1; b.name.empty() || !names_.insert(b.name).second; ++n)
      b.name = fmt::format("{}{}", form_.space == Space::reg ? "held" : "panel",
                           n == 1 ? "" : fmt::format("_{}", n));
    b.dtype = operand->dtype;
    b.space = form_.space;
    for (Expr r : ranges_) b.shape.push_back(extent_of(r));
    b.layout = Layout::row_major(b.shape.size());
    for (size_t i = 0; i < form_.pads.size(); ++i) b.layout.axes[i].pad = form_.pads[i];
    if (b.bytes() > kMostStaged) {
      throw IllegalMove("a panel of " + std::to_string(b.bytes()) +
                        " bytes is too large; at most " + std::to_string(kMostStaged));
    }
    return std::make_shared<const Buffer>(std::move(b));
  }

  StmtRef body_;
  std::vector<Expr> ranges_, inner_;
  const Form form_;
  std::set<int64_t> written_;
  std::set<std::string> names_;
  std::vector<std::pair<Expr, BufferRef>> panels_;  // by operand
  std::vector<std::pair<Expr, Expr>> reads_;        // operand, element of the panel
};

/// A range over the turns of both loops.
Expr joined(Expr outer, Expr inner) {
  const int64_t turns = extent_of(inner);
  const std::string name = outer->attr.name + inner->attr.name;
  if (outer->sources.empty()) return range(*outer->pool, extent_of(outer) * turns, name);
  return outer->pool->make(Op::range, DType::i64, {},
                           {simplify(outer[0] * static_cast<double>(turns))},
                           {{outer->pool->fresh_id(), extent_of(outer) * turns}, name});
}

}  // namespace

namespace {

std::vector<Expr> ranges_called(const StmtRef& tree, const std::vector<std::string>& names) {
  std::vector<Expr> ranges;
  for (const std::string& n : names) ranges.push_back(must_find(tree, n));
  return ranges;
}

StmtRef staged(const StmtRef& tree, const std::string& name, const std::vector<std::string>& within,
               const Staging::Form& form) {
  const Expr at = must_find(tree, name);
  const std::vector<Expr> ranges = ranges_called(tree, within);
  return rewrite_stmt(tree, [&](const StmtRef& s) {
    const bool here = s->kind == StmtKind::loop && s->range == at;
    return here ? with_body(s, {Staging(tree, s->body[0], ranges, form).build()}) : s;
  });
}

}  // namespace

StmtRef stage(const StmtRef& tree, const std::string& name,
              const std::vector<std::string>& within) {
  return staged(tree, name, within, {.copied = ranges_called(tree, within)});
}

StmtRef hold(const StmtRef& tree, const std::string& name, const std::vector<std::string>& within) {
  return staged(tree, name, within, {.space = Space::reg, .copied = ranges_called(tree, within)});
}

StmtRef stage_shared(const StmtRef& tree, const std::string& name,
                     const std::vector<std::string>& within,
                     const std::vector<std::string>& copied) {
  std::vector<std::string> names;
  Staging::Form form{.space = Space::shared, .copied = ranges_called(tree, copied)};
  for (const std::string& word : within) {
    const size_t plus = word.find('+');
    names.push_back(word.substr(0, plus));
    form.pads.push_back(plus == std::string::npos ? 0 : std::atoi(word.c_str() + plus + 1));
  }
  const std::vector<Expr> panel = ranges_called(tree, names);
  if (!std::is_permutation(panel.begin(), panel.end(), form.copied.begin(), form.copied.end()))
    throw IllegalMove("a panel is copied by the loops that it is made of");
  return staged(tree, name, names, form);
}

StmtRef flatten(const StmtRef& tree, const std::string& outer, const std::string& inner) {
  const Expr o = must_find(tree, outer), i = must_find(tree, inner);
  if (find_range(tree, outer + inner))
    throw IllegalMove("there is a loop `" + outer + inner + "` already");
  if (!i->sources.empty())
    throw IllegalMove("the end of `" + inner + "` is known at run time only");
  const Expr both = joined(o, i), turns = constant_int(*i->pool, DType::i64, extent_of(i));
  bool made = false;
  const StmtRef result = rewrite_stmt(tree, [&](const StmtRef& s) {
    if (s->kind != StmtKind::loop || s->range != o) return s;
    const StmtRef& next = s->body[0];
    if (next->kind != StmtKind::loop || next->range != i || s->loop != next->loop)
      throw IllegalMove("loop `" + inner + "` is not all that `" + outer + "` holds");
    made = true;
    return loop(both, substitute(next->body[0], {{o, both / turns}, {i, both % turns}}), s->loop);
  });
  TCC_CHECK(made, "flatten: no loop");
  return map_exprs(result, [](Expr e) { return simplify(e); });
}

}  // namespace tinycc
