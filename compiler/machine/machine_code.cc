// From emitted C to basic blocks of machine code, each with how often it runs. The counts come from
// the optimised IR, whose loops turn constantly often; they travel through the code generator as names
// of the IR's blocks, which the assembly's comments repeat.
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>

#include "compiler/machine/cycles.h"
#include "compiler/machine/module.h"
#include "compiler/tune/native.h"
#include "ir/error.h"

namespace tinycc {
namespace {

constexpr unsigned kMostTurns = 1u << 26;
constexpr const char* kMark = "turns";  // starts the names of blocks: "turns.17"

/// How often blocks run, in the order of their names' numbers.
struct Counts {
  std::vector<double> count;
  std::vector<bool> known;
};

std::vector<std::string> flags_of(const Target& target) {
  std::vector<std::string> flags = native_flags(target);
  if (!runs_here(target)) flags.push_back("--target=" + target.triple);
  flags.insert(flags.end(), {"-Xclang", "-disable-llvm-passes"});
  return flags;
}

std::string attribute(const llvm::Module& module, const char* name) {
  for (const llvm::Function& f : module) {
    if (!f.isDeclaration() && f.hasFnAttribute(name))
      return f.getFnAttribute(name).getValueAsString().str();
  }
  return "";
}

std::unique_ptr<llvm::TargetMachine> machine_for(const MachineCode& code) {
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(code.triple, error);
  if (target == nullptr) throw Error(ExitCode::unsupported, error);
  llvm::TargetOptions options;
  options.MCOptions.AsmVerbose = true;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(code.triple, code.cpu, code.features, options,
                                  llvm::Reloc::Static, {}, llvm::CodeGenOptLevel::Aggressive));
}

class Optimiser {
 public:
  Optimiser(llvm::Module& module, llvm::TargetMachine& machine)
      : module_(module), builder_(&machine) {
    builder_.registerModuleAnalyses(modules_);
    builder_.registerCGSCCAnalyses(components_);
    builder_.registerFunctionAnalyses(functions_);
    builder_.registerLoopAnalyses(loops_);
    builder_.crossRegisterProxies(loops_, functions_, components_, modules_);
  }

  Counts run() {
    builder_.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module_, modules_);
    Counts counts;
    for (llvm::Function& f : module_) {
      if (!f.isDeclaration()) name_blocks(f, counts);
    }
    return counts;
  }

 private:
  void name_blocks(llvm::Function& f, Counts& counts) {
    const llvm::LoopInfo& loops = functions_.getResult<llvm::LoopAnalysis>(f);
    auto& evolution = functions_.getResult<llvm::ScalarEvolutionAnalysis>(f);
    for (llvm::BasicBlock& block : f) {
      double count = 1;
      bool known = true;
      for (const llvm::Loop* l = loops.getLoopFor(&block); l != nullptr; l = l->getParentLoop()) {
        unsigned turns = evolution.getSmallConstantTripCount(l);
        if (turns == 0) turns = evolution.getSmallConstantMaxTripCount(l);
        if (turns > kMostTurns) turns = 0;  // what its counter can hold, no more
        known &= turns != 0;
        count *= turns == 0 ? 1 : turns;
      }
      block.setName(fmt::format("{}.{}.", kMark, counts.count.size()));
      counts.count.push_back(count);
      counts.known.push_back(known);
    }
  }

  llvm::Module& module_;
  llvm::LoopAnalysisManager loops_;
  llvm::FunctionAnalysisManager functions_;
  llvm::CGSCCAnalysisManager components_;
  llvm::ModuleAnalysisManager modules_;
  llvm::PassBuilder builder_;
};

std::string assembly_of(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  const bool fails =
      machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile);
  TCC_CHECK(!fails, "no assembly for this target");
  passes.run(module);
  return text.str().str();
}

/// Splits assembly at what starts a block: a comment that names one of the IR's. A block without such
/// a name runs as often as the one before it.
void split_blocks(const std::string& assembly, const llvm::Module& module, const Counts& counts,
                  std::vector<Block>& blocks) {
  Block now;
  const auto finish = [&] {
    if (!now.function.empty() && !now.text.empty()) blocks.push_back(now);
    now.text.clear();
  };
  const std::string mark = fmt::format("%{}.", kMark);
  for (llvm::StringRef rest = assembly; !rest.empty();) {
    llvm::StringRef line;
    std::tie(line, rest) = rest.split('\n');
    const size_t at = line.find(mark);
    const bool label = !line.empty() && line[0] != '\t' && line[0] != ' ';
    if (label && line.starts_with(".Lfunc_end")) {
      finish();
      now.function.clear();
    }
    const llvm::StringRef name = line.take_until([](char c) { return c == ':'; });
    if (const llvm::Function* f = label ? module.getFunction(name) : nullptr) {
      finish();
      now = {f->getName().str(), "", 1, true};
    }
    if (at != llvm::StringRef::npos) {
      finish();
      const auto index = static_cast<size_t>(std::stoul(line.substr(at + mark.size()).str()));
      now.count = counts.count.at(index);
      now.counted = counts.known.at(index);
    }
    const llvm::StringRef code = line.ltrim();
    if (!label && !code.empty() && code[0] != '.' && at == llvm::StringRef::npos)
      now.text += line.str() + "\n";
  }
  finish();
}

}  // namespace

MachineCode machine_code(const std::string& unit, std::span<const SourceFile> files,
                         const std::vector<std::string>& functions, const Target& target) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::InitializeAllAsmParsers();
  llvm::LLVMContext context;
  const std::unique_ptr<llvm::Module> module = llvm_module(unit, files, flags_of(target), context);
  for (const std::string& f : functions) {
    if (llvm::Function* kernel = module->getFunction(f))
      kernel->addFnAttr(llvm::Attribute::NoInline);
  }
  MachineCode code{module->getTargetTriple(),
                   attribute(*module, "target-cpu"),
                   attribute(*module, "target-features"),
                   {}};
  const std::unique_ptr<llvm::TargetMachine> machine = machine_for(code);
  context.setDiscardValueNames(false);  // Clang had switched them off
  const Counts counts = Optimiser(*module, *machine).run();
  split_blocks(assembly_of(*module, *machine), *module, counts, code.blocks);
  return code;
}

}  // namespace tinycc
