// Loops of the host; see scopes.h.
#include "passes/scopes.h"

#include <algorithm>
#include <set>

#include "ir/stmt.h"

namespace tinycc {

// A scan's body comes before the scan in topological order, so a first walk finds what each node
// reads of every loop, the second knows how loops nest.
Scopes::Scopes(const std::vector<Expr>& order) {
  for (Expr e : order) {
    if (e->is(Op::scan)) loops_[e->attr.ints[0]].scan = e;
  }
  std::unordered_map<Expr, std::set<int64_t>> reads;
  for (Expr e : order) {
    std::set<int64_t>& own = reads[e];
    for (Expr s : e->sources) own.insert(reads[s].begin(), reads[s].end());
    if (e->is(Op::carry)) own.insert(e->attr.ints[0]);
    if (e->is(Op::range) && loops_.count(id_of(e)) != 0) {
      loops_[id_of(e)].counter = e;
      own.insert(id_of(e));
    }
    if (e->is(Op::scan)) own.erase(e->attr.ints[0]);
  }
  // A loop is as deep as the number of loops that its scan still reads from.
  for (auto& [id, loop] : loops_) {
    const std::set<int64_t>& outer = reads[loop.scan];
    loop.depth = static_cast<int64_t>(outer.size());
    if (!loop.counter)
      loop.counter = loop.scan->pool->make(Op::range, DType::i64, {}, {},
                                           {{id, loop.scan->attr.ints[1]}, "t"});
  }
  for (auto& [id, loop] : loops_) {
    for (const int64_t outer : reads[loop.scan]) loop.parent = deeper(loop.parent, outer);
  }
  for (Expr e : order) {
    int64_t& scope = innermost_[e] = -1;
    for (const int64_t id : reads[e]) scope = deeper(scope, id);
  }
}

int64_t Scopes::deeper(int64_t a, int64_t b) const {
  if (a < 0 || b < 0) return std::max(a, b);
  return loops_.at(a).depth >= loops_.at(b).depth ? a : b;
}

int64_t Scopes::of(Expr e) const {
  const auto found = innermost_.find(e);
  return found == innermost_.end() ? -1 : found->second;
}

std::vector<int64_t> Scopes::path(int64_t loop) const {
  std::vector<int64_t> path;
  for (; loop >= 0; loop = loops_.at(loop).parent) path.push_back(loop);
  return path;
}

double Scopes::turns_between(Expr user, Expr source) const {
  double turns = 1;
  const std::vector<int64_t> around = path(of(source));
  for (const int64_t id : path(user->is(Op::scan) ? user->attr.ints[0] : of(user))) {
    if (std::find(around.begin(), around.end(), id) == around.end())
      turns *= static_cast<double>(extent_of(loops_.at(id).counter));
  }
  return turns;
}

}  // namespace tinycc
