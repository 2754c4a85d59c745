// Expressions as text: names where there are names, else operators and calls from the op table.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "ir/free.h"
#include "ir/print.h"

namespace tinycc {

class ExprPrinter {
 public:
  /// Names in sight; copied to open a scope and put back to close it.
  struct Scope {
    std::unordered_map<Expr, std::string> names;
    std::unordered_set<std::string> used;
  };
  Scope scope;
  std::map<int64_t, std::string> buffers;  // names by id

  /// `wanted`, or with a number behind if something else in sight is called so.
  std::string unique(const std::string& wanted);
  /// Gives `e` a name, unique in sight; the name as it is written.
  std::string name(Expr e, const std::string& wanted);
  /// Notes which nodes under `roots` are worth a name of their own, for lets().
  void find_shared(const std::vector<Expr>& roots);
  /// Names what is shared, and depends on no range but those in sight: "v0 = …", in order.
  std::vector<std::string> lets(const std::vector<Expr>& roots);

  std::string operand(Expr e, int precedence = 0);
  /// The op on its sources, also if `e` has a name.
  std::string define(Expr e);
  /// A number alone where the type is known, else as operand().
  std::string typed_by_place(Expr e) { return is_number(e) ? number(e) : operand(e); }
  std::string list(const std::vector<Expr>& values);
  std::string shape(const Shape& shape);
  std::string type(Expr e) { return std::string(name_of(e->dtype)) + shape(e->shape); }

 private:
  bool is_number(Expr e) const { return e->is(Op::constant) && !scope.names.contains(e); }
  static std::string number(Expr e);
  std::string infix(Expr e);
  std::string call(Expr e);
  std::string keys(Expr e);
  std::string reduction(Expr e);
  bool hidden(Expr e);

  std::unordered_set<Expr> shared_;
  std::vector<int64_t> bound_by_reductions_;  // ids in the statement that are not in sight yet
  FreeIds free_;
};

}  // namespace tinycc
