// See rows.h. The loops come from the op table: one a row and kind of number.
#include "ir/rows.h"

#include <algorithm>
#include <cmath>

#include "ir/arith.h"
#include "ir/scalar.h"
#include "ir/storage.h"

namespace tinycc {
namespace {

void round_row(DType type, double* values, int64_t count) {
  if (type == DType::f64) return;
  if (type == DType::f32) {
    for (int64_t i = 0; i < count; ++i) {
      values[i] = static_cast<double>(static_cast<float>(values[i]));
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i) values[i] = round_to(type, values[i]);
}

void wrap_row(DType type, int64_t* values, int64_t count) {
  if (bits_of(type) == 64) return;
  for (int64_t i = 0; i < count; ++i) values[i] = wrap_result(type, values[i]);
}

template <class T, class F>
void map(const T* x, const T* y, T* out, int64_t count, F f) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(f(x[i], y[i]));
}

/// Results that are floats land in `real`, comparisons in `whole`.
template <class F>
void map_floats(const double* x, const double* y, Row& out, int64_t count, F f) {
  if constexpr (std::is_same_v<decltype(f(0.0, 0.0)), bool>) {
    for (int64_t i = 0; i < count; ++i) out.whole[i] = f(x[i], y[i]) ? 1 : 0;
  } else {
    map(x, y, out.real, count, f);
  }
}

void on_floats(Op op, const double* x, const double* y, Row& out, int64_t count) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return map_floats(x, x, out, count, [](double a, double) { return on_float; });
#define TCC_BINARY(name, result, spelling, on_float, on_int)                                       \
  case Op::name:                                                                                   \
    return map_floats(x, y, out, count, []([[maybe_unused]] double a, [[maybe_unused]] double b) { \
      return on_float;                                                                             \
    });
#include "ir/ops.def"
    default: TCC_CHECK(false, "not elementwise");
  }
}

template <class T>
void on_words(Op op, const T* x, const T* y, T* out, int64_t count) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return map(x, x, out, count, []([[maybe_unused]] T a, T) { return on_int; });
#define TCC_BINARY(name, result, spelling, on_float, on_int) \
  case Op::name: return map(x, y, out, count, [](T a, T b) { return on_int; });
#include "ir/ops.def"
    default: TCC_CHECK(false, "not elementwise");
  }
}

void where_rows(DType type, const Row& c, const Row& a, const Row& b, Row& out, int64_t count) {
  if (is_float(type)) {
    for (int64_t i = 0; i < count; ++i) out.real[i] = c.whole[i] != 0 ? a.real[i] : b.real[i];
  } else {
    for (int64_t i = 0; i < count; ++i) out.whole[i] = c.whole[i] != 0 ? a.whole[i] : b.whole[i];
  }
}

void convert_rows(Op op, DType from, DType to, const Row& a, Row& out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const Number arg = is_float(from) ? Number{a.real[i], 0} : Number{0, a.whole[i]};
    const Number value = op == Op::cast ? convert(from, to, arg) : reinterpret(from, to, arg);
    if (is_float(to)) {
      out.real[i] = value.real;
    } else {
      out.whole[i] = value.whole;
    }
  }
}

template <class T, class F>
void fold(const T* row, int64_t count, T* into, int64_t step, F f) {
  for (int64_t i = 0; i < count; ++i) into[i * step] = f(into[i * step], row[i]);
}

}  // namespace

void apply_rows(Op op, DType from, DType to, const Row* const* args, Row& out, int64_t count) {
  const Row& a = *args[0];
  if (op == Op::where) return where_rows(from, a, *args[1], *args[2], out, count);
  if (class_of(op) == OpClass::convert) return convert_rows(op, from, to, a, out, count);
  const Row& b = class_of(op) == OpClass::binary ? *args[1] : a;
  if (is_float(from)) {
    on_floats(op, a.real, b.real, out, count);
    if (is_float(to)) round_row(to, out.real, count);
  } else if (kind_of(from) == DKind::unsigned_int) {
    on_words(op, reinterpret_cast<const uint64_t*>(a.whole),
             reinterpret_cast<const uint64_t*>(b.whole), reinterpret_cast<uint64_t*>(out.whole),
             count);
    wrap_row(to, out.whole, count);
  } else {
    on_words(op, a.whole, b.whole, out.whole, count);
    wrap_row(to, out.whole, count);
  }
}

void fold_row(Op combine, const Row& row, int64_t count, double* into, int64_t step) {
  switch (combine) {
    case Op::add: return fold(row.real, count, into, step, std::plus<>());
    case Op::mul: return fold(row.real, count, into, step, std::multiplies<>());
    default:
      return fold(row.real, count, into, step, [](double a, double b) { return a < b ? b : a; });
  }
}

void fold_row(Op combine, DType type, const Row& row, int64_t count, int64_t* into, int64_t step) {
  const auto max = [type](int64_t a, int64_t b) {
    const bool less =
        type == DType::u64 ? static_cast<uint64_t>(a) < static_cast<uint64_t>(b) : a < b;
    return less ? b : a;
  };
  switch (combine) {
    case Op::add: return fold(row.whole, count, into, step, wrapping_add<int64_t>);
    case Op::mul: return fold(row.whole, count, into, step, wrapping_mul<int64_t>);
    default: return fold(row.whole, count, into, step, max);
  }
}

void load_row(const View& v, int64_t element, int64_t step, int64_t count, Row& row) {
  const int64_t distinct = step == 0 ? 1 : count;
  if (is_float(v.dtype)) {
    load_run(v.dtype, v.at(element), step, distinct, row.real);
    if (step == 0) std::fill_n(row.real, count, row.real[0]);
  } else {
    load_run(v.dtype, v.at(element), step, distinct, row.whole);
    if (step == 0) std::fill_n(row.whole, count, row.whole[0]);
  }
}

void store_row(DType type, const Row& row, int64_t count, std::byte* to, int64_t step) {
  if (is_float(type)) {
    store_run(type, to, step, count, row.real);
  } else {
    store_run(type, to, step, count, row.whole);
  }
}

void RowProgram::build(Expr e, const std::function<const View*(Expr)>& leaf) {
  result_ = add(e, leaf);
}

size_t RowProgram::add(Expr e, const std::function<const View*(Expr)>& leaf) {
  const View* view = leaf(e);
  Instruction made{e->op, e->sources.empty() ? e->dtype : e->sources.back()->dtype, e->dtype, {}};
  if (view == nullptr) {
    TCC_CHECK(is_elementwise(e->op), "no value for a " + std::string(name_of(e->op)));
    for (size_t i = 0; i < e->sources.size(); ++i) made.args[i] = add(e[i], leaf);
  } else {
    made.op = Op::load;
    made.args[0] = leaves_.size();
    leaves_.push_back(*view);
  }
  rows_.push_back(std::make_unique<Row>());
  instructions_.push_back(made);
  return rows_.size() - 1;
}

size_t RowProgram::add_leaves(Nest& nest) const {
  for (const View& leaf : leaves_) nest.add(leaf.strides);
  return leaves_.size();
}

const Row& RowProgram::run(const Nest& nest, const int64_t* at, int64_t count) {
  for (size_t k = 0; k < instructions_.size(); ++k) {
    const Instruction& i = instructions_[k];
    if (i.op == Op::load) {
      load_row(leaves_[i.args[0]], at[i.args[0]], nest.step(i.args[0]), count, *rows_[k]);
      continue;
    }
    const Row* args[3] = {};
    for (size_t j = 0; j < 3; ++j) args[j] = rows_[i.args[j]].get();
    apply_rows(i.op, i.from, i.to, args, *rows_[k], count);
  }
  return *rows_[result_];
}

}  // namespace tinycc
