// Kernels that threads share (ir/threads.h), as C: `part` of `parts` makes its share of the turns of
// each nest of thread loops; what is in none is for part 0.
//
//   const int32_t first = (36 * part) / parts;
//   const int32_t end = (36 * (part + 1)) / parts;
//   for (int32_t turn = first; turn < end; ++turn) {
//       const int32_t y = turn / 9;
//       const int32_t x = turn % 9;
//
// A work-item of a device makes one turn, the one of its number:
//
//   if (item < 36) {
//       const int32_t y = item / 9;
//       const int32_t x = item % 9;
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/threads.h"

namespace tinycc {

/// Whatever leads to thread loops; `splits_` is set.
void KernelWriter::write_shared(const StmtRef& s) {
  if (!has_threads(s)) return write_by_first({s});
  if (s->kind == StmtKind::loop)
    return s->loop == LoopKind::group    ? write_group(s)
           : s->loop != LoopKind::thread ? write_plain_loop(*s)
           : *dialect_.item != 0         ? write_item(s)
                                         : write_share(s);
  std::vector<StmtRef> serial;
  for (const StmtRef& part : s->body) {
    if (!has_threads(part)) {
      serial.push_back(part);
      continue;
    }
    write_by_first(std::exchange(serial, {}));
    write_shared(part);
  }
  write_by_first(serial);
}

void KernelWriter::write_by_first(const std::vector<StmtRef>& statements) {
  if (statements.empty()) return;
  line(*dialect_.item != 0 ? "if (item == 0) {" : "if (part == 0) {");
  write_unshared(seq(statements));
  line("}");
}

/// A block in which nothing is shared any more.
void KernelWriter::write_unshared(const StmtRef& s) {
  const std::set<std::string> outside = taken_;
  splits_ = false;
  write(s);
  splits_ = true;
  taken_ = outside;
}

namespace {

bool is_used(Expr range, const StmtRef& body) {
  bool found = false;
  walk(body, [&](const Stmt& s) {
    found = found || (s.value && occurs(range, s.value)) || (s.range && occurs(range, s.range)) ||
            std::any_of(s.index.begin(), s.index.end(), [&](Expr i) { return occurs(range, i); });
  });
  return found;
}

}  // namespace

/// The loop variables of a nest as functions of the number of its turn; declares those that are used.
void KernelWriter::name_turns(const LoopNest& nest, const std::string& turn) {
  int64_t stride = nest.turns();
  const int64_t all_turns = stride;
  for (Expr r : nest.ranges) {
    if (!is_used(r, nest.body)) {
      stride /= extent_of(r);
      continue;
    }
    const std::string name = ranges_[r] = unique_identifier(r->attr.name, taken_);
    const bool outermost = stride == all_turns;
    stride /= extent_of(r);
    const std::string whole = stride == 1 ? turn : fmt::format("{} / {}", turn, stride);
    line(fmt::format("const {} {} = {};", dialect_.index, name,
                     outermost     ? whole
                     : stride == 1 ? fmt::format("{} % {}", turn, extent_of(r))
                                   : fmt::format("({}) % {}", whole, extent_of(r))));
  }
}

void KernelWriter::write_item(const StmtRef& s) {
  const LoopNest nest = shared_by(s);
  const std::set<std::string> outside = taken_;
  const bool single = nest.ranges.size() == 1;
  line(fmt::format("if (item < {}) {{",
                   single ? end_of(nest.ranges[0]) : std::to_string(nest.turns())));
  name_turns(nest, "item");
  write_unshared(nest.body);
  line("}");
  taken_ = outside;
}

void KernelWriter::write_share(const StmtRef& s) {
  const LoopNest nest = shared_by(s);
  const std::string first = unique_identifier("first", taken_);
  const std::string end = unique_identifier("end", taken_);
  const std::set<std::string> outside = taken_;
  const bool single = nest.ranges.size() == 1;
  const std::string turns = single ? end_of(nest.ranges[0]) : std::to_string(nest.turns());
  line(fmt::format("const {} {} = ({} * part) / parts;", dialect_.index, first, turns));
  line(fmt::format("const {} {} = ({} * (part + 1)) / parts;", dialect_.index, end, turns));
  const std::string turn = unique_identifier(single ? nest.ranges[0]->attr.name : "turn", taken_);
  if (single) ranges_[nest.ranges[0]] = turn;
  line(fmt::format("for ({0} {1} = {2}; {1} < {3}; ++{1}) {{", dialect_.index, turn, first, end));
  if (!single) name_turns(nest, turn);
  write_unshared(nest.body);
  line("}");
  taken_ = outside;
}

}  // namespace tinycc
