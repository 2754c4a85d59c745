// See free.h.
#include "ir/free.h"

#include <algorithm>

namespace tinycc {

bool contains(const Ids& ids, int64_t id) { return std::binary_search(ids.begin(), ids.end(), id); }

bool within(const Ids& a, const Ids& b) {
  return std::includes(b.begin(), b.end(), a.begin(), a.end());
}

/// Sources first, no further down than what is known.
const Ids& FreeIds::of(Expr e) {
  std::vector<Expr> stack{e};
  while (!stack.empty()) {
    const Expr node = stack.back();
    const size_t above = stack.size();
    if (!known_.contains(node)) {
      for (Expr s : node->sources) {
        if (!known_.contains(s)) stack.push_back(s);
      }
    }
    if (stack.size() > above) continue;
    stack.pop_back();
    if (!known_.contains(node)) add(node);
  }
  return known_.at(e);
}

/// free(range or carry) = its id; else the union over the sources, less what the node itself binds:
/// a reduction its ranges, in its body; a scan its own id, in all but the initial values.
void FreeIds::add(Expr e) {
  Ids ids;
  if (e->is(Op::carry) || e->is(Op::range)) ids = {e->attr.ints[0]};
  for (size_t i = 0; i < e->sources.size(); ++i) {
    Ids of_source = known_.at(e[i]);
    const bool in_body = e->is(Op::scan) && i >= static_cast<size_t>(e->attr.ints[2]);
    if (in_body) std::erase(of_source, e->attr.ints[0]);
    if (is_reduce(e->op) && i > 0) std::erase(of_source, e[i]->attr.ints[0]);
    Ids merged;
    std::set_union(ids.begin(), ids.end(), of_source.begin(), of_source.end(),
                   std::back_inserter(merged));
    ids = std::move(merged);
  }
  if (is_reduce(e->op)) {
    for (size_t i = 1; i < e->sources.size(); ++i) std::erase(ids, e[i]->attr.ints[0]);
  }
  known_[e] = std::move(ids);
}

}  // namespace tinycc
