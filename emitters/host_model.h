// What host_kernels.cc and host_model.cc share. Internal to the host emitter.
#pragma once

#include "emitters/host_files.h"

namespace tinycc {

/// True when `word` occurs in `text` as a whole identifier.
bool has_word(std::string_view text, std::string_view word);
/// "f(a, b, c)" as lines of at most 100 columns; those after the first start below `a`.
std::string wrap_arguments(const std::string& text, size_t indent);

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

}  // namespace tinycc
