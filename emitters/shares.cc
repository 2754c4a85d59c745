// Kernels that threads share (ir/threads.h), as C: `part` of `parts` makes its share of the turns of
// each nest of thread loops; what is in none is for part 0.
//
//   const int32_t first = (36 * part) / parts;
//   const int32_t end = (36 * (part + 1)) / parts;
//   for (int32_t turn = first; turn < end; ++turn) {
//       const int32_t y = turn / 9;
//       const int32_t x = turn % 9;
//
// A work-item of a device makes one turn, the one of its number:
//
//   if (item < 36) {
//       const int32_t y = item / 9;
//       const int32_t x = item % 9;
//
// Of groups of items (ir/groups.h) each makes one turn of the group's loops, and its items share each nest
// of lanes:
//
//   const int32_t yo = group;
//   {
//       const int32_t yl = lane / 16;
//       const int32_t xl = lane % 16;
//       …
//   }
//   for (int32_t turn = lane; turn < 1024; turn += 256) {
//   __syncthreads();
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/threads.h"

namespace tinycc {

namespace {
constexpr int64_t kWarp = 32;
}

/// Whatever leads to thread loops; `splits_` is set.
void KernelWriter::write_shared(const StmtRef& s) {
  if (!has_threads(s)) return write_by_first({s});
  if (s->kind == StmtKind::loop)
    return s->loop == LoopKind::group    ? write_group(s)
           : s->loop != LoopKind::thread ? write_plain_loop(*s)
           : *dialect_.item != 0         ? write_item(s)
                                         : write_share(s);
  std::vector<StmtRef> serial;
  for (const StmtRef& part : s->body) {
    if (!has_threads(part)) {
      serial.push_back(part);
      continue;
    }
    write_by_first(std::exchange(serial, {}));
    write_shared(part);
  }
  write_by_first(serial);
}

void KernelWriter::write_by_first(const std::vector<StmtRef>& statements) {
  if (statements.empty()) return;
  line(*dialect_.item != 0 ? "if (item == 0) {" : "if (part == 0) {");
  write_unshared(seq(statements));
  line("}");
}

/// A block in which nothing is shared any more.
void KernelWriter::write_unshared(const StmtRef& s) {
  const std::set<std::string> outside = taken_;
  splits_ = false;
  write(s);
  splits_ = true;
  taken_ = outside;
}

namespace {

bool is_used(Expr range, const StmtRef& body) {
  bool found = false;
  walk(body, [&](const Stmt& s) {
    std::vector<Expr> roots = s.index;
    if (s.value) roots.push_back(s.value);
    if (s.range) roots.push_back(s.range);
    const std::vector<Expr> all = topological(roots);
    found = found || std::find(all.begin(), all.end(), range) != all.end();
  });
  return found;
}

}  // namespace

/// The loop variables of a nest as functions of the number of its turn; declares those that are used.
void KernelWriter::name_turns(const LoopNest& nest, const std::string& turn) {
  int64_t stride = nest.turns();
  const int64_t all_turns = stride;
  for (Expr r : nest.ranges) {
    if (!is_used(r, nest.body)) {
      stride /= extent_of(r);
      continue;
    }
    const std::string name = ranges_[r] = unique_identifier(r->attr.name, taken_);
    const bool outermost = stride == all_turns;
    stride /= extent_of(r);
    const std::string whole = stride == 1 ? turn : fmt::format("{} / {}", turn, stride);
    line(fmt::format("const {} {} = {};", dialect_.index, name,
                     outermost     ? whole
                     : stride == 1 ? fmt::format("{} % {}", turn, extent_of(r))
                                   : fmt::format("({}) % {}", whole, extent_of(r))));
  }
}

void KernelWriter::write_item(const StmtRef& s) {
  const LoopNest nest = shared_by(s);
  const std::set<std::string> outside = taken_;
  const bool single = nest.ranges.size() == 1;
  line(fmt::format("if (item < {}) {{",
                   single ? end_of(nest.ranges[0]) : std::to_string(nest.turns())));
  name_turns(nest, "item");
  write_unshared(nest.body);
  line("}");
  taken_ = outside;
}

void KernelWriter::write_group(const StmtRef& s) {
  const LoopNest nest = nest_of(s, LoopKind::group);
  const std::set<std::string> outside = taken_;
  const bool all = nest.turns() * kernel_.group >= kernel_.parts;
  if (!all) line(fmt::format("if (group < {}) {{", nest.turns()));
  name_turns(nest, "group");
  write_unshared(nest.body);
  if (!all) line("}");
  taken_ = outside;
}

/// Memory that the items of a group share is declared where the kernel begins.
void KernelWriter::write_group_head() {
  line(fmt::format("const {0} group = ({0}){1};", dialect_.index, dialect_.group));
  line(fmt::format("const {0} lane = ({0}){1};", dialect_.index, dialect_.lane));
  walk(body_, [&](const Stmt& s) {
    if (s.kind == StmtKind::alloc && s.buffer->space == Space::shared) write_alloc(*s.buffer, "");
  });
}

/// Does an element's place move with r one by one, from multiples of `count` on?
bool KernelWriter::runs_by(int64_t buffer, const std::vector<Expr>& logical, Expr r, int64_t count) {
  const std::vector<Expr> at = physical(buffer, logical);
  const Buffer& b = *buffers_.at(buffer);
  if (at.empty() || (at.size() > 1 && b.layout.extents(b.shape).back() % count != 0)) return false;
  for (size_t i = 0; i + 1 < at.size(); ++i) {
    if (contains(free_.of(at[i]), id_of(r))) return false;
  }
  const Affine last = affine(at.back());
  return last.constant % count == 0 && last.coefficient(r) == 1 &&
         std::all_of(last.terms.begin(), last.terms.end(), [&](const auto& term) {
           return term.first == r ||
                  (term.second % count == 0 && !contains(free_.of(term.first), id_of(r)));
         });
}

/// A copy to shared memory whose innermost loop takes 16 bytes at a time: the nest over these, else
/// nothing.
std::optional<LoopNest> KernelWriter::copied_by_16(const LoopNest& nest) {
  const Stmt& s = *nest.body;
  if (s.kind != StmtKind::store || s.buffer->space != Space::shared || !s.value->is(Op::load)) return {};
  const Expr r = nest.ranges.back();
  const int64_t from = s.value->attr.ints[0], count = 128 / bits_of(s.buffer->dtype);
  if (bits_of(s.buffer->dtype) < 8 || extent_of(r) % count != 0 || buffers_.at(from)->is_image()) return {};
  if (!runs_by(s.buffer->id, s.index, r, count) || !runs_by(from, s.value->sources, r, count)) return {};
  LoopNest by{nest};
  by.ranges.back() = range(*r->pool, extent_of(r) / count, r->attr.name);
  by.body = map_exprs(substitute(nest.body, {{r, by.ranges.back() * static_cast<double>(count)}}),
                      [](Expr e) { return simplify(e); });
  return by;
}

void KernelWriter::write_lanes(const StmtRef& s) {
  LoopNest nest = nest_of(s, LoopKind::lane);
  const std::optional<LoopNest> by_16 = copied_by_16(nest);
  if (by_16) nest = *by_16;
  const int64_t warp = has_matrices(nest.body) ? kWarp : 1;
  const int64_t turns = nest.turns(), items = kernel_.group / warp;
  const std::set<std::string> outside = taken_;
  if (turns <= items) {
    line(turns < items ? fmt::format("if (lane < {}) {{", turns * warp) : "{");
    name_turns(nest, warp > 1 ? fmt::format("(lane / {})", warp) : "lane");
  } else {
    unroll(std::min<int64_t>((turns + items - 1) / items, 8));
    const std::string turn = unique_identifier("turn", taken_);
    line(fmt::format("for ({0} {1} = lane; {1} < {2}; {1} += {3}) {{", dialect_.index, turn, turns,
                     items));
    name_turns(nest, turn);
  }
  if (by_16) {
    const Stmt& copy = *nest.body;
    line(fmt::format("{}(&{}, &{});", names_.prefixed("f_copy_16"),
                     place(copy.buffer->id, copy.index, false),
                     place(copy.value->attr.ints[0], copy.value->sources, false)));
  } else {
    write(nest.body);
  }
  line("}");
  taken_ = outside;
}

/// sum[16][8] += a[16][16] * b[8][16] by a warp, whose items hold four of the sums each.
void KernelWriter::write_matrix(const StmtRef& s) {
  const LoopNest nest = nest_of(s, LoopKind::matrix);
  if (nest.ranges.size() == 1) return write_plain_loop(*loop(s->range, s->body[0], LoopKind::unroll));
  const Stmt& product = *nest.body;
  const Expr zero = constant_int(*s->range->pool, DType::i64, 0);
  const auto operand = [&](Expr e) {
    const std::vector<Expr> nodes = topological({e});
    const Expr load = *std::find_if(nodes.begin(), nodes.end(), [](Expr n) { return n->is(Op::load); });
    std::vector<Expr> first = load->sources;
    for (Expr& i : first)
      i = simplify(substitute(i, {{nest.ranges[0], zero}, {nest.ranges[1], zero}, {nest.ranges[2], zero}}));
    return load->pool->make(Op::load, load->dtype, {}, first, load->attr);
  };
  const std::vector<Expr> first = topological({product.value[1][0]});
  const bool swapped = std::find(first.begin(), first.end(), nest.ranges[0]) == first.end();
  const Expr a = operand(product.value[1][swapped ? 1 : 0]),
             b = operand(product.value[1][swapped ? 0 : 1]);
  const auto address = [&](Expr load) { return "&" + place(load->attr.ints[0], load->sources, false); };
  const auto step = [&](Expr load) {
    const Buffer& of = *buffers_.at(load->attr.ints[0]);
    return of.layout.extents(of.shape).back();
  };
  std::vector<Expr> sums = product.index;
  sums.pop_back();
  std::string sum = elements_.at(product.buffer->id);
  for (Expr i : sums) sum += "[" + index(i).text + "]";
  line(fmt::format("{}({}, {}, {}, {}, {}, lane);",
                   names_.prefixed(fmt::format("f_matrix_{}", name_of(a->dtype))), sum, address(a),
                   step(a), address(b), step(b)));
}

void KernelWriter::write_share(const StmtRef& s) {
  const LoopNest nest = shared_by(s);
  const std::string first = unique_identifier("first", taken_);
  const std::string end = unique_identifier("end", taken_);
  const std::set<std::string> outside = taken_;
  const bool single = nest.ranges.size() == 1;
  const std::string turns = single ? end_of(nest.ranges[0]) : std::to_string(nest.turns());
  line(fmt::format("const {} {} = ({} * part) / parts;", dialect_.index, first, turns));
  line(fmt::format("const {} {} = ({} * (part + 1)) / parts;", dialect_.index, end, turns));
  const std::string turn = unique_identifier(single ? nest.ranges[0]->attr.name : "turn", taken_);
  if (single) ranges_[nest.ranges[0]] = turn;
  line(fmt::format("for ({0} {1} = {2}; {1} < {3}; ++{1}) {{", dialect_.index, turn, first, end));
  if (!single) name_turns(nest, turn);
  write_unshared(nest.body);
  line("}");
  taken_ = outside;
}

}  // namespace tinycc
