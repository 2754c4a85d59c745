// See assume.h.
#include "compiler/onnx/assume.h"

#include <algorithm>

#include "compiler/onnx/trace.h"
#include "ir/print.h"

namespace tinycc::onnx {
namespace {

constexpr int kMostNodes = 500;      // of a model that is traced again and again
constexpr int64_t kMostNumbers = 6;  // of all inputs together
constexpr size_t kMostTrials = 1 << 12;

struct Question {
  std::vector<std::pair<std::string, int64_t>> inputs;  // and how many numbers each has
  Ints candidates;
  std::vector<Ints> wanted;  // shapes of the outputs
};

std::optional<Ints> stated_shape(const proto::ValueInfo& info) {
  if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape()) return {};
  Ints shape;
  for (const proto::Dimension& dim : info.type().tensor_type().shape().dim()) {
    if (!dim.has_dim_value() || dim.dim_value() < 0) return {};
    shape.push_back(dim.dim_value());
  }
  return shape;
}

std::optional<Question> question_of(const proto::Graph& graph) {
  Question q;
  if (graph.node_size() > kMostNodes) return {};
  std::set<int64_t> extents;
  for (const proto::ValueInfo& output : graph.output()) {
    const auto shape = stated_shape(output);
    if (!shape) return {};
    q.wanted.push_back(*shape);
    extents.insert(shape->begin(), shape->end());
  }
  q.candidates.assign(extents.begin(), extents.end());
  int64_t numbers = 0;
  for (const proto::ValueInfo& input : graph.input()) {
    const auto given = [&](const proto::Tensor& t) { return t.name() == input.name(); };
    const auto shape = stated_shape(input);
    if (!shape || shape->size() > 1 ||
        input.type().tensor_type().elem_type() != onnx_number(DType::i64) ||
        std::any_of(graph.initializer().begin(), graph.initializer().end(), given))
      continue;
    q.inputs.emplace_back(input.name(), count_of(*shape));
    numbers += count_of(*shape);
  }
  if (numbers == 0 || numbers > kMostNumbers) return {};
  return q;
}

class Search {
 public:
  Search(const std::string& path, const OnnxOptions& options, const Question& question)
      : path_(path), options_(options), question_(question) {
    for (const auto& [name, count] : question.inputs) numbers_ += static_cast<size_t>(count);
  }

  std::optional<Graph> run() {
    size_t trials = 1;
    for (size_t i = 0; i < numbers_; ++i) {
      trials *= question_.candidates.size();
      if (trials > kMostTrials) return {};
    }
    std::vector<Ints> found;
    for (size_t t = 0; t < trials; ++t) {
      const Ints numbers = trial(t);
      if (graph_of(numbers, {})) found.push_back(numbers);
    }
    if (found.empty()) return {};
    std::vector<bool> free(numbers_);
    size_t product = 1;
    for (size_t i = 0; i < numbers_; ++i) {
      std::set<int64_t> values;
      for (const Ints& f : found) values.insert(f[i]);
      free[i] = values.size() > 1;
      product *= values.size();
    }
    const auto graph = graph_of(found[0], free);
    return product == found.size() && same_with_others(*graph, found[0], free)
               ? std::optional(*graph)
               : std::nullopt;
  }

 private:
  Ints trial(size_t t) const {
    Ints numbers;
    for (size_t i = 0; i < numbers_; ++i, t /= question_.candidates.size())
      numbers.push_back(question_.candidates[t % question_.candidates.size()]);
    return numbers;
  }

  /// Do numbers that do not show in the shapes show nowhere else?
  bool same_with_others(const Graph& graph, const Ints& numbers,
                        const std::vector<bool>& free) const {
    for (const int64_t other : {1, 2, 97}) {
      Ints changed = numbers;
      for (size_t i = 0; i < numbers_; ++i) changed[i] = free[i] ? other : numbers[i];
      const auto again = graph_of(changed, free);
      if (!again || to_text(*again) != to_text(graph)) return false;
      for (const auto& [name, data] : graph.weights) {
        const auto found = again->weights.find(name);
        if (found == again->weights.end() || *found->second.bytes != *data.bytes) return false;
      }
    }
    return true;
  }

  /// The graph for these numbers, if its outputs have the shapes that are wanted.
  std::optional<Graph> graph_of(const Ints& numbers, const std::vector<bool>& free) const {
    OnnxOptions options = options_;
    size_t next = 0;
    for (const auto& [name, count] : question_.inputs) {
      auto& assumed = options.assumed[name];
      for (int64_t i = 0; i < count; ++i, ++next) {
        assumed.numbers.push_back(numbers[next]);
        assumed.free.push_back(!free.empty() && free[next]);
      }
    }
    try {
      Graph graph = Tracer(path_, options).run();
      if (graph.outputs.size() != question_.wanted.size()) return {};
      for (size_t k = 0; k < graph.outputs.size(); ++k) {
        const Shape& shape = graph.outputs[k].value->shape;
        if (!is_static(shape) || bounds_of(shape) != question_.wanted[k]) return {};
      }
      return graph;
    } catch (const Error&) {
      return {};
    }
  }

  const std::string& path_;
  const OnnxOptions& options_;
  const Question& question_;
  size_t numbers_ = 0;
};

}  // namespace

std::optional<Graph> traced_by_stated_shapes(const std::string& path, const OnnxOptions& options) {
  const proto::Model model = read_model(path);
  const auto question = question_of(model.graph());
  return question ? Search(path, options, *question).run() : std::nullopt;
}

}  // namespace tinycc::onnx
