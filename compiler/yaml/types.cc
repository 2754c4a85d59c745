// Types as text, "f32[1,3,224,224]" (model.h).
#include <algorithm>

#include "compiler/nearest.h"
#include "compiler/yaml/lexer.h"
#include "compiler/yaml/model.h"

namespace tinycc {
namespace {

constexpr const char* kTypeForm = "write it as \"f32[1,3,224,224]\"; a scalar is \"f32[]\"";
constexpr int64_t kMostElements = int64_t{1} << 40;

/// What other tools call our types.
struct Alias {
  const char* theirs;
  const char* ours;
};
constexpr Alias kAliases[] = {
    {"float", "f32"},  {"float32", "f32"},   {"fp32", "f32"},   {"single", "f32"},
    {"double", "f64"}, {"float64", "f64"},   {"half", "f16"},   {"float16", "f16"},
    {"fp16", "f16"},   {"bfloat16", "bf16"}, {"int8", "i8"},    {"int16", "i16"},
    {"int32", "i32"},  {"int", "i32"},       {"int64", "i64"},  {"long", "i64"},
    {"uint8", "u8"},   {"byte", "u8"},       {"uint16", "u16"}, {"uint32", "u32"},
    {"uint64", "u64"}, {"boolean", "bool"},
};

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(DType::boolean); ++i) {
    names.emplace_back(name_of(static_cast<DType>(i)));
  }
  return names;
}

DType dtype_of(const YamlNode& node, const Token& token) {
  if (const auto found = dtype_named(token.text)) return *found;
  for (const Alias& alias : kAliases) {
    if (token.text != alias.theirs) continue;
    fail_in(node, token.begin, "unknown number type '" + token.text + "'",
            std::string("here it is called ") + alias.ours);
  }
  fail_in(node, token.begin, "unknown number type '" + token.text + "'",
          suggestion(token.text, type_names(), "types"));
}

class TypeParser {
 public:
  explicit TypeParser(const YamlNode& node) : node_(node), tokens_(tokenize(node, 0)) {}

  TypeSpec parse() {
    TypeSpec type;
    type.node = node_;
    if (peek().kind != Token::Kind::name) fail("a type begins with a number type");
    type.dtype = dtype_of(node_, tokens_[at_++]);
    if (peek().kind == Token::Kind::end) return type;
    if (!accept("[")) fail("'[' is expected here");
    while (!accept("]")) {
      type.dims.push_back(dim());
      if (accept("]")) break;
      if (!accept(",")) fail("',' or ']' is expected here");
    }
    if (peek().kind != Token::Kind::end) fail("nothing is expected behind the ']'");
    check_size(type);
    return type;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }

  bool accept(const char* symbol) {
    if (peek().kind != Token::Kind::symbol || peek().text != symbol) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void fail(const std::string& message, const std::string& hint = kTypeForm) const {
    fail_in(node_, peek().begin, message, hint);
  }

  int64_t extent() {
    if (peek().kind != Token::Kind::number || !peek().integer) fail("a dimension is expected here");
    const double value = peek().number;
    if (value < 1 || value > 1e9) fail("a dimension is at least 1 and at most 1000000000");
    ++at_;
    return static_cast<int64_t>(value);
  }

  DimSpec dim() {
    if (peek().kind != Token::Kind::name) return {"", extent()};
    const std::string symbol = tokens_[at_++].text;
    if (!is_plain_name(symbol)) fail("a dimension's name is letters, digits and '_'");
    if (!accept("<=")) {
      fail("the dimension '" + symbol + "' has no bound",
           "memory is planned ahead: write " + symbol + "<=512, or a number");
    }
    return {symbol, extent()};
  }

  void check_size(const TypeSpec& type) const {
    int64_t count = 1;
    for (const DimSpec& dim : type.dims) {
      count *= dim.extent;
      if (count > kMostElements) fail_in(node_, 0, "a tensor of this shape fits no memory");
    }
  }

  const YamlNode& node_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace

TypeSpec parse_type(const YamlNode& node) {
  if (!node.is_scalar()) {
    fail_at(node, "a type is expected here, not " + node.kind_name(), kTypeForm);
  }
  return TypeParser(node).parse();
}

}  // namespace tinycc
