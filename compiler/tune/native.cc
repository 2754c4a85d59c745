// See native.h. The only file that includes Clang's code generation and ORC.
#include "compiler/tune/native.h"

#include <clang/Basic/Version.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/TextDiagnosticBuffer.h>
#include <clang/Frontend/Utils.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/VirtualFileSystem.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>

#include "compiler/check/judge.h"
#include "compiler/tune/process.h"

namespace tinycc {
namespace {

using MemoryFiles = llvm::vfs::InMemoryFileSystem;

bool is_unit(const SourceFile& f) { return f.name.ends_with(".c"); }

llvm::IntrusiveRefCntPtr<MemoryFiles> memory_of(std::span<const SourceFile> files) {
  llvm::IntrusiveRefCntPtr<MemoryFiles> memory(new MemoryFiles);
  const auto add = [&](const std::string& path, std::string_view text) {
    memory->addFile(path, 0, llvm::MemoryBuffer::getMemBufferCopy(text, path));
  };
  for (const ShimHeader& h : standard_headers()) add(std::string(kShimFolder) + h.name, h.text);
  for (const SourceFile& f : files) add(std::string(kSourceFolder) + f.name, f.text);
  return memory;
}

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::bad_input, why); }

template <typename T>
T taken(llvm::Expected<T> value) {
  if (!value) refuse(llvm::toString(value.takeError()));
  return std::move(*value);
}
void check(llvm::Error error) {
  if (error) refuse(llvm::toString(std::move(error)));
}

/// Clang's driver makes the same flags of these arguments as it does on a command line.
class InMemory : public Native {
 public:
  InMemory(std::span<const SourceFile> files, const Target& target) {
    llvm::orc::JITTargetMachineBuilder machine =
        taken(llvm::orc::JITTargetMachineBuilder::detectHost());
    machine.setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
    jit_ = taken(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(machine)).create());
    jit_->getMainJITDylib().addGenerator(
        taken(llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
            jit_->getDataLayout().getGlobalPrefix())));
    const auto memory = memory_of(files);
    for (const SourceFile& f : files) {
      if (is_unit(f)) check(jit_->addIRModule(compiled(f.name, target, memory)));
    }
  }

  void* find(const std::string& function) override {
    return taken(jit_->lookup(function)).toPtr<void*>();
  }

 private:
  static llvm::orc::ThreadSafeModule compiled(const std::string& name, const Target& target,
                                              llvm::IntrusiveRefCntPtr<MemoryFiles> memory) {
    std::vector<std::string> words{"clang",
                                   "-c",
                                   "-w",
                                   "-nostdinc",
                                   "-fno-caret-diagnostics",
                                   "-isystem",
                                   std::string(kShimFolder)};
    for (const std::string& flag : native_flags(target)) words.push_back(flag);
    words.push_back(std::string(kSourceFolder) + name);
    std::vector<const char*> arguments;
    for (const std::string& w : words) arguments.push_back(w.c_str());

    clang::TextDiagnosticBuffer messages;
    clang::CreateInvocationOptions options;
    options.Diags =
        clang::CompilerInstance::createDiagnostics(new clang::DiagnosticOptions, &messages, false);
    options.VFS = memory;
    std::shared_ptr<clang::CompilerInvocation> invocation =
        clang::createInvocation(arguments, options);
    if (!invocation) refuse("Clang does not take these flags for " + name);
    invocation->getFrontendOpts().DisableFree = false;  // it would leak half a megabyte a file
    invocation->getCodeGenOpts().DisableFree = false;
    clang::CompilerInstance compiler;
    compiler.setInvocation(std::move(invocation));
    compiler.createDiagnostics(&messages, false);
    compiler.createFileManager(memory);
    auto context = std::make_unique<llvm::LLVMContext>();
    clang::EmitLLVMOnlyAction action(context.get());
    if (!compiler.ExecuteAction(action)) {
      const bool any = messages.err_begin() != messages.err_end();
      refuse(any ? messages.err_begin()->second : "Clang refuses " + name);
    }
    return {action.takeModule(), std::move(context)};
  }

  std::unique_ptr<llvm::orc::LLJIT> jit_;
};

}  // namespace

bool runs_here(const Target& target) {
  const llvm::Triple host(llvm::sys::getProcessTriple());
  return host.getArch() == llvm::Triple(target.triple).getArch();
}

std::vector<std::string> native_flags(const Target& target) {
  std::vector<std::string> flags{"-O3"};
  flags.insert(flags.end(), target.cflags.begin(), target.cflags.end());
  flags.emplace_back(target.dialect == "gnu" ? "-std=gnu11" : "-std=c99");
  return flags;
}

void prepare_native() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
}

std::unique_ptr<Native> compile_native(std::span<const SourceFile> files, const Target& target,
                                       const std::string& cc, const std::string& folder) {
  if (cc.empty()) return std::make_unique<InMemory>(files, target);
  std::vector<std::string> units;
  for (const SourceFile& f : files) {
    if (is_unit(f)) units.push_back(f.name);
  }
  return compile_shared(files, units, native_flags(target), cc, folder);
}

std::string compiler_version(const std::string& cc) {
  if (cc.empty()) return "clang " CLANG_VERSION_STRING;
  return first_line_of({words_of(cc)[0], "--version"});
}

}  // namespace tinycc
