// All files of out/ but report.json, and how they are built. See host.h.
#include "emitters/host.h"

#include <fmt/format.h>

#include <algorithm>

#include "emitters/embedded.h"
#include "emitters/host_device.h"

namespace tinycc {

namespace {

/// What belongs to a device's language: how its stub's files start, and how the Makefile builds.
struct DeviceBuild {
  const char *language, *stub, *compiler;  // compiler: "", or of the kernels, with its variable
  const char *flags, *libraries, *nodes;   // nodes: files of the system that show that there is one
};

constexpr DeviceBuild kDevices[] = {
    {"opencl", "tinycc_rt_opencl", "", "", "-ldl", ""},
    {"cuda", "tinycc_rt_cuda", "nvcc", "-O3", "-lcudart -lstdc++", "/dev/nvidiactl /dev/dxg"},
    {"hip", "tinycc_rt_cuda", "hipcc", "-O3 -DTINYCC_RT_HIP", "-lamdhip64 -lstdc++", "/dev/kfd"},
    {"metal", "tinycc_rt_metal", "xcrun", "-O2 -fobjc-arc",
     "-framework Metal -framework Foundation", "/System/Library/Frameworks/Metal.framework"},
};

const DeviceBuild* device_build(const Target& target) {
  const auto* found = std::ranges::find_if(
      kDevices, [&](const DeviceBuild& d) { return target.language == d.language; });
  return found == std::end(kDevices) ? nullptr : found;
}

/// tinycc_rt_device.h is for all devices, tinycc_rt_emulate.* for those that a CPU can stand in for,
/// tinycc_rt_opencl*.* and the like for one language.
bool stub_is_for(std::string_view file, const Target& target) {
  const DeviceBuild* const own = device_build(target);
  for (const DeviceBuild& d : kDevices) {
    if (file.starts_with(d.stub)) return own != nullptr && file.starts_with(own->stub);
  }
  if (file.starts_with("tinycc_rt_emulate")) return own != nullptr && *own->compiler != 0;
  return file != "tinycc_rt_device.h" || own != nullptr;
}

}  // namespace

std::vector<SourceFile> stub_files(const HostInputs& host) {
  std::vector<SourceFile> files;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name.starts_with("tinycc_rt_threads") && !is_parallel(host)) continue;
    if (!stub_is_for(file.name, host.names.program().target)) continue;
    const bool c = file.name.ends_with(".c") || file.name.ends_with(".h");
    files.push_back({std::string(file.name), std::string(file.text),
                     c && !file.name.starts_with("tinycc_rt_emulate") ? Role::stub : Role::text});
  }
  return files;
}

namespace {

std::vector<std::string> c_files(std::span<const SourceFile> files, Role role) {
  std::vector<std::string> out;
  for (const SourceFile& file : files) {
    if (file.role == role && file.name.ends_with(".c")) out.push_back(file.name);
  }
  return out;
}

/// "a.o b.o …", in lines of a Makefile.
std::string objects_text(const std::vector<std::string>& sources) {
  std::string text;
  for (const std::string& source : sources) {
    text += (text.empty() ? "" : " ") + source.substr(0, source.size() - 2) + ".o";
  }
  std::string out = wrap_words(text, std::string(12, ' ')).substr(12);
  for (size_t at = out.find('\n'); at != std::string::npos; at = out.find('\n', at + 3)) {
    out.insert(at, " \\");
  }
  return out;
}

std::string device_flags(const Target& target, const DeviceBuild* device) {
  if (device == nullptr || target.arch.empty()) return device == nullptr ? "" : device->flags;
  return fmt::format("{} {}={}", device->flags,
                     target.language == "hip" ? "--offload-arch" : "-arch", target.arch);
}

/// What the device's compiler makes beside the kernels: NAME.cu is one of its objects, too.
std::string device_kernels(const Target& target) {
  return target.language == "cuda" ? "cu" : target.language == "hip" ? "hip" : "";
}

/// A file name as make reads it.
std::string make_text(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c == ' ' || c == '#') out += '\\';
    out += c;
    if (c == '$') out += '$';
  }
  return out;
}

}  // namespace

/// The files by the variables of the Makefile that includes this, so that the text is the same
/// wherever model and folder lie.
SourceFile depfile(const HostInputs& host) {
  const std::string& name = host.names.prefix();
  std::vector<std::string> names;
  for (const std::string& file : host.dependencies) {
    const bool absolute = !file.empty() && file[0] == '/';
    names.push_back((absolute ? "" : fmt::format("$({}_model_dir)/", name)) + make_text(file));
  }
  const std::string list = join(names, " ");
  return {
      name + ".tinycc.d",
      fmt::format(
          "# What tinycc read to write this folder, for make. Before the include, set where they "
          "lie:\n"
          "#     {0}_out_dir := …   this folder        {0}_model_dir := …   the model's folder\n"
          "# For Ninja and CMake's DEPFILE let tinycc write one with --depfile FILE.\n"
          "$({0}_out_dir)/{0}.c: {1}\n{1}:\n",
          name, list),
      Role::text};
}

std::vector<SourceFile> build_files(const HostInputs& host, std::span<const SourceFile> sources) {
  const Target& target = host.names.program().target;
  const bool gnu = target.dialect == "gnu", parallel = is_parallel(host);
  const std::string machine = join(target.cflags, " ");
  std::vector<std::string> library = c_files(sources, Role::library);
  std::vector<std::string> stub = c_files(sources, Role::stub);
  const DeviceBuild* const device = device_build(target);
  const bool compiled = device != nullptr && *device->compiler != 0;  // by the device's compiler
  if (device != nullptr) {  // the library stands on its part of the stub: see device_objects
    const auto is_part = [&](const std::string& file) { return file.starts_with(device->stub); };
    if (!compiled) std::ranges::copy_if(stub, std::back_inserter(library), is_part);
    std::erase_if(stub, is_part);
  }
  TextValues values = common_values(host);
  values.merge(TextValues{
      {"cflags",
       (machine.empty() || device != nullptr ? "-O3" : "-O3 " + machine) + " -Wall -Wextra"},
      {"machine", device != nullptr ? "" : join(target.cflags, ";")},
      {"standard", gnu ? "gnu11" : "c99"},
      {"gnu", gnu ? "1" : ""},
      {"no_errno", gnu ? " -fno-math-errno" : ""},
      {"c_standard", gnu ? "11" : "99"},
      {"extensions", gnu ? "ON" : "OFF"},
      {"pthread", parallel ? " -pthread" : ""},
      {"cmake_threads", parallel ? " Threads::Threads" : ""},
      {"lm", host.externals.empty() || target.is_device() ? "" : "1"},
      {"device_compiler", device != nullptr ? device->compiler : ""},
      {"device_nodes", device != nullptr ? device->nodes : ""},
      {"linked", compiled ? "$(LINKED)" : "$(LIBRARY)"},
      {"clean_too", compiled ? " $(EMU_OBJ) $(EMU_OBJ:.o=.d) $(LINKED)" : ""},
      {"include_too", compiled ? " $(EMU_OBJ:.o=.d)" : ""},
      {"device_flags", device_flags(target, device)},
      {"device_libraries", device != nullptr ? device->libraries : ""},
      {"device_kernels", device_kernels(target)},
      {"device_objects", target.language == "metal"
                             ? "tinycc_rt_metal.o"
                             : host.names.prefix() + "_kernels.o tinycc_rt_cuda.o"},
      {"metal", target.language == "metal" ? "1" : ""},
      {"opencl", target.language == "opencl" ? "1" : ""},
      {"objects", objects_text(library)},
      {"stub_objects", objects_text(stub)},
      {"evidence", target.provable ? "1" : ""},
      {"machdep", target.triple.find("64") == std::string::npos ? "gcc_x86_32" : "gcc_x86_64"},
      {"sources", wrap_words(join(library, " "), "    ")},
      {"stub_sources", join(stub, " ")}});
  return {{"Makefile", expand_template("Makefile", values), Role::text},
          {"CMakeLists.txt", expand_template("CMakeLists.txt", values), Role::text},
          depfile(host)};
}

std::vector<SourceFile> emit_library(const HostInputs& host) {
  std::vector<SourceFile> files{{host.names.prefix() + ".h", header_file(host), Role::interface}};
  const bool device = host.names.program().target.is_device();
  std::ranges::move(device ? device_files(host) : model_files(host), std::back_inserter(files));
  std::ranges::move(weight_files(host), std::back_inserter(files));
  return files;
}

std::vector<SourceFile> emit_host(const HostInputs& host) {
  const std::string& n = host.names.prefix();
  std::vector<SourceFile> files = emit_library(host);
  const auto append = [&files](std::vector<SourceFile> more) {
    std::ranges::move(more, std::back_inserter(files));
  };
  append({{n + "_test.c", test_file(host), Role::tool},
          {n + "_cli.c", cli_file(host), Role::tool},
          {n + "_bench.c", bench_file(host), Role::tool}});
  if (host.names.program().target.provable)
    append({{n + "_proof.c", proof_file(host), Role::text}});
  append(stub_files(host));
  append(build_files(host, files));
  return files;
}

}  // namespace tinycc
