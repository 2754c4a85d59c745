// Matrices of devices as helpers of kernels: what their makers' texts (helpers_mma, _amd, _apple) share.
#pragma once

#include <string>
#include <vector>

#include "emitters/helpers.h"
#include "ir/groups.h"

namespace tinycc {

/// What stands for the words between @ in the texts of one form's operand: @t@, @C@ its type, @S@ that of sums,
/// @DEPTH@; @PLACE@, @STEPS_DOWN@, @STEPS_RIGHT@, @PRODUCTS@ what there is where there is no instruction.
struct MatrixWords {
  std::string form;
  Replacements all;
};

/// A form's matrices of one type of elements: f_rows_T, f_columns_T, each with _at and _turned, and f_multiply_T.
void add_mma_matrices(std::vector<HelperText>& helpers, const MatrixWords& words, DType dtype);
void add_amd_matrices(std::vector<HelperText>& helpers, const MatrixWords& words, DType dtype);
void add_apple_matrices(std::vector<HelperText>& helpers, const MatrixWords& words, DType dtype);

}  // namespace tinycc
