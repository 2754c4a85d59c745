// Which tensors quantisation rounds; see quantise.h. Each node is given a form: what the integer path
// can make of it (integers.h). Where it needs an operand of 8 bits and has none, that operand is
// rounded: at the end of the chain of elementwise ops that a kernel computes before it stores.
#include <algorithm>
#include <unordered_set>

#include "ir/build.h"
#include "passes/quantise.h"
#include "passes/tensor_rules.h"

namespace tinycc {
namespace {

/// floats    stays in f32
/// memory    f32 that comes from elsewhere: an input, what a table holds
/// grid      rounded, or some of what is
/// affine    scaled and shifted elements of a grid
/// linear    a sum of products or of rounded tensors, scaled, shifted and clamped
/// function  of a single element of another node (its base), which a table can hold
/// wide      sums of exponentials; quotient: by those
enum class Form : uint8_t {
  constant,
  floats,
  memory,
  grid,
  affine,
  linear,
  function,
  wide,
  quotient
};

constexpr double kFarBelow = -1e30;

bool is_product(Expr e) { return e->is(Op::reduce_add) && e[0]->is(Op::mul); }
bool is_plain_movement(Expr e) { return is_movement(e->op) && !e->is(Op::concat); }

class Planner {
 public:
  explicit Planner(const Graph& graph) : graph_(graph), facts_(graph) {
    const std::vector<Expr> order = topological(graph.roots());
    name_nodes(order);
    for (Expr e : order) {
      if ((e->is(Op::sqrt) || e->is(Op::log)) && !facts_.is_constant(e)) note_statistic(e[0]);
    }
    for (Expr e : order) forms_[e] = form_of(e);
    for (const GraphOutput& o : graph.outputs) settle_output(o.value);
    for (Expr e : order) {
      if (points_.count(e) != 0 && !keeps_grid(e)) kept_.insert(e);
      if (kept_.count(e) != 0) plan.tensors.push_back(e);
      if (is_product(e) && sums_.count(e) == 0) note_floats(e);
      if (sums_.count(e) != 0) plan.sums.push_back(e);
    }
  }

  Rounding8 plan;

 private:
  Form form(Expr e) const { return forms_.at(e); }

  /// A node without a name has that of the user that it leads to.
  void name_nodes(const std::vector<Expr>& order) {
    for (size_t i = order.size(); i-- > 0;) {
      const auto found = graph_.origins.find(order[i]);
      if (found != graph_.origins.end() && !found->second.nodes.empty())
        names_[order[i]] = found->second.nodes.back();
      for (Expr s : order[i]->sources) names_.emplace(s, names_[order[i]]);
    }
  }

  /// What a root or logarithm is of: sums over tensors, as norms have them, are too fine for 8 bits.
  void note_statistic(Expr e) {
    const bool weighted = is_product(e) && e[0][0] != e[0][1];
    const bool passes = is_elementwise(e->op) || is_movement(e->op) || is_reduce(e->op);
    if (weighted || !passes || !statistics_.insert(e).second) return;
    for (Expr s : e->sources) note_statistic(s);
  }

  /// Sums of products with weights that no rule takes.
  void note_floats(Expr e) {
    const bool first = facts_.is_constant(e[0][0]), second = facts_.is_constant(e[0][1]);
    std::vector<std::string>& list = plan.floats;
    const std::string& name = names_[e];
    if (first != second && std::find(list.begin(), list.end(), name) == list.end())
      list.push_back(name);
  }

  Form form_of(Expr e) {
    if (facts_.is_constant(e)) return Form::constant;
    if (is_open(e) || !is_static(e->shape)) return Form::floats;
    if (is_plain_movement(e)) return moved(e);
    if (is_elementwise(e->op)) return elementwise(e);
    if (e->dtype != DType::f32) return Form::floats;
    switch (e->op) {
      case Op::concat: return stacked(e);
      case Op::reduce_add: return e[0]->is(Op::mul) ? product(e) : sum(e);
      case Op::reduce_max: return is_rounded_soon(e[0]) && demand(e[0]) ? Form::grid : Form::floats;
      case Op::input:
      case Op::state:
      case Op::gather:
      case Op::get: return Form::memory;
      default: return Form::floats;
    }
  }

  /// Within a scan: there is a value for each of its steps.
  bool is_open(Expr e) {
    const bool open = e->is(Op::carry) || e->is(Op::range) ||
                      std::any_of(e->sources.begin(), e->sources.end(),
                                  [&](Expr s) { return open_.count(s) != 0; });
    if (open && !e->is(Op::scan)) open_.insert(e);
    return open;
  }

  Form moved(Expr e) {
    const bool beside = e->is(Op::pad) && !is_constant(e[1], 0) &&
                        !(e[1]->is(Op::constant) && number_of(e[1]) < kFarBelow);
    return beside && form(e[0]) == Form::grid ? Form::affine : form(e[0]);
  }

  /// Will it be rounded where something needs that? Not what stays in floats anyway.
  bool is_rounded_soon(Expr e) const {
    const Form f = form(e);
    return f != Form::floats && f != Form::constant && f != Form::wide && f != Form::quotient;
  }

  Form stacked(Expr e) {
    for (Expr s : e->sources) {
      const Form f = form(s);
      if (f != Form::linear && f != Form::grid && !demand(s)) return Form::floats;
    }
    return Form::linear;
  }

  Form product(Expr e) {
    const Expr a = e[0][0], b = e[0][1];
    const bool first = facts_.is_constant(a), second = facts_.is_constant(b);
    if (first || second) {
      if (!demand(first ? b : a)) return Form::floats;
      sums_.insert(e);
      return Form::linear;
    }
    const auto fits = [&](Expr x) { return is_rounded_soon(x) || form(x) == Form::quotient; };
    if (common_base({a, b}) || !fits(a) || !fits(b)) return Form::floats;
    return demand(a) && demand(b) ? Form::linear : Form::floats;
  }

  Form sum(Expr e) {
    const Expr x = source_of(e[0]);
    if (statistics_.count(e) != 0) return Form::floats;
    if (form(x) == Form::wide || (x->is(Op::exp) && is_sum_of_grids(x[0]))) return Form::wide;
    return is_rounded_soon(x) && demand(e[0]) ? Form::linear : Form::floats;
  }

  /// The argument of an exponential that integers count: x - max(x).
  bool is_sum_of_grids(Expr e) const {
    e = source_of(e);
    return form(e) == Form::grid || form(e) == Form::affine ||
           (form(e) == Form::linear && e->is(Op::add) && !facts_.is_constant(e[0]) &&
            !facts_.is_constant(e[1]));
  }

  // ---- elementwise

  Form elementwise(Expr e) {
    std::vector<Expr> moving;
    for (Expr s : e->sources)
      if (!facts_.is_constant(s)) moving.push_back(s);
    const auto is = [&](Form f) {
      return std::any_of(moving.begin(), moving.end(), [&](Expr s) { return form(s) == f; });
    };
    if (e->is(Op::cast) && is_integer(e[0]->dtype)) return Form::memory;
    if (is(Form::floats)) return Form::floats;
    if (is(Form::wide) || is(Form::quotient)) return over_sums(e, moving);
    if (moving.size() == 1) return of_one(e, moving[0]);
    if (const Expr base = common_base(moving)) {
      base_[e] = base;
      return Form::function;
    }
    const bool is_linear = (e->is(Op::add) || e->is(Op::mul)) && e->dtype == DType::f32;
    return is_linear && supplied(e[0]) && supplied(e[1]) ? Form::linear : Form::floats;
  }

  Form over_sums(Expr e, const std::vector<Expr>& moving) const {
    if (moving.size() == 1) {
      if (form(moving[0]) == Form::wide && e->is(Op::div) && e[1] == moving[0]) return Form::wide;
      return e->is(Op::mul) && form(moving[0]) == Form::quotient ? Form::quotient : Form::floats;
    }
    const bool divides = e->is(Op::mul) || (e->is(Op::div) && form(e[1]) == Form::wide);
    return divides && moving.size() == 2 ? Form::quotient : Form::floats;
  }

  Form of_one(Expr e, Expr x) {
    base_[e] = x;
    const Form f = form(x);
    const bool scales =
        e->is(Op::mul) || e->is(Op::add) || e->is(Op::neg) || (e->is(Op::div) && e[0] == x);
    const bool limits = e->is(Op::max) || e->is(Op::min);
    if (e->is(Op::sqrt) || e->is(Op::log)) return Form::floats;  // of statistics: too wide a range
    if (f == Form::memory) return e->dtype == DType::f32 && scales ? f : Form::function;
    if (f == Form::function || !(scales || limits)) return Form::function;
    if (f == Form::grid) return is_relu(e) ? f : scales ? Form::affine : Form::linear;
    return f == Form::affine && limits ? Form::linear : f;
  }

  static bool is_relu(Expr e) { return e->is(Op::max) && is_constant(core_of(e[1]), 0); }

  /// The nearest node that all of these are functions of, element by element.
  Expr common_base(const std::vector<Expr>& nodes) const {
    Expr common = nodes[0];
    for (Expr other : nodes) {
      while (other && !is_base(other, common)) other = base_of(other);
      if (!other) return {};
      common = other;
    }
    return common;
  }

  Expr base_of(Expr e) const {
    const auto found = base_.find(e);
    return found == base_.end() ? Expr() : found->second;
  }

  /// Is `e` a base of `of`, or `of` itself?
  bool is_base(Expr e, Expr of) const {
    while (of && of != e) of = base_of(of);
    return static_cast<bool>(of);
  }

  // ---- what is rounded

  static Expr source_of(Expr e) {
    while (is_plain_movement(e)) e = e[0];
    return e;
  }

  /// An operand of a sum or product: of few values already, or rounded.
  bool supplied(Expr e) { return form(source_of(e)) == Form::affine || demand(e); }

  /// Sees to it that e is rounded.
  bool demand(Expr e) {
    e = source_of(e);
    if (form(e) == Form::grid || form(e) == Form::constant) return true;
    if (e->dtype != DType::f32 || form(e) == Form::wide || open_.count(e) != 0) return false;
    if (!is_static(e->shape)) return false;
    if (form(e) == Form::function) round_base(e);
    if (form(e) == Form::quotient) plan.shares.push_back(e);
    round(e);
    return true;
  }

  /// What a table is a function of: the last node before functions begin.
  void round_base(Expr e) {
    while (e && (form(e) == Form::function || form(e) == Form::affine))
      e = source_of(e) == e ? base_of(e) : source_of(e);
    if (e && (form(e) == Form::linear || form(e) == Form::memory)) demand(e);
  }

  void round(Expr e) {
    points_.insert(e);
    forms_[e] = Form::grid;
  }

  void settle_output(Expr e) {
    if (form(e) == Form::function || form(e) == Form::quotient) demand(e);
  }

  /// Is it rounded because its source is? Then once is enough.
  bool keeps_grid(Expr e) const {
    const Expr x = source_of(e->sources.empty() ? e : e[0]);
    const bool keeps = e->is(Op::reduce_max) || is_relu(e);
    return keeps && (kept_.count(x) != 0 || (x != e && !x->sources.empty() && keeps_grid(x)));
  }

  const Graph& graph_;
  GraphFacts facts_;
  std::unordered_map<Expr, Form> forms_;
  std::unordered_map<Expr, Expr> base_;
  std::unordered_map<Expr, std::string> names_;
  std::unordered_set<Expr> open_, points_, kept_, sums_, statistics_;
};

}  // namespace

Rounding8 what_to_round(const Graph& graph) { return Planner(graph).plan; }

}  // namespace tinycc
