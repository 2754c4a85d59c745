// Graph → graph: simpler, with the same meaning. Rules on elements (ir/rules.h), rules on tensors
// (passes/tensor_rules.h) and the evaluation of constant parts, until nothing changes.
#pragma once

#include <map>

#include "ir/graph.h"

namespace tinycc {

struct RewriteOptions {
  bool exact = false;  // only what keeps every bit: no folding of scales into weights
  bool fast = false;   // also Domain::fast
};

/// How often each rule of tensors was applied, by its name.
using RuleCounts = std::map<std::string_view, int>;

/// Errors: Error(internal) when the rules go in circles.
RuleCounts rewrite(Graph& graph, const RewriteOptions& options = {});

}  // namespace tinycc
