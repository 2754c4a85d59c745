// The body of a vector loop, all lanes at once; see writer.h. Values that do not depend on the lane
// stay scalars, which operators on floats spread by themselves. A bool is a mask, 0 or -1 in signed
// integers as wide as what was compared; loop variables are i32. What has no operator on vectors is
// computed lane by lane, between vectors.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

bool is_signed(DType t) { return kind_of(t) == DKind::signed_int; }

/// Is there a vector form of this op on operands of these types?
bool has_vector_form(Expr e) {
  switch (e->op) {
    case Op::mod: return false;
    case Op::div: return is_float(e->dtype);
    case Op::exp:
    case Op::log:
    case Op::sin: return e->dtype == DType::f32;
    case Op::shl:
    case Op::shr:
      return e[1]->is(Op::constant) && integer_of(e[1]) >= 0 &&
             integer_of(e[1]) < bits_of(e->dtype);
    case Op::cast:
      return !is_float(e[0]->dtype) || !is_integer(e->dtype) || bits_of(e->dtype) <= 16 ||
             e->dtype == DType::i32;
    case Op::add:
    case Op::mul:
    case Op::max:
    case Op::min:
    case Op::lt:
    case Op::eq:
    case Op::bitcast: return !is_bool(e[0]->dtype) && !is_bool(e[0]->dtype);
    default: return true;
  }
}

/// The next type on the way from integers to another type: sizes change by factors of two, since
/// GCC 12 makes scalar code of wider steps, and float comes from i32.
DType next_type(DType from, DType to) {
  const int bits = bits_of(from), wanted = is_float(to) ? 32 : bits_of(to);
  if (is_float(from) || (is_float(to) && bits >= 32)) return to;
  if (bits < wanted) return integer_type(2 * bits, is_signed(from) || (is_float(to) && bits == 16));
  return bits > wanted ? integer_type(bits / 2, is_signed(to)) : to;
}

std::string factor(const Text& t) { return parenthesised(t, kUnary); }

}  // namespace

DType integer_type(int bits, bool is_signed) {
  for (const DType t : {DType::i8, DType::i16, DType::i32, DType::i64, DType::u8, DType::u16,
                        DType::u32, DType::u64}) {
    if (bits_of(t) == bits && (kind_of(t) == DKind::signed_int) == is_signed) return t;
  }
  TCC_CHECK(false, "no integer has so many bits");
}

std::string KernelWriter::vector_type(DType element) const {
  return names_.prefixed(fmt::format("f_{}x{}", name_of(computing(element)), lanes_));
}

/// Lane l of the vector v, to be read.
std::string KernelWriter::lane_text(DType element, const std::string& v,
                                    const std::string& l) const {
  if (dialect_.gnu_vectors) return fmt::format("{}[{}]", v, l);
  return fmt::format("{}({}, {})", helper("LANE", element), v, l);
}

/// The bits of a vector as another type of vector.
std::string KernelWriter::reinterpreted(const Text& t, DType element) const {
  if (dialect_.gnu_vectors) return fmt::format("({}){}", vector_type(element), factor(t));
  return fmt::format("{}({})", helper("AS", element), t.text);
}

std::string KernelWriter::helper(const char* name, DType element) const {
  return names_.macro(fmt::format("F_{}_{}x{}", name, name_of(element), lanes_));
}

int KernelWriter::mask_bits(Expr e) {
  if (e->is(Op::load) || e->is(Op::constant)) return 8;
  if (e->is(Op::lt) || e->is(Op::eq))
    return is_index(e[0]) && is_index(e[1]) ? 32 : bits_of(e[0]->dtype);
  if (e->is(Op::cast)) return bits_of(kept(e[0]));
  for (size_t i = e->is(Op::where) ? 1 : 0; i < e->sources.size(); ++i) {
    if (varies(e[i])) return mask_bits(e[i]);
  }
  return mask_bits(e[0]);
}

DType KernelWriter::kept(Expr e) {
  if (is_bool(e->dtype)) return integer_type(mask_bits(e), true);
  return is_index(e) ? DType::i32 : computing(e->dtype);
}

bool KernelWriter::goes_lane_by_lane(Expr e) {
  if (e->is(Op::load)) return access(e->attr.ints[0], e->sources) == Access::other;
  if (e->is(Op::where) && varies(e[0])) return !(reads_safely(e[1]) && reads_safely(e[2]));
  return !is_index(e) && !has_vector_form(e);
}

Text KernelWriter::splat(const Text& t, DType element) const {
  if (t.vector) return t;
  return {fmt::format("{}({})", helper("SPLAT", element), t.text)};
}

Text KernelWriter::converted(const Text& t, DType from, DType to) const {
  if (const std::string function = byte_lanes(from, to); !function.empty())
    return {fmt::format("{}({})", function, t.text), kAtom, true};
  const std::string widens = is_float(to) ? byte_lanes(from, DType::i32) : "";
  Text result = widens.empty() ? t : Text{fmt::format("{}({})", widens, t.text), kAtom, true};
  if (!widens.empty()) from = DType::i32;
  while (from != to) {
    const DType next = next_type(from, to);
    const bool same = bits_of(next) == bits_of(from) && is_float(next) == is_float(from);
    result = same ? Text{reinterpreted(result, next), kUnary, true}
                  : Text{fmt::format("{}({})", helper("TO", next), result.text), kAtom, true};
    from = next;
  }
  return result;
}

/// The value of e in a vector of these elements: a bool as a mask, or as 0 and 1 in u8.
Text KernelWriter::vector_of(Expr e, DType element) {
  const Text t = value(e);
  const bool bytes = is_bool(e->dtype) && element == DType::u8;
  if (t.vector && bytes) {
    const Text mask = converted(converted(t, kept(e), DType::i8), DType::i8, DType::u8);
    return {fmt::format("{} & {}", factor(mask), splat({"1"}, element).text), kLogic, true};
  }
  if (t.vector) return converted(t, kept(e), element);
  if (!is_bool(e->dtype)) return splat(t, element);
  const char* yes = bytes ? "1" : "-1";
  if (e->is(Op::constant)) return splat({integer_of(e) != 0 ? yes : "0"}, element);
  return splat({fmt::format("{} ? {} : 0", parenthesised(t, kAtom), yes)}, element);
}

/// The same as something that can be named several times.
std::string KernelWriter::vector_name(Expr e, DType element) {
  const Text t = vector_of(e, element);
  const bool cheap =
      e->is(Op::constant) || (t.precedence == kAtom && t.text.find('(') == std::string::npos);
  return cheap ? t.text : temporary(vector_type(element), t.text);
}

/// Computes e for one lane after the other: from its operands' lanes, or from memory.
Text KernelWriter::lane_by_lane(Expr e) {
  const bool from_memory = e->is(Op::load) || e->is(Op::where) || is_index(e);
  std::vector<std::pair<Expr, std::string>> operands;
  for (Expr s : e->sources) {
    if (from_memory || !varies(s)) continue;
    operands.emplace_back(s, vector_name(s, kept(s)));
  }
  const std::string v = unique_identifier("v", taken_),
                    l = unique_identifier(lane_->attr.name, taken_);
  line(fmt::format("{} {} = {};", vector_type(kept(e)), v,  // else GCC warns of it
                   dialect_.gnu_vectors ? "{0}" : splat({"0"}, kept(e)).text));
  unroll(lanes_);
  line(fmt::format("for ({0} {1} = 0; {1} < {2}; ++{1}) {{", dialect_.index, l, lanes_));
  const auto outside = shared_;  // within this loop the lane is a plain variable
  std::erase_if(shared_, [](const auto& named) { return named.second.vector; });
  for (const auto& [s, name] : operands) {
    const std::string one = lane_text(kept(s), name, l);
    shared_[s] = is_bool(s->dtype) ? Text{one + " != 0", kCompare} : Text{one};
  }
  const Expr all = std::exchange(lane_, Expr{});
  ranges_[all] = l;
  const Text t = fresh_value(e);
  lane_ = all;
  const std::string to = dialect_.gnu_vectors
                             ? fmt::format("{}[{}]", v, l)
                             : fmt::format("{}({}, {})", helper("SET", kept(e)), v, l);
  line(fmt::format("{} = {}{};", to, is_bool(e->dtype) ? parenthesised(t, kAtom) : t.text,
                   is_bool(e->dtype) ? " ? -1 : 0" : ""));
  shared_ = outside;
  line("}");
  taken_.erase(l);
  return shared_[e] = {v, kAtom, true};
}

/// Is it 16 bytes of memory that lie side by side and are aligned?
bool KernelWriter::is_whole(int64_t buffer, const std::vector<Expr>& logical) {
  const Buffer& b = *buffers_.at(buffer);
  return dialect_.whole_vectors && !is_packed(b) && bits_of(b.dtype) * lanes_ == 128 &&
         b.space != Space::local && b.space != Space::reg &&
         runs_by(buffer, logical, lane_, lanes_);
}

Text KernelWriter::vector_load(Expr e) {
  const int64_t buffer = e->attr.ints[0];
  if (access(buffer, e->sources) == Access::vector_register)
    return {place(buffer, e->sources, true), kAtom, true};
  if (buffers_.at(buffer)->is_image()) return {texel(buffer, first_lane(e->sources)), kUnary, true};
  const DType element = is_bool(e->dtype) ? DType::u8 : e->dtype;
  const char* const at = is_whole(buffer, e->sources) ? "WHOLE" : "AT";
  const std::string all =
      fmt::format("{}({})", helper(at, element), place(buffer, first_lane(e->sources), false));
  if (!is_bool(e->dtype)) return {all, kUnary, true};
  return {fmt::format("{} != {}", all, splat({"0"}, element).text), kCompare, true};
}

/// A sum of the lane and of what is the same in all lanes.
Text KernelWriter::vector_index(Expr e) {
  const Affine sum = affine(e);
  for (const auto& [term, f] : sum.terms) {
    if (term != lane_ && varies(term)) return lane_by_lane(e);
  }
  const Text base = splat(index(simplify(first_lane({e})[0])), DType::i32);
  const int64_t step = sum.coefficient(lane_);
  const std::string times = step == 1 ? "" : fmt::format(" * {}", step);
  return {fmt::format("{} + ({}{})", base.text, helper("LANES", DType::i32), times), kSum, true};
}

/// Sums and products of signed integers go through the unsigned type, which wraps.
Text KernelWriter::vector_integer(Expr e) {
  if (const std::optional<Text> t = lane_product(e)) return *t;
  const DType wraps = integer_type(bits_of(e->dtype), false);
  const auto operand = [&](Expr s) {
    return factor(converted(vector_of(s, e->dtype), e->dtype, wraps));
  };
  const char* op = e->is(Op::add) ? "+" : e->is(Op::mul) ? "*" : "<<";
  const Text t{e->is(Op::neg)   ? "-" + operand(e[0])
               : e->is(Op::shl) ? fmt::format("{} << {}", operand(e[0]), integer_of(e[1]))
                                : fmt::format("{} {} {}", operand(e[0]), op, operand(e[1])),
               kLogic, true};
  return converted(t, wraps, e->dtype);
}

Text KernelWriter::vector_comparison(Expr e) {
  const DType element = is_index(e[0]) && is_index(e[1]) ? DType::i32 : e[0]->dtype;
  return {fmt::format("{} {} {}", factor(vector_of(e[0], element)),
                      e->is(Op::lt) ? "<" : "==", factor(vector_of(e[1], element))),
          kCompare, true};
}

Text KernelWriter::vector_extremum(Expr e) {
  const std::string left = vector_name(e[0], e->dtype), right = vector_name(e[1], e->dtype);
  return {fmt::format("{}({}, {})", helper(e->is(Op::max) ? "MAX" : "MIN", e->dtype), left, right),
          kUnary, true};
}

Text KernelWriter::vector_where(Expr e) {
  const DType element = kept(e);
  const Text c = varies(e[0]) ? vector_of(e[0], integer_type(bits_of(element), true)) : value(e[0]);
  const auto outside = shared_;
  const size_t before = out_.size();
  const Text a = vector_of(e[1], element), b = vector_of(e[2], element);
  if (c.vector)
    return {fmt::format("{}({}, {}, {})", helper("SELECT", element), c.text, a.text, b.text),
            kUnary, true};
  if (out_.size() == before)  // the casts drop `const`, which keeps GCC from seeing equal types
    return {fmt::format("{0} ? ({3}){1} : ({3}){2}", parenthesised(c, kAtom),
                        parenthesised(a, kAtom), parenthesised(b, kAtom), vector_type(element)),
            kTernary, true};
  out_.resize(before);  // each branch has statements of its own, to be skipped with it
  const std::string v = unique_identifier("v", taken_);
  line(fmt::format("{} {};", vector_type(element), v));
  line(fmt::format("if ({}) {{", c.text));
  for (const size_t branch : {size_t{1}, size_t{2}}) {
    shared_ = outside;
    line(fmt::format("{} = {};", v, vector_of(e[branch], element).text));
    line(branch == 1 ? "} else {" : "}");
  }
  shared_ = outside;
  return shared_[e] = {v, kAtom, true};
}

/// A function of C that changes a vector in place.
Text KernelWriter::vector_function(Expr e) {
  const std::string v = unique_identifier("v", taken_);
  line(fmt::format("{} {} = {};", vector_type(e->dtype), v, vector_of(e[0], e->dtype).text));
  line(fmt::format(
      "{}(&{});",
      names_.prefixed(fmt::format("f_{}_{}x{}", name_of(e->op), name_of(e->dtype), lanes_)), v));
  return shared_[e] = {v, kAtom, true};
}

Text KernelWriter::vector_cast(Expr e) {
  if (const std::optional<Text> t = scaled(e)) return *t;
  if (const std::optional<Text> t = nearest_bytes(e)) return *t;
  const DType from = kept(e[0]), to = kept(e);
  if (is_float(from) && is_integer(e->dtype) && e->is(Op::cast)) return saturated(e);
  const Text a = vector_of(e[0], from);
  if (e->is(Op::bitcast)) return {reinterpreted(a, to), kUnary, true};
  if (is_bool(e->dtype))
    return {fmt::format("{} != {}", factor(a), splat({"0"}, from).text), kCompare, true};
  if (is_bool(e[0]->dtype)) {
    const Text mask = converted(a, from, integer_type(bits_of(to), true));
    return {fmt::format("{}({}, {}, {})", helper("SELECT", to), mask.text, splat({"1"}, to).text,
                        splat({"0"}, to).text),
            kUnary, true};
  }
  return converted(a, from, to);
}

Text KernelWriter::saturated(Expr e) {
  const std::string x = vector_name(e[0], e[0]->dtype), v = unique_identifier("v", taken_);
  line(fmt::format("{} {};", vector_type(e->dtype), v));
  line(fmt::format("{}(&{}, &{});",
                   names_.prefixed(fmt::format("f_cast_{}_{}x{}", name_of(e[0]->dtype),
                                               name_of(e->dtype), lanes_)),
                   x, v));
  return shared_[e] = {v, kAtom, true};
}

/// The function that combines all lanes of a vector, if that is what e does; else empty.
Text KernelWriter::across_lanes(Expr e) {
  Expr first = e;
  while (first->op == e->op) first = first[0];
  if (first == e || !first->is(Op::load) || first->sources.empty()) return {"", kUnary};
  const auto found = vector_registers_.find(first->attr.ints[0]);
  if (found == vector_registers_.end()) return {"", kUnary};
  std::vector<Expr> lanes;
  for (int64_t l = 0; l < found->second; ++l) {
    std::vector<Expr> index = first->sources;
    index.back() = constant_int(*e->pool, DType::i64, l);
    lanes.push_back(e->pool->with_sources(first, index));
  }
  if (combined(e->op, lanes) != e) return {"", kUnary};
  const char* name = e->is(Op::add) ? "sum" : e->is(Op::mul) ? "product" : "largest";
  const std::string function = fmt::format("f_{}_{}x{}", name, name_of(e->dtype), found->second);
  return {fmt::format("{}(&{})", names_.prefixed(function),
                      place(first->attr.ints[0], first->sources, true)),
          kUnary};
}

Text KernelWriter::vector_operation(Expr e) {
  if (!varies(e)) {
    const Expr lane = std::exchange(lane_, Expr{});
    const Text t = value(e);
    lane_ = lane;
    return t;
  }
  if (is_index(e)) return vector_index(e);
  if (goes_lane_by_lane(e)) return lane_by_lane(e);
  switch (e->op) {
    case Op::load: return vector_load(e);
    case Op::lt:
    case Op::eq: return vector_comparison(e);
    case Op::max:
    case Op::min: return vector_extremum(e);
    case Op::where: return vector_where(e);
    case Op::cast:
    case Op::bitcast: return vector_cast(e);
    case Op::exp:
    case Op::log:
    case Op::sin:
    case Op::sqrt:
    case Op::trunc: return vector_function(e);
    case Op::shr:
      return {fmt::format("{} >> {}", factor(vector_of(e[0], e->dtype)), integer_of(e[1])), kLogic,
              true};
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor: {
      const DType element = kept(e);
      const char* op = e->is(Op::bit_and) ? "&" : e->is(Op::bit_or) ? "|" : "^";
      return {fmt::format("{} {} {}", factor(vector_of(e[0], element)), op,
                          factor(vector_of(e[1], element))),
              kLogic, true, op[0]};
    }
    default: return is_float(e->dtype) ? operation(e) : vector_integer(e);
  }
}

}  // namespace tinycc
