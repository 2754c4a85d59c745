// NAME_proof.c: what Frama-C is asked about a model.
#include "emitters/host_tools.h"

namespace tinycc {

std::string proof_file(const HostInputs& host) {
  TextValues values = tool_values(host, {});
  values["null_state"] = host_state(host.names.program()) ? ", NULL" : "";
  return expand_template("proof.c", values);
}

}  // namespace tinycc
