// Roots, origins and rewriting of a graph; see graph.h.
#include "ir/graph.h"

#include <algorithm>
#include <set>

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
  std::set<Expr, ById> lengths;  // those that others depend on were made before
  while (true) {
    std::vector<Expr> all(lengths.begin(), lengths.end());
    all.insert(all.end(), roots.begin(), roots.end());
    const std::vector<Expr> order = topological(all);
    const size_t before = lengths.size();
    for (Expr e : order) {
      for (const Dim& d : e->shape) {
        if (d.value) lengths.insert(d.value);
      }
    }
    if (lengths.size() == before) return order;
  }
}

void rewrite_graph(Graph& graph, const std::function<Expr(Expr)>& change) {
  rewrite_graph(graph, [&](Expr, Expr e) { return change(e); });
}

void rewrite_graph(Graph& graph, const std::function<Expr(Expr, Expr)>& change) {
  std::unordered_map<Expr, Expr> replaced;
  for (Expr node : topological(graph.roots())) {
    const Expr changed = change(node, with_new_sources(node, replaced));
    replaced.emplace(node, changed);
    move_origin(graph, node, changed);
  }
  for (GraphOutput& o : graph.outputs) o.value = replaced.at(o.value);
  for (GraphState& s : graph.states) s.next = replaced.at(s.next);
}

}  // namespace tinycc
