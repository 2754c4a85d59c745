// What host_kernels.cc, host_steps.cc and host_model.cc share. Internal to the host emitter.
#pragma once

#include "emitters/host_files.h"

namespace tinycc {

/// True when `word` occurs in `text` as a whole identifier.
bool has_word(std::string_view text, std::string_view word);

/// The statement for each top-level step, and the functions behind those that are no plain calls.
struct TopLevel {
  std::vector<std::string> calls;
  std::string functions;
};
TopLevel top_level(const HostInputs& host);
/// Those statements as the cases of a switch.
std::string cases_text(const std::vector<std::string>& calls);
/// Copies the pointers to outputs and memories that `text` uses into locals, which it then names instead;
/// returns the declarations. (A checker of MISRA's rule 11.8 takes `outputs->probs` for pointing to const.)
std::string pointer_locals(const HostInputs& host, std::string& text);

/// Kernels that some step calls, in the order of the first calls.
std::vector<size_t> called_kernels(const Names& names);
/// Text of those helpers that `text` names, or that these name.
std::string helpers_for(const HostInputs& host, const std::string& text);
/// Refuses compiler options under which the kernels would be wrong.
std::string nan_check(const Names& names);
/// The kernels' functions: one text, of static functions, unless there is so much of it that it is
/// to be several files (`sharded`).
std::vector<std::string> kernel_shards(const HostInputs& host, bool& sharded);
/// For kernels that are split: job type, trampoline, and the function that steps call.
std::string parts_text(const HostInputs& host);

/// "(inputs->seq < 1) || (inputs->seq > 512)": some dimension, or number that decides one, is not
/// within its bounds. "" without any.
std::string wrong_dim_text(const Names& names);
/// The constant NAME_STATE_first, what a state starts as.
std::string state_constant(const Names& names, const Port& port, const TensorData& data);

}  // namespace tinycc
