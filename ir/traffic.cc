// Counting elements; see traffic.h.
#include "ir/traffic.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "ir/affine.h"

namespace tinycc {
namespace {

/// The places of one dimension that accesses have come to.
struct Side {
  int64_t low = INT64_MAX, high = INT64_MIN;
  int64_t places = 0;  // the sum of all accesses' own
};

class Counter {
 public:
  explicit Counter(const Kernel& kernel) : scalars_(kernel.scalars.begin(), kernel.scalars.end()) {
    for (const BufferRef& b : kernel.parameters) known_[b->id] = b;
    walk(kernel.body, [&](const Stmt& s) {
      if (s.kind != StmtKind::store) return;
      add(s.buffer->id, s.index, written_);
      for (Expr e : topological({s.value})) {
        if (e->is(Op::load)) add(e->attr.ints[0], e->sources, read_);
      }
    });
  }

  Traffic count() const { return {bytes(read_), bytes(written_)}; }

 private:
  using Sides = std::map<int64_t, std::vector<Side>>;

  void add(int64_t buffer, const std::vector<Expr>& index, Sides& to) {
    const auto found = known_.find(buffer);
    if (found == known_.end() || !seen_[{buffer, &to == &read_}].insert(index).second) return;
    std::vector<Side>& sides = to[buffer];
    sides.resize(index.size());
    for (size_t d = 0; d < index.size(); ++d) note(sides[d], index[d], reach(*found->second, d));
  }

  static std::pair<int64_t, int64_t> reach(const Buffer& b, size_t d) {
    return b.layout.reach(static_cast<int64_t>(d), b.shape[d]);
  }

  void note(Side& side, Expr index, std::pair<int64_t, int64_t> reach) {
    const Affine sum = affine(index);
    const Interval in = bounds_of(sum, bounds_);
    const int64_t low = std::max(in.low, reach.first), high = std::min(in.high, reach.second - 1);
    if (low > high) return;
    int64_t values = 1;
    for (const auto& [term, factor] : sum.terms) {
      if (scalars_.contains(term)) continue;  // one value a call
      const Interval i = bounds_.of(term);
      values =
          i.is_finite() ? values * std::min(i.high - i.low + 1, high - low + 1) : high - low + 1;
      values = std::min(values, high - low + 1);
    }
    side.low = std::min(side.low, low);
    side.high = std::max(side.high, high);
    side.places += values;
  }

  int64_t bytes(const Sides& all) const {
    int64_t sum = 0;
    for (const auto& [buffer, sides] : all) {
      int64_t elements = 1;
      for (const Side& s : sides)
        elements *= s.low > s.high ? 0 : std::min(s.places, s.high - s.low + 1);
      sum += (elements * bits_of(known_.at(buffer)->dtype) + 7) / 8;
    }
    return sum;
  }

  std::set<Expr, ById> scalars_;
  std::map<int64_t, BufferRef> known_;
  struct ByIds {
    bool operator()(const std::vector<Expr>& a, const std::vector<Expr>& b) const {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), ById{});
    }
  };
  std::map<std::pair<int64_t, bool>, std::set<std::vector<Expr>, ByIds>> seen_;
  Sides read_, written_;
  Bounds bounds_;
};

void count_reads(const StmtRef& s, const std::set<int64_t>& images, int64_t turns, Reads& reads) {
  if (s->kind == StmtKind::loop && s->loop != LoopKind::vector) turns *= extent_of(s->range);
  for (const StmtRef& part : s->body) count_reads(part, images, turns, reads);
  if (s->kind != StmtKind::store) return;
  const std::set<Expr, ById> certain = certain_nodes({s->value});
  for (Expr e : topological({s->value})) {
    if (!e->is(Op::load)) continue;
    if (images.contains(e->attr.ints[0])) reads.images += turns;
    if (!certain.contains(e)) reads.guarded += turns;
  }
}

/// How often each node is evaluated where `root` is so many times: folds take their turns.
std::unordered_map<Expr, int64_t> evaluations(Expr root, int64_t turns) {
  std::unordered_map<Expr, int64_t> times{{root, turns}};
  std::vector<Expr> order = topological({root});
  std::reverse(order.begin(), order.end());
  for (Expr e : order) {
    int64_t inner = times.at(e);
    if (is_reduce(e->op)) inner *= turns_of({e->sources.begin() + 1, e->sources.end()});
    if (e->is(Op::scan)) inner *= e->attr.ints[1];
    for (Expr s : e->sources) times[s] = std::max(times[s], inner);
  }
  return times;
}

using Bits = std::map<int64_t, int64_t>;

void count_bits(const StmtRef& s, int64_t turns, Bits& bits) {
  if (s->kind == StmtKind::loop) turns *= extent_of(s->range);
  for (const StmtRef& part : s->body) count_bits(part, turns, bits);
  if (s->kind != StmtKind::store) return;
  bits[s->buffer->id] += turns * bits_of(s->buffer->dtype);
  for (const auto& [e, times] : evaluations(s->value, turns)) {
    if (e->is(Op::load)) bits[e->attr.ints[0]] += times * bits_of(e->dtype);
  }
}

void count_bits(const Program& program, const Step& s, int64_t turns, Bits& bits) {
  if (s.kind == Step::Kind::repeat) turns *= extent_of(s.range);
  for (const Step& part : s.body) count_bits(program, part, turns, bits);
  if (s.kind != Step::Kind::call) return;
  const Kernel& k = program.kernels[s.kernel];
  Bits of_parameters;
  count_bits(k.body, turns, of_parameters);
  for (size_t i = 0; i < s.arguments.size(); ++i)
    bits[s.arguments[i]] += of_parameters[k.parameters[i]->id];
}

}  // namespace

std::map<int64_t, int64_t> accessed_bits(const Program& program) {
  Bits bits;
  for (const Step& s : program.steps) count_bits(program, s, 1, bits);
  return bits;
}

Reads reads_of(const Kernel& kernel) {
  std::set<int64_t> images;
  for (const BufferRef& b : kernel.parameters) {
    if (b->is_image()) images.insert(b->id);
  }
  Reads reads;
  if (kernel.body) count_reads(kernel.body, images, 1, reads);
  return reads;
}

Traffic traffic_of(const Kernel& kernel) { return Counter(kernel).count(); }

}  // namespace tinycc
