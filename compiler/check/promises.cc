// What we promise about emitted code, proven on Clang's syntax tree: one row a promise. A row's
// matcher finds the offender. What needs several files at once (recursion, functions from
// elsewhere) is only collected here and decided in calls.cc.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnonnull"  // GCC 12, about what it inlined of Clang's headers
#endif
#include <clang/AST/ASTContext.h>
#include <clang/ASTMatchers/ASTMatchFinder.h>
#include <clang/ASTMatchers/ASTMatchers.h>
#include <clang/Basic/Builtins.h>

#include <functional>

#include "compiler/check/judge.h"

namespace tinycc {

namespace {

using namespace clang::ast_matchers;
using clang::DynTypedNode;
using clang::ast_matchers::internal::DynTypedMatcher;
using clang::ast_matchers::internal::Matcher;

// ---- words that the table below is written in --------------------------------------------------

/// A matcher of our own: a node for which `holds` is true.
template <typename Node>
class Predicate : public clang::ast_matchers::internal::MatcherInterface<Node> {
 public:
  using Holds = std::function<bool(const Node&, clang::ASTContext&)>;
  explicit Predicate(Holds holds) : holds_(std::move(holds)) {}

  bool matches(const Node& node, clang::ast_matchers::internal::ASTMatchFinder* finder,
               clang::ast_matchers::internal::BoundNodesTreeBuilder*) const override {
    return holds_(node, finder->getASTContext());
  }

 private:
  Holds holds_;
};

template <typename Node>
Matcher<Node> where(typename Predicate<Node>::Holds holds) {
  return Matcher<Node>(new Predicate<Node>(std::move(holds)));
}

Matcher<clang::Expr> is_constant() {
  return where<clang::Expr>([](const clang::Expr& value, clang::ASTContext& context) {
    return value.isIntegerConstantExpr(context);
  });
}

Matcher<clang::VarDecl> is_immutable() {
  return where<clang::VarDecl>([](const clang::VarDecl& variable, clang::ASTContext& context) {
    return variable.getType().isConstant(context);
  });
}

Matcher<clang::NamedDecl> lacks_prefix(const std::string& prefix) {
  return where<clang::NamedDecl>([prefix](const clang::NamedDecl& decl, clang::ASTContext&) {
    const llvm::StringRef name = decl.getIdentifier() ? decl.getName() : "";
    return !name.empty() && !name.starts_with_insensitive(prefix);
  });
}

template <typename... Names>
Matcher<clang::Stmt> call_of(Names... names) {
  return callExpr(callee(functionDecl(hasAnyName(names...))));
}

template <typename Inner>
Matcher<clang::Stmt> contains(const Inner& inner) {
  return stmt(anyOf(inner, hasDescendant(inner)));
}

Matcher<clang::Expr> counter() {
  return ignoringParenImpCasts(declRefExpr(to(varDecl(equalsBoundNode("counter")))));
}

/// for (int i = …; i < …; ++i or i += constant)
Matcher<clang::ForStmt> counting_loop(const Matcher<clang::Expr>& start,
                                      const Matcher<clang::Expr>& bound) {
  return forStmt(
      hasLoopInit(declStmt(
          hasSingleDecl(varDecl(hasType(isInteger()), hasInitializer(start)).bind("counter")))),
      hasCondition(binaryOperator(hasOperatorName("<"), hasLHS(counter()), hasRHS(bound))),
      hasIncrement(
          anyOf(unaryOperator(hasOperatorName("++"), hasUnaryOperand(counter())),
                binaryOperator(hasOperatorName("+="), hasLHS(counter()), hasRHS(is_constant())))));
}

Matcher<clang::Stmt> change_of_counter() {
  return stmt(
      anyOf(binaryOperator(isAssignmentOperator(), hasLHS(counter())),
            unaryOperator(hasAnyOperatorName("++", "--", "&"), hasUnaryOperand(counter()))));
}

/// An expression whose value no iteration changes: made of constants and const variables.
Matcher<clang::Expr> unchanging() {
  const auto memory = stmt(anyOf(callExpr(), memberExpr(), arraySubscriptExpr(),
                                 unaryOperator(hasAnyOperatorName("*", "++", "--")),
                                 binaryOperator(isAssignmentOperator())));
  const auto variable = declRefExpr(to(varDecl(unless(is_immutable()))));
  return expr(unless(contains(memory)), unless(contains(variable)));
}

Matcher<clang::Expr> loop_bound(const CheckOptions& options) {
  return options.symbolic_loops ? unchanging() : is_constant();
}

Matcher<clang::Stmt> indirect_call(const CheckOptions& options) {
  const std::vector<llvm::StringRef> hooks(options.hooks.begin(), options.hooks.end());
  if (hooks.empty()) return callExpr(unless(callee(functionDecl())));
  return callExpr(
      unless(callee(functionDecl())),
      unless(callee(expr(ignoringParenImpCasts(memberExpr(member(hasAnyName(hooks))))))));
}

Matcher<clang::Decl> foreign_name(const std::string& prefix) {
  return namedDecl(hasDeclContext(translationUnitDecl()), unless(isImplicit()),
                   unless(parmVarDecl()), lacks_prefix(prefix), lacks_prefix("tinycc_"));
}

// ---- the promises ------------------------------------------------------------------------------

enum Scope { in_library, in_library_and_stub };

struct Promise {
  const char* rule;
  Scope scope;
  DynTypedMatcher offender;
  const char* message;  // followed by the offender's name, if it has one
};

std::vector<Promise> promises(const CheckOptions& options) {
  const auto any = expr();
  const auto loop = counting_loop(any, any);
  const auto bounded = counting_loop(loop_bound(options), loop_bound(options));
  return {
      {"heap", in_library_and_stub,
       call_of("malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign", "strdup",
               "alloca", "__builtin_alloca", "__builtin_malloc", "__builtin_calloc",
               "__builtin_realloc", "__builtin_free"),
       "memory is the caller's, there is no heap"},
      {"jump", in_library_and_stub,
       stmt(anyOf(gotoStmt(), addrLabelExpr(),
                  call_of("setjmp", "_setjmp", "sigsetjmp", "longjmp", "__builtin_setjmp",
                          "__builtin_longjmp"))),
       "no goto, setjmp or longjmp"},
      {"loop-kind", in_library, stmt(anyOf(whileStmt(), doStmt())),
       "only a for-loop can be seen to end"},
      {"loop-form", in_library, forStmt(unless(loop)),
       "not of the form for (int i = A; i < B; ++i), or i += C"},
      {"loop-bound", in_library, forStmt(loop, unless(bounded)),
       "the first value or the bound is not a constant"},
      {"loop-counter", in_library, forStmt(loop, hasBody(contains(change_of_counter()))),
       "the body changes the counter"},
      {"indirect-call", in_library, indirect_call(options), "no call through a function pointer"},
      {"variadic-call", in_library, callExpr(callee(functionDecl(isVariadic()))),
       "no call of a function with any number of arguments"},
      {"mutable-global", in_library, varDecl(hasGlobalStorage(), unless(is_immutable())),
       "a variable that keeps its value between runs must be const"},
      {"prefix", in_library, foreign_name(options.prefix),
       "lacks the prefix that keeps models apart"},
  };
}

// ---- running them ------------------------------------------------------------------------------

Finding place(const clang::SourceManager& sources, clang::SourceLocation location) {
  Finding finding;
  const clang::PresumedLoc loc = sources.getPresumedLoc(sources.getExpansionLoc(location));
  if (loc.isInvalid()) return finding;
  finding.file = loc.getFilename();
  finding.line = static_cast<int>(loc.getLine());
  finding.column = static_cast<int>(loc.getColumn());
  return finding;
}

std::string name_of(const DynTypedNode& node) {
  const clang::NamedDecl* named = node.get<clang::NamedDecl>();
  if (const auto* call = node.get<clang::CallExpr>()) named = call->getDirectCallee();
  return named == nullptr ? "" : ": " + named->getNameAsString();
}

/// Turns each match of one row into a finding.
class Reporter : public MatchFinder::MatchCallback {
 public:
  Reporter(const Promise& promise, std::vector<Finding>& out) : promise_(promise), out_(out) {}

  void run(const MatchFinder::MatchResult& result) override {
    const DynTypedNode& node = result.Nodes.getMap().at("at");
    const clang::SourceLocation begin = node.getSourceRange().getBegin();
    const auto* named = node.get<clang::NamedDecl>();
    const clang::SourceLocation at = named ? named->getLocation() : begin;
    if (result.SourceManager->isInSystemHeader(at)) return;
    Finding finding = place(*result.SourceManager, at);
    finding.rule = promise_.rule;
    finding.message = promise_.message + name_of(node);
    out_.push_back(std::move(finding));
  }

 private:
  const Promise& promise_;
  std::vector<Finding>& out_;
};

/// The key of judge.h, or "" for a builtin of the compiler that is no function at run time.
std::string key_of(const clang::FunctionDecl& function, const clang::ASTContext& context) {
  const std::string name = function.getNameAsString();
  const clang::SourceManager& sources = context.getSourceManager();
  if (!function.isExternallyVisible()) {
    const std::string file = sources.getFileEntryRefForID(sources.getMainFileID())->getName().str();
    return name + " of " + file.substr(file.rfind('/') + 1);
  }
  const unsigned builtin = function.getBuiltinID();
  if (builtin == 0 || context.BuiltinInfo.isPredefinedLibFunction(builtin)) return name;
  if (!context.BuiltinInfo.isLibFunction(builtin)) return "";
  return name.substr(std::string_view("__builtin_").size());  // becomes a call of that function
}

/// Collects the functions with a body, and in each the functions that it mentions.
class Collector : public MatchFinder::MatchCallback {
 public:
  explicit Collector(Facts& facts) : facts_(facts) {}

  void run(const MatchFinder::MatchResult& result) override {
    const auto& caller = *result.Nodes.getNodeAs<clang::FunctionDecl>("caller");
    const std::string key = key_of(caller, *result.Context);
    facts_.defined.insert(key);
    const auto* mention = result.Nodes.getNodeAs<clang::DeclRefExpr>("mention");
    if (mention == nullptr) return;
    const auto& callee = *result.Nodes.getNodeAs<clang::FunctionDecl>("callee");
    const std::string to = key_of(callee, *result.Context);
    if (to.empty()) return;
    facts_.mentions.push_back({key, to, place(*result.SourceManager, mention->getLocation())});
  }

 private:
  Facts& facts_;
};

DeclarationMatcher every_definition() { return functionDecl(isDefinition()).bind("caller"); }

DeclarationMatcher every_mention() {
  const auto mention = declRefExpr(to(functionDecl().bind("callee"))).bind("mention");
  return functionDecl(isDefinition(), forEachDescendant(mention)).bind("caller");
}

/// Functions are searched to the bottom, other declarations are looked at themselves only: Clang
/// walks an initialiser nested n deep 2^n times, and one of weights has thousands of values.
void search(MatchFinder& finder, clang::ASTContext& context) {
  std::vector<clang::Decl*> functions;
  for (clang::Decl* decl : context.getTranslationUnitDecl()->decls()) {
    if (context.getSourceManager().isInSystemHeader(decl->getLocation())) continue;
    if (llvm::isa<clang::FunctionDecl>(decl)) {
      functions.push_back(decl);
    } else {
      finder.match(*decl, context);
    }
  }
  context.setTraversalScope(functions);
  finder.matchAST(context);
}

bool applies(const Promise& promise, Role role) {
  return role == Role::library || promise.scope == in_library_and_stub;
}

}  // namespace

void inspect(clang::ASTContext& context, const CheckOptions& options, Facts& facts) {
  const std::vector<Promise> rows = promises(options);
  std::vector<std::unique_ptr<Reporter>> reporters;
  MatchFinder finder;
  for (const Promise& row : rows) {
    if (!applies(row, facts.role)) continue;
    DynTypedMatcher offender = row.offender;
    offender.setAllowBind(true);
    reporters.push_back(std::make_unique<Reporter>(row, facts.findings));
    finder.addDynamicMatcher(*offender.tryBind("at"), reporters.back().get());
  }
  Collector collector(facts);
  finder.addMatcher(every_definition(), &collector);
  finder.addMatcher(every_mention(), &collector);
  search(finder, context);
}

}  // namespace tinycc
