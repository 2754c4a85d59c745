// The verifier of graphs; see verify.h.
#include "ir/verify.h"

#include "ir/build.h"
#include "ir/free.h"
#include "ir/print.h"

namespace tinycc {
namespace {

/// Sources become inputs of the same types in a pool of their own, so that verifying adds no nodes
/// to the graph and nothing is folded away.
std::vector<Expr> stand_ins(Pool& pool, Expr e) {
  std::vector<Expr> stands;
  for (Expr s : e->sources) {
    stands.push_back(input(pool, std::to_string(stands.size()), s->dtype, s->shape));
  }
  return stands;
}

Expr rebuilt_movement(Expr e, const std::vector<Expr>& s) {
  const auto& ints = e->attr.ints;
  switch (e->op) {
    case Op::reshape: return reshape(s[0], e->shape);
    case Op::expand: return expand(s[0], e->shape);
    case Op::permute: return permute(s[0], ints);
    case Op::pad: return pad(s[0], ints, s[1]);
    case Op::concat: return concat(s, ints.at(0));
    case Op::window: return window(s[0], ints.at(0), ints.at(1), ints.at(2), ints.at(3));
    default: break;
  }
  std::vector<int64_t> starts, steps;
  for (size_t i = 0; i + 1 < ints.size(); i += 2) {
    starts.push_back(ints[i]);
    steps.push_back(ints[i + 1]);
  }
  return slice(s[0], starts, bounds_of(e->shape), steps);
}

Expr rebuilt(Expr e, Pool& pool) {
  const std::vector<Expr> s = stand_ins(pool, e);
  switch (class_of(e->op)) {
    case OpClass::unary: return unary(e->op, s[0]);
    case OpClass::binary: return binary(e->op, s[0], s[1]);
    case OpClass::ternary: return where(s[0], s[1], s[2]);
    case OpClass::convert: return e->is(Op::cast) ? cast(s[0], e->dtype) : bitcast(s[0], e->dtype);
    case OpClass::reduce:
      return s.size() > 1 ? reduce_over(e->op, s[0], {s.begin() + 1, s.end()})
                          : reduce(e->op, s[0], e->attr.ints);
    case OpClass::movement: return rebuilt_movement(e, s);
    default: break;
  }
  if (e->is(Op::gather)) return gather(s[0], {s.begin() + 1, s.end()});
  if (e->is(Op::scatter)) return scatter(s[0], s[1], {s.begin() + 2, s.end()}, e->attr.name);
  if (e->is(Op::load)) return load(pool, e->attr.ints.at(0), e->attr.name, e->dtype, s);
  TCC_CHECK(false, "no builder");
  return {};
}

class GraphVerifier {
 public:
  GraphVerifier(const Graph& graph, std::string_view after) : graph_(graph), after_(after) {}

  void run() {
    std::vector<Expr> roots = graph_.roots();
    for (const GraphInput& i : graph_.inputs) roots.push_back(i.node);
    for (const GraphInput& i : graph_.dims) roots.push_back(i.node);
    for (const GraphState& s : graph_.states) roots.push_back(s.node);
    for (Expr e : roots) check(bool(e), "a root is missing", roots[0]);
    for (Expr e : topological_with_dims(roots)) node(e);
    for (Expr e : roots) check(free_.of(e).empty(), "reads a carry outside of its scan", e);
    for (const GraphInput& i : graph_.inputs) {
      check(i.node->is(Op::input) && i.node->attr.name == i.name, "is not its input's node",
            i.node);
    }
    for (const GraphInput& d : graph_.dims) {
      check(is_dim(d.node) && d.node->attr.name == d.name, "is no dimension of this name", d.node);
    }
    for (const GraphState& s : graph_.states) state(s);
  }

 private:
  void check(bool holds, const std::string& what, Expr e) const {
    if (holds) return;
    const std::string pass = after_.empty() ? "" : "after " + std::string(after_) + ": ";
    const std::string node = e ? "node " + std::to_string(e->id) + ", " + to_text(e) + ": " : "";
    bug(pass + "graph " + graph_.name + ", " + node + what, __FILE__, __LINE__);
  }
  void node(Expr e);
  void leaf(Expr e);
  void scan(Expr e);
  void get_node(Expr e);
  void state(const GraphState& s);

  const Graph& graph_;
  std::string_view after_;
  FreeIds free_;
  std::map<std::string, Expr> names_;
};

void GraphVerifier::node(Expr e) {
  check(e->pool == graph_.pool.get(), "is of another pool", e);
  for (Expr s : e->sources) check(s->id < e->id, "comes before its source", e);
  for (const Dim& d : e->shape) {
    const bool scalar = !d.value || (d.value->dtype == DType::i64 && d.value->shape.empty());
    check(d.bound >= 0 && scalar, "has a dimension that is no number", e);
  }
  check(!e->is(Op::load), "has no place in a graph", e);
  if (class_of(e->op) == OpClass::leaf) return leaf(e);
  if (e->is(Op::scan)) return scan(e);
  if (e->is(Op::get)) return get_node(e);
  try {
    const auto [dtype, shape] = type_by_builder(e);
    check(dtype == e->dtype, "should have type " + std::string(name_of(dtype)), e);
    check(shape == e->shape, "should have another shape than " + type_text(e), e);
  } catch (const Error& error) {
    check(false, error.what(), e);
  }
}

void GraphVerifier::leaf(Expr e) {
  if (e->is(Op::iota)) return check(e->attr.ints.at(0) < e->rank(), "has no such axis", e);
  if (!e->is(Op::input) && !e->is(Op::weight) && !e->is(Op::state)) return;
  const auto [known, fresh] = names_.try_emplace(e->attr.name, e);
  check(fresh || known->second == e, "shares its name with another leaf", e);
  const auto value = graph_.weights.find(e->attr.name);
  if (!e->is(Op::weight) || value == graph_.weights.end()) return;
  const bool fits = value->second.dtype == e->dtype && value->second.shape == bounds_of(e->shape);
  check(fits, "has a value of another type", e);
}

void GraphVerifier::scan(Expr e) {
  const auto& ints = e->attr.ints;
  check(ints.size() == 5, "has wrong attributes", e);
  const auto carries = static_cast<size_t>(ints[2]), emits = static_cast<size_t>(ints[3]);
  const size_t expected = 2 * carries + emits + (ints[4] != 0 ? 1 : 0);
  check(e->sources.size() == expected, "has a wrong number of sources", e);
  for (size_t k = 0; k < carries; ++k) {
    const Expr initial = e[k], next = e[carries + k];
    const bool same = initial->dtype == next->dtype && initial->shape == next->shape;
    check(same, "has a carry that changes its type", e);
  }
  const bool until =
      ints[4] == 0 || (is_bool(e->sources.back()->dtype) && e->sources.back()->shape.empty());
  check(until, "has an until that is no bool", e);
  for (Expr n : topological(e->sources)) {
    if (!n->is(Op::carry) || n->attr.ints[0] != ints[0]) continue;
    const auto k = static_cast<size_t>(n->attr.ints[1]);
    const bool known = k < carries && n->dtype == e[k]->dtype && n->shape == e[k]->shape;
    check(known, "has a carry of another type than its initial value", e);
  }
}

void GraphVerifier::get_node(Expr e) {
  check(e[0]->is(Op::scan), "is no result of a scan", e);
  const auto& ints = e[0]->attr.ints;
  const int64_t k = e->attr.ints.at(0);
  check(k >= 0 && k < ints[2] + ints[3], "has no such result", e);
  const Expr source = e[0][static_cast<size_t>(k < ints[2] ? k : ints[2] + k)];
  Shape shape = source->shape;
  if (k >= ints[2]) shape.insert(shape.begin(), Dim(ints[1]));
  check(e->dtype == source->dtype && e->shape == shape, "has another type than its source", e);
}

void GraphVerifier::state(const GraphState& s) {
  check(s.node->is(Op::state) && s.node->attr.name == s.name, "is not its state's node", s.node);
  const bool same = s.next->dtype == s.node->dtype && s.next->shape == s.node->shape;
  check(same, "is kept as a state of another type", s.next);
  const bool starts =
      s.initial.dtype == s.node->dtype && s.initial.shape == bounds_of(s.node->shape);
  check(starts, "starts with a value of another type", s.node);
}

}  // namespace

std::pair<DType, Shape> type_by_builder(Expr e) {
  Pool pool;
  const Expr same = rebuilt(e, pool);
  return {same->dtype, same->shape};
}

void verify(const Graph& graph, std::string_view after) { GraphVerifier(graph, after).run(); }

}  // namespace tinycc
