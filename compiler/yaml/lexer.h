// Tokens of the expression language (expression.h).
#pragma once

#include "compiler/yaml/expression.h"

namespace tinycc {

struct Token {
  enum class Kind : uint8_t { end, number, text, name, symbol };

  Kind kind = Kind::end;
  std::string text;  // a symbol as it is written; a string without its quotes
  double number = 0;
  bool integer = false;
  size_t begin = 0, end = 0;
};

/// All tokens from `offset` on; the last is `end`.
std::vector<Token> tokenize(const YamlNode& node, size_t offset);

}  // namespace tinycc
