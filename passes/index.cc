// Tensors to elements; see index.h. One short function a movement op.
#include "passes/index.h"

#include <algorithm>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

Expr row_major(const Shape& shape, const std::vector<Expr>& index, Pool& pool) {
  Expr flat = constant_int(pool, DType::i64, 0);
  for (size_t i = 0; i < shape.size(); ++i)
    flat = flat * static_cast<double>(shape[i].bound) + index[i];
  return simplify(flat);
}

std::vector<Expr> unflatten(const Shape& shape, Expr flat) {
  std::vector<Expr> index(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    const Expr quotient = stride == 1 ? flat : flat / static_cast<double>(stride);
    stride *= shape[i].bound;
    index[i] = i == 0 ? quotient : quotient % static_cast<double>(shape[i].bound);
    index[i] = shape[i].bound == 1 ? constant_int(*flat->pool, DType::i64, 0) : simplify(index[i]);
  }
  return index;
}

/// Neighbouring axes of both shapes that hold the same elements, as few as possible at a time, are
/// flattened together: what is cut off outside of one never shows in another.
std::vector<Expr> reshaped(const Shape& to, const Shape& from, const std::vector<Expr>& index,
                           Pool& pool) {
  std::vector<Expr> result;
  size_t t = 0, f = 0;
  while (t < to.size() || f < from.size()) {
    const size_t t0 = t, f0 = f;
    const auto grow = [](const Shape& shape, size_t& at) {
      return at < shape.size() ? shape[at++].bound : 1;
    };
    int64_t left = grow(to, t), right = grow(from, f);
    while (left != right && (t < to.size() || f < from.size())) {
      const bool takes_left = t < to.size() && (left < right || f == from.size());
      (takes_left ? left : right) *= takes_left ? grow(to, t) : grow(from, f);
    }
    const Shape inner(to.begin() + static_cast<long>(t0), to.begin() + static_cast<long>(t));
    const std::vector<Expr> at(index.begin() + static_cast<long>(t0),
                               index.begin() + static_cast<long>(t));
    const Shape outer(from.begin() + static_cast<long>(f0), from.begin() + static_cast<long>(f));
    const std::vector<Expr> some = unflatten(outer, row_major(inner, at, pool));
    result.insert(result.end(), some.begin(), some.end());
  }
  return result;
}

Expr at_least(Expr i, int64_t low) { return logical_not(lt(i, static_cast<double>(low))); }

}  // namespace

Expr Indexer::number(int64_t value) { return constant_int(pool_, DType::i64, value); }

Expr Indexer::element(Expr node, const std::vector<Expr>& index) {
  const auto found = stored_.find(node);
  if (found == stored_.end()) return compute(node, index);
  std::vector<Expr> place(index);
  for (size_t i = 0; i < place.size(); ++i) {
    if (found->second.offset[i] != 0)
      place[i] = simplify(place[i] + static_cast<double>(found->second.offset[i]));
  }
  return load(pool_, buffers_.at(found->second.buffer), place);
}

Expr Indexer::compute(Expr node, const std::vector<Expr>& index) {
  auto& seen = memo_[node];
  for (const auto& [at, value] : seen) {
    if (at == index) return value;
  }
  Expr result;
  if (node->is(Op::constant)) {
    result = pool_.make(Op::constant, node->dtype, {}, {}, node->attr);
  } else if (node->is(Op::iota)) {
    result = index[static_cast<size_t>(node->attr.ints[0])];
  } else if (node->is(Op::range)) {
    result = node;
  } else if (is_dim(node)) {
    result = dims_.at(node);
  } else if (is_elementwise(node->op)) {
    std::vector<Expr> sources;
    for (Expr s : node->sources) sources.push_back(element(s, index));
    result = pool_.make(node->op, node->dtype, {}, std::move(sources), node->attr);
  } else if (is_movement(node->op)) {
    result = movement(node, index);
  } else if (is_reduce(node->op)) {
    result = reduction(node, index);
  } else if (node->is(Op::gather)) {
    result = gathered(node, index);
  } else {
    throw Error(ExitCode::unsupported,
                "no kernel for the primitive `" + std::string(name_of(node->op)) + "`");
  }
  memo_[node].emplace_back(index, result);
  return result;
}

Expr Indexer::movement(Expr node, const std::vector<Expr>& index) {
  const Expr source = node[0];
  const std::vector<int64_t>& a = node->attr.ints;
  std::vector<Expr> from(index);
  switch (node->op) {
    case Op::reshape: from = reshaped(node->shape, source->shape, index, pool_); break;
    case Op::permute:
      for (size_t i = 0; i < a.size(); ++i) from[static_cast<size_t>(a[i])] = index[i];
      break;
    case Op::expand:
      for (size_t i = 0; i < from.size(); ++i) {
        if (source->shape[i].bound == 1) from[i] = number(0);
      }
      break;
    case Op::slice:
      for (size_t i = 0; i < from.size(); ++i) {
        from[i] =
            simplify(index[i] * static_cast<double>(a[2 * i + 1]) + static_cast<double>(a[2 * i]));
      }
      break;
    case Op::window: {
      const auto axis = static_cast<size_t>(a[0]);
      from.pop_back();
      from[axis] = simplify(index[axis] * static_cast<double>(a[2]) +
                            index.back() * static_cast<double>(a[3]));
      break;
    }
    case Op::pad: return padded(node, index);
    default: return concatenated(node, index);
  }
  return element(source, from);
}

/// A frame of the source's buffer is read through; otherwise a guard selects.
Expr Indexer::padded(Expr node, const std::vector<Expr>& index) {
  std::vector<Expr> from(index);
  Expr inside = constant_int(pool_, DType::boolean, 1);
  for (size_t i = 0; i < from.size(); ++i) {
    const int64_t before = node->attr.ints[2 * i], after = node->attr.ints[2 * i + 1];
    if (before != 0) from[i] = simplify(index[i] + static_cast<double>(-before));
    if (before > 0) inside = inside & at_least(from[i], 0);
    if (after > 0)
      inside = inside & lt(from[i], static_cast<double>(node[0]->extent(static_cast<int64_t>(i))));
  }
  if (choice_.framed_pads.count(node) != 0) return element(node[0], from);
  inside = simplify(inside);
  if (is_constant(inside, 1)) return element(node[0], from);
  return where(inside, element(node[0], from), element(node[1], {}));
}

Expr Indexer::concatenated(Expr node, const std::vector<Expr>& index) {
  const auto axis = static_cast<size_t>(node->attr.ints[0]);
  Expr result;
  int64_t end = node->extent(node->attr.ints[0]);
  for (size_t k = node->sources.size(); k-- > 0;) {  // the last part needs no test
    const int64_t start = end - node[k]->extent(node->attr.ints[0]);
    std::vector<Expr> from(index);
    from[axis] = end - start == 1 ? number(0) : simplify(index[axis] + static_cast<double>(-start));
    const Expr part = element(node[k], from);
    result =
        result ? where(simplify(lt(index[axis], static_cast<double>(end))), part, result) : part;
    end = start;
  }
  return simplify(result);
}

Expr Indexer::reduction(Expr node, const std::vector<Expr>& index) {
  std::vector<Expr> full, ranges;
  size_t next = 0;
  for (int64_t i = 0; i < node[0]->rank(); ++i) {
    const bool reduced =
        std::find(node->attr.ints.begin(), node->attr.ints.end(), i) != node->attr.ints.end();
    if (!reduced) {
      full.push_back(index[next++]);
    } else if (node[0]->extent(i) == 1) {
      full.push_back(number(0));
    } else {
      full.push_back(range(pool_, node[0]->extent(i), "k"));
      ranges.push_back(full.back());
    }
  }
  return reduce_over(node->op, element(node[0], full), ranges);
}

Expr Indexer::gathered(Expr node, const std::vector<Expr>& index) {
  std::vector<Expr> from;
  for (size_t i = 1; i < node->sources.size(); ++i) {
    const Expr wanted = cast(element(node[i], index), DType::i64);
    const auto last = static_cast<double>(node[0]->extent(static_cast<int64_t>(i) - 1) - 1);
    from.push_back(simplify(min(max(wanted, 0.0), last)));
  }
  return element(node[0], from);
}

}  // namespace tinycc
