// Promises about who calls whom, over all files together, since a library may be sharded: no
// recursion, and no function from elsewhere. Any mention of a function counts as a call, so that
// one passed to the stub's thread pool is followed too.
#include <map>

#include "compiler/check/judge.h"

namespace tinycc {

namespace {

using Graph = std::map<std::string, std::vector<const Mention*>>;

Finding finding(const Mention& mention, const char* rule, const std::string& message) {
  Finding result = mention.at;
  result.rule = rule;
  result.message = message;
  return result;
}

Graph graph_of(std::span<const Facts> facts) {
  Graph graph;
  for (const Facts& unit : facts) {
    for (const Mention& mention : unit.mentions) graph[mention.caller].push_back(&mention);
  }
  return graph;
}

/// Depth first; every cycle contains a mention that leads back to a function still being visited.
class CycleSearch {
 public:
  explicit CycleSearch(const Graph& graph) : graph_(graph) {}

  void visit(const std::string& function) {
    if (!state_.emplace(function, State::open).second) return;
    if (const auto calls = graph_.find(function); calls != graph_.end()) {
      for (const Mention* mention : calls->second) follow(*mention);
    }
    state_[function] = State::done;
  }

  std::vector<Finding> found;

 private:
  enum class State { open, done };

  void follow(const Mention& mention) {
    const auto callee = state_.find(mention.callee);
    if (callee == state_.end()) {
      visit(mention.callee);
    } else if (callee->second == State::open) {
      found.push_back(finding(mention, "recursion",
                              mention.caller + " calls " + mention.callee + ", which is active"));
    }
  }

  const Graph& graph_;
  std::map<std::string, State> state_;
};

}  // namespace

std::vector<Finding> recursion(std::span<const Facts> facts) {
  const Graph graph = graph_of(facts);
  CycleSearch search(graph);
  for (const auto& [function, calls] : graph) search.visit(function);
  return search.found;
}

std::vector<Finding> unknown_externals(std::span<const Facts> facts,
                                       std::span<const std::string> allowed) {
  // NAN of <math.h> is a call that no compiler makes.
  std::set<std::string> known(allowed.begin(), allowed.end());
  known.insert("nanf");
  for (const Facts& unit : facts) known.insert(unit.defined.begin(), unit.defined.end());
  std::vector<Finding> found;
  for (const Facts& unit : facts) {
    if (unit.role != Role::library) continue;
    for (const Mention& mention : unit.mentions) {
      if (known.contains(mention.callee)) continue;
      found.push_back(finding(mention, "external",
                              mention.callee + " is neither defined here nor listed as allowed"));
    }
  }
  return found;
}

}  // namespace tinycc
