// See parse_expr.h.
#include "ir/parse_expr.h"

#include <algorithm>
#include <charconv>

#include "ir/build.h"
#include "ir/spelling.h"

namespace tinycc {

void ExprParser::rethrow(const Error& e, size_t at) {
  const std::string message = e.what();
  lexer_.fail(message.substr(0, message.rfind(" [")), at);  // without the place in our source
}

// ---- numbers -------------------------------------------------------------------------------

Expr ExprParser::resolve(const Value& v, DType type, const Shape& shape) {
  if (v.e) return v.e;
  const char *first = v.number.data(), *last = first + v.number.size();
  if (v.number == "true" || v.number == "false") {
    if (!is_bool(type)) lexer_.fail("a bool where a number should be", v.at);
    return constant_int(pool_, type, v.number == "true" ? 1 : 0, shape);
  }
  if (is_float(type)) {
    double value = 0;
    std::from_chars(first, last, value);
    return constant(pool_, type, v.negative ? -value : value, shape);
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(first, last, value);
  if (error != std::errc() || end != last) lexer_.fail("no integer: " + v.number, v.at);
  return constant_int(pool_, type, static_cast<int64_t>(v.negative ? 0 - value : value), shape);
}

Expr ExprParser::resolve(const Value& v, const Value& beside) {
  return beside.e ? resolve(v, beside.e->dtype, beside.e->shape) : resolve(v);
}

Expr ExprParser::resolve(const Value& v) {
  if (v.e) return v.e;
  if (v.number == "true" || v.number == "false") return resolve(v, DType::boolean, {});
  const bool real = v.number.find_first_not_of("0123456789") != std::string::npos;
  return resolve(v, real ? DType::f32 : DType::i64, {});
}

// ---- operators -----------------------------------------------------------------------------

Expr ExprParser::expression() { return resolve(parse(0)); }
Expr ExprParser::expression(DType type) { return resolve(parse(0), type, {}); }

ExprParser::Value ExprParser::parse(int precedence) {
  Value left = unary();
  while (lexer_.peek().kind == Token::Kind::sign) {
    const bool minus = lexer_.is("-");
    const auto op = minus ? Op::add : infix_named(lexer_.peek().text);
    if (!op || precedence_of(*op) < precedence) break;
    const size_t at = lexer_.next().at;
    Value right = parse(precedence_of(*op) + 1);
    left = minus ? subtract(left, std::move(right), at) : combine(*op, left, right, at);
  }
  return left;
}

ExprParser::Value ExprParser::combine(Op op, Value a, Value b, size_t at) {
  const Expr x = resolve(a, b), y = resolve(b, Value{x, "", false, 0});
  return {build(at, [&] { return binary(op, x, y); }), "", false, at};
}

ExprParser::Value ExprParser::subtract(const Value& a, Value b, size_t at) {
  if (!b.e) {
    b.negative = !b.negative;
    return combine(Op::add, a, b, at);
  }
  return combine(Op::add, a, {neg(b.e), "", false, at}, at);
}

ExprParser::Value ExprParser::unary() {
  const size_t at = lexer_.peek().at;
  if (!lexer_.take("-")) return primary();
  Value v = unary();
  if (!v.e) {
    v.negative = !v.negative;
    return v;
  }
  return {neg(v.e), "", false, at};
}

ExprParser::Value ExprParser::primary() {
  const Token token = lexer_.peek();
  if (token.kind == Token::Kind::number) return {{}, lexer_.next().text, false, token.at};
  if (lexer_.take("(")) {
    const Value v = parse(0);
    lexer_.expect(")");
    return v;
  }
  if (token.kind != Token::Kind::name && token.kind != Token::Kind::string) {
    lexer_.fail("expected an expression before '" + token.text + "'");
  }
  lexer_.next();
  return named(token);
}

ExprParser::Value ExprParser::named(const Token& name) {
  const std::string& text = name.text;
  if (const auto buffer = scope.buffers.find(text);
      buffer != scope.buffers.end() && lexer_.is("[")) {
    std::vector<Expr> index = indices();
    const Buffer& b = *buffer->second;
    return {build(name.at, [&] { return load(pool_, b, std::move(index)); }), "", false, name.at};
  }
  if (name.kind == Token::Kind::name) {
    const auto type = dtype_named(text);
    if (type && (lexer_.is("(") || lexer_.is("["))) return typed(name, *type);
    for (const ReduceName& r : kReduceNames) {
      if (r.name == text && lexer_.is("{")) return reduction(r.op);
    }
    if (lexer_.is("(")) return call(name);
    for (const std::string_view number : {"true", "false", "inf", "nan"}) {
      if (text == number) return {{}, text, false, name.at};
    }
  }
  const auto found = scope.names.find(text);
  if (found == scope.names.end()) lexer_.fail("nothing is called '" + text + "'", name.at);
  return {get_of(found->second), "", false, name.at};
}

/// scan.k, or e itself.
Expr ExprParser::get_of(Expr e) {
  const size_t at = lexer_.peek().at;
  if (!e->is(Op::scan) || !lexer_.take(".")) return e;
  const int64_t k = lexer_.integer();
  return build(at, [&] { return get(e, k); });
}

/// f32(x) casts; f32(1) and f32[2,3](1) are numbers.
ExprParser::Value ExprParser::typed(const Token& name, DType type) {
  const Shape dims = lexer_.is("[") ? shape() : Shape{};
  lexer_.expect("(");
  const Value v = parse(0);
  lexer_.expect(")");
  if (!v.e) return {resolve(v, type, dims), "", false, name.at};
  return {cast(v.e, type), "", false, name.at};
}

ExprParser::Value ExprParser::reduction(Op op) {
  const Scope outside = scope;
  const size_t at = lexer_.peek().at;
  std::vector<Expr> ranges;
  lexer_.expect("{");
  do {
    const std::string name = lexer_.name();
    ranges.push_back(range(name));
  } while (lexer_.take(","));
  lexer_.expect("}");
  lexer_.expect("(");
  while (lexer_.is_key()) {
    const std::string name = lexer_.name();
    lexer_.expect("=");
    scope.names[name] = expression();
    lexer_.expect(";");
  }
  const Expr body = expression();
  lexer_.expect(")");
  scope = outside;
  return {build(at, [&] { return reduce_over(op, body, ranges); }), "", false, at};
}

Expr ExprParser::range(const std::string& name) {
  const int64_t bound = lexer_.integer();
  Expr made;
  if (lexer_.take("upto")) {
    const Expr extent = resolve(parse(kUnaryPrecedence), DType::i64, {});
    made = pool_.make(Op::range, DType::i64, {}, {extent}, {{pool_.fresh_id(), bound}, name});
  } else {
    made = tinycc::range(pool_, bound, name);
  }
  return scope.names[name] = made;
}

// ---- lists ---------------------------------------------------------------------------------

std::vector<Expr> ExprParser::indices() {
  std::vector<Expr> index;
  lexer_.expect("[");
  while (!lexer_.is("]")) {
    if (!index.empty()) lexer_.expect(",");
    index.push_back(expression(DType::i64));
  }
  lexer_.expect("]");
  return index;
}

std::vector<int64_t> ExprParser::integers() {
  std::vector<int64_t> values;
  lexer_.expect("[");
  while (!lexer_.is("]")) {
    if (!values.empty()) lexer_.expect(",");
    values.push_back(lexer_.integer());
  }
  lexer_.expect("]");
  return values;
}

/// [2, n<=8]
Shape ExprParser::shape() {
  Shape dims;
  lexer_.expect("[");
  while (!lexer_.is("]")) {
    if (!dims.empty()) lexer_.expect(",");
    const Value v = unary();
    if (v.e) lexer_.expect("<=");
    dims.emplace_back(v.e ? lexer_.integer() : integer_of(resolve(v, DType::i64, {})), v.e);
  }
  lexer_.expect("]");
  return dims;
}

std::pair<DType, Shape> ExprParser::type() {
  const size_t at = lexer_.peek().at;
  const auto dtype = dtype_named(lexer_.name());
  if (!dtype) lexer_.fail("no such type", at);
  return {*dtype, lexer_.is("[") ? shape() : Shape{}};
}

}  // namespace tinycc
