// See references.h.
#include "compiler/verify/references.h"

#include <filesystem>

#include <fmt/format.h>

#include "compiler/data/data.h"
#include "compiler/tune/process.h"
#include "ir/eval.h"

namespace tinycc {
namespace {

namespace fs = std::filesystem;

/// Exit status 3: what is missing is on the last line. Nothing is optimised: the optimiser of some
/// versions computes matmuls of dequantised weights with 8-bit activations.
constexpr const char* kScript = R"(
import sys
try:
    import numpy as np, onnxruntime as ort
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    feeds = {p.name: np.load(f"{sys.argv[2]}/in_{k}.npy") for k, p in enumerate(session.get_inputs())}
    for k, value in enumerate(session.run(None, feeds)):
        np.save(f"{sys.argv[2]}/onnxruntime_{k}.npy", value)
except ImportError as error:
    print(f"python3 has no {error.name}")
    sys.exit(3)
except Exception as error:
    print(str(error).strip().split("\n")[0])
    sys.exit(3)
)";

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

/// Elements that the interpreter computes: a node's, and for reductions those that they read.
double work_of(const Graph& graph) {
  double work = 0;
  for (Expr e : topological(graph.roots())) {
    const Expr counted = is_reduce(e->op) ? e[0] : e;
    if (!is_movement(e->op)) work += static_cast<double>(count_of(bounds_of(counted->shape)));
  }
  return work;
}

/// Rows, columns … of `data` below `extents`.
TensorData cut(const TensorData& data, const std::vector<int64_t>& extents) {
  std::vector<std::byte> bytes;
  const auto size = static_cast<int64_t>(data.bytes->size()) / std::max<int64_t>(data.count(), 1);
  for (int64_t element = 0; element < data.count(); ++element) {
    int64_t rest = element;
    bool meant = true;
    for (size_t d = data.shape.size(); d-- > 0; rest /= data.shape[d])
      meant &= rest % data.shape[d] < extents[d];
    const auto at = data.bytes->begin() + element * size;
    if (meant) bytes.insert(bytes.end(), at, at + size);
  }
  return TensorData::of_bytes(data.dtype, extents, std::move(bytes));
}

/// An output up to the lengths that others of `all` hold.
TensorData meant_part(const Graph& graph, const std::vector<TensorData>& all, size_t output) {
  const std::vector<int64_t>& lengths = graph.outputs[output].lengths;
  if (lengths.empty()) return all[output];
  std::vector<int64_t> extents = all[output].shape;
  for (size_t d = 0; d < extents.size(); ++d) {
    if (lengths[d] >= 0) extents[d] = all[static_cast<size_t>(lengths[d])].integer(0);
  }
  return cut(all[output], extents);
}

}  // namespace

Reference interpreted(const Graph& graph, const std::vector<TensorData>& inputs, double most_work) {
  Reference reference{"interpreter", {}, ""};
  const double work = work_of(graph);
  if (work > most_work) {
    reference.missing = fmt::format(
        "{:.1f} G evaluations would take it minutes; --interpret does "
        "them all the same",
        work * 1e-9);
    return reference;
  }
  Values values;
  for (size_t k = 0; k < inputs.size(); ++k) values[graph.inputs[k].name] = inputs[k];
  for (const GraphInput& d : graph.dims)
    values[d.name] = TensorData::of_integers(DType::i64, {}, {d.node->attr.ints[0]});
  const std::vector<TensorData> all = eval(graph, values);
  for (size_t k = 0; k < graph.outputs.size(); ++k) {
    if (!graph.outputs[k].is_length) reference.outputs.push_back(meant_part(graph, all, k));
  }
  return reference;
}

Reference by_onnx_runtime(const std::string& model, const std::string& folder, size_t outputs) {
  Reference reference{"onnxruntime", {}, ""};
  const Finished done = run_command({"python3", "-c", kScript, model, folder});
  if (done.status != 0) {
    reference.missing = done.status == 3 ? last_line(done.output) : "python3 does not run it";
    return reference;
  }
  for (size_t k = 0; k < outputs; ++k) {
    const fs::path file = fs::path(folder) / fmt::format("onnxruntime_{}.npy", k);
    reference.outputs.push_back(load_tensors(file.string()).begin()->second);
  }
  return reference;
}

}  // namespace tinycc
