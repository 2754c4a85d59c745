// Tracing: from ONNX messages to nodes. A Tracer walks the graphs; for each message node it hands a
// Call to a function of the op table (ops.h), which returns the node's results. Values that depend
// on no input are known at trace time: shape arithmetic folds away.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <unordered_map>

#include "compiler/onnx/file.h"
#include "compiler/onnx/onnx.h"
#include "compiler/onnx/values.h"
#include "compiler/tensor/tensor.h"

namespace tinycc::onnx {

/// Names of one graph's values; looked up outwards through the graphs around it.
struct Scope {
  const Scope* outer = nullptr;
  std::map<std::string, Expr> values;
  std::map<std::string, int64_t> opsets;  // versions by domain: the model's, or a function's own
  const proto::Graph* graph = nullptr;    // whose values these are; none for a function's
};

/// The extents that the graph states for a value, if they are all numbers: for itself, or for what
/// an elementwise operator makes of it.
std::optional<Ints> stated_extents(const Scope& scope, const std::string& name);

/// What a node throws of whose sub-graph a node is not supported, which is noted already.
struct RefusedInside : Error {
  RefusedInside() : Error(ExitCode::unsupported, "a node inside is not supported") {}
};
class Call;
struct OpRow;

class Tracer {
 public:
  Tracer(const std::filesystem::path& path, const OnnxOptions& options);

  Graph run();

  Pool& pool() { return *graph_.pool; }
  /// A node for numbers: a constant if all are equal, else a weight of a free name like `name`.
  Expr literal(TensorData data, const std::string& name);
  /// A vector of i64.
  Expr literal(const Ints& values);
  /// The numbers of a node that depends on no input; else nothing.
  std::optional<TensorData> value_of(Expr e);
  /// The elements of a small tensor as i64 scalars over constants and symbolic dimensions; nothing if
  /// they depend on other data.
  std::optional<std::vector<Expr>> lengths_of(Expr e) { return entries_of(e, graph_.weights); }
  /// Traces a sub-graph in a scope inside `outer`, with these values as its inputs. Errors:
  /// RefusedInside if a result depends on a node that is not supported.
  Outputs trace_branch(const proto::Graph& graph, const Scope& outer, const Outputs& inputs = {});
  int64_t max_trip() const { return options_.max_trip; }
  /// How many nodes are not supported so far; and back to that, where there is another way.
  size_t refusals() const { return refused_.size(); }
  void forget_refusals(size_t count);
  TensorData read(const proto::Tensor& tensor) const;
  /// A sequence or an optional value, as a node that stands for it; and back, nullptr for a tensor.
  Expr list(Sequence s);
  const Sequence* sequence(Expr e) const;
  Expr elements_in(const Sequence& s);
  Ragged ragged(const Sequence& s);
  /// A tensor of strings, as a node of its shape; and back to its cells (text.h), empty for another.
  Expr strings(Expr cells);
  Expr cells(Expr e) const;
  Expr string_literal(const std::vector<std::string>& strings, Ints shape, const std::string& name);
  /// Numbers or strings of the model.
  Expr constant_of(const proto::Tensor& tensor, const std::string& name);
  Expr limited(Expr e, int64_t least, int64_t most, const std::string& what);

 private:
  void refuse_operators(const google::protobuf::RepeatedPtrField<proto::Node>& nodes,
                        const std::map<std::string, int64_t>& opsets,
                        std::set<const proto::Function*>& seen);
  void refuse_node(const proto::Node& node, const Error& why);
  void mark_unknown(const proto::Node& node, Scope& scope);
  const proto::Function* function_of(const proto::Node& node) const;
  void add_initializers(const proto::Graph& graph, Scope& scope);
  void check_pins(const proto::Graph& graph) const;
  std::string free_name(std::string name) const;
  Expr port(const std::string& name, DType dtype, const Shape& shape, PortForm form);
  Ragged ragged_input(const std::string& name, const proto::TensorType& type, int64_t most,
                      int64_t least, PortForm::Kind kind);
  Expr input_of_strings(const proto::ValueInfo& info);
  Expr input_of_type(const proto::ValueInfo& info);
  Expr assumption(const OnnxOptions::Assumed& assumed);
  bool is_loose(const proto::ValueInfo& info) const;
  void add_output(const std::string& name, Expr e);
  void check_handles() const;
  Outputs apply_to_strings(const OpRow& row, Call& call);
  void add_inputs(const proto::Graph& graph, Scope& scope);
  Shape shape_of(const proto::ValueInfo& input);
  std::optional<DimSpec> dim_of_symbol(const std::string& symbol) const;
  Dim dim_of_input(const DimSpec& spec);
  bool is_precluded(const proto::Node& node, const Scope& scope) const;
  void throw_refused() const;
  Outputs results(const proto::Graph& graph, const Scope& scope) const;
  void trace_nodes(const google::protobuf::RepeatedPtrField<proto::Node>& nodes, Scope& scope);
  void trace_node(const proto::Node& node, Scope& scope);
  Outputs apply(const proto::Node& node, const Scope& scope);
  Outputs inline_function(const proto::Function& function, const proto::Node& node,
                          const Scope& scope);
  Expr folded(Expr e);
  bool depends_on_inputs(Expr e);
  std::optional<TensorData> fixed_lengths(Expr e);
  void drop_unused_weights();

  std::filesystem::path path_, folder_;
  OnnxOptions options_;
  proto::Model model_;
  Graph graph_;
  std::unordered_map<Expr, bool> depends_;
  std::unordered_map<Expr, Sequence> lists_;
  std::unordered_map<Expr, Expr> cells_;  // of strings
  int64_t traced_ = 0;                    // nodes
  Expr unknown_;                          // the value of what is not supported
  std::vector<Error> refused_;            // such nodes
  int depth_ = 0;                         // of graphs and functions inside each other
};

/// The value of a name. Errors: Error(bad_input) if it has none (yet).
Expr look_up(const Scope& scope, const std::string& name);

/// One node being traced: its operands and attributes, checked on access. Errors: Error(bad_input)
/// for a missing operand or an attribute of another type.
class Call {
 public:
  Call(Tracer& tracer, const Scope& scope, const proto::Node& node, int64_t version);

  Tracer& tracer;
  const Scope& scope;
  const proto::Node& node;
  int64_t version;  // of the operator set

  Pool& pool() { return tracer.pool(); }
  size_t count() const { return operands_.size(); }
  size_t results() const { return static_cast<size_t>(node.output_size()); }
  bool has(size_t i) const { return i < operands_.size() && operands_[i]; }
  bool wants(size_t i) const { return i < results() && !node.output(static_cast<int>(i)).empty(); }
  Expr operator[](size_t i) const;
  std::optional<Expr> maybe(size_t i) const;
  /// Empty if it is not there.
  Expr or_none(size_t i) const { return i < operands_.size() ? operands_[i] : Expr(); }
  std::vector<Expr> all() const;
  /// The cells of an operand that is strings.
  Expr cells(size_t i) const;
  bool has_strings() const;
  bool has_sequences() const;
  void replace(size_t i, Expr operand) { operands_[i] = operand; }
  /// Elements of an operand that is a sequence.
  const Outputs& list(size_t i) const;
  /// Numbers of an operand, which must be known at trace time. Errors: Error(unsupported) if not.
  TensorData constant(size_t i) const;
  /// Whether those numbers are known at trace time.
  bool known(size_t i) const { return tracer.value_of((*this)[i]).has_value(); }
  /// Whether they are known, or lengths of dimensions.
  bool settled(size_t i) const { return known(i) || tracer.lengths_of((*this)[i]).has_value(); }
  /// What the model states as the extents of a result: it settles what unknown operands leave open.
  /// Errors: Error(unsupported) about operand `unknown` if the model does not say.
  Ints stated(size_t result, size_t unknown) const;
  /// The elements of an integer operand that only a run knows, as i64 scalars.
  std::vector<Expr> elements(size_t i) const;
  /// Lengths of dimensions: numbers, or what is made of symbolic dimensions. Errors as constant().
  std::vector<Expr> lengths(size_t i) const;
  /// The same as integers, or as one number, each within ±kMostElements.
  Ints constant_ints(size_t i) const;
  int64_t constant_int(size_t i) const {
    single(constant(i));
    return constant_ints(i)[0];
  }
  double constant_real(size_t i) const { return single(constant(i)).number(0); }
  static const TensorData& single(const TensorData& data);
  /// Makes a node for numbers that the tensor library works out.
  Literal literal() {
    return [this](TensorData data) {
      return tracer.literal(std::move(data), node.op_type() + "_table");
    };
  }

  bool has_attribute(const std::string& name) const { return find(name, 0) != nullptr; }
  /// Integers of attributes are within ±kMostElements, too.
  int64_t integer(const std::string& name, std::optional<int64_t> otherwise = {}) const;
  double real(const std::string& name, std::optional<double> otherwise = {}) const;
  std::string text(const std::string& name, std::optional<std::string> otherwise = {}) const;
  /// A word of those that the attribute may have; one that is empty counts as not given.
  std::string choice(const std::string& name, const std::vector<std::string>& known,
                     std::optional<std::string> otherwise = {}) const;
  Ints ints(const std::string& name, std::optional<Ints> otherwise = {}) const;
  std::vector<double> reals(const std::string& name) const;       // empty if not there
  std::vector<std::string> texts(const std::string& name) const;  // empty if not there
  const proto::Attribute* find(const std::string& name, int32_t type) const;
  const proto::Attribute& attribute(const std::string& name, int32_t type) const;
  /// Numbers that older operator sets have as an attribute, newer ones as operand `i`.
  std::optional<Ints> ints_or_operand(const std::string& name, size_t i) const;

 private:
  std::vector<Expr> operands_;
};

/// Where a word stands among the known ones. Errors: Error(unsupported), with these, for any other.
size_t place_of_word(const std::string& what, const std::string& word,
                     const std::vector<std::string>& known);

/// ONNX's AttributeProto.AttributeType.
enum AttributeType : int32_t {
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
  kStrings = 8,
  kSparse = 11
};

}  // namespace tinycc::onnx
