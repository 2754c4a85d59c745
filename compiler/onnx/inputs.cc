// Inputs of an ONNX model: their shapes from the file and from --shape. See trace.h.
#include <algorithm>
#include <set>

#include "compiler/onnx/trace.h"

namespace tinycc::onnx {
namespace {

/// "[batch, 3, ?, ?]", as the file says it.
std::string declared_shape(const proto::TensorShape& shape) {
  std::string text = "[";
  for (const proto::Dimension& dim : shape.dim()) {
    if (text.size() > 1) text += ", ";
    const bool known = dim.has_dim_value() && dim.dim_value() >= 0;
    text += known                     ? std::to_string(dim.dim_value())
            : dim.dim_param().empty() ? "?"
                                      : dim.dim_param();
  }
  return text + "]";
}

}  // namespace

void Tracer::check_pins(const proto::Graph& graph) const {
  std::string names;
  std::set<std::string> known, symbols;
  for (const proto::ValueInfo& input : graph.input()) {
    if (known.insert(input.name()).second) names += (names.empty() ? "" : ", ") + input.name();
    for (const proto::Dimension& dim : input.type().tensor_type().shape().dim())
      symbols.insert(dim.dim_param());
  }
  for (const auto& [name, dims] : options_.shapes.inputs) {
    const bool symbol = symbols.count(name) > 0 && dims.size() == 1 && dims[0].symbol.empty();
    if (known.count(name) > 0 || symbol) continue;
    throw Error(ExitCode::usage, "the model has no input '" + name + "'", "its inputs: " + names);
  }
  symbols.erase("");
  for (const auto& [name, dim] : options_.shapes.symbols) {
    if (symbols.count(name) > 0) continue;
    std::string list;
    for (const std::string& s : symbols) list += (list.empty() ? "" : ", ") + s;
    throw Error(ExitCode::usage, "the model has no symbolic dimension '" + name + "'",
                list.empty() ? "name an input: --shape INPUT=1,seq<=512" : "it has: " + list);
  }
}

/// What --shape says about a symbol of the model.
std::optional<DimSpec> Tracer::dim_of_symbol(const std::string& symbol) const {
  if (const auto bound = options_.shapes.symbols.find(symbol);
      bound != options_.shapes.symbols.end())
    return bound->second;
  const auto pinned = options_.shapes.inputs.find(symbol);
  const auto is_input = [&](const proto::ValueInfo& input) { return input.name() == symbol; };
  const auto& inputs = model_.graph().input();
  if (pinned == options_.shapes.inputs.end() || std::any_of(inputs.begin(), inputs.end(), is_input))
    return {};
  return pinned->second.at(0);
}

/// A symbol must not have the name of another leaf.
Dim Tracer::dim_of_input(const DimSpec& spec) {
  DimSpec own = spec;
  const auto is_taken = [&](const auto& named) { return named.name() == own.symbol; };
  const proto::Graph& graph = model_.graph();
  while (std::any_of(graph.input().begin(), graph.input().end(), is_taken) ||
         std::any_of(graph.initializer().begin(), graph.initializer().end(), is_taken))
    own.symbol += "_dim";
  return dim_in(graph_, own);
}

Shape Tracer::shape_of(const proto::ValueInfo& input) {
  const proto::TensorShape& declared = input.type().tensor_type().shape();
  const auto given = options_.shapes.inputs.find(input.name());
  const bool ranked = input.type().tensor_type().has_shape();
  const bool pinned = given != options_.shapes.inputs.end();
  const std::string text = ranked ? declared_shape(declared) : "an unknown shape";
  std::vector<DimSpec> dims;
  if (pinned) dims = given->second;
  if (pinned && ranked && declared.dim_size() != static_cast<int>(dims.size())) {
    throw Error(ExitCode::usage, "input '" + input.name() + "' has shape " + text +
                                     ", of another rank than --shape says");
  }
  bool open = !ranked && !pinned;
  std::string example;
  for (int i = 0; i < declared.dim_size(); ++i) {
    const bool known = declared.dim(i).has_dim_value() && declared.dim(i).dim_value() >= 0;
    const auto symbol = dim_of_symbol(declared.dim(i).dim_param());
    const int64_t extent = known ? declared.dim(i).dim_value() : 1;
    example += (i > 0 ? "," : "") + std::to_string(extent);
    if (!pinned) {
      open |= !known && !symbol;
      dims.push_back(known || !symbol ? DimSpec{"", extent} : *symbol);
    } else if (const DimSpec& d = dims[static_cast<size_t>(i)];
               known && (!d.symbol.empty() || d.extent != extent)) {
      throw Error(ExitCode::usage, "input '" + input.name() + "' has shape " + text +
                                       ", and --shape says otherwise");
    }
  }
  if (open) {
    throw Error(ExitCode::bad_input,
                "input '" + input.name() + "' has shape " + text + ": not every extent is known",
                "say it, for example --shape " + input.name() + "=" +
                    (example.empty() ? "1" : example) +
                    "; NAME<=512 in place of a number leaves it to each run");
  }
  Shape shape;
  for (const DimSpec& dim : dims) shape.push_back(dim_of_input(dim));
  expect_size(shape);
  return shape;
}

}  // namespace tinycc::onnx
