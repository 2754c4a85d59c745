#include "compiler/yaml/expression.h"

#include <doctest/doctest.h>

using namespace tinycc;

namespace {

YamlNode scalar(const std::string& text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = text;
  node.source = std::make_shared<SourceText>("t.yaml", text);
  return node;
}

std::string print(const Ast& ast) {
  std::string inner;
  for (const Ast& item : ast.items) inner += " " + print(item);
  for (const AstArgument& a : ast.arguments) {
    inner += " " + (a.name.empty() ? "" : a.name + "=") + print(a.value);
  }
  switch (ast.kind) {
    case Ast::Kind::number: return std::to_string(ast.number).substr(0, 4);
    case Ast::Kind::text: return "'" + ast.text + "'";
    case Ast::Kind::name: return ast.text;
    case Ast::Kind::missing: return "_";
    case Ast::Kind::slice: return ast.text.empty() ? "(:" + inner + ")" : "...";
    case Ast::Kind::list: return "[" + inner + "]";
    case Ast::Kind::index: return "(at" + inner + ")";
    default: return "(" + ast.text + inner + ")";
  }
}

std::string parsed(const std::string& text) { return print(parse_expression(scalar(text)).ast); }

int error_column(const std::string& text) {
  try {
    parse_expression(scalar(text));
  } catch (const Error& error) {
    return error.at.column;
  }
  return 0;
}

}  // namespace

TEST_CASE("expressions: precedence and associativity") {
  CHECK(parsed("a + b * c") == "(+ a (* b c))");
  CHECK(parsed("a - b - c") == "(- (- a b) c)");
  CHECK(parsed("a @ b @ c") == "(@ (@ a b) c)");
  CHECK(parsed("-a * b") == "(* (- a) b)");
  CHECK(parsed("-a ** 2") == "(- (** a 2.00))");
  CHECK(parsed("2 ** 3 ** a") == "(** 2.00 (** 3.00 a))");
  CHECK(parsed("2 ** -a") == "(** 2.00 (- a))");
  CHECK(parsed("a + 1 <= b") == "(<= (+ a 1.00) b)");
  CHECK(parsed("(a + b) * c") == "(* (+ a b) c)");
}

TEST_CASE("expressions: calls, names, lists, subscripts") {
  CHECK(parsed("f(x, n=2)") == "(f x n=2.00)");
  CHECK(parsed("f()") == "(f)");
  CHECK(parsed("conv1.weight") == "conv1.weight");
  CHECK(parsed("layers.$i.0.w${i + 1}") == "layers.$i.0.w${i + 1}");
  CHECK(parsed("[2, 2]") == "[ 2.00 2.00]");
  CHECK(parsed("x[0, :, 1:5, ::2, ...]") ==
        "(at x 0.00 (: _ _ _) (: 1.00 5.00 _) (: _ _ 2.00) ...)");
  CHECK(parsed("x[0][1]") == "(at (at x 0.00) 1.00)");
  CHECK(parsed("f('a b', \"c\")") == "(f 'a b' 'c')");
  CHECK(parsed("25e-2 + .5 + 2.") == "(+ (+ 0.25 0.50) 2.00)");
}

TEST_CASE("expressions: an error points at its character") {
  CHECK(error_column("a + (") == 6);
  CHECK(error_column("f(a, b") == 7);
  CHECK(error_column("a b") == 3);
  CHECK(error_column("f(n=1, x)") == 8);
  CHECK(error_column("a < b < c") == 7);
  CHECK(error_column("x[1:2:3:4]") == 8);
  CHECK(error_column("12ab") == 3);
  CHECK(error_column("a + 'bc") == 5);
  CHECK(error_column("x.$") == 0);
}

TEST_CASE("expressions that would exhaust the stack are refused") {
  CHECK_THROWS_WITH_AS(parsed(std::string(5000, '(')), doctest::Contains("too"), Error);
  CHECK_THROWS_WITH_AS(parsed(std::string(5000, '-') + "x"), doctest::Contains("too"), Error);
  std::string chain = "x";
  for (int i = 0; i < 5000; ++i) chain += "+x";
  CHECK_THROWS_WITH_AS(parsed(chain), doctest::Contains("too long"), Error);
}

TEST_CASE("headers of loops and functions") {
  const LoopHeader loop = parse_loop_header(scalar("for i in 0..n + 1"), 4);
  CHECK(loop.variable == "i");
  CHECK(print(loop.from.ast) == "0.00");
  CHECK(print(loop.to.ast) == "(+ n 1.00)");
  CHECK(parse_loop_header(scalar("for k in [1, 3]"), 4).to.ast.kind == Ast::Kind::missing);
  const FunctionHeader f = parse_function_header(scalar("block(x, p, heads=8)"));
  CHECK(f.name == "block");
  REQUIRE(f.parameters.size() == 3);
  CHECK(print(f.parameters[2].fallback.ast) == "8.00");
  CHECK_THROWS_AS(parse_function_header(scalar("f(x, x)")), Error);
  CHECK_THROWS_AS(parse_function_header(scalar("f")), Error);
}
