// Graphs as text; see print.h.
#include "ir/print.h"

#include <algorithm>

#include "ir/print_expr.h"
#include "ir/spelling.h"

namespace tinycc {
namespace {

class GraphPrinter {
 public:
  explicit GraphPrinter(const Graph& graph) : graph_(graph) {}

  std::string print() {
    std::vector<Expr> roots;
    for (const GraphInput& i : graph_.dims) roots.push_back(i.node);
    for (const GraphInput& i : graph_.inputs) roots.push_back(i.node);
    for (const GraphState& s : graph_.states) roots.push_back(s.node);
    for (Expr e : graph_.roots()) roots.push_back(e);
    const std::vector<Expr> order = topological_with_dims(roots);
    for (Expr e : order) {
      if (is_named_leaf(e)) text_.scope.used.insert(e->attr.name);
    }
    out_ = "graph " + spelled(graph_.name) + " {\n";
    level(order);
    for (const GraphOutput& o : graph_.outputs) {
      line("output " + spelled(o.name) + " = " + text_.operand(o.value));
    }
    for (const GraphState& s : graph_.states) {
      line("next " + spelled(s.name) + " = " + text_.operand(s.next));
    }
    return out_ + "}\n";
  }

 private:
  static bool is_named_leaf(Expr e) {
    return e->is(Op::input) || e->is(Op::weight) || e->is(Op::state);
  }
  void line(const std::string& text) { out_ += std::string(2 * depth_, ' ') + text + "\n"; }
  std::string note(Expr e) {
    const auto origin = graph_.origins.find(e);
    std::string out = "  # " + text_.type(e);
    if (origin == graph_.origins.end()) return out;
    for (const std::string& node : origin->second.nodes) out += " " + node;
    return out;
  }
  std::string fresh(Expr e) {
    while (text_.scope.used.contains("t" + std::to_string(count_))) ++count_;
    return text_.name(e, "t" + std::to_string(count_++));
  }

  /// The nodes that stand in the innermost open scan, or in none.
  void level(const std::vector<Expr>& order);
  void node(Expr e);
  void scan(Expr e);

  const Graph& graph_;
  ExprPrinter text_;
  FreeIds free_;
  Ids open_;  // scans, sorted
  size_t depth_ = 1;
  int count_ = 0;
  std::string out_;
};

void GraphPrinter::level(const std::vector<Expr>& order) {
  for (Expr e : order) {
    const bool inlined = e->is(Op::constant) || e->is(Op::get);
    const bool leaf = e->is(Op::carry) || e->is(Op::range);
    const bool known = text_.scope.names.contains(e);
    if (!inlined && !leaf && !known && within(free_.of(e), open_)) node(e);
  }
}

void GraphPrinter::node(Expr e) {
  if (e->is(Op::scan)) return scan(e);
  if (is_named_leaf(e)) {
    text_.scope.names[e] = spelled(e->attr.name);
    const std::string upto = is_dim(e) ? " upto " + std::to_string(e->attr.ints[0]) : "";
    return line(text_.operand(e) + ": " + text_.type(e) + " = " + std::string(name_of(e->op)) +
                upto);
  }
  const std::string value = text_.define(e);
  line(fresh(e) + " = " + value + note(e));
}

void GraphPrinter::scan(Expr e) {
  const auto& ints = e->attr.ints;
  const auto carries = static_cast<size_t>(ints[2]), emits = static_cast<size_t>(ints[3]);
  const std::vector<Expr> body(e->sources.begin() + ints[2], e->sources.end());
  const std::vector<Expr> order = topological_with_dims(body);
  std::string counter = "t";
  std::vector<std::string> names(carries);
  for (Expr n : order) {
    const bool own = (n->is(Op::range) || n->is(Op::carry)) && n->attr.ints[0] == ints[0];
    if (!own) continue;
    if (n->is(Op::range)) counter = text_.name(n, n->attr.name);
    if (n->is(Op::carry)) {
      const auto k = static_cast<size_t>(n->attr.ints[1]);
      names[k] = text_.name(n, "c" + std::to_string(k));
    }
  }
  std::string initial;
  for (size_t k = 0; k < carries; ++k) {
    if (names[k].empty()) names[k] = text_.unique("c" + std::to_string(k));
    initial += (k == 0 ? "" : ", ") + names[k] + " = " + text_.operand(e[k]);
  }
  const std::string name = fresh(e);
  line(name + " = scan " + counter + " " + std::to_string(ints[1]) + " (" + initial + ") {");
  ++depth_;
  const Ids outside = open_;
  open_.insert(std::lower_bound(open_.begin(), open_.end(), ints[0]), ints[0]);
  level(order);
  for (size_t k = 0; k < body.size(); ++k) {
    const char* what = k < carries ? "next " : k < carries + emits ? "emit " : "until ";
    line(what + text_.operand(body[k]));
  }
  open_ = outside;
  --depth_;
  line("}");
}

}  // namespace

std::string to_text(const Graph& graph) { return GraphPrinter(graph).print(); }

}  // namespace tinycc
