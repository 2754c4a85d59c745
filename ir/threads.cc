// The proof that threads keep apart; see threads.h.
#include "ir/threads.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "ir/affine.h"
#include "ir/free.h"

namespace tinycc {
namespace {

constexpr int64_t kMostTurns = int64_t{1} << 22;  // times 256 parts they are counted in 32 bits

/// A load or store of one buffer.
struct Use {
  int64_t buffer;
  std::vector<Expr> index;
  BufferRef stored;  // empty: a load
};

/// What is computed in one nest of thread loops, or (without ranges) in none.
struct Region {
  std::vector<Expr> ranges;
  std::vector<Use> uses;
  bool grouped = false;  // of work-groups: among themselves groups.h proves them
};

class Proof {
 public:
  std::string run(const StmtRef& body) {
    regions_.resize(1);
    walk(body, [&](const Stmt& s) {
      if (s.kind == StmtKind::loop) inside_.insert(id_of(s.range));
    });
    structure(body);
    for (size_t i = 0; i < regions_.size() && why_.empty(); ++i) {
      for (size_t j = i; j < regions_.size() && why_.empty(); ++j)
        compare(regions_[i], regions_[j]);
    }
    return why_;
  }

 private:
  void refuse(const std::string& why) {
    if (why_.empty()) why_ = why;
  }

  void structure(const StmtRef& s) {
    if (!has_threads(s)) return add_uses(s, regions_[0]);
    if (s->kind == StmtKind::loop && s->loop == LoopKind::thread) return nest(s);
    if (s->kind == StmtKind::loop && s->loop == LoopKind::group) return groups(s);
    for (const StmtRef& part : s->body) {
      if (part->kind == StmtKind::alloc)
        refuse(part->buffer->name + " is one array for all threads, outside of their loops");
      structure(part);
    }
  }

  void nest(const StmtRef& s) {
    const LoopNest shared = shared_by(s);
    if (has_threads(shared.body)) refuse("there are threads within threads");
    if (shared.turns() > kMostTurns) refuse("the threads' loops have too many turns");
    const auto symbolic = [](Expr r) { return !r->sources.empty(); };
    if (shared.ranges.size() > 1 && std::ranges::any_of(shared.ranges, symbolic))
      refuse("a loop with a symbolic end is not shared together with another");
    regions_.push_back({shared.ranges, {}});
    add_uses(shared.body, regions_.back());
  }

  void groups(const StmtRef& s) {
    const LoopNest nest = nest_of(s, LoopKind::group);
    refuse(group_conflict(s));
    if (nest.turns() > kMostTurns) refuse("there are too many groups");
    regions_.push_back({nest.ranges, {}, true});
    add_uses(nest.body, regions_.back());
  }

  void add_uses(const StmtRef& body, Region& region) {
    std::set<int64_t> own;
    walk(body, [&](const Stmt& s) {
      if (s.kind == StmtKind::alloc) own.insert(s.buffer->id);
      if (s.kind != StmtKind::store) return;
      add(region, {s.buffer->id, s.index, s.buffer});
      std::vector<Expr> roots = s.index;
      roots.push_back(s.value);
      for (Expr e : topological(roots)) {
        if (e->is(Op::load)) add(region, {e->attr.ints[0], e->sources, nullptr});
      }
    });
    std::erase_if(region.uses, [&](const Use& u) { return own.contains(u.buffer); });
  }

  static void add(Region& region, Use use) {
    const auto same = [&](const Use& u) {
      return u.buffer == use.buffer && u.index == use.index && !u.stored == !use.stored;
    };
    if (std::none_of(region.uses.begin(), region.uses.end(), same))
      region.uses.push_back(std::move(use));
  }

  void compare(const Region& a, const Region& b) {
    if (a.ranges.empty() && b.ranges.empty()) return;  // both are part 0's
    if (&a == &b && a.grouped) return;
    for (const Use& x : a.uses) {
      for (const Use& y : b.uses) {
        const BufferRef& stored = x.stored ? x.stored : y.stored;
        if (x.buffer != y.buffer || !stored || apart(x, y, *stored, &a == &b ? a.ranges : kNone))
          continue;
        refuse("two threads may meet in " + stored->name);
      }
    }
  }

  /// In one region: for each thread loop, turns that differ in it, and in none further out, must not
  /// meet. In two regions: any turns of all loops.
  bool apart(const Use& x, const Use& y, const Buffer& b, const std::vector<Expr>& ranges) {
    if (bits_of(b.dtype) < 8) return false;  // neighbours share a byte
    std::set<int64_t> equal;
    const auto in_some_dimension = [&](Expr differs) {
      for (size_t d = 0; d < b.shape.size(); ++d) {
        if (whole(b.layout, d) && differ(x.index[d], y.index[d], differs, equal)) return true;
      }
      return false;
    };
    if (ranges.empty()) return in_some_dimension({});
    return std::all_of(ranges.begin(), ranges.end(), [&](Expr r) {
      const bool holds = extent_of(r) <= 1 || in_some_dimension(r);
      equal.insert(id_of(r));
      return holds;
    });
  }

  /// Different indices are different places: not so in a ring.
  static bool whole(const Layout& layout, size_t dim) {
    return std::any_of(layout.axes.begin(), layout.axes.end(), [&](const Axis& a) {
      return a.dim == static_cast<int64_t>(dim) && a.mod == 0;
    });
  }

  /// Never x = y where the values of `range` differ, those in `equal` do not, and all others are
  /// any: c*r + rest, with rest of both in an interval shorter than c. Without a range: the
  /// intervals of both have no value in common.
  bool differ(Expr x, Expr y, Expr range, const std::set<int64_t>& equal) {
    const auto [fixed_x, rest_x, step_x] = split(x, range, equal);
    const auto [fixed_y, rest_y, step_y] = split(y, range, equal);
    const Affine d = difference(fixed_x, fixed_y);
    const Interval i = bounds_of(rest_x, bounds_), j = bounds_of(rest_y, bounds_);
    if (!d.terms.empty() || d.constant != 0 || !i.is_finite() || !j.is_finite()) return false;
    if (!range) return i.high < j.low || j.high < i.low;
    const int64_t span = std::max(i.high, j.high) - std::min(i.low, j.low);
    return step_x == step_y && span < std::abs(step_x);
  }

  struct Parts {
    Affine fixed, rest;  // what is the same in both turns; what may differ
    int64_t step = 0;    // the multiple of the range; 0: its value shows elsewhere too
  };
  Parts split(Expr index, Expr range, const std::set<int64_t>& equal) {
    Parts p;
    Affine all = affine(index);
    p.rest.constant = all.constant;
    if (range) p.step = all.coefficient(range);
    for (const auto& term : all.terms) {
      if (term.first == range) continue;
      const Ids& ids = free_.of(term.first);
      if (range && contains(ids, id_of(range))) p.step = 0;
      (is_same(term.first, ids, equal) ? p.fixed : p.rest).terms.push_back(term);
    }
    return p;
  }

  bool is_same(Expr term, const Ids& ids, const std::set<int64_t>& equal) {
    const std::vector<Expr> all = topological({term});
    return std::none_of(all.begin(), all.end(), [](Expr e) { return e->is(Op::load); }) &&
           std::all_of(ids.begin(), ids.end(),
                       [&](int64_t id) { return equal.contains(id) || !inside_.contains(id); });
  }

  static inline const std::vector<Expr> kNone;
  std::vector<Region> regions_;  // the first: what part 0 does
  std::set<int64_t> inside_;     // ranges of the kernel's loops; others are the caller's
  std::string why_;
  FreeIds free_;
  Bounds bounds_;
};

}  // namespace

bool has_threads(const StmtRef& s) {
  return has_loop(s, LoopKind::thread) || has_loop(s, LoopKind::group);
}

std::string thread_conflict(const StmtRef& kernel_body) { return Proof().run(kernel_body); }

}  // namespace tinycc
