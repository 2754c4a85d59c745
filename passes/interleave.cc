// Rows side by side; see interleave.h.
#include "passes/interleave.h"

#include <algorithm>

#include <fmt/format.h>

#include "passes/moves.h"

namespace tinycc {
namespace {

constexpr int64_t kRows[] = {4, 2};  // as many as fit
constexpr int64_t kOfL1 = 4;         // share of the nearest cache for what is kept of them

/// The innermost of the loops around everything; null where there is none.
StmtRef row_loop(StmtRef s) {
  StmtRef found;
  for (; s->kind == StmtKind::loop && s->loop == LoopKind::serial; s = s->body[0]) found = s;
  return s->kind == StmtKind::seq ? found : nullptr;
}

/// Bytes of the arrays that one turn of the loop keeps.
int64_t kept_bytes(const StmtRef& loop) {
  int64_t bytes = 0;
  walk(loop, [&](const Stmt& s) {
    if (s.kind == StmtKind::alloc && s.buffer->space == Space::local) bytes += s.buffer->bytes();
  });
  return bytes;
}

/// Are there sums that end with one over the lanes of a vector?
bool has_partial_sums(const Unit& u) {
  return u.parts.size() > 1 && u.kernel.schedule.find("lanes ") != std::string::npos;
}

}  // namespace

void interleave_rows(Unit& unit, const Target& target) {
  Kernel& k = unit.kernel;
  const StmtRef rows = row_loop(k.body);
  if (!rows || !has_partial_sums(unit) || !rows->range->sources.empty() ||
      find_range(k.body, rows->range->attr.name) != rows->range)
    return;
  const int64_t bytes = kept_bytes(rows);
  for (const int64_t count : kRows) {
    const int64_t extent = extent_of(rows->range);
    if (extent % count != 0 || extent == count || bytes * count > target.l1_bytes / kOfL1) continue;
    const std::string name = rows->range->attr.name;
    k.body =
        mark(into_registers(tile(k.body, name, count), {name + "i"}), name + "i", LoopKind::unroll);
    k.schedule += fmt::format(" | tile {0} {1}; register {0}i; unroll {0}i", name, count);
    return;
  }
}

}  // namespace tinycc
