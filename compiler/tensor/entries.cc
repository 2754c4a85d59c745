// Small integer tensors that shapes are made of, element by element, as scalars over constants and
// symbolic dimensions: what Shape → Gather → Concat → Reshape says. See tensor.h.
#include <unordered_map>

#include "compiler/tensor/tensor.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kMostEntries = 64;

/// Row-major; i64 whatever the integer type, as long as the numbers fit it, or bool.
using Entries = std::vector<Expr>;

DType wide(DType type) { return is_bool(type) ? type : DType::i64; }

/// True if the type holds every value of the i64 number.
bool holds(DType type, Expr number) {
  if (is_bool(type) || bits_of(type) == 64) return true;
  const Interval all = bounds(number);
  const int bits = bits_of(type) - (kind_of(type) == DKind::signed_int ? 1 : 0);
  return all.low >= (kind_of(type) == DKind::signed_int ? -(int64_t{1} << bits) : 0) &&
         all.high < int64_t{1} << bits;
}

class Reader {
 public:
  explicit Reader(const std::map<std::string, TensorData>& weights) : weights_(weights) {}

  /// Nothing where a value depends on an input, or is no integer.
  const std::optional<Entries>& of(Expr e) {
    const auto [found, fresh] = known_.try_emplace(e);
    if (!fresh) return found->second;
    std::optional<Entries> entries = read(e);
    return known_[e] = std::move(entries);
  }

 private:
  std::optional<Entries> read(Expr e) {
    if (!is_static(e->shape) || count_of(e->shape) > kMostEntries) return {};
    if (!is_integer(e->dtype) && !is_bool(e->dtype)) return {};
    const auto count = static_cast<size_t>(count_of(e->shape));
    if (e->is(Op::constant))
      return Entries(count, constant_int(*e->pool, wide(e->dtype), integer_of(e)));
    if (e->is(Op::weight)) return table(e);
    if (is_dim(e)) return Entries{e};
    const bool sum = e->is(Op::reduce_mul) || e->is(Op::reduce_add);
    if (!sum && (e->is(Op::iota) || !(is_elementwise(e->op) || is_movement(e->op)))) return {};
    for (Expr s : e->sources) {
      if (!of(s)) return {};
    }
    return is_elementwise(e->op) ? elementwise(e, count) : sum ? reduced(e) : moved(e, count);
  }

  std::optional<Entries> table(Expr e) const {
    const auto found = weights_.find(e->attr.name);
    if (found == weights_.end()) return {};
    Entries entries;
    for (const int64_t n : found->second.integers())
      entries.push_back(constant_int(*e->pool, wide(e->dtype), n));
    return entries;
  }

  std::optional<Entries> elementwise(Expr e, size_t count) const {
    Entries entries;
    for (size_t i = 0; i < count; ++i) {
      Entries sources;
      for (Expr s : e->sources) sources.push_back((*known_.at(s))[i]);
      const DType type = wide(e->dtype);
      const bool same = e->is(Op::cast) && sources[0]->dtype == type;
      entries.push_back(
          same ? sources[0]
               : simplify(e->pool->make(e->op, type, {}, std::move(sources), e->attr)));
      if (!holds(e->dtype, entries.back())) return {};
    }
    return entries;
  }

  /// Along the whole of a vector only.
  std::optional<Entries> reduced(Expr e) const {
    const Entries& all = *known_.at(e[0]);
    if (count_of(e->shape) != 1 || all.empty()) return {};
    Expr total = all[0];
    for (size_t i = 1; i < all.size(); ++i)
      total = simplify(binary(combiner_of(e->op), total, all[i]));
    return Entries{total};
  }

  std::optional<Entries> moved(Expr e, size_t count) const {
    const Entries& from = *known_.at(e[0]);
    const bool vector = e->rank() <= 1 && e[0]->rank() <= 1;
    if (e->is(Op::reshape)) return from;
    if (e->is(Op::expand) && from.size() == 1) return Entries(count, from[0]);
    if (e->is(Op::concat) && vector) {
      Entries all;
      for (Expr s : e->sources) all.insert(all.end(), known_.at(s)->begin(), known_.at(s)->end());
      return all;
    }
    if (!e->is(Op::slice) || !vector) return {};
    Entries part;
    for (size_t i = 0; i < count; ++i) {
      const int64_t place = e->attr.ints[0] + static_cast<int64_t>(i) * e->attr.ints[1];
      part.push_back(from[static_cast<size_t>(place)]);
    }
    return part;
  }

  const std::map<std::string, TensorData>& weights_;
  std::unordered_map<Expr, std::optional<Entries>> known_;
};

}  // namespace

std::optional<std::vector<Expr>> entries_of(Expr e,
                                            const std::map<std::string, TensorData>& weights) {
  return Reader(weights).of(e);
}

}  // namespace tinycc
