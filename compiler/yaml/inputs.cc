// See inputs.h.
#include "compiler/yaml/inputs.h"

#include <algorithm>

#include "compiler/nearest.h"
#include "compiler/yaml/evaluate.h"

namespace tinycc {
namespace {

/// A number for each of `channels`: one stands for all.
std::vector<double> per_channel(const std::optional<Expression>& given, double otherwise,
                                int64_t channels, Evaluator& evaluator) {
  const auto count = static_cast<size_t>(channels);
  if (!given) return std::vector<double>(count, otherwise);
  const Value value = evaluator.evaluate(*given, "");
  const Parameter numbers{"", ParameterKind::numbers, std::nullopt};
  const size_t size = value.is(Value::Kind::list) ? value.items.size() : count;
  if (!fits(value, numbers) || size != count) {
    fail_at(given->node, "one number is expected here, or " + std::to_string(channels) +
                             ", one a channel, not " + describe(value));
  }
  std::vector<double> out(count, value.number);
  for (size_t i = 0; i < value.items.size(); ++i) out[i] = value.items[i].number;
  return out;
}

/// Channels in the order r, g, b; alpha is left behind.
Expr to_rgb(Expr x, const std::string& order, int64_t axis, const YamlNode& name) {
  if (x->extent(axis) != static_cast<int64_t>(order.size())) {
    fail_at(name, "colour " + order + " wants " + std::to_string(order.size()) +
                      " channels, and axis " + std::to_string(axis) + " has " +
                      std::to_string(x->extent(axis)));
  }
  if (order.starts_with("rgb")) return narrow(x, axis, 0, 3);
  if (order == "bgr") return reverse(x, axis);
  std::vector<Expr> parts;
  for (const char colour : {'r', 'g', 'b'}) {
    parts.push_back(narrow(x, axis, static_cast<int64_t>(order.find(colour)), 1));
  }
  return join(parts, axis);
}

/// (x * scale - mean) / std as x * a + b.
Expr scaled(Expr x, const Preprocessing& before, Evaluator& evaluator) {
  const int64_t channels = x->rank() > 1 ? x->extent(1) : 1;
  const std::vector<double> scale = per_channel(before.scale, 1, 1, evaluator);
  const std::vector<double> mean = per_channel(before.mean, 0, channels, evaluator);
  const std::vector<double> std = per_channel(before.std, 1, channels, evaluator);
  std::vector<double> factor, offset;
  for (size_t i = 0; i < mean.size(); ++i) {
    if (std[i] == 0) fail_at(before.std->node, "std is zero");
    factor.push_back(scale[0] / std[i]);
    offset.push_back(-mean[i] / std[i]);
  }
  const Expr wide = is_float(x->dtype) ? x : cast(x, DType::f32);
  const auto vector = [&](const std::vector<double>& numbers) {
    if (std::equal(numbers.begin() + 1, numbers.end(), numbers.begin())) {
      return constant_like(wide, numbers[0]);
    }
    return along(evaluator.literal(TensorData::of_numbers(wide->dtype, {channels}, numbers)), 1,
                 wide);
  };
  const Expr product = wide * vector(factor);
  const bool shifts = std::any_of(offset.begin(), offset.end(), [](double b) { return b != 0; });
  return shifts ? product + vector(offset) : product;
}

Expr preprocessed(Expr x, const InputSpec& spec, Evaluator& evaluator) {
  const Preprocessing& before = spec.before;
  if ((before.nhwc || !before.colour.empty()) && x->rank() != 4) {
    fail_at(spec.type.node, "layout and colour are for frames of 4 dimensions, not of " +
                                std::to_string(x->rank()));
  }
  if (!before.colour.empty()) x = to_rgb(x, before.colour, before.nhwc ? 3 : 1, spec.name);
  if (before.nhwc) x = transpose(x, {0, 3, 1, 2});
  return before.scale || before.mean || before.std ? scaled(x, before, evaluator) : x;
}

/// What the header says about an input besides its type.
std::string meaning_of(const InputSpec& spec) {
  std::string text = spec.meaning;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (spec.before.nhwc) add("nhwc");
  if (!spec.before.colour.empty()) add(spec.before.colour);
  return text;
}

/// The model's dims with what --shape says about their symbols.
std::vector<DimSpec> with_bounds(const InputSpec& spec, const ShapeOptions& shapes) {
  std::vector<DimSpec> dims = spec.type.dims;
  for (DimSpec& dim : dims) {
    const auto given = shapes.symbols.find(dim.symbol);
    if (dim.symbol.empty() || given == shapes.symbols.end()) continue;
    if (given->second.extent > dim.extent) {
      throw Error(ExitCode::usage,
                  "--shape lets '" + dim.symbol + "' be " + std::to_string(given->second.extent) +
                      ", and the model bounds it by " + std::to_string(dim.extent),
                  "", spec.type.node.at());
    }
    dim = given->second;
  }
  return dims;
}

std::vector<DimSpec> input_dims(const InputSpec& spec, const ShapeOptions& shapes) {
  const auto given = shapes.inputs.find(spec.name.text);
  if (given == shapes.inputs.end()) return with_bounds(spec, shapes);
  const std::vector<DimSpec>& dims = given->second;
  bool fits = dims.size() == spec.type.dims.size();
  for (size_t i = 0; fits && i < dims.size(); ++i) {
    fits = spec.type.dims[i].symbol.empty() || dims[i].extent <= spec.type.dims[i].extent;
  }
  if (!fits) {
    throw Error(ExitCode::usage,
                "--shape does not fit the input '" + spec.name.text + "', " + spec.type.node.text,
                "it needs the same number of dimensions, each within its bound", spec.name.at());
  }
  return dims;
}

Shape input_shape(const InputSpec& spec, const TraceOptions& options, Graph& graph) {
  Shape shape;
  try {
    for (const DimSpec& dim : input_dims(spec, options.shapes)) shape.push_back(dim_in(graph, dim));
  } catch (const Error& error) {
    if (error.at.line > 0) throw;
    throw Error(error.code, error.what(), error.hint, spec.type.node.at());
  }
  return shape;
}

}  // namespace

std::map<std::string, int64_t> fixed_symbols(const ModelFile& model, const TraceOptions& options) {
  std::map<std::string, int64_t> fixed;
  for (const InputSpec& spec : model.inputs) {
    const std::vector<DimSpec> dims = input_dims(spec, options.shapes);
    for (size_t i = 0; i < dims.size(); ++i) {
      const std::string& symbol = spec.type.dims[i].symbol;
      if (symbol.empty() || !dims[i].symbol.empty()) continue;
      const auto [known, fresh] = fixed.emplace(symbol, dims[i].extent);
      if (fresh || known->second == dims[i].extent) continue;
      throw Error(ExitCode::usage,
                  "--shape gives '" + symbol + "' two lengths, " + std::to_string(known->second) +
                      " and " + std::to_string(dims[i].extent),
                  "inputs with the same dimension are equally long", spec.type.node.at());
    }
  }
  return fixed;
}

std::vector<int64_t> static_shape(const TypeSpec& type, const std::string& name) {
  std::vector<int64_t> dims;
  for (const DimSpec& dim : type.dims) {
    dims.push_back(dim.extent);
    if (dim.symbol.empty()) continue;
    throw Error(ExitCode::unsupported,
                "the state '" + name + "' has the symbolic dimension '" + dim.symbol + "'",
                "a state's shape is fixed: write the bound as a number", type.node.at());
  }
  return dims;
}

void check_shape_names(const ModelFile& model, const TraceOptions& options) {
  std::vector<std::string> names, symbols;
  for (const InputSpec& input : model.inputs) {
    names.push_back(input.name.text);
    for (const DimSpec& dim : input.type.dims) symbols.push_back(dim.symbol);
  }
  for (const auto& [name, dims] : options.shapes.inputs) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    throw Error(ExitCode::usage, "--shape names '" + name + "', which is no input of the model",
                suggestion(name, names, "inputs"));
  }
  for (const auto& [name, dim] : options.shapes.symbols) {
    if (std::find(symbols.begin(), symbols.end(), name) != symbols.end()) continue;
    throw Error(ExitCode::usage, "--shape bounds '" + name + "', which is no dimension of the model",
                suggestion(name, symbols, "dimensions"));
  }
}

Expr trace_input(const InputSpec& spec, const TraceOptions& options, Graph& graph) {
  const Expr raw = input(*graph.pool, spec.name.text, spec.type.dtype, input_shape(spec, options, graph));
  graph.inputs.push_back({spec.name.text, raw, meaning_of(spec)});
  if (!spec.before.any()) return raw;
  const ModelFile nothing;
  Evaluator evaluator(nothing, graph, {});
  const Expr value = preprocessed(raw, spec, evaluator);
  graph.note_origin(value, spec.name.text, "pre-processing of " + spec.name.text);
  return value;
}

std::map<std::string, std::vector<DimSpec>> input_shapes(const ModelFile& model) {
  std::map<std::string, std::vector<DimSpec>> shapes;
  for (const InputSpec& spec : model.inputs) {
    std::vector<DimSpec> dims = spec.type.dims;
    if (spec.before.nhwc && dims.size() == 4) dims = {dims[0], dims[3], dims[1], dims[2]};
    if (!spec.before.colour.empty() && dims.size() == 4) dims[1] = {"", 3};
    shapes[spec.name.text] = dims;
  }
  return shapes;
}

void preprocess_inputs(Graph& graph, const ModelFile& model) {
  for (const InputSpec& spec : model.inputs) {
    const auto same = [&](const GraphInput& i) { return i.name == spec.name.text; };
    const auto found = std::find_if(graph.inputs.begin(), graph.inputs.end(), same);
    if (found == graph.inputs.end()) {
      std::vector<std::string> names;
      for (const GraphInput& i : graph.inputs) names.push_back(i.name);
      fail_at(spec.name, "the ONNX graph has no input '" + spec.name.text + "'",
              suggestion(spec.name.text, names, "it has"));
    }
    const size_t place = static_cast<size_t>(found - graph.inputs.begin());
    const Expr old = found->node;
    const Expr value = trace_input(spec, {}, graph);
    if (value->dtype != old->dtype || value->shape != old->shape) {
      fail_at(spec.type.node,
              "the graph wants " + describe(old) + ", and this gives " + describe(value));
    }
    graph.inputs[place] = graph.inputs.back();
    graph.inputs.pop_back();
    rewrite_graph(graph, [&](Expr node) { return node == old ? value : node; });
  }
}

}  // namespace tinycc
