// Elements of tensors and lists: x[0, :, 1:5] (evaluate.h).
#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/yaml/evaluate.h"

namespace tinycc {
namespace {

/// Element `index` of `axis`; `named` is that axis's number in the tensor as it was written.
Expr picked(Expr x, int64_t axis, int64_t index, int64_t named) {
  const Dim& dim = x->dim(axis);
  if (index < -dim.bound || index >= dim.bound) {
    refuse("there is no element " + std::to_string(index) + " on axis " + std::to_string(named) +
           ", which has " + text_of(dim));
  }
  return pick(x, axis, index);
}

}  // namespace

Expr subscript(Expr x, const std::vector<Subscript>& subscripts) {
  using Kind = Subscript::Kind;
  const auto axes = std::count_if(subscripts.begin(), subscripts.end(), [](const Subscript& s) {
    return s.kind != Kind::added && s.kind != Kind::rest;
  });
  if (axes > x->rank()) {
    refuse(std::to_string(axes) + " subscripts for a tensor of rank " + std::to_string(x->rank()));
  }
  const int64_t rest = x->rank() - axes;
  int64_t axis = 0, named = 0;  // of the result so far, and of the tensor as it was
  for (const Subscript& s : subscripts) {
    switch (s.kind) {
      case Kind::one: x = picked(x, axis, s.start, named); break;
      case Kind::rest: axis += rest; break;
      case Kind::added: x = unsqueeze(x, {axis++}); break;
      case Kind::gathered:
        x = gather_axis(x, s.indices, axis);
        axis += s.indices->rank();
        break;
      case Kind::range:
        x = !known(s.from) || !known(s.to)
                ? slice_dim(x, axis, s.from, s.to, s.step)
                : slice_axis(x, axis, *known(s.from), *known(s.to), s.step);
        if (x->dim(axis) == Dim(0))
          refuse("the slice of axis " + std::to_string(named) + " is empty");
        ++axis;
        break;
    }
    named += s.kind == Kind::rest ? rest : s.kind == Kind::added ? 0 : 1;
  }
  return x;
}

int64_t Evaluator::integer(const Expression& in, const Ast& ast, int64_t otherwise) {
  if (ast.kind == Ast::Kind::missing) return otherwise;
  const Value value = eval(in, ast);
  const bool whole = value.is(Value::Kind::number) && std::floor(value.number) == value.number;
  if (!whole || std::abs(value.number) > 1e12) {
    fail_in(in.node, ast.begin, "an integer is expected here, not " + describe(value));
  }
  return static_cast<int64_t>(value.number);
}

Expr Evaluator::length(const Expression& in, const Ast& ast, int64_t otherwise) {
  const Value value = ast.kind == Ast::Kind::missing ? Value() : eval(in, ast);
  if (value.is(Value::Kind::tensor) && value.tensor->shape.empty() &&
      is_integer(value.tensor->dtype)) {
    return located(in, ast, "[ ]", "", [&] { return length_of(value, *graph_.pool); });
  }
  return constant_int(*graph_.pool, DType::i64, integer(in, ast, otherwise));
}

Value Evaluator::item_of(const Value& list, const Expression& in, const Ast& ast) {
  if (ast.items.size() != 2 || ast.items[1].kind == Ast::Kind::slice) {
    fail_in(in.node, ast.items[1].begin, "a list takes one number in brackets");
  }
  const auto size = static_cast<int64_t>(list.items.size());
  const int64_t index = integer(in, ast.items[1], 0);
  if (index < -size || index >= size) {
    fail_in(in.node, ast.items[1].begin,
            "there is no item " + std::to_string(index) + " in a list of " + std::to_string(size));
  }
  return list.items[static_cast<size_t>(index < 0 ? index + size : index)];
}

Value Evaluator::eval_index(const Expression& in, const Ast& ast) {
  spend(in, ast);
  const Value base = eval(in, ast.items[0]);
  if (base.is(Value::Kind::list)) return item_of(base, in, ast);
  if (!base.is(Value::Kind::tensor)) {
    fail_in(in.node, ast.begin, "only tensors and lists have elements, not " + describe(base));
  }
  const Value result = subscripted(base, in, ast);
  note(result.tensor, in.text_of(ast));
  return result;
}

Value Evaluator::subscripted(const Value& base, const Expression& in, const Ast& ast) {
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
  std::vector<Subscript> subscripts;
  for (size_t i = 1; i < ast.items.size(); ++i) {
    const Ast& item = ast.items[i];
    Subscript s;
    if (item.kind == Ast::Kind::slice && item.text == "...") {
      s.kind = Subscript::Kind::rest;
      const auto rest = [](const Subscript& other) { return other.kind == Subscript::Kind::rest; };
      if (std::any_of(subscripts.begin(), subscripts.end(), rest)) {
        fail_in(in.node, item.begin, "a second '...'",
                "one stands for all axes that are not named");
      }
    } else if (item.kind == Ast::Kind::slice) {
      s.kind = Subscript::Kind::range;
      s.step = integer(in, item.items[2], 1);
      s.from = length(in, item.items[0], s.step < 0 ? kFar : 0);
      s.to = length(in, item.items[1], s.step < 0 ? -kFar : kFar);
    } else {
      const Value value = eval(in, item);
      const bool tensor = value.is(Value::Kind::tensor);
      s.kind = tensor            ? Subscript::Kind::gathered
               : value.is_none() ? Subscript::Kind::added
                                 : Subscript::Kind::one;
      s.indices = value.tensor;
      if (s.kind == Subscript::Kind::one) s.start = integer(in, item, 0);
    }
    subscripts.push_back(s);
  }
  return located(in, ast, "[ ]", "the tensor is " + describe(base.tensor),
                 [&] { return Value::of(subscript(base.tensor, subscripts)); });
}

}  // namespace tinycc
