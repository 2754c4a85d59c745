// Schedules of work-groups (ir/groups.h) as moves, without search: tiles of products, and long sums for few
// results, which a group each adds up. In: a computation. Out: statements, where that is legal and the
// target has groups.
//
//   for y x { Σk A[y,k] * B[k,x] }  →  for yo group, xo group { for ko {
//       panel = A[yo,ko]; panel_2 = B[ko,xo]; for yl lane, xl lane { for k { for y x {…} } } } }
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "passes/schedule.h"

namespace tinycc {

std::optional<Scheduled> scheduled_in_groups(const Draft& draft, const Computation& computation);

/// Tiles of a product worth trying, the fastest by the estimate first; all are legal. sizes: whether of
/// matrices, then those of the group and of the item.
struct GroupProposal {
  std::string moves;
  std::array<int64_t, 5> sizes;
  double cycles = 0;
};
std::vector<GroupProposal> group_proposals(const Draft& draft, const Computation& computation,
                                           size_t most);

/// The nest of what is in no groups, on a device that has them: `best`, or less, since many items side by
/// side hide latency better than tiles do.
Nest nest_beside_groups(const Draft& draft, const Computation& computation, Nest best);

}  // namespace tinycc
