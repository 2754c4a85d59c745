// Merging of kernels of work-groups; see merge.h.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "ir/threads.h"
#include "passes/merge.h"
#include "passes/moves.h"
#include "passes/nest.h"

namespace tinycc {
namespace {

bool same_extents(const std::vector<Expr>& a, const std::vector<Expr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](Expr x, Expr y) { return extent_of(x) == extent_of(y); });
}

/// A map whose first ranges are the groups': each group computes its part, an item an element.
std::optional<Unit> in_lanes(const Draft& draft, const Unit& u, const std::vector<Expr>& groups) {
  const Computation& c = *u.parts[0];
  const bool plain = u.parts.size() == 1 && !reduction_in(c.value) && !c.ordered && !c.fills_halo &&
                     c.outermost.empty() && c.ranges.size() > groups.size() &&
                     !has_threads(u.kernel.body);
  if (!plain) return {};
  std::string lanes, around;
  for (size_t i = 0; i < c.ranges.size(); ++i) {
    const bool group = i < groups.size();
    if (group && extent_of(c.ranges[i]) != extent_of(groups[i])) return {};
    (group ? around : lanes) += " " + c.ranges[i]->attr.name;
  }
  Unit unit = u;
  unit.kernel.schedule = fmt::format("lane{}; group{}", lanes, around);
  try {
    unit.kernel.body = apply_schedule(plain_nest(draft, c), unit.kernel.schedule);
  } catch (const IllegalMove&) {
    return {};
  }
  return unit;
}

void collect(const StmtRef& s, std::set<int64_t>& read, std::set<int64_t>& written) {
  visit_accesses(s, [&](int64_t id, const std::vector<Expr>&, bool is_store) {
    (is_store ? written : read).insert(id);
  });
}

/// Does the second write what the first touches?
bool overwrites(const StmtRef& first, const StmtRef& second) {
  std::set<int64_t> read, written, later_read, later_written;
  collect(first, read, written);
  collect(second, later_read, later_written);
  return std::ranges::any_of(later_written,
                             [&](int64_t id) { return read.contains(id) || written.contains(id); });
}

/// Does the second read what the first writes? Else they had better be two kernels, that can overlap.
bool follows(const StmtRef& first, const StmtRef& second) {
  std::set<int64_t> read, written, later_read, later_written;
  collect(first, read, written);
  collect(second, later_read, later_written);
  return std::ranges::any_of(later_read, [&](int64_t id) { return written.contains(id); });
}

}  // namespace

std::optional<Unit> merged_groups(const Draft& draft, const Unit& first, const Unit& second) {
  if (first.kernel.body->kind != StmtKind::loop || first.parts[0]->loop != second.parts[0]->loop ||
      first.parts.size() >= kMostParts || second.parts.size() > 1)
    return {};
  const LoopNest groups = nest_of(first.kernel.body, LoopKind::group);
  const std::optional<Unit> other = has_groups(second.kernel.body)
                                        ? std::optional(second)
                                        : in_lanes(draft, second, groups.ranges);
  if (!other || other->kernel.body->kind != StmtKind::loop) return {};
  const LoopNest more = nest_of(other->kernel.body, LoopKind::group);
  if (!same_extents(groups.ranges, more.ranges)) return {};
  std::vector<std::pair<Expr, Expr>> same;
  for (size_t i = 0; i < groups.ranges.size(); ++i)
    same.emplace_back(more.ranges[i], groups.ranges[i]);
  const StmtRef moved = substitute(more.body, same);
  if (overwrites(groups.body, moved) || !follows(groups.body, moved)) return {};
  Unit unit = first;
  StmtRef body = seq({groups.body, moved});
  for (size_t i = groups.ranges.size(); i-- > 0;)
    body = loop(groups.ranges[i], body, LoopKind::group);
  unit.kernel.body = with_barriers(body);
  if (!group_conflict(unit.kernel.body).empty() ||
      shared_bytes(unit.kernel.body) > draft.target.shared_bytes)
    return {};
  add_parts(unit, *other);
  return unit;
}

}  // namespace tinycc
