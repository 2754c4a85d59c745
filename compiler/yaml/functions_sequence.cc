// Functions of model.yaml: recurrent layers, attention, resizing (functions.h).
#include <algorithm>
#include <cmath>

#include "compiler/yaml/functions.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kLongestAxis = 1 << 20;  // of a resized image: tables of that length are built

/// Rows of gates from PyTorch's order to the library's: blocks of `hidden` rows.
Expr reordered(Expr rows, const Ints& order) {
  const int64_t hidden = rows->extent(0) / static_cast<int64_t>(order.size());
  std::vector<Expr> blocks;
  for (const int64_t gate : order) blocks.push_back(narrow(rows, 0, gate * hidden, hidden));
  return join(blocks, 0);
}

struct CellKind {
  Cell cell;
  Ints order;  // our gate k is PyTorch's gate order[k]
};
const CellKind kLstm{Cell::lstm, {0, 3, 1, 2}};  // i o f c from i f g o
const CellKind kGru{Cell::gru, {1, 0, 2}};       // z r h from r z n

/// The weights of a layer, in the library's form with one direction.
struct CellWeights {
  Expr input, hidden, bias_input, bias_hidden;
};

void check_cell(const CellWeights& w, Expr x, int64_t gates) {
  const auto rows = [&](Expr e) { return e && e->rank() >= 1 && e->extent(0) % gates == 0; };
  if (!rows(w.input) || w.input->rank() != 2 || w.input->extent(1) != x->extent(x->rank() - 1)) {
    refuse("weight_ih has shape " + text_of(w.input->shape) + "; for input " + text_of(x->shape) +
           " it is [" + std::to_string(gates) + "*hidden, in]");
  }
  const int64_t size = w.input->extent(0);
  if (w.hidden->rank() != 2 || w.hidden->extent(0) != size || w.hidden->extent(1) * gates != size) {
    refuse("weight_hh has shape " + text_of(w.hidden->shape) + ", and [" + std::to_string(size) +
           ", " + std::to_string(size / gates) + "] is needed");
  }
  for (const Expr bias : {w.bias_input, w.bias_hidden}) {
    if (!bias || (bias->rank() == 1 && bias->extent(0) == size)) continue;
    refuse("a bias has shape " + text_of(bias->shape) + ", and [" + std::to_string(size) +
           "] is needed");
  }
}

/// x [t, n, in]; initial states [n, hidden] or empty. Gives y [t, n, hidden], then last states.
std::vector<Expr> run_cell(const CellKind& kind, Expr x, const CellWeights& w, Expr h, Expr c,
                           bool reverse) {
  if (x->rank() != 3) refuse("input has shape " + text_of(x->shape) + ", and [t, n, in] is needed");
  check_cell(w, x, static_cast<int64_t>(kind.order.size()));
  RecurrentInputs in;
  in.x = x;
  in.w = unsqueeze(reordered(w.input, kind.order), {0});
  in.r = unsqueeze(reordered(w.hidden, kind.order), {0});
  if (w.bias_input || w.bias_hidden) {
    const Expr zero = constant(*x->pool, w.input->dtype, 0, {w.input->extent(0)});
    const auto part = [&](Expr bias) { return bias ? reordered(bias, kind.order) : zero; };
    in.bias = unsqueeze(join({part(w.bias_input), part(w.bias_hidden)}, 0), {0});
  }
  if (h) in.h = unsqueeze(h, {0});
  if (c) in.c = unsqueeze(c, {0});
  RecurrentOptions options;
  options.cell = kind.cell;
  options.linear_before_reset = true;  // PyTorch's GRU
  if (reverse) options.direction = RecurrentOptions::Direction::reverse;
  const std::function<Expr(Expr)> s = [](Expr e) { return sigmoid(e); };
  const std::function<Expr(Expr)> t = [](Expr e) { return tanh(e); };
  options.activations = {s, t, t};
  std::vector<Expr> results = recurrent(in, options);
  results[0] = squeeze(results[0], {1});
  for (size_t i = 1; i < results.size(); ++i) results[i] = squeeze(results[i], {0});
  return results;
}

CellWeights weights_of(const Arguments& a, size_t first) {
  return {a.tensor(first), a.tensor(first + 1), a.tensor(first + 2), a.tensor(first + 3)};
}

Value lstm_call(const Arguments& a) {
  return Value::of(
      run_cell(kLstm, a.tensor(0), weights_of(a, 1), a.tensor(5), a.tensor(6), a.flag(7)));
}

Value gru_call(const Arguments& a) {
  return Value::of(run_cell(kGru, a.tensor(0), weights_of(a, 1), a.tensor(5), {}, a.flag(6)));
}

Expr one_step(Expr x) {
  if (x->rank() != 2) refuse("input has shape " + text_of(x->shape) + ", and [n, in] is needed");
  return unsqueeze(x, {0});
}

Value lstm_cell(const Arguments& a) {
  const std::vector<Expr> all =
      run_cell(kLstm, one_step(a.tensor(0)), weights_of(a, 3), a.tensor(1), a.tensor(2), false);
  return Value::of(std::vector<Expr>{all[1], all[2]});
}

Value gru_cell(const Arguments& a) {
  return Value::of(
      run_cell(kGru, one_step(a.tensor(0)), weights_of(a, 2), a.tensor(1), {}, false)[1]);
}

Expr lowest_like(Expr x) { return broadcast_to(lowest(*x->pool, x->dtype), x->shape); }

/// -infinity above the diagonal that ends in the last corner of [.., queries, keys].
Expr causal(Expr scores) {
  const int64_t rank = scores->rank();
  Pool& pool = *scores->pool;
  const Expr keys = length_of(pool, scores->dim(rank - 1)),
             queries = length_of(pool, scores->dim(rank - 2)), more = simplify(keys - queries);
  const Expr row = iota(*scores->pool, scores->shape, rank - 2);
  const Expr column = iota(*scores->pool, scores->shape, rank - 1);
  return where(lt(row + broadcast_to(more, row->shape), column), lowest_like(scores), scores);
}

/// A mask of bool says which keys count; one of numbers is added.
Expr masked(Expr scores, Expr mask) {
  if (!is_bool(mask->dtype)) return add(scores, mask);
  return where(broadcast_to(mask, scores->shape), scores, lowest_like(scores));
}

Value attention(const Arguments& a) {
  const Expr q = a.real(0), k = a.real(1), v = a.real(2);
  if (q->rank() < 2 || k->rank() != q->rank()) {
    refuse("queries " + text_of(q->shape) + " and keys " + text_of(k->shape) + " differ in rank");
  }
  Ints order = iota_ints(k->rank());
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  const auto width = static_cast<double>(q->extent(q->rank() - 1));
  const double scale = a.given(5) ? a.number(5) : 1 / std::sqrt(width);
  Expr scores = matmul(q * scale, transpose(k, order));
  if (a.flag(4)) scores = causal(scores);
  if (a.given(3)) scores = masked(scores, a.tensor(3));
  return Value::of(matmul(softmax(scores, -1), v));
}

/// PyTorch's modes in the library's words.
ResizeOptions resize_options(const std::string& mode, bool align_corners) {
  ResizeOptions options;
  const bool nearest = mode == "nearest";
  options.mode = nearest ? "nearest" : mode == "bicubic" ? "cubic" : "linear";
  if (!nearest && options.mode == "linear" && mode != "linear" && mode != "bilinear") {
    refuse("mode is nearest, linear, bilinear or bicubic, not '" + mode + "'");
  }
  if (nearest && align_corners) refuse("align_corners has no meaning with mode=\"nearest\"");
  options.coordinates = nearest ? "asymmetric" : align_corners ? "align_corners" : "half_pixel";
  options.nearest = "floor";
  return options;
}

int64_t resized(double extent) {
  if (!(extent >= 1 && extent <= kLongestAxis)) refuse("an axis would have an extent out of range");
  return static_cast<int64_t>(extent);
}

Value interpolate(const Arguments& a) {
  const Expr x = a.tensor(0);
  const int64_t spatial = x->rank() - 2;
  if (spatial < 1) refuse("input has shape " + text_of(x->shape) + ", and [n, c, ...] is needed");
  if (a.given(1) == a.given(2)) refuse("either size or scale_factor is needed");
  std::vector<double> values = a.numbers(a.given(1) ? 1 : 2);
  if (values.size() == 1) values.assign(static_cast<size_t>(spatial), values[0]);
  if (static_cast<int64_t>(values.size()) != spatial)
    refuse("one value for each spatial axis is needed");
  std::vector<ResizeAxis> axes;
  for (int64_t i = 0; i < spatial; ++i) {
    const auto n = static_cast<double>(x->extent(2 + i));
    const double value = values[static_cast<size_t>(i)];
    const int64_t extent = resized(a.given(1) ? value : std::floor(n * value));
    ResizeAxis axis;
    axis.axis = 2 + i;
    axis.extent = extent;
    axis.scale = static_cast<double>(extent) / n;
    axes.push_back(axis);
  }
  return Value::of(resize(x, axes, resize_options(a.text(3), a.flag(4)), a.literal()));
}

#define TCC_CELL "weight_ih, weight_hh, bias_ih=none, bias_hh=none"

constexpr Function kSequence[] = {
    {"lstm", "x, " TCC_CELL ", h=none, c=none, reverse: flag=false",
     "x [t, n, in], PyTorch's gate order; a list: y [t, n, hidden], last h, last c", lstm_call},
    {"gru", "x, " TCC_CELL ", h=none, reverse: flag=false",
     "x [t, n, in], PyTorch's gate order; a list: y [t, n, hidden], last h", gru_call},
    {"lstm_cell", "x, h, c, " TCC_CELL, "one step, x [n, in]; a list: h, c", lstm_cell},
    {"gru_cell", "x, h, " TCC_CELL, "one step, x [n, in]; the new h", gru_cell},
    {"scaled_dot_product_attention",
     "query, key, value, mask=none, is_causal: flag=false, scale: number=none",
     "softmax(query @ key.T * scale + mask) @ value; scale=none: 1/sqrt(width); a bool mask says "
     "which keys count",
     attention},
    {"interpolate",
     "input, size: ints=none, scale_factor: numbers=none, mode: text=\"nearest\", "
     "align_corners: flag=false",
     "resizes the spatial axes; also \"linear\", \"bilinear\", \"bicubic\"", interpolate},
};

}  // namespace

std::span<const Function> sequence_functions() { return kSequence; }

}  // namespace tinycc
