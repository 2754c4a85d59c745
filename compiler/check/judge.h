// What the files of this folder share: the shim headers, the languages, and the facts that one
// parse yields. Clang itself is included by parse.cc, promises.cc and format.cc only.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/check/check.h"

namespace clang {
class ASTContext;
}

namespace tinycc {

/// A standard header of our own: the declarations that emitted code may use, for any target.
struct ShimHeader {
  const char* name;
  const char* text;
};
std::span<const ShimHeader> standard_headers();  // of ISO C
std::span<const ShimHeader> system_headers();    // of POSIX, and atomics
std::span<const ShimHeader> device_headers();    // known to the compilers of devices

/// A language that we emit: how Clang is to be called for it.
struct Language {
  const char* name;
  std::vector<const char*> arguments;  // of a source file
};
/// Null if there is none of that name.
const Language* find_language(std::string_view name);

/// Asked of Clang in every language; each one that it reports is a finding.
std::span<const char* const> warnings();

/// A mention of a function inside another one. Functions are named by their key: the name, and
/// for a static function also the file, since two files may have one of the same name.
struct Mention {
  std::string caller;
  std::string callee;
  Finding at;  // where; no rule and no message yet
};

/// What one parse tells.
struct Facts {
  Role role = Role::library;
  bool inspected = false;  // what follows the findings is known: there was no error
  std::vector<Finding> findings;
  std::set<std::string> defined;  // keys of the functions with a body
  std::vector<Mention> mentions;
};

/// One parse: a file of the judge's and the role that it is judged in.
struct Task {
  std::string file;
  Role role = Role::library;
  std::vector<std::string> arguments;
};

/// Clang over a fixed set of files in memory.
class Judge {
 public:
  Judge(std::span<const SourceFile> files, const CheckOptions& options);
  ~Judge();

  Facts parse(const Task& task);

 private:
  struct Files;
  const CheckOptions& options_;
  std::unique_ptr<Files> files_;
};

/// Adds to `facts` what the syntax tree of a file without errors shows (promises.cc).
void inspect(clang::ASTContext& context, const CheckOptions& options, Facts& facts);

/// The promises that no file shows alone (calls.cc): recursion and functions from elsewhere.
/// `facts` belong to the files of a library and its stub; `allowed` are the listed functions.
std::vector<Finding> recursion(std::span<const Facts> facts);
std::vector<Finding> unknown_externals(std::span<const Facts> facts,
                                       std::span<const std::string> allowed);

/// Where the files lie in the judge's memory; also what is cut from the names in findings.
inline constexpr std::string_view kSourceFolder = "/out/";
inline constexpr std::string_view kShimFolder = "/shim/";

}  // namespace tinycc
