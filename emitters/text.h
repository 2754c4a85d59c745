// Small tools for text that is emitted: templates with placeholders, numbers, lists. Nothing here
// asks the locale or the clock: the same input gives the same bytes everywhere.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tinycc {

/// What placeholders stand for.
using TextValues = std::map<std::string, std::string, std::less<>>;

/// The template with `@KEY@` replaced by its value. A line that holds nothing but one placeholder
/// becomes the lines of its value, indented alike; with an empty value it vanishes. Lines between
/// `@if KEY@` (or `@unless KEY@`) and `@end@` stand only where the value is not (or is) empty; they
/// may be nested. Errors: Error(internal) for an unknown key.
std::string expand(std::string_view text, const TextValues& values);
/// The same, of the file emitters/templates/NAME.in.
std::string expand_template(std::string_view name, const TextValues& values);

/// 1234567 as "1,234,567".
std::string thousands(int64_t number);
/// The shortest decimal text that reads back as the same double: "0.1", "1e-05", "inf", "nan".
std::string shortest(double number);
/// `items` separated by ", ", in lines of at most 100 columns, each indented by `indent` blanks; no
/// newline at the end.
std::string wrap_items(const std::vector<std::string>& items, size_t indent);
/// `words`, a blank between them, as lines of at most 100 columns that start with `lead`; no
/// newline at the end.
std::string wrap(const std::vector<std::string>& words, std::string_view lead);
/// The same for the words of a text.
std::string wrap_words(std::string_view text, std::string_view lead);
/// "f(a, b, c)" as lines of at most 100 columns; those after the first start below `a`.
std::string wrap_arguments(std::string_view text, size_t indent);
/// Breaks lines of C that are longer than 100 columns and hold a parameter list, as the above.
std::string wrap_long_lines(std::string_view text);
/// `text` for a C comment: ASCII, in one line, with nothing that opens or ends a comment.
std::string comment_text(std::string_view text);
/// `text` as a C string literal, with its quotes.
std::string c_string(std::string_view text);
/// "a, b, c", "a, b and 9 more": at most so many by name.
std::string listed(const std::vector<std::string>& items, size_t most);
std::string join(const std::vector<std::string>& items, std::string_view separator);
std::string upper(std::string_view text);
/// Spaces after `text` up to `width` columns (before it: right_aligned).
std::string left_aligned(std::string_view text, size_t width);
std::string right_aligned(std::string_view text, size_t width);

}  // namespace tinycc
