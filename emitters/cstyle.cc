// Statements as C; see writer.h.
#include "emitters/cstyle.h"

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/image.h"

namespace tinycc {

KernelWriter::KernelWriter(const Names& names, size_t kernel)
    : names_(names),
      kernel_(names.program().kernels[kernel]),
      form_(matrix_form(names.program().target.matrix)),
      lane_number_(kernel_.group > 0 ? range(*names.program().pool, kernel_.group, "lane")
                                     : Expr()),
      body_(kernel_.group > 0 ? as_item(kernel_.body, lane_number_, form_) : kernel_.body),
      dialect_(dialect_of(names.program().target)),
      splits_(kernel_.parts > 1) {
  const std::vector<ParameterNames>& parameters = names.parameters(kernel);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const BufferRef& b = kernel_.parameters[i];
    buffers_[b->id] = b;
    elements_[b->id] = parameters[i].element;
    if (!parameters[i].name.empty()) taken_.insert(parameters[i].name);
  }
  for (Expr r : names.free_ranges(kernel)) taken_.insert(ranges_[r] = names.range_name(kernel, r));
  taken_.insert(names.prefix());
  if (splits_) taken_.insert({"part", "parts", "item"});
  if (kernel_.group > 0) taken_.insert({"group", ranges_[lane_number_] = "lane"});
}

std::string KernelWriter::body() {
  walk(body_, [&](const Stmt& s) {
    if (s.kind == StmtKind::alloc) buffers_[s.buffer->id] = s.buffer;
    if (s.kind == StmtKind::store) ++stores_[s.buffer->id];
  });
  find_row_pairs();
  if (dialect_.vectors) find_vector_registers();
  find_sums();
  const bool groups_only = body_->kind == StmtKind::loop && body_->loop == LoopKind::group;
  if (splits_ && *dialect_.item != 0 && !groups_only)
    line(fmt::format("const {0} item = ({0}){1};", dialect_.index, dialect_.item));
  if (kernel_.group > 0) write_group_head();
  write(body_);
  return "{\n" + out_ + "}\n";
}

void KernelWriter::line(const std::string& text) { out_ += text + "\n"; }

void KernelWriter::write(const StmtRef& s) {
  if (splits_) return write_shared(s);
  switch (s->kind) {
    case StmtKind::seq: return write_seq(*s);
    case StmtKind::loop: return write_loop(s);
    case StmtKind::alloc:
      if (s->buffer->space != Space::shared) write_alloc(*s->buffer, "");
      return;
    case StmtKind::store: return write_store(*s);
    case StmtKind::barrier: return write_barrier(s->outstanding);
  }
}

/// A scalar is declared where it gets its first value.
void KernelWriter::write_seq(const Stmt& s) {
  for (size_t i = 0; i < s.body.size(); ++i) {
    const Stmt& now = *s.body[i];
    const Stmt* next = i + 1 < s.body.size() ? s.body[i + 1].get() : nullptr;
    const bool merges = now.kind == StmtKind::alloc && now.buffer->shape.empty() &&
                        next != nullptr && next->kind == StmtKind::store &&
                        next->buffer->id == now.buffer->id;
    if (now.kind == StmtKind::alloc && next != nullptr && starts_vector(now.buffer->id, *next)) {
      write_vector_loop(*next, true);
      ++i;
      continue;
    }
    if (!merges) {
      write_exchange(now);
      write(s.body[i]);
      write_exchange(now);
      continue;
    }
    find_shared({next->value});
    write_alloc(*now.buffer, value(next->value).text);
    ++i;
  }
}

/// Is `s` the vector loop that gives the single vector `buffer` its first value?
bool KernelWriter::starts_vector(int64_t buffer, const Stmt& s) const {
  return s.kind == StmtKind::loop && s.loop == LoopKind::vector &&
         s.body[0]->kind == StmtKind::store && s.body[0]->buffer->id == buffer &&
         s.body[0]->buffer->shape.size() == 1 && vector_registers_.count(buffer) != 0;
}

void KernelWriter::write_alloc(const Buffer& b, const std::string& initial) {
  elements_[b.id] = unique_identifier(b.name, taken_);
  const bool shared = b.space == Space::shared;
  const auto vector = vector_registers_.find(b.id);
  std::string text =
      vector == vector_registers_.end()
          ? shared ? dialect_.shared + std::string(c_type(b.dtype)) : scalar_type(b.dtype)
          : names_.prefixed(fmt::format("f_{}x{}", name_of(b.dtype), vector->second));
  text += " " + elements_.at(b.id);
  std::vector<int64_t> extents = b.layout.extents(b.shape);
  if (vector != vector_registers_.end()) extents.pop_back();
  for (const int64_t e : extents) text += fmt::format("[{}]", e);
  if (shared &&
      extents.empty()) {  // an item that is not the one to write it would seem not to set it
    text += "[1]";
    elements_[b.id] += "[0]";
  }
  const int64_t vector_bytes = names_.program().target.vector_bytes;
  if (dialect_.vectors && dialect_.gnu_vectors && b.space == Space::local && vector_bytes >= 16 &&
      b.bytes() >= 64)
    text += fmt::format(" __attribute__((aligned({})))", vector_bytes);  // no vector in two lines
  line(text + (initial.empty() ? ";" : " = " + initial + ";"));
}

void KernelWriter::write_loop(const StmtRef& s) {
  if (s->loop == LoopKind::lane) return write_lanes(s);
  if (s->loop == LoopKind::meet) return write_meeting(*s);
  if (kernel_.group > 0 && write_matrices(s)) return;
  if ((s->loop == LoopKind::vector || s->loop == LoopKind::unroll) && write_quads(*s)) return;
  if (s->loop == LoopKind::vector && dialect_.vectors && vectorizable(*s))
    return write_vector_loop(*s, false);
  if (s->loop == LoopKind::idiom && write_idiom(*s)) return;
  if (s->body[0]->kind == StmtKind::store && s->body[0]->buffer->is_image()) return write_texel(*s);
  write_plain_loop(*s);
}

/// A texel whose elements are computed one by one.
void KernelWriter::write_texel(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  const std::set<std::string> outside = taken_;
  const std::string all = unique_identifier("texel", taken_),
                    name = ranges_[loop.range] = unique_identifier(loop.range->attr.name, taken_);
  line(fmt::format("{} {};", names_.prefixed("f_f32x4"), all));
  line(fmt::format("for ({0} {1} = 0; {1} < {2}; ++{1}) {{", dialect_.index, name, kTexel));
  find_shared({s.value});
  line(
      fmt::format("{}({}, {}) = {};", names_.macro("F_SET_f32x4"), all, name, value(s.value).text));
  line("}");
  lane_ = loop.range;
  const std::vector<Expr> first = first_lane(s.index);
  lane_ = {};
  line(fmt::format("write_imagef({}, {}, {});", elements_.at(s.buffer->id),
                   texel_place(s.buffer->id, first), all));
  taken_ = outside;
}

/// How many turns a loop over `range` makes.
std::string KernelWriter::end_of(Expr range) {
  return range->sources.empty() ? std::to_string(extent_of(range))
                                : parenthesised(index(range[0]), kAtom);
}

namespace {

/// Minima and maxima over this range alone, in an index. What a load gives may change in the loop.
std::vector<Expr> clamps_in(Expr index, Expr range) {
  std::vector<Expr> found;
  for (Expr e : topological({index})) {
    if (!e->is(Op::min) && !e->is(Op::max)) continue;
    const std::vector<Expr> parts = topological({e});
    const auto is_leaf = [](Expr n) { return n->sources.empty() && !n->is(Op::constant); };
    const auto is_other = [&](Expr n) { return n->is(Op::load) || (is_leaf(n) && n != range); };
    if (std::none_of(parts.begin(), parts.end(), is_other)) found.push_back(e);
  }
  return found;
}

/// What a statement reads and writes: buffer and index.
std::vector<std::pair<int64_t, std::vector<Expr>>> accesses(const Stmt& s) {
  std::vector<std::pair<int64_t, std::vector<Expr>>> all;
  if (s.kind != StmtKind::store) return all;
  all.emplace_back(s.buffer->id, s.index);
  for (Expr e : topological({s.value}))
    if (e->is(Op::load)) all.emplace_back(e->attr.ints[0], e->sources);
  return all;
}

}  // namespace

/// The last of the tiles that do not divide a loop starts earlier, min(yo * 4, 10). Where several
/// indices say so that start gets a name.
void KernelWriter::name_starts(const Stmt& loop) {
  std::map<Expr, int, ById> uses;
  walk(loop.body[0], [&](const Stmt& s) {
    for (const auto& [buffer, logical] : accesses(s)) {
      const auto clamps = [&](Expr i) { return !clamps_in(i, loop.range).empty(); };
      if (std::none_of(logical.begin(), logical.end(), clamps)) continue;
      for (Expr i : physical(buffer, logical))
        for (Expr e : clamps_in(i, loop.range)) ++uses[e];
    }
  });
  std::string name = loop.range->attr.name;
  if (name.ends_with('o')) name.pop_back();
  for (const auto& [e, count] : uses) {
    if (count < 2) continue;
    const std::string text = index(e).text;
    starts_[e] = unique_identifier(name + "0", taken_);
    line(fmt::format("const {} {} = {};", dialect_.index, starts_[e], text));
  }
}

/// Asks for the next loop to be unrolled.
void KernelWriter::unroll(int64_t extent) {
  if (*dialect_.unroll != 0) out_ += fmt::format(fmt::runtime(dialect_.unroll), extent) + "\n";
}

/// The same, as a constant before the loop where it depends on other loops.
std::string KernelWriter::named_end_of(Expr range) {
  const auto is_counter = [&](Expr e) {
    const std::vector<ProgramDim>& dims = names_.program().dims;
    return e->is(Op::range) && std::none_of(dims.begin(), dims.end(),
                                            [&](const ProgramDim& d) { return d.range == e; });
  };
  const std::vector<Expr> parts = topological(range->sources);
  const std::string end = end_of(range);
  if (std::none_of(parts.begin(), parts.end(), is_counter)) return end;
  const std::string name = unique_identifier(range->attr.name + "_end", taken_);
  line(fmt::format("const {} {} = {};", dialect_.index, name, end));
  return name;
}

namespace {

/// Does the loop fill an array that the kernel declares?
bool fills_local(const Stmt& s) {
  const Stmt& store = *s.body[0];
  return store.kind == StmtKind::store && !store.buffer->shape.empty() &&
         (store.buffer->space == Space::reg || store.buffer->space == Space::local);
}

}  // namespace

/// How many turns of a loop its compiler is told to write out; 0: it is told nothing.
int64_t KernelWriter::unrolled_turns(const Stmt& s) const {
  const int64_t extent = extent_of(s.range), most = dialect_.most_unrolled;
  if (s.loop == LoopKind::unroll) return extent;
  const bool innermost =
      !has_loop(s.body[0], LoopKind::lane) && !has_loop(s.body[0], LoopKind::serial);
  const bool too_long = kernel_.group > 0 && most > 0 && extent > most;
  return too_long && s.loop == LoopKind::serial && innermost ? most / 2 : 0;
}

void KernelWriter::write_plain_loop(const Stmt& s) {
  const std::string end = named_end_of(s.range);
  if (names_.program().target.provable && fills_local(s))  // else the array seems partly unset
    line(fmt::format("/*@ loop unroll {}; */", extent_of(s.range)));
  const std::set<std::string> outside = taken_;  // names end with their block
  const std::string name = ranges_[s.range] = unique_identifier(s.range->attr.name, taken_);
  const bool by_twos = is_row_pairs(s);
  if (const int64_t turns = unrolled_turns(s) / (by_twos ? 2 : 1); turns > 1) unroll(turns);
  added_.clear();
  line(fmt::format("for ({0} {1} = 0; {1} < {2}; {3}) {{", dialect_.index, name, end,
                   by_twos ? name + " += 2" : "++" + name));
  const auto starts = starts_;
  const auto rows = rows_;
  name_starts(s);
  write(s.body[0]);
  added_.clear();
  line("}");
  starts_ = starts;
  rows_ = rows;
  taken_ = outside;
}

void KernelWriter::write_store(const Stmt& s) {
  std::vector<Expr> roots{s.value};
  roots.insert(roots.end(), s.index.begin(), s.index.end());
  find_shared(roots);
  const std::string target = place(s.buffer->id, s.index, false);
  // sum = sum + x is an accumulation
  const Expr old = load(*s.value->pool, *s.buffer, s.index);
  const bool packed = is_packed(*buffers_.at(s.buffer->id));
  if (packed && s.value->is(Op::load) && is_packed(*buffers_.at(s.value->attr.ints[0])))
    return line(
        fmt::format("{} = {};", target, place(s.value->attr.ints[0], s.value->sources, false)));
  if (s.value->is(Op::add) && is_float(s.value->dtype) && !is_narrow(s.value->dtype) &&
      s.value[0] == old) {
    uses_.erase(old);
    return line(fmt::format("{} += {};", target, value(s.value[1]).text));
  }
  const Text v = value(s.value);
  if (packed)
    return line(fmt::format("{} = {}({});", target,
                            names_.prefixed(fmt::format("f_narrow_{}", name_of(s.buffer->dtype))),
                            v.text));
  if (is_bool(s.value->dtype) && !s.value->is(Op::constant))
    return line(fmt::format("{} = (uint8_t)({} ? 1 : 0);", target, parenthesised(v, kAtom)));
  line(fmt::format("{} = {};", target, v.text));
}

namespace {

bool guards_loads(const StmtRef& body) {
  bool found = false;
  walk(body, [&](const Stmt& s) {
    if (s.kind != StmtKind::store) return;
    for (Expr e : topological({s.value})) {
      if (!e->is(Op::where)) continue;
      for (Expr n : topological({e[1], e[2]})) found |= n->is(Op::load);
    }
  });
  return found;
}

}  // namespace

KernelText emit_kernel(const Names& names, size_t kernel) {
  const StmtRef& body = names.program().kernels[kernel].body;
  return {KernelWriter(names, kernel).body(), "", guards_loads(body)};
}

}  // namespace tinycc
