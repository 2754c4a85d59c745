// See quantise.h.
#include "compiler/quantise.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/calibrate.h"
#include "compiler/nearest.h"

namespace tinycc {
namespace {

const std::vector<std::string> kMethods = {"minmax", "percentile", "mse"};
constexpr const char* kNoSums = "the model has no sums of products with weights in f32";
const std::vector<std::string> kTypes = {"int8", "int4"};

// ---- what is asked for

void set_data(const YamlNode& node, QuantiseSpec& spec) {
  spec.data = node.text;
  spec.at = node.at();
  if (!node.is_scalar() || node.text.empty())
    fail_at(node, "a file of samples is expected here", "write data: calib.npz");
}

size_t choice(const YamlNode& node, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), node.text);
  if (found == names.end())
    fail_at(node, "'" + node.text + "' is none of " + listing(names),
            suggestion(node.text, names, "there are"));
  return static_cast<size_t>(found - names.begin());
}

double number_in(const YamlNode& node, double least, double most) {
  double value = 0;
  const char* const end = node.text.data() + node.text.size();
  const auto [last, error] = std::from_chars(node.text.data(), end, value);
  if (error != std::errc() || last != end || !(value >= least && value <= most))
    fail_at(node, fmt::format("a number from {} to {} is expected here", least, most));
  return value;
}

struct Key {
  const char* name;
  void (*set)(const YamlNode& node, QuantiseSpec& spec);
};
constexpr Key kKeys[] = {
    {"data", set_data},
    {"method", [](const YamlNode& n,
                  QuantiseSpec& s) { s.method = static_cast<RangeMethod>(choice(n, kMethods)); }},
    {"percentile",
     [](const YamlNode& n, QuantiseSpec& s) { s.percentile = number_in(n, 50, 100); }},
    {"per_channel",
     [](const YamlNode& n, QuantiseSpec& s) {
       s.weights.per_channel = choice(n, {"false", "true"}) == 1;
     }},
    {"weights",
     [](const YamlNode& n, QuantiseSpec& s) {
       s.weights.type = choice(n, kTypes) == 0 ? DType::i8 : DType::i4;
     }},
    {"block",
     [](const YamlNode& n, QuantiseSpec& s) {
       s.weights.block = static_cast<int64_t>(number_in(n, 1, 1 << 20));
     }},
};

void check_together(const YamlNode& node, const QuantiseSpec& spec) {
  const YamlNode* weights = node.find("weights");
  if (weights == nullptr && spec.data.empty())
    fail_at(node, "neither data nor weights are named",
            "write quantize: {data: calib.npz}, or quantize: {weights: int8} for weights alone");
  if (weights != nullptr && !spec.data.empty())
    fail_at(*weights, "with data, weights are int8", "leave weights away, or data");
  for (const char* key : {"method", "percentile"}) {
    if (node.find(key) != nullptr && spec.data.empty())
      fail_at(*node.find(key), "of weights alone there is no range to find", "leave it away");
  }
  if (node.find("percentile") != nullptr && spec.method != RangeMethod::percentile)
    fail_at(*node.find("percentile"), "another method than percentile", "add method: percentile");
  if (node.find("block") != nullptr && !spec.data.empty())
    fail_at(*node.find("block"), "blocks are for weights alone", "leave it away");
}

// ---- the summary

std::string summary_of(const Rounding8& rounding, const QuantiseSpec& spec, size_t samples) {
  std::string text = fmt::format(
      "quantised: {} tensors to 8 bits, {} layers with int8 weights, by {} over {} samples\n",
      rounding.tensors.size(), rounding.sums.size(), kMethods[static_cast<size_t>(spec.method)],
      samples);
  if (!rounding.floats.empty())
    text += fmt::format("in floats as before: {}\n", fmt::join(rounding.floats, ", "));
  return text;
}

[[noreturn]] void refuse(const QuantiseSpec& spec, const std::string& what,
                         const std::string& hint) {
  throw Error(ExitCode::unsupported, "quantize: " + what, hint, spec.at);
}

void check_graph(const Graph& graph, const QuantiseSpec& spec) {
  for (Expr e : topological(graph.roots())) {
    const bool narrow = is_integer(e->dtype) && bits_of(e->dtype) <= 8 && !is_bool(e->dtype);
    if (narrow && e->is(Op::cast) && is_float(e[0]->dtype))
      refuse(spec, "the model is quantised already", "leave quantize: away");
  }
  if (!graph.dims.empty() && !spec.data.empty())
    refuse(spec, "not with symbolic dimensions", "fix them with --shape");
}

}  // namespace

std::vector<std::string> quantise_keys() {
  std::vector<std::string> keys;
  for (const Key& k : kKeys) keys.emplace_back(k.name);
  return keys;
}

QuantiseSpec parse_quantise(const YamlNode& node) {
  if (!node.is_map())
    fail_at(node, "quantize is a map, not " + node.kind_name(), "write {data: calib.npz}");
  QuantiseSpec spec;
  spec.at = node.at();
  const std::vector<std::string> known = quantise_keys();
  for (const YamlEntry& entry : node.entries) {
    const auto found = std::find(known.begin(), known.end(), entry.key.text);
    if (found == known.end())
      fail_at(entry.key, "quantize has no key '" + entry.key.text + "'",
              suggestion(entry.key.text, known, "it has"));
    kKeys[found - known.begin()].set(entry.value, spec);
  }
  check_together(node, spec);
  return spec;
}

QuantiseSpec parse_quantise(const std::string& text) {
  std::string yaml = "{";
  for (const char c : text)
    yaml += c == '=' ? std::string(": ") : c == ',' ? ", " : std::string(1, c);
  try {
    QuantiseSpec spec = parse_quantise(parse_yaml("--quantize", yaml + "}"));
    spec.at = {};
    return spec;
  } catch (const Error& error) {
    throw Error(ExitCode::usage, std::string("--quantize ") + text + ": " + error.what(),
                error.hint.empty() ? "write --quantize data=calib.npz,method=mse" : error.hint);
  }
}

Quantised quantise_model(Graph& graph, const QuantiseSpec& spec, const std::string& folder) {
  check_graph(graph, spec);
  Quantised result{graph, {}, ""};
  if (spec.data.empty()) {
    const int64_t count = quantise_weights(graph, spec.weights);
    if (count == 0) refuse(spec, kNoSums, "leave it away");
    result.summary = fmt::format("quantised: the weights of {} layers to {} bits\n", count,
                                 bits_of(spec.weights.type));
    return result;
  }
  const std::string path = spec.data.starts_with("/") ? spec.data : folder + spec.data;
  result.samples = read_samples(graph, path, spec.at);
  const Rounding8 rounding = what_to_round(graph);
  if (rounding.sums.empty()) refuse(spec, kNoSums, "leave it away");
  quantise(graph, rounding, ranges_of(graph, rounding.tensors, result.samples, spec),
           spec.weights.per_channel);
  result.summary = summary_of(rounding, spec, result.samples.size());
  return result;
}

}  // namespace tinycc
