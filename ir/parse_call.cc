// Calls in the text form: operands, then attributes as key=value, then the op's builder. See
// parse_expr.h.
#include "ir/build.h"
#include "ir/parse_expr.h"
#include "ir/spelling.h"

namespace tinycc {

ExprParser::Value ExprParser::call(const Token& name) {
  const auto op = call_named(name.text);
  if (!op) lexer_.fail("no op is called '" + name.text + "'", name.at);
  Call call{*op, name.at, {}, {}, "", {}, {}};
  lexer_.expect("(");
  for (bool first = true; !lexer_.is(")"); first = false) {
    if (!first) lexer_.expect(",");
    argument(call);
  }
  lexer_.expect(")");
  return {build(name.at, [&] { return made(call); }), "", false, name.at};
}

void ExprParser::argument(Call& call) {
  if (lexer_.is_key()) {
    const std::string key = lexer_.name();
    lexer_.expect("=");
    if (key == "combine") {
      call.combine = lexer_.name();
    } else {
      call.keys[key] = lexer_.is("[") ? integers() : std::vector<int64_t>{lexer_.integer()};
    }
  } else if (lexer_.is("[")) {
    call.shape = shape();
  } else if (call.op == Op::bitcast && !call.args.empty()) {
    call.type = type().first;
  } else {
    call.args.push_back(parse(0));
  }
}

const std::vector<int64_t>& ExprParser::key(const Call& call, const std::string& name) {
  const auto found = call.keys.find(name);
  if (found != call.keys.end() && !found->second.empty()) return found->second;
  lexer_.fail(std::string(spelling_of(call.op)) + " needs " + name + "=", call.at);
}

Expr ExprParser::made(Call& call) {
  const auto wants = [&](size_t least) {
    if (call.args.size() < least) lexer_.fail("too few operands", call.at);
  };
  if (call.op == Op::iota) {
    if (!call.shape) lexer_.fail("iota needs a shape", call.at);
    return iota(pool_, *call.shape, key(call, "axis")[0]);
  }
  wants(class_of(call.op) == OpClass::binary ? 2 : call.op == Op::where ? 3 : 1);
  if (is_elementwise(call.op)) return made_elementwise(call);
  std::vector<Expr> args;
  if (call.op == Op::pad) {
    wants(2);
    args = {resolve(call.args[0]), {}};
    args[1] = resolve(call.args[1], args[0]->dtype, {});
    return pad(args[0], key(call, "amounts"), args[1]);
  }
  for (const Value& v : call.args) args.push_back(resolve(v));
  if (is_reduce(call.op)) return reduce(call.op, args[0], key(call, "axes"));
  if (is_movement(call.op))
    return call.op == Op::concat ? concat(args, key(call, "axis")[0]) : made_movement(call);
  if (call.op == Op::gather) return gather(args[0], {args.begin() + 1, args.end()});
  if (call.op != Op::scatter) lexer_.fail("no tensor op", call.at);
  wants(2);
  return scatter(args[0], args[1], {args.begin() + 2, args.end()}, call.combine);
}

Expr ExprParser::made_elementwise(Call& call) {
  auto& args = call.args;
  if (class_of(call.op) == OpClass::unary) return tinycc::unary(call.op, resolve(args[0]));
  if (call.op == Op::bitcast) {
    if (!call.type) lexer_.fail("bitcast needs a type", call.at);
    return bitcast(resolve(args[0]), *call.type);
  }
  if (call.op == Op::where) {
    const Expr a = resolve(args[1], args[2]), b = resolve(args[2], Value{a, "", false, 0});
    return where(resolve(args[0]), a, b);
  }
  return combine(call.op, args[0], args[1], call.at).e;
}

Expr ExprParser::made_movement(Call& call) {
  const Expr a = resolve(call.args[0]);
  switch (call.op) {
    case Op::reshape:
    case Op::expand:
      if (!call.shape) lexer_.fail("it needs a shape", call.at);
      return call.op == Op::reshape ? reshape(a, *call.shape) : expand(a, *call.shape);
    case Op::permute: return permute(a, key(call, "order"));
    case Op::slice: return slice(a, key(call, "starts"), key(call, "counts"), key(call, "steps"));
    default: {  // in braces, so that the first key that is missing is named first
      const int64_t of[] = {key(call, "axis")[0], key(call, "size")[0], key(call, "stride")[0],
                            key(call, "dilation")[0]};
      return window(a, of[0], of[1], of[2], of[3]);
    }
  }
}

}  // namespace tinycc
