// Matrices of devices as helpers of kernels: what their makers have (helpers_mma, _amd, _apple), which
// helpers_matrices puts into functions of one form.
#pragma once

#include <string>

#include "emitters/helpers.h"
#include "ir/groups.h"

namespace tinycc {

/// What stands in an #ifdef of those functions, for one form (MatrixForm) and one type of elements. Statements
/// that read fill `all`, from `place`, where rows, or columns, are `step` elements apart.
struct MatrixTexts {
  std::string device;                      // the #ifdef's condition
  std::string rows, columns;               // members of the types of both operands
  std::string rows_at, rows_turned;        // a row's elements lie side by side, a column's do
  std::string columns_at, columns_turned;  // a column's do, a row's do
  std::string multiply;                    // sum += rows * columns
  std::string spread;                      // which sums an item holds, in words
  Replacements words;                      // for all of these
};

MatrixTexts mma_texts(DType dtype);
MatrixTexts amd_texts(std::string_view form, DType dtype);
MatrixTexts apple_texts(DType dtype);

}  // namespace tinycc
