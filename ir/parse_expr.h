// Parses expressions of the text form. A number alone waits for the operand beside it to give it a
// type.
#pragma once

#include <map>

#include "ir/lexer.h"
#include "ir/stmt.h"

namespace tinycc {

class ExprParser {
 public:
  /// What names mean; copied to open a scope and put back to close it.
  struct Scope {
    std::map<std::string, Expr> names;
    std::map<std::string, BufferRef> buffers;
  };
  Scope scope;

  ExprParser(Lexer& lexer, Pool& pool) : lexer_(lexer), pool_(pool) {}

  /// An expression; a number alone becomes i64 or f32, as it looks.
  Expr expression();
  /// An expression; a number alone becomes a scalar of this type.
  Expr expression(DType type);
  /// [i, j, …]: the indices of a load or store.
  std::vector<Expr> indices();
  /// "f32[1,64]".
  std::pair<DType, Shape> type();
  /// "8", "8 upto n": a range of this name, in scope from now on.
  Expr range(const std::string& name);
  /// Runs a builder; what it finds wrong is reported at offset `at`.
  template <class F>
  auto build(size_t at, F f) {
    try {
      return f();
    } catch (const Error& e) {
      if (e.code != ExitCode::internal) throw;
      rethrow(e, at);
    }
  }

 private:
  /// An expression, or a number that has no type yet.
  struct Value {
    Expr e;
    std::string number;
    bool negative = false;
    size_t at = 0;
  };
  struct Call {
    Op op;
    size_t at;
    std::vector<Value> args;
    std::map<std::string, std::vector<int64_t>> keys;
    std::string combine;
    std::optional<Shape> shape;
    std::optional<DType> type;
  };

  [[noreturn]] void rethrow(const Error& e, size_t at);
  Value parse(int precedence);
  Value unary();
  Value primary();
  Value named(const Token& name);
  Value combine(Op op, Value a, Value b, size_t at);
  Value subtract(const Value& a, Value b, size_t at);
  Value call(const Token& name);
  Value typed(const Token& name, DType type);
  Value reduction(Op op);
  Expr get_of(Expr e);
  void argument(Call& call);
  Expr made(Call& call);
  Expr made_elementwise(Call& call);
  Expr made_movement(Call& call);
  const std::vector<int64_t>& key(const Call& call, const std::string& name);
  std::vector<int64_t> integers();
  Shape shape();
  Expr resolve(const Value& v, DType type, const Shape& shape);
  Expr resolve(const Value& v, const Value& beside);
  Expr resolve(const Value& v);

  Lexer& lexer_;
  Pool& pool_;
};

}  // namespace tinycc
