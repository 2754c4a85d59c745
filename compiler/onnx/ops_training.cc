// Rows of the op table: losses, optimisers, and what draws numbers at random. See ops.h.
// Random numbers are drawn when the model is compiled, by NumPy's legacy generator from the node's
// seed (0 if it has none), so every run sees the same ones.
#include <cmath>
#include <random>

#include "compiler/onnx/ops.h"

#include "compiler/tensor/gradient.h"

namespace tinycc::onnx {
namespace {

/// 53 random bits as a number in [0, 1).
double draw(std::mt19937& bits) {
  const auto high = static_cast<double>(bits() >> 5), low = static_cast<double>(bits() >> 6);
  return (high * 0x1p26 + low) * 0x1p-53;
}

std::mt19937 generator(Call& c) {
  const double seed = c.real("seed", 0);
  return std::mt19937(static_cast<uint32_t>(static_cast<int64_t>(seed)));
}

Expr drawn(Call& c, const Shape& shape, std::mt19937 bits) {
  std::vector<double> numbers;
  for (int64_t i = 0; i < count_of(shape); ++i) numbers.push_back(draw(bits));
  return c.literal()(TensorData::of_numbers(DType::f64, bounds_of(shape), numbers));
}

/// Pairs of normal numbers from pairs of uniform ones (Box and Muller).
Expr drawn_normal(Call& c, const Shape& shape) {
  std::mt19937 bits = generator(c);
  std::vector<double> numbers;
  while (static_cast<int64_t>(numbers.size()) < count_of(shape)) {
    const double radius = std::sqrt(-2 * std::log(1 - draw(bits))), angle = 2 * M_PI * draw(bits);
    numbers.push_back(radius * std::cos(angle));
    numbers.push_back(radius * std::sin(angle));
  }
  numbers.resize(static_cast<size_t>(count_of(shape)));
  return c.literal()(TensorData::of_numbers(DType::f64, bounds_of(shape), numbers));
}

/// Shape and type from attributes, or those of the operand.
Shape random_shape(Call& c) {
  if (c.count() > 0) return c[0]->shape;
  const Ints extents = c.ints("shape");
  return {extents.begin(), extents.end()};
}

DType random_type(Call& c, DType otherwise) {
  return c.has_attribute("dtype") ? dtype_of(static_cast<int32_t>(c.integer("dtype"))) : otherwise;
}

Expr random_uniform(Call& c) {
  const double low = c.real("low", 0), high = c.real("high", 1);
  const DType dtype = random_type(c, c.count() > 0 ? c[0]->dtype : DType::f32);
  return cast(drawn(c, random_shape(c), generator(c)) * (high - low) + low, dtype);
}

Expr random_normal(Call& c) {
  const DType dtype = random_type(c, c.count() > 0 ? c[0]->dtype : DType::f32);
  const Expr numbers = drawn_normal(c, random_shape(c));
  return cast(numbers * c.real("scale", 1) + c.real("mean", 0), dtype);
}

/// 1 with the probability that x says.
Expr bernoulli(Call& c) {
  const Expr numbers = drawn(c, c[0]->shape, generator(c));
  return cast(lt(numbers, cast(c[0], DType::f64)), random_type(c, c[0]->dtype));
}

/// Without training nothing is dropped; else what the random numbers say, and the rest grows.
Outputs dropout(Call& c) {
  const DType flag = c.version < 10 ? c[0]->dtype : DType::boolean;
  const Expr all = constant(c.pool(), flag, 1, c[0]->shape);
  const bool never = !c.has(2) || (c.known(2) && c.constant_int(2) == 0);
  if (never) return {c[0], all};
  const Expr ratio =
      c.has(1) ? reshape_to(cast(c[1], DType::f64), {}) : constant(c.pool(), DType::f64, 0.5);
  const auto seed = static_cast<uint32_t>(c.integer("seed", 0));
  const Expr kept = logical_not(less(drawn(c, c[0]->shape, std::mt19937(seed)), ratio));
  const Expr grown = mul(c[0], cast(1.0 / (1.0 - ratio), c[0]->dtype));
  const Expr training = reshape_to(cast(c[2], DType::boolean), {}) & logical_not(eq(ratio, 0));
  return {select(training, select(kept, grown, constant_like(c[0], 0)), c[0]),
          select(training, kept, constant(c.pool(), DType::boolean, 1, c[0]->shape))};
}

/// -log_prob[n, target, …], weighted by class; targets of `ignore_index` weigh nothing.
Expr log_likelihood(Call& c, Expr log_prob, Expr target, Expr class_weights) {
  Pool& pool = c.pool();
  const Expr index = cast(target, DType::i64);
  std::vector<Expr> where{iota(pool, index->shape, 0), index};
  for (int64_t axis = 1; axis < index->rank(); ++axis)
    where.push_back(iota(pool, index->shape, axis));
  const Expr picked = gather(log_prob, where), zero = constant_like(picked, 0);
  Expr weights = class_weights ? gather(class_weights, {index}) : constant_like(picked, 1);
  if (c.has_attribute("ignore_index")) {
    const Expr ignored = eq(index, static_cast<double>(c.integer("ignore_index")));
    weights = tinycc::where(ignored, zero, weights);
  }
  const Expr loss = tinycc::where(eq(weights, 0), zero, -picked * weights);
  const std::string reduction = c.choice("reduction", {"none", "sum", "mean"}, "mean");
  const Ints axes = iota_ints(loss->rank());
  if (reduction == "none") return loss;
  return reduction == "sum" ? sum(loss, axes) : sum(loss, axes) / sum(weights, axes);
}

Expr negative_log_likelihood(Call& c) { return log_likelihood(c, c[0], c[1], c.or_none(2)); }

Outputs softmax_cross_entropy(Call& c) {
  const Expr log_prob = log_softmax(c[0], 1);
  return {log_likelihood(c, log_prob, c[1], c.or_none(2)), log_prob};
}

/// One step of an optimiser for one tensor: what it was, its gradient, and the running values.
using Update = Outputs (*)(Call& c, Expr rate, Expr step, Expr x, Expr gradient, Outputs running);

/// Operands: rate, step, then all tensors, all gradients, all running values of one kind …; results:
/// all new tensors, all new running values of one kind ….
Outputs optimise(Call& c, size_t kinds, Update update) {
  const size_t n = (c.count() - 2) / (2 + kinds);
  if (c.count() < 4 || c.count() != 2 + n * (2 + kinds)) refuse("operands do not come in groups");
  const Expr rate = reshape_to(c[0], {}), step = reshape_to(c[1], {});
  Outputs results((1 + kinds) * n);
  for (size_t i = 0; i < n; ++i) {
    Outputs running;
    for (size_t k = 0; k < kinds; ++k) running.push_back(c[2 + (2 + k) * n + i]);
    const Expr x = c[2 + i];
    const Expr gradient = c[2 + n + i] + x * c.real("norm_coefficient", 0);
    const Outputs next = update(c, rate, step, x, gradient, running);
    for (size_t k = 0; k <= kinds; ++k) results[k * n + i] = next[k];
  }
  return results;
}

/// H += g²; x -= rate / (1 + step decay) g / (√H + ε)
Outputs adagrad(Call& c, Expr rate, Expr step, Expr x, Expr gradient, Outputs running) {
  const Expr slowed = div(rate, cast(step, rate->dtype) * c.real("decay_factor", 0) + 1);
  const Expr squares = running[0] + gradient * gradient;
  return {sub(x, mul(slowed, gradient / (sqrt(squares) + c.real("epsilon", 1e-6)))), squares};
}

/// V = α V + (1 - α) g; H = β H + (1 - β) g²; x -= rate √(1 - β^t) / (1 - α^t) V / (√H + ε)
Outputs adam(Call& c, Expr rate, Expr step, Expr x, Expr gradient, Outputs running) {
  const double alpha = c.real("alpha", 0.9), beta = c.real("beta", 0.999);
  const Expr mean = running[0] * alpha + gradient * (1 - alpha);
  const Expr squares = running[1] * beta + gradient * gradient * (1 - beta);
  const Expr t = cast(step, DType::f64);
  const auto rest = [&](double base) { return 1.0 - exp(t * std::log(base)); };
  const Expr grown = cast(rate, DType::f64) * sqrt(rest(beta)) / rest(alpha);
  const Expr actual = cast(where(lt(0, t), grown, cast(rate, DType::f64)), x->dtype);
  const Expr next = sub(x, mul(actual, mean / (sqrt(squares) + c.real("epsilon", 1e-6))));
  return {next * (1 - c.real("norm_coefficient_post", 0)), mean, squares};
}

/// V = α V + β g, β = 1 in the first step; x -= rate V, or rate (g + α V) by Nesterov.
Outputs momentum(Call& c, Expr rate, Expr step, Expr x, Expr gradient, Outputs running) {
  const double alpha = c.real("alpha"), beta = c.real("beta");
  const Expr share =
      where(lt(0, step), constant(c.pool(), x->dtype, beta), constant(c.pool(), x->dtype, 1));
  const Expr speed = add(running[0] * alpha, mul(share, gradient));
  const bool nesterov = c.choice("mode", {"standard", "nesterov"}) == "nesterov";
  return {sub(x, mul(rate, nesterov ? gradient + speed * alpha : speed)), speed};
}

/// Derivatives of the value named y by those named xs.
Outputs gradient(Call& c) {
  std::vector<Expr> xs;
  for (const std::string& name : c.texts("xs")) xs.push_back(look_up(c.scope, name));
  return gradients(look_up(c.scope, c.text("y")), xs);
}

constexpr const char* kTraining = "ai.onnx.preview.training";

const OpRow kRows[] = {
    {"Adagrad", 1, [](Call& c) { return optimise(c, 1, adagrad); }, kTraining},
    {"Adam", 1, [](Call& c) { return optimise(c, 2, adam); }, kTraining},
    {"Bernoulli", 15, bernoulli},
    {"Dropout", 1, dropout},
    {"Gradient", 1, gradient, kTraining},
    {"Momentum", 1, [](Call& c) { return optimise(c, 1, momentum); }, kTraining},
    {"NegativeLogLikelihoodLoss", 12, negative_log_likelihood},
    {"RandomNormal", 1, random_normal},
    {"RandomNormalLike", 1, random_normal},
    {"RandomUniform", 1, random_uniform},
    {"RandomUniformLike", 1, random_uniform},
    {"SoftmaxCrossEntropyLoss", 12, softmax_cross_entropy},
};

}  // namespace

std::span<const OpRow> training_ops() { return kRows; }

}  // namespace tinycc::onnx
