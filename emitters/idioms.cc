// Sums of products of bytes as calls of helpers, whose bodies are the instructions that the compiler
// has for them, and else a loop; see writer.h.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "emitters/helpers.h"
#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/idiom.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

/// Does a + zero fit 16 bits, and its sum with another?
bool fits_16(const ByteProduct& p) { return std::abs(p.zero) <= UINT8_MAX; }

/// What sums start with, if it is loaded and no number.
std::vector<Expr> started_from(const Stmt& start) {
  return start.value->is(Op::load) ? std::vector{start.value} : std::vector<Expr>();
}

}  // namespace

/// Of i8(max(min(x, 127), -128)), with the limits of that type, where the CPU may have it: x.
Expr KernelWriter::saturating(Expr cast) const {
  const Expr max = cast[0];
  const bool fits = names_.program().target.dot != Dot::none && !lane_ && cast->is(Op::cast) &&
                    max->is(Op::max) && max->dtype == DType::i32 && max[0]->is(Op::min) &&
                    bits_of(cast->dtype) == 8 && is_integer(cast->dtype);
  if (!fits || !max[1]->is(Op::constant) || !max[0][1]->is(Op::constant)) return {};
  const int64_t least = kind_of(cast->dtype) == DKind::unsigned_int ? 0 : INT8_MIN;
  const bool whole = integer_of(max[1]) == least && integer_of(max[0][1]) == least + UINT8_MAX;
  return whole ? max[0][0] : Expr();
}

/// An idiom's loop as calls; false where its operands lie otherwise than the helpers want.
bool KernelWriter::write_idiom(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  const auto product = byte_product(added_to(s));
  if (!product) return starts_sums(s) ? write_start(loop) : write_scaling(loop);
  lane_ = loop.range;
  lanes_ = extent_of(loop.range);
  const Access sum = access(s.buffer->id, s.index),
               a = access(product->a->attr.ints[0], product->a->sources),
               b = access(product->b->attr.ints[0], product->b->sources);
  lane_ = {};
  lanes_ = 0;
  if (b != Access::contiguous) return false;
  if (sum == Access::invariant) return a == Access::contiguous && write_dot(loop, *product);
  if (sum != Access::contiguous || a == Access::other) return false;
  return write_products(loop, *product, a == Access::invariant);
}

/// Sums that products are added to side by side; and which of them may lie in an order that suits MVE: all
/// that reaches them takes eight at a time.
void KernelWriter::find_sums() {
  if (names_.program().target.dot != Dot::mve) return;
  std::set<const Stmt*> in_idioms;
  std::set<int64_t> spoilt;
  walk(body_, [&](const Stmt& loop) {
    if (loop.kind != StmtKind::loop || loop.loop != LoopKind::idiom) return;
    const Stmt& s = *loop.body[0];
    const auto product = byte_product(added_to(s));
    bool eight = extent_of(loop.range) % 8 == 0;
    if (product) {
      if (!lie_side_by_side(loop, {})) return;
      side_by_side_.insert(s.buffer->id);
      eight = eight && lie_side_by_side(loop, {product->a, product->b}) && fits_16(*product);
    } else if (starts_sums(s)) {
      eight = eight && lie_side_by_side(loop, started_from(s));
    } else {
      const auto form = scaling_of(loop);
      eight = eight && form && form->second.size() == 2;
    }
    if (eight) in_idioms.insert(&s);
  });
  walk(body_, [&](const Stmt& s) {
    if (s.kind != StmtKind::store || in_idioms.count(&s) != 0) return;
    spoilt.insert(s.buffer->id);
    for (Expr e : topological({s.value}))
      if (e->is(Op::load)) spoilt.insert(e->attr.ints[0]);
  });
  std::set_difference(side_by_side_.begin(), side_by_side_.end(), spoilt.begin(), spoilt.end(),
                      std::inserter(paired_, paired_.end()));
}

/// "&x->at[y][4]": where the element of turn `turn` lies, and with it those that follow.
std::string KernelWriter::run_of(const Stmt& loop, int64_t turn, int64_t buffer,
                                 std::vector<Expr> index) {
  const Expr i = constant_int(*loop.range->pool, DType::i64, turn);
  for (Expr& e : index) e = substitute(e, {{loop.range, i}});
  const Buffer& b = *buffers_.at(buffer);
  const bool written = buffer == loop.body[0]->buffer->id;
  if (written || b.space == Space::weight) return "&" + place(buffer, index, false);
  const Expr last = physical(buffer, index).back();
  Affine at = affine(last);
  const int64_t offset = std::exchange(at.constant, 0);
  const auto dim = static_cast<size_t>(b.layout.axes.back().dim);
  index[dim] = simplify(index[dim] + static_cast<double>(-offset));
  const std::string text = "&" + place(buffer, index, false);
  std::string& row = rows_[text];
  if (row.empty()) {
    row = unique_identifier("row", taken_);
    line(fmt::format("const {} *const {} = {};", c_type(b.dtype), row, text));
  }
  return offset == 0 ? row : fmt::format("&{}[{}]", row, offset);
}

/// Ends a step of the sums: each is added to once in it.
void KernelWriter::begin_sum(const std::string& sum) {
  if (added_.insert(sum).second) return;
  line(names_.macro("F_STEP") + "();");
  added_ = {sum};
}

/// for k: sum += a[k] * b[k]
bool KernelWriter::write_dot(const Stmt& loop, const ByteProduct& p) {
  const Stmt& s = *loop.body[0];
  const int64_t terms = extent_of(loop.range);
  const bool centred = p.zero != 0;
  if (terms != 4 && terms != 8 && terms != 16) return false;
  if (centred && p.zero != dot_offset(names_.program().target.dot, p)) return false;
  const std::string sum = place(s.buffer->id, s.index, false);
  const auto run = [&](Expr load) { return run_of(loop, 0, load->attr.ints[0], load->sources); };
  begin_sum(sum);
  line(fmt::format("{} = {}({}, {}, {});", sum,
                   names_.prefixed(fmt::format("f_dot{}_{}_{}x{}", centred ? "_centred" : "",
                                               name_of(p.a->dtype), name_of(p.b->dtype), terms)),
                   sum, run(p.a), run(p.b)));
  return true;
}

/// for c: sums[c] += (a[c] + zero) * b[c], four at a time
bool KernelWriter::write_products(const Stmt& loop, const ByteProduct& p, bool one_a) {
  const Stmt& s = *loop.body[0];
  const int64_t lanes = extent_of(loop.range);
  if (lanes % 4 != 0 || !fits_16(p)) return false;
  const std::string b(name_of(p.b->dtype)),
      types = one_a ? b : fmt::format("{}_{}", name_of(p.a->dtype), b);
  if (one_a) find_shared({p.shifted});
  const std::string same = one_a ? value(p.shifted).text : "";
  const std::string one = one_a && lanes > 4 ? temporary("int32_t", same) : same;
  const int64_t width = paired_.count(s.buffer->id) != 0 ? 8 : 4;
  for (int64_t at = 0; at < lanes; at += width) {
    const auto run = [&](Expr load) { return run_of(loop, at, load->attr.ints[0], load->sources); };
    const std::string sums = run_of(loop, at, s.buffer->id, s.index);
    begin_sum(sums);
    line(fmt::format("{}({}, {}, {});", names_.prefixed(fmt::format("f_madd_{}x{}", types, width)),
                     sums, one_a ? one : fmt::format("{}, {}", run(p.a), p.zero), run(p.b)));
  }
  return true;
}

/// for c: sums[c] = from[c], or one number
bool KernelWriter::write_start(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  const int64_t lanes = extent_of(loop.range);
  const bool loads = s.value->is(Op::load);
  const int64_t width = loads && paired_.count(s.buffer->id) != 0 ? 8 : 4;
  if (lanes % 4 != 0 || !lie_side_by_side(loop, started_from(s))) return false;
  for (int64_t at = 0; at < lanes; at += width) {
    const std::string from =
        loads ? run_of(loop, at, s.value->attr.ints[0], s.value->sources) : value(s.value).text;
    line(fmt::format("{}({}, {});",
                     names_.prefixed(fmt::format("f_{}_x{}", loads ? "start" : "fill", width)),
                     run_of(loop, at, s.buffer->id, s.index), from));
  }
  return true;
}

/// Do all turns write, and read by these loads, what lies side by side?
bool KernelWriter::lie_side_by_side(const Stmt& loop, const std::vector<Expr>& loads) {
  const Stmt& s = *loop.body[0];
  lane_ = loop.range;
  lanes_ = extent_of(loop.range);
  const bool fit =
      access(s.buffer->id, s.index) == Access::contiguous &&
      std::all_of(loads.begin(), loads.end(), [&](Expr l) {
        return l->is(Op::load) && access(l->attr.ints[0], l->sources) == Access::contiguous;
      });
  lane_ = {};
  lanes_ = 0;
  return fit;
}

/// What a loop of the form `scale` loads: sums, factors and, where each has its own, addends.
std::optional<std::pair<Scaling, std::vector<Expr>>> KernelWriter::scaling_of(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  auto scaled = scaling(s.value);
  if (!scaled || extent_of(loop.range) % 4 != 0 || !scaled->sum->is(Op::load)) return {};
  if (buffers_.at(scaled->factor->attr.ints[0])->space == Space::reg)
    std::swap(scaled->sum, scaled->factor);
  std::vector<Expr> loads{scaled->sum, scaled->factor};
  if (scaled->addend->is(Op::load)) loads.push_back(scaled->addend);
  if (!lie_side_by_side(loop, loads)) return {};
  return std::pair{*scaled, loads};
}

/// for c: y[c] = bytes(clamp((sums[c] * factors[c] + addend) >> shift)), four or eight at a time
bool KernelWriter::write_scaling(const Stmt& loop) {
  const Stmt& s = *loop.body[0];
  const auto form = scaling_of(loop);
  if (!form) return false;
  const auto& [scaled, loads] = *form;
  const int64_t sums = scaled.sum->attr.ints[0], width = paired_.count(sums) != 0 ? 8 : 4;
  const std::string function = names_.prefixed(fmt::format(
      "f_scale_{}{}_{}x{}", loads.size() == 3 ? "each_" : "",
      side_by_side_.count(sums) != 0 ? "sums" : "dots", name_of(s.buffer->dtype), width));
  for (int64_t at = 0; at < extent_of(loop.range); at += width) {
    std::vector<std::string> arguments{run_of(loop, at, s.buffer->id, s.index)};
    for (Expr l : loads) arguments.push_back(run_of(loop, at, l->attr.ints[0], l->sources));
    if (loads.size() == 2) arguments.push_back(std::to_string(integer_of(scaled.addend) >> 32));
    for (const int64_t n : {scaled.shift, scaled.least, scaled.most})
      arguments.push_back(std::to_string(n));
    line(call(function, arguments).text + ";");
  }
  return true;
}

}  // namespace tinycc
