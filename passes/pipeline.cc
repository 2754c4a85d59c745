// The table of passes; see pipeline.h.
#include "passes/pipeline.h"

#include <fmt/format.h>

#include "ir/print.h"
#include "passes/block.h"
#include "passes/clip.h"
#include "passes/half.h"
#include "passes/integers.h"
#include "passes/layout.h"
#include "passes/limits.h"
#include "passes/offsets.h"
#include "passes/place_views.h"
#include "passes/quads.h"
#include "passes/rewrite.h"
#include "passes/settle_dims.h"
#include "passes/weight_only.h"
#include "passes/winograd.h"

namespace tinycc {
namespace {

/// Vectors of floats take a multiply-add an instruction, those of integers two and more.
bool is_fast_in_floats(const Target& target) {
  return target.has_vectors() && !target.is_device() && target.prefer == Prefer::speed &&
         !target.sums_quads() && !target.sums_wide();
}

/// What is computed from here on: the self-test's numbers come from what the first pass leaves.
void settle(Graph& graph, const GraphOptions& options) {
  const Target& t = options.target;
  settle_dims(graph);
  if (!options.exact && !is_fast_in_floats(t))
    use_integers(graph, !t.is_scalar() || t.has_frames());
  if (!options.exact && !t.is_device()) scale_after_sums(graph);
}

constexpr GraphPass kGraphPasses[] = {
    {"settle-dims", settle},
    {"rewrite",
     [](Graph& graph, const GraphOptions& options) { rewrite(graph, {.exact = options.exact}); }},
    {"views", [](Graph& graph, const GraphOptions&) { place_views(graph); }},
    {"winograd",
     [](Graph& graph, const GraphOptions& options) {
       if (!options.exact) use_winograd(graph, options.target, options.decide);
     }},
};

constexpr DraftPass kDraftPasses[] = {
    {"limits", [](Draft& draft, const Decide&) { limit_loops(draft); }},
    {"clip", [](Draft& draft, const Decide&) { clip_sums(draft); }},
    {"quads", [](Draft& draft, const Decide&) { fill_quads(draft); }},
    {"offsets", [](Draft& draft, const Decide&) { fold_offsets(draft); }},
    {"block",
     [](Draft& draft, const Decide&) {
       const Target& t = draft.target;
       if (t.shares_blocks()) {
         block_pairs(draft);
         join_siblings(draft);
       }
       if (!t.has_vectors() || t.is_device() || t.prefer != Prefer::speed || t.threads != 1) return;
       block_chains(draft);
       block_pairs(draft);
     }},
    {"layout",
     [](Draft& draft, const Decide& decide) {
       const bool idioms = draft.target.is_scalar() && draft.target.dot != Dot::none;
       if (draft.target.has_vectors() || idioms) choose_layouts(draft, decide);
     }},
    {"half", [](Draft& draft, const Decide&) { store_as_half(draft); }},
};

}  // namespace

std::span<const GraphPass> graph_passes() { return kGraphPasses; }
std::span<const DraftPass> draft_passes() { return kDraftPasses; }

Draft lowered(const Graph& graph, const Target& target, const Decide& decide) {
  Draft draft = lower_graph(graph, target);
  for (const DraftPass& pass : kDraftPasses) pass.run(draft, decide);
  return draft;
}

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const GraphPass& p : kGraphPasses) names.emplace_back(p.name);
  names.emplace_back("lower");
  for (const DraftPass& p : kDraftPasses) names.emplace_back(p.name);
  names.emplace_back("schedule");
  return names;
}

std::string to_text(const Draft& draft) {
  std::string out;
  for (const Computation& c : draft.computations) {
    std::string ranges, index;
    for (Expr r : c.ranges)
      ranges += fmt::format("{}{} {}{}", ranges.empty() ? "for " : ", ", r->attr.name, extent_of(r),
                            r->sources.empty() ? "" : " upto " + to_text(r[0]));
    for (Expr i : c.index) index += (index.empty() ? "" : ", ") + to_text(i);
    out += fmt::format("{}{}{}[{}] = {}\n", ranges, ranges.empty() ? "" : ": ",
                       draft.buffers.at(c.target).name, index, to_text(c.value));
  }
  return out;
}

}  // namespace tinycc
