// The course of a check: a task for each file, one parse a task, then the questions that need all
// files, then the findings in order. See check.h.
#include "compiler/check/check.h"

#include <algorithm>
#include <tuple>

#include "compiler/check/judge.h"
#include "ir/error.h"

namespace tinycc {

namespace {

bool ends_with(const std::string& name, std::string_view suffix) {
  return std::string_view(name).ends_with(suffix);
}

bool is_parsed(const SourceFile& file) {
  return file.role == Role::interface ||
         (file.role != Role::text && file.role != Role::header && !ends_with(file.name, ".h"));
}

std::vector<std::string> arguments(const Language& language, const CheckOptions& options) {
  std::vector<std::string> result = {
      "clang",     "-fsyntax-only",          "--target=" + options.triple,
      "-nostdinc", "-fno-caret-diagnostics", "-ferror-limit=20",
      "-isystem",  std::string(kShimFolder)};
  result.insert(result.end(), warnings().begin(), warnings().end());
  result.insert(result.end(), language.arguments.begin(), language.arguments.end());
  result.insert(result.end(), options.flags.begin(), options.flags.end());
  return result;
}

Task task_of(const SourceFile& file, const Language& language, const CheckOptions& options) {
  Task task{file.name, file.role, arguments(language, options)};
  const char* wrapper = file.role == Role::interface ? ".cc" : "";  // as Judge stores it
  task.arguments.push_back(std::string(kSourceFolder) + file.name + wrapper);
  return task;
}

const Language& language_of(const SourceFile& file, const CheckOptions& options) {
  const std::string name = file.role == Role::interface ? "c++"
                           : file.role == Role::kernels ? options.kernels
                                                        : options.language;
  const Language* language = find_language(name);
  TCC_CHECK(language != nullptr, "no language to check is called " + name);
  return *language;
}

void name_relative(Finding& finding, const std::string& parsed) {
  if (finding.file.starts_with(kSourceFolder)) finding.file.erase(0, kSourceFolder.size());
  if (finding.file.empty()) finding.file = parsed;
}

std::vector<Facts> parse_all(std::span<const SourceFile> files, const CheckOptions& options) {
  Judge judge(files, options);
  std::vector<Facts> all;
  for (const SourceFile& file : files) {
    if (!is_parsed(file)) continue;
    all.push_back(judge.parse(task_of(file, language_of(file, options), options)));
    for (Finding& finding : all.back().findings) name_relative(finding, file.name);
    for (Mention& mention : all.back().mentions) name_relative(mention.at, file.name);
  }
  return all;
}

bool same_place(const Finding& a, const Finding& b) {
  return a.file == b.file && a.line == b.line && a.column == b.column;
}

/// A function of the heap is also one from elsewhere: once is enough.
void drop_externals_known_as_worse(std::vector<Finding>& externals,
                                   const std::vector<Finding>& found) {
  std::erase_if(externals, [&](const Finding& external) {
    return std::any_of(found.begin(), found.end(),
                       [&](const Finding& other) { return same_place(external, other); });
  });
}

/// By file in the given order, then by place; what a header shows in every includer, once.
void put_in_order(std::vector<Finding>& found, std::span<const SourceFile> files) {
  const auto position = [&](const Finding& finding) {
    return std::find_if(files.begin(), files.end(),
                        [&](const SourceFile& file) { return file.name == finding.file; }) -
           files.begin();
  };
  const auto key = [&](const Finding& f) {
    return std::tuple(position(f), f.line, f.column, f.rule, f.message);
  };
  std::sort(found.begin(), found.end(),
            [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

void append(std::vector<Finding>& to, const std::vector<Finding>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Nothing, while a file does not parse: what it defines is not known then.
std::vector<Finding> across_files(std::span<const Facts> all, const CheckOptions& options,
                                  const std::vector<Finding>& found) {
  const auto is_known = [](const Facts& facts) { return facts.inspected; };
  if (!std::all_of(all.begin(), all.end(), is_known)) return {};
  std::vector<Finding> result = unknown_externals(all, options.externals);
  drop_externals_known_as_worse(result, found);
  append(result, recursion(all));
  return result;
}

}  // namespace

std::string Finding::text() const {
  std::string where = file;
  if (line > 0) where += ":" + std::to_string(line) + ":" + std::to_string(column);
  return where + ": " + message + " [" + rule + "]";
}

std::vector<Finding> check_sources(std::span<const SourceFile> files, const CheckOptions& options) {
  const std::vector<Facts> all = parse_all(files, options);
  std::vector<Finding> found;
  for (const Facts& facts : all) append(found, facts.findings);
  append(found, across_files(all, options, found));
  put_in_order(found, files);
  return found;
}

CheckedSources require_clean(std::vector<SourceFile> files, const CheckOptions& options) {
  const std::vector<Finding> found = check_sources(files, options);
  if (found.empty()) return CheckedSources(std::move(files));
  std::string message = "the emitted source does not keep what we promise:";
  for (const Finding& finding : found) message += "\n  " + finding.text();
  throw Error(ExitCode::internal, message, "this is a bug in tinycc; please report the model");
}

}  // namespace tinycc
