// Roots, origins and rewriting of a graph; see graph.h.
#include "ir/graph.h"

#include <algorithm>

namespace tinycc {
namespace {

/// Adds what is not noted yet.
void merge(Origin& into, const Origin& from) {
  for (const std::string& name : from.nodes) {
    if (std::find(into.nodes.begin(), into.nodes.end(), name) == into.nodes.end()) {
      into.nodes.push_back(name);
    }
  }
  if (into.computes.empty()) into.computes = from.computes;
}

Expr with_new_sources(Expr node, const std::unordered_map<Expr, Expr>& replaced) {
  std::vector<Expr> sources;
  for (Expr s : node->sources) sources.push_back(replaced.at(s));
  return sources == node->sources ? node : node->pool->with_sources(node, std::move(sources));
}

void move_origin(Graph& graph, Expr from, Expr to) {
  const auto found = graph.origins.find(from);
  if (from == to || found == graph.origins.end()) return;
  const Origin origin = std::move(found->second);
  graph.origins.erase(found);
  merge(graph.origins[to], origin);
}

}  // namespace

std::vector<Expr> Graph::roots() const {
  std::vector<Expr> roots;
  for (const GraphOutput& o : outputs) roots.push_back(o.value);
  for (const GraphState& s : states) roots.push_back(s.next);
  return roots;
}

void Graph::note_origin(Expr node, const std::string& node_name, const std::string& computes) {
  merge(origins[node], {{node_name}, computes});
}

std::vector<Expr> topological_with_dims(std::vector<Expr> roots) {
  while (true) {
    const std::vector<Expr> order = topological(roots);
    const std::unordered_set<Expr> seen(order.begin(), order.end());
    std::vector<Expr> missing;
    for (Expr e : order) {
      for (const Dim& d : e->shape) {
        if (d.value && !seen.contains(d.value)) missing.push_back(d.value);
      }
    }
    if (missing.empty()) return order;
    roots.insert(roots.begin(), missing.begin(), missing.end());
  }
}

void rewrite_graph(Graph& graph, const std::function<Expr(Expr)>& change) {
  std::unordered_map<Expr, Expr> replaced;
  for (Expr node : topological(graph.roots())) {
    const Expr changed = change(with_new_sources(node, replaced));
    replaced.emplace(node, changed);
    move_origin(graph, node, changed);
  }
  for (GraphOutput& o : graph.outputs) o.value = replaced.at(o.value);
  for (GraphState& s : graph.states) s.next = replaced.at(s.next);
}

}  // namespace tinycc
