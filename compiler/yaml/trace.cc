// From a model's record to its graph (model.h): inputs, states, lets, outputs, in this order.
#include <algorithm>

#include "compiler/yaml/evaluate.h"
#include "compiler/yaml/inputs.h"
#include "emitters/names.h"

namespace tinycc {
namespace {

constexpr int64_t kLargestState = int64_t{1} << 28;  // elements

std::string file_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

/// The graph's name: asked for, the model's own, or made from the file's.
std::string graph_name(const ModelFile& model, const TraceOptions& options) {
  if (!options.name.empty()) return options.name;
  if (!model.name.empty()) return model.name;
  const std::string file = file_of(model.path);
  return c_identifier(file.substr(0, file.find('.')));
}

/// What is wrong with a weights file is said where the model names it.
Tensors load_weights(const std::string& path, const YamlNode& name) {
  try {
    return load_tensors(path);
  } catch (const Error& error) {
    if (error.at.line > 0 || error.code == ExitCode::internal) throw;
    throw Error(error.code, "'" + name.text + "': " + error.what(), error.hint, name.at());
  }
}

Tensors all_weights(const ModelFile& model) {
  Tensors all;
  for (const YamlNode& name : model.weights) {
    const bool absolute = name.text.starts_with("/");
    Tensors loaded = load_weights(absolute ? name.text : model.folder + name.text, name);
    for (auto& [key, data] : loaded) {
      if (!all.emplace(key, std::move(data)).second) {
        fail_at(name, "the tensor '" + key + "' is in another weights file as well");
      }
    }
  }
  return all;
}

std::string text_of_type(DType dtype, const std::vector<int64_t>& shape) {
  std::string out = std::string(name_of(dtype)) + "[";
  for (size_t i = 0; i < shape.size(); ++i) out += (i > 0 ? "," : "") + std::to_string(shape[i]);
  return out + "]";
}

TensorData filled(DType dtype, const std::vector<int64_t>& shape, double value) {
  const auto count = static_cast<size_t>(count_of(shape));
  if (is_float(dtype))
    return TensorData::of_numbers(dtype, shape, std::vector<double>(count, value));
  return TensorData::of_integers(dtype, shape, Ints(count, static_cast<int64_t>(value)));
}

/// A number everywhere, or a weight of the state's type.
TensorData initial_value(const StateSpec& state, const std::vector<int64_t>& shape,
                         Evaluator& evaluator, const Graph& graph) {
  const DType dtype = state.type.dtype;
  if (count_of(shape) > kLargestState)
    fail_at(state.type.node, "a state of this size fits no memory");
  if (state.initial.ast.kind == Ast::Kind::missing) return filled(dtype, shape, 0);
  const Value value = evaluator.evaluate(state.initial, state.name.text);
  if (value.is(Value::Kind::number)) return filled(dtype, shape, value.number);
  const bool weight = value.is(Value::Kind::tensor) && value.tensor->is(Op::weight);
  if (!weight) {
    fail_at(state.initial.node,
            "a state begins as a number or a weight, not as " + describe(value));
  }
  const TensorData& data = graph.weights.at(value.tensor->attr.name);
  if (data.dtype != dtype || data.shape != shape) {
    fail_at(state.initial.node, "the weight is " + text_of_type(data.dtype, data.shape) +
                                    ", and the state is " + text_of_type(dtype, shape));
  }
  return data;
}

void trace_states(const ModelFile& model, Graph& graph, Evaluator& evaluator) {
  for (const StateSpec& spec : model.states) {
    const std::vector<int64_t> shape = static_shape(spec.type, spec.name.text);
    const Expr node =
        state(*graph.pool, spec.name.text, spec.type.dtype, Shape(shape.begin(), shape.end()));
    graph.states.push_back(
        {spec.name.text, node, {}, initial_value(spec, shape, evaluator, graph)});
    evaluator.define(spec.name.text, Value::of(node));
  }
}

/// What a state becomes must have its type.
void trace_next(const ModelFile& model, Graph& graph, Evaluator& evaluator) {
  for (size_t i = 0; i < model.states.size(); ++i) {
    const StateSpec& spec = model.states[i];
    GraphState& state = graph.states[i];
    state.next = evaluator.evaluate_tensor(spec.next, spec.name.text);
    if (state.next->dtype == state.node->dtype && state.next->shape == state.node->shape) continue;
    fail_at(spec.next.node,
            "the state is " + describe(state.node) + ", and its next value " + describe(state.next),
            "both must have one type and shape");
  }
}

/// Weights that no output or state needs do not travel.
void drop_unused_weights(Graph& graph) {
  std::set<std::string> used;
  for (const Expr node : topological(graph.roots())) {
    if (node->is(Op::weight)) used.insert(node->attr.name);
  }
  std::erase_if(graph.weights, [&](const auto& entry) { return !used.contains(entry.first); });
}

}  // namespace

Graph trace_yaml(const ModelFile& model, const TraceOptions& options) {
  Graph graph;
  graph.name = graph_name(model, options);
  graph.source = file_of(model.path);
  check_shape_names(model, options);
  Evaluator evaluator(model, graph, all_weights(model));
  for (const InputSpec& spec : model.inputs) {
    evaluator.define(spec.name.text, Value::of(trace_input(spec, options, graph)));
  }
  for (const auto& [name, length] : fixed_symbols(model, options))
    evaluator.define(name, Value::of_integer(length));
  for (const GraphInput& dim : graph.dims) evaluator.define(dim.name, Value::of(dim.node));
  trace_states(model, graph, evaluator);
  evaluator.run(model.let);
  for (const OutputSpec& output : model.outputs) {
    const Expr value = evaluator.evaluate_tensor(output.value, output.name.text);
    graph.outputs.push_back({output.name.text, value});
  }
  trace_next(model, graph, evaluator);
  drop_unused_weights(graph);
  return graph;
}

}  // namespace tinycc
