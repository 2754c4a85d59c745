// The loop over the tables of tensor rules; see rewrite.h.
#include "passes/rewrite.h"

#include <algorithm>

#include "ir/simplifier.h"
#include "passes/fold_constants.h"
#include "passes/tensor_rules.h"

namespace tinycc {

GraphFacts::GraphFacts(const Graph& graph) {
  const std::vector<Expr> roots = graph.roots();
  for (Expr root : roots) ++uses_[root];
  for (Expr e : topological(roots)) {
    is_constant(e);  // sources first, so that no look-up goes deep
    for (Expr s : e->sources) ++uses_[s];
  }
}

bool GraphFacts::is_constant(Expr e) const {
  if (const auto found = constant_.find(e); found != constant_.end()) return found->second;
  const bool leaf = e->is(Op::weight) || e->is(Op::constant) || e->is(Op::iota);
  const bool result = leaf || (!e->sources.empty() && !e->is(Op::range) && !e->is(Op::load) &&
                               std::all_of(e->sources.begin(), e->sources.end(),
                                           [this](Expr s) { return is_constant(s); }));
  return constant_[e] = result;
}

bool GraphFacts::is_used_once(Expr e) const {
  const auto found = uses_.find(e);
  return found == uses_.end() || found->second <= 1;
}

void GraphFacts::note_replacement(Expr from, Expr to) {
  if (from != to) uses_[to] += uses_[from];
}

void rewrite_graph(Graph& graph, GraphFacts& facts, const std::function<Expr(Expr)>& change) {
  rewrite_graph(graph, [&](Expr original, Expr e) {
    facts.note_replacement(original, e);
    const Expr result = change(e);
    facts.note_replacement(e, result);
    return result;
  });
}

namespace {

constexpr int kMostRounds = 100;

bool is_static_node(Expr e) {
  return is_static(e->shape) && std::all_of(e->sources.begin(), e->sources.end(),
                                            [](Expr s) { return is_static(s->shape); });
}

/// One pass over a graph, sources before users.
class Round {
 public:
  Round(const Graph& graph, const RewriteOptions& options, RuleCounts& counts)
      : facts_(graph),
        options_(options),
        counts_(counts),
        simplifier_({}, options.fast ? Precision::fast : Precision::exact) {}

  void run(Graph& graph) {
    rewrite_graph(graph, facts_, [&](Expr e) {
      return better(is_elementwise(e->op) ? simplifier_.normal(e) : e);
    });
  }

 private:
  Expr better(Expr e) {
    if (!is_static_node(e)) return e;
    for (const auto* table : {&kMovementRules, &kSpreadRules, &kConstantRules}) {
      for (const TensorRule& rule : *table) {
        if (options_.exact && rule.exactness != Exactness::exact) continue;
        const Expr other = rule.apply(e, facts_);
        if (!other || other == e) continue;
        ++counts_[rule.name];
        return other;
      }
    }
    return e;
  }

  GraphFacts facts_;
  const RewriteOptions& options_;
  RuleCounts& counts_;
  Simplifier simplifier_;
};

/// Rounds until none changes anything.
void apply_rules(Graph& graph, const RewriteOptions& options, RuleCounts& counts) {
  for (int i = 0; i < kMostRounds; ++i) {
    const std::vector<Expr> before = graph.roots();
    Round(graph, options, counts).run(graph);
    if (graph.roots() == before) return;
  }
  TCC_CHECK(false, "the rewrite rules go in circles");
}

}  // namespace

RuleCounts rewrite(Graph& graph, const RewriteOptions& options) {
  RuleCounts counts;
  drop_weights(graph);
  apply_rules(graph, options, counts);
  fold_constants(graph);
  drop_weights(graph);
  apply_rules(graph, options, counts);
  fold_constants(graph);
  drop_weights(graph);
  return counts;
}

}  // namespace tinycc
