// Work-groups of a device as C (ir/groups.h): each makes one turn of the group's loops, and its items share
// each nest of lanes:
//
//   const int32_t yo = group;
//   {
//       const int32_t yl = lane / 16;
//       const int32_t xl = lane % 16;
//       …
//   }
//   for (int32_t turn = lane; turn < 1024; turn += 256) {
//   __syncthreads();
//
// Copies to shared memory take 16 bytes at a time where both places allow it; products of matrices are
// a warp's.
#include <algorithm>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/affine.h"
#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {

void KernelWriter::write_group(const StmtRef& s) {
  const LoopNest nest = nest_of(s, LoopKind::group);
  const std::set<std::string> outside = taken_;
  const bool all = s == body_ && nest.turns() * kernel_.group >= kernel_.parts;
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
bool KernelWriter::runs_by(int64_t buffer, const std::vector<Expr>& logical, Expr r,
                           int64_t count) {
  const std::vector<Expr> at = physical(buffer, logical);
  if (at.empty()) return false;
  const Buffer& b = *buffers_.at(buffer);
  const std::vector<int64_t> extents = b.layout.extents(b.shape);
  Expr place = at[0];
  for (size_t i = 1; i < at.size(); ++i) place = place * static_cast<double>(extents[i]) + at[i];
  const Affine sum = affine(simplify(place));
  return sum.constant % count == 0 && sum.coefficient(r) == 1 &&
         std::all_of(sum.terms.begin(), sum.terms.end(), [&](const auto& term) {
           return term.first == r ||
                  (term.second % count == 0 && !contains(free_.of(term.first), id_of(r)));
         });
}

/// Does the statement nothing but copy from memory to shared memory, on a device that can do so by itself?
bool KernelWriter::is_copy(const Stmt& s) const {
  return dialect_.whole_vectors && s.kind == StmtKind::store && s.buffer->space == Space::shared &&
         s.value->is(Op::load) && !buffers_.at(s.value->attr.ints[0])->is_image();
}

/// A copy to shared memory whose innermost loop takes so many bytes at a time: the nest over these, else
/// nothing.
std::optional<LoopNest> KernelWriter::copied_by(const LoopNest& nest, int64_t bytes) {
  const Stmt& s = *nest.body;
  if (!is_copy(s)) return {};
  const Expr r = nest.ranges.back();
  const int64_t from = s.value->attr.ints[0], count = bytes * 8 / bits_of(s.buffer->dtype);
  if (bits_of(s.buffer->dtype) < 8 || count < 2 || extent_of(r) % count != 0) return {};
  if (!runs_by(s.buffer->id, s.index, r, count) || !runs_by(from, s.value->sources, r, count))
    return {};
  LoopNest by{nest};
  by.ranges.back() = range(*r->pool, extent_of(r) / count, r->attr.name);
  by.body = map_exprs(substitute(nest.body, {{r, by.ranges.back() * static_cast<double>(count)}}),
                      [](Expr e) { return simplify(e); });
  return by;
}

void KernelWriter::write_lanes(const StmtRef& s) {
  LoopNest nest = nest_of(s, LoopKind::lane);
  const std::optional<LoopNest> by_16 = copied_by(nest, 16), by_4 = copied_by(nest, 4);
  const bool words = is_copy(*nest.body) && (by_4 || bits_of(nest.body->buffer->dtype) == 32);
  if (by_16 || by_4) nest = by_16 ? *by_16 : *by_4;
  const int64_t warp = has_matrices(nest.body) ? form_->items : 1;
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
  if (by_16 || words)
    write_copy(*nest.body, by_16 ? 16 : 4);
  else
    write(nest.body);
  line("}");
  taken_ = outside;
}

/// It may still be under way when the next statement starts; what waits for it is the barrier.
void KernelWriter::write_copy(const Stmt& s, int bytes) {
  copies_ = true;
  line(fmt::format("{}(&{}, &{});", names_.prefixed(fmt::format("f_copy_{}", bytes)),
                   place(s.buffer->id, s.index, false),
                   place(s.value->attr.ints[0], s.value->sources, false)));
}

void KernelWriter::write_barrier(int64_t outstanding) {
  if (copies_) line(fmt::format("{}({});", names_.macro("F_COPIED"), outstanding));
  line(dialect_.barrier);
}

/// All items come by here.
void KernelWriter::write_meeting(const Stmt& s) {
  const Stmt& sum = *s.body[0];
  const std::string helper =
      fmt::format("f_meet_{}_{}", name_of(sum.value->op), name_of(sum.buffer->dtype));
  line(fmt::format("{}({}, {}, lane);", names_.prefixed(helper), elements_.at(sum.buffer->id),
                   extent_of(s.range) + 1));
}

// ---- matrices

namespace {

bool occurs_in(Expr r, const std::vector<Expr>& roots) {
  return std::any_of(roots.begin(), roots.end(), [&](Expr root) { return occurs(r, root); });
}

/// Loops down to a product of matrices: those over its tiles, outermost first; nothing where there is
/// none, or a loop between that its sums do not move with.
std::optional<LoopNest> product_within(const StmtRef& loop) {
  LoopNest tiles{{}, loop};
  for (; tiles.body->kind == StmtKind::loop && tiles.body->loop != LoopKind::matrix;
       tiles.body = tiles.body->body[0])
    tiles.ranges.push_back(tiles.body->range);
  if (tiles.body->kind != StmtKind::loop) return {};
  const LoopNest matrix = nest_of(tiles.body, LoopKind::matrix);
  if (matrix.ranges.size() != 3) return {};
  const bool all = std::all_of(tiles.ranges.begin(), tiles.ranges.end(),
                               [&](Expr r) { return occurs_in(r, matrix.body->index); });
  return all ? std::optional(tiles) : std::nullopt;
}

}  // namespace

/// "[yo][xo]" of the ranges that occur in the roots.
std::string KernelWriter::tile_index(const std::vector<Expr>& tiles,
                                     const std::vector<Expr>& roots) {
  std::string text;
  for (Expr r : tiles) {
    if (occurs_in(r, roots)) text += "[" + ranges_.at(r) + "]";
  }
  return text;
}

/// Loops over those of the ranges that occur in the roots, around one line.
void KernelWriter::write_tiles(const std::vector<Expr>& tiles, const std::vector<Expr>& roots,
                               const std::function<std::string()>& text) {
  const std::set<std::string> outside = taken_;
  int depth = 0;
  for (Expr r : tiles) {
    if (!occurs_in(r, roots)) continue;
    const std::string name = ranges_[r] = unique_identifier(r->attr.name, taken_);
    unroll(extent_of(r));
    line(fmt::format("for ({0} {1} = 0; {1} < {2}; ++{1}) {{", dialect_.index, name, extent_of(r)));
    ++depth;
  }
  line(text());
  for (; depth > 0; --depth) line("}");
  taken_ = outside;
}

/// One operand of a product: all of its matrices as an array, which is declared and filled.
std::string KernelWriter::write_operand(const std::vector<Expr>& tiles, const LoopNest& matrix,
                                        Expr load, bool rows) {
  const Expr zero = constant_int(*load->pool, DType::i64, 0);
  std::vector<Expr> first = load->sources;
  for (Expr& i : first) {
    for (Expr r : matrix.ranges) i = substitute(i, {{r, zero}});
    i = simplify(i);
  }
  const Buffer& of = *buffers_.at(load->attr.ints[0]);
  const bool turned = !occurs_in(matrix.ranges[2], {load->sources.back()});
  const std::string type =
      names_.prefixed(fmt::format("f_{}_{}", rows ? "rows" : "columns", name_of(load->dtype)));
  const std::string name = unique_identifier(rows ? "rows" : "columns", taken_);
  std::string declared = type + " " + name;
  for (Expr r : tiles) {
    if (occurs_in(r, first)) declared += fmt::format("[{}]", extent_of(r));
  }
  const auto filled = [&](const std::string& target) {
    return fmt::format("{} = {}_{}(&{}, {}, lane);", target, type, turned ? "turned" : "at",
                       place(of.id, first, false), of.layout.extents(of.shape).back());
  };
  if (!declared.ends_with(']')) {
    line(filled(declared));
    return name;
  }
  line(declared + ";");
  write_tiles(tiles, first, [&] { return filled(name + tile_index(tiles, first)); });
  return name;
}

/// sums += rows * columns, for all matrices of a warp's tile, each of which is read once.
void KernelWriter::write_products(const LoopNest& tiles) {
  const LoopNest matrix = nest_of(tiles.body, LoopKind::matrix);
  const Stmt& product = *matrix.body;
  Expr rows, columns;
  for (Expr e : topological({product.value[1]})) {
    if (e->is(Op::load)) (occurs_in(matrix.ranges[0], e->sources) ? rows : columns) = e;
  }
  const std::set<std::string> outside = taken_;
  line("{");
  const std::string left = write_operand(tiles.ranges, matrix, rows, true),
                    right = write_operand(tiles.ranges, matrix, columns, false);
  write_tiles(tiles.ranges, product.index, [&] {
    std::string sum = elements_.at(product.buffer->id);
    for (size_t d = 0; d + 1 < product.index.size(); ++d)
      sum += "[" + index(product.index[d]).text + "]";
    return fmt::format("{}({}, {}{}, {}{}, lane);",
                       names_.prefixed(fmt::format("f_multiply_{}", name_of(rows->dtype))), sum,
                       left, tile_index(tiles.ranges, rows->sources), right,
                       tile_index(tiles.ranges, columns->sources));
  });
  line("}");
  taken_ = outside;
}

bool KernelWriter::write_matrices(const StmtRef& s) {
  if (s->loop == LoopKind::matrix && s->body[0]->kind != StmtKind::loop) {
    write_plain_loop(*loop(s->range, s->body[0], LoopKind::unroll));
    return true;
  }
  const std::optional<LoopNest> tiles = product_within(s);
  if (tiles) write_products(*tiles);
  return tiles.has_value();
}

}  // namespace tinycc
