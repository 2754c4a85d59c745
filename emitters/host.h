// Everything of out/ but the bodies of the kernels: the public header, the call sequence, weights,
// command-line program, self-test, benchmark, build files and report. In: a planned program and
// the kernels' text; out: files. Only C so far; devices will add files, not change these.
//
//   Names names(program, WeightsMode::source);
//   HostInputs host{names, kernels, helpers, golden, …};
//   files = emit_host(host);  … format and check all but NAME_weights*.c …
//   files.push_back(emit_report(host, files));
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "emitters/names.h"
#include "emitters/source.h"

namespace tinycc {

/// One kernel in C, without its head: Names::signature makes that, the host its comment.
struct KernelText {
  std::string body;           // "{\n    …\n}\n"
  std::string notes;          // more lines for the comment over it; may be empty
  bool guards_loads = false;  // it reads elements that exist only where a condition holds
};

/// What kernels share: a typedef, a macro or a static function. Written, once a file, where `name`
/// occurs in the text of a kernel or of a later helper; so dependencies come first in the list.
struct HelperText {
  std::string name;
  std::string text;
};

/// Inputs with known outputs, for the self-test. The outputs may be missing (a model too large for
/// the reference interpreter): then the test only asks for the same result by all ways to run.
struct GoldenCase {
  std::string what;  // "a 3 of the held-out images"
  std::vector<TensorData> inputs, outputs;
  // Set: inputs[k] is golden_input(…, seed, k), not to be embedded unless its range is limited.
  std::optional<uint32_t> seed;
  double relative = 1e-4;  // to the largest expected magnitude of an output
  double absolute = 1e-5;
  std::vector<int64_t> dims = {};  // values of the program's; outputs count as far as they say
  int64_t runs = 1;                // with states: the outputs are those after so many runs
};

/// Input k of a generated case: small numbers that every dtype represents, by a hash that the
/// self-test computes as well.
TensorData golden_input(DType dtype, const std::vector<int64_t>& shape, uint32_t seed, size_t k);

/// What a kernel takes of a GPU's compute unit (compiler/machine/resources.h).
struct Resources {
  std::string arch;                     // "gfx1100"
  int64_t vector = 0, scalar = 0;       // registers; scalar ones: AMD's
  int64_t spilled = 0;                  // of the first to memory: AMD's registers, NVIDIA's bytes
  int64_t scalar_spilled = 0;           // of the others to vector registers
  int64_t stack_bytes = 0;              // of a work-item
  int64_t local_bytes = 0, matrix = 0;  // of a work-group; matrix instructions in the code
};

struct HostInputs {
  const Names& names;               // and, by it, the program
  std::vector<KernelText> kernels;  // one for each kernel of the program
  std::vector<HelperText> helpers;
  std::vector<GoldenCase> golden;
  std::vector<std::string> externals;     // functions of the C library that kernels call: "sinf"
  std::vector<std::string> dependencies;  // files that were read, as the user named them
  std::function<std::string(std::string_view)> format = {};  // of text that is quoted
  std::vector<Resources> resources = {};                     // of each kernel, or none
  const Names* cpu =
      nullptr;  // of a front (emit_front): the program in C, for where there is no device
};

/// The library alone: what a product compiles, its headers, and a file of weights if there is one.
std::vector<SourceFile> emit_library(const HostInputs& host);
/// The files of the run-time stub that the library or its tools stand on.
std::vector<SourceFile> stub_files(const HostInputs& host);
/// All files but report.json, in a fixed order; the library's first.
std::vector<SourceFile> emit_host(const HostInputs& host);

/// What stands over a program for a device, in a folder named after its language, and one in C, in c/:
/// one interface that takes the device or else the CPU, its tools and build files. `host` is the
/// device's, with the network's plain name.
std::vector<SourceFile> emit_front(const HostInputs& host);

/// "digits.c:34": the line in which the head of a kernel's function begins, among files as formatted;
/// a prototype ends with ; and lies in a header.
std::string line_of(const std::string& function, std::span<const SourceFile> files);
/// report.json. `files`: what will be written, as formatted, since it names lines of kernels.
SourceFile emit_report(const HostInputs& host, std::span<const SourceFile> files);

}  // namespace tinycc
