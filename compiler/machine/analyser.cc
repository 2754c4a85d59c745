// LLVM's machine-code analyser over basic blocks. In: assembly. Out: cycles of a pass through each, in
// the steady state of many.
#include <memory>
#include <string>
#include <vector>

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCInstrAnalysis.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCObjectFileInfo.h>
#include <llvm/MC/MCParser/MCAsmParser.h>
#include <llvm/MC/MCParser/MCTargetAsmParser.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCStreamer.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/MCA/Context.h>
#include <llvm/MCA/CustomBehaviour.h>
#include <llvm/MCA/InstrBuilder.h>
#include <llvm/MCA/Pipeline.h>
#include <llvm/MCA/SourceMgr.h>
#include <llvm/Support/SourceMgr.h>

#include "compiler/machine/cycles.h"
#include "ir/error.h"

namespace tinycc {
namespace {

namespace mca = llvm::mca;

constexpr unsigned kFew = 10, kMany = 40;  // passes; the difference is without start and end
constexpr unsigned kCallLatency = 100;

/// Keeps the instructions that a parser makes.
class Collector : public llvm::MCStreamer {
 public:
  explicit Collector(llvm::MCContext& context) : MCStreamer(context) {}

  void emitInstruction(const llvm::MCInst& i, const llvm::MCSubtargetInfo&) override {
    instructions.push_back(i);
  }
  bool emitSymbolAttribute(llvm::MCSymbol*, llvm::MCSymbolAttr) override { return true; }
  void emitCommonSymbol(llvm::MCSymbol*, uint64_t, llvm::Align) override {}
  void emitZerofill(llvm::MCSection*, llvm::MCSymbol*, uint64_t, llvm::Align,
                    llvm::SMLoc) override {}

  std::vector<llvm::MCInst> instructions;
};

/// What LLVM knows of one CPU.
class Machine {
 public:
  explicit Machine(const MachineCode& code) : triple_(code.triple) {
    std::string error;
    target_ = llvm::TargetRegistry::lookupTarget(code.triple, error);
    TCC_CHECK(target_ != nullptr, error);
    registers_.reset(target_->createMCRegInfo(code.triple));
    assembler_.reset(target_->createMCAsmInfo(*registers_, code.triple, options_));
    subtarget_.reset(target_->createMCSubtargetInfo(code.triple, code.cpu, code.features));
    instructions_.reset(target_->createMCInstrInfo());
    analysis_.reset(target_->createMCInstrAnalysis(instructions_.get()));
  }

  bool has_model() const { return subtarget_->getSchedModel().hasInstrSchedModel(); }

  BlockCost cost(const std::string& assembly) const {
    BlockCost cost;
    const mca::InstrumentManager none(*subtarget_, *instructions_);
    mca::InstrBuilder builder(*subtarget_, *instructions_, *registers_, analysis_.get(), none,
                              kCallLatency);
    std::vector<std::unique_ptr<mca::Instruction>> sequence;
    int64_t calls = 0;
    for (const llvm::MCInst& i : parsed(assembly)) {
      ++cost.instructions;
      if (leaves(i)) {  // the analyser warns of it and takes the same
        calls += instructions_->get(i.getOpcode()).isCall();
        continue;
      }
      llvm::Expected<std::unique_ptr<mca::Instruction>> made = builder.createInstruction(i, {});
      if (made) {
        sequence.push_back(std::move(*made));
      } else {
        llvm::consumeError(made.takeError());
        ++cost.unknown;
      }
    }
    cost.cycles = kCallLatency * static_cast<double>(calls);
    if (sequence.empty()) return cost;
    const unsigned few = simulated(sequence, kFew), many = simulated(sequence, kMany);
    cost.cycles += static_cast<double>(many - few) / (kMany - kFew) +
                   static_cast<double>(cost.unknown);  // at least one each
    return cost;
  }

 private:
  /// A call or a return.
  bool leaves(const llvm::MCInst& i) const {
    const llvm::MCInstrDesc& about = instructions_->get(i.getOpcode());
    return about.isCall() || about.isReturn() ||
           (analysis_ && (analysis_->isCall(i) || analysis_->isReturn(i)));
  }

  std::vector<llvm::MCInst> parsed(const std::string& assembly) const {
    llvm::SourceMgr source;
    source.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(assembly), {});
    llvm::MCContext context(triple_, assembler_.get(), registers_.get(), subtarget_.get(), &source);
    const std::unique_ptr<llvm::MCObjectFileInfo> objects(
        target_->createMCObjectFileInfo(context, false));
    context.setObjectFileInfo(objects.get());
    Collector collector(context);
    target_->createNullTargetStreamer(collector);
    const std::unique_ptr<llvm::MCAsmParser> parser(
        llvm::createMCAsmParser(source, context, collector, *assembler_));
    const std::unique_ptr<llvm::MCTargetAsmParser> own(
        target_->createMCAsmParser(*subtarget_, *parser, *instructions_, options_));
    TCC_CHECK(own != nullptr, "LLVM does not read assembly for " + triple_.str());
    parser->setTargetParser(*own);
    TCC_CHECK(!parser->Run(false), "LLVM does not read what it wrote:\n" + assembly);
    return collector.instructions;
  }

  unsigned simulated(llvm::ArrayRef<std::unique_ptr<mca::Instruction>> sequence,
                     unsigned passes) const {
    mca::CircularSourceMgr source(sequence, passes);
    mca::CustomBehaviour custom(*subtarget_, source, *instructions_);
    mca::Context context(*registers_, *subtarget_);
    const mca::PipelineOptions options(0, 0, 0, 0, 0, 0, true);
    llvm::Expected<unsigned> cycles = context.createDefaultPipeline(options, source, custom)->run();
    TCC_CHECK(bool(cycles), llvm::toString(cycles.takeError()));
    return *cycles;
  }

  llvm::Triple triple_;
  const llvm::Target* target_ = nullptr;
  llvm::MCTargetOptions options_;
  std::unique_ptr<llvm::MCRegisterInfo> registers_;
  std::unique_ptr<llvm::MCAsmInfo> assembler_;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
  std::unique_ptr<llvm::MCInstrInfo> instructions_;
  std::unique_ptr<llvm::MCInstrAnalysis> analysis_;
};

}  // namespace

std::optional<std::vector<BlockCost>> analyse(const MachineCode& code) {
  const Machine machine(code);
  if (!machine.has_model()) return std::nullopt;
  std::vector<BlockCost> costs;
  for (const Block& b : code.blocks) costs.push_back(machine.cost(b.text));
  return costs;
}

}  // namespace tinycc
