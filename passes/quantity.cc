// See quantity.h.
#include "passes/quantity.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace tinycc {
namespace {

constexpr double kWhole = 1e-6;           // what is this close to a whole number is one
constexpr int64_t kMostEntries = 1024;    // of a table
constexpr double kFarBelow = -1e30;       // padding below whatever there is
constexpr double kMostSettled = 1 << 14;  // sum of the operands, so that a unit is fine

double low_of(const Term& t) { return static_cast<double>(t.range.low); }
double high_of(const Term& t) { return static_cast<double>(t.range.high); }
double size_of(const Numbers& n) { return std::max(std::abs(n.least()), std::abs(n.most())); }
bool is_below_all(Expr pad) {
  return is_float(pad->dtype) && pad[1]->is(Op::constant) && number_of(pad[1]) < kFarBelow;
}
bool is_whole(double v) { return std::abs(v - std::round(v)) < kWhole; }
bool is_zero(const Numbers& n) { return n.least() == 0 && n.most() == 0; }

Interval product_of(Interval a, Interval b) {
  const auto [low, high] =
      std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return {low, high};
}

Interval interval_of(const Numbers& n) {
  return {static_cast<int64_t>(n.least()), static_cast<int64_t>(n.most())};
}

Expr wide(Expr q) { return cast(q, DType::i32); }

/// The narrowest type that holds them.
DType type_for(const Numbers& n) {
  for (const DType type : {DType::i8, DType::i16}) {
    if (fits(type, n.least(), n.most())) return type;
  }
  return DType::i32;
}

/// The nearest weight that q is computed from.
std::string weight_under(Expr q) {
  std::vector<Expr> near{q};
  std::unordered_set<Expr> seen{q};
  for (size_t i = 0; i < near.size(); ++i) {
    if (near[i]->is(Op::weight)) return near[i]->attr.name;
    for (Expr s : near[i]->sources) {
      if (seen.insert(s).second) near.push_back(s);
    }
  }
  return "";
}

/// What a padded tensor's integers are padded with; the least there is where that is below all.
std::optional<int64_t> padding_of(const Term& t, Expr pad) {
  if (!pad[1]->is(Op::constant) || !t.offset.is_uniform() || !t.scale.is_uniform()) return {};
  const double real =
      is_float(pad->dtype) ? number_of(pad[1]) : static_cast<double>(integer_of(pad[1]));
  if (is_below_all(pad)) return t.range.low;
  const double value = real / t.scale.first() - t.offset.first();
  if (!is_whole(value) || !fits(t.q->dtype, value, value)) return {};
  return std::llround(value);
}

std::optional<Term> padded(Term t, Expr e) {
  const auto value = padding_of(t, e);
  if (!value) return {};
  t.q = pad(t.q, e->attr.ints, constant_int(*e->pool, t.q->dtype, *value));
  t.range = {std::min(t.range.low, *value), std::max(t.range.high, *value)};
  return t;
}

std::optional<Term> moved(const Term& t, Expr e) {
  if (e->is(Op::pad)) return padded(t, e);
  const auto offset = moved(t.offset, e), scale = moved(t.scale, e);
  if (!offset || !scale) return {};
  return Term{e->pool->make(e->op, t.q->dtype, e->shape, {t.q}, e->attr), t.range, *offset, *scale};
}

bool is_one_sign(const Numbers& n) { return n.least() > 0 || n.most() < 0; }

/// What led to operands; those that are small integers in memory have their own kernels.
std::vector<std::string> names_of(const Quantity& a, const Quantity& b) {
  std::vector<std::string> names;
  for (const Quantity* x : {&a, &b}) {
    const bool in_memory =
        x->terms.size() == 1 && fits(DType::i16, low_of(x->terms[0]), high_of(x->terms[0]));
    if (!in_memory) names.insert(names.end(), x->names.begin(), x->names.end());
  }
  return names;
}

/// a - reduce_max(a), whose integers are both of these?
bool is_below_maximum(const Term& a, const Term& b) {
  Expr most = b.q;
  while (most->is(Op::reshape) || most->is(Op::expand) || most->is(Op::permute)) most = most[0];
  return most->is(Op::reduce_max) && most[0] == a.q;
}

/// Terms whose scales differ in sign alone: sums and differences of their integers.
std::optional<Term> of_equal_scales(const std::vector<Term>& terms) {
  Term all = terms[0];
  const double scale = std::abs(all.scale.first());
  all.q = {};
  all.range = {0, 0};
  all.offset = Numbers::uniform(all.offset.shape.size(), 0);
  for (const Term& t : terms) {
    if (!t.scale.is_uniform() || std::abs(t.scale.first()) != scale) return {};
    const bool negative = t.scale.first() < 0;
    const Expr q = negative ? -wide(t.q) : wide(t.q);
    all.q = all.q ? all.q + q : q;
    all.range.low += negative ? -t.range.high : t.range.low;
    all.range.high += negative ? -t.range.low : t.range.high;
    const double sign = negative ? -1 : 1;
    all.offset = joined(all.offset, t.offset, [&](double a, double b) { return a + sign * b; });
  }
  all.scale = Numbers::uniform(all.scale.shape.size(), scale);
  if (terms.size() == 2 && terms[1].scale.first() < 0 && is_below_maximum(terms[0], terms[1]))
    all.range.high = 0;
  if (!fits(DType::i32, low_of(all), high_of(all))) return {};
  return all;
}

/// sum of q * (scale / unit) + offset: one unit for all.
std::optional<Term> of_one_unit(const std::vector<Term>& terms, Graph& graph) {
  double most = 0, operands = 0;
  for (const Term& t : terms) {
    most += (largest(t))*size_of(t.scale);
    operands += std::max(std::abs(low_of(t)), std::abs(high_of(t)));
  }
  if (operands > kMostSettled || most <= 0) return {};
  const double unit = std::exp2(std::ceil(std::log2(most)) - 29);
  Term all{{},
           {0, 0},
           Numbers::uniform(terms[0].offset.shape.size(), 0),
           Numbers::uniform(terms[0].scale.shape.size(), unit)};
  Numbers addend = all.offset;
  for (const Term& t : terms) {
    const Numbers m = mapped(t.scale, [&](double s) { return std::round(s / unit); });
    const Expr q = wide(t.q) * constant_for(t.q, m, DType::i32, "multiplier", graph);
    all.q = all.q ? all.q + q : q;
    const Interval range = product_of(t.range, interval_of(m));
    all.range = {all.range.low + range.low, all.range.high + range.high};
    addend = joined(addend, joined(t.offset, m, std::multiplies<>()), std::plus<>());
  }
  addend = mapped(addend, [](double v) { return std::round(v); });
  all.q = all.q + constant_for(all.q, addend, DType::i32, "bias", graph);
  all.range = {all.range.low + interval_of(addend).low, all.range.high + interval_of(addend).high};
  if (!fits(DType::i32, low_of(all), high_of(all))) return {};
  return all;
}

/// Applies limits that are whole numbers of the unit.
std::optional<Term> limited(Term t, double low, double high) {
  if (!t.scale.is_uniform() || !t.offset.is_uniform() || t.scale.first() <= 0) return {};
  for (double* end : {&low, &high}) {
    if (std::isinf(*end)) continue;
    *end = *end / t.scale.first() - t.offset.first();
    if (!is_whole(*end) && size_of(t.scale) * 1e6 > std::abs(*end * t.scale.first())) return {};
    *end = std::round(*end);
  }
  if (low > low_of(t)) {
    t.q = max(wide(t.q), low);
    t.range.low = static_cast<int64_t>(low);
  }
  if (high < high_of(t)) {
    t.q = min(wide(t.q), high);
    t.range.high = static_cast<int64_t>(high);
  }
  return t.range.low <= t.range.high ? std::optional(t) : std::nullopt;
}

/// Does each window of a chain window(window(pad)) hold an element that is no padding?
bool meets_source(Expr chain) {
  Expr pads = chain;
  while (pads->is(Op::window)) pads = pads[0];
  if (!pads->is(Op::pad)) return true;
  Extents reach(pads->shape.size(), 0);
  for (Expr w = chain; w->is(Op::window); w = w[0]) {
    const auto axis = static_cast<size_t>(w->attr.ints[0]);
    if (axis >= reach.size() || w->attr.ints[3] > pads[0]->shape[axis].bound) return false;
    reach[axis] += (w->attr.ints[1] - 1) * w->attr.ints[3];
  }
  for (size_t d = 0; d < reach.size(); ++d) {
    if (std::max(pads->attr.ints[2 * d], pads->attr.ints[2 * d + 1]) > reach[d]) return false;
  }
  return true;
}

MaybeQuantity of_parts(Quantity x, const std::function<MaybeQuantity(const Quantity&)>& change) {
  for (Quantity& part : x.parts) {
    const auto changed = change(part);
    if (!changed) return {};
    part = *changed;
  }
  return x;
}

std::optional<Term> reduced(const Term& t, Expr e) {
  const auto scale = kept(t.scale, e);
  if (!scale) return {};
  if (e->is(Op::reduce_max)) {
    const auto offset = kept(t.offset, e);
    if (!offset || scale->least() <= 0) return {};
    return Term{reduce(Op::reduce_max, t.q, e->attr.ints), t.range, *offset, *scale};
  }
  const int64_t count = count_of(e[0]->shape) / std::max<int64_t>(1, count_of(e->shape));
  const Interval range = product_of(t.range, {count, count});
  Term result{{}, range, summed(t.offset, e), *scale};
  if (!fits(DType::i32, low_of(result), high_of(result))) return {};
  result.q = reduce(Op::reduce_add, wide(t.q), e->attr.ints);
  return result;
}

}  // namespace

Quantity quantity_of(Expr q, Interval range) {
  return {{{q, range, Numbers::uniform(q->shape.size(), 0), Numbers::uniform(q->shape.size(), 1)}}};
}

double largest(const Term& t) {
  return std::max(std::abs(low_of(t) + t.offset.least()), std::abs(high_of(t) + t.offset.most()));
}

bool fits(DType type, double low, double high) {
  const bool is_signed = kind_of(type) == DKind::signed_int;
  const double most = std::exp2(bits_of(type) - (is_signed ? 1 : 0));
  return low >= (is_signed ? -most : 0) && high < most;
}

MaybeQuantity moved(const Quantity& x, Expr e) {
  if (!x.parts.empty()) return {};
  if (e->is(Op::pad) && !x.is_plain()) return {};
  Quantity result = x;
  result.is_bottomless |= e->is(Op::pad) && is_below_all(e);
  for (auto* list : {&result.terms, &result.divisor}) {
    for (Term& t : *list) {
      const auto other = moved(t, e);
      if (!other) return {};
      t = *other;
    }
  }
  return result;
}

Quantity centred(Quantity x) {
  if (!x.is_plain()) return x;
  Term& t = x.terms[0];
  const auto shift = std::llround(t.offset.first());
  const auto low = t.range.low + shift, high = t.range.high + shift;
  if (!t.offset.is_uniform() || !is_whole(t.offset.first()) || shift == 0 ||
      !fits(DType::i32, static_cast<double>(low), static_cast<double>(high)))
    return x;
  t.q = wide(t.q) + static_cast<double>(shift);
  t.range = {low, high};
  t.offset = Numbers::uniform(t.offset.shape.size(), 0);
  return x;
}

MaybeQuantity times(const Quantity& x, const Numbers& factor) {
  if (!x.parts.empty() && factor.is_uniform())
    return of_parts(x, [&](const Quantity& part) { return times(part, factor); });
  if (!x.is_linear()) return {};
  if (x.is_clamped() && !(factor.is_uniform() && is_one_sign(factor))) return {};
  Quantity result = x;
  for (Term& t : result.terms) t.scale = joined(t.scale, factor, std::multiplies<>());
  if (x.is_clamped()) {
    result.low *= factor.first();
    result.high *= factor.first();
    if (factor.first() < 0) std::swap(result.low, result.high);
  }
  return result;
}

MaybeQuantity plus(const Quantity& x, const Numbers& addend) {
  if (x.terms.size() != 1 || !x.divisor.empty() || !x.is_linear()) return {};
  if (x.is_clamped() && !addend.is_uniform()) return {};
  const Numbers& scale = x.terms[0].scale;
  if (std::any_of(scale.values.begin(), scale.values.end(), [](double s) { return s == 0; }))
    return {};
  Quantity result = x;
  const Numbers units = joined(addend, scale, std::divides<>());
  result.terms[0].offset = joined(x.terms[0].offset, units, std::plus<>());
  result.low += addend.first();  // infinite without limits
  result.high += addend.first();
  return result;
}

MaybeQuantity clamped(const Quantity& x, double low, double high) {
  if (!x.parts.empty())
    return of_parts(x, [&](const Quantity& part) { return clamped(part, low, high); });
  if (x.is_bottomless) return {};
  Quantity result = x;
  result.low = std::min(std::max(x.low, low), high);
  result.high = std::max(std::min(x.high, high), low);
  return result;
}

MaybeQuantity sum(const Quantity& a, const Quantity& b) {
  for (const Quantity* x : {&a, &b}) {
    if (x->is_clamped() || !x->divisor.empty() || !x->is_linear()) return {};
  }
  Quantity result = a;
  result.terms.insert(result.terms.end(), b.terms.begin(), b.terms.end());
  result.names = names_of(a, b);
  return result;
}

MaybeQuantity quotient(const Quantity& a, const Quantity& b) {
  if (!a.divisor.empty() || !b.is_plain() || !a.is_linear() || a.is_clamped()) return {};
  Quantity result = a;
  result.divisor = b.terms;
  return result;
}

MaybeQuantity reduced(const Quantity& x, Expr e) {
  if (!x.parts.empty() || !x.divisor.empty() || x.terms.size() != 1) return {};
  if (e->is(Op::reduce_add) && !x.is_plain()) return {};
  if (e->is(Op::reduce_max) && !meets_source(x.terms[0].q)) return {};
  const auto term = reduced(x.terms[0], e);
  if (!term) return {};
  Quantity result = x;
  result.terms = {*term};
  result.is_bottomless = false;
  return result;
}

std::optional<Term> settled(const Quantity& x, Graph& graph) {
  if (!x.is_linear() || !x.divisor.empty() || x.terms.empty()) return {};
  if (x.is_plain()) return x.terms[0];
  auto term = x.terms.size() == 1 ? std::optional(x.terms[0]) : of_equal_scales(x.terms);
  if (term && x.is_clamped()) term = limited(*term, x.low, x.high);
  if (term) return term;
  term = of_one_unit(x.terms, graph);
  return term && x.is_clamped() ? limited(*term, x.low, x.high) : term;
}

MaybeQuantity product(const Quantity& a, const Quantity& b, Constants& constants, Graph& graph) {
  if (!a.is_plain() || !b.is_plain()) return {};
  const auto numbers = constants.numbers(b.terms[0].q);
  if (!numbers && constants.numbers(a.terms[0].q)) return product(b, a, constants, graph);
  Term x = a.terms[0], y = b.terms[0];
  Quantity result = a;
  result.names = names_of(a, b);
  Term& t = result.terms[0];
  t.scale = joined(x.scale, y.scale, std::multiplies<>());
  const auto is_integer_offset = [](const Term& term) {
    return std::all_of(term.offset.values.begin(), term.offset.values.end(), is_whole);
  };
  if (!is_integer_offset(y) || !is_integer_offset(x)) return {};
  if (numbers) {
    const Numbers w = joined(*numbers, y.offset, std::plus<>());
    if (!is_zero(y.offset)) y.q = constant_for(y.q, w, type_for(w), "centred", graph);
    y.range = interval_of(w);
    t.offset = joined(x.offset, w, std::multiplies<>());
  } else {
    for (Term* v : {&x, &y}) {
      if (!v->offset.is_uniform()) return {};
      *v = centred({{*v}}).terms[0];
      if (!is_zero(v->offset)) return {};
    }
    t.offset = Numbers::uniform(x.offset.shape.size(), 0);
  }
  if (largest(x) > 1 << 30 || largest(y) > 1 << 30) return {};
  t.range = product_of(x.range, y.range);
  if (!fits(DType::i32, low_of(t), high_of(t))) return {};
  t.q = wide(x.q) * wide(y.q);
  return result;
}

MaybeQuantity exponential(const Quantity& x, Graph& graph) {
  const auto t = settled(x, graph);
  if (!t || !t->scale.is_uniform() || !t->offset.is_uniform()) return {};
  const int64_t entries = t->range.high - t->range.low + 1;
  if (entries > kMostEntries) return {};
  const auto value = [&](int64_t i) {
    return std::exp(t->scale.first() * (static_cast<double>(t->range.low + i) + t->offset.first()));
  };
  const double most = std::max(value(0), value(entries - 1));
  if (!(most < 1e30)) return {};
  int64_t longest = 1;
  for (const Dim& d : t->q->shape) longest = std::max(longest, d.bound);
  const double bits = std::min(22.0, 30 - std::ceil(std::log2(static_cast<double>(longest)))),
               unit = std::exp2(std::ceil(std::log2(most)) - bits);
  Numbers table{{Dim(entries)}, {}};
  for (int64_t i = 0; i < entries; ++i)
    table.values.push_back(std::max(1.0, std::round(value(i) / unit)));
  const Expr data = Constants::make(graph, table, DType::i32, {Dim(entries)}, "exp_table"),
             place = wide(t->q) + static_cast<double>(-t->range.low);
  Quantity result = quantity_of(gather(data, {place}), interval_of(table));
  result.terms[0].scale = Numbers::uniform(t->q->shape.size(), unit);
  result.names = x.names;
  return result;
}

Expr constant_for(Expr q, const Numbers& numbers, DType type, const char* what, Graph& graph) {
  const std::string weight = weight_under(q);
  return Constants::make(graph, numbers, type, q->shape,
                         weight.empty() ? what : weight + "." + what);
}

}  // namespace tinycc
