// Loops in GNU C vector types: which loops can be, which local arrays are arrays of vectors, and how
// the result is stored. See writer.h; what the lanes compute: vector_expression.cc.
#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/image.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kLeastLanes = 2;

}  // namespace

bool KernelWriter::varies(Expr e) { return lane_ && contains(free_.of(e), id_of(lane_)); }

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
  if (b.is_image()) return is_texel(b, logical, lane_) ? Access::contiguous : Access::other;
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

/// Is a load's index always within its buffer?
bool KernelWriter::lies_within(Expr load) {
  const Buffer& b = *buffers_.at(load->attr.ints[0]);
  const std::vector<Expr> at = physical(b.id, load->sources);
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  for (size_t i = 0; i < at.size(); ++i) {
    const Interval range = bounds(at[i]);
    if (range.low < 0 || range.high >= extents[i]) return false;
  }
  return true;
}

/// Do all reads of e lie within their buffers, whatever conditions say?
bool KernelWriter::reads_within(Expr e) {
  const std::vector<Expr> all = topological({e});
  return std::all_of(all.begin(), all.end(),
                     [&](Expr n) { return !n->is(Op::load) || lies_within(n); });
}

/// May every load in e be made, also where a condition that varies by lane does not want it? One
/// that is the same for all lanes stays a branch, and protects what it skips.
bool KernelWriter::reads_safely(Expr e) {
  if (e->is(Op::where) && !varies(e[0])) return reads_safely(e[0]);
  if (e->is(Op::load) && !lies_within(e)) return false;
  return std::all_of(e->sources.begin(), e->sources.end(), [&](Expr s) { return reads_safely(s); });
}

/// Is it an element of f16 or bf16 in memory, on its way to f32 lanes or from them? There are helpers for that
/// where vectors are not GNU C's.
bool KernelWriter::is_stored_half(Expr e, bool is_stored) const {
  if (!is_half(e->dtype) || dialect_.gnu_vectors) return false;
  if (e->is(Op::load)) return is_packed(*buffers_.at(e->attr.ints[0]));
  return is_stored && (e->is(Op::constant) || (e->is(Op::cast) && e[0]->dtype == DType::f32));
}

/// Does every value that varies by lane have a type that vectors are made of?
bool KernelWriter::has_types(Expr e) {
  for (Expr n : topological({e})) {
    if (is_stored_half(n, n == e)) continue;
    if (bits_of(n->dtype) < 8 || (is_float(n->dtype) && bits_of(n->dtype) < 32)) return false;
  }
  return true;
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
  const int64_t lanes = extent_of(loop.range);
  if (s.kind != StmtKind::store || !std::has_single_bit(static_cast<uint64_t>(lanes)) ||
      lanes < kLeastLanes || lanes > dialect_.most_lanes)
    return false;  // no such type
  const bool in_register = s.buffer->space == Space::reg;
  if (is_half(s.buffer->dtype) && !is_packed(*s.buffer)) return false;
  if (is_bool(s.buffer->dtype) && in_register) return false;
  lane_ = loop.range;
  lanes_ = lanes;
  const Access to = access(s.buffer->id, s.index);
  const bool ok = to != Access::invariant && (to != Access::other || !in_register) &&
                  has_types(s.value) && !goes_lane_by_lane(s.value) &&
                  (to != Access::other || walks_memory(s.value));
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
    walk(body_, [&](const Stmt& s) {
      if (s.kind != StmtKind::loop || s.loop != LoopKind::vector) return;
      const bool quads = s.body[0]->kind == StmtKind::loop;
      const Stmt& store = quads ? *s.body[0]->body[0] : *s.body[0];
      if (store.kind != StmtKind::store) return;
      const bool ok = quads ? quads_in(s).has_value() : vectorizable(s);
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

std::vector<Expr> KernelWriter::first_lane(std::vector<Expr> index) const {
  for (Expr& i : index) i = substitute(i, {{lane_, constant_int(*i->pool, DType::i64, 0)}});
  return index;
}

/// Stores the elements of a vector that do not lie side by side.
void KernelWriter::store_lanes(const Stmt& s, const Text& v) {
  const DType element = kept(s.value);
  const bool named =
      v.precedence == kAtom && (dialect_.gnu_vectors || v.text.find('(') == std::string::npos);
  const std::string all = named ? v.text : temporary(vector_type(element), v.text);
  const std::string l = ranges_[lane_] = unique_identifier(lane_->attr.name, taken_);
  line(fmt::format("for ({0} {1} = 0; {1} < {2}; ++{1}) {{", dialect_.index, l, lanes_));
  lane_ = {};
  const std::string one = lane_text(element, all, l);
  line(fmt::format(
      "{} = {}{};", place(s.buffer->id, s.index, false),
      is_packed(*s.buffer)
          ? fmt::format("{}({})",
                        names_.prefixed(fmt::format("f_narrow_{}", name_of(s.buffer->dtype))), one)
          : one,
      is_bool(s.value->dtype) ? " & 1" : ""));
  line("}");
}

/// A register that holds what was read from memory, and nothing else ever, is not read again.
void KernelWriter::keep(const Stmt& s, DType element) {
  if (!dialect_.gnu_vectors || !s.value->is(Op::load) || stores_.at(s.buffer->id) != 1 ||
      !varies(s.value))
    return;
  line(fmt::format("{}({});", helper("KEEP", element), place(s.buffer->id, s.index, true)));
}

void KernelWriter::write_vector_loop(const Stmt& loop, bool declares) {
  const Stmt& s = *loop.body[0];
  const DType element = is_bool(s.buffer->dtype) ? DType::u8 : s.buffer->dtype;
  lane_ = loop.range;
  lanes_ = extent_of(loop.range);
  find_shared({s.value});
  const Access to = access(s.buffer->id, s.index);
  const Expr old = load(*s.value->pool, *s.buffer, s.index);
  const bool sum = is_float(element) && s.value->is(Op::add) && s.value[0] == old &&
                   to == Access::vector_register;
  if (sum) uses_.erase(old);
  if (sum) {
    line(fmt::format("{} += {};", place(s.buffer->id, s.index, true), value(s.value[1]).text));
  } else if (to == Access::other) {
    store_lanes(s, value(s.value));
  } else {
    const std::string v = vector_of(s.value, computing(element)).text;
    if (s.buffer->is_image()) {
      line(fmt::format("write_imagef({}, {}, {});", elements_.at(s.buffer->id),
                       texel_place(s.buffer->id, first_lane(s.index)), v));
      lane_ = {};
      lanes_ = 0;
      return;
    }
    if (declares) elements_[s.buffer->id] = unique_identifier(s.buffer->name, taken_);
    const bool to_memory = !declares && to != Access::vector_register;
    if (to_memory && !dialect_.gnu_vectors) {
      const char* const put = is_whole(s.buffer->id, s.index) ? "PUT_WHOLE" : "PUT";
      line(fmt::format("{}({}, {});", helper(put, element),
                       place(s.buffer->id, first_lane(s.index), false), v));
      lane_ = {};
      lanes_ = 0;
      return;
    }
    const std::string target = declares ? vector_type(element) + " " + elements_[s.buffer->id]
                               : to == Access::vector_register
                                   ? place(s.buffer->id, s.index, true)
                                   : fmt::format("{}({})", helper("PUT", element),
                                                 place(s.buffer->id, first_lane(s.index), false));
    line(fmt::format("{} = {};", target, v));
    if (declares || to == Access::vector_register) keep(s, element);
  }
  lane_ = {};
  lanes_ = 0;
}

}  // namespace tinycc
