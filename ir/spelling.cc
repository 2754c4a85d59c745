// See spelling.h.
#include "ir/spelling.h"

#include <algorithm>
#include <cctype>

namespace tinycc {
namespace {

struct Spelling {
  Op op;
  std::string_view text;
};

constexpr Spelling kSpellings[] = {
#define TCC_UNARY(name, result, spelling, on_float, on_int) {Op::name, spelling},
#define TCC_BINARY(name, result, spelling, on_float, on_int) {Op::name, spelling},
#include "ir/ops.def"
};

struct Level {
  std::string_view text;
  int precedence;
};

// As in C.
constexpr Level kLevels[] = {{"*", 9}, {"/", 9},  {"%", 9}, {"+", 8}, {"<<", 7}, {">>", 7},
                             {"<", 6}, {"==", 5}, {"&", 4}, {"^", 3}, {"|", 2}};

const Keys kKeys[] = {
    {Op::iota, {"axis"}, ""},     {Op::permute, {}, "order"},
    {Op::pad, {}, "amounts"},     {Op::window, {"axis", "size", "stride", "dilation"}, ""},
    {Op::concat, {"axis"}, ""},   {Op::reduce_add, {}, "axes"},
    {Op::reduce_mul, {}, "axes"}, {Op::reduce_max, {}, "axes"},
};

/// What may begin a line, so that no name may be spelled so without quotes.
constexpr std::string_view kKeywords[] = {
    "output", "next", "emit", "until",  "for",    "alloc",  "let",    "barrier",
    "in",     "out",  "call", "repeat", "select", "else",   "block",  "true",
    "false",  "inf",  "nan",  "steps",  "kernel", "buffer", "scalar", "scan"};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_word(char c) { return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string_view spelling_of(Op op) {
  for (const Spelling& s : kSpellings) {
    if (s.op == op) return s.text;
  }
  return name_of(op);
}

int precedence_of(Op op) {
  if (class_of(op) != OpClass::binary) return 0;
  for (const Level& l : kLevels) {
    if (l.text == spelling_of(op)) return l.precedence;
  }
  return 0;
}

std::optional<Op> infix_named(std::string_view spelling) {
  for (const Spelling& s : kSpellings) {
    if (s.text == spelling && precedence_of(s.op) > 0) return s.op;
  }
  return std::nullopt;
}

std::optional<Op> call_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Op::load); ++i) {
    const Op op = static_cast<Op>(i);
    const bool called = !is_letter(spelling_of(op)[0]) ? false : class_of(op) != OpClass::leaf;
    if (spelling_of(op) == name && (called || op == Op::iota)) return op;
  }
  return std::nullopt;
}

const Keys* keys_of(Op op) {
  for (const Keys& k : kKeys) {
    if (k.op == op) return &k;
  }
  return nullptr;
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || !is_letter(name[0]) || name.back() == '.') return false;
  for (size_t i = 1; i < name.size(); ++i) {
    if (name[i] == '.' ? !is_letter(name[i + 1]) : !is_word(name[i])) return false;
  }
  return true;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

std::string spelled(const std::string& name) {
  const bool keyword =
      std::find(std::begin(kKeywords), std::end(kKeywords), name) != std::end(kKeywords);
  return is_plain_name(name) && !keyword ? name : quoted(name);
}

}  // namespace tinycc
