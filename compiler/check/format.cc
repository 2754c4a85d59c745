// The layout of everything that we emit, by LibFormat. The style is fixed in here: no
// .clang-format of the user's takes part, so the same text always gives the same bytes.
#include <clang/Format/Format.h>
#include <clang/Tooling/Core/Replacement.h>

#include <algorithm>

#include "compiler/check/check.h"

namespace tinycc {

namespace {

using clang::format::FormatStyle;

FormatStyle emitted_style() {
  FormatStyle style = clang::format::getLLVMStyle(FormatStyle::LK_Cpp);
  style.IndentWidth = 4;
  style.ContinuationIndentWidth = 4;
  style.ColumnLimit = 100;
  style.BreakBeforeBraces = FormatStyle::BS_Linux;  // functions only
  style.InsertBraces = true;
  style.AllowShortFunctionsOnASingleLine = FormatStyle::SFS_None;
  style.AllowShortEnumsOnASingleLine = false;
  style.AlignTrailingComments.Kind = FormatStyle::TCAS_Leave;
  style.ReflowComments = false;
  style.SortIncludes = FormatStyle::SI_Never;
  style.BreakStringLiterals = false;
  style.KeepEmptyLines.AtStartOfBlock = false;
  return style;
}

using Ranges = std::vector<clang::tooling::Range>;

constexpr size_t kTableBytes = 2000;

/// The end of the initialiser that a line at `line` opens at file scope; npos if it opens none.
size_t end_of_table(std::string_view text, size_t line, size_t end_of_line) {
  const std::string_view opening = text.substr(line, end_of_line - line);
  const bool opens = opening.ends_with("{") && opening.find(" = {") != opening.npos;
  if (!opens || opening.front() == ' ') return text.npos;
  return text.find("};\n", line);
}

/// All but the long tables: a layout of those is searched for seconds and read by nobody.
Ranges ranges_to_format(std::string_view text) {
  Ranges ranges;
  size_t begin = 0;
  const auto format_until = [&](size_t end) {
    if (end <= begin) return;
    ranges.emplace_back(static_cast<unsigned>(begin), static_cast<unsigned>(end - begin));
  };
  for (size_t line = 0, next = 0; line < text.size(); line = next) {
    const size_t end_of_line = std::min(text.find('\n', line), text.size());
    const size_t end = end_of_table(text, line, end_of_line);
    next = end_of_line + 1;
    if (end == text.npos || end - line < kTableBytes) continue;
    format_until(line < 2 ? 0 : line - 2);  // a range that touches the table would include it
    next = end + 3;
    begin = next + 1;
  }
  format_until(text.size());
  return ranges;
}

}  // namespace

std::string format_c(std::string_view text) {
  static const FormatStyle style = emitted_style();
  const clang::tooling::Replacements changes =
      clang::format::reformat(style, text, ranges_to_format(text), "emitted.c");
  llvm::Expected<std::string> formatted = clang::tooling::applyAllReplacements(text, changes);
  if (formatted) return *formatted;
  llvm::consumeError(formatted.takeError());
  return std::string(text);  // cannot happen: LibFormat's own changes never overlap
}

}  // namespace tinycc
