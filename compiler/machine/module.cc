// See module.h.
#include <memory>
#include <string>
#include <vector>

#include "compiler/machine/module.h"
#include "compiler/machine/resources.h"

#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/TextDiagnosticBuffer.h>
#include <clang/Frontend/Utils.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/VirtualFileSystem.h>

#include "compiler/check/judge.h"
#include "ir/error.h"

namespace tinycc {
namespace {

using MemoryFiles = llvm::vfs::InMemoryFileSystem;

llvm::IntrusiveRefCntPtr<MemoryFiles> memory_of(std::span<const SourceFile> files) {
  llvm::IntrusiveRefCntPtr<MemoryFiles> memory(new MemoryFiles);
  const auto add = [&](const std::string& path, std::string_view text) {
    memory->addFile(path, 0, llvm::MemoryBuffer::getMemBuffer(text, path, false));
  };
  for (const auto headers : {standard_headers(), device_headers()}) {
    for (const ShimHeader& h : headers) add(std::string(kShimFolder) + h.name, h.text);
  }
  for (const SourceFile& f : files) add(std::string(kSourceFolder) + f.name, f.text);
  return memory;
}

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::bad_input, why); }

/// Clang's front end at work on one unit; what it writes goes to `out`, if anything.
void execute(clang::FrontendAction& action, const std::string& name,
             std::span<const SourceFile> files, const std::vector<std::string>& flags,
             std::unique_ptr<llvm::raw_pwrite_stream> out = nullptr) {
  std::vector<std::string> words{
      "clang", "-w", "-nostdinc", "-fno-caret-diagnostics", "-isystem", std::string(kShimFolder)};
  words.insert(words.end(), flags.begin(), flags.end());
  words.push_back(std::string(kSourceFolder) + name);
  std::vector<const char*> arguments;
  for (const std::string& w : words) arguments.push_back(w.c_str());

  clang::TextDiagnosticBuffer messages;
  clang::CreateInvocationOptions options;
  options.Diags =
      clang::CompilerInstance::createDiagnostics(new clang::DiagnosticOptions, &messages, false);
  options.VFS = memory_of(files);
  std::shared_ptr<clang::CompilerInvocation> invocation =
      clang::createInvocation(arguments, options);
  if (!invocation) refuse("Clang does not take these flags for " + name);
  invocation->getFrontendOpts().DisableFree = false;  // it would leak half a megabyte a file
  invocation->getCodeGenOpts().DisableFree = false;
  clang::CompilerInstance compiler;
  compiler.setInvocation(std::move(invocation));
  compiler.createDiagnostics(&messages, false);
  compiler.createFileManager(options.VFS);
  if (out) compiler.setOutputStream(std::move(out));
  if (!compiler.ExecuteAction(action)) {
    const bool any = messages.err_begin() != messages.err_end();
    refuse(any ? messages.err_begin()->second : "Clang refuses " + name);
  }
}

}  // namespace

std::unique_ptr<llvm::Module> llvm_module(const std::string& name,
                                          std::span<const SourceFile> files,
                                          const std::vector<std::string>& flags,
                                          llvm::LLVMContext& context) {
  clang::EmitLLVMOnlyAction action(&context);
  std::vector<std::string> all = flags;
  all.emplace_back("-c");
  execute(action, name, files, all);
  return action.takeModule();
}

std::string device_assembly(const std::string& name, std::span<const SourceFile> files,
                            const Target& target) {
  const Language* language = find_language(target.language);
  std::vector<std::string> flags(language->arguments.begin(), language->arguments.end());
  if (target.language == "cuda") flags.emplace_back("-fno-builtin");  // what it has no code for
  flags.insert(flags.end(),
               {"-S", "-O3", "--no-offload-arch=all", "--offload-arch=" + target.arch});
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  clang::EmitAssemblyAction action;
  llvm::SmallString<0> text;
  execute(action, name, files, flags, std::make_unique<llvm::raw_svector_ostream>(text));
  return text.str().str();
}

}  // namespace tinycc
