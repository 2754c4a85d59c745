// See lexer.h.
#include "compiler/yaml/lexer.h"

#include <charconv>
#include <cmath>

namespace tinycc {
namespace {

constexpr std::string_view kSymbols[] = {"...", "..", "**", "<=", ">=", "==", "!=", "+",
                                         "-",   "*",  "/",  "%",  "@",  "<",  ">",  "=",
                                         "(",   ")",  "[",  "]",  ",",  ":"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_letter(c) || is_digit(c) || c == '$'; }

class Lexer {
 public:
  Lexer(const YamlNode& node, size_t offset) : node_(node), text_(node.text), at_(offset) {}

  Token next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    Token token;
    token.begin = at_;
    if (at_ < text_.size()) read(token);
    token.end = at_;
    return token;
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void read(Token& token) {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number(token);
    if (is_letter(c) || c == '$') return name(token);
    if (c == '"' || c == '\'') return string(token);
    for (const std::string_view symbol : kSymbols) {
      if (text_.compare(at_, symbol.size(), symbol) != 0) continue;
      token.kind = Token::Kind::symbol;
      token.text = symbol;
      at_ += symbol.size();
      return;
    }
    fail_in(node_, at_, "this character has no meaning in an expression",
            c == '{' ? "braces stand only in ${i}" : "");
  }

  void number(Token& token) {
    const size_t begin = at_;
    while (is_digit(peek())) ++at_;
    token.integer = true;
    if (peek() == '.' && peek(1) != '.') {  // not the first half of 0..6
      token.integer = false;
      do ++at_;
      while (is_digit(peek()));
    }
    const bool sign = peek(1) == '+' || peek(1) == '-';
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign ? 2 : 1))) {
      token.integer = false;
      at_ += sign ? 2 : 1;
      while (is_digit(peek())) ++at_;
    }
    if (is_letter(peek()))
      fail_in(node_, at_, "a number runs into a letter", "put a space or '*' between");
    token.kind = Token::Kind::number;
    const auto result = std::from_chars(text_.data() + begin, text_.data() + at_, token.number);
    const bool exact = !token.integer || token.number < 9007199254740992.0;
    if (result.ec != std::errc() || !exact) fail_in(node_, begin, "this number is too large");
  }

  void name(Token& token) {
    token.kind = Token::Kind::name;
    const size_t begin = at_;
    while (is_name_part(peek()) || (peek() == '.' && is_name_part(peek(1)))) {
      const bool braces = peek() == '$' && peek(1) == '{';
      if (braces) skip_braces();
      ++at_;
    }
    token.text = text_.substr(begin, at_ - begin);
  }

  void skip_braces() {
    const size_t close = text_.find('}', at_);
    if (close == std::string::npos) fail_in(node_, at_, "'${' is not closed", "close it with '}'");
    at_ = close;
  }

  void string(Token& token) {
    const char quote = peek();
    const size_t close = text_.find(quote, at_ + 1);
    if (close == std::string::npos) fail_in(node_, at_, "this text is not closed");
    token.kind = Token::Kind::text;
    token.text = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
  }

  const YamlNode& node_;
  const std::string& text_;
  size_t at_;
};

}  // namespace

std::vector<Token> tokenize(const YamlNode& node, size_t offset) {
  Lexer lexer(node, offset);
  std::vector<Token> tokens;
  do tokens.push_back(lexer.next());
  while (tokens.back().kind != Token::Kind::end);
  return tokens;
}

bool is_plain_name(const std::string& text) {
  if (text.empty() || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c)) return false;
  }
  return true;
}

void fail_in(const YamlNode& node, size_t offset, const std::string& message,
             const std::string& hint) {
  throw Error(ExitCode::bad_input, message, hint, node.at(offset));
}

}  // namespace tinycc
