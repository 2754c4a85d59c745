// Which tensors become buffers: see fuse.h.
//
// Users are visited before their sources. E(n), the number of evaluations of elements of n, is the
// sum over users u of E(u) for each element that one evaluation of u reads, users that ask for the
// same element together counted once; a node that gets a buffer is evaluated once an element, so what
// lies below it counts anew. With the cost c of one evaluation,
// inlining pays while (E(n)/|n| - 1) * c stays below the cost of a store and the loads.
#include "passes/fuse.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ir/build.h"
#include "passes/scopes.h"
#include "passes/weight_only.h"

namespace tinycc {
namespace {

constexpr double kStoreAndLoad = 2.0;  // in additions
constexpr double kMost = 1e18;
constexpr double kMostGuarded = 1000;      // reads of an element behind a condition, on devices
constexpr double kMostFramed = 1.125;      // times a tensor's elements, with a frame, on devices
constexpr int64_t kMostOperations = 2000;  // of one kernel, beside those of a stack: no more fits a
                                           // page, or a compiler's patience

/// Small integers become larger ones as they are loaded.
bool is_loaded_wide(Expr e) {
  if (!e->is(Op::cast) || !is_integer(e->dtype) || !is_integer(e[0]->dtype)) return false;
  const int from = bits_of(e[0]->dtype);
  return from < bits_of(e->dtype) && (from <= 16 || skip_views(e[0])->is(Op::weight));
}

double op_cost(Expr e) {
  switch (e->op) {
    case Op::exp:
    case Op::log:
    case Op::sin: return 12;
    case Op::sqrt:
    case Op::div: return is_float(e->dtype) ? 6 : 2;
    case Op::mod: return 2;
    case Op::gather: return 3;
    case Op::cast:
      if (is_loaded_wide(e)) return 0;
      if (is_widened_byte(e)) return kStoreAndLoad / kMostUsesOfByte;
      [[fallthrough]];
    default: return is_elementwise(e->op) && !e->is(Op::bitcast) ? 1 : 0;
  }
}

/// A buffer already, or not worth one.
bool is_free(Expr e) { return is_stored_leaf(e) || class_of(e->op) == OpClass::leaf; }

bool widens_half(Expr e) {
  return e->is(Op::cast) && e->dtype == DType::f32 && e[0]->dtype == DType::f16;
}

/// The smaller integers that e, for little more than a load, is made of; empty: it is not.
Expr narrow_source(Expr e) {
  double cost = 0;
  const int bits = bits_of(e->dtype);
  while (is_integer(e->dtype) && bits_of(e->dtype) >= bits && cost <= 2) {
    const bool alone = e->sources.size() == 1 || e->is(Op::pad) ||
                       (is_elementwise(e->op) && e->sources.size() == 2 && e[1]->is(Op::constant));
    if (!alone || !(is_elementwise(e->op) || is_movement(e->op))) return {};
    cost += op_cost(e);
    e = e[0];
  }
  while (is_movement(e->op) && !e->is(Op::concat)) e = e[0];
  return is_integer(e->dtype) && bits_of(e->dtype) < bits && cost <= 2 ? e : Expr();
}

/// Elements of the source that one element of a reduction reads.
double reduction_size(Expr e) {
  return static_cast<double>(count_of(e[0]->shape)) /
         static_cast<double>(std::max<int64_t>(1, count_of(e->shape)));
}

class Chooser {
 public:
  Chooser(const Graph& graph, const FuseOptions& options)
      : options_(options),
        order_(topological(graph.roots())),
        scopes_(order_),
        lengths_(lengths_in(order_)) {
    for (Expr root : graph.roots()) {
      if (lengths_.count(root) != 0) continue;
      must_.insert(root);
      outputs_.insert(root);
    }
    for (Expr e : order_) {
      cost_[e] = chain_cost(e);
      for (Expr s : e->sources) users_[s].push_back(e);
    }
    mark_structural();
  }

  BufferChoice run() {
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) visit(*it);
    for (Expr e : order_) {
      if (chosen_.count(e) != 0) result_.nodes.push_back(e);
    }
    return std::move(result_);
  }

 private:
  /// Cost of one evaluation of e if nothing below it had a buffer (reductions excepted).
  double chain_cost(Expr e) {
    double cost = op_cost(e);
    if (is_reduce(e->op)) return cost;
    for (Expr s : e->sources) {
      if (!is_reduce(s->op)) cost += cost_[s];
    }
    return std::min(cost, 1e6);
  }

  /// Data of gathers and scatters, sources and results of scans, parts of concatenations (each part
  /// is computed straight into its place).
  void mark_structural() {
    for (Expr e : order_) {
      if (e->is(Op::gather) || e->is(Op::scatter)) need(skip_views(e[0]));
      if (e->is(Op::scatter)) need(e);
      if (e->is(Op::scan))
        for (Expr s : e->sources) need(s);
      if (e->is(Op::concat)) mark_concatenation(e);
      if (e->is(Op::slice) && is_stack(skip_views(e[0]))) need(skip_views(e[0]));
    }
  }

  void mark_concatenation(Expr e) {
    const bool stack = options_.stacks && is_stack(e) &&
                       std::none_of(e->sources.begin(), e->sources.end(),
                                    [&](Expr s) { return must_.count(s) != 0; });
    if (stack) result_.stacks.insert(e);
    for (Expr s : e->sources) {
      if (!stack) need(s);
    }
  }

  void need(Expr e) {
    if (!is_free(e)) must_.insert(e);
  }

  /// e needs memory, or else the smaller integers that it is made of, which are visited later.
  bool take_narrow(Expr e) {
    const Expr narrow = must_.count(e) == 0 ? narrow_source(e) : Expr();
    if (!narrow) return false;
    if (!is_free(narrow)) needed_late_.insert(narrow);
    return true;
  }

  /// index < length, or several of these.
  bool is_within(Expr condition) const {
    if (condition->is(Op::bit_and)) return is_within(condition[0]) && is_within(condition[1]);
    return condition->is(Op::lt) && condition[0]->is(Op::iota) && lengths_.count(condition[1]) != 0;
  }

  /// Hides what lies beyond a length, from a reduction for the most part.
  bool is_mask(Expr e) const {
    return e->is(Op::where) && e[2]->is(Op::constant) && is_within(e[0]);
  }

  bool wants_buffer(Expr e, double evaluations) {
    if (framed_below_.count(e) != 0) return false;
    if (must_.count(e) != 0 || needed_late_.count(e) != 0) return true;
    if (options_.widens && widens_half(e)) return false;
    if (is_free(e) || e->is(Op::scan) || lengths_.count(e) != 0 || is_within(e) || is_mask(e))
      return false;
    if (is_elementwise(e->op) && is_float(e->dtype) && in_stack_.count(e) == 0 && is_full(e))
      return true;
    const double factor =
        evaluations / static_cast<double>(std::max<int64_t>(1, count_of(e->shape)));
    // A sum that needs memory gets it behind the elementwise ops that follow it.
    if (is_reduce(e->op) || (is_elementwise(e->op) && !pending(e).empty())) {
      if (factor > 1.0 || frames_[e].size() > 1 || meets_reduction(e)) return true;
    }
    if (e->is(Op::concat))
      return result_.stacks.count(e) == 0 || factor > 1.0 || summed_.count(e) != 0;
    if (e->is(Op::pad))
      return options_.halo && factor > 1.0 && !prefers_guard(e, factor) && !frame(e);
    return !is_movement(e->op) && (factor - 1.0) * cost_[e] > kStoreAndLoad;
  }

  /// Is a kernel that would evaluate e as large as kernels may be?
  bool is_full(Expr e) {
    const auto& roots = roots_[e];
    return std::any_of(roots.begin(), roots.end(),
                       [&](Expr r) { return operations_[r] >= kMostOperations; });
  }

  /// The reductions and stacks that inlining e would inline, element for element.
  const std::set<Expr, ById>& pending(Expr e) {
    static const std::set<Expr, ById> none;
    if (must_.count(e) != 0) return none;
    const auto [found, fresh] = pending_.try_emplace(e);
    if (!fresh) return found->second;
    std::set<Expr, ById> below;
    if (is_reduce(e->op) || result_.stacks.count(e) != 0) below.insert(e);
    if (is_elementwise(e->op) || e->is(Op::reshape) || e->is(Op::permute)) {
      for (Expr s : e->sources) below.insert(pending(s).begin(), pending(s).end());
    }
    return pending_[e] = std::move(below);
  }

  /// A kernel has one reduction or stack: of those that the operands bring, the last stack stays, or
  /// the last of all.
  void separate_operands(Expr e) {
    const std::set<Expr, ById> all = pending(e);
    if (all.size() < 2) return;
    const auto stack = std::find_if(all.rbegin(), all.rend(),
                                    [&](Expr a) { return result_.stacks.count(a) != 0; });
    const Expr last = stack == all.rend() ? *all.rbegin() : *stack;
    for (Expr s : e->sources) {
      if (!pending(s).empty() && pending(s).count(last) == 0) needed_late_.insert(s);
    }
  }

  /// Would reduction e be evaluated inside another one, or beside another one in its kernel?
  bool meets_reduction(Expr e) {
    const auto& roots = roots_[e];
    return inside_reduction_.count(e) != 0 ||
           std::any_of(roots.begin(), roots.end(), [&](Expr r) { return reduced_.count(r) != 0; });
  }

  void visit(Expr e) {
    place_in_kernels(e);
    double evaluations = 0;
    for (const auto& [frame, times] : frames_[e]) evaluations += times;
    if (wants_buffer(e, evaluations) && !take_narrow(e)) {
      chosen_.insert(e);
      roots_[e] = {e};
      inside_reduction_.erase(e);
      summed_.erase(e);
      evaluations = static_cast<double>(count_of(e->shape));
      frames_[e] = {{e, evaluations}};
    }
    if (is_elementwise(e->op)) {
      separate_operands(e);
      for (Expr r : roots_[e]) ++operations_[r];
    }
    if (is_reduce(e->op)) reduced_.insert(roots_[e].begin(), roots_[e].end());
    for (Expr s : e->sources) hand_down(e, s, evaluations);
  }

  /// Elementwise ops ask for their own elements again: what several of them ask for together is
  /// computed once. So is what the parts of a stack ask for. Any other op asks for elements of its
  /// own.
  void hand_down(Expr e, Expr s, double evaluations) {
    const double turns = scopes_.turns_between(e, s);
    auto& frames = frames_[s];
    const bool stack = result_.stacks.count(e) != 0,
               renames = e->is(Op::reshape) || e->is(Op::permute),
               beside = stack || (in_stack_.count(e) != 0 && chosen_.count(e) == 0);
    if (turns == 1 && (is_elementwise(e->op) || stack || (beside && renames))) {
      for (const auto& [frame, times] : frames_[e])
        frames[frame] = std::max(frames[frame], times * share(e, s));
      if (beside) in_stack_.insert(s);
      return;
    }
    const double each = share(e, s) * turns * (is_reduce(e->op) ? reduction_size(e) : 1.0);
    const bool several = is_movement(e->op) && frames_[e].size() > 1;  // askers stay apart
    const std::map<Expr, double, ById> asked =
        several ? frames_[e] : std::map<Expr, double, ById>{{e, evaluations}};
    for (const auto& [frame, times] : asked)
      frames[frame] = std::min(kMost, frames[frame] + times * each);
  }

  /// Makes pad node e a frame of its source's buffer if that may have one: computed, ours alone, and
  /// without another frame of another value. What is widened where it is read has the frame below.
  bool frame(Expr e) {
    if (!e[1]->is(Op::constant)) return false;
    const bool exact = number_of(e[1]) == 0 || std::isinf(number_of(e[1]));  // in f16 as well
    const bool below = options_.widens && widens_half(e[0]) && must_.count(e[0]) == 0 && exact;
    const Expr source = below ? e[0][0] : e[0];
    if (is_stored_leaf(skip_views(source)) || outputs_.count(source) != 0 || source->is(Op::pad))
      return false;
    const auto [found, fresh] = result_.halos.try_emplace(source);
    Halo& halo = found->second;
    if (!fresh && halo.value != number_of(e[1])) return false;
    halo.value = number_of(e[1]);
    halo.before.resize(source->shape.size());
    halo.after.resize(source->shape.size());
    for (size_t i = 0; i < source->shape.size(); ++i) {
      halo.before[i] = std::max(halo.before[i], e->attr.ints[2 * i]);
      halo.after[i] = std::max(halo.after[i], e->attr.ints[2 * i + 1]);
    }
    must_.insert(source);
    if (below) framed_below_.insert(e[0]);
    result_.framed_pads.insert(e);
    return true;
  }

  /// Devices wait for memory longer than for comparisons, if these are not too many.
  bool prefers_guard(Expr pad, double factor) const {
    return options_.guards && factor < kMostGuarded &&
           (is_stored_leaf(skip_views(pad[0])) ||
            static_cast<double>(count_of(pad->shape)) >
                kMostFramed * static_cast<double>(count_of(pad[0]->shape)));
  }

  /// Padding that is no frame becomes a condition, behind which no loop of a reduction can be.
  bool is_guard(Expr e) const {
    if (result_.stacks.count(e) != 0) return true;
    if (!e->is(Op::pad)) return false;
    const bool framed_copy =
        chosen_.count(e) != 0 && outputs_.count(e) == 0 && e[1]->is(Op::constant);
    return result_.framed_pads.count(e) == 0 && !framed_copy;
  }

  /// If it is inlined, e belongs to the kernels of its users, within their reductions.
  void place_in_kernels(Expr e) {
    for (Expr u : users_[e]) {
      roots_[e].insert(roots_[u].begin(), roots_[u].end());
      if (is_reduce(u->op) || is_guard(u) || inside_reduction_.count(u) != 0)
        inside_reduction_.insert(e);
      if (is_reduce(u->op) || summed_.count(u) != 0) summed_.insert(e);
    }
  }

  /// A concatenation reads each part for a share of its elements only; so does padding.
  static double share(Expr user, Expr source) {
    if (!user->is(Op::concat) && !user->is(Op::pad)) return 1.0;
    return static_cast<double>(count_of(source->shape)) /
           static_cast<double>(std::max<int64_t>(1, count_of(user->shape)));
  }

  FuseOptions options_;
  std::vector<Expr> order_;
  Scopes scopes_;
  const std::unordered_set<Expr> lengths_;
  BufferChoice result_;
  std::unordered_set<Expr> outputs_;
  std::unordered_set<Expr> must_;         // need memory by what they are
  std::unordered_set<Expr> needed_late_;  // the same, found on the way
  std::unordered_map<Expr, std::set<Expr, ById>> pending_;
  std::unordered_set<Expr> framed_below_;  // widened where they are read, by a pad that is a frame
  std::unordered_set<Expr> chosen_;
  std::unordered_set<Expr> in_stack_;  // parts of stacks and what these are made of
  std::unordered_set<Expr>
      inside_reduction_;              // inlined into the body of a reduction or a condition
  std::unordered_set<Expr> summed_;   // inlined into the body of a reduction
  std::unordered_set<Expr> reduced_;  // kernels (their roots) that reduce already
  std::unordered_map<Expr, std::unordered_set<Expr>> roots_;  // the kernels that evaluate a node
  std::unordered_map<Expr, int64_t> operations_;              // of a kernel, by its root
  std::unordered_map<Expr, std::vector<Expr>> users_;
  std::unordered_map<Expr, std::map<Expr, double, ById>> frames_;  // who asks, and how often
  std::unordered_map<Expr, double> cost_;
};

}  // namespace

std::unordered_set<Expr> lengths_in(const std::vector<Expr>& order) {
  std::unordered_set<Expr> lengths;
  for (Expr e : order) {
    const bool cheap = e->is(Op::add) || e->is(Op::mul) || e->is(Op::neg) || e->is(Op::min) ||
                       e->is(Op::max) || e->is(Op::cast) || e->is(Op::reshape) ||
                       e->is(Op::expand) || (e->is(Op::div) && !is_float(e->dtype));
    const auto is_length = [&](Expr s) { return lengths.count(s) != 0; };
    const auto fits = [&](Expr s) { return s->is(Op::constant) || is_length(s); };
    if (is_dim(e) || (cheap && std::any_of(e->sources.begin(), e->sources.end(), is_length) &&
                      std::all_of(e->sources.begin(), e->sources.end(), fits)))
      lengths.insert(e);
  }
  return lengths;
}

bool is_stack(Expr e) {
  return e->is(Op::concat) && std::all_of(e->sources.begin(), e->sources.end(), [&](Expr s) {
           const Expr part = skip_views(s);
           return s->shape[static_cast<size_t>(e->attr.ints[0])] == Dim(1) &&
                  (is_elementwise(part->op) || is_stack(part));
         });
}

Expr skip_views(Expr e) {
  while (e->is(Op::reshape) || e->is(Op::permute) || e->is(Op::slice) || e->is(Op::expand))
    e = e[0];
  return e;
}

BufferChoice choose_buffers(const Graph& graph, const FuseOptions& options) {
  return Chooser(graph, options).run();
}

}  // namespace tinycc
