// Winograd's minimal filtering; see winograd.h.
#include "passes/winograd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "ir/eval.h"
#include "ir/simplify.h"
#include "passes/fold_constants.h"
#include "passes/index.h"
#include "passes/tensor_rules.h"

namespace tinycc {
namespace {

constexpr int64_t kWindow = 3;

// ---- the algorithm in one dimension

/// F(m, 3) on the points 0, ±√s for each s in `squares`, and infinity.
struct Form {
  int64_t outputs;  // m
  std::vector<double> squares;
  int64_t points() const { return outputs + kWindow - 1; }
  std::string name() const { return outputs == 4 ? "F(4x4,3x3)" : "F(2x2,3x3)"; }
};

const std::vector<Form>& forms() {
  static const std::vector<Form> all = {{4, {0.5, 2}}, {2, {1}}};
  return all;
}

/// Coefficients of Π (x² - s), the lowest first, over all s but number `skipped`.
std::vector<double> even_product(const Form& f, size_t skipped) {
  std::vector<double> p{1};
  for (size_t k = 0; k < f.squares.size(); ++k) {
    if (k == skipped) continue;
    p.insert(p.begin(), 2, 0);
    for (size_t i = 0; i + 2 < p.size(); ++i) p[i] -= f.squares[k] * p[i + 2];
  }
  return p;
}

/// Σ c[k] * x[first + k].
Expr combined(const std::vector<double>& c, const std::vector<Expr>& x, size_t first) {
  Expr sum = x[first + c.size() - 1];  // the highest has the coefficient 1
  for (size_t k = c.size() - 1; k-- > 0;) {
    if (c[k] != 0) sum = sum + x[first + k] * c[k];
  }
  return sum;
}

/// Bt x: row ±a is x(x ± a)Π' (x² - s), whose even and odd terms are shared.
std::vector<Expr> to_points(const Form& f, const std::vector<Expr>& x) {
  const std::vector<double> all = even_product(f, f.squares.size());
  std::vector<Expr> result{combined(all, x, 0)};
  for (size_t k = 0; k < f.squares.size(); ++k) {
    const std::vector<double> others = even_product(f, k);
    const Expr even = combined(others, x, 2), odd = combined(others, x, 1);
    const double a = std::sqrt(f.squares[k]);
    result.push_back(even + odd * a);
    result.push_back(even + odd * -a);
  }
  result.push_back(combined(all, x, 1));
  return result;
}

/// At x: y_p = Σ t^p x_t; x of ±a are added for even p, subtracted for odd p.
std::vector<Expr> from_points(const Form& f, const std::vector<Expr>& x) {
  std::vector<Expr> sums, differences, result;
  for (size_t k = 0; k < f.squares.size(); ++k) {
    sums.push_back(x[1 + 2 * k] + x[2 + 2 * k]);
    differences.push_back(x[1 + 2 * k] - x[2 + 2 * k]);
  }
  for (int64_t p = 0; p < f.outputs; ++p) {
    Expr y = p == 0 ? x.front() : Expr();
    for (size_t k = 0; k < f.squares.size(); ++k) {
      const double power = std::pow(f.squares[k], static_cast<double>(p / 2)) *
                           (p % 2 == 0 ? 1 : std::sqrt(f.squares[k]));
      const Expr part = p % 2 == 0 ? sums[k] : differences[k];
      const Expr term = power == 1 ? part : part * power;
      y = y ? y + term : term;
    }
    result.push_back(p + 1 == f.outputs ? y + x.back() : y);
  }
  return result;
}

/// G: row t is [1, t, t²] / Π (t - other points), infinity [0, 0, 1].
std::vector<std::array<double, kWindow>> weight_rows(const Form& f) {
  double zero = 1;
  for (const double s : f.squares) zero *= -s;
  std::vector<std::array<double, kWindow>> rows{{1 / zero, 0, 0}};
  for (const double s : f.squares) {
    double n = 2 * s;
    for (const double other : f.squares) n *= other == s ? 1 : s - other;
    const double a = std::sqrt(s);
    rows.push_back({1 / n, a / n, s / n});
    rows.push_back({1 / n, -a / n, s / n});
  }
  rows.push_back({0, 0, 1});
  return rows;
}

// ---- what to rewrite

/// A sum of data * weights over `in` channels and windows along two axes; numbers are axes of the
/// product, -1 where there is none. `dim` and `start` say where the data's tensor has them.
struct Role {
  int64_t axis = -1, dim = -1, start = 0;
};
struct Filtering {
  Expr sum, source, weights;
  Role batch, in, rows, columns;
  int64_t out = -1, window_rows = -1, window_columns = -1;

  int64_t extent(int64_t axis) const { return axis < 0 ? 1 : sum[0]->extent(axis); }
};

/// What both windows of `data` slide over; empty if there are not two behind one another.
Expr windowed_source(Expr data) {
  int windows = 0;
  for (; windows < 2; data = data[0]) {
    if (!is_movement(data->op) || data->is(Op::concat) || data->is(Op::pad)) return {};
    windows += data->is(Op::window) ? 1 : 0;
  }
  return data;
}

/// Which element of `source` an element of `data` is, whose indices are `index`.
std::vector<Expr> place_in(Expr data, Expr source, const std::vector<Expr>& index) {
  Buffer b;
  b.dtype = source->dtype;
  b.shape = bounds_of(source->shape);
  const std::map<int64_t, Buffer> buffers{{b.id, b}};
  const std::unordered_map<Expr, Stored> stored{
      {source, {b.id, std::vector<int64_t>(source->shape.size(), 0)}}};
  const BufferChoice none;
  const std::unordered_map<Expr, Expr> no_dims;  // the shapes are fixed
  return Indexer(*data->pool, buffers, stored, none, no_dims).element(data, index)->sources;
}

class Recogniser {
 public:
  Recogniser(Expr sum, const GraphFacts& facts) : facts_(facts) { f_.sum = sum; }

  std::optional<Filtering> run() {
    if (!f_.sum->is(Op::reduce_add) || f_.sum->sources.size() != 1 || f_.sum->dtype != DType::f32 ||
        !f_.sum[0]->is(Op::mul))
      return {};
    for (size_t side = 0; side < 2; ++side) {
      f_.weights = core_of(f_.sum[0][side]);
      data_ = f_.sum[0][1 - side];
      if (facts_.is_constant(f_.weights) && !facts_.is_constant(data_)) return roles();
    }
    return {};
  }

 private:
  bool is_summed(int64_t axis) const {
    const std::vector<int64_t>& axes = f_.sum->attr.ints;
    return std::find(axes.begin(), axes.end(), axis) != axes.end();
  }
  int64_t axis_of(Expr range) const {
    return std::find(index_.begin(), index_.end(), range) - index_.begin();
  }
  bool takes(Role& role, int64_t axis, size_t dim, int64_t start) {
    if (role.axis >= 0) return false;
    role = {axis, static_cast<int64_t>(dim), start};
    return true;
  }

  std::optional<Filtering> roles() {
    f_.source = windowed_source(data_);
    if (!f_.source) return {};
    Pool& pool = *data_->pool;
    for (const Dim& d : f_.sum[0]->shape)
      index_.push_back(d.bound == 1 ? constant_int(pool, DType::i64, 0)
                                    : range(pool, d.bound, "i"));
    const std::vector<Expr> place = place_in(data_, f_.source, index_);
    for (size_t d = 0; d < place.size(); ++d) {
      if (!reads(d, affine(place[d]))) return {};
    }
    return fits() ? std::optional(f_) : std::nullopt;
  }

  /// Dimension d of the source is read at a constant, along one axis, or along one and a window.
  bool reads(size_t d, const Affine& at) {
    std::vector<int64_t> free, summed;
    for (const auto& [term, factor] : at.terms) {
      if (factor != 1 || !term->is(Op::range)) return false;
      (is_summed(axis_of(term)) ? summed : free).push_back(axis_of(term));
    }
    if (free.empty() && summed.empty()) return f_.source->extent(static_cast<int64_t>(d)) == 1;
    if (summed.empty() && free.size() == 1) return takes(f_.batch, free[0], d, at.constant);
    if (free.empty() && summed.size() == 1) return takes(f_.in, summed[0], d, at.constant);
    if (free.size() != 1 || summed.size() != 1) return false;
    int64_t& window = f_.rows.axis < 0 ? f_.window_rows : f_.window_columns;
    window = summed[0];
    return takes(f_.rows.axis < 0 ? f_.rows : f_.columns, free[0], d, at.constant);
  }

  /// Every axis has one role, and the weights have those axes that the roles say.
  bool fits() {
    if (f_.in.axis < 0 || f_.columns.axis < 0) return false;
    if (f_.extent(f_.window_rows) != kWindow || f_.extent(f_.window_columns) != kWindow)
      return false;
    for (int64_t a = 0; a < f_.sum[0]->rank(); ++a) {
      const bool weighted = f_.weights->extent(a) != 1;
      if (f_.extent(a) == 1) continue;
      if (a == f_.batch.axis || a == f_.rows.axis || a == f_.columns.axis) {
        if (weighted) return false;
      } else if (a == f_.in.axis || a == f_.window_rows || a == f_.window_columns) {
        if (!weighted) return false;
      } else if (is_summed(a) || !weighted || f_.out >= 0) {
        return false;
      } else {
        f_.out = a;
      }
    }
    return f_.out >= 0;
  }

  const GraphFacts& facts_;
  Filtering f_;
  Expr data_;
  std::vector<Expr> index_;
};

// ---- does it pay?

constexpr double kFar = 5;        // multiply-adds in the time of a byte of weights, from memory
constexpr double kNear = 1.5;     // from a cache
constexpr int64_t kCaches = 16;   // all caches together, in that of second level
constexpr double kPoint = 8;      // in that of transforming one point of one channel
constexpr double kMargin = 0.85;  // below this share of the direct time

int64_t tiles_along(int64_t extent, const Form& f) { return (extent + f.outputs - 1) / f.outputs; }

int64_t tiles_of(const Filtering& c, const Form& f) {
  return c.extent(c.batch.axis) * tiles_along(c.extent(c.rows.axis), f) *
         tiles_along(c.extent(c.columns.axis), f);
}

/// Multiply-adds in the time of a weight. They come from caches if those of all the model fit.
double time_of_weight(const Graph& graph, const Target& target) {
  int64_t bytes = 0;
  for (const auto& [name, data] : graph.weights) bytes += data.count() * bytes_of(data.dtype);
  return 4 * (bytes <= kCaches * target.l2_bytes ? kNear : kFar);
}

/// The fastest form, in multiply-adds, of which and the weights the longer counts; null where none is
/// faster than the sum as it is.
const Form* best_form(const Filtering& c, const Target& target, double weight) {
  const auto in = static_cast<double>(c.extent(c.in.axis)),
             out = static_cast<double>(c.extent(c.out)),
             rows = static_cast<double>(c.extent(c.rows.axis) * c.extent(c.batch.axis)),
             columns = static_cast<double>(c.extent(c.columns.axis));
  const auto lanes = static_cast<double>(target.lanes());
  if (in < 2 * lanes || out < lanes) return nullptr;
  const double direct = kWindow * kWindow * in * out;
  double best = kMargin * std::max(direct * rows * columns, direct * weight);
  const Form* chosen = nullptr;
  for (const Form& f : forms()) {
    const auto points = static_cast<double>(f.points() * f.points()),
               tiles = static_cast<double>(tiles_of(c, f));
    const double time =
        points * in * out * std::max(tiles, weight) + kPoint * points * tiles * (in + out);
    if (time >= best) continue;
    best = time;
    chosen = &f;
  }
  return chosen;
}

/// `ours`, or what someone knows better about sums of these sizes.
const Form* decided(const Filtering& c, const Target& target, const Form* ours,
                    const std::string& name, const Decide& decide) {
  const int64_t in = c.extent(c.in.axis), out = c.extent(c.out);
  if (!decide || (ours == nullptr && std::min(in, out) < target.lanes())) return ours;
  std::string sizes = "winograd";
  for (const int64_t a : {c.batch.axis, c.in.axis, c.out, c.rows.axis, c.columns.axis})
    sizes += " " + std::to_string(c.extent(a));
  Decision d{"graph", hash_of(target_text(target) + sizes), name, "direct", {"direct"}};
  if (ours != nullptr) d.ours = ours->name();
  for (const Form& f : forms()) d.possible.push_back(f.name());
  d.work = static_cast<double>(in * out * c.extent(c.rows.axis) * c.extent(c.columns.axis));
  const auto found = std::find_if(forms().begin(), forms().end(),
                                  [answer = decide(d)](auto& f) { return f.name() == answer; });
  return found == forms().end() ? nullptr : &*found;
}

// ---- the rewrite

class Rewriting {
 public:
  Rewriting(Graph& graph, const Filtering& c, const Form& form, std::string name)
      : graph_(graph),
        c_(c),
        name_(std::move(name)),
        f_(form),
        batch_(c.extent(c.batch.axis)),
        in_(c.extent(c.in.axis)),
        out_(c.extent(c.out)),
        rows_(c.extent(c.rows.axis)),
        columns_(c.extent(c.columns.axis)),
        tile_rows_(tiles_along(rows_, form)),
        tile_columns_(tiles_along(columns_, form)) {}

  Expr run() {
    const Expr points = in_points(data());
    note(points, "input tiles in their points");
    const int64_t count = points->extent(0), tiles = points->extent(1);
    const Shape all{count, tiles, out_, in_};
    const Expr u = weight(*graph_.pool, transformed_weights(), DType::f32, {count, 1, out_, in_});
    const Expr product = reduce(
        Op::reduce_add, expand(reshape(points, {count, tiles, 1, in_}), all) * expand(u, all), {3});
    note(product, "products in their points");
    return in_order(from_tiles(product));
  }

 private:
  void note(Expr e, const std::string& what) {
    if (!name_.empty()) graph_.note_origin(e, name_, "Winograd " + f_.name() + ", " + what);
  }

  /// [batch, in, rows, columns], with the windows' overlap and up to whole tiles.
  Expr data() {
    const std::vector<Role> roles{c_.batch, c_.in, c_.rows, c_.columns};
    const std::vector<int64_t> wanted{batch_, in_, tile_rows_ * f_.outputs + kWindow - 1,
                                      tile_columns_ * f_.outputs + kWindow - 1};
    const auto rank = static_cast<size_t>(c_.source->rank());
    Extents starts(rank, 0), counts(rank, 1), more(2 * rank, 0), order;
    for (size_t i = 0; i < roles.size(); ++i) {
      if (roles[i].dim < 0) continue;
      const auto d = static_cast<size_t>(roles[i].dim);
      starts[d] = roles[i].start;
      counts[d] = wanted[i];
      more[2 * d + 1] = std::max<int64_t>(0, starts[d] + wanted[i] - c_.source->shape[d].bound);
      order.push_back(roles[i].dim);
    }
    for (size_t d = 0; d < rank; ++d) {
      if (std::find(order.begin(), order.end(), static_cast<int64_t>(d)) == order.end())
        order.push_back(static_cast<int64_t>(d));
    }
    const Expr whole = slice(extended(more), starts, counts, Extents(rank, 1));
    return reshape(permute(whole, order), shape_of(wanted));
  }

  /// The source with as many more elements; what they are does not matter.
  Expr extended(Extents more) const {
    const Expr source = c_.source;
    if (std::count(more.begin(), more.end(), 0) == static_cast<int64_t>(more.size())) return source;
    if (!source->is(Op::pad)) return pad(source, more, constant(*graph_.pool, DType::f32, 0));
    for (size_t i = 0; i < more.size(); ++i) more[i] += source->attr.ints[i];
    return pad(source[0], more, source[1]);
  }

  /// V: [points², tiles, in].
  Expr in_points(Expr x) const {
    const auto n = static_cast<size_t>(f_.points());
    std::vector<std::vector<Expr>> columns(n);  // transformed from top to bottom
    for (size_t b = 0; b < n; ++b) {
      std::vector<Expr> column;
      for (int64_t a = 0; a < f_.points(); ++a)
        column.push_back(slice(x, {0, 0, a, static_cast<int64_t>(b)},
                               {batch_, in_, tile_rows_, tile_columns_},
                               {1, 1, f_.outputs, f_.outputs}));
      columns[b] = to_points(f_, column);
    }
    std::vector<Expr> parts;
    for (size_t i = 0; i < n; ++i) {
      std::vector<Expr> row;
      for (size_t b = 0; b < n; ++b) row.push_back(columns[b][i]);
      for (Expr v : to_points(f_, row))
        parts.push_back(
            reshape(permute(v, {0, 2, 3, 1}), {1, batch_ * tile_rows_ * tile_columns_, in_}));
    }
    return concat(parts, 0);
  }

  /// U = G w Gt, [points², 1, out, in].
  std::string transformed_weights() {
    const TensorData w = eval({c_.weights}, graph_.weights)[0];
    std::vector<int64_t> strides(w.shape.size(), 1);
    for (size_t i = strides.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * w.shape[i + 1];
    const auto stride = [&](int64_t axis) { return strides[static_cast<size_t>(axis)]; };
    const auto g = weight_rows(f_);
    std::vector<double> u;
    for (const auto& down : g) {
      for (const auto& across : g) {
        for (int64_t o = 0; o < out_; ++o) {
          for (int64_t i = 0; i < in_; ++i) {
            double sum = 0;
            for (int64_t y = 0; y < kWindow; ++y) {
              for (int64_t x = 0; x < kWindow; ++x)
                sum += down[static_cast<size_t>(y)] * across[static_cast<size_t>(x)] *
                       w.number(o * stride(c_.out) + i * stride(c_.in.axis) +
                                y * stride(c_.window_rows) + x * stride(c_.window_columns));
            }
            u.push_back(sum);
          }
        }
      }
    }
    return add_weight(
        TensorData::of_numbers(DType::f32, {f_.points() * f_.points(), 1, out_, in_}, u));
  }

  std::string add_weight(TensorData data) {
    const std::vector<Expr> nodes = topological({c_.weights});
    const std::string of = nodes[0]->is(Op::weight) ? nodes[0]->attr.name : "weights";
    std::string name = of + "/points";
    for (int n = 2; graph_.weights.contains(name); ++n) name = of + "/points" + std::to_string(n);
    graph_.weights.emplace(name, std::move(data));
    return name;
  }

  /// [points², tiles, out] to [batch, out, rows, columns].
  Expr from_tiles(Expr product) const {
    const auto n = static_cast<size_t>(f_.points());
    const int64_t tiles = product->extent(1);
    std::vector<std::vector<Expr>> columns(n);
    for (size_t b = 0; b < n; ++b) {
      std::vector<Expr> column;
      for (size_t a = 0; a < n; ++a) {
        const Expr one =
            slice(product, {static_cast<int64_t>(a * n + b), 0, 0}, {1, tiles, out_}, {1, 1, 1});
        column.push_back(
            permute(reshape(one, {batch_, tile_rows_, tile_columns_, out_}), {0, 3, 1, 2}));
      }
      columns[b] = from_points(f_, column);
    }
    std::vector<Expr> lines;
    for (size_t p = 0; p < static_cast<size_t>(f_.outputs); ++p) {
      std::vector<Expr> row, line;
      for (size_t b = 0; b < n; ++b) row.push_back(columns[b][p]);
      for (Expr y : from_points(f_, row))
        line.push_back(reshape(y, {batch_, out_, tile_rows_, 1, tile_columns_, 1}));
      lines.push_back(concat(line, 5));
    }
    const Expr whole = reshape(concat(lines, 3),
                               {batch_, out_, tile_rows_ * f_.outputs, tile_columns_ * f_.outputs});
    return slice(whole, {0, 0, 0, 0}, {batch_, out_, rows_, columns_}, {1, 1, 1, 1});
  }

  /// The axes as the sum has them.
  Expr in_order(Expr y) const {
    const std::vector<int64_t> axes{c_.batch.axis, c_.out, c_.rows.axis, c_.columns.axis};
    std::vector<int64_t> order{0, 1, 2, 3};
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return axes[static_cast<size_t>(a)] < axes[static_cast<size_t>(b)];
    });
    return reshape(permute(y, order), c_.sum->shape);
  }

  Graph& graph_;
  const Filtering& c_;
  std::string name_;
  const Form& f_;
  int64_t batch_, in_, out_, rows_, columns_, tile_rows_, tile_columns_;
};

/// What the model calls the node of its own that a node is part of: that of the next user that has a
/// name.
std::unordered_map<Expr, std::string> names_by_node(const Graph& graph,
                                                    const std::vector<Expr>& order) {
  std::unordered_map<Expr, std::string> names;
  for (size_t i = order.size(); i-- > 0;) {
    const auto found = graph.origins.find(order[i]);
    if (found != graph.origins.end() && !found->second.nodes.empty())
      names[order[i]] = found->second.nodes.front();
    for (Expr s : order[i]->sources) names.try_emplace(s, names[order[i]]);
  }
  return names;
}

}  // namespace

void use_winograd(Graph& graph, const Target& target, const Decide& decide) {
  if (!target.has_vectors() || target.is_device() || target.prefer != Prefer::speed) return;
  const GraphFacts facts(graph);
  const auto names = names_by_node(graph, topological(graph.roots()));
  const double weight = time_of_weight(graph, target);
  rewrite_graph(graph, [&](Expr original, Expr e) {
    const std::optional<Filtering> c = Recogniser(e, facts).run();
    const std::string name = c ? names.at(original) : "";
    const Form* form =
        c ? decided(*c, target, best_form(*c, target, weight), name, decide) : nullptr;
    return form == nullptr ? e : Rewriting(graph, *c, *form, name).run();
  });
  drop_weights(graph);
}

}  // namespace tinycc
