// The body of a vector loop in GNU C vector types, all lanes at once; see writer.h. Values that do
// not depend on the lane stay scalars, which the vector operators spread by themselves.
#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {

std::string KernelWriter::vector_type(DType dtype) const {
  return names_.prefixed(fmt::format("f_{}x{}", is_bool(dtype) ? "i32" : name_of(dtype), lanes_));
}

bool KernelWriter::varies(Expr e) {
  for (Expr n : topological({e})) {
    if (n == lane_) return true;
  }
  return false;
}

/// How an element is reached by all lanes at once.
KernelWriter::Access KernelWriter::access(int64_t buffer, const std::vector<Expr>& logical) {
  bool any = false;
  for (Expr i : logical) any |= varies(i);
  if (!any) return Access::invariant;
  const Buffer& b = *buffers_.at(buffer);
  if (b.space == Space::reg) {
    for (size_t i = 0; i + 1 < logical.size(); ++i) {
      if (varies(logical[i])) return Access::other;
    }
    if (logical.back() != lane_ || b.shape.back() != lanes_) return Access::other;
    return finding_ || vector_registers_.count(buffer) != 0 ? Access::vector_register
                                                            : Access::contiguous;
  }
  std::vector<Expr> at = physical(buffer, logical);
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  size_t last = at.size();
  while (last > 1 && extents[last - 1] == 1) --last;  // axes of extent 1 do not separate elements
  for (size_t i = 0; i < at.size(); ++i) {
    if (i + 1 != last && varies(at[i])) return Access::other;
  }
  const Affine place = affine(at[last - 1]);
  for (const auto& [term, factor] : place.terms) {
    if (term == lane_ ? factor != 1 : varies(term)) return Access::other;
  }
  return Access::contiguous;
}

/// May every load in e be made, also where a condition that varies by lane does not want it? One
/// that is the same for all lanes stays a branch, and protects what it skips.
bool KernelWriter::reads_safely(Expr e) {
  if (e->is(Op::where) && !varies(e[0])) return reads_safely(e[0]);
  if (e->is(Op::load)) {
    const Buffer& b = *buffers_.at(e->attr.ints[0]);
    const std::vector<Expr> at = physical(b.id, e->sources);
    const std::vector<int64_t> extents = b.layout.extents(b.shape);
    for (size_t i = 0; i < at.size(); ++i) {
      const Interval range = bounds(at[i]);
      if (range.low < 0 || range.high >= extents[i]) return false;
    }
  }
  return std::all_of(e->sources.begin(), e->sources.end(), [&](Expr s) { return reads_safely(s); });
}

/// Can this value be computed in vector types?
bool KernelWriter::vector_ok(Expr e) {
  if (!varies(e)) return e->dtype == DType::f32 || is_bool(e->dtype);
  switch (e->op) {
    case Op::load: return e->dtype == DType::f32;
    case Op::lt:
    case Op::eq:
      if (e[0]->dtype != DType::f32) return false;
      break;
    case Op::where:
      if (varies(e[0]) && !(reads_safely(e[1]) && reads_safely(e[2]))) return false;
      break;
    case Op::add:
    case Op::mul:
    case Op::div:
    case Op::neg:
    case Op::exp:
    case Op::max:
    case Op::min:
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor: break;
    default: return false;
  }
  if (e->dtype != DType::f32 && !is_bool(e->dtype)) return false;
  return std::all_of(e->sources.begin(), e->sources.end(), [&](Expr s) { return vector_ok(s); });
}

/// Does any load move with the lane in steps of one element?
bool KernelWriter::walks_memory(Expr e) {
  for (Expr n : topological({e})) {
    if (!n->is(Op::load)) continue;
    const Access a = access(n->attr.ints[0], n->sources);
    if (a == Access::contiguous || a == Access::vector_register) return true;
  }
  return false;
}

bool KernelWriter::vectorizable(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  if (s.kind != StmtKind::store || s.buffer->dtype != DType::f32) return false;
  if (!std::has_single_bit(static_cast<uint64_t>(extent_of(loop.range))))
    return false;  // no such type
  lane_ = loop.range;
  lanes_ = extent_of(loop.range);
  const Access to = access(s.buffer->id, s.index);
  bool ok = to != Access::invariant && (to != Access::other || s.buffer->space != Space::reg) &&
            vector_ok(s.value);
  if (to == Access::other) ok = ok && walks_memory(s.value);
  lane_ = {};
  return ok;
}

/// A reg buffer is made of vectors if its last index is the lane in every vector loop.
void KernelWriter::find_vector_registers() {
  std::set<int64_t> spoilt;
  finding_ = true;
  for (size_t before = 1, now = 0; before != now;) {  // until nothing more is spoilt
    before = spoilt.size();
    vector_registers_.clear();
    walk(kernel_.body, [&](const Stmt& s) {
      if (s.kind != StmtKind::loop || s.loop != LoopKind::vector ||
          s.body[0]->kind != StmtKind::store)
        return;
      const bool ok = vectorizable(s);
      const Stmt& store = *s.body[0];
      const auto note = [&](int64_t buffer, const std::vector<Expr>& at) {
        if (buffers_.at(buffer)->space != Space::reg) return;
        lane_ = s.range;
        lanes_ = extent_of(s.range);
        const Access a = access(buffer, at);
        lane_ = {};
        if (a == Access::vector_register && ok)
          vector_registers_.emplace(buffer, lanes_);
        else if (a != Access::invariant)
          spoilt.insert(buffer);
      };
      note(store.buffer->id, store.index);
      for (Expr n : topological({store.value})) {
        if (n->is(Op::load)) note(n->attr.ints[0], n->sources);
      }
    });
    for (const int64_t id : spoilt) vector_registers_.erase(id);
    now = spoilt.size();
  }
  finding_ = false;
}

Text KernelWriter::splat(const Text& t, DType dtype) {
  if (t.vector) return t;
  return call(
      names_.macro(fmt::format("F_SPLAT_{}x{}", is_bool(dtype) ? "i32" : name_of(dtype), lanes_)),
      {t.text});
}

/// A vector of elements that lie apart, lane by lane.
Text KernelWriter::filled(Expr e) {
  const std::string name = unique_identifier("v", taken_),
                    lane = unique_identifier(lane_->attr.name, taken_);
  ranges_[lane_] = lane;
  line(fmt::format("{} {};", vector_type(e->dtype), name));
  line(fmt::format("for ({0} {1} = 0; {1} < {2}; ++{1}) {{", dialect_.index, lane, lanes_));
  const Expr all = std::exchange(lane_, Expr{});  // within this loop the lane is a plain variable
  line(fmt::format("{}[{}] = {};", name, lane, place(e->attr.ints[0], e->sources, false)));
  lane_ = all;
  line("}");
  taken_.erase(lane);
  return shared_[e] = {name, kAtom, true};
}

Text KernelWriter::vector_operation(Expr e) {
  if (!varies(e)) {
    const Expr lane = std::exchange(lane_, Expr{});
    const Text t = value(e);
    lane_ = lane;
    return t;
  }
  const std::string suffix = fmt::format("{}x{}", "f32", lanes_);
  switch (e->op) {
    case Op::load: {
      if (access(e->attr.ints[0], e->sources) == Access::vector_register) {
        return {place(e->attr.ints[0], e->sources, true), kAtom, true};
      }
      if (access(e->attr.ints[0], e->sources) == Access::other) return filled(e);
      const std::string first =
          place(e->attr.ints[0],
                substitute(e, {{lane_, constant_int(*e->pool, DType::i64, 0)}})->sources, false);
      return {fmt::format("{}({})", names_.macro("F_AT_" + suffix), first), kUnary, true};
    }
    case Op::max:
    case Op::min: {
      const Text a = splat(value(e[0]), e->dtype), b = splat(value(e[1]), e->dtype);
      // The macro names each operand more than once.
      const auto atom = [&](const Text& t, Expr operand) {
        const bool cheap = operand->is(Op::constant) ||
                           (t.precedence == kAtom && t.text.find('(') == std::string::npos);
        return cheap ? t.text : temporary(vector_type(e->dtype), t.text);
      };
      const std::string left = atom(a, e[0]), right = atom(b, e[1]);
      return {
          fmt::format("{}({}, {})",
                      names_.macro(fmt::format("F_{}_{}", e->is(Op::max) ? "MAX" : "MIN", suffix)),
                      left, right),
          kUnary, true};
    }
    case Op::where: {
      const Text c = value(e[0]);
      if (!c.vector) {
        const Text a = splat(value(e[1]), e->dtype), b = splat(value(e[2]), e->dtype);
        // The casts drop `const`, which keeps GCC from seeing equal types.
        return {
            fmt::format("{0} ? ({3}){1} : ({3}){2}", parenthesised(c, kAtom),
                        parenthesised(a, kAtom), parenthesised(b, kAtom), vector_type(e->dtype)),
            kTernary, true};
      }
      const Text a = splat(value(e[1]), e->dtype), b = splat(value(e[2]), e->dtype);
      return {
          fmt::format("{}({}, {}, {})", names_.macro("F_SELECT_" + suffix), c.text, a.text, b.text),
          kUnary, true};
    }
    case Op::exp: {
      const std::string name = unique_identifier("v", taken_);
      line(fmt::format("{} {} = {};", vector_type(e->dtype), name,
                       splat(value(e[0]), e->dtype).text));
      line(fmt::format("{}(&{});", names_.prefixed("f_exp_" + suffix), name));
      return shared_[e] = {name, kAtom, true};
    }
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor: {
      const Text a = splat(value(e[0]), e->dtype), b = splat(value(e[1]), e->dtype);
      const char* op = e->is(Op::bit_and) ? "&" : e->is(Op::bit_or) ? "|" : "^";
      return {fmt::format("{} {} {}", parenthesised(a, kUnary), op, parenthesised(b, kUnary)),
              kLogic, true, op[0]};
    }
    default: {
      Text t = operation(e);
      t.vector = true;
      return t;
    }
  }
}

/// A register that holds what was read from memory, and nothing else ever, is not read again.
void KernelWriter::keep(const Stmt& s) {
  if (!s.value->is(Op::load) || stores_.at(s.buffer->id) != 1 || !varies(s.value)) return;
  line(fmt::format("{}({});", names_.macro(fmt::format("F_KEEP_f32x{}", lanes_)),
                   place(s.buffer->id, s.index, true)));
}

void KernelWriter::write_vector_loop(const Stmt& loop, bool declares) {
  const Stmt& s = *loop.body[0];
  lane_ = loop.range;
  lanes_ = extent_of(loop.range);
  find_shared({s.value});
  const Access to = access(s.buffer->id, s.index);
  const Expr old = load(*s.value->pool, *s.buffer, s.index);
  const bool sum = s.value->is(Op::add) && s.value[0] == old && to == Access::vector_register;
  if (sum) uses_.erase(old);
  Text v = value(sum ? s.value[1] : s.value);
  if (!v.vector && !sum) v = splat(v, s.value->dtype);
  const auto first = [&] {
    std::vector<Expr> at;
    for (Expr i : s.index)
      at.push_back(substitute(i, {{lane_, constant_int(*i->pool, DType::i64, 0)}}));
    return at;
  };
  if (declares) {
    elements_[s.buffer->id] = unique_identifier(s.buffer->name, taken_);
    line(fmt::format("{} {} = {};", vector_type(s.buffer->dtype), elements_[s.buffer->id], v.text));
    keep(s);
  } else if (to == Access::vector_register) {
    line(fmt::format("{} {} {};", place(s.buffer->id, s.index, true), sum ? "+=" : "=", v.text));
    keep(s);
  } else if (to == Access::contiguous) {
    line(fmt::format("{}({}) = {};", names_.macro(fmt::format("F_PUT_f32x{}", lanes_)),
                     place(s.buffer->id, first(), false), v.text));
  } else {  // lane by lane
    const std::string all =
        v.precedence == kAtom ? v.text : temporary(vector_type(s.value->dtype), v.text);
    const std::string l = unique_identifier(lane_->attr.name, taken_);
    ranges_[lane_] = l;
    line(fmt::format("for ({0} {1} = 0; {1} < {2}; ++{1}) {{", dialect_.index, l, lanes_));
    lane_ = {};
    line(fmt::format("{} = {}[{}];", place(s.buffer->id, s.index, false), all, l));
    line("}");
  }
  lane_ = {};
  lanes_ = 0;
}

}  // namespace tinycc
