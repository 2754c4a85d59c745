// Words, numbers and signs of the text form, and errors that point at them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/error.h"

namespace tinycc {

struct Token {
  enum class Kind : uint8_t { name, number, string, sign, end } kind = Kind::end;
  std::string text;  // of a string: without its quotes
  size_t at = 0;     // offset in the source
};

/// Splits text into tokens, one ahead. '#' starts a comment; line ends are blanks.
class Lexer {
 public:
  Lexer(std::string_view text, std::string file);

  const Token& peek() const { return token_; }
  Token next();
  bool is(std::string_view text) const;  // a name or sign spelled so is next
  bool is_key() const;                   // a name with '=' behind it is next
  bool take(std::string_view text);      // takes it if so
  void expect(std::string_view text);    // or fails
  std::string name();                    // a plain or quoted name
  std::string string();                  // a quoted one
  int64_t integer();                     // with sign
  [[noreturn]] void fail(const std::string& message, size_t at) const;
  [[noreturn]] void fail(const std::string& message) const { fail(message, token_.at); }

 private:
  void advance();
  void skip_blanks();
  size_t number_end(size_t from) const;
  size_t name_end(size_t from) const;
  void quoted();

  std::string_view text_;
  std::string file_;
  size_t at_ = 0;
  Token token_;
};

}  // namespace tinycc
