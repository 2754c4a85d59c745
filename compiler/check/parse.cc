// One parse of one file by Clang, from memory: no file, no environment and no installed compiler
// of this machine takes part. In: a task; out: Clang's warnings and errors and, of files that we
// promise something about, what the syntax tree shows.
#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/DiagnosticIDs.h>
#include <clang/Basic/FileManager.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Tooling/Tooling.h>
#include <llvm/Support/CrashRecoveryContext.h>
#include <llvm/Support/VirtualFileSystem.h>

#include "compiler/check/judge.h"

namespace tinycc {

namespace {

using Level = clang::DiagnosticsEngine::Level;

/// Keeps each warning and error as a finding; without a place, if it is about the command line.
class Recorder : public clang::DiagnosticConsumer {
 public:
  explicit Recorder(std::vector<Finding>& out) : out_(out) {}

  void HandleDiagnostic(Level level, const clang::Diagnostic& info) override {
    clang::DiagnosticConsumer::HandleDiagnostic(level, info);  // counts
    if (level < Level::Warning) return;
    Finding finding = place(info);
    const llvm::StringRef flag = clang::DiagnosticIDs::getWarningOptionForDiag(info.getID());
    finding.rule = flag.empty() ? "error" : "-W" + flag.str();
    llvm::SmallString<128> message;
    info.FormatDiagnostic(message);
    finding.message = message.str().str();
    out_.push_back(std::move(finding));
  }

 private:
  static Finding place(const clang::Diagnostic& info) {
    Finding finding;
    if (!info.hasSourceManager() || info.getLocation().isInvalid()) return finding;
    const clang::PresumedLoc loc = info.getSourceManager().getPresumedLoc(info.getLocation());
    if (loc.isInvalid()) return finding;
    finding.file = loc.getFilename();
    finding.line = static_cast<int>(loc.getLine());
    finding.column = static_cast<int>(loc.getColumn());
    return finding;
  }

  std::vector<Finding>& out_;
};

/// After the parse, looks at the tree. Only if it is whole: half a tree breaks promises anew.
class Inspection : public clang::ASTConsumer {
 public:
  Inspection(const CheckOptions& options, Facts& facts) : options_(options), facts_(facts) {}

  void HandleTranslationUnit(clang::ASTContext& context) override {
    if (context.getDiagnostics().hasErrorOccurred()) return;
    facts_.inspected = true;
    if (facts_.role != Role::library && facts_.role != Role::stub) return;
    inspect(context, options_, facts_);
  }

 private:
  const CheckOptions& options_;
  Facts& facts_;
};

class Action : public clang::ASTFrontendAction {
 public:
  Action(const CheckOptions& options, Facts& facts) : options_(options), facts_(facts) {}

  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance&,
                                                        llvm::StringRef) override {
    return std::make_unique<Inspection>(options_, facts_);
  }

 private:
  const CheckOptions& options_;
  Facts& facts_;
};

using MemoryFiles = llvm::vfs::InMemoryFileSystem;

void add(MemoryFiles& memory, std::string_view folder, std::string_view name,
         std::string_view text) {
  const std::string path = std::string(folder) + std::string(name);
  memory.addFile(path, 0, llvm::MemoryBuffer::getMemBufferCopy(text, path));
}

llvm::IntrusiveRefCntPtr<MemoryFiles> memory_of(std::span<const SourceFile> files) {
  llvm::IntrusiveRefCntPtr<MemoryFiles> memory(new MemoryFiles);
  for (const auto headers : {standard_headers(), system_headers(), device_headers()}) {
    for (const ShimHeader& header : headers) add(*memory, kShimFolder, header.name, header.text);
  }
  for (const SourceFile& file : files) {
    if (file.role != Role::text) add(*memory, kSourceFolder, file.name, file.text);
    // A header is parsed by including it: as a main file, it would be judged differently.
    if (file.role == Role::interface) {
      add(*memory, kSourceFolder, file.name + ".cc", "#include \"" + file.name + "\"\n");
    }
  }
  memory->setCurrentWorkingDirectory("/");
  return memory;
}

/// Calls `parse`; false, if it crashed. Handles signals meanwhile only: the rest of the program may
/// have handlers of its own.
bool run_guarded(llvm::function_ref<void()> parse) {
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext guard;
  const bool survived = guard.RunSafely(parse);
  llvm::CrashRecoveryContext::Disable();
  return survived;
}

}  // namespace

struct Judge::Files {
  explicit Files(std::span<const SourceFile> files)
      : manager(new clang::FileManager(clang::FileSystemOptions(), memory_of(files))) {}

  llvm::IntrusiveRefCntPtr<clang::FileManager> manager;  // each parse takes a reference
};

Judge::Judge(std::span<const SourceFile> files, const CheckOptions& options)
    : options_(options), files_(std::make_unique<Files>(files)) {}

Judge::~Judge() = default;

Facts Judge::parse(const Task& task) {
  Facts facts;
  facts.role = task.role;
  Recorder recorder(facts.findings);
  clang::tooling::ToolInvocation invocation(
      task.arguments, std::make_unique<Action>(options_, facts), files_->manager.get());
  invocation.setDiagnosticConsumer(&recorder);
  bool succeeded = false;
  if (!run_guarded([&] { succeeded = invocation.run(); })) {
    facts.findings.push_back({task.file, 0, 0, "crash", "Clang crashed over this file"});
  } else if (!succeeded && facts.findings.empty()) {
    facts.findings.push_back({task.file, 0, 0, "error", "Clang refuses this file"});
  }
  return facts;
}

}  // namespace tinycc
