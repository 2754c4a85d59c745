// Layouts; see layout.h. Costs are those of cost.h.
#include "passes/layout.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "ir/simplify.h"
#include "passes/cost.h"
#include "passes/excerpt.h"
#include "passes/index.h"

namespace tinycc {
namespace {

constexpr int kSweeps = 4;          // over all buffers; they settle in two or three
constexpr double kWorthIt = 0.995;  // a change has to save this much
constexpr double kCloseTo = 1.25;   // orders that cost less than this many times ours are asked for
constexpr int64_t kWays = 8;        // streams that the first cache keeps in one of its sets,
constexpr int64_t kSets = 4096;     // that is, when they are a multiple of so many bytes apart

using Votes = std::map<int64_t, std::map<int64_t, double>>;  // buffer → dimension → weight

bool cheaper(const Nest& a, const Nest& b) { return a.cost < b.cost; }

/// A kernel asks for the order that its best vector loop wants, with the weight of what the best
/// loop along another dimension would cost more.
void vote(const CostModel& model, Votes& votes) {
  std::vector<Nest> all = model.with_free_layouts().nests();
  const auto least = std::min_element(all.begin(), all.end(), cheaper);
  const Nest best = *least;
  all.erase(least);
  if (all.empty() || !best.vector) return;
  const double saved = std::min_element(all.begin(), all.end(), cheaper)->cost - best.cost;
  for (const int64_t buffer : model.arena_buffers()) {
    const int64_t dim = model.dimension_along(buffer, best.vector);
    if (dim >= 0) votes[buffer][dim] += saved;
  }
}

void make_innermost(Buffer& b, int64_t dim) {
  const auto found = std::find_if(b.layout.axes.begin(), b.layout.axes.end(),
                                  [&](const Axis& a) { return a.dim == dim; });
  if (found != b.layout.axes.end()) std::rotate(found, found + 1, b.layout.axes.end());
}

/// Without a reason for another order a tensor lies as the largest tensor that it is made of: its
/// dimensions sorted by where their ranges stand in that one's memory.
void follow_source(Draft& draft, const Computation& c) {
  Buffer& target = draft.buffers.at(c.target);
  Expr largest;
  for (Expr l : loads_in(c.value)) {
    const Buffer& b = draft.buffers.at(l->attr.ints[0]);
    if (b.space != Space::weight &&
        (!largest || b.elements() > draft.buffers.at(largest->attr.ints[0]).elements()))
      largest = l;
  }
  if (!largest) return;
  const Buffer& source = draft.buffers.at(largest->attr.ints[0]);
  const auto place = [&](const Axis& axis) -> int64_t {
    for (size_t i = 0; i < source.layout.axes.size(); ++i) {
      const Affine from = affine(largest[static_cast<size_t>(source.layout.axes[i].dim)]);
      for (const auto& [term, factor] : affine(c.index[static_cast<size_t>(axis.dim)]).terms) {
        if (from.coefficient(term) != 0) return static_cast<int64_t>(i);
      }
    }
    return -1;
  };
  std::vector<std::pair<int64_t, Axis>> axes;
  for (const Axis& a : target.layout.axes) axes.emplace_back(place(a), a);
  std::sort(axes.begin(), axes.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.dim) < std::pair(b.first, b.second.dim);
  });
  for (size_t i = 0; i < axes.size(); ++i) target.layout.axes[i] = axes[i].second;
}

class Sweep {
 public:
  Sweep(Draft& draft, const std::vector<CostModel>& models) : draft_(draft), models_(models) {
    for (size_t m = 0; m < models.size(); ++m) {
      for (const int64_t b : models[m].arena_buffers()) users_[b].push_back(m);
      costs_.push_back(models[m].best().cost);
    }
  }

  /// Asks for the order of what each computation writes.
  void ask(const Decide& decide) {
    std::set<int64_t> asked;
    for (const Computation& c : draft_.computations) {
      const auto users = users_.find(c.target);
      if (users != users_.end() && asked.insert(c.target).second) ask(c, users->second, decide);
    }
  }

  /// Where memory counts more than speed, a result lies as the operand whose place it takes: both as
  /// the one of them wants it to whom it is worth more.
  void agree(Buffer& from, Buffer& to) {
    std::vector<size_t> users = users_[from.id];
    users.insert(users.end(), users_[to.id].begin(), users_[to.id].end());
    const Layout wish = to.layout;
    to.layout = from.layout;
    const double cost = cost_of(users);
    const Layout other = std::exchange(from.layout, wish);
    to.layout = wish;
    if (from.space == Space::arena && cost_of(users) < cost) return;
    from.layout = to.layout = other;
  }

  /// True if a buffer took another order.
  bool run() {
    bool changed = false;
    for (const auto& [id, users] : users_) changed |= improve(id, users);
    return changed;
  }

 private:
  static std::string order_of(const Layout& layout) {
    std::vector<int64_t> dims;
    for (const Axis& a : layout.axes) dims.push_back(a.dim);
    return fmt::format("{}", fmt::join(dims, " "));
  }

  double cost_of(const std::vector<size_t>& users) const {
    double cost = 0;
    for (const size_t m : users) cost += models_[m].best().cost;
    return cost;
  }

  void ask(const Computation& c, const std::vector<size_t>& users, const Decide& decide) {
    Buffer& b = draft_.buffers.at(c.target);
    const Layout ours = b.layout;
    Decision d{"buffers", "", b.name, order_of(ours), {order_of(ours)}};
    d.work = cost_of(users);
    std::map<std::string, Layout> layouts{{d.ours, ours}};
    for (const Axis& axis : ours.axes) {
      if (b.shape[static_cast<size_t>(axis.dim)] < 4) continue;
      make_innermost(b, axis.dim);
      if (cost_of(users) < kCloseTo * d.work &&
          layouts.emplace(order_of(b.layout), b.layout).second)
        d.possible.push_back(order_of(b.layout));
      b.layout = ours;
    }
    if (d.possible.size() == 1) return;
    d.key = result_key(draft_, c);
    b.layout = layouts.at(decide(d));
  }

  bool improve(int64_t id, const std::vector<size_t>& users) {
    Buffer& b = draft_.buffers.at(id);
    Layout best = b.layout;
    double least = 0;
    for (const size_t m : users) least += costs_[m];
    const Layout before = b.layout;
    for (const Axis& axis : before.axes) {
      if (axis.dim == before.axes.back().dim || b.shape[static_cast<size_t>(axis.dim)] < 4)
        continue;
      make_innermost(b, axis.dim);
      double cost = 0;
      for (const size_t m : users) cost += models_[m].best().cost;
      if (cost < least * kWorthIt) {
        least = cost;
        best = b.layout;
      }
      b.layout = before;
    }
    b.layout = best;
    if (best == before) return false;
    for (const size_t m : users) costs_[m] = models_[m].best().cost;
    return true;
  }

  Draft& draft_;
  const std::vector<CostModel>& models_;
  std::map<int64_t, std::vector<size_t>> users_;  // of a buffer
  std::vector<double> costs_;                     // by model
};

/// Reductions without products (of softmax, norms, pools) take what they find: they pass over rows
/// that other kernels have in the cache, or merge with these.
bool has_a_say(const Computation& c) {
  const Expr reduce = reduction_in(c.value);
  return !reduce || reduce[0]->is(Op::mul);
}

/// Buffers that a turn of a kernel writes or reads in as many places as a stack has parts.
std::set<int64_t> streamed_buffers(const Draft& draft) {
  std::set<int64_t> found;
  for (const Computation& c : draft.computations) {
    const std::vector<Expr> choosing = choosing_ranges(c);
    if (choosing.empty()) continue;
    const auto outermost = [&](int64_t id, const std::vector<Expr>& index) {
      const Layout& layout = draft.buffers.at(id).layout;
      return layout.axes.empty() ? Expr() : index[static_cast<size_t>(layout.axes[0].dim)];
    };
    const Expr own = outermost(c.target, c.index);
    if (std::find(choosing.begin(), choosing.end(), own) != choosing.end()) found.insert(c.target);
    for (Expr l : loads_in(c.value)) {
      const Expr i = outermost(l->attr.ints[0], l->sources);
      if (i && i->is(Op::constant)) found.insert(l->attr.ints[0]);
    }
  }
  return found;
}

/// The operand whose place in memory a result can take.
Buffer* place_for(Draft& draft, const Computation& c) {
  const Buffer& to = draft.buffers.at(c.target);
  for (Expr l : loads_in(c.value)) {
    Buffer& from = draft.buffers.at(l->attr.ints[0]);
    if (from.id != to.id && reads_in_place(draft, c, l) && !from.layout.has_halo() &&
        !to.layout.has_halo())
      return &from;
  }
  return nullptr;
}

}  // namespace

void spread_streams(Buffer& b) {
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  if (extents.size() < 2 || extents[0] < kWays || b.space != Space::arena) return;
  if (b.bytes() / extents[0] % kSets == 0) ++b.layout.axes[1].pad;
}

void choose_layouts(Draft& draft, const Decide& decide) {
  std::vector<CostModel> models;
  for (const Computation& c : draft.computations) {
    if (has_a_say(c)) models.emplace_back(draft, c);
  }
  Votes votes;
  for (const CostModel& m : models)
    if (!draft.target.is_scalar()) vote(m, votes);
  for (const auto& [id, by_dim] : votes) {
    const auto best =
        std::max_element(by_dim.begin(), by_dim.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    make_innermost(draft.buffers.at(id), best->first);
  }
  for (const Computation& c : draft.computations) {
    if (draft.buffers.at(c.target).space == Space::arena && votes.count(c.target) == 0)
      follow_source(draft, c);
  }
  Sweep sweep(draft, models);
  for (int n = 0; n < kSweeps && sweep.run(); ++n) {
  }
  if (decide) sweep.ask(decide);
  if (draft.target.prefer != Prefer::speed) {
    for (auto c = draft.computations.rbegin(); c != draft.computations.rend(); ++c)
      if (Buffer* from = place_for(draft, *c)) sweep.agree(*from, draft.buffers.at(c->target));
    for (const Computation& c : draft.computations)
      if (const Buffer* from = place_for(draft, c))
        draft.buffers.at(c.target).layout = from->layout;
  }
  for (const int64_t id : streamed_buffers(draft)) spread_streams(draft.buffers.at(id));
}

}  // namespace tinycc
