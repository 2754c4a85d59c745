// What the expressions of a model are worth: names are looked up, functions called, loops run. In:
// expressions and the tensors of the weights files. Out: values, and a graph that grows.
#pragma once

#include <map>
#include <set>

#include "compiler/data/data.h"
#include "compiler/yaml/functions.h"
#include "compiler/yaml/model.h"

namespace tinycc {

class Evaluator {
 public:
  /// `graph` receives origins and, as they are used, weights.
  Evaluator(const ModelFile& model, Graph& graph, Tensors weights);

  /// Gives a name that lets cannot take: of an input or a state.
  void define(const std::string& name, Value value);
  /// Runs the steps of a let.
  void run(const std::vector<LetStep>& steps);
  /// The value of an expression that computes `what`, a name for origins.
  Value evaluate(const Expression& expression, const std::string& what);
  /// The same, which must be a tensor.
  Expr evaluate_tensor(const Expression& expression, const std::string& what);
  /// A table of numbers as a weight of its own.
  Expr literal(TensorData data);

 private:
  using Scope = std::map<std::string, Value>;
  struct Call;  // of a user's function: restores the scope when it ends

  Value eval(const Expression& in, const Ast& ast);
  Value eval_name(const Expression& in, const Ast& ast);
  Value eval_index(const Expression& in, const Ast& ast);
  Value eval_call(const Expression& in, const Ast& ast);
  Value call_function(const Function& function, const Expression& in, const Ast& ast);
  Value call_user(const UserFunction& function, const Expression& in, const Ast& ast);
  Value item_of(const Value& list, const Expression& in, const Ast& ast);
  Value subscripted(const Value& base, const Expression& in, const Ast& ast);
  int64_t integer(const Expression& in, const Ast& ast, int64_t otherwise);
  /// An integer or what is made of dimensions.
  Expr length(const Expression& in, const Ast& ast, int64_t otherwise);

  void run_assignment(const LetStep& step);
  void run_loop(const LetStep& step);
  std::vector<Value> loop_values(const LoopHeader& loop);
  void assign(const LetStep& step, const std::string& name, Value value);

  std::string interpolated(const Expression& in, const Ast& ast);
  std::string part_of_name(const Expression& in, const Ast& ast, const std::string& text);
  const Value* find_variable(const std::string& name) const;
  Value group_member(const Expression& in, const Ast& ast, const std::string& name);
  Value find_weight(const std::string& name);
  Value use_weight(const std::string& name, const TensorData& data);
  std::vector<std::string> visible_names() const;
  [[noreturn]] void unknown_name(const Expression& in, const Ast& ast, const std::string& name);

  void spend(const Expression& in, const Ast& ast);
  void note(Expr value, const std::string& computes);
  std::string path() const;

  const ModelFile& model_;
  Graph& graph_;
  Tensors weights_;
  Literal literal_;
  std::map<std::string, const UserFunction*> functions_;
  std::map<std::string, Value> weight_nodes_;
  std::set<std::string> fixed_;  // names of inputs and states
  Scope globals_;
  Scope* scope_ = &globals_;
  std::vector<std::string> path_;  // of what is computed: "x.3", then "attention" in a function
  std::string counters_;           // of the loops around, within a function: ".3"
  size_t calls_ = 0;               // of users' functions that are under way
  int64_t spent_ = 0;
  int64_t literals_ = 0;
};

/// Elements of a tensor by subscripts that are values: a number picks, none adds an axis, a tensor
/// gathers, a range (bounds and step) slices. Error(bad_input) without a place.
struct Subscript {
  enum class Kind : uint8_t { one, range, rest, added, gathered } kind = Kind::one;
  int64_t start = 0, step = 1;
  Expr from, to;  // of a range, as i64 scalars
  Expr indices;
};
Expr subscript(Expr x, const std::vector<Subscript>& subscripts);

/// Gives an error of the tensor library its place and says what the operands were.
template <typename Compute>
auto located(const Expression& in, const Ast& ast, const std::string& what,
             const std::string& operands, const Compute& compute) {
  try {
    return compute();
  } catch (const Error& error) {
    if (!error.at.file.empty() || error.code == ExitCode::internal) throw;
    throw Error(error.code, what + ": " + error.what(), error.hint.empty() ? operands : error.hint,
                in.node.at(ast.place));
  }
}

/// Arguments by place and name → one value a parameter. `what` is the function's name.
struct GivenArgument {
  const Ast* ast;
  std::string name;
  Value value;
};
std::vector<Value> bind_arguments(const std::string& what, const std::vector<Parameter>& parameters,
                                  const std::vector<GivenArgument>& given, const Expression& in,
                                  const Ast& call);

}  // namespace tinycc
