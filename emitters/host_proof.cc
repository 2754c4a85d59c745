// NAME_proof.c: what Frama-C is asked about a model.
#include <fmt/format.h>

#include "emitters/host_tools.h"

namespace tinycc {
namespace {

std::string float_inputs(const HostInputs& host) {
  const Program& program = host.names.program();
  std::string lines;
  for (const Port& p : program.inputs) {
    if (buffer_of(program, p.buffer).dtype != DType::f32) continue;
    const std::string member = "in." + host.names.member(p.buffer);
    lines += fmt::format("any_floats(&{0}, sizeof {0} / sizeof(float));\n", member);
  }
  return lines;
}

}  // namespace

std::string proof_file(const HostInputs& host) {
  TextValues values = tool_values(host, {});
  values["float_inputs"] = float_inputs(host);
  for (const ArenaPart& part : arena_parts(host.names)) {
    const std::string raw = part.member.empty() ? "raw" : "raw_" + part.member;
    values["raw_arenas"] += fmt::format("{}_{} *{} = NULL;\n", host.names.prefix(), part.name, raw);
    values["any_arenas"] += fmt::format("any_bits(&{0}, sizeof {0});\n", part.name);
    values["arenas_at"] += fmt::format(
        "(void){}_{}_at(&{}, (size_t)Frama_C_unsigned_int_interval(0u, 0xFFFFFFFFu), &{});\n",
        host.names.prefix(), part.name, part.name, raw);
  }
  values["null_state"] = host_state(host.names.program()) ? ", NULL" : "";
  return expand_template("proof.c", values);
}

}  // namespace tinycc
