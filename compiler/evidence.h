// `--evidence`: what an assessor asks of generated code, as documents beside it. In: a program, its
// files, what was read. Out: EVIDENCE.md (traceability from nodes to lines, calls, loops, cycles, stack,
// hashes) and DEVIATIONS.md (from MISRA C:2012, each with its reason).
#pragma once

#include <vector>

#include "compiler/options.h"
#include "emitters/host.h"

namespace tinycc {

/// Errors: Error(unsupported) where `make prove` could not be run: another dialect than iso, symbolic
/// dimensions, weights in a file.
void require_provable(const Program& program, const Options& options);

/// `files`: all others of out/, as they will be written; `read`: paths of host.dependencies.
std::vector<SourceFile> evidence_files(const HostInputs& host, const std::vector<SourceFile>& files,
                                       const std::vector<std::string>& read);

}  // namespace tinycc
