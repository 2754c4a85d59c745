// Derivatives by the chain rule, from the result backwards; see gradient.h.
#include "compiler/tensor/gradient.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

/// What the gradient g of node e's result adds to those of its sources; none where there is none.
std::vector<Expr> shares(Expr e, Expr g) {
  const auto source = [&](size_t i) { return e[i]; };
  const auto zero = [&] { return constant_like(g, 0); };
  switch (e->op) {
    case Op::add: return {g, g};
    case Op::mul: return {g * source(1), g * source(0)};
    case Op::div: return {g / source(1), -g * e / source(1)};
    case Op::neg: return {-g};
    case Op::exp: return {g * e};
    case Op::log: return {g / source(0)};
    case Op::sin: return {g * cos(source(0))};
    case Op::sqrt: return {g * 0.5 / e};
    case Op::cast: return {is_float(source(0)->dtype) ? cast(g, source(0)->dtype) : Expr()};
    case Op::where: return {{}, where(source(0), g, zero()), where(source(0), zero(), g)};
    case Op::max: {
      const Expr second = lt(source(0), source(1));
      return {where(second, zero(), g), where(second, g, zero())};
    }
    case Op::min: {
      const Expr second = lt(source(1), source(0));
      return {where(second, zero(), g), where(second, g, zero())};
    }
    case Op::reshape: return {reshape(g, source(0)->shape)};
    case Op::permute: {
      std::vector<int64_t> back(e->attr.ints.size());
      for (size_t i = 0; i < back.size(); ++i)
        back[static_cast<size_t>(e->attr.ints[i])] = static_cast<int64_t>(i);
      return {permute(g, back)};
    }
    case Op::expand: {
      Ints axes;
      for (int64_t i = 0; i < e->rank(); ++i) {
        if (e->dim(i) != source(0)->dim(i)) axes.push_back(i);
      }
      return {sum(g, axes, true)};
    }
    case Op::reduce_add: {
      Ints axes(e->attr.ints);
      return {expand(unsqueeze(g, axes), source(0)->shape)};
    }
    default:
      throw Error(ExitCode::unsupported,
                  "the derivative of " + std::string(name_of(e->op)) + " is not supported");
  }
}

}  // namespace

std::vector<Expr> gradients(Expr y, const std::vector<Expr>& xs) {
  std::vector<Expr> order = topological({y});
  std::set<Expr, ById> depends(xs.begin(), xs.end());
  for (Expr e : order) {
    if (std::any_of(e->sources.begin(), e->sources.end(),
                    [&](Expr s) { return depends.count(s) > 0; }))
      depends.insert(e);
  }
  std::map<Expr, Expr, ById> gradient{{y, constant_like(y, 1)}};
  for (auto e = order.rbegin(); e != order.rend(); ++e) {
    if (gradient.count(*e) == 0 || depends.count(*e) == 0 || (*e)->sources.empty()) continue;
    const std::vector<Expr> parts = shares(*e, gradient.at(*e));
    for (size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i] || depends.count((*e)[i]) == 0) continue;
      Expr& total = gradient[(*e)[i]];
      total = total ? total + parts[i] : parts[i];
    }
  }
  std::vector<Expr> result;
  for (Expr x : xs) result.push_back(gradient.count(x) > 0 ? gradient.at(x) : constant_like(x, 0));
  return result;
}

}  // namespace tinycc
