// See integers.h. Nodes are visited sources first; what is known of a tensor (quantity.h) follows
// from what is known of its sources.
#include "passes/integers.h"

#include <algorithm>
#include <cmath>

#include "passes/requantise.h"

namespace tinycc {
namespace {

bool is_narrow(DType type) { return is_integer(type) && bits_of(type) <= 16 && !is_bool(type); }
bool is_byte(DType type) { return is_integer(type) && bits_of(type) == 8 && !is_bool(type); }
double least_byte(DType type) { return kind_of(type) == DKind::signed_int ? -128 : 0; }
/// What quantities are looked for among.
bool is_number(DType type) { return type == DType::f32 || type == DType::i32; }

bool is_static_node(Expr e) {
  return is_static(e->shape) && count_of(e->shape) > 0 &&
         std::all_of(e->sources.begin(), e->sources.end(),
                     [](Expr s) { return is_static(s->shape); });
}

/// cast(max(min(nearest(x) + zero, most), least)), or first max, then min: its parts.
struct Rounding {
  Expr x, zero;  // zero: empty for none
  double least = 0, most = 0;
};

std::optional<Rounding> rounding_in(Expr e, Constants& constants) {
  if (!e->is(Op::cast) || !is_narrow(e->dtype) || e[0]->dtype != DType::f32) return {};
  const Expr outer = e[0], inner = e[0]->sources.empty() ? outer : outer[0];
  const bool max_first = outer->is(Op::min) && inner->is(Op::max),
             min_first = outer->is(Op::max) && inner->is(Op::min);
  if (!max_first && !min_first) return {};
  const auto last = constants.numbers(outer[1]), first = constants.numbers(inner[1]);
  if (!last || !first || !last->is_uniform() || !first->is_uniform()) return {};
  Rounding r{inner[0],
             {},
             max_first ? first->first() : last->first(),
             max_first ? last->first() : first->first()};
  const Interval type = bounds(e);
  r.least = std::max(r.least, static_cast<double>(type.low));
  r.most = std::min(r.most, static_cast<double>(type.high));
  if (!(r.least <= r.most) || r.least != std::round(r.least) || r.most != std::round(r.most))
    return {};
  if (r.x->is(Op::add)) {
    r.zero = r.x[1];
    r.x = r.x[0];
  }
  if (!r.x->is(Op::where) || nearest(r.x[2]) != r.x) return {};
  r.x = r.x[2];
  return r;
}

class Integers {
 public:
  Integers(Graph& graph, bool has_frames)
      : graph_(graph), has_frames_(has_frames), constants_(graph) {}

  Expr change(Expr original, Expr e) {
    if (!is_static_node(e)) return e;
    note(e, original);
    const Expr other = replaced(e);
    return other ? other : e;
  }

  std::map<std::string_view, int> counts;

 private:
  // ---- what is known of a node

  MaybeQuantity known(Expr e) const {
    const auto found = quantities_.find(e);
    return found == quantities_.end() ? std::nullopt : MaybeQuantity(found->second);
  }

  void note(Expr e, Expr original) {
    note_leaf(e);
    MaybeQuantity x = is_narrow(e->dtype)   ? quantity_of(e, bounds(e))
                      : is_number(e->dtype) ? quantity(e)
                                            : std::nullopt;
    if (!x || (e->dtype == DType::i32 && !is_exact(*x))) {
      if (e->dtype != DType::i32) return;
      x = quantity_of(e, bounds(e));
    }
    const auto origin = graph_.origins.find(original);
    if (origin != graph_.origins.end() && !e->is(Op::cast))
      x->names.insert(x->names.end(), origin->second.nodes.begin(), origin->second.nodes.end());
    quantities_.emplace(e, std::move(*x));
  }

  /// Integers of 32 bits wrap: only what does not is known.
  static bool is_exact(const Quantity& x) {
    return x.is_plain() && x.terms[0].scale.least() == 1 && x.terms[0].scale.most() == 1 &&
           largest(x.terms[0]) < 0x1p31;
  }

  MaybeQuantity quantity(Expr e) {
    if (e->sources.empty()) return {};
    std::vector<MaybeQuantity> sources;
    for (Expr s : e->sources) sources.push_back(known(s));
    const auto& x = sources[0];
    if (e->is(Op::concat)) return stacked(e, sources);
    if (class_of(e->op) == OpClass::binary) return of_two(e, sources[0], sources[1]);
    if (!x) return {};
    if (e->is(Op::pad) && !has_frames_ && is_constant(e[1], 0)) return moved(centred(*x), e);
    if (is_movement(e->op)) return moved(*x, e);
    switch (e->op) {
      case Op::cast: return is_integer(e[0]->dtype) && !is_bool(e[0]->dtype) ? x : MaybeQuantity();
      case Op::neg: return times(*x, Numbers::uniform(e->shape.size(), -1));
      case Op::exp: return counted("exp-by-table", exponential(*x, graph_));
      case Op::reduce_add:
      case Op::reduce_max: return of_reduction(e, *x);
      default: return {};
    }
  }

  MaybeQuantity counted(std::string_view rule, MaybeQuantity x) {
    if (x) ++counts[rule];
    return x;
  }

  MaybeQuantity of_reduction(Expr e, const Quantity& x) {
    if (x.terms.size() < 2 && !(x.is_clamped() && e->is(Op::reduce_add))) return reduced(x, e);
    const auto term = settled(x, graph_);
    return term ? reduced(Quantity{.terms = {*term}, .names = x.names}, e) : std::nullopt;
  }

  /// Each part on its own; one quantity where all have one scale.
  static MaybeQuantity stacked(Expr e, const std::vector<MaybeQuantity>& sources) {
    Quantity all;
    all.axis = e->attr.ints[0];
    for (const auto& s : sources) {
      if (!s || !s->parts.empty()) return {};
      all.parts.push_back(*s);
    }
    const Term& first = sources[0]->terms.at(0);
    Quantity one = *sources[0];
    std::vector<Expr> integers;
    for (const auto& s : sources) {
      if (!s->is_plain() || !first.scale.is_uniform() || !first.offset.is_uniform()) return all;
      const Term& t = s->terms[0];
      if (t.q->dtype != first.q->dtype || t.scale != first.scale || t.offset != first.offset)
        return all;
      integers.push_back(t.q);
      Interval& range = one.terms[0].range;
      range = {std::min(range.low, t.range.low), std::max(range.high, t.range.high)};
    }
    one.terms[0].q = concat(integers, e->attr.ints[0]);
    return one;
  }

  MaybeQuantity of_two(Expr e, const MaybeQuantity& a, const MaybeQuantity& b) {
    const bool first = constants_.is_constant(e[0]), second = constants_.is_constant(e[1]);
    if (e->is(Op::mul) && a && b && !(first && second)) {
      if (auto p = product_of(*a, *b)) return p;
    }
    if (second && a) return with_number(e, a, e[1], false);
    if (first) return with_number(e, b, e[0], true);
    if (!a || !b) return e->is(Op::mul) && (a || b) ? of_reciprocal(e) : MaybeQuantity();
    if (e->is(Op::add)) return sum_of(*a, *b);
    return e->is(Op::div) ? quotient_of(*a, *b) : MaybeQuantity();
  }

  std::optional<Quantity> plain(const Quantity& x) {
    if (x.is_plain()) return x;
    const auto term = settled(x, graph_);
    return term ? std::optional(Quantity{.terms = {*term}, .names = x.names}) : std::nullopt;
  }

  MaybeQuantity product_of(const Quantity& a, const Quantity& b) {
    const auto x = plain(a), y = plain(b);
    return x && y ? product(*x, *y, constants_, graph_) : std::nullopt;
  }

  MaybeQuantity sum_of(const Quantity& a, const Quantity& b) {
    const auto x = a.is_clamped() ? plain(a) : a, y = b.is_clamped() ? plain(b) : b;
    return x && y ? sum(*x, *y) : std::nullopt;
  }

  MaybeQuantity quotient_of(const Quantity& a, const Quantity& b) {
    const auto x = plain(a), y = plain(b);
    return x && y ? quotient(*x, *y) : std::nullopt;
  }

  /// a * expand(1 / b)
  MaybeQuantity of_reciprocal(Expr e) {
    for (const size_t i : {size_t{0}, size_t{1}}) {
      const auto x = known(e[i]);
      Expr other = e[1 - i];
      const Shape shape = other->shape;
      while (other->is(Op::expand)) other = other[0];
      if (!x || !other->is(Op::div)) continue;
      const auto numerator = constants_.numbers(other[0]);
      const auto d = known(other[1]);
      if (!numerator || !numerator->is_uniform() || !d) continue;
      const auto whole = plain(*d);
      if (!whole) continue;
      const auto divisor = other->shape == shape ? whole : moved(*whole, expand(other[1], shape));
      const auto scaled = times(*x, Numbers::uniform(shape.size(), numerator->first()));
      return divisor && scaled ? quotient_of(*scaled, *divisor) : std::nullopt;
    }
    return {};
  }

  MaybeQuantity with_number(Expr e, const MaybeQuantity& x, Expr constant, bool is_first) {
    const auto n = x ? constants_.numbers(constant) : std::nullopt;
    if (!n) return {};
    switch (e->op) {
      case Op::add: {
        if (auto y = plus(*x, *n)) return y;
        const auto settled = plain(*x);
        return settled ? plus(*settled, *n) : std::nullopt;
      }
      case Op::mul: return times(*x, *n);
      case Op::div:
        if (is_first || n->least() * n->most() <= 0 || !is_float(e->dtype)) return {};
        return times(*x, mapped(*n, [](double v) { return 1 / v; }));
      case Op::max: return n->is_uniform() ? clamped(*x, n->first(), kInfinity) : std::nullopt;
      case Op::min: return n->is_uniform() ? clamped(*x, -kInfinity, n->first()) : std::nullopt;
      default: return {};
    }
  }

  // ---- functions of one byte

  /// Notes which tensor of bytes e is a function of, element by element.
  void note_leaf(Expr e) {
    if (is_byte(e->dtype) && !constants_.is_constant(e)) {
      leaves_[e] = e;
      return;
    }
    if (!is_elementwise(e->op)) return;
    Expr leaf;
    for (Expr s : e->sources) {
      const auto n = constants_.numbers(s);
      if (n && n->is_uniform()) continue;
      const auto found = leaves_.find(s);
      if (found == leaves_.end() || (leaf && leaf != found->second)) return;
      leaf = found->second;
    }
    if (leaf) leaves_[e] = leaf;
  }

  /// The function as a constant expression: of all 256 bytes.
  Expr table_of(Expr e, Expr leaf) {
    const Shape shape{Dim(256)};
    Numbers bytes{shape, {}};
    for (int i = 0; i < 256; ++i) bytes.values.push_back(least_byte(leaf->dtype) + i);
    std::unordered_map<Expr, Expr> built{
        {leaf, Constants::make(graph_, bytes, leaf->dtype, shape, "bytes")}};
    for (Expr n : topological({e})) {
      const auto function = leaves_.find(n);
      if (n == leaf || function == leaves_.end() || function->second != leaf) continue;
      std::vector<Expr> sources;
      for (Expr s : n->sources) {
        if (const auto found = built.find(s); found != built.end())
          sources.push_back(found->second);
        else
          sources.push_back(
              Constants::make(graph_, *constants_.numbers(s), s->dtype, shape, "number"));
      }
      built[n] = n->pool->make(n->op, n->dtype, shape, std::move(sources), n->attr);
    }
    return built.at(e);
  }

  // ---- what is replaced

  Expr replaced(Expr e) {
    if (const auto r = rounding_in(e, constants_)) {
      Expr y = rounded(*r, e);
      if (y) ++counts["fixed-point"];
      if (!y) y = looked_up(e);
      if (y && quantities_.count(y) == 0) finish(y, *r);
      return y;
    }
    if (is_float(e->dtype) && e->is(Op::reduce_add)) return summed_in_integers(e);
    return {};
  }

  Expr rounded(const Rounding& r, Expr e) {
    const auto x = known(r.x);
    const auto zero = r.zero ? constants_.numbers(r.zero) : Numbers::uniform(e->shape.size(), 0);
    if (!x || !zero || constants_.is_constant(r.x)) return {};
    if (x->parts.empty()) return requantised(*x, *zero, e->dtype, r.least, r.most, graph_);
    std::vector<Expr> parts;
    for (const Quantity& part : x->parts) {
      if (!zero->is_uniform()) return {};
      parts.push_back(requantised(part, *zero, e->dtype, r.least, r.most, graph_));
      if (!parts.back()) return {};
    }
    return concat(parts, x->axis);
  }

  Expr looked_up(Expr e) {
    const auto found = leaves_.find(e[0]);
    if (!is_byte(e->dtype) || found == leaves_.end()) return {};
    const Expr leaf = found->second;
    ++counts["table"];
    return gather(cast(table_of(e[0], leaf), e->dtype),
                  {cast(leaf, DType::i32) - least_byte(leaf->dtype)});
  }

  /// What is known of y, which is new.
  void finish(Expr y, const Rounding& r) {
    if (const auto x = known(r.x)) {
      for (const std::string& name : x->names) graph_.note_origin(y, name);
    }
    quantities_.emplace(
        y, quantity_of(y, {static_cast<int64_t>(r.least), static_cast<int64_t>(r.most)}));
    if (is_byte(y->dtype)) leaves_[y] = y;
  }

  /// Sums of products that stay real: in integers, scaled once.
  Expr summed_in_integers(Expr e) {
    const auto x = known(e);
    if (!x || !x->is_plain() || constants_.is_constant(e) || !e[0]->is(Op::mul)) return {};
    const Expr y = as_float(*x, e->dtype, graph_);
    if (!y) return {};
    quantities_.insert_or_assign(y, *x);
    ++counts["sum-in-integers"];
    return y;
  }

  Graph& graph_;
  const bool has_frames_;
  Constants constants_;
  std::unordered_map<Expr, Quantity> quantities_;
  std::unordered_map<Expr, Expr> leaves_;  // by function of one byte: that
};

}  // namespace

std::map<std::string_view, int> use_integers(Graph& graph, bool has_frames) {
  const std::vector<Expr> order = topological(graph.roots());
  if (std::none_of(order.begin(), order.end(), [](Expr e) { return is_narrow(e->dtype); }))
    return {};
  Integers integers(graph, has_frames);
  rewrite_graph(graph, [&](Expr original, Expr e) { return integers.change(original, e); });
  return integers.counts;
}

}  // namespace tinycc
