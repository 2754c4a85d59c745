// See expression.h: a recursive-descent parser, one function a rule of the grammar there.
#include "compiler/yaml/expression.h"

#include <algorithm>

#include "compiler/yaml/lexer.h"

namespace tinycc {
namespace {

constexpr int kDeepest = 200;
constexpr size_t kMostTokens = 4000;  // a chain of operators nests too

class Parser {
 public:
  Parser(const YamlNode& node, size_t offset) : node_(node), tokens_(tokenize(node, offset)) {
    if (tokens_.size() > kMostTokens)
      fail("the expression is too long", "give parts names in let:");
  }

  Ast expression() {
    const Nesting nesting(*this);
    Ast left = sum();
    if (!is({"<", "<=", ">", ">=", "==", "!="})) return left;
    const Token op = take();
    Ast both = binary(op, std::move(left), sum());
    if (is({"<", "<=", ">", ">=", "==", "!="})) {
      fail("comparisons cannot be chained", "write logical_and(a < b, b < c)");
    }
    return both;
  }

  void expect_end() {
    if (peek().kind != Token::Kind::end) fail(unexpected(), "");
  }

  std::string plain_name(const std::string& what) {
    if (peek().kind != Token::Kind::name || !is_plain_name(peek().text)) {
      fail(what + " is expected here", "a name is a letter, then letters, digits and '_'");
    }
    return take().text;
  }

  bool accept(const std::string& symbol) {
    if (!is({symbol})) return false;
    take();
    return true;
  }

  void expect(const std::string& symbol) {
    if (!accept(symbol)) fail("'" + symbol + "' is expected here", closing_hint(symbol));
  }

  bool accept_word(const std::string& word) {
    if (peek().kind != Token::Kind::name || peek().text != word) return false;
    take();
    return true;
  }

  Expression wrap(Ast ast) const { return {node_, std::move(ast)}; }

  [[noreturn]] void fail(const std::string& message, const std::string& hint) const {
    fail_in(node_, peek().begin, message, hint);
  }

 private:
  /// Counts how deep brackets are nested, so that no text exhausts the stack.
  struct Nesting {
    explicit Nesting(Parser& p) : parser(p) {
      if (++parser.depth_ > kDeepest) parser.fail("nested too deeply", "give parts names in let:");
    }
    ~Nesting() { --parser.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Parser& parser;
  };

  const Token& peek() const { return tokens_[at_]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  bool is(const std::vector<std::string>& symbols) const {
    return peek().kind == Token::Kind::symbol &&
           std::find(symbols.begin(), symbols.end(), peek().text) != symbols.end();
  }

  std::string unexpected() const {
    if (peek().kind == Token::Kind::end) return "the expression ends too early";
    return "'" + node_.text.substr(peek().begin, peek().end - peek().begin) +
           "' is not expected here";
  }

  /// An expression with commas in { } without quotes has lost its end to YAML.
  std::string closing_hint(const std::string& symbol) const {
    const bool closes = peek().kind == Token::Kind::end && (symbol == ")" || symbol == "]");
    const size_t behind =
        node_.source->text.find_first_not_of(' ', node_.position + node_.text.size());
    const bool cut =
        closes && !node_.quoted && behind != std::string::npos && node_.source->text[behind] == ',';
    return cut ? "inside { } and [ ] of YAML a comma ends the value: put the expression in quotes"
               : "";
  }

  Ast finish(Ast ast, size_t begin) const {
    ast.begin = ast.place = begin;
    ast.end = at_ > 0 ? tokens_[at_ - 1].end : begin;
    return ast;
  }

  Ast leaf(Ast::Kind kind) {
    const Token& token = take();
    Ast ast;
    ast.kind = kind;
    ast.text = token.text;
    ast.number = token.number;
    ast.integer = token.integer;
    ast.begin = ast.place = token.begin;
    ast.end = token.end;
    return ast;
  }

  Ast binary(const Token& op, Ast left, Ast right) const {
    Ast ast;
    ast.kind = Ast::Kind::binary;
    ast.text = op.text;
    const size_t begin = left.begin;
    ast.items.push_back(std::move(left));
    ast.items.push_back(std::move(right));
    ast = finish(std::move(ast), begin);
    ast.place = op.begin;
    return ast;
  }

  Ast sum() {
    Ast left = product();
    while (is({"+", "-"})) {
      const Token op = take();
      left = binary(op, std::move(left), product());
    }
    return left;
  }

  Ast product() {
    Ast left = unary();
    while (is({"*", "/", "%", "@"})) {
      const Token op = take();
      left = binary(op, std::move(left), unary());
    }
    return left;
  }

  Ast unary() {
    const Nesting nesting(*this);
    if (!is({"-", "+"})) return power();
    Ast ast;
    ast.kind = Ast::Kind::unary;
    const size_t begin = peek().begin;
    ast.text = take().text;
    ast.items.push_back(unary());
    return finish(std::move(ast), begin);
  }

  Ast power() {
    Ast base = postfix();
    if (!is({"**"})) return base;
    const Token op = take();
    return binary(op, std::move(base), unary());
  }

  Ast postfix() {
    Ast inner = primary();
    while (is({"["})) {
      take();
      Ast ast;
      ast.kind = Ast::Kind::index;
      const size_t begin = inner.begin;
      ast.items.push_back(std::move(inner));
      do ast.items.push_back(subscript());
      while (accept(","));
      expect("]");
      inner = finish(std::move(ast), begin);
    }
    return inner;
  }

  Ast subscript() {
    Ast slice;
    slice.kind = Ast::Kind::slice;
    const size_t begin = peek().begin;
    if (is({"..."})) {
      slice.text = take().text;
      return finish(std::move(slice), begin);
    }
    Ast first = is({":"}) ? Ast() : expression();
    if (!accept(":")) return first;
    slice.items.push_back(std::move(first));
    slice.items.push_back(is({":", ",", "]"}) ? Ast() : expression());
    slice.items.push_back(!accept(":") || is({",", "]"}) ? Ast() : expression());
    return finish(std::move(slice), begin);
  }

  Ast primary() {
    switch (peek().kind) {
      case Token::Kind::number: return leaf(Ast::Kind::number);
      case Token::Kind::text: return leaf(Ast::Kind::text);
      case Token::Kind::name: return name_or_call();
      case Token::Kind::symbol:
        if (is({"("})) return group();
        if (is({"["})) return list();
        break;
      case Token::Kind::end: break;
    }
    fail(unexpected(), "a value is expected: a name, a number or a call");
  }

  Ast group() {
    take();
    Ast inner = expression();
    expect(")");
    return inner;
  }

  Ast list() {
    Ast ast;
    ast.kind = Ast::Kind::list;
    const size_t begin = take().begin;
    while (!is({"]"})) {
      ast.items.push_back(expression());
      if (!accept(",")) break;
    }
    expect("]");
    return finish(std::move(ast), begin);
  }

  Ast name_or_call() {
    Ast ast = leaf(Ast::Kind::name);
    if (!is({"("})) return ast;
    take();
    ast.kind = Ast::Kind::call;
    while (!is({")"})) {
      ast.arguments.push_back(argument(ast));
      if (!accept(",")) break;
    }
    expect(")");
    const size_t begin = ast.begin;
    return finish(std::move(ast), begin);
  }

  AstArgument argument(const Ast& call) {
    const bool named = peek().kind == Token::Kind::name &&
                       tokens_[at_ + 1].kind == Token::Kind::symbol && tokens_[at_ + 1].text == "=";
    if (!named) {
      if (!call.arguments.empty() && !call.arguments.back().name.empty()) {
        fail("an argument without a name behind one with a name", "put it in front, or name it");
      }
      return {"", expression()};
    }
    const std::string name = take().text;
    take();
    return {name, expression()};
  }

  const YamlNode& node_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Expression parse_expression(const YamlNode& node, size_t offset) {
  if (!node.is_scalar()) {
    fail_at(node, "an expression is expected here, not " + node.kind_name(),
            node.is_list() ? "put a list in quotes: \"[1, 2]\"" : "");
  }
  Parser parser(node, offset);
  Ast ast = parser.expression();
  parser.expect_end();
  return parser.wrap(std::move(ast));
}

LoopHeader parse_loop_header(const YamlNode& key, size_t offset) {
  Parser parser(key, offset);
  LoopHeader header;
  header.variable = parser.plain_name("the name of the loop's variable");
  if (!parser.accept_word("in")) parser.fail("'in' is expected here", "write for i in 0..6");
  header.from = parser.wrap(parser.expression());
  header.to = parser.wrap(parser.accept("..") ? parser.expression() : Ast());
  parser.expect_end();
  return header;
}

FunctionHeader parse_function_header(const YamlNode& key) {
  Parser parser(key, 0);
  FunctionHeader header;
  header.name = parser.plain_name("the name of a function");
  parser.expect("(");
  while (!parser.accept(")")) {
    const std::string name = parser.plain_name("the name of a parameter");
    const auto same = [&](const auto& p) { return p.name == name; };
    if (std::any_of(header.parameters.begin(), header.parameters.end(), same)) {
      fail_at(key, "the parameter '" + name + "' is here twice");
    }
    header.parameters.push_back(
        {name, parser.wrap(parser.accept("=") ? parser.expression() : Ast())});
    if (parser.accept(")")) break;
    parser.expect(",");
  }
  parser.expect_end();
  return header;
}

}  // namespace tinycc
