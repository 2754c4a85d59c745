// The pool and the op table's lookups; see node.h.
#include "ir/node.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tinycc {
namespace {

struct OpInfo {
  std::string_view name;
  OpClass op_class;
  int least, most;
};

constexpr OpInfo kOps[] = {
#define TCC_OP(name, op_class, least, most) {#name, OpClass::op_class, least, most},
#include "ir/ops.def"
};

const OpInfo& info_of(Op op) { return kOps[static_cast<size_t>(op)]; }

size_t mix(size_t seed, size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

}  // namespace

std::string_view name_of(Op op) { return info_of(op).name; }
OpClass class_of(Op op) { return info_of(op).op_class; }

std::string text_of(const Dim& dim) {
  const std::string bound = std::to_string(dim.bound);
  if (dim.is_static()) return bound;
  return (is_dim(dim.value) ? dim.value->attr.name : "") + "<=" + bound;
}

int64_t Node::extent(int64_t axis) const {
  const Dim& d = dim(axis);
  if (d.is_static()) return d.bound;
  throw Error(ExitCode::unsupported,
              "axis " + std::to_string(axis) + " (" + text_of(d) +
                  ") has a length that only a run knows, and a fixed one is needed",
              "give the input's shape as numbers: --shape");
}

Op combiner_of(Op reduce) {
  switch (reduce) {
#define TCC_REDUCE(name, combine, neutral) \
  case Op::name: return Op::combine;
#include "ir/ops.def"
    default: TCC_CHECK(false, "not a reduction"); return reduce;
  }
}

size_t Pool::Hash::operator()(const Node* n) const {
  size_t h = mix(static_cast<size_t>(n->op), static_cast<size_t>(n->dtype));
  for (const Dim& d : n->shape)
    h = mix(mix(h, static_cast<size_t>(d.bound)), std::hash<Expr>()(d.value));
  for (Expr s : n->sources) h = mix(h, std::hash<Expr>()(s));
  for (int64_t i : n->attr.ints) h = mix(h, static_cast<size_t>(i));
  return mix(h, std::hash<std::string>()(n->attr.name));
}

bool Pool::Same::operator()(const Node* a, const Node* b) const {
  return a->op == b->op && a->dtype == b->dtype && a->sources == b->sources &&
         a->shape == b->shape && a->attr == b->attr;
}

Expr Pool::make(Op op, DType dtype, Shape shape, std::vector<Expr> sources, Attr attr) {
  const OpInfo& info = info_of(op);
  const int arity = static_cast<int>(sources.size());
  TCC_CHECK(arity >= info.least && arity <= info.most,
            "wrong number of sources for " + std::string(info.name));
  Node node{op,
            dtype,
            std::move(shape),
            std::move(sources),
            std::move(attr),
            static_cast<uint32_t>(nodes_.size()),
            this};
  if (const auto found = unique_.find(&node); found != unique_.end()) return *found;
  nodes_.push_back(std::move(node));
  unique_.insert(&nodes_.back());
  return &nodes_.back();
}

Expr Pool::with_sources(Expr node, std::vector<Expr> sources) {
  return make(node->op, node->dtype, node->shape, std::move(sources), node->attr);
}

int64_t count_of(const Shape& shape) {
  int64_t count = 1;
  for (const Dim& d : shape) count *= d.bound;
  return count;
}

std::vector<int64_t> bounds_of(const Shape& shape) {
  std::vector<int64_t> bounds;
  for (const Dim& d : shape) bounds.push_back(d.bound);
  return bounds;
}

bool is_static(const Shape& shape) {
  for (const Dim& d : shape) {
    if (!d.is_static()) return false;
  }
  return true;
}

std::vector<Expr> topological(const std::vector<Expr>& roots) {
  static uint64_t walks = 0;
  const uint64_t walk = ++walks;
  const auto first_visit = [walk](const Node* n) { return std::exchange(n->walk, walk) != walk; };
  std::vector<Expr> order;
  std::vector<std::pair<const Node*, size_t>> stack;  // node, next source to visit
  for (Expr root : roots) {
    if (root && first_visit(root.get())) stack.emplace_back(root.get(), 0);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next == node->sources.size()) {
        order.emplace_back(node);
        stack.pop_back();
        continue;
      }
      const Node* source = node->sources[next++].get();
      if (first_visit(source)) stack.emplace_back(source, 0);
    }
  }
  return order;
}

bool occurs(Expr node, Expr in) {
  const std::vector<Expr> all = topological({in});
  return std::find(all.begin(), all.end(), node) != all.end();
}

std::set<Expr, ById> certain_nodes(const std::vector<Expr>& roots) {
  std::set<Expr, ById> found;
  for (std::vector<Expr> stack(roots); !stack.empty();) {
    const Expr e = stack.back();
    stack.pop_back();
    if (!found.insert(e).second || e->is(Op::load)) continue;
    if (e->is(Op::where))
      stack.push_back(e[0]);
    else
      stack.insert(stack.end(), e->sources.begin(), e->sources.end());
  }
  return found;
}

}  // namespace tinycc
