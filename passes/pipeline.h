// The passes in their order, as data: a row has the name that --print-after takes and the function.
// The driver runs the rows, verifies after each, prints and times what was asked for.
#pragma once

#include <span>

#include "passes/decide.h"
#include "passes/draft.h"

namespace tinycc {

/// What passes on graphs may do.
struct GraphOptions {
  Target target;
  bool exact = false;  // nothing that rounds otherwise than the model says
  Decide decide = {};  // which algorithm
};

struct GraphPass {
  const char* name;
  void (*run)(Graph& graph, const GraphOptions& options);
};
struct DraftPass {
  const char* name;
  void (*run)(Draft& draft, const Decide& decide);
};

/// Graph → graph.
std::span<const GraphPass> graph_passes();
/// On a lowered draft, before kernels are made of it.
std::span<const DraftPass> draft_passes();
/// A rewritten graph, lowered, after the passes on drafts.
Draft lowered(const Graph& graph, const Target& target, const Decide& decide = {});
/// Names of all passes, "lower" and "schedule" between and behind them included.
std::vector<std::string> pass_names();

/// One line a computation, "for c 64, y 56: conv[0, c, y] = max(…)"; buffers with their layouts.
std::string to_text(const Draft& draft);

}  // namespace tinycc
