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
  /// The parts of a scan, as far as they are read.
  struct Scan {
    int64_t id = 0, extent = 0;
    std::vector<Expr> initial, next, emits;
    Expr until;
  };
  Expr scan();
  void scan_head(Scan& s);
  void scan_line(Scan& s);

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
    if (lexer_.take("upto")) {
      graph_.dims.push_back({name, dim_input(pool, name, lexer_.integer()), ""});
      return graph_.dims.back().node;
    }
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
  const ExprParser::Scope outside = expr_.scope;
  const size_t at = lexer_.peek().at;
  Scan s;
  scan_head(s);
  lexer_.expect("{");
  while (!lexer_.take("}")) scan_line(s);
  expr_.scope = outside;
  return expr_.build(at, [&] {
    return tinycc::scan(*graph_.pool, s.id, s.extent, s.initial, s.next, s.emits, s.until);
  });
}

void GraphParser::scan_head(Scan& s) {
  Pool& pool = *graph_.pool;
  s.id = pool.fresh_id();
  const std::string counter_name = lexer_.name();
  s.extent = lexer_.integer();
  std::vector<std::string> names;
  lexer_.expect("(");
  while (!lexer_.take(")")) {
    if (!names.empty()) lexer_.expect(",");
    names.push_back(lexer_.name());
    lexer_.expect("=");
    s.initial.push_back(expr_.expression());
  }
  expr_.scope.names[counter_name] = counter(pool, s.id, s.extent, counter_name);
  for (size_t k = 0; k < names.size(); ++k) {
    const Expr from = s.initial[k];
    expr_.scope.names[names[k]] =
        carry(pool, s.id, static_cast<int64_t>(k), from->dtype, from->shape);
  }
}

void GraphParser::scan_line(Scan& s) {
  if (lexer_.take("next")) {
    if (s.next.size() == s.initial.size()) lexer_.fail("more next values than carries");
    s.next.push_back(expr_.expression(s.initial[s.next.size()]->dtype));
  } else if (lexer_.take("emit")) {
    s.emits.push_back(expr_.expression());
  } else if (lexer_.take("until")) {
    s.until = expr_.expression();
  } else {
    definition();
  }
}

}  // namespace

Graph parse_graph(std::string_view text, const std::string& file) {
  return GraphParser(text, file).parse();
}

}  // namespace tinycc
