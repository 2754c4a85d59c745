// See evidence.h.
#include "compiler/evidence.h"

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>

#include "compiler/machine/cycles.h"
#include "compiler/write_out.h"
#include "emitters/text.h"
#include "ir/error.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr const char* kDeviations = R"(# @name@: deviations from MISRA C:2012

Scope: the library, that is the sources that `make lib` compiles, and their headers. Test, benchmark and
command-line programs are tools. `make misra` runs cppcheck's addon, which decides a part of the rules,
and fails on a finding of a rule that this table lacks.

| rule | class | where | why, and what stands in for the rule |
|---|---|---|---|
| 19.2 | advisory | the arena; helpers that look at the bits of a float | A union states to compiler and prover that tensors which never live together share bytes. The planner's verifier and the self-test under MemorySanitizer show that none is read before it is written. |
| 11.5 | advisory | @name@_arena_at | Raw memory becomes an arena here and nowhere else, after tests of null, size and alignment. |
| 11.6 | required | @name@_arena_at | C99 has no other test of alignment; the integer is only taken modulo it. |
| 2.5 | advisory | macros of the header | They are the interface, for the caller. |
| 2.3 | advisory | types of the header | They are the interface, for the caller. |
| 8.7 | advisory | @name@_step, @name@_arena_at | Part of the interface, called from other files. |
| 8.9 | advisory | constants | They are one object for all kernels: generated, and placed by the linker as a whole. |
| 10.1 | required | right shifts of fixed-point numbers | They round down, as the sign moves in: C99 leaves that to the compiler, and the file refuses one that does otherwise. |
| 10.8 | required | quotients, roundings | A result of known range is converted to a narrower type; the proof shows that it fits. |
| 12.1 | advisory | indices | Sums of products of loop counters are written as in mathematics. |
| 12.3 | advisory | helpers | Variables of one union type are declared together. |
| 15.5 | advisory | helpers | An early return where the value is known keeps the rest free of conditions. |
| 8.13 | advisory | run and step | Outputs are written through the pointers that the caller's struct holds. |

Not decided by this checker, and deviated from knowingly: Dir 4.6 (sizes in names of types): `float` is
IEEE 754 binary32, integers that count are `int32_t`, `int step` is the caller's.
)";

std::string name_of(Prefer p) {
  return p == Prefer::speed ? "speed" : p == Prefer::ram ? "ram" : "size";
}

std::string hex_sha256(llvm::StringRef text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  return llvm::toHex(llvm::SHA256::hash({bytes, text.size()}), true);
}

std::string hash_rows(const HostInputs& host, const std::vector<SourceFile>& files,
                      const std::vector<std::string>& read) {
  std::string rows;
  const auto add = [&](const char* kind, const std::string& name, const std::string& text) {
    rows += fmt::format("| {} | {} | {} | `{}` |\n", kind, name,
                        thousands(static_cast<int64_t>(text.size())), hex_sha256(text));
  };
  for (size_t i = 0; i < read.size(); ++i) add("read", host.dependencies[i], file_text(read[i]));
  for (const SourceFile& f : files) add("written", f.name, f.text);
  return rows;
}

/// "32 × 32 × 16; 10": the loops of a kernel, each nest's extents from outside in.
void add_nests(const StmtRef& s, std::string nest, std::vector<std::string>& nests) {
  if (s->kind == StmtKind::loop && s->loop != LoopKind::unroll)
    nest += fmt::format("{}{}", nest.empty() ? "" : " × ", extent_of(s->range));
  const size_t before = nests.size();
  for (const StmtRef& part : s->body) add_nests(part, nest, nests);
  const bool innermost = s->kind == StmtKind::loop && nests.size() == before;
  if (innermost && !nest.empty()) nests.push_back(nest);
}

std::string kernel_rows(const HostInputs& host, const std::vector<SourceFile>& files,
                        const std::vector<Cycles>& cycles) {
  const Program& program = host.names.program();
  std::string rows;
  for (size_t k = 0; k < program.kernels.size(); ++k) {
    const Kernel& kernel = program.kernels[k];
    std::vector<std::string> nests;
    add_nests(kernel.body, "", nests);
    rows += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} | {} |\n", fmt::join(kernel.nodes, ", "),
        host.names.kernel(k), line_of(host.names.kernel(k), files), fmt::join(nests, "; "),
        thousands(kernel.flops), thousands(kernel.bytes_read), thousands(kernel.bytes_written),
        cycles.empty() ? "no model" : thousands(std::llround(cycles[k].cycles)));
  }
  return rows;
}

}  // namespace

void require_provable(const Program& program, const Options& options) {
  const auto refuse = [](const std::string& what, const std::string& hint) {
    throw Error(ExitCode::unsupported, "--evidence: not with " + what, hint);
  };
  if (program.target.language != "c" || program.target.dialect != "iso")
    refuse("this target", "ISO C is what provers and rule checkers read: --target c:dialect=iso");
  if (!program.dims.empty()) refuse("symbolic dimensions", "fix them with --shape");
  if (options.weights == WeightsMode::bin)
    refuse("--weights bin", "the prover has to see the weights: --weights source");
}

std::vector<SourceFile> evidence_files(const HostInputs& host, const std::vector<SourceFile>& files,
                                       const std::vector<std::string>& read) {
  const Program& program = host.names.program();
  const std::string& n = program.name;
  const std::vector<Cycles> cycles =
      has_cpu_model(program.target) ? estimated_cycles(program) : std::vector<Cycles>();
  std::string text = fmt::format(
      "# {0}: evidence\n\nWritten by tinycc {1} for {2} in ISO C99, with prefer={3}.\n\n"
      "| claim | shown by |\n|---|---|\n"
      "| no run-time error for any bits in inputs and arena | `make prove` (Frama-C Eva): 0 alarms "
      "|\n"
      "| no infinity, no NaN for inputs up to PROOF_RANGE | `make prove-finite`: what it cannot "
      "bound, it "
      "lists |\n"
      "| the numbers are the model's | `make check`: golden vectors of the reference interpreter "
      "|\n"
      "| rules of MISRA C:2012 | `make misra`; what remains is in DEVIATIONS.md |\n"
      "| bytes of stack | `make stack`: frames as the compiler lays them out; the deepest path is "
      "{0}_run, one kernel, one helper |\n"
      "| no heap, no recursion, no jump, no variable that outlives a call, loops that end at "
      "constants | proven on Clang's syntax tree before these files were written |\n"
      "| same bytes for the same input | the hashes below |\n\n",
      n, TINYCC_VERSION, program.target.cpu, name_of(program.target.prefer));
  text += fmt::format(
      "## From node to line\n\n{}_run calls these, each at most once a step, in this order; a "
      "kernel "
      "calls none but helpers (`{}_f_…`). Loops: extents of each nest, all constants. Cycles: "
      "LLVM's "
      "machine-code analyser for {}, without what caches and branches cost.\n\n"
      "| nodes of the model | function | where | loops | operations | bytes read | bytes written | "
      "cycles |\n|---|---|---|---|---|---|---|---|\n",
      n, n, program.target.cpu);
  text += kernel_rows(host, files, cycles);
  std::vector<SourceFile> documents{
      {"DEVIATIONS.md", expand(kDeviations, {{"name", n}}), Role::text}};
  std::vector<SourceFile> all = files;
  all.push_back(documents[0]);
  text += "\n## SHA-256\n\n| | file | bytes | SHA-256 |\n|---|---|---|---|\n" +
          hash_rows(host, all, read);
  documents.push_back({"EVIDENCE.md", text, Role::text});
  return documents;
}

}  // namespace tinycc
