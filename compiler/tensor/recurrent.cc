// RNN, GRU and LSTM with ONNX's gate order. The input's share of all gates is one product for all
// steps; the steps themselves are unrolled when they are few, a scan otherwise. See tensor.h.
#include "compiler/tensor/tensor.h"

namespace tinycc {
namespace {

constexpr int64_t kUnrolled = 8;  // steps

using Activation = std::function<Expr(Expr)>;

/// One direction.
struct Layer {
  Cell cell;
  Expr r;           // [hidden, gates*hidden]
  Expr gates;       // [t, n, gates*hidden]: x W' + biases
  Expr reset_bias;  // GRU with linear_before_reset: R's bias of the hidden gate [hidden], or empty
  Expr peepholes;   // [3*hidden] or empty
  Expr lengths;     // [n] or empty
  Activation f, g, h;
  const RecurrentOptions* options;
  int64_t hidden;
};

struct CellState {
  Expr h, c;  // [n, hidden]; c: LSTM only
};

/// Gate k of a row of gates.
Expr gate(Expr gates, int64_t k, int64_t hidden) {
  return narrow(gates, gates->rank() - 1, k * hidden, hidden);
}

Expr limited(Expr x, double clip) { return clip > 0 ? max(min(x, clip), -clip) : x; }

/// i, o, f, c: C = f*C + i*g(c), H = o*h(C); peepholes P[iof] look at C.
CellState lstm_step(const Layer& layer, Expr sums, CellState old) {
  const auto peek = [&](int64_t k, Expr c) {
    const Expr x = gate(sums, k, layer.hidden);
    return limited(layer.peepholes
                       ? x + mul(broadcast_to(gate(layer.peepholes, k, layer.hidden), c->shape), c)
                       : x,
                   layer.options->clip);
  };
  const Expr i = layer.f(peek(0, old.c));
  const Expr f = layer.options->input_forget ? 1.0 - i : layer.f(peek(2, old.c));
  const Expr fresh = layer.g(limited(gate(sums, 3, layer.hidden), layer.options->clip));
  const Expr c = f * old.c + i * fresh;
  return {layer.f(peek(1, c)) * layer.h(c), c};
}

/// z, r, h: H = (1 - z)*h + z*H; the reset gate acts before or after the product with R.
CellState gru_step(const Layer& layer, Expr input, CellState old) {
  const int64_t hidden = layer.hidden;
  const auto clip = [&](Expr x) { return limited(x, layer.options->clip); };
  const Expr recur = matmul(old.h, narrow(layer.r, 1, 0, 2 * hidden));
  const Expr z = layer.f(clip(gate(input, 0, hidden) + gate(recur, 0, hidden)));
  const Expr r = layer.f(clip(gate(input, 1, hidden) + gate(recur, 1, hidden)));
  const Expr rh = gate(layer.r, 2, hidden);
  Expr product = layer.options->linear_before_reset ? matmul(old.h, rh) : matmul(r * old.h, rh);
  if (layer.reset_bias) product = add(product, layer.reset_bias);
  if (layer.options->linear_before_reset) product = r * product;
  const Expr h = layer.g(clip(gate(input, 2, hidden) + product));
  return {(1.0 - z) * h + z * old.h, {}};
}

/// `sums`: x's share of the gates, [n, gates*hidden].
CellState cell_step(const Layer& layer, Expr input, CellState old) {
  if (layer.cell == Cell::gru) return gru_step(layer, input, old);
  const Expr sums = input + matmul(old.h, layer.r);
  if (layer.cell == Cell::lstm) return lstm_step(layer, sums, old);
  return {layer.f(limited(sums, layer.options->clip)), {}};
}

/// Rows whose sequence has ended keep their state; their output is 0.
CellState kept(const Layer& layer, Expr step, CellState fresh, CellState old, Expr& output) {
  output = fresh.h;
  if (!layer.lengths) return fresh;
  const Expr steps = expand(reshape(step, {Dim(1)}), layer.lengths->shape);
  const Expr running = unsqueeze(lt(steps, layer.lengths), {1});
  output = select(running, fresh.h, constant_like(fresh.h, 0));
  return {select(running, fresh.h, old.h), fresh.c ? select(running, fresh.c, old.c) : fresh.c};
}

struct Sequence {
  Expr outputs;  // [t, n, hidden]
  CellState last;
};

Sequence unrolled(const Layer& layer, CellState state) {
  std::vector<Expr> outputs;
  for (int64_t t = 0; t < layer.gates->extent(0); ++t) {
    Expr output;
    const CellState fresh = cell_step(layer, pick(layer.gates, 0, t), state);
    state = kept(layer, constant_int(*layer.gates->pool, DType::i64, t), fresh, state, output);
    outputs.push_back(output);
  }
  return {stack(outputs, 0), state};
}

Sequence scanned(const Layer& layer, CellState start) {
  Pool& pool = *layer.gates->pool;
  const int64_t id = pool.fresh_id(), extent = layer.gates->dim(0).bound;
  const Expr step = counter(pool, id, extent);
  const CellState old{carry(pool, id, 0, start.h->dtype, start.h->shape),
                      start.c ? carry(pool, id, 1, start.c->dtype, start.c->shape) : Expr()};
  Expr output;
  const CellState fresh =
      kept(layer, step, cell_step(layer, gather_axis(layer.gates, step, 0), old), old, output);
  std::vector<Expr> initial{start.h}, next{fresh.h};
  if (start.c) initial.push_back(start.c);
  if (start.c) next.push_back(fresh.c);
  const Dim& steps = layer.gates->dim(0);
  const Expr all = scan(pool, id, extent, initial, next, {output}, last_of(step, steps));
  return {cut(get(all, static_cast<int64_t>(initial.size())), 0, steps),
          {get(all, 0), start.c ? get(all, 1) : Expr()}};
}

/// Time reversed, for each row within its own length.
Expr time_reversed(Expr x, Expr lengths) {
  if (!lengths) return reverse(x, 0);
  const Expr step = iota(*x->pool, x->shape, 0), length = along(lengths, 1, step);
  return gather_elements(x, where(lt(step, length), length - step - 1, step), 0);
}

int64_t gates_of(Cell cell) { return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1; }

/// Direction d's slice of a weight, or empty.
Expr of_direction(Expr weights, int64_t d) { return weights ? pick(weights, 0, d) : weights; }

Layer layer_of(const RecurrentInputs& in, const RecurrentOptions& options, int64_t d, Expr x) {
  const int64_t gates = gates_of(options.cell), hidden = in.r->extent(2);
  const int64_t per_direction = options.cell == Cell::lstm ? 3 : options.cell == Cell::gru ? 2 : 1;
  const auto activation = [&](int64_t k) {
    return options.activations.at(
        static_cast<size_t>(d * per_direction + (k < per_direction ? k : 0)));
  };
  Layer layer{options.cell,
              permute(of_direction(in.r, d), {1, 0}),
              {},
              {},
              of_direction(in.peepholes, d),
              in.lengths,
              activation(0),
              activation(1),
              activation(2),
              &options,
              hidden};
  layer.gates = matmul(x, permute(of_direction(in.w, d), {1, 0}));
  if (!in.bias) return layer;
  const Expr bias = of_direction(in.bias, d);
  const Expr wb = narrow(bias, 0, 0, gates * hidden),
             rb = narrow(bias, 0, gates * hidden, gates * hidden);
  if (options.cell == Cell::gru && options.linear_before_reset) {
    layer.reset_bias = gate(rb, 2, hidden);
    const Expr none = constant(*x->pool, bias->dtype, 0, {Dim(hidden)});
    layer.gates = add(layer.gates, wb + join({narrow(rb, 0, 0, 2 * hidden), none}, 0));
  } else {
    layer.gates = add(layer.gates, wb + rb);
  }
  return layer;
}

void check_shapes(const RecurrentInputs& in, int64_t directions, int64_t gates) {
  if (in.x->rank() != 3 || in.w->rank() != 3 || in.r->rank() != 3) refuse("X, W and R want rank 3");
  const int64_t hidden = in.r->extent(2), rows = gates * hidden, n = in.x->extent(1);
  const auto expect = [](Expr e, const Shape& shape, const char* name) {
    if (e && e->shape != shape)
      refuse(std::string(name) + " has shape " + text_of(e->shape) + ", not " + text_of(shape));
  };
  expect(in.w, {directions, rows, in.x->extent(2)}, "W");
  expect(in.r, {directions, rows, hidden}, "R");
  expect(in.bias, {directions, 2 * rows}, "B");
  expect(in.lengths, {n}, "sequence_lens");
  expect(in.h, {directions, n, hidden}, "initial_h");
  expect(in.c, {directions, n, hidden}, "initial_c");
  expect(in.peepholes, {directions, 3 * hidden}, "P");
}

}  // namespace

std::vector<Expr> recurrent(const RecurrentInputs& given, const RecurrentOptions& options) {
  using Direction = RecurrentOptions::Direction;
  const int64_t directions = options.direction == Direction::both ? 2 : 1;
  check_shapes(given, directions, gates_of(options.cell));
  RecurrentInputs in = given;
  if (in.lengths) in.lengths = cast(in.lengths, DType::i64);
  std::vector<Expr> outputs, last_h, last_c;
  for (int64_t d = 0; d < directions; ++d) {
    const bool backwards = d == 1 || options.direction == Direction::reverse;
    const Layer layer =
        layer_of(in, options, d, backwards ? time_reversed(in.x, in.lengths) : in.x);
    const Expr zero = constant(*in.x->pool, in.x->dtype, 0, {in.x->shape[1], Dim(layer.hidden)});
    const bool has_c = options.cell == Cell::lstm;
    const CellState start{in.h ? pick(in.h, 0, d) : zero, !has_c ? Expr()
                                                          : in.c ? pick(in.c, 0, d)
                                                                 : zero};
    const Sequence run =
        in.x->dim(0).is_static() && in.x->extent(0) <= kUnrolled ? unrolled(layer, start) : scanned(layer, start);
    outputs.push_back(backwards ? time_reversed(run.outputs, in.lengths) : run.outputs);
    last_h.push_back(run.last.h);
    if (has_c) last_c.push_back(run.last.c);
  }
  std::vector<Expr> results{stack(outputs, 1), stack(last_h, 0)};
  if (!last_c.empty()) results.push_back(stack(last_c, 0));
  return results;
}

}  // namespace tinycc
