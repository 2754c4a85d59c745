// Graphs from text; see parse.h.
#include "ir/parse.h"

#include "ir/build.h"
#include "ir/parse_expr.h"
#include "ir/spelling.h"

namespace tinycc {
namespace {

class GraphParser {
 public:
  GraphParser(std::string_view text, const std::string& file)
      : lexer_(text, file), expr_(lexer_, *graph_.pool) {}

  Graph parse() {
    lexer_.expect("graph");
    graph_.name = lexer_.name();
    lexer_.expect("{");
    while (!lexer_.take("}")) line();
    if (lexer_.peek().kind != Token::Kind::end) lexer_.fail("text behind the graph");
    for (const GraphState& s : graph_.states) {
      if (!s.next) lexer_.fail("state " + s.name + " has no next value");
    }
    return std::move(graph_);
  }

 private:
  void line();
  void output();
  void next();
  void definition();
  Expr value();
  Expr leaf(const std::string& name, DType dtype, const Shape& shape);
  Expr scan();

  Graph graph_;
  Lexer lexer_;
  ExprParser expr_;
};

void GraphParser::line() {
  if (lexer_.peek().kind == Token::Kind::string) return definition();
  if (lexer_.take("output")) return output();
  if (lexer_.take("next")) return next();
  definition();
}

void GraphParser::output() {
  const std::string name = lexer_.name();
  lexer_.expect("=");
  graph_.outputs.push_back({name, expr_.expression()});
}

void GraphParser::next() {
  const size_t at = lexer_.peek().at;
  const std::string name = lexer_.name();
  lexer_.expect("=");
  for (GraphState& s : graph_.states) {
    if (s.name != name) continue;
    s.next = expr_.expression();
    const bool fits = s.next->dtype == s.node->dtype && s.next->shape == s.node->shape;
    if (!fits) lexer_.fail("the next value of " + name + " has another type", at);
    return;
  }
  lexer_.fail("no state is called '" + name + "'", at);
}

/// NAME = VALUE, or NAME: TYPE = VALUE.
void GraphParser::definition() {
  const size_t at = lexer_.peek().at;
  const std::string name = lexer_.name();
  std::optional<std::pair<DType, Shape>> type;
  if (lexer_.take(":")) type = expr_.type();
  lexer_.expect("=");
  const bool is_leaf = type && (lexer_.is("input") || lexer_.is("weight") || lexer_.is("state"));
  const Expr e = is_leaf ? leaf(name, type->first, type->second) : value();
  if (type && (e->dtype != type->first || e->shape != type->second)) {
    lexer_.fail("'" + name + "' has another type", at);
  }
  expr_.scope.names[name] = e;
}

Expr GraphParser::value() { return lexer_.take("scan") ? scan() : expr_.expression(); }

Expr GraphParser::leaf(const std::string& name, DType dtype, const Shape& shape) {
  Pool& pool = *graph_.pool;
  if (lexer_.take("weight")) return weight(pool, name, dtype, shape);
  if (lexer_.take("input")) {
    graph_.inputs.push_back({name, input(pool, name, dtype, shape), ""});
    return graph_.inputs.back().node;
  }
  lexer_.expect("state");
  const std::vector<int64_t> bounds = bounds_of(shape);
  const std::vector<int64_t> zeros(static_cast<size_t>(count_of(shape)));
  graph_.states.push_back(
      {name, state(pool, name, dtype, shape), {}, TensorData::of_integers(dtype, bounds, zeros)});
  return graph_.states.back().node;
}

/// scan COUNTER EXTENT (CARRY = INITIAL, …) { definitions, next, emit, until }
Expr GraphParser::scan() {
  Pool& pool = *graph_.pool;
  const ExprParser::Scope outside = expr_.scope;
  const size_t at = lexer_.peek().at;
  const int64_t id = pool.fresh_id();
  const std::string counter_name = lexer_.name();
  const int64_t extent = lexer_.integer();
  std::vector<std::string> names;
  std::vector<Expr> initial, next, emits;
  Expr until;
  lexer_.expect("(");
  while (!lexer_.take(")")) {
    if (!names.empty()) lexer_.expect(",");
    names.push_back(lexer_.name());
    lexer_.expect("=");
    initial.push_back(expr_.expression());
  }
  expr_.scope.names[counter_name] = counter(pool, id, extent, counter_name);
  for (size_t k = 0; k < names.size(); ++k) {
    const auto index = static_cast<int64_t>(k);
    expr_.scope.names[names[k]] = carry(pool, id, index, initial[k]->dtype, initial[k]->shape);
  }
  lexer_.expect("{");
  while (!lexer_.take("}")) {
    if (lexer_.take("next")) {
      const DType type = next.size() < initial.size() ? initial[next.size()]->dtype : DType::i64;
      next.push_back(expr_.expression(type));
    } else if (lexer_.take("emit")) {
      emits.push_back(expr_.expression());
    } else if (lexer_.take("until")) {
      until = expr_.expression();
    } else {
      definition();
    }
  }
  expr_.scope = outside;
  return expr_.build(at,
                     [&] { return tinycc::scan(pool, id, extent, initial, next, emits, until); });
}

}  // namespace

Graph parse_graph(std::string_view text, const std::string& file) {
  return GraphParser(text, file).parse();
}

}  // namespace tinycc
