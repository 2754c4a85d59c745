// See front.h.
#include "compiler/front.h"

#include <fmt/format.h>

#include <algorithm>

namespace tinycc {
namespace {

/// The files of a part, which has been checked: of these the front includes headers alone.
void add_part(std::vector<SourceFile>& files, const Built& part) {
  for (SourceFile f : part.sources->files()) {
    f.name = part.program.target.language + "/" + f.name;
    f.role = f.name.ends_with(".h") ? Role::header : Role::text;
    files.push_back(std::move(f));
  }
}

CheckOptions check_options(const Built& device, const Built& cpu, const std::string& name) {
  CheckOptions options;
  options.language = cpu.program.target.dialect;
  options.triple = cpu.program.target.triple;
  options.flags = {"-I/out/c", "-I/out/" + device.program.target.language};
  options.prefix = name;
  options.externals = {"tinycc_rt_device_message"};
  for (const char* function : {"open", "close", "run", "state_init"}) {
    for (const Built* part : {&device, &cpu})
      options.externals.push_back(fmt::format("{}_{}", part->program.name, function));
  }
  return options;
}

}  // namespace

CheckedSources with_front(const std::vector<Built>& parts, const std::string& name,
                          const std::vector<std::string>& dependencies) {
  const size_t which = parts[0].program.target.is_device() ? 0 : 1;
  const Built &device = parts[which], &cpu = parts[1 - which];
  Program program = device.program;
  program.name = name;
  const Names names(program), cpu_names(cpu.program);
  HostInputs host{names, {}, {}, device.golden, {}, dependencies};
  host.cpu = &cpu_names;
  std::vector<SourceFile> files = emit_front(host);
  for (SourceFile& f : files) {
    if (f.role != Role::text) f.text = format_c(f.text);
  }
  add_part(files, device);
  add_part(files, cpu);
  return require_clean(std::move(files), check_options(device, cpu, name));
}

}  // namespace tinycc
