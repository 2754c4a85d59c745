// Scalar expressions as C; see writer.h.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/arith.h"
#include "ir/build.h"
#include "ir/image.h"
#include "ir/simplify.h"

namespace tinycc {

std::string scalar_type(DType dtype) {
  if (is_float(dtype) && bits_of(dtype) < 32) return "float";
  return std::string(c_type(dtype));
}

DType computing(DType dtype) {
  if (is_float(dtype)) return bits_of(dtype) < 32 ? DType::f32 : dtype;
  if (bits_of(dtype) >= 8) return dtype;
  return kind_of(dtype) == DKind::signed_int ? DType::i8 : DType::u8;
}

std::string number_text(DType dtype, double number, int64_t integer) {
  if (is_float(dtype)) {
    const std::string wide = dtype == DType::f64 ? "(double)" : "";  // the macros are floats
    if (std::isnan(number)) return wide + "NAN";
    if (std::isinf(number)) return wide + (number < 0 ? "-INFINITY" : "INFINITY");
    std::string text = dtype == DType::f64 ? fmt::format("{}", number)
                                           : fmt::format("{}", static_cast<float>(number));
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return dtype == DType::f64 ? text : text + "f";
  }
  const bool is_unsigned = kind_of(dtype) == DKind::unsigned_int;
  if (bits_of(dtype) == 64) {
    if (is_unsigned) return fmt::format("UINT64_C({})", static_cast<uint64_t>(integer));
    if (integer == INT64_MIN) return "INT64_MIN";
    return std::abs(integer) > INT32_MAX ? fmt::format("INT64_C({})", integer)
                                         : fmt::format("{}", integer);
  }
  if (dtype == DType::i32 && integer == INT32_MIN) return "INT32_MIN";
  return fmt::format("{}{}", integer, is_unsigned ? "u" : "");
}

std::string parenthesised(const Text& t, int least) {
  return t.precedence < least ? "(" + t.text + ")" : t.text;
}

namespace {

/// Operand of an infix operator: operators mix only in parentheses, chains of one need none.
std::string operand(const Text& t, char op) {
  const bool chain = t.op == op && (op == '+' || op == '*' || op == '&' || op == '|');
  return t.precedence >= kUnary || chain ? t.text : "(" + t.text + ")";
}

bool is_negated(Expr e) { return e->is(Op::neg) || (e->is(Op::constant) && number_of(e) < 0); }

}  // namespace

Text KernelWriter::call(const std::string& function, const std::vector<std::string>& arguments) {
  return {fmt::format("{}({})", function, fmt::join(arguments, ", "))};
}

std::string KernelWriter::temporary(const std::string& type, const std::string& text) {
  const std::string name = unique_identifier("v", taken_);
  line(fmt::format("const {} {} = {};", type, name, text));
  return name;
}

Text KernelWriter::constant_text(Expr e) const {
  const std::string text = is_float(e->dtype) ? number_text(e->dtype, number_of(e), 0)
                                              : number_text(e->dtype, 0, integer_of(e));
  return {text, text[0] == '-' ? kUnary : kAtom};
}

namespace {

bool reads_memory(Expr e) {
  const std::vector<Expr> all = topological({e});
  return std::any_of(all.begin(), all.end(), [](Expr n) { return n->is(Op::load); });
}

}  // namespace

/// i / c or i % c of indices. C divides towards zero, an index is rounded down.
Text KernelWriter::quotient(Expr e) {
  if (bounds(e[1]).low < 1 && reads_memory(e[1]))  // may be 0
    return {fmt::format("({}){}", dialect_.index, parenthesised(operation(e), kUnary)), kUnary};
  const char* const op = e->is(Op::div) ? "/" : "%";
  const Interval in = bounds(e[0]);
  const std::string c = operand(index(e[1]), op[0]);
  const auto plain = [&](Expr i) { return operand(index(i), op[0]) + " " + op + " " + c; };
  if (in.low >= 0 || !e[1]->is(Op::constant) || integer_of(e[1]) <= 0)
    return {plain(e[0]), kProduct, false, op[0]};
  if (!in.is_finite()) {  // i mod c = (i % c + c) % c, i div c = (i - i mod c) / c
    const std::string i = operand(index(e[0]), '%');
    const std::string rest = fmt::format("(({} % {}) + {}) % {}", i, c, c, c);
    if (e->is(Op::mod)) return {rest, kProduct, false, '%'};
    return {fmt::format("({} - ({})) / {}", i, rest, c), kProduct, false, '/'};
  }
  // i / 2 = (i + 2) / 2 - 1 for i >= -2
  const int64_t size = integer_of(e[1]), down = (-in.low + size - 1) / size;
  const std::string raised = plain(simplify(e[0] + static_cast<double>(down * size)));
  if (e->is(Op::mod)) return {raised, kProduct, false, '%'};
  return {"(" + raised + ") - " + std::to_string(down), kSum, false, '-'};
}

/// What is clamped is written twice: what memory holds gets a name, so that both are the same to provers.
Text KernelWriter::clamped(Expr e) {
  const Text t = index(e);
  if (!names_.program().target.provable || lane_ || !reads_memory(e) || !reads_within(e)) return t;
  return {temporary(dialect_.index, t.text)};
}

/// Index arithmetic: small, proven free of overflow, in the type of loop variables.
Text KernelWriter::index(Expr e) {
  if (const auto found = starts_.find(e); found != starts_.end()) return {found->second};
  const auto both = [&](const char* op, int precedence) {
    return Text{operand(index(e[0]), op[0]) + " " + op + " " + operand(index(e[1]), op[0]),
                precedence, false, op[0]};
  };
  switch (e->op) {
    case Op::constant: return {std::to_string(integer_of(e)), integer_of(e) < 0 ? kUnary : kAtom};
    case Op::range:
      TCC_CHECK(ranges_.count(e) != 0, "kernel " + kernel_.name + ": no loop over " + e->attr.name);
      return {ranges_.at(e)};
    case Op::add:
      if (is_negated(e[1])) {
        const Text right =
            e[1]->is(Op::neg) ? index(e[1][0]) : Text{std::to_string(-integer_of(e[1]))};
        const Text left = index(e[0]);
        return {(left.op == '-' ? left.text : operand(left, '+')) + " - " + operand(right, '-'),
                kSum, false, '-'};
      }
      return both("+", kSum);
    case Op::mul: return both("*", kProduct);
    case Op::div:
    case Op::mod: return quotient(e);
    case Op::lt: return both("<", kCompare);
    case Op::eq: return both("==", kCompare);
    case Op::neg: return {"-" + parenthesised(index(e[0]), kUnary), kUnary};
    case Op::min:
    case Op::max: {
      const std::string a = operand(clamped(e[0]), '?'), b = operand(index(e[1]), '?');
      return {
          fmt::format("({} < {}) ? {} : {}", a, b, e->is(Op::min) ? a : b, e->is(Op::min) ? b : a),
          kTernary};
    }
    default:
      return {fmt::format("({}){}", dialect_.index, parenthesised(value(e), kUnary)), kUnary};
  }
}

std::vector<Expr> KernelWriter::physical(int64_t buffer, const std::vector<Expr>& logical) {
  std::vector<Expr> placed = buffers_.at(buffer)->layout.place(logical);
  for (Expr& p : placed) p = simplify(p);
  return placed;
}

std::string KernelWriter::place(int64_t buffer, const std::vector<Expr>& logical, bool drop_last) {
  std::vector<Expr> at = physical(buffer, logical);
  const auto vector = vector_registers_.find(buffer);
  const bool one_lane = !drop_last && vector != vector_registers_.end() && !dialect_.gnu_vectors;
  const Expr lane = at.empty() ? Expr() : at.back();
  if (drop_last || one_lane) at.pop_back();
  std::string text = elements_.at(buffer);
  for (Expr i : at) text += "[" + index(i).text + "]";
  if (!one_lane) return text;
  const DType element = buffers_.at(buffer)->dtype;
  return fmt::format("{}({}, {})",
                     names_.macro(fmt::format("F_SET_{}x{}", name_of(element), vector->second)),
                     text, index(lane).text);
}

/// Does memory hold bit patterns of floats that C does not have? Registers hold their values.
bool KernelWriter::is_packed(const Buffer& b) const {
  return is_float(b.dtype) && is_narrow(b.dtype) && b.space != Space::reg &&
         b.space != Space::local;
}

/// "(int2)(3, i)": where in an image the texel lies that holds an element.
std::string KernelWriter::texel_place(int64_t buffer, const std::vector<Expr>& logical) {
  const TexelPlace at = texel_of(*buffers_.at(buffer), logical);
  return fmt::format("(int2)({}, {})", index(at.x).text, index(at.y).text);
}

std::string KernelWriter::texel(int64_t buffer, const std::vector<Expr>& logical) {
  return fmt::format("read_imagef({}, {}, {})", elements_.at(buffer), names_.prefixed("f_texels"),
                     texel_place(buffer, logical));
}

Text KernelWriter::loaded(Expr e) {
  const Buffer& b = *buffers_.at(e->attr.ints[0]);
  if (b.is_image()) {
    const Expr component = texel_of(b, e->sources).component;
    return call(names_.prefixed("f_component"), {texel(b.id, e->sources), index(component).text});
  }
  const std::string text = place(b.id, e->sources, false);
  if (is_packed(b))
    return call(names_.prefixed(fmt::format("f_widen_{}", name_of(b.dtype))), {text});
  return is_bool(b.dtype) ? Text{text + " != 0", kCompare} : Text{text};
}

namespace {

/// Is this too much for one line, or nested too deeply (which also takes LibFormat very long)?
bool is_long(const std::string& text) {
  int depth = 0, deepest = 0;
  for (const char c : text) deepest = std::max(deepest, depth += c == '(' ? 1 : c == ')' ? -1 : 0);
  return text.size() > 160 || deepest > 4;
}

}  // namespace

/// Values used more than once get a name, and those too long to read in one go; those that occur
/// behind a condition only if all they read is there anyway (else they grow without end).
Text KernelWriter::value(Expr e) {
  if (const auto found = shared_.find(e); found != shared_.end()) return found->second;
  Text t = lane_ ? vector_operation(e) : fresh_value(e);
  const auto found_uses = uses_.find(e);
  const bool certain = found_uses != uses_.end();
  if (!certain && (lane_ || !is_long(t.text) || !reads_within(e))) return t;
  if (e->is(Op::constant)) return t;
  const int uses = certain ? found_uses->second : 0;
  const bool shared = e->is(Op::load) ? uses > 2 : uses > 1 && t.precedence != kAtom;
  if (!shared && (e == root_ || !is_long(t.text))) return t;
  const std::string type = t.vector ? vector_type(kept(e)) : scalar_type(e->dtype);
  Text named{temporary(type, t.text), is_bool(e->dtype) && !t.vector ? kCompare : kAtom, t.vector};
  if (is_bool(e->dtype) && !t.vector) named.text += " != 0";
  return shared_[e] = named;
}

bool is_index(Expr e) {
  if (e->dtype != DType::i64) return false;
  for (Expr n : topological({e})) {
    switch (n->op) {
      case Op::range:
      case Op::constant:
      case Op::add:
      case Op::mul:
      case Op::div:
      case Op::mod:
      case Op::min:
      case Op::max:
      case Op::neg: break;
      default: return false;
    }
  }
  const Interval all = bounds(e);
  return all.low >= INT32_MIN && all.high <= INT32_MAX;
}

Text KernelWriter::fresh_value(Expr e) {
  if (is_index(e) || ((e->is(Op::lt) || e->is(Op::eq)) && is_index(e[0]) && is_index(e[1])))
    return index(e);
  switch (e->op) {
    case Op::constant: return constant_text(e);
    case Op::load: return loaded(e);
    default: return is_narrow(e->dtype) ? rounded(e, operation(e)) : operation(e);
  }
}

/// What leaves the type goes back into it: floats to the nearest value, integers modulo 2^bits.
Text KernelWriter::rounded(Expr e, const Text& t) {
  switch (e->op) {
    case Op::neg:
      if (is_float(e->dtype)) return t;
      [[fallthrough]];
    case Op::add:
    case Op::mul:
    case Op::div:
    case Op::shl:
    case Op::exp:
    case Op::log:
    case Op::sin:
    case Op::sqrt:
    case Op::cast:
      return call(names_.prefixed(fmt::format("f_round_{}", name_of(e->dtype))), {t.text});
    default: return t;
  }
}

Text KernelWriter::infix(const char* op, Expr a, Expr b, int precedence) {
  const Text left = value(a), right = value(b);
  // a + (b + c) of floats is not (a + b) + c
  const char chain = is_float(a->dtype) ? ' ' : op[0];
  return {operand(left, op[0]) + " " + op + " " + operand(right, chain), precedence,
          left.vector || right.vector, op[0]};
}

/// Can a sum or product of signed integers not overflow, whatever the sources are?
bool KernelWriter::stays_in_type(Expr e) {
  if (e->dtype != DType::i32 && e->dtype != DType::i64) return false;
  const Interval a = bounds_.of(e[0]), b = bounds_.of(e[1]);
  if (!a.is_finite() || !b.is_finite()) return false;
  const auto result = [&](Wide x, Wide y) { return e->is(Op::add) ? x + y : x * y; };
  const auto [low, high] = std::minmax(
      {result(a.low, b.low), result(a.low, b.high), result(a.high, b.low), result(a.high, b.high)});
  const Wide most = e->dtype == DType::i32 ? INT32_MAX : INT64_MAX;
  return low >= -most && high <= most;
}

/// Integers in C promote and overflow: a result narrower than int is cast back; sums and products of
/// signed ones go through the unsigned type, which wraps, unless they are known to fit.
Text KernelWriter::wrapped(Expr e, const Text& a, const Text& b) {
  const char* op = e->is(Op::add) ? "+" : "*";
  if (is_bool(e->dtype))
    return {fmt::format("{} != {}", operand(a, '!'), operand(b, '!')), kCompare};
  if (!a.vector && !b.vector && stays_in_type(e))
    return {operand(a, op[0]) + " " + op + " " + operand(b, op[0]),
            e->is(Op::add) ? kSum : kProduct, false, op[0]};
  const std::string type(c_type(e->dtype));
  const std::string wide = bits_of(e->dtype) == 64 ? "uint64_t" : "uint32_t";
  return {fmt::format("({})(({}){} {} ({}){})", type, wide, parenthesised(a, kUnary), op, wide,
                      parenthesised(b, kUnary)),
          kUnary};
}

Text KernelWriter::operation(Expr e) {
  const bool real = is_float(e->dtype);
  if (e->is(Op::add) || e->is(Op::mul) || e->is(Op::max)) {
    if (Text t = across_lanes(e); !t.text.empty()) return t;
  }
  switch (e->op) {
    case Op::add:
      if (!real) return wrapped(e, value(e[0]), value(e[1]));
      if (e[0]->is(Op::neg) && e[1]->is(Op::constant) && uses_[e[0]] < 2) {
        const Text right = value(e[0][0]);
        return {value(e[1]).text + " - " + operand(right, '-'), kSum, right.vector, '-'};
      }
      if (is_negated(e[1]) && uses_[e[1]] < 2) {
        const Text left = value(e[0]);
        const Text right =
            e[1]->is(Op::neg) ? value(e[1][0]) : Text{number_text(e->dtype, -number_of(e[1]), 0)};
        return {operand(left, '-') + " - " + operand(right, '-'), kSum, left.vector || right.vector,
                '-'};
      }
      return infix("+", e[0], e[1], kSum);
    case Op::mul:
      return real ? infix("*", e[0], e[1], kProduct) : wrapped(e, value(e[0]), value(e[1]));
    case Op::div:
      if (real) return infix("/", e[0], e[1], kProduct);
      [[fallthrough]];
    case Op::mod:
    case Op::shl:
    case Op::shr:
      return call(
          names_.prefixed(fmt::format("f_{}_{}", name_of(e->op), name_of(computing(e->dtype)))),
          {value(e[0]).text, value(e[1]).text});
    case Op::neg:
      if (!real)
        return wrapped(binary(Op::mul, e[0], constant_like(e[0], -1)).get(), value(e[0]),
                       {"-1", kUnary});
      return {"-" + parenthesised(value(e[0]), kAtom), kUnary, value(e[0]).vector};
    case Op::lt: return infix("<", e[0], e[1], kCompare);
    case Op::eq: return infix("==", e[0], e[1], kCompare);
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor: {
      const bool logical = is_bool(e->dtype);
      if (logical && e->is(Op::bit_xor) && is_constant(e[1], 1))
        return {"!" + parenthesised(value(e[0]), kAtom), kUnary};
      const char* ops[2][3] = {{"&", "|", "^"}, {"&&", "||", "!="}};
      const int which = e->is(Op::bit_and) ? 0 : e->is(Op::bit_or) ? 1 : 2;
      const Text t = infix(ops[logical ? 1 : 0][which], e[0], e[1], kLogic);
      return logical ? t : Text{fmt::format("({})({})", c_type(e->dtype), t.text), kUnary};
    }
    case Op::max:
    case Op::min: {
      const std::string a = operand(value(e[0]), '?'), b = operand(value(e[1]), '?');
      return {e->is(Op::max) ? fmt::format("({} < {}) ? {} : {}", a, b, b, a)
                             : fmt::format("({} < {}) ? {} : {}", b, a, b, a),
              kTernary};
    }
    case Op::where: {
      load_before(e);
      const std::string c = parenthesised(value(e[0]), kAtom);
      return {fmt::format("{} ? {} : {}", c, operand(value(e[1]), '?'), operand(value(e[2]), '?')),
              kTernary};
    }
    case Op::cast:
    case Op::bitcast: return convert(e);
    default:
      return call(
          names_.prefixed(fmt::format("f_{}_{}", name_of(e->op), name_of(computing(e->dtype)))),
          {value(e[0]).text});
  }
}

/// What both branches may read is read before the choice: else GCC 12 makes masked loads of it, and
/// where rows are short takes the mask of another row. Conditions on lengths are all of this kind.
void KernelWriter::load_before(Expr where) {
  if (names_.program().dims.empty()) return;
  for (Expr l : topological({where[1], where[2]})) {
    if (!l->is(Op::load) || shared_.count(l) != 0 || !reads_safely(l)) continue;
    shared_[l] = Text{temporary(scalar_type(l->dtype), loaded(l).text), kAtom};
    if (is_bool(l->dtype)) shared_[l] = Text{shared_[l].text + " != 0", kCompare};
  }
}

Text KernelWriter::convert(Expr e) {
  const DType from = computing(e[0]->dtype), to = e->dtype;
  if (const Expr x = saturating(e))
    return call(names_.prefixed(fmt::format("f_saturate_{}", name_of(to))), {value(x).text});
  Text a = value(e[0]);
  if (e->is(Op::bitcast) && from != e[0]->dtype && is_float(from))
    a = call(names_.prefixed(fmt::format("f_narrow_{}", name_of(e[0]->dtype))), {a.text});
  if (e->is(Op::bitcast) && is_narrow(to))
    return is_float(to) ? call(names_.prefixed(fmt::format("f_widen_{}", name_of(to))), {a.text})
                        : call(names_.prefixed(fmt::format("f_round_{}", name_of(to))), {a.text});
  if (e->is(Op::bitcast) && !(is_float(e[0]->dtype) && bits_of(e[0]->dtype) >= 32) && !is_float(to))
    return {fmt::format("({}){}", scalar_type(to), parenthesised(a, kUnary)), kUnary};
  if (is_narrow(to) && is_float(to) && !is_bool(from) && bits_of(from) >= 32 && from != DType::f32)
    a = call(names_.prefixed("f_odd_f32"), {"(double)" + parenthesised(a, kUnary)});
  if (e->is(Op::bitcast) || (is_float(from) && is_integer(to))) {
    return call(
        names_.prefixed(fmt::format("f_{}_{}_{}", name_of(e->op), name_of(from), name_of(to))),
        {a.text});
  }
  if (is_bool(to))
    return {
        fmt::format("{} != {}", operand(a, '!'), is_float(from) ? number_text(from, 0, 0) : "0"),
        kCompare};
  if (is_bool(from))
    return {fmt::format("{} ? {} : {}", parenthesised(a, kAtom), number_text(to, 1, 1),
                        number_text(to, 0, 0)),
            kTernary};
  return {fmt::format("({}){}", scalar_type(to), parenthesised(a, kUnary)), kUnary};
}

namespace {

/// May be computed although nobody may want it.
bool is_cheap(Expr e) {
  return e->is(Op::constant) ||
         (is_float(e->dtype) && (e->is(Op::add) || e->is(Op::mul) || e->is(Op::neg)));
}

}  // namespace

/// Counts the uses of each value that is certainly evaluated; what a `where` may skip stays where it
/// is, since it may read beyond its buffer when it is not wanted, but for sums of what is there.
void KernelWriter::find_shared(const std::vector<Expr>& roots) {
  uses_.clear();
  shared_.clear();
  root_ = roots.front();
  std::set<const Node*> certain;
  std::vector<Expr> stack(roots);
  while (!stack.empty()) {
    const Expr e = stack.back();
    stack.pop_back();
    if (!certain.insert(e.get()).second || e->is(Op::load)) continue;
    if (e->is(Op::where) && !(lane_ && varies(e[0]) && !goes_lane_by_lane(e)))
      stack.push_back(e[0]);
    else
      stack.insert(stack.end(), e->sources.begin(), e->sources.end());
  }
  for (Expr e : topological(roots)) {
    if (is_cheap(e) && std::all_of(e->sources.begin(), e->sources.end(),
                                   [&](Expr s) { return certain.count(s.get()) != 0; })) {
      certain.insert(e.get());
    }
  }
  const auto count = [&](Expr e, int times) {
    if (certain.count(e.get()) != 0 && !is_index(e)) uses_[e] += times;
  };
  for (Expr e : roots) count(e, 1);
  for (Expr e : topological(roots)) {
    const int times = e->is(Op::max) || e->is(Op::min) ? 2 : 1;  // a < b ? b : a
    if (e->is(Op::load)) continue;
    for (Expr s : e->sources) count(s, times);
  }
}

}  // namespace tinycc
