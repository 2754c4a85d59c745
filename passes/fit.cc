// A program whose arena fits what it may take, of each of its memories and of all together: as it comes,
// or in bands, or an error that says what it takes. See build_program.h.
#include <algorithm>

#include <fmt/format.h>

#include "passes/build_program.h"

namespace tinycc {
namespace {

/// Bytes beyond `ram` (0: any number) and beyond what its memories have; 0 or less: it fits.
int64_t excess(const Program& program, int64_t ram) {
  int64_t most = ram > 0 ? program.arena_bytes - ram : 0;
  for (const Bank& m : program.memories) most = std::max(most, m.bytes - m.size);
  return most;
}

/// The first call of the step that has most alive, of several memories in the last.
std::string largest_step(const Program& program) {
  std::map<int64_t, int64_t> alive;  // bytes, by step
  const size_t last = std::max<size_t>(program.memories.size(), 1) - 1;
  for (const auto& [id, p] : program.buffers) {
    if (p.offset < 0 || place_in_memory(program, p.offset).memory != last) continue;
    for (int64_t t = p.first; t <= p.last; ++t) alive[t] += p.buffer->bytes();
  }
  const auto most = std::max_element(
      alive.begin(), alive.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == alive.end() || most->first >= std::ssize(program.steps)) return program.name;
  const Step* step = &program.steps[static_cast<size_t>(most->first)];
  const std::string what = step->nodes.empty() ? step->computes : step->nodes.back();
  return what.empty() ? "step " + std::to_string(most->first) : what;
}

/// The program in bands, with the smallest arena that is no smaller than need be.
Program in_bands(const Draft& draft, const MovesOf& moves, int64_t ram) {
  for (int64_t limit = ram; limit > ram / 2;) {  // less where a plan leaves gaps
    const std::optional<Banded> banded = with_bands(draft, limit);
    if (!banded) break;
    Program program = build_program(*banded, moves, ram);
    const int64_t more = excess(program, ram);
    if (more <= 0) return program;
    limit -= std::max<int64_t>(more, 8);
  }
  Program least = build_program(*with_bands(draft, 0), moves, ram);
  Program other = build_program(*with_bands(draft, -1), moves, ram);
  return excess(other, ram) < excess(least, ram) ? other : least;
}

[[noreturn]] void refuse(const Program& least, int64_t ram) {
  const std::string what = "most is needed by " + largest_step(least) +
                           (least.target.prefer == Prefer::ram ? "" : "; prefer=ram may need less");
  if (least.memories.empty() || excess(least, 0) <= 0)
    throw Error(ExitCode::unsupported,
                fmt::format("the arena cannot be made as small as {} bytes: it takes {}", ram,
                            least.arena_bytes),
                what);
  std::string all;
  for (const Bank& m : least.memories)
    all += fmt::format("{} {} {} of {} bytes", all.empty() ? "" : ",", m.name, m.bytes, m.size);
  throw Error(ExitCode::unsupported, "the memories are too small:" + all, what);
}

/// `ram` bytes are enough, and what the memories have, or an error says what is needed.
Program within(int64_t ram, const Draft& draft, const MovesOf& moves) {
  Program least = in_bands(draft, moves, ram);
  if (excess(least, ram) > 0) {
    Program other = in_bands(with_rows_outermost(draft), moves, ram);
    if (excess(other, ram) < excess(least, ram)) least = std::move(other);
  }
  if (excess(least, ram) > 0) refuse(least, ram);
  return least;
}

}  // namespace

Program build_program(Draft draft, const MovesOf& moves, int64_t ram) {
  int64_t all = 0;
  for (const Bank& m : draft.target.memories) all += m.size;
  if (ram == 0 && all == 0) return build_program(Banded{std::move(draft), {}}, moves);
  Program program = build_program(Banded{draft, {}}, moves, ram);
  if (excess(program, ram) <= 0) return program;
  if (draft.target.prefer != Prefer::ram) refuse(program, ram);
  return within(ram > 0 && all > 0 ? std::min(ram, all) : std::max(ram, all), draft, moves);
}

}  // namespace tinycc
