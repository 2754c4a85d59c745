// Emitted C as LLVM's intermediate representation, by the Clang within: no file, no environment and
// no installed compiler takes part. In: sources and the flags that a Makefile would give. Out: a
// module. Included only where LLVM is.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include "emitters/source.h"

namespace tinycc {

/// The unit `name` among `files`. Clang's driver reads the flags as it does on a command line; the
/// module is optimised as they say. Errors: Error(bad_input) with Clang's first message.
std::unique_ptr<llvm::Module> llvm_module(const std::string& name,
                                          std::span<const SourceFile> files,
                                          const std::vector<std::string>& flags,
                                          llvm::LLVMContext& context);

inline bool is_unit(const SourceFile& f) { return f.name.ends_with(".c"); }

}  // namespace tinycc
