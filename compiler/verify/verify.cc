// See verify.h.
#include "compiler/verify/verify.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/data/data.h"
#include "compiler/driver.h"
#include "compiler/golden.h"
#include "compiler/tune/native.h"
#include "compiler/tune/process.h"
#include "compiler/verify/accuracy.h"
#include "compiler/verify/difference.h"
#include "compiler/verify/references.h"
#include "emitters/host.h"
#include "passes/pipeline.h"
#include "passes/settle_dims.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

constexpr double kMostWork = 2e9;  // of the interpreter, about a minute
constexpr uint32_t kSeeds = 4;     // where a quantised model has no samples

/// Makes an output of every value that a node of the model computes, the model's own outputs first.
void expose_nodes(Graph& graph) {
  std::unordered_set<Expr> known;
  for (const GraphOutput& o : graph.outputs) known.insert(o.value);
  for (Expr e : topological(graph.roots())) {
    const auto origin = graph.origins.find(e);
    if (origin == graph.origins.end() || origin->second.nodes.empty()) continue;
    if (known.insert(e).second) graph.outputs.push_back({origin->second.nodes.back(), e});
  }
}

std::string input_file(size_t k) { return fmt::format("in_{}.npy", k); }

/// A file's numbers as the type they stand for: bit patterns travel as unsigned integers.
TensorData as_type(const TensorData& data, DType dtype) {
  if (data.dtype == dtype) return data;
  if (bits_of(data.dtype) == bits_of(dtype))
    return TensorData::of_bytes(dtype, data.shape, *data.bytes);
  return TensorData::of_integers(dtype, data.shape, data.integers());
}

TensorData given_input(const Graph& graph, size_t k, const std::string& folder) {
  const std::string path = (fs::path(folder) / input_file(k)).string();
  const Expr in = graph.inputs[k].node;
  const TensorData data = load_tensors(path).begin()->second;
  const std::vector<int64_t> shape = bounds_of(in->shape);
  if (data.shape == shape && bits_of(data.dtype) >= bits_of(in->dtype))
    return as_type(data, in->dtype);
  throw Error(ExitCode::bad_input,
              fmt::format("{}: {} of shape [{}], but input {} is {} of shape [{}]", path,
                          name_of(data.dtype), fmt::join(data.shape, ","), graph.inputs[k].name,
                          name_of(in->dtype), fmt::join(shape, ",")),
              "in_0.npy … are the model's inputs in order; --shape pins symbolic dimensions");
}

std::vector<TensorData> inputs_of(const Graph& graph, const Options& options) {
  std::vector<TensorData> inputs;
  for (size_t k = 0; k < graph.inputs.size(); ++k)
    inputs.push_back(options.inputs.empty() ? generated_input(graph.inputs[k], options.seed, k)
                                            : given_input(graph, k, options.inputs));
  return inputs;
}

/// To `folder`, where the emitted program and others read them.
void write_inputs(const std::vector<TensorData>& inputs, const std::string& folder) {
  for (size_t k = 0; k < inputs.size(); ++k) {
    const std::vector<std::byte> bytes = write_npy(inputs[k]);
    std::ofstream file(fs::path(folder) / input_file(k), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
}

void must_run(const std::vector<std::string>& words, const char* what) {
  const Finished done = run_command(words);
  if (done.status == 0) return;
  throw Error(ExitCode::usage, fmt::format("{} (status {}):\n{}", what, done.status, done.output),
              "the program is built by make with $CC, and started by --runner if that is given");
}

/// Runs the emitted program, built in `folder`/out, on inputs.
std::vector<TensorData> emitted_results(const Graph& graph, const std::vector<TensorData>& inputs,
                                        const Options& options, const std::string& folder) {
  const std::string out = folder + "/out";
  write_inputs(inputs, folder);
  std::vector<std::string> words;
  if (!options.runner.empty()) words = words_of(options.runner);
  words.push_back(out + "/" + graph.name + "-cli");
  words.insert(words.end(), {"--out", folder});
  for (size_t k = 0; k < graph.inputs.size(); ++k) words.push_back(folder + "/" + input_file(k));
  must_run(words, "the emitted program does not run");
  std::vector<TensorData> results;
  for (const GraphOutput& o : graph.outputs) {
    if (o.is_length) continue;
    const std::string file = fmt::format("{}/out_{}.npy", folder, results.size());
    results.push_back(as_type(load_tensors(file).begin()->second, o.value->dtype));
  }
  return results;
}

std::string cell(const Reference& reference, const Difference& d) {
  if (!reference.missing.empty()) return "-";
  return fmt::format("{:.2g} ({:.3f})", d.worst, d.share);
}

/// What share of the error is right: where references differ from each other, as deep networks do on
/// noise, rounding alone explains so much and twice the difference beside.
double most_share(const std::vector<Reference>& references, size_t k, const Tolerance& tolerance) {
  if (references.size() < 2) return 1;
  const std::vector<TensorData>&a = references[0].outputs, &b = references[1].outputs;
  if (k >= a.size() || k >= b.size()) return 1;
  const double between = difference(as_type(b[k], a[k].dtype), a[k], tolerance).share;
  return std::isfinite(between) ? 1 + 2 * between : 1;
}

/// A row an output; what is wrong, in the order of the model.
std::vector<std::string> print_table(const Graph& graph, const Target& target,
                                     const std::vector<TensorData>& results,
                                     const std::vector<Reference>& references) {
  const Tolerance tolerance = tolerance_of(graph, target);
  std::vector<std::string> wrong;
  fmt::print("{:<36} {:<6} {:<18}", "output", "type", "shape");
  for (const Reference& r : references) fmt::print(" {:>20}", r.name);
  fmt::print("\n");
  for (size_t k = 0; k < results.size(); ++k) {
    const std::string& name = graph.outputs[k].name;
    fmt::print("{:<36} {:<6} {:<18}", name, name_of(results[k].dtype),
               fmt::format("[{}]", fmt::join(results[k].shape, ",")));
    bool right = true;
    const double most = most_share(references, k, tolerance);
    for (const Reference& r : references) {
      Difference d;
      if (k < r.outputs.size())
        d = difference(results[k], as_type(r.outputs[k], results[k].dtype), tolerance);
      right &= d.share <= most;
      fmt::print(" {:>20}", k < r.outputs.size() ? cell(r, d) : "-");
    }
    fmt::print("{}\n", right ? "" : "  WRONG");
    if (!right) wrong.push_back(name);
  }
  return wrong;
}

int verdict(const std::vector<std::string>& wrong, const std::vector<Reference>& references) {
  bool compared = false;
  for (const Reference& r : references) {
    compared |= r.missing.empty();
    if (!r.missing.empty()) fmt::print("not compared with {}: {}\n", r.name, r.missing);
  }
  if (!compared)
    throw Error(ExitCode::usage, "there is nothing to compare with", "--interpret takes its time");
  if (wrong.empty()) {
    fmt::print("all outputs agree\n");
    return 0;
  }
  fmt::print("{} outputs differ; the first is {}\n", wrong.size(), wrong[0]);
  return static_cast<int>(ExitCode::different);
}

/// The samples that accuracy is measured on: those of the model, else a few made from seeds.
std::vector<Values> samples_of(const Quantised& quantised, const Graph& graph,
                               const Options& options) {
  if (options.inputs.empty() && !quantised.samples.empty()) return quantised.samples;
  std::vector<Values> samples;
  Options one = options;
  for (uint32_t k = 0; k < (options.inputs.empty() ? kSeeds : 1); ++k, ++one.seed) {
    samples.emplace_back();
    const std::vector<TensorData> inputs = inputs_of(graph, one);
    for (size_t i = 0; i < inputs.size(); ++i) samples.back()[graph.inputs[i].name] = inputs[i];
  }
  return samples;
}

/// What the emitted code gives on samples, beside the float model.
void print_accuracy(const Quantised& quantised, const Graph& meant, const Options& options,
                    const std::string& folder) {
  Graph real = quantised.real;
  settle_dims(real);
  const std::vector<Values> samples = samples_of(quantised, meant, options);
  std::vector<Accuracy> outputs(real.outputs.size());
  for (const Values& sample : samples) {
    std::vector<TensorData> inputs;
    for (const GraphInput& in : meant.inputs) inputs.push_back(sample.at(in.name));
    const std::vector<TensorData> got = emitted_results(meant, inputs, options, folder);
    const std::vector<TensorData> want = interpreted(real, inputs, 1e18).outputs;
    for (size_t k = 0; k < got.size() && k < want.size(); ++k) outputs[k].add(got[k], want[k]);
  }
  fmt::print("{}beside the float model, on {} samples:\n", quantised.summary, samples.size());
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (!real.outputs[k].is_length)
      fmt::print("{:<36} {}\n", real.outputs[k].name, outputs[k].text());
  }
}

template <typename Ports>
void expect_tensors(const Ports& ports) {
  for (const auto& port : ports) {
    if (port.form.kind != PortForm::Kind::tensor)
      throw Error(ExitCode::unsupported,
                  "verify: '" + port.name + "' is a sequence, an optional value or strings",
                  "the program that `make cli` builds runs it on files");
  }
}

}  // namespace

int verify_model(const Options& options) {
  LoadedModel model = load_model(options);
  expect_tensors(model.graph.inputs);
  expect_tensors(model.graph.outputs);
  const Target target = only_target(model, "verify");
  if (options.runner.empty() && !runs_here(target)) {
    throw Error(ExitCode::usage, "this machine does not run " + target.triple,
                "--runner says what does: CC=aarch64-linux-gnu-gcc tinycc verify … --runner "
                "'qemu-aarch64 -L /usr/aarch64-linux-gnu'");
  }
  const size_t own = model.graph.outputs.size();
  if (options.per_node) expose_nodes(model.graph);
  Graph meant = model.graph;
  settle_dims(meant);
  // where numbers come closest to halves, fixed point rounds some otherwise than the roundings in floats
  // did that we put there: what that means is the distance to the float model, which is printed too
  if (model.quantised) graph_passes()[0].run(meant, {target, model.exact, {}});
  const Scratch scratch;
  const std::vector<TensorData> inputs = inputs_of(meant, options);
  const std::optional<Quantised> quantised = model.quantised;
  Options inner = options;
  inner.out = scratch.path + "/out";
  compile_model(inner, std::move(model));
  must_run({"make", "-s", "-j2", "-C", inner.out, "cli"}, "the emitted program does not build");
  const std::vector<TensorData> results = emitted_results(meant, inputs, options, scratch.path);
  std::vector<Reference> references{
      interpreted(meant, inputs, options.interpret ? 1e18 : kMostWork)};
  if (options.model.ends_with(".onnx") && !quantised)
    references.push_back(by_onnx_runtime(options.model, scratch.path, own));
  fmt::print(
      "{}: inputs {}; in brackets the share of the error that is allowed\n", meant.name,
      options.inputs.empty() ? fmt::format("from seed {}", options.seed) : "of " + options.inputs);
  const std::vector<std::string> wrong = print_table(meant, target, results, references);
  if (quantised) print_accuracy(*quantised, meant, options, scratch.path);
  return verdict(wrong, references);
}

}  // namespace tinycc
