// Builders of nodes: operand checks, result types and shapes. See build.h.
#include "ir/build.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "ir/simplify.h"

namespace tinycc {
namespace {

Attr ints(std::vector<int64_t> values) { return {std::move(values), ""}; }
Attr named(const std::string& name) { return {{}, name}; }

/// A scalar constant beside a tensor is spread over the tensor's shape.
void spread(Expr& a, Expr& b) {
  if (a->is(Op::constant) && a->shape.empty() && !b->shape.empty()) {
    a = b->pool->make(Op::constant, a->dtype, b->shape, {}, a->attr);
  } else if (b->is(Op::constant) && b->shape.empty() && !a->shape.empty()) {
    b = a->pool->make(Op::constant, b->dtype, a->shape, {}, b->attr);
  }
}

Result result_of(Op op) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return Result::result;
#define TCC_BINARY(name, result, spelling, on_float, on_int) \
  case Op::name: return Result::result;
#include "ir/ops.def"
    default: TCC_CHECK(false, "not elementwise"); return Result::same;
  }
}

DType result_type(Op op, DType operand) {
  switch (result_of(op)) {
    case Result::same: return operand;
    case Result::same_float:
      TCC_CHECK(is_float(operand), std::string(name_of(op)) + " wants a float");
      return operand;
    case Result::same_int:
      TCC_CHECK(!is_float(operand), std::string(name_of(op)) + " wants integers");
      return operand;
    case Result::boolean: return DType::boolean;
  }
  return operand;
}

int64_t at(const std::vector<int64_t>& v, size_t i) { return v[i]; }

/// dim + more
Dim longer(const Dim& dim, int64_t more) {
  if (dim.is_static()) return Dim(dim.bound + more);
  return {dim.bound + more, simplify(dim.value + static_cast<double>(more))};
}

/// (dim - reach) / stride + 1: as many windows as fit, none if dim < reach.
Dim windows(const Dim& dim, int64_t reach, int64_t stride) {
  const int64_t bound = (dim.bound - reach) / stride + 1;
  if (dim.is_static()) return Dim(bound);
  const Expr least = max(dim.value + static_cast<double>(stride - reach), 0);
  return {bound, simplify(least / static_cast<double>(stride))};
}

}  // namespace

Expr constant(Pool& pool, DType dtype, double value, Shape shape) {
  if (!is_float(dtype))
    return constant_int(pool, dtype, static_cast<int64_t>(value), std::move(shape));
  const double rounded = round_to(dtype, value);
  return pool.make(Op::constant, dtype, std::move(shape), {},
                   ints({std::bit_cast<int64_t>(rounded)}));
}

Expr constant_int(Pool& pool, DType dtype, int64_t value, Shape shape) {
  if (is_float(dtype)) return constant(pool, dtype, static_cast<double>(value), std::move(shape));
  return pool.make(Op::constant, dtype, std::move(shape), {}, ints({wrap_to(dtype, value)}));
}

Expr constant_like(Expr like, double value) {
  return constant(*like->pool, like->dtype, value, like->shape);
}

double number_of(Expr c) {
  if (is_float(c->dtype)) return std::bit_cast<double>(c->attr.ints[0]);
  return c->dtype == DType::u64 ? static_cast<double>(static_cast<uint64_t>(c->attr.ints[0]))
                                : static_cast<double>(c->attr.ints[0]);
}

int64_t integer_of(Expr c) {
  return is_float(c->dtype) ? static_cast<int64_t>(number_of(c)) : c->attr.ints[0];
}

bool is_constant(Expr e, double value) { return e->is(Op::constant) && number_of(e) == value; }

Expr weight(Pool& pool, const std::string& name, DType dtype, Shape shape) {
  return pool.make(Op::weight, dtype, std::move(shape), {}, named(name));
}
Expr input(Pool& pool, const std::string& name, DType dtype, Shape shape) {
  return pool.make(Op::input, dtype, std::move(shape), {}, named(name));
}
Expr dim_input(Pool& pool, const std::string& name, int64_t bound) {
  return pool.make(Op::input, DType::i64, {}, {}, {{bound}, name});
}
Expr state(Pool& pool, const std::string& name, DType dtype, Shape shape) {
  return pool.make(Op::state, dtype, std::move(shape), {}, named(name));
}
Expr range(Pool& pool, int64_t extent, const std::string& name) {
  return pool.make(Op::range, DType::i64, {}, {}, {{pool.fresh_id(), extent}, name});
}
Expr counter(Pool& pool, int64_t id, int64_t extent, const std::string& name) {
  return pool.make(Op::range, DType::i64, {}, {}, {{id, extent}, name});
}
Expr iota(Pool& pool, Shape shape, int64_t axis) {
  TCC_CHECK(axis >= 0 && axis < static_cast<int64_t>(shape.size()), "iota: no such axis");
  return pool.make(Op::iota, DType::i64, std::move(shape), {}, ints({axis}));
}
Expr carry(Pool& pool, int64_t id, int64_t k, DType dtype, Shape shape) {
  return pool.make(Op::carry, dtype, std::move(shape), {}, ints({id, k}));
}

Expr unary(Op op, Expr a) { return a->pool->make(op, result_type(op, a->dtype), a->shape, {a}); }

Expr binary(Op op, Expr a, Expr b) {
  spread(a, b);
  TCC_CHECK(a->dtype == b->dtype, std::string(name_of(op)) + ": operands differ in type");
  TCC_CHECK(a->shape == b->shape, std::string(name_of(op)) + ": operands differ in shape");
  return a->pool->make(op, result_type(op, a->dtype), a->shape, {a, b});
}

Expr where(Expr condition, Expr a, Expr b) {
  spread(a, b);
  spread(condition, a);
  spread(condition, b);
  TCC_CHECK(is_bool(condition->dtype), "where: the condition is no bool");
  TCC_CHECK(a->dtype == b->dtype, "where: branches differ in type");
  TCC_CHECK(a->shape == b->shape && a->shape == condition->shape,
            "where: operands differ in shape");
  return a->pool->make(Op::where, a->dtype, a->shape, {condition, a, b});
}

Expr nearest(Expr x) {
  const Expr size = max(x, -x);
  const double whole = x->dtype == DType::f64 ? 0x1p52 : 0x1p23;
  const Expr rounded = max(size + whole, whole) - whole;  // max: both sums must not become one
  const Expr broken = lt(0, size) & lt(size, whole);
  return where(broken, where(lt(x, 0), -rounded, rounded), x);
}

Expr cast(Expr a, DType to) {
  return a->dtype == to ? a : a->pool->make(Op::cast, to, a->shape, {a});
}

Expr bitcast(Expr a, DType to) {
  TCC_CHECK(bits_of(a->dtype) == bits_of(to), "bitcast: types differ in width");
  return a->dtype == to ? a : a->pool->make(Op::bitcast, to, a->shape, {a});
}

Expr logical_not(Expr a) {
  TCC_CHECK(is_bool(a->dtype), "not: no bool");
  return binary(Op::bit_xor, a, constant_like(a, 1));
}

Expr reduce(Op op, Expr a, std::vector<int64_t> axes) {
  TCC_CHECK(is_reduce(op), "not a reduction");
  if (axes.empty()) return a;
  std::sort(axes.begin(), axes.end());
  Shape shape;
  for (int64_t i = 0; i < a->rank(); ++i) {
    if (!std::binary_search(axes.begin(), axes.end(), i))
      shape.push_back(a->shape[static_cast<size_t>(i)]);
  }
  TCC_CHECK(shape.size() + axes.size() == a->shape.size(), "reduce: bad axes");
  return a->pool->make(op, a->dtype, std::move(shape), {a}, ints(std::move(axes)));
}

Expr reduce_over(Op op, Expr body, const std::vector<Expr>& ranges) {
  if (ranges.empty()) return body;
  TCC_CHECK(is_reduce(op) && body->shape.empty(), "reduce_over wants a scalar body");
  std::vector<Expr> sources{body};
  sources.insert(sources.end(), ranges.begin(), ranges.end());
  return body->pool->make(op, body->dtype, {}, std::move(sources));
}

Expr combined(Op combine, std::vector<Expr> terms) {
  while (terms.size() > 1) {
    const size_t half = (terms.size() + 1) / 2;
    for (size_t i = half; i < terms.size(); ++i)
      terms[i - half] = binary(combine, terms[i - half], terms[i]);
    terms.resize(half);
  }
  return terms.at(0);
}

Expr neutral_of(Op combine, DType dtype, Pool& pool) {
  if (combine == Op::add || combine == Op::mul)
    return constant(pool, dtype, combine == Op::add ? 0 : 1);
  TCC_CHECK(combine == Op::max, "no neutral value");
  if (is_float(dtype)) return constant(pool, dtype, -std::numeric_limits<double>::infinity());
  const bool is_signed = kind_of(dtype) == DKind::signed_int;
  return constant_int(pool, dtype, is_signed ? -(int64_t{1} << (bits_of(dtype) - 2)) * 2 : 0);
}

Expr reshape(Expr a, Shape shape) {
  TCC_CHECK(count_of(a->shape) == count_of(shape), "reshape: other number of elements");
  return a->shape == shape ? a : a->pool->make(Op::reshape, a->dtype, std::move(shape), {a});
}

Expr permute(Expr a, const std::vector<int64_t>& order) {
  TCC_CHECK(order.size() == a->shape.size(), "permute: wrong number of axes");
  Shape shape;
  bool moved = false;
  for (size_t i = 0; i < order.size(); ++i) {
    TCC_CHECK(std::count(order.begin(), order.end(), static_cast<int64_t>(i)) == 1,
              "permute: no permutation");
    shape.push_back(a->shape[static_cast<size_t>(at(order, i))]);
    moved |= at(order, i) != static_cast<int64_t>(i);
  }
  return moved ? a->pool->make(Op::permute, a->dtype, std::move(shape), {a}, ints(order)) : a;
}

Expr expand(Expr a, Shape shape) {
  TCC_CHECK(a->shape.size() == shape.size(), "expand: ranks differ");
  for (size_t i = 0; i < shape.size(); ++i) {
    TCC_CHECK(a->shape[i] == shape[i] || a->shape[i] == Dim(1),
              "expand: an axis is neither 1 nor equal");
  }
  if (a->shape == shape) return a;
  if (a->is(Op::constant))
    return a->pool->make(Op::constant, a->dtype, std::move(shape), {}, a->attr);
  return a->pool->make(Op::expand, a->dtype, std::move(shape), {a});
}

Expr pad(Expr a, const std::vector<int64_t>& amounts, Expr value) {
  TCC_CHECK(amounts.size() == 2 * a->shape.size(), "pad: wrong number of amounts");
  TCC_CHECK(value->shape.empty() && value->dtype == a->dtype,
            "pad: the value is no scalar of the type");
  Shape shape = a->shape;
  bool grown = false;
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t before = amounts[2 * i], after = amounts[2 * i + 1];
    TCC_CHECK(before >= 0 && after >= 0, "pad: negative amount");
    if (before + after > 0) shape[i] = longer(shape[i], before + after);
    grown |= before + after > 0;
  }
  return grown ? a->pool->make(Op::pad, a->dtype, std::move(shape), {a, value}, ints(amounts)) : a;
}

Expr slice(Expr a, const std::vector<int64_t>& starts, const std::vector<int64_t>& counts,
           const std::vector<int64_t>& steps) {
  const size_t rank = a->shape.size();
  TCC_CHECK(starts.size() == rank && counts.size() == rank && steps.size() == rank,
            "slice: wrong rank");
  Shape shape;
  std::vector<int64_t> attr;
  bool cut = false;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t last = starts[i] + (counts[i] - 1) * steps[i];
    TCC_CHECK(counts[i] == 0 ||
                  (std::min(starts[i], last) >= 0 && std::max(starts[i], last) < a->shape[i].bound),
              "slice: beyond its source");
    const bool whole =
        starts[i] == 0 && counts[i] == a->shape[i].bound && (steps[i] == 1 || counts[i] <= 1);
    shape.push_back(whole ? a->shape[i] : Dim(counts[i]));
    attr.insert(attr.end(), {starts[i], whole ? 1 : steps[i]});
    cut |= !whole;
  }
  return cut ? a->pool->make(Op::slice, a->dtype, std::move(shape), {a}, ints(std::move(attr))) : a;
}

Expr window(Expr a, int64_t axis, int64_t size, int64_t stride, int64_t dilation) {
  TCC_CHECK(axis >= 0 && axis < a->rank() && size >= 1 && stride >= 1 && dilation >= 1,
            "window: bad attributes");
  const int64_t reach = (size - 1) * dilation + 1;
  TCC_CHECK(a->dim(axis).bound >= reach, "window: larger than its axis");
  Shape shape = a->shape;
  shape[static_cast<size_t>(axis)] = windows(a->dim(axis), reach, stride);
  shape.emplace_back(size);
  return a->pool->make(Op::window, a->dtype, std::move(shape), {a},
                       ints({axis, size, stride, dilation}));
}

Expr concat(const std::vector<Expr>& parts, int64_t axis) {
  TCC_CHECK(!parts.empty() && axis >= 0 && axis < parts[0]->rank(), "concat: bad axis");
  if (parts.size() == 1) return parts[0];
  Shape shape = parts[0]->shape;
  int64_t total = 0;
  for (Expr p : parts) {
    TCC_CHECK(p->dtype == parts[0]->dtype && p->rank() == parts[0]->rank(), "concat: parts differ");
    for (int64_t i = 0; i < p->rank(); ++i) {
      TCC_CHECK(i == axis || p->dim(i) == parts[0]->dim(i), "concat: parts differ in shape");
    }
    total += p->extent(axis);
  }
  shape[static_cast<size_t>(axis)] = Dim(total);
  return parts[0]->pool->make(Op::concat, parts[0]->dtype, std::move(shape), parts, ints({axis}));
}

Expr gather(Expr data, const std::vector<Expr>& indices) {
  TCC_CHECK(static_cast<int64_t>(indices.size()) == data->rank(), "gather: one index an axis");
  if (indices.empty()) return data;
  std::vector<Expr> sources{data};
  for (Expr i : indices) {
    TCC_CHECK(is_integer(i->dtype) && i->shape == indices[0]->shape, "gather: bad index");
    sources.push_back(i);
  }
  return data->pool->make(Op::gather, data->dtype, indices[0]->shape, std::move(sources));
}

Expr scatter(Expr data, Expr updates, const std::vector<Expr>& indices,
             const std::string& combine) {
  TCC_CHECK(static_cast<int64_t>(indices.size()) == data->rank(), "scatter: one index an axis");
  TCC_CHECK(updates->dtype == data->dtype, "scatter: types differ");
  std::vector<Expr> sources{data, updates};
  for (Expr i : indices) {
    TCC_CHECK(is_integer(i->dtype) && i->shape == updates->shape, "scatter: bad index");
    sources.push_back(i);
  }
  return data->pool->make(Op::scatter, data->dtype, data->shape, std::move(sources),
                          named(combine));
}

Expr scan(Pool& pool, int64_t id, int64_t extent, const std::vector<Expr>& initial,
          const std::vector<Expr>& next, const std::vector<Expr>& emits, Expr until) {
  TCC_CHECK(initial.size() == next.size(), "scan: as many next values as initial ones");
  std::vector<Expr> sources = initial;
  sources.insert(sources.end(), next.begin(), next.end());
  sources.insert(sources.end(), emits.begin(), emits.end());
  if (until) sources.push_back(until);
  TCC_CHECK(!sources.empty(), "scan: empty");
  const std::vector<int64_t> attr{id, extent, static_cast<int64_t>(initial.size()),
                                  static_cast<int64_t>(emits.size()), until ? 1 : 0};
  const Expr first = sources[0];  // arguments are evaluated in any order
  return pool.make(Op::scan, first->dtype, first->shape, std::move(sources), ints(attr));
}

Expr get(Expr scan, int64_t k) {
  TCC_CHECK(scan->is(Op::scan), "get: no scan");
  const int64_t extent = scan->attr.ints[1], carries = scan->attr.ints[2],
                emits = scan->attr.ints[3];
  TCC_CHECK(k >= 0 && k < carries + emits, "get: no such result");
  const Expr source = scan->sources[static_cast<size_t>(k < carries ? k : carries + k)];
  Shape shape = source->shape;
  if (k >= carries) shape.insert(shape.begin(), Dim(extent));
  return scan->pool->make(Op::get, source->dtype, std::move(shape), {scan}, ints({k}));
}

Expr load(Pool& pool, int64_t id, const std::string& name, DType dtype, std::vector<Expr> indices) {
  return pool.make(Op::load, dtype, {}, std::move(indices), {{id}, name});
}

}  // namespace tinycc
