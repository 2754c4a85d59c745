// The tensor ops of the reference interpreter that compute or move values; those that only change
// strides are in view.h, the order of evaluation and scan in eval.cc.
#pragma once

#include "ir/rows.h"

namespace tinycc {

/// The view of a node whose value is a tensor, null for one to be computed in place.
using LeafViews = std::function<const View*(Expr)>;

TensorData eval_elementwise(Expr e, const std::vector<int64_t>& shape, const LeafViews& leaf);
/// Folds in double (integers in i64) and rounds once at the end.
TensorData eval_reduce(Expr e, const std::vector<int64_t>& source_shape, const LeafViews& leaf);
TensorData eval_pad(const View& v, const std::vector<int64_t>& amounts, const View& value);
TensorData eval_concat(const std::vector<View>& parts, int64_t axis);
TensorData eval_gather(const View& data, const std::vector<View>& indices);
TensorData eval_scatter(const View& data, const View& updates, const std::vector<View>& indices,
                        const std::string& combine);
/// 0, 1, 2, … along one axis.
View eval_iota(const std::vector<int64_t>& shape, int64_t axis);

}  // namespace tinycc
