// Looks operators up by name, domain and version; see ops.h.
#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

using Index = std::map<std::pair<std::string, std::string>, std::vector<const OpRow*>>;

Index make_index() {
  Index index;
  for (const auto rows : {elementwise_ops(), shape_ops(), index_ops(), reduce_ops(), network_ops(),
                          recurrent_ops(), quantise_ops(), quantised_ops(), microsoft_ops(),
                          control_ops(), attention_ops(), training_ops(), sample_ops(),
                          signal_ops(), sequence_ops(), ml_ops(), text_ops(), image_ops()}) {
    for (const OpRow& row : rows) index[{row.domain, row.name}].push_back(&row);
  }
  return index;
}

}  // namespace

bool takes_sequences(const OpRow& row) {
  const auto holds = [&](std::span<const OpRow> rows) {
    return &row >= rows.data() && &row < rows.data() + rows.size();
  };
  return holds(sequence_ops()) || holds(control_ops()) || row.name == std::string("Identity");
}

const OpRow* find_op(const std::string& domain, const std::string& name, int64_t version) {
  static const Index index = make_index();
  const auto found = index.find({domain, name});
  if (found == index.end()) return nullptr;
  const OpRow* best = nullptr;
  for (const OpRow* row : found->second) {
    if (row->since <= version && (best == nullptr || row->since > best->since)) best = row;
  }
  return best;
}

}  // namespace tinycc::onnx
