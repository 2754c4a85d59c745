// See print_expr.h.
#include "ir/print_expr.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ir/build.h"
#include "ir/spelling.h"

namespace tinycc {
namespace {

template <class T>
std::string shortest(T value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string integers(const std::vector<int64_t>& values) {
  std::string out;
  for (const int64_t v : values) out += (out.empty() ? "" : ",") + std::to_string(v);
  return "[" + out + "]";
}

bool is_negative(Expr c) {
  if (is_float(c->dtype)) return std::signbit(number_of(c));
  return kind_of(c->dtype) == DKind::signed_int && integer_of(c) < 0;
}

/// Operations in the expression written out, up to a few.
int64_t size_of(Expr e, int64_t most) {
  if (e->sources.empty()) return 0;
  int64_t size = 1;
  for (Expr s : e->sources) {
    if (size < most) size += size_of(s, most - size);
  }
  return size;
}

}  // namespace

std::string ExprPrinter::unique(const std::string& wanted) {
  std::string name = wanted;
  for (int k = 2; !scope.used.insert(name).second; ++k) name = wanted + "_" + std::to_string(k);
  return name;
}

std::string ExprPrinter::name(Expr e, const std::string& wanted) {
  return scope.names[e] = spelled(unique(wanted));
}

void ExprPrinter::find_shared(const std::vector<Expr>& roots) {
  constexpr int64_t kWorthAName = 4;  // operations
  std::unordered_map<Expr, int> uses;
  for (Expr e : roots) ++uses[e];
  shared_.clear();
  bound_by_reductions_.clear();
  for (Expr e : topological(roots)) {
    for (Expr s : e->sources) ++uses[s];
    for (size_t i = 1; is_reduce(e->op) && i < e->sources.size(); ++i) {
      bound_by_reductions_.push_back(e[i]->attr.ints[0]);
    }
  }
  for (const auto& [e, count] : uses) {
    const bool worth = is_reduce(e->op) || size_of(e, kWorthAName) >= kWorthAName;
    if (count > 1 && worth) shared_.insert(e);
  }
}

/// Whether `e` depends on a range that only a reduction further inside binds.
bool ExprPrinter::hidden(Expr e) {
  const Ids& ids = free_.of(e);
  return std::any_of(bound_by_reductions_.begin(), bound_by_reductions_.end(),
                     [&](int64_t id) { return contains(ids, id); });
}

std::vector<std::string> ExprPrinter::lets(const std::vector<Expr>& roots) {
  std::vector<std::string> lines;
  for (Expr e : topological(roots)) {
    if (!shared_.contains(e) || scope.names.contains(e) || hidden(e)) continue;
    const std::string value = define(e);
    int k = 0;
    while (scope.used.contains("v" + std::to_string(k))) ++k;
    lines.push_back(name(e, "v" + std::to_string(k)) + " = " + value);
  }
  return lines;
}

std::string ExprPrinter::number(Expr c) {
  if (is_bool(c->dtype)) return integer_of(c) != 0 ? "true" : "false";
  if (c->dtype == DType::u64) return shortest(static_cast<uint64_t>(integer_of(c)));
  if (!is_float(c->dtype)) return shortest(integer_of(c));
  const double value = number_of(c);
  if (std::isnan(value)) return "nan";
  return c->dtype == DType::f64 ? shortest(value) : shortest(static_cast<float>(value));
}

std::string ExprPrinter::operand(Expr e, int precedence) {
  if (const auto named = scope.names.find(e); named != scope.names.end()) return named->second;
  const bool negative = e->is(Op::neg) && precedence > kUnaryPrecedence;
  const int own = precedence_of(e->op);
  return negative || (own > 0 && own < precedence) ? "(" + define(e) + ")" : define(e);
}

std::string ExprPrinter::list(const std::vector<Expr>& values) {
  std::string out;
  for (Expr e : values) out += (out.empty() ? "" : ", ") + operand(e);
  return out;
}

std::string ExprPrinter::shape(const Shape& shape) {
  if (shape.empty()) return "";
  std::string out;
  for (const Dim& d : shape) {
    out += out.empty() ? "" : ",";
    if (d.value) out += operand(d.value, kUnaryPrecedence + 1) + "<=";
    out += std::to_string(d.bound);
  }
  return "[" + out + "]";
}

std::string ExprPrinter::define(Expr e) {
  if (e->is(Op::constant)) {
    const bool says_type = is_bool(e->dtype) && e->shape.empty();
    return says_type ? number(e) : type(e) + "(" + number(e) + ")";
  }
  if (e->is(Op::neg)) {
    const std::string value = operand(e[0], kUnaryPrecedence);
    return "-" + value;
  }
  if (precedence_of(e->op) > 0) return infix(e);
  if (e->is(Op::get)) return operand(e[0]) + "." + std::to_string(e->attr.ints[0]);
  if (e->is(Op::cast)) return std::string(name_of(e->dtype)) + "(" + operand(e[0]) + ")";
  if (e->is(Op::load)) {
    const auto named = buffers.find(e->attr.ints[0]);
    std::string index;
    for (Expr i : e->sources) index += (index.empty() ? "" : ", ") + typed_by_place(i);
    return spelled(named == buffers.end() ? e->attr.name : named->second) + "[" + index + "]";
  }
  if (is_reduce(e->op) && e->sources.size() > 1) return reduction(e);
  if (class_of(e->op) == OpClass::leaf && !e->is(Op::iota)) return spelled(e->attr.name);
  return call(e);
}

/// a + -b is written a - b, also for a negative number b.
std::string ExprPrinter::infix(Expr e) {
  const int level = precedence_of(e->op);
  const Expr a = e[0], b = e[1];
  const std::string left = is_number(a) && !is_number(b) ? number(a) : operand(a, level);
  std::string sign(spelling_of(e->op)), right;
  if (e->is(Op::add) && b->is(Op::neg) && !scope.names.contains(b)) {
    sign = "-";
    right = operand(b[0], level + 1);
  } else if (is_number(b)) {
    right = number(b);
    if (e->is(Op::add) && is_negative(b) && right != "nan") {
      sign = "-";
      right.erase(0, 1);
    }
  } else {
    right = operand(b, level + 1);
  }
  return left + " " + sign + " " + right;
}

/// Which numbers among the operands need no type: beside another operand of the same type.
std::string ExprPrinter::call(Expr e) {
  const bool alike = class_of(e->op) == OpClass::binary || e->is(Op::where) || e->is(Op::pad);
  const size_t first = e->is(Op::where) ? 1 : 0;  // of the alike operands
  std::string out;
  for (size_t i = 0; i < e->sources.size(); ++i) {
    const bool beside = alike && i >= first && (i > first || !is_number(e[first + 1]));
    out += (out.empty() ? "" : ", ") + (beside ? typed_by_place(e[i]) : operand(e[i]));
  }
  const std::string more = keys(e);
  if (!out.empty() && !more.empty()) out += ", ";
  return std::string(spelling_of(e->op)) + "(" + out + more + ")";
}

std::string ExprPrinter::keys(Expr e) {
  const auto& ints = e->attr.ints;
  if (e->is(Op::bitcast)) return std::string(name_of(e->dtype));
  if (e->is(Op::scatter)) return e->attr.name.empty() ? "" : "combine=" + spelled(e->attr.name);
  if (e->is(Op::reshape) || e->is(Op::expand)) return e->shape.empty() ? "[]" : shape(e->shape);
  if (e->is(Op::slice)) {
    std::vector<int64_t> starts, steps;
    for (size_t i = 0; i < ints.size(); i += 2)
      starts.push_back(ints[i]), steps.push_back(ints[i + 1]);
    return "starts=" + integers(starts) + ", counts=" + integers(bounds_of(e->shape)) +
           ", steps=" + integers(steps);
  }
  const Keys* keys = keys_of(e->op);
  if (keys == nullptr) return "";
  if (!keys->list.empty()) return std::string(keys->list) + "=" + integers(ints);
  std::string out = e->is(Op::iota) ? shape(e->shape) : "";
  for (size_t i = 0; i < keys->each.size(); ++i) {
    out += (out.empty() ? "" : ", ") + std::string(keys->each[i]) + "=" + std::to_string(ints[i]);
  }
  return out;
}

std::string ExprPrinter::reduction(Expr e) {
  const Scope outside = scope;
  const std::vector<int64_t> inside = bound_by_reductions_;
  const std::vector<Expr> ranges(e->sources.begin() + 1, e->sources.end());
  // What was named by way of an outer range of the same id means another value in here.
  for (Expr r : ranges) {
    const int64_t id = r->attr.ints[0];
    std::erase_if(scope.names, [&](const auto& n) { return contains(free_.of(n.first), id); });
    std::erase(bound_by_reductions_, id);
  }
  std::string heads, body;
  for (Expr r : ranges) {
    const std::string extent =
        r->sources.empty() ? "" : " upto " + operand(r[0], kUnaryPrecedence + 1);
    heads += (heads.empty() ? "" : ", ") + name(r, r->attr.name) + " " +
             std::to_string(r->attr.ints[1]) + extent;
  }
  for (const std::string& let : lets({e[0]})) body += let + "; ";
  body += operand(e[0]);
  scope = outside;
  bound_by_reductions_ = inside;
  const auto name = std::find_if(kReduceNames.begin(), kReduceNames.end(),
                                 [e](const ReduceName& r) { return r.op == e->op; });
  return std::string(name->name) + "{" + heads + "}(" + body + ")";
}

/// What is shared has a name where written out the text would be long.
std::string to_text(Expr e) {
  constexpr int64_t kLong = 1000;  // operations
  ExprPrinter printer;
  std::string lets;
  if (size_of(e, kLong) >= kLong) {
    printer.find_shared({e});
    for (const std::string& let : printer.lets({e})) lets += let + "; ";
  }
  return lets + printer.define(e);
}

std::string type_text(Expr e) {
  ExprPrinter printer;
  return printer.type(e);
}

}  // namespace tinycc
