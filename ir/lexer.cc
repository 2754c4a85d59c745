// See lexer.h.
#include "ir/lexer.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tinycc {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

Lexer::Lexer(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
  advance();
}

Token Lexer::next() {
  Token taken = std::move(token_);
  advance();
  return taken;
}

bool Lexer::is(std::string_view text) const {
  const bool word = token_.kind == Token::Kind::name || token_.kind == Token::Kind::sign;
  return word && token_.text == text;
}

bool Lexer::is_key() const {
  const size_t sign = text_.find_first_not_of(" \t\n", at_);
  const bool name = token_.kind == Token::Kind::name || token_.kind == Token::Kind::string;
  return name && text_.substr(std::min(sign, text_.size()), 1) == "=" &&
         text_.substr(sign, 2) != "==";
}

bool Lexer::take(std::string_view text) {
  if (!is(text)) return false;
  advance();
  return true;
}

void Lexer::expect(std::string_view text) {
  if (!take(text)) {
    fail("expected '" + std::string(text) + "' before '" + token_.text + "'");
  }
}

std::string Lexer::name() {
  if (token_.kind != Token::Kind::name && token_.kind != Token::Kind::string) {
    fail("expected a name before '" + token_.text + "'");
  }
  return next().text;
}

std::string Lexer::string() {
  if (token_.kind != Token::Kind::string) fail("expected a quoted text");
  return next().text;
}

int64_t Lexer::integer() {
  const bool negative = take("-");
  int64_t value = 0;
  const std::string& t = token_.text;
  const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), value);
  const bool whole = error == std::errc() && end == t.data() + t.size();
  if (token_.kind != Token::Kind::number || !whole) fail("expected an integer before '" + t + "'");
  advance();
  return negative ? -value : value;
}

void Lexer::fail(const std::string& message, size_t at) const {
  const std::string_view before = text_.substr(0, at);
  const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const std::string_view line = text_.substr(start, text_.find('\n', start) - start);
  const auto number = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  throw Error(ExitCode::bad_input, message, "",
              {file_, number, static_cast<int>(at - start) + 1, std::string(line)});
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (text_[at_] == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    } else {
      return;
    }
  }
}

/// Digits, a fraction if a digit follows the point, an exponent.
size_t Lexer::number_end(size_t i) const {
  const auto at = [this](size_t k) { return k < text_.size() ? text_[k] : '\0'; };
  while (digit(at(i))) ++i;
  if (at(i) == '.' && digit(at(i + 1))) {
    ++i;
    while (digit(at(i))) ++i;
  }
  const size_t exponent = at(i + 1) == '+' || at(i + 1) == '-' ? i + 2 : i + 1;
  if ((at(i) == 'e' || at(i) == 'E') && digit(at(exponent))) {
    i = exponent;
    while (digit(at(i))) ++i;
  }
  return i;
}

/// Words joined by points: conv1.weight.
size_t Lexer::name_end(size_t i) const {
  const auto at = [this](size_t k) { return k < text_.size() ? text_[k] : '\0'; };
  while (letter(at(i)) || digit(at(i)) || (at(i) == '.' && letter(at(i + 1)))) ++i;
  return i;
}

void Lexer::quoted() {
  const size_t start = at_++;
  token_ = {Token::Kind::string, "", start};
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    token_.text += text_[at_++];
  }
  if (at_ == text_.size()) fail("the text has no closing quote", start);
  ++at_;
}

void Lexer::advance() {
  skip_blanks();
  if (at_ == text_.size()) {
    token_ = {Token::Kind::end, "end of text", at_};
    return;
  }
  const char c = text_[at_];
  if (c == '"') return quoted();
  Token::Kind kind = Token::Kind::sign;
  size_t end = at_ + 1;
  if (digit(c)) {
    kind = Token::Kind::number;
    end = number_end(at_);
  } else if (letter(c)) {
    kind = Token::Kind::name;
    end = name_end(at_);
  } else {
    for (const std::string_view two : {"<<", ">>", "==", "<="}) {
      if (text_.substr(at_, 2) == two) end = at_ + 2;
    }
  }
  token_ = {kind, std::string(text_.substr(at_, end - at_)), at_};
  at_ = end;
}

}  // namespace tinycc
