// See scalars.h.
#include "tests/unit/scalars.h"

#include <algorithm>

namespace tinycc::scalars {
namespace {

Number evaluate(Expr e, const Point& point, std::unordered_map<Expr, Number>& memo) {
  if (const auto found = memo.find(e); found != memo.end()) return found->second;
  Number result;
  if (e->is(Op::range)) {
    result.whole = point.at(e);
  } else if (e->is(Op::constant)) {
    result = is_float(e->dtype) ? Number{number_of(e), 0} : Number{0, integer_of(e)};
  } else {
    Number args[3];
    for (size_t i = 0; i < e->sources.size(); ++i) args[i] = evaluate(e->sources[i], point, memo);
    result = apply(e->op, e->sources.back()->dtype, e->dtype, args);
  }
  return memo[e] = result;
}

std::string leaf_text(Expr e) {
  if (!e->is(Op::constant)) return e->attr.name;
  return is_float(e->dtype) ? std::to_string(number_of(e)) : std::to_string(integer_of(e));
}

const char* spelling_of(Op op) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return spelling;
#define TCC_BINARY(name, result, spelling, on_float, on_int) \
  case Op::name: return spelling;
#include "ir/ops.def"
    default: return name_of(op).data();
  }
}

}  // namespace

int64_t pick(Random& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
}

Number value_at(Expr e, const Point& point) {
  std::unordered_map<Expr, Number> memo;
  return evaluate(e, point, memo);
}

void for_all(const std::vector<Expr>& ranges, const std::function<void(const Point&)>& visit) {
  Point point;
  for (Expr r : ranges) point[r] = 0;
  while (true) {
    visit(point);
    size_t i = ranges.size();
    while (i > 0 && ++point[ranges[i - 1]] == ranges[i - 1]->attr.ints[1]) point[ranges[--i]] = 0;
    if (i == 0) return;
  }
}

std::string text_of(Expr e) {
  if (e->sources.empty()) return leaf_text(e);
  const std::string name = spelling_of(e->op);
  const bool infix = e->sources.size() == 2 && !std::isalpha(static_cast<unsigned char>(name[0]));
  std::string text = infix ? "(" : name + "(";
  for (size_t i = 0; i < e->sources.size(); ++i) {
    if (i > 0) text += infix ? " " + name + " " : ", ";
    text += text_of(e->sources[i]);
  }
  return text + ")";
}

std::string text_of(const Point& point) {
  std::vector<std::string> parts;
  for (const auto& [r, value] : point) parts.push_back(r->attr.name + "=" + std::to_string(value));
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& p : parts) text += (text.empty() ? "" : " ") + p;
  return text;
}

int64_t cost_of(Expr e, const std::function<bool(Expr)>& is_free) {
  if (e->sources.empty() || is_free(e)) return 0;
  int64_t cost = e->is(Op::div) || e->is(Op::mod) ? 4 : e->is(Op::mul) ? 2 : 1;
  for (Expr s : e->sources) cost += cost_of(s, is_free);
  return cost;
}

}  // namespace tinycc::scalars
