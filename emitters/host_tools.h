// What the programs around a model (command line, self-test, benchmark) share: their tables of
// inputs and outputs. Internal to the host emitter.
#pragma once

#include "emitters/host_files.h"

namespace tinycc {

/// "digits_image image;" and so on: the members of a struct of all `ports`.
std::string port_struct_members(const Names& names, const std::vector<Port>& ports);
/// The initialiser of NAME_inputs: "{&weights, &in.image, DIMS, HOOK}"; of NAME_outputs. HOOK, for
/// kernels that threads share: function, pool, number of threads.
std::string inputs_value(const HostInputs& host, const std::vector<std::string>& dims,
                         const std::string& hook);
std::string outputs_value(const HostInputs& host);
/// Bytes of a port's values; its struct may have more, since C has no empty arrays.
int64_t port_bytes(const Program& program, const Port& port);
/// common_values, and what the templates of all three programs name.
TextValues tool_values(const HostInputs& host, const std::vector<std::string>& dims);
std::vector<std::string> bounds_of_dims(const Program& program);

}  // namespace tinycc
