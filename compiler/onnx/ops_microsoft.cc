// Rows of the op table: what ONNX Runtime's optimiser and its exporters put in place of ONNX's own
// operators, in their domain com.microsoft. See ops.h; the meanings are those of ONNX Runtime's
// ContribOperators.md.
#include <cmath>
#include <limits>

#include "compiler/onnx/activations.h"
#include "compiler/onnx/heads.h"
#include "compiler/onnx/ops.h"
#include "compiler/onnx/quantise.h"

namespace tinycc::onnx {
namespace {

constexpr const char* kDomain = "com.microsoft";

// ---- elementwise, products, norms --------------------------------------------------------------

constexpr double kDefault = std::numeric_limits<double>::quiet_NaN();

/// The activation that an optimiser has fused into the node, if any.
Expr activated(Call& c, Expr x, const std::vector<double>& parameters) {
  const std::string name = c.text("activation", "");
  return name.empty() ? x : activation_of(name, parameters)(x);
}

/// x, w, bias, what is added before the activation.
Expr fused_conv(Call& c) {
  const Expr y = conv(c[0], c[1], c.or_none(2), conv_options(c, c[0], c[1]));
  return activated(c, c.has(3) ? add(y, c[3]) : y, c.reals("activation_params"));
}

Expr transposed_last(Expr x) {
  Ints order = iota_ints(x->rank());
  if (order.size() < 2) return x;
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return permute(x, order);
}

Expr fused_matmul(Call& c) {
  if (c.integer("transBatchA", 0) != 0 || c.integer("transBatchB", 0) != 0)
    throw Error(ExitCode::unsupported, "transBatchA and transBatchB are not supported");
  const Expr a = c.integer("transA", 0) != 0 ? transposed_last(c[0]) : c[0];
  const Expr b = c.integer("transB", 0) != 0 ? transposed_last(c[1]) : c[1];
  const double alpha = c.real("alpha", 1);
  return alpha == 1 ? matmul(a, b) : matmul(a, b) * alpha;
}

Expr fused_gemm(Call& c) {
  const Expr a = c.integer("transA", 0) != 0 ? transposed_last(c[0]) : c[0];
  const Expr b = c.integer("transB", 0) != 0 ? transposed_last(c[1]) : c[1];
  Expr y = matmul(a, b) * c.real("alpha", 1);
  if (c.has(2)) y = add(y, c[2] * c.real("beta", 1));
  return activated(c, y,
                   {c.real("activation_alpha", kDefault), c.real("activation_beta", kDefault)});
}

Expr fast_gelu(Call& c) { return gelu(c.has(1) ? add(c[0], c[1]) : c[0], true); }

/// 1 / sqrt(mean(x^2) + epsilon), x without its mean where `centred`; and that mean.
std::pair<Expr, Expr> moments(Expr x, double epsilon, bool centred) {
  const Expr wide = widened(x), middle = mean(wide, {-1}, true);
  const Expr rest = centred ? wide - expand(middle, wide->shape) : wide;
  return {middle, 1.0 / sqrt(mean(rest * rest, {-1}, true) + epsilon)};
}

/// norm(x + skip + bias). Further results: the mean, its inverse deviation, the sum.
Outputs skip_norm(Call& c, bool centred, Expr scale, std::optional<Expr> shift, Expr bias) {
  Expr x = add(c[0], c[1]);
  if (bias) x = add(x, bias);
  const double epsilon = c.real("epsilon", centred ? 1e-12 : 1e-6);
  const Expr y =
      centred ? layer_norm(x, scale, shift, -1, epsilon) : rms_norm(x, scale, -1, epsilon);
  const auto [middle, inverse] = moments(x, epsilon, centred);
  return {y, middle, inverse, x};
}

Outputs skip_layer_norm(Call& c) { return skip_norm(c, true, c[2], c.maybe(3), c.or_none(4)); }
Outputs skip_rms_norm(Call& c) { return skip_norm(c, false, c[2], {}, c.or_none(3)); }

/// ids, segments, word, position and segment tables, scale, shift, mask, positions.
Outputs embed_norm(Call& c) {
  Expr x = gather_axis(c[2], c[0], 0);
  const int64_t length = c[0]->extent(1);
  x = add(x, c.has(8) ? gather_axis(c[3], c[8], 0) : narrow(c[3], 0, 0, length));
  if (c.has(1)) x = add(x, gather_axis(c[4], c[1], 0));
  const Expr counts = c.has(7) ? sum(cast(c[7], DType::i32), {1})
                               : constant(c.pool(), DType::i32, 0, {c[0]->shape[0]});
  return {layer_norm(x, c.maybe(5), c.maybe(6), -1, c.real("epsilon", 1e-12)), counts, x};
}

// ---- attention ---------------------------------------------------------------------------------

/// `value` where `allowed` is false, else 0; spread over the scores.
Expr bias_of(Expr allowed, double value, const Expr& scores) {
  const Expr zero = constant_like(scores, 0);
  return where(broadcast_to(allowed, scores->shape), zero, constant_like(scores, value));
}

/// Place of each query and of each key among all keys [b, heads, q, k]: queries come last.
struct Places {
  Expr query, key;
};
Places places_of(Expr scores) {
  Pool& pool = *scores->pool;
  const double before =
      static_cast<double>(scores->extent(3)) - static_cast<double>(scores->extent(2));
  return {iota(pool, scores->shape, 2) + before, iota(pool, scores->shape, 3)};
}

/// A mask of [b, keys] or [b, q, keys] with 1 for what counts, or [b] with the number of keys.
Expr mask_of(Expr mask, Expr scores) {
  Pool& pool = *scores->pool;
  if (mask->rank() == 1 && mask->shape[0] == scores->shape[0]) {
    const Expr length = broadcast_to(unsqueeze(cast(mask, DType::i64), {1, 2, 3}), scores->shape);
    return lt(iota(pool, scores->shape, 3), length);
  }
  if (mask->rank() != 2 && mask->rank() != 3)
    throw Error(ExitCode::unsupported,
                "a mask of shape " + text_of(mask->shape) + " is not supported");
  const Expr spread = unsqueeze(mask, mask->rank() == 2 ? Ints{1, 2} : Ints{1});
  return logical_not(
      eq(broadcast_to(spread, scores->shape), constant(pool, mask->dtype, 0, scores->shape)));
}

struct Heads {
  Expr q, k, v;  // [b, heads, t, d]
  Expr mask, bias;
};

/// softmax(q kᵀ scale + bias) v, as [b, t, heads * d]; masked scores get mask_filter_value.
Expr attended(Call& c, const Heads& h, bool causal) {
  const double given = c.real("scale", 0),
               scale = given != 0 ? given : 1 / std::sqrt(static_cast<double>(h.q->extent(3)));
  Expr scores = widened(matmul(h.q, permute(h.k, {0, 1, 3, 2}))) * scale;
  const double hidden = c.real("mask_filter_value", -10000);
  if (h.mask) scores = scores + bias_of(mask_of(h.mask, scores), hidden, scores);
  if (causal) {
    const Places at = places_of(scores);
    scores = scores + bias_of(logical_not(lt(at.query, at.key)),
                              std::numeric_limits<float>::lowest(), scores);
  }
  if (h.bias) scores = add(scores, broadcast_to(cast(h.bias, scores->dtype), scores->shape));
  return merge_heads(matmul(cast(softmax(scores, -1), h.v->dtype), h.v));
}

/// `all` holds q, k and v side by side; the past [2, b, heads, t, d] may be empty.
Outputs attended_all(Call& c, Expr all, Expr mask, Expr bias, Expr past) {
  const int64_t heads = c.integer("num_heads");
  const int64_t third = all->extent(2) / 3;
  const std::vector<Expr> parts =
      split(all, c.ints("qkv_hidden_sizes", Ints{third, third, third}), 2);
  if (c.integer("do_rotary", 0) != 0)
    throw Error(ExitCode::unsupported, "do_rotary is not supported");
  Heads h{split_heads(parts[0], heads), split_heads(parts[1], heads), split_heads(parts[2], heads),
          mask, bias};
  if (past) {
    h.k = join({pick(past, 0, 0), h.k}, 2);
    h.v = join({pick(past, 0, 1), h.v}, 2);
  }
  const Expr y = attended(c, h, c.integer("unidirectional", 0) != 0);
  return {y, c.wants(1) ? stack({h.k, h.v}, 0) : Expr()};
}

/// One product gives q, k and v: x W + b.
Outputs attention(Call& c) {
  if (c.has(6)) throw Error(ExitCode::unsupported, "a shared past is not supported");
  const Expr product = matmul(c[0], c[1]);
  return attended_all(c, c.has(2) ? add(product, c[2]) : product, c.or_none(3), c.or_none(5),
                      c.or_none(4));
}

/// x, W, b, scales of x and W, mask, their zero points, past.
Outputs quantised_attention(Call& c) {
  const Expr product = real_product(c[0], c[3], c.or_none(6), c[1], c[4], c.or_none(7));
  return attended_all(c, add(product, c[2]), c.or_none(5), {}, c.or_none(8));
}

/// query, key, value (flat or by heads), bias, mask of keys, bias of scores, past keys and values.
Outputs multi_head(Call& c) {
  const int64_t heads = c.integer("num_heads");
  if (c[0]->rank() != 3 || !c.has(1) || !c.has(2))
    throw Error(ExitCode::unsupported, "packed queries, keys and values are not supported");
  const auto part = [&](size_t i) {
    if (c[i]->rank() == 4) return c[i];
    if (!c.has(3)) return split_heads(c[i], heads);
    int64_t start = 0;
    for (size_t before = 0; before < i; ++before) start += c[before]->extent(2);
    return split_heads(add(c[i], narrow(c[3], 0, start, c[i]->extent(2))), heads);
  };
  Heads h{part(0), part(1), part(2), c.or_none(4), c.or_none(5)};
  if (c.has(6)) h.k = join({c[6], h.k}, 2);
  if (c.has(7)) h.v = join({c[7], h.v}, 2);
  return {attended(c, h, c.integer("unidirectional", 0) != 0), h.k, h.v};
}

/// x [b, heads, t, d] turned by the angles of its places [b, t].
Expr rotated_at(Expr x, Expr places, Expr cosines, Expr sines, bool interleaved) {
  const auto table = [&](Expr t) {
    return cast(unsqueeze(gather_axis(t, places, 0), {1}), x->dtype);
  };
  return rotated(x, table(cosines), table(sines), 2 * cosines->extent(1), interleaved);
}

/// x, places [b, t] or one that they start from, tables of cosines and sines.
Expr rotary_embedding(Call& c) {
  const bool flat = c[0]->rank() == 3;
  const int64_t given = c.integer("num_heads", 0), turned = c.integer("rotary_embedding_dim", 0);
  const int64_t size = turned > 0 && given > 0 ? c[0]->extent(2) / given : 2 * c[2]->extent(1);
  const Expr x = flat ? split_heads(c[0], given > 0 ? given : c[0]->extent(2) / size) : c[0];
  const Shape shape{x->shape[0], x->shape[2]};
  const Expr places = count_of(c[1]->shape) == 1 && c[1]->rank() < 2
                          ? add(iota(c.pool(), shape, 1), broadcast_to(reshape_to(c[1], {}), shape))
                          : c[1];
  const Expr y = rotated_at(x, places, c[2], c[3], c.integer("interleaved", 0) != 0);
  return flat ? merge_heads(y) : y;
}

/// Keys or values by place: what the past holds below `before` [b], then the new ones.
Expr cache(Expr past, Expr fresh, Expr before, int64_t length) {
  Pool& pool = *fresh->pool;
  Shape shape = fresh->shape;
  shape[2] = Dim(length);
  const Expr place = iota(pool, shape, 2);
  const Expr start = broadcast_to(unsqueeze(before, {1, 2, 3}), shape);
  const auto within = [&](Expr at, const Dim& dim) {
    return max(min(at, static_cast<double>(dim.bound - 1)), 0);
  };
  std::vector<Expr> where{iota(pool, shape, 0), iota(pool, shape, 1),
                          within(place - start, fresh->shape[2]), iota(pool, shape, 3)};
  const Expr newer = gather(fresh, where);
  const Expr none = constant(pool, fresh->dtype, 0, shape);
  const Expr ended = select(lt(place, start + static_cast<double>(fresh->extent(2))), newer, none);
  if (!past || past->extent(2) == 0) return ended;
  where[2] = within(place, past->shape[2]);
  return select(lt(place, start), gather(past, where), ended);
}

/// query, key, value (or all three in query), past keys and values, total lengths - 1 [b], the
/// longest of them, tables of cosines and sines, places, bias.
Outputs grouped(Call& c) {
  const int64_t heads = c.integer("num_heads"), own = c.integer("kv_num_heads");
  if (c.integer("smooth_softmax", 0) > 0 || c.has(11))
    throw Error(ExitCode::unsupported, "smooth_softmax and sinks are not supported");
  std::vector<Expr> parts{c[0], c.or_none(1), c.or_none(2)};
  if (!c.has(1)) {
    const int64_t size = c[0]->extent(2) / (heads + 2 * own);
    parts = split(c[0], {heads * size, own * size, own * size}, 2);
  }
  Expr q = split_heads(parts[0], heads), k = split_heads(parts[1], own);
  const Expr v = split_heads(parts[2], own);
  const Expr past = c.or_none(3);
  const int64_t fresh = q->extent(2), known_past = past ? past->extent(2) : 0;
  const Expr total = cast(reshape_to(c[5], {-1}), DType::i64) + 1;
  const Expr before = max(total - static_cast<double>(fresh), 0);
  const bool first = fresh > 1 && known_past == 0;
  const Shape rows{q->shape[0], q->shape[2]};
  const Expr start = first ? constant(c.pool(), DType::i64, 0, {q->shape[0]}) : before;
  const Expr places = iota(c.pool(), rows, 1) + broadcast_to(unsqueeze(start, {1}), rows);
  if (c.integer("do_rotary", 0) != 0) {
    const bool interleaved = c.integer("rotary_interleaved", 0) != 0;
    const Expr at = c.has(9) ? c[9] : places;
    q = rotated_at(q, at, c[7], c[8], interleaved);
    k = rotated_at(k, at, c[7], c[8], interleaved);
  }
  const int64_t length =
      std::max(known_past, c.tracer.value_of(c[6]) ? c.constant_int(6) : known_past + fresh);
  const Expr keys = cache(past, k, start, length), values = cache(c.or_none(4), v, start, length);
  const double given = c.real("scale", 0),
               scale = given != 0 ? given : 1 / std::sqrt(static_cast<double>(q->extent(3)));
  Expr scores = widened(matmul(q, permute(repeat_heads(keys, heads), {0, 1, 3, 2}))) * scale;
  if (const double cap = c.real("softcap", 0); cap > 0) scores = tanh(scores / cap) * cap;
  const Expr query = broadcast_to(unsqueeze(places, {1, 3}), scores->shape);
  const Expr key = iota(c.pool(), scores->shape, 3);
  Expr allowed = logical_not(lt(query, key));
  if (const int64_t window = c.integer("local_window_size", -1); window >= 0)
    allowed = allowed & lt(query, key + static_cast<double>(window));
  if (c.has(10)) scores = add(scores, broadcast_to(cast(c[10], scores->dtype), scores->shape));
  scores = scores + bias_of(allowed, std::numeric_limits<float>::lowest(), scores);
  const Expr y = matmul(cast(softmax(scores, -1), v->dtype), repeat_heads(values, heads));
  return {merge_heads(y), keys, values};
}

const OpRow kRows[] = {
    {"Attention", 1, attention, kDomain},
    {"BiasGelu", 1, [](Call& c) { return gelu(add(c[0], c[1]), false); }, kDomain},
    {"EmbedLayerNormalization", 1, embed_norm, kDomain},
    {"FastGelu", 1, fast_gelu, kDomain},
    {"FusedConv", 1, fused_conv, kDomain},
    {"FusedGemm", 1, fused_gemm, kDomain},
    {"FusedMatMul", 1, fused_matmul, kDomain},
    {"GroupQueryAttention", 1, grouped, kDomain},
    {"MultiHeadAttention", 1, multi_head, kDomain},
    {"QAttention", 1, quantised_attention, kDomain},
    {"RotaryEmbedding", 1, rotary_embedding, kDomain},
    {"SimplifiedLayerNormalization", 1,
     [](Call& c) { return rms_norm(c[0], c[1], c.integer("axis", -1), c.real("epsilon", 1e-5)); }},
    {"SkipLayerNormalization", 1, skip_layer_norm, kDomain},
    {"SkipSimplifiedLayerNormalization", 1, skip_rms_norm, kDomain},
};

}  // namespace

std::span<const OpRow> microsoft_ops() { return kRows; }

}  // namespace tinycc::onnx
