// Threads without search; see share.h. Times are rough on purpose: they decide only whether a kernel
// takes much longer than threads need to meet (half a microsecond if they are awake).
#include "passes/share.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "ir/threads.h"

namespace tinycc {
namespace {

constexpr double kBytesPerNs = 16;     // from the second-level cache, by one core
constexpr double kScalarPerNs = 1;     // floating-point operations, one after the other
constexpr double kLanePerNs = 2.5;     // in each lane of a vector
constexpr double kDeeperCosts = 0.03;  // share of the time, for each loop further in
constexpr double kPairCosts = 0.01;    // the same, for two loops shared as one

/// Nanoseconds on one thread.
double time_of(const Kernel& k, const Target& target) {
  const double lanes = static_cast<double>(target.lanes()) * (target.fma ? 2 : 1);
  const double rate = has_loop(k.body, LoopKind::vector) ? kLanePerNs * lanes : kScalarPerNs;
  const auto bytes = static_cast<double>(k.bytes_read + k.bytes_written);
  return std::max(static_cast<double>(k.flops) / rate, bytes / kBytesPerNs);
}

int64_t worthwhile(const Kernel& k, const Target& target) {
  if (target.thread_ns == 0) return target.threads;
  const double most = time_of(k, target) / static_cast<double>(target.thread_ns);
  return static_cast<int64_t>(std::min(most, static_cast<double>(target.threads)));
}

/// Stores that a statement makes.
double stores(const StmtRef& s) {
  double sum = s->kind == StmtKind::store ? 1 : 0;
  for (const StmtRef& part : s->body) sum += stores(part);
  return s->kind == StmtKind::loop ? sum * static_cast<double>(extent_of(s->range)) : sum;
}

/// Serial loops nested perfectly, outermost first: those of the statement with the most stores.
std::vector<Expr> main_nest(StmtRef s) {
  if (s->kind == StmtKind::seq) {
    s = *std::max_element(s->body.begin(), s->body.end(),
                          [](const auto& a, const auto& b) { return stores(a) < stores(b); });
  }
  std::vector<Expr> ranges;
  for (; s->kind == StmtKind::loop && s->loop == LoopKind::serial; s = s->body[0])
    ranges.push_back(s->range);
  return ranges;
}

StmtRef with_loops(const StmtRef& tree, const std::vector<Expr>& ranges, LoopKind kind) {
  return rewrite_stmt(tree, [&](const StmtRef& s) {
    const bool shared =
        s->kind == StmtKind::loop && std::count(ranges.begin(), ranges.end(), s->range) != 0;
    return shared ? loop(s->range, s->body[0], kind) : s;
  });
}

/// How much of the threads' time is work: 1 where all have as many turns.
double balance(int64_t turns, int64_t parts) {
  const int64_t most = (turns + parts - 1) / parts;
  return static_cast<double>(turns) / static_cast<double>(most * parts);
}

struct Choice {
  std::vector<Expr> ranges;
  double value = 0;
};

/// Loops that are nested perfectly, `most` at once, best by value(first, last, turns) first; of equals
/// the outer.
template <typename Value>
std::vector<Choice> choices(const std::vector<Expr>& nest, size_t most, Value value) {
  std::vector<Choice> all;
  const auto better = [](const Choice& a, const Choice& b) { return a.value > b.value; };
  for (size_t first = 0; first < nest.size(); ++first) {
    double turns = 1;
    for (size_t last = first; last < std::min(first + most, nest.size()); ++last) {
      turns *= static_cast<double>(extent_of(nest[last]));
      const Choice c{{nest.begin() + static_cast<ptrdiff_t>(first),
                      nest.begin() + static_cast<ptrdiff_t>(last) + 1},
                     value(first, last, turns)};
      if (turns > 1) all.insert(std::upper_bound(all.begin(), all.end(), c, better), c);
    }
  }
  return all;
}

/// For threads: all loops, and all pairs of neighbours.
std::vector<Choice> thread_choices(const std::vector<Expr>& nest, int64_t parts) {
  return choices(nest, 2, [&](size_t first, size_t last, double turns) {
    return balance(static_cast<int64_t>(turns), parts) - kDeeperCosts * static_cast<double>(last) -
           (last > first ? kPairCosts : 0);
  });
}

/// For a device: any number of loops, those with the most turns. (A loop whose end is symbolic is
/// shared alone; the proof refuses the others.)
std::vector<Choice> device_choices(const std::vector<Expr>& nest) {
  return choices(nest, nest.size(), [](size_t, size_t, double turns) { return turns; });
}

int64_t turns_of(const StmtRef& s) {
  int64_t most = 1;
  if (s->kind == StmtKind::loop && s->loop == LoopKind::thread) return shared_by(s).turns();
  for (const StmtRef& part : s->body) most = std::max(most, turns_of(part));
  return most;
}

int64_t groups_of(const StmtRef& s) {
  if (s->kind == StmtKind::loop && s->loop == LoopKind::group)
    return nest_of(s, LoopKind::group).turns();
  int64_t most = 1;
  for (const StmtRef& part : s->body) most = std::max(most, groups_of(part));
  return most;
}

/// Marks the loops of the first choice that keeps apart; their names, " y x", or "" where none does.
std::string mark_first(Kernel& kernel, const std::vector<Choice>& all) {
  for (const Choice& c : all) {
    const StmtRef body = with_loops(kernel.body, c.ranges, LoopKind::thread);
    if (!thread_conflict(body).empty()) continue;
    kernel.body = body;
    std::string names;
    for (Expr r : c.ranges) names += " " + r->attr.name;
    return names;
  }
  return "";
}

/// Every statement is shared by itself; those that are not are for the first work-item.
std::string mark_on_device(Kernel& kernel) {
  if (kernel.body->kind != StmtKind::seq)
    return mark_first(kernel, device_choices(main_nest(kernel.body)));
  std::string names;
  for (size_t part = 0; part < kernel.body->body.size(); ++part)
    names += mark_first(kernel, device_choices(main_nest(kernel.body->body[part])));
  return names;
}

bool is_shared_array(const StmtRef& s) {
  return s->kind == StmtKind::alloc && s->buffer->space == Space::shared;
}

/// for b { alloc shared; for i { A }; for j { B } }  →  for b group { alloc; for i lane { A }; for j lane { B } }
std::optional<StmtRef> in_groups(const StmtRef& s) {
  if (s->kind == StmtKind::loop) {
    const std::optional<StmtRef> body = in_groups(s->body[0]);
    return body ? std::optional(loop(s->range, *body, LoopKind::group)) : std::nullopt;
  }
  if (s->kind != StmtKind::seq || !is_shared_array(s->body[0])) return {};
  std::vector<StmtRef> parts;
  for (const StmtRef& part : s->body) {
    const std::vector<Choice> all = device_choices(main_nest(part));
    if (all.empty() && !is_shared_array(part)) return {};
    parts.push_back(all.empty() ? part : with_loops(part, all[0].ranges, LoopKind::lane));
  }
  return seq(std::move(parts));
}

/// Arrays that groups cannot share are an item's own.
StmtRef with_own_arrays(const StmtRef& body) {
  std::map<int64_t, BufferRef> own;
  return rewrite_stmt(body, [&](const StmtRef& s) -> StmtRef {
    if (!s->buffer || s->buffer->space != Space::shared) return s;
    BufferRef& b = own[s->buffer->id];
    if (!b) {
      Buffer local = *s->buffer;
      local.space = Space::local;
      b = std::make_shared<const Buffer>(std::move(local));
    }
    return is_shared_array(s) ? alloc(b) : store(b, s->index, s->value);
  });
}

/// Blocks that one computation hands to the next stay with a group, where it can be proven that its items
/// meet only at barriers. What else the kernel does comes first: some drivers (PoCL 3.1) lose track of
/// items behind a condition with barriers.
void mark_blocks(Kernel& kernel) {
  std::vector<StmtRef> parts =
      kernel.body->kind == StmtKind::seq ? kernel.body->body : std::vector{kernel.body};
  const auto block =
      std::ranges::find_if(parts, [](const StmtRef& s) { return shared_bytes(s) > 0; });
  if (block == parts.end()) return;
  const std::optional<StmtRef> groups = in_groups(*block);
  if (groups) *block = with_barriers(*groups);
  std::rotate(block, block + 1, parts.end());
  const StmtRef body = seq(parts);
  if (!groups || !thread_conflict(body).empty()) {
    kernel.body = with_own_arrays(kernel.body);
    return;
  }
  kernel.schedule += "; group";
  for (Expr r : nest_of(parts.back(), LoopKind::group).ranges)
    kernel.schedule += " " + r->attr.name;
  kernel.body = body;
}

/// What stands beside groups of items is shared as well.
void mark_beside_groups(Kernel& kernel, const Target& target) {
  kernel.group = items_of_group(kernel.body, matrix_form(target.matrix));
  if (kernel.body->kind == StmtKind::seq) {
    for (size_t part = 0; part < kernel.body->body.size(); ++part) {
      if (!has_threads(kernel.body->body[part]))
        mark_first(kernel, device_choices(main_nest(kernel.body->body[part])));
    }
  }
  kernel.parts = std::max(turns_of(kernel.body), groups_of(kernel.body) * kernel.group);
}

}  // namespace

void share_among_threads(Kernel& kernel, const Target& target) {
  if (target.threads < 2) return;
  if (target.shares_blocks()) mark_blocks(kernel);
  if (has_groups(kernel.body)) return mark_beside_groups(kernel, target);
  if (has_threads(kernel.body)) {
    kernel.parts = std::min(target.threads, turns_of(kernel.body));
    return;
  }
  const int64_t parts = target.is_device() ? target.threads : worthwhile(kernel, target);
  if (parts < 2) return;
  const std::string names = target.is_device()
                                ? mark_on_device(kernel)
                                : mark_first(kernel, thread_choices(main_nest(kernel.body), parts));
  if (names.empty()) return;
  kernel.parts = std::min(parts, turns_of(kernel.body));
  kernel.schedule += (kernel.schedule.empty() ? "thread" : "; thread") + names;
}

}  // namespace tinycc
