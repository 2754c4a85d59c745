// Constant subgraphs become weights; see fold_constants.h.
#include "passes/fold_constants.h"

#include <algorithm>
#include <set>

#include "ir/build.h"
#include "ir/eval.h"
#include "passes/tensor_rules.h"

namespace tinycc {
namespace {

constexpr int64_t kSmallBytes = 4096;  // tables up to this size may grow

int64_t bytes_of_tensor(Expr e) { return count_of(e->shape) * bytes_of(e->dtype); }

/// Where the elements are, not what they are.
bool is_view(Expr e) {
  return e->is(Op::reshape) || e->is(Op::permute) || e->is(Op::expand) || e->is(Op::slice);
}

std::vector<Expr> weights_under(Expr e) {
  std::vector<Expr> found;
  for (Expr n : topological({e})) {
    if (n->is(Op::weight)) found.push_back(n);
  }
  return found;
}

/// What is worth computing now even if no weight is involved.
bool is_costly(Expr e) {
  if (class_of(e->op) == OpClass::unary)
    return is_float(e->dtype) && !e->is(Op::neg) && !e->is(Op::trunc);
  return is_reduce(e->op) || class_of(e->op) == OpClass::indexing ||
         class_of(e->op) == OpClass::scan;
}

/// Integers that get more bits as they are loaded: at no cost, but as wide weights they would.
bool is_widened(Expr e) {
  return e->is(Op::cast) && is_integer(e->dtype) && is_integer(e[0]->dtype) &&
         bits_of(e[0]->dtype) <= 32 && bits_of(e->dtype) > bits_of(e[0]->dtype);
}

bool is_worth_folding(Expr e) {
  if (is_view(e) || is_widened(e) || e->sources.empty() || !is_static(e->shape)) return false;
  int64_t bytes = 0;
  const std::vector<Expr> weights = weights_under(e);
  for (Expr w : weights) bytes += bytes_of_tensor(w);
  if (weights.empty()) {
    const std::vector<Expr> nodes = topological({e});
    if (std::none_of(nodes.begin(), nodes.end(), is_costly)) return false;
  }
  return bytes_of_tensor(e) <= std::max(bytes, kSmallBytes);
}

/// The topmost nodes worth folding under each user that is no constant itself.
class Frontier {
 public:
  explicit Frontier(const Graph& graph) : facts_(graph) {
    for (Expr root : graph.roots()) visit(root);
    for (Expr e : topological(graph.roots())) {
      if (facts_.is_constant(e)) continue;
      for (Expr s : e->sources) visit(s);
    }
  }
  std::vector<Expr> nodes;

 private:
  void visit(Expr e) {
    if (!facts_.is_constant(e) || !seen_.insert(e).second) return;
    if (is_worth_folding(e)) {
      nodes.push_back(e);
    } else {
      for (Expr s : e->sources) visit(s);
    }
  }
  GraphFacts facts_;
  std::unordered_set<Expr> seen_;
};

std::string_view joint_of(Op op) {
  switch (op) {
    case Op::mul: return "*";
    case Op::add: return "+";
    case Op::div: return "/";
    default: return ",";
  }
}

/// "conv1.weight*bn1.scale": the first two weights; a number when the name is taken.
std::string name_for(Expr e, const Graph& graph) {
  const std::vector<Expr> weights = weights_under(e);
  std::string name = weights.empty() ? std::string(name_of(e->op)) : weights[0]->attr.name;
  if (weights.size() > 1) name += std::string(joint_of(e->op)) + weights[1]->attr.name;
  std::string unique = name;
  for (int i = 2; graph.weights.contains(unique); ++i) unique = name + "#" + std::to_string(i);
  return unique;
}

/// All elements are the same number, bit by bit.
bool is_uniform(const TensorData& data) {
  const std::vector<std::byte>& bytes = *data.bytes;
  const auto size = static_cast<std::ptrdiff_t>(bytes_of(data.dtype));
  return !bytes.empty() && std::equal(bytes.begin() + size, bytes.end(), bytes.begin());
}

Expr constant_of(Pool& pool, const TensorData& data, const Shape& shape) {
  return is_float(data.dtype) ? constant(pool, data.dtype, data.number(0), shape)
                              : constant_int(pool, data.dtype, data.integer(0), shape);
}

Expr as_leaf(Graph& graph, Expr e, TensorData data) {
  if (is_uniform(data)) return constant_of(*graph.pool, data, e->shape);
  const std::string name = name_for(e, graph);
  graph.weights.emplace(name, std::move(data));
  return weight(*graph.pool, name, e->dtype, e->shape);
}

/// A tensor with at most one axis.
bool is_vector(Expr e) {
  return std::count_if(e->shape.begin(), e->shape.end(),
                       [](const Dim& d) { return d.bound != 1; }) <= 1;
}

void replace(Graph& graph, const std::unordered_map<Expr, Expr>& leaves) {
  if (leaves.empty()) return;
  rewrite_graph(graph, [&](Expr e) {
    const auto found = leaves.find(e);
    return found == leaves.end() ? e : found->second;
  });
}

}  // namespace

void fold_constants(Graph& graph) {
  const std::vector<Expr> nodes = Frontier(graph).nodes;
  const std::vector<TensorData> values = eval(nodes, graph.weights);
  std::unordered_map<Expr, Expr> leaves;
  for (size_t i = 0; i < nodes.size(); ++i)
    leaves.emplace(nodes[i], as_leaf(graph, nodes[i], values[i]));
  replace(graph, leaves);
}

void drop_weights(Graph& graph) {
  std::unordered_map<Expr, Expr> equal;
  for (Expr e : topological(graph.roots())) {
    if (!e->is(Op::weight) || !is_vector(e)) continue;
    const TensorData& data = graph.weights.at(e->attr.name);
    if (is_uniform(data)) equal.emplace(e, constant_of(*graph.pool, data, e->shape));
  }
  replace(graph, equal);
  std::set<std::string> read;
  for (Expr e : topological(graph.roots())) {
    if (e->is(Op::weight)) read.insert(e->attr.name);
  }
  std::erase_if(graph.weights, [&](const auto& entry) { return !read.contains(entry.first); });
}

}  // namespace tinycc
