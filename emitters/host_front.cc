// What stands over two programs of one network, for a device and in C: NAME.h and NAME.c, which take
// the device or else the CPU, their tools and build files. The programs lie in folders of their own,
// each as emit_host writes it. Templates: front.h.in, front.c.in, front_Makefile.in,
// front_CMakeLists.txt.in.
#include <fmt/format.h>

#include "emitters/host.h"
#include "emitters/host_files.h"

namespace tinycc {

namespace {

/// The pointers and numbers of one struct as the initialiser of another.
std::string members_text(const HostInputs& host, bool inputs, bool threads) {
  const Names& names = host.names;
  const Program& program = names.program();
  const std::string from = inputs ? "inputs->" : "outputs->";
  std::vector<std::string> items;
  for (const Port& port : inputs ? program.inputs : program.outputs)
    items.push_back(from + names.member(port.buffer));
  if (items.empty()) items.emplace_back("0");
  for (size_t k = 0; inputs && k < program.dims.size(); ++k) items.push_back(from + names.dim(k));
  if (threads)
    items.insert(items.end(), {"inputs->parallel_for", "inputs->pool", "inputs->threads"});
  return "{" + join(items, ", ") + "}";
}

std::string report_text(const HostInputs& host) {
  const auto row = [](const std::string& language) {
    return fmt::format("{{\"language\": \"{0}\", \"report\": \"{0}/report.json\"}}", language);
  };
  return fmt::format("{{\n \"name\": \"{}\",\n \"targets\": [\n  {},\n  {}\n ]\n}}\n",
                     host.names.prefix(), row(host.names.program().target.language), row("c"));
}

}  // namespace

TextValues front_values(const HostInputs& host) {
  const Program& program = host.names.program();
  const std::string own = host.names.prefixed(program.target.language);
  const bool gnu = host.cpu->program().target.dialect == "gnu", parallel = is_parallel(host);
  const bool ports = !program.inputs.empty() || !program.outputs.empty();
  return {{"own", own},
          {"OWN", upper(own)},
          {"cpu", host.cpu->prefix()},
          {"folder", program.target.language},
          {"has_ports", ports ? "1" : ""},
          {"no_inputs", program.inputs.empty() ? "1" : ""},
          {"own_inputs", members_text(host, true, false)},
          {"own_outputs", members_text(host, false, false)},
          {"cpu_inputs", members_text(host, true, parallel)},
          {"cpu_outputs", members_text(host, false, false)},
          {"cpu_state", program.states.empty() ? "" : ", &device->state"},
          {"standard", gnu ? "gnu11" : "c99"},
          {"c_standard", gnu ? "11" : "99"},
          {"extensions", gnu ? "ON" : "OFF"},
          {"pthread", parallel ? " -pthread" : ""},
          {"stub_objects", parallel ? "c/tinycc_rt.o c/tinycc_rt_threads.o" : "c/tinycc_rt.o"}};
}

std::vector<SourceFile> emit_front(const HostInputs& host) {
  const std::string& n = host.names.prefix();
  TextValues values = common_values(host);
  values.merge(front_values(host));
  return {{n + ".h", header_file(host), Role::interface},
          {n + ".c", wrap_long_lines(expand_template("front.c", values)), Role::library},
          {n + "_test.c", test_file(host), Role::tool},
          {n + "_cli.c", cli_file(host), Role::tool},
          {"Makefile", expand_template("front_Makefile", values), Role::text},
          {"CMakeLists.txt", expand_template("front_CMakeLists.txt", values), Role::text},
          {"report.json", report_text(host), Role::text},
          depfile(host)};
}

}  // namespace tinycc
