// See native.h. The only file that includes ORC.
#include "compiler/tune/native.h"

#include <clang/Basic/Version.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>

#include "compiler/machine/module.h"
#include "compiler/tune/process.h"

namespace tinycc {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ExitCode::bad_input, why); }

template <typename T>
T taken(llvm::Expected<T> value) {
  if (!value) refuse(llvm::toString(value.takeError()));
  return std::move(*value);
}
void check(llvm::Error error) {
  if (error) refuse(llvm::toString(std::move(error)));
}

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
    for (const SourceFile& f : files) {
      if (!is_unit(f)) continue;
      auto context = std::make_unique<llvm::LLVMContext>();
      std::unique_ptr<llvm::Module> module =
          llvm_module(f.name, files, native_flags(target), *context);
      check(jit_->addIRModule({std::move(module), std::move(context)}));
    }
  }

  void* find(const std::string& function) override {
    return taken(jit_->lookup(function)).toPtr<void*>();
  }

 private:
  std::unique_ptr<llvm::orc::LLJIT> jit_;
};

}  // namespace

bool runs_here(const Target& target) {
  const llvm::Triple host(llvm::sys::getProcessTriple());
  return host.getArch() == llvm::Triple(target.triple).getArch();
}

std::vector<std::string> native_flags(const Target& target) {
  if (target.is_device()) return {"-O0", "-std=c99"};  // of the host's part, which is not timed
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
