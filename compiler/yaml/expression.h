// The expression language of model.yaml, as a tree. In: the text of a YAML scalar. Out: Ast, whose
// nodes know which characters they come from, so that every error has its own caret.
//
//   expression  sum (('<' | '<=' | '>' | '>=' | '==' | '!=') sum)?
//   sum         product (('+' | '-') product)*
//   product     unary (('*' | '/' | '%' | '@') unary)*          '@' multiplies matrices
//   unary       ('-' | '+') unary | postfix ('**' unary)?
//   postfix     primary ('[' subscript (',' subscript)* ']')*
//   subscript   expression | [expression] ':' [expression] [':' [expression]] | '...'
//   primary     number | 'text' | name | name '(' arguments ')' | '(' expression ')' | '[' list ']'
//   arguments   expressions, then name '=' expression
//   name        letters, digits and '_' in parts joined by '.', with $i and ${i + 1} for loop
//               variables: layers.$i.weight
#pragma once

#include "compiler/yaml/document.h"

namespace tinycc {

struct AstArgument;

struct Ast {
  enum class Kind : uint8_t {
    number,
    text,
    name,
    call,
    unary,
    binary,
    index,
    slice,
    list,
    missing
  };

  Kind kind = Kind::missing;  // missing: an end of a slice that is not given
  std::string text;           // a name, an operator, a string's content; "..." is a slice's
  double number = 0;
  bool integer = false;                // the number has neither '.' nor exponent
  std::vector<Ast> items;              // operands; what is indexed, then subscripts; list items
  std::vector<AstArgument> arguments;  // of a call
  size_t begin = 0, end = 0;           // characters of the scalar's text
  size_t place = 0;                    // what an error points at: the operator, else the beginning
};

struct AstArgument {
  std::string name;  // empty: positional
  Ast value;
};

/// A scalar of a model file together with what it means.
struct Expression {
  YamlNode node;
  Ast ast;

  /// The text of a part of it, as it is written.
  std::string text_of(const Ast& part) const {
    return node.text.substr(part.begin, part.end - part.begin);
  }
};

/// Throws Error(bad_input) at the character where the text stops making sense. `offset` is where in
/// the scalar the expression begins.
Expression parse_expression(const YamlNode& node, size_t offset = 0);

/// What stands behind `for`: "i in 0..6" or "k in [1, 3, 5]".
struct LoopHeader {
  std::string variable;
  Expression from;  // the list, or the first number
  Expression to;    // behind '..'; Kind::missing for a list
};
LoopHeader parse_loop_header(const YamlNode& key, size_t offset);

/// A function's key: "block(x, p, heads=8)".
struct FunctionHeader {
  struct Parameter {
    std::string name;
    Expression fallback;  // Kind::missing: the parameter must be given
  };
  std::string name;
  std::vector<Parameter> parameters;
};
FunctionHeader parse_function_header(const YamlNode& key);

/// A letter or '_', then letters, digits and '_'.
bool is_plain_name(const std::string& text);

/// Throws Error(bad_input) that points at one character of a scalar's text.
[[noreturn]] void fail_in(const YamlNode& node, size_t offset, const std::string& message,
                          const std::string& hint = "");

}  // namespace tinycc
