// See resources.h.
#include "compiler/machine/resources.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "compiler/tune/process.h"
#include "compiler/tune/subject.h"
#include "emitters/embedded.h"
#include "ir/error.h"

namespace tinycc {
namespace {

using ByFunction = std::map<std::string, Resources, std::less<>>;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// The number that begins at `at`.
int64_t number_at(std::string_view text, size_t at) {
  int64_t value = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

/// The number in front of `word`, as in "38 registers"; 0 if the line has none.
int64_t number_before(std::string_view line, std::string_view word) {
  const size_t at = line.find(word);
  if (at == std::string_view::npos || at < 2) return 0;
  return number_at(line, line.find_last_of(" ,:", at - 2) + 1);
}

// ---- AMD -------------------------------------------------------------------------------------

struct Key {
  std::string_view name;
  int64_t Resources::* field;
};
constexpr Key kKeys[] = {{".vgpr_count:", &Resources::vector},
                         {".sgpr_count:", &Resources::scalar},
                         {".vgpr_spill_count:", &Resources::spilled},
                         {".sgpr_spill_count:", &Resources::scalar_spilled},
                         {".private_segment_fixed_size:", &Resources::stack_bytes},
                         {".group_segment_fixed_size:", &Resources::local_bytes}};

bool is_matrix(std::string_view line) {
  constexpr std::string_view kMatrix[] = {"\tv_wmma",   "\tv_mfma",  "\tv_swmmac",
                                          "\tv_smfmac", "mma.sync.", "wgmma.mma_async."};
  return std::ranges::any_of(
      kMatrix, [&](std::string_view m) { return line.find(m) != std::string_view::npos; });
}

/// Matrix instructions of each function: lines from where `starts` names it.
template <typename Starts>
void count_matrices(std::string_view assembly, ByFunction& found, Starts starts) {
  Resources* now = nullptr;
  for (const std::string_view line : lines_of(assembly)) {
    const auto kernel = found.find(starts(line));
    if (kernel != found.end()) now = &kernel->second;
    if (now != nullptr) now->matrix += is_matrix(line) ? 1 : 0;
  }
}

/// The metadata at the end of the assembly, which has an entry a kernel: "  - .args:", "    .name: f".
ByFunction amd_resources(std::string_view assembly) {
  ByFunction found;
  Resources now;
  std::string name;
  const auto finish = [&] {
    if (!name.empty()) found[name] = now;
    now = {};
    name.clear();
  };
  const size_t start = assembly.find("amdhsa.kernels:");
  TCC_CHECK(start != std::string_view::npos, "no metadata of kernels in LLVM's assembly");
  for (std::string_view line : lines_of(assembly.substr(start))) {
    if (line.starts_with("  - ")) finish();
    if (!line.starts_with("    .") && !line.starts_with("  - .")) continue;
    line.remove_prefix(4);
    const size_t value = line.find_first_not_of(' ', line.find(':') + 1);
    if (line.starts_with(".name:")) name = line.substr(value);
    for (const Key& key : kKeys) {
      if (line.starts_with(key.name)) now.*key.field += number_at(line, value);
    }
  }
  finish();
  count_matrices(assembly, found, [](std::string_view line) {
    return line.substr(0, std::min(line.find(':'), line.size()));
  });
  return found;
}

// ---- NVIDIA ----------------------------------------------------------------------------------

/// ptxas -v: "Compiling entry function 'f'", then lines about it.
ByFunction nvidia_resources(std::string_view log) {
  ByFunction found;
  Resources* now = nullptr;
  for (const std::string_view line : lines_of(log)) {
    constexpr std::string_view kEntry = "Compiling entry function '";
    if (const size_t at = line.find(kEntry); at != std::string_view::npos) {
      const std::string_view rest = line.substr(at + kEntry.size());
      now = &found[std::string(rest.substr(0, rest.find('\'')))];
    }
    if (now == nullptr) continue;
    now->vector += number_before(line, " registers");
    now->stack_bytes += number_before(line, " bytes stack frame");
    now->spilled += number_before(line, " bytes spill stores");
    now->local_bytes += number_before(line, " bytes smem");
  }
  return found;
}

/// What nvcc says, with PTX beside it; both from the files in a folder of their own.
ByFunction by_nvcc(const std::string& unit, const std::vector<SourceFile>& files,
                   const std::string& arch) {
  const Scratch scratch;
  for (const SourceFile& f : files)
    std::ofstream(scratch.path + "/" + f.name, std::ios::binary) << f.text;
  const std::string binary = scratch.path + "/kernels.cubin";
  const Finished done = run_command({"nvcc", "-cubin", "-O3", "-arch=" + arch, "-Xptxas", "-v",
                                     "-I" + scratch.path, "-o", binary, scratch.path + "/" + unit});
  if (done.status == 127)
    throw Error(ExitCode::unsupported, "--registers: there is no nvcc",
                "it must be in PATH; registers of AMD's GPUs need no tool: --target hip");
  if (done.status != 0)
    throw Error(ExitCode::bad_input, "nvcc refuses " + unit + ": " + done.output);
  return nvidia_resources(done.output);
}

/// The name in ".visible .entry f(".
std::string_view entry_name(std::string_view line) {
  constexpr std::string_view kEntry = ".entry ";
  const size_t at = line.find(kEntry);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = line.substr(at + kEntry.size());
  return rest.substr(0, rest.find('('));
}

}  // namespace

std::vector<Resources> resources_of(const Program& program) {
  Target target = program.target;
  const bool amd = target.language == "hip";
  if (!amd && target.language != "cuda")
    throw Error(ExitCode::unsupported, "--registers: not for " + target.language,
                "it is for hip and cuda");
  if (target.arch.empty()) target.arch = amd ? "gfx1100" : "sm_80";
  const Names names(program);
  std::vector<SourceFile> files = library_of(program, false);
  for (const EmbeddedFile& f : embedded_files()) {
    if (f.name == "tinycc_rt_device.h") files.push_back({std::string(f.name), std::string(f.text)});
  }
  const std::string unit = names.prefix() + (amd ? ".hip" : ".cu");
  const std::string assembly = device_assembly(unit, files, target);
  ByFunction found = amd ? amd_resources(assembly) : by_nvcc(unit, files, target.arch);
  if (!amd) count_matrices(assembly, found, entry_name);
  std::vector<Resources> all;
  for (size_t k = 0; k < program.kernels.size(); ++k) {
    Resources r = found[names.kernel(k)];
    r.arch = target.arch;
    all.push_back(r);
  }
  return all;
}

}  // namespace tinycc
