// Threads without search; see share.h. Times are rough on purpose: they decide only whether a kernel
// takes much longer than threads need to meet (half a microsecond if they are awake).
#include "passes/share.h"

#include <algorithm>

#include <fmt/format.h>

#include "ir/threads.h"

namespace tinycc {
namespace {

constexpr double kBytesPerNs = 16;     // from the second-level cache, by one core
constexpr double kScalarPerNs = 1;     // floating-point operations, one after the other
constexpr double kLanePerNs = 2.5;     // in each lane of a vector
constexpr double kDeeperCosts = 0.03;  // share of the time, for each loop further in
constexpr double kPairCosts = 0.01;    // the same, for two loops shared as one

bool has_vectors(const StmtRef& s) {
  bool found = false;
  walk(s, [&](const Stmt& part) {
    found |= part.kind == StmtKind::loop && part.loop == LoopKind::vector;
  });
  return found;
}

/// Nanoseconds on one thread.
double time_of(const Kernel& k, const Target& target) {
  const double lanes = static_cast<double>(target.lanes()) * (target.fma ? 2 : 1);
  const double rate = has_vectors(k.body) ? kLanePerNs * lanes : kScalarPerNs;
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

StmtRef with_threads(const StmtRef& tree, const std::vector<Expr>& ranges) {
  return rewrite_stmt(tree, [&](const StmtRef& s) {
    const bool shared =
        s->kind == StmtKind::loop && std::count(ranges.begin(), ranges.end(), s->range) != 0;
    return shared ? loop(s->range, s->body[0], LoopKind::thread) : s;
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

/// All loops, and all pairs of neighbours, best first; of equals the outer first.
std::vector<Choice> choices(const std::vector<Expr>& nest, int64_t parts) {
  std::vector<Choice> all;
  const auto better = [](const Choice& a, const Choice& b) { return a.value > b.value; };
  for (size_t first = 0; first < nest.size(); ++first) {
    int64_t turns = 1;
    for (size_t last = first; last < std::min(first + 2, nest.size()); ++last) {
      turns *= extent_of(nest[last]);
      const double value = balance(turns, parts) - kDeeperCosts * static_cast<double>(last) -
                           (last > first ? kPairCosts : 0);
      const Choice c{{nest.begin() + static_cast<ptrdiff_t>(first),
                      nest.begin() + static_cast<ptrdiff_t>(last) + 1},
                     value};
      if (turns > 1) all.insert(std::upper_bound(all.begin(), all.end(), c, better), c);
    }
  }
  return all;
}

/// Of a device: loops that are nested perfectly, those with the most turns first; of equals the outer.
std::vector<Choice> device_choices(const std::vector<Expr>& nest) {
  std::vector<Choice> all;
  const auto better = [](const Choice& a, const Choice& b) { return a.value > b.value; };
  for (size_t first = 0; first < nest.size(); ++first) {
    double turns = 1;
    for (size_t last = first; last < nest.size(); ++last) {
      if (last > first && !(nest[last]->sources.empty() && nest[first]->sources.empty())) break;
      turns *= static_cast<double>(extent_of(nest[last]));
      const Choice c{{nest.begin() + static_cast<ptrdiff_t>(first),
                      nest.begin() + static_cast<ptrdiff_t>(last) + 1},
                     turns};
      if (turns > 1) all.insert(std::upper_bound(all.begin(), all.end(), c, better), c);
    }
  }
  return all;
}

int64_t turns_of(const StmtRef& s) {
  int64_t most = 1;
  if (s->kind == StmtKind::loop && s->loop == LoopKind::thread) return shared_by(s).turns();
  for (const StmtRef& part : s->body) most = std::max(most, turns_of(part));
  return most;
}

}  // namespace

namespace {

/// Marks loops of one of the statements that a kernel makes in turn; false: none keeps apart.
bool share_part(Kernel& kernel, size_t part) {
  const bool several = kernel.body->kind == StmtKind::seq;
  const StmtRef now = several ? kernel.body->body[part] : kernel.body;
  for (const Choice& c : device_choices(main_nest(now))) {
    const StmtRef body = with_threads(kernel.body, c.ranges);
    if (!thread_conflict(body).empty()) continue;
    kernel.body = body;
    for (Expr r : c.ranges) kernel.schedule += " " + r->attr.name;
    return true;
  }
  return false;
}

/// Every statement is shared by itself; those that are not are for the first work-item.
void share_on_device(Kernel& kernel) {
  const std::string before = kernel.schedule;
  kernel.schedule.clear();
  const size_t parts = kernel.body->kind == StmtKind::seq ? kernel.body->body.size() : 1;
  bool shared = false;
  for (size_t part = 0; part < parts; ++part) shared |= share_part(kernel, part);
  kernel.schedule =
      before + (!shared ? "" : (before.empty() ? "thread" : "; thread") + kernel.schedule);
  if (shared) kernel.parts = turns_of(kernel.body);
}

}  // namespace

void share_among_threads(Kernel& kernel, const Target& target) {
  if (target.threads < 2) return;
  if (has_threads(kernel.body)) {
    kernel.parts = std::min(target.threads, turns_of(kernel.body));
    return;
  }
  if (target.is_device()) return share_on_device(kernel);
  const int64_t parts = worthwhile(kernel, target);
  if (parts < 2) return;
  for (const Choice& c : choices(main_nest(kernel.body), parts)) {
    const StmtRef body = with_threads(kernel.body, c.ranges);
    if (!thread_conflict(body).empty()) continue;
    kernel.body = body;
    kernel.parts = std::min(parts, turns_of(body));
    std::string names;
    for (Expr r : c.ranges) names += " " + r->attr.name;
    kernel.schedule += (kernel.schedule.empty() ? "thread" : "; thread") + names;
    return;
  }
}

}  // namespace tinycc
