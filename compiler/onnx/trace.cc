// Walks the graphs of a model in order and keeps the names' values; see trace.h.
#include "compiler/onnx/trace.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>

#include "compiler/onnx/assume.h"
#include "compiler/onnx/ops.h"
#include "ir/eval.h"

namespace tinycc {
namespace onnx {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<proto::Node>;
using Opsets = std::map<std::string, int64_t>;

constexpr int64_t kNodeLimit = 1 << 20;  // that are traced, functions inlined
constexpr int kDepthLimit = 64;          // of graphs and functions inside each other

std::string domain_of(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

template <typename List>
Opsets opsets_of(const List& imports) {
  Opsets versions;
  for (const proto::OperatorSet& set : imports) versions[domain_of(set.domain())] = set.version();
  return versions;
}

int64_t version_of(const Opsets& opsets, const std::string& domain) {
  const auto found = opsets.find(domain);
  return found == opsets.end() ? 1 : found->second;
}

void define(Scope& scope, const std::string& name, Expr value) {
  if (!scope.values.emplace(name, value).second) {
    throw Error(ExitCode::bad_input, "'" + name + "' is defined twice");
  }
}

std::string identifier(const std::string& text) {
  std::string result;
  for (char c : text) result += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return result.empty() || std::isalpha(static_cast<unsigned char>(result[0])) == 0
             ? "model" + result
             : result;
}

std::string joined(const Ints& values) {
  std::string text;
  for (int64_t v : values) text += (text.empty() ? "" : ",") + std::to_string(v);
  return text;
}

/// "Conv(h1, conv2.weight, conv2.bias, strides=2,2)"
std::string computes_text(const proto::Node& node) {
  std::string text;
  for (const std::string& input : node.input()) text += (text.empty() ? "" : ", ") + input;
  for (const proto::Attribute& a : node.attribute()) {
    std::string value;
    if (a.has_i()) value = std::to_string(a.i());
    if (a.ints_size() > 0) value = joined({a.ints().begin(), a.ints().end()});
    if (a.has_s()) value = a.s();
    if (!value.empty()) text += (text.empty() ? "" : ", ") + a.name() + "=" + value;
  }
  return node.op_type() + "(" + text + ")";
}

/// Counts graphs and functions inside each other.
struct Nesting {
  explicit Nesting(int& count) : depth(count) {
    if (++depth > kDepthLimit) {
      --depth;
      throw Error(ExitCode::bad_input, "graphs or functions are nested too deeply");
    }
  }
  ~Nesting() { --depth; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  int& depth;
};

/// Nodes without a name get one: "Conv_3" for the fourth such Conv.
void name_nodes(Nodes* nodes, std::map<std::string, int64_t>& counts) {
  for (proto::Node& node : *nodes) {
    if (node.name().empty())
      node.set_name(node.op_type() + "_" + std::to_string(counts[node.op_type()]++));
    for (proto::Attribute& a : *node.mutable_attribute()) {
      if (a.has_g()) name_nodes(a.mutable_g()->mutable_node(), counts);
    }
  }
}

std::string place_of(const proto::Node& node) {
  const std::string domain = domain_of(node.domain());
  return "node '" + node.name() + "' (" + domain + (domain.empty() ? "" : ".") + node.op_type() +
         "): ";
}

bool all_equal(const TensorData& data) {
  const auto size = static_cast<size_t>(bytes_of(data.dtype));
  const std::vector<std::byte>& bytes = *data.bytes;
  return bytes.size() <= size ||
         std::memcmp(bytes.data(), bytes.data() + size, bytes.size() - size) == 0;
}

}  // namespace

Expr look_up(const Scope& scope, const std::string& name) {
  for (const Scope* s = &scope; s != nullptr; s = s->outer) {
    if (const auto found = s->values.find(name); found != s->values.end()) return found->second;
  }
  throw Error(ExitCode::bad_input, "'" + name + "' is used but not defined before",
              "nodes must stand in an order in which each comes after those that it uses");
}

Tracer::Tracer(const std::filesystem::path& path, const OnnxOptions& options)
    : path_(path), folder_(path.parent_path()), options_(options), model_(read_model(path)) {
  graph_.name = options.name.empty() ? identifier(path.stem().string()) : options.name;
  graph_.source = path.filename().string();
  std::map<std::string, int64_t> unnamed;
  name_nodes(model_.mutable_graph()->mutable_node(), unnamed);
  for (proto::Function& f : *model_.mutable_functions()) name_nodes(f.mutable_node(), unnamed);
}

Graph Tracer::run() {
  Scope scope;
  scope.opsets = opsets_of(model_.opset_import());
  scope.graph = &model_.graph();
  std::set<const proto::Function*> seen;
  refuse_operators(model_.graph().node(), scope.opsets, seen);
  add_initializers(model_.graph(), scope);
  try {
    add_inputs(model_.graph(), scope);
  } catch (const Error& e) {
    if (refused_.empty()) throw;
    refused_.push_back(e);  // in the same list
    throw_refused();
  }
  trace_nodes(model_.graph().node(), scope);
  const Outputs outputs = results(model_.graph(), scope);
  throw_refused();
  for (size_t i = 0; i < outputs.size(); ++i)
    add_output(model_.graph().output(static_cast<int>(i)).name(), outputs[i]);
  if (outputs.empty()) throw Error(ExitCode::bad_input, "the model has no outputs");
  check_handles();
  drop_unused_weights();
  return std::move(graph_);
}

/// All that is not supported at once, each with what to do about it.
void Tracer::throw_refused() const {
  if (refused_.empty()) return;
  const bool symbolic = !graph_.dims.empty();
  if (refused_.size() == 1 && !symbolic) throw refused_[0];
  std::string list;
  for (const Error& e : refused_)
    list += std::string("\n  ") + e.what() + (e.hint.empty() ? "" : "\n    hint: " + e.hint);
  throw Error(ExitCode::unsupported,
              std::string("the model has nodes that are not supported") +
                  (symbolic ? " with symbolic dimensions:" : ":") + list,
              symbolic ? "give the inputs' shapes as numbers: --shape INPUT=1,128" : "");
}

void Tracer::forget_refusals(size_t count) {
  refused_.erase(refused_.begin() + static_cast<std::ptrdiff_t>(count), refused_.end());
  if (refused_.empty()) unknown_ = {};
}

TensorData Tracer::read(const proto::Tensor& tensor) const {
  for (const proto::Entry& entry : tensor.external_data()) {
    if (options_.files == nullptr || entry.key() != "location") continue;
    options_.files->insert((folder_ / entry.value()).generic_string());
  }
  return read_tensor(tensor, folder_);
}

/// Of all nodes, also those behind one that is not supported and those in branches not taken.
void Tracer::refuse_operators(const Nodes& nodes, const Opsets& opsets,
                              std::set<const proto::Function*>& seen) {
  for (const proto::Node& node : nodes) {
    const std::string domain = domain_of(node.domain());
    const int64_t version = version_of(opsets, domain);
    const proto::Function* function = function_of(node);
    if (function != nullptr && seen.insert(function).second) {
      refuse_operators(function->node(), opsets_of(function->opset_import()), seen);
    } else if (function == nullptr && find_op(domain, node.op_type(), version) == nullptr) {
      refuse_node(node, Error(ExitCode::unsupported,
                              "operator set " + std::to_string(version) +
                                  " has no such operator that is supported",
                              "put others in its place, or a local function of the model"));
    }
    for (const proto::Attribute& a : node.attribute()) {
      if (a.has_g()) refuse_operators(a.g().node(), opsets, seen);
    }
  }
}

void Tracer::refuse_node(const proto::Node& node, const Error& why) {
  if (!unknown_) unknown_ = input(pool(), "what is not supported", DType::f32, {});
  const std::string what = place_of(node) + why.what();
  const bool again = std::any_of(refused_.begin(), refused_.end(),
                                 [&](const Error& e) { return e.what() == what; });
  if (!again) refused_.emplace_back(why.code, what, why.hint);  // bodies of loops are traced often
}

void Tracer::mark_unknown(const proto::Node& node, Scope& scope) {
  for (const std::string& output : node.output()) {
    if (!output.empty()) define(scope, output, unknown_);
  }
}

const proto::Function* Tracer::function_of(const proto::Node& node) const {
  for (const proto::Function& f : model_.functions()) {
    if (f.name() == node.op_type() && domain_of(f.domain()) == domain_of(node.domain())) return &f;
  }
  return nullptr;
}

void Tracer::add_initializers(const proto::Graph& graph, Scope& scope) {
  for (const proto::Tensor& tensor : graph.initializer()) {
    define(scope, tensor.name(), constant_of(tensor, tensor.name()));
  }
  for (const proto::SparseTensor& sparse : graph.sparse_initializer()) {
    const std::string& name = sparse.values().name();
    define(scope, name, literal(read_sparse(sparse, folder_), name));
  }
}

void Tracer::add_inputs(const proto::Graph& graph, Scope& scope) {
  check_pins(graph);
  for (const proto::ValueInfo& input : graph.input()) {
    if (scope.values.count(input.name()) > 0) continue;  // an initializer gives its value
    if (is_loose(input)) {
      define(scope, input.name(), input_of_type(input));
      continue;
    }
    const DType dtype = dtype_of(input.type().tensor_type().elem_type());
    const Expr node = tinycc::input(pool(), input.name(), dtype, shape_of(input));
    graph_.inputs.push_back({input.name(), node, input.doc_string()});
    const auto assumed = options_.assumed.find(input.name());
    define(scope, input.name(),
           assumed == options_.assumed.end() ? node : assumption(assumed->second));
  }
}

Outputs Tracer::results(const proto::Graph& graph, const Scope& scope) const {
  Outputs outputs;
  for (const proto::ValueInfo& output : graph.output())
    outputs.push_back(look_up(scope, output.name()));
  return outputs;
}

Outputs Tracer::trace_branch(const proto::Graph& graph, const Scope& outer, const Outputs& inputs) {
  Scope scope{&outer, {}, outer.opsets, &graph};
  if (static_cast<size_t>(graph.input_size()) != inputs.size())
    refuse("a sub-graph has " + std::to_string(graph.input_size()) + " inputs, not " +
           std::to_string(inputs.size()));
  for (int i = 0; i < graph.input_size(); ++i)
    define(scope, graph.input(i).name(), inputs[static_cast<size_t>(i)]);
  add_initializers(graph, scope);
  trace_nodes(graph.node(), scope);
  Outputs outputs = results(graph, scope);
  if (unknown_ && std::count(outputs.begin(), outputs.end(), unknown_) > 0) throw RefusedInside();
  return outputs;
}

void Tracer::trace_nodes(const Nodes& nodes, Scope& scope) {
  for (const proto::Node& node : nodes) trace_node(node, scope);
}

void Tracer::trace_node(const proto::Node& node, Scope& scope) {
  try {
    if (++traced_ > kNodeLimit) refuse("the model has too many nodes");
    if (unknown_ && is_precluded(node, scope)) return mark_unknown(node, scope);
    const Outputs outputs = apply(node, scope);
    for (int i = 0; i < node.output_size(); ++i) {
      if (node.output(i).empty()) continue;
      const Expr value =
          static_cast<size_t>(i) < outputs.size() ? outputs[static_cast<size_t>(i)] : Expr();
      if (!value)
        throw Error(ExitCode::unsupported, "output " + std::to_string(i) + " is not supported");
      const Expr result = folded(value);
      graph_.note_origin(result, node.name(), computes_text(node));
      define(scope, node.output(i), result);
    }
  } catch (const RefusedInside&) {
    mark_unknown(node, scope);
  } catch (const Error& e) {
    if (std::string(e.what()).starts_with("node '")) throw;  // of a node inside
    if (e.code == ExitCode::unsupported) {                   // others may be, too
      refuse_node(node, e);
      return mark_unknown(node, scope);
    }
    throw_refused();  // this one may come of it
    // A check inside the IR's builders means that the operands do not fit the operator.
    const ExitCode code = e.code == ExitCode::internal ? ExitCode::bad_input : e.code;
    throw Error(code, place_of(node) + e.what(), e.code == ExitCode::internal ? "" : e.hint);
  }
}

/// By an operator that is not there, or an operand that depends on what is not supported.
bool Tracer::is_precluded(const proto::Node& node, const Scope& scope) const {
  const std::string domain = domain_of(node.domain());
  if (function_of(node) == nullptr &&
      find_op(domain, node.op_type(), version_of(scope.opsets, domain)) == nullptr)
    return true;
  const auto& names = node.input();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return !name.empty() && look_up(scope, name) == unknown_;
  });
}

Outputs Tracer::apply(const proto::Node& node, const Scope& scope) {
  const Nesting nesting(depth_);
  Outputs outputs;
  if (const proto::Function* function = function_of(node)) {
    outputs = inline_function(*function, node, scope);
  } else {
    const std::string domain = domain_of(node.domain());
    const int64_t version = version_of(scope.opsets, domain);
    const OpRow* row = find_op(domain, node.op_type(), version);
    Call call(*this, scope, node, version);
    if (call.has_sequences() && !takes_sequences(*row))
      throw Error(ExitCode::unsupported, "sequences are not supported by this operator");
    outputs = call.has_strings() ? apply_to_strings(*row, call) : row->results(call);
  }
  for (Expr e : outputs) {
    if (e) expect_size(e->shape);
  }
  return outputs;
}

/// The function's nodes in a scope of their own, with this node's operands and attributes.
Outputs Tracer::inline_function(const proto::Function& function, const proto::Node& node,
                                const Scope& scope) {
  Scope inner{nullptr, {}, opsets_of(function.opset_import()), nullptr};
  for (int i = 0; i < function.input_size(); ++i) {
    const bool given = i < node.input_size() && !node.input(i).empty();
    define(inner, function.input(i), given ? look_up(scope, node.input(i)) : Expr());
  }
  for (proto::Node body : function.node()) {
    for (int i = body.attribute_size() - 1; i >= 0; --i) {
      proto::Attribute& a = *body.mutable_attribute(i);
      if (!a.has_ref_attr_name()) continue;
      const std::string wanted = a.ref_attr_name(), name = a.name();
      const auto matches = [&](const proto::Attribute& b) { return b.name() == wanted; };
      const auto given = std::find_if(node.attribute().begin(), node.attribute().end(), matches);
      const auto preset = std::find_if(function.attribute_proto().begin(),
                                       function.attribute_proto().end(), matches);
      if (given != node.attribute().end())
        a = *given;
      else if (preset != function.attribute_proto().end())
        a = *preset;
      else
        body.mutable_attribute()->DeleteSubrange(i, 1);
      if (i < body.attribute_size() && body.attribute(i).name() == wanted)
        body.mutable_attribute(i)->set_name(name);
    }
    body.set_name(node.name() + "/" + body.name());
    trace_node(body, inner);
  }
  Outputs outputs;
  for (const std::string& output : function.output()) outputs.push_back(look_up(inner, output));
  return outputs;
}

Expr Tracer::literal(TensorData data, const std::string& name) {
  const Shape shape(data.shape.begin(), data.shape.end());
  if (data.count() > 0 && all_equal(data)) {
    if (is_float(data.dtype)) return constant(pool(), data.dtype, data.number(0), shape);
    return constant_int(pool(), data.dtype, data.integer(0), shape);
  }
  std::string free = name.empty() ? "literal" : name;
  for (int i = 2; graph_.weights.count(free) > 0; ++i) free = name + "_" + std::to_string(i);
  const Expr node = weight(pool(), free, data.dtype, shape);
  graph_.weights.emplace(free, std::move(data));
  return node;
}

Expr Tracer::literal(const Ints& values) {
  return literal(TensorData::of_integers(DType::i64, {static_cast<int64_t>(values.size())}, values),
                 "shape");
}

void Tracer::drop_unused_weights() {
  std::set<std::string> used;
  for (Expr e : topological(graph_.roots())) {
    if (e->is(Op::weight)) used.insert(e->attr.name);
  }
  std::erase_if(graph_.weights, [&](const auto& item) { return used.count(item.first) == 0; });
}

}  // namespace onnx

Graph load_onnx(const std::string& path, const OnnxOptions& options) {
  try {
    return onnx::Tracer(path, options).run();
  } catch (Error& e) {
    if (e.code == ExitCode::unsupported) {
      if (auto graph = onnx::traced_by_stated_shapes(path, options)) return *graph;
    }
    if (e.at.file.empty()) e.at.file = path;
    throw;
  }
}

std::map<std::string, TensorData> load_onnx_weights(const std::string& path) {
  try {
    std::map<std::string, TensorData> weights;
    const onnx::proto::Model model = onnx::read_model(path);
    for (const onnx::proto::Tensor& tensor : model.graph().initializer()) {
      weights.emplace(tensor.name(),
                      onnx::read_tensor(tensor, std::filesystem::path(path).parent_path()));
    }
    return weights;
  } catch (Error& e) {
    e.at.file = path;
    throw;
  }
}

}  // namespace tinycc
