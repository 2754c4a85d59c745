// The plan of the arena: as a table, step by tensor, for people, and as members of a union.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "emitters/host_files.h"

namespace tinycc {

namespace {

constexpr size_t kMatrixSteps = 12;  // plans of more steps are listed, not drawn

/// Buffers of a memory by offset, then by first step.
std::vector<const Placed*> arena_order(const Program& program, size_t memory) {
  std::vector<const Placed*> out;
  for (const auto& [id, placed] : program.buffers) {
    if (placed.offset >= 0 && place_in_memory(program, placed.offset).memory == memory)
      out.push_back(&placed);
  }
  std::ranges::sort(out, {},
                    [](const Placed* p) { return std::tuple(p->offset, p->first, p->buffer->id); });
  return out;
}

std::string uses_matrix(const Uses& uses, size_t steps) {
  std::string out;
  for (size_t i = 0; i < steps; ++i) {
    const bool read = i < uses.reads.size() && uses.reads[i];
    const bool written = i < uses.writes.size() && uses.writes[i];
    out += right_aligned(read && written ? "RW" : (read ? "R" : (written ? "W" : "")), 5);
  }
  return out;
}

std::string uses_span(const Uses& uses) {
  size_t first = uses.reads.size(), last = 0;
  for (size_t i = 0; i < uses.reads.size(); ++i) {
    if (!uses.reads[i] && !uses.writes[i]) continue;
    first = std::min(first, i);
    last = i;
  }
  return fmt::format("{} .. {}", std::min(first, last), last);
}

/// Rows of the plan as cells: name, uses, offset, bytes.
using PlanRow = std::array<std::string, 4>;

std::vector<PlanRow> plan_rows(const Names& names, size_t memory, bool matrix) {
  const Program& program = names.program();
  const size_t steps = program.steps.size();
  std::string head;
  for (size_t i = 0; i < steps && matrix; ++i) head += right_aligned(fmt::format("{}", i), 5);
  std::vector<PlanRow> rows{
      {matrix ? "step" : "tensor", matrix ? head : "steps", "offset", "bytes"}};
  std::map<int64_t, Uses> uses = uses_of(program);
  for (const Placed* p : arena_order(program, memory)) {
    const Uses& use = uses[p->buffer->id];
    rows.push_back({names.member(p->buffer->id), matrix ? uses_matrix(use, steps) : uses_span(use),
                    thousands(place_in_memory(program, p->offset).offset),
                    thousands(p->buffer->bytes())});
    if (p->same_as >= 0) rows.back()[3] += "  in place of " + names.member(p->same_as);
  }
  return rows;
}

}  // namespace

std::string plan_text(const Names& names, size_t memory) {
  const std::vector<PlanRow> rows =
      plan_rows(names, memory, names.program().steps.size() <= kMatrixSteps);
  if (rows.size() == 1 && !names.program().memories.empty()) return " *     empty";
  if (rows.size() == 1) return " *     empty: every kernel writes an output";
  std::array<size_t, 4> widths{};
  for (const PlanRow& row : rows) {
    for (size_t c = 0; c < 4; ++c) {
      widths[c] = std::max(widths[c], std::min(row[c].find("  in"), row[c].size()));
    }
  }
  std::vector<std::string> lines;
  for (const PlanRow& row : rows) {
    const size_t note = std::min(row[3].find("  in"), row[3].size());
    lines.push_back(" *     " + left_aligned(row[0], widths[0]) + "  " +
                    right_aligned(row[1], widths[1]) + "   " + right_aligned(row[2], widths[2]) +
                    "   " + right_aligned(row[3].substr(0, note), widths[3]) + row[3].substr(note));
  }
  return join(lines, "\n");
}

std::string arena_members(const Names& names, size_t memory) {
  std::string out;
  for (const Placed* p : arena_order(names.program(), memory)) {
    const int64_t id = p->buffer->id,
                  offset = place_in_memory(names.program(), p->offset).offset;
    TCC_CHECK(p->offset % bytes_of(p->buffer->dtype) == 0,
              fmt::format("the offset of {} breaks its alignment", names.member(id)));
    out += offset == 0
               ? fmt::format("{} {};\n", names.type(id), names.member(id))
               : fmt::format("struct {{\n    unsigned char skip[{}];\n    {} tensor;\n}} {};\n",
                             offset, names.type(id), names.member(id));
  }
  return out;
}

}  // namespace tinycc
