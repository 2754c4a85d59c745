// Rows of the op table: attention and what stands around it. See ops.h.
#include <cmath>
#include <limits>

#include "compiler/onnx/heads.h"
#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Softmax of the last axis in x's own precision; a row that is all -infinity gives 0. One division a
/// row, but for types in which the quotient would be rounded twice.
Expr masked_softmax(Expr x) {
  const double least = x->dtype == DType::f16 ? -65504 : -0x1.fep127;
  const Expr power = exp(x - expand(max(max_over(x, {-1}, true), least), x->shape));
  const Expr sums = rounded_sum(power, -1);
  const Expr total = where(eq(sums, 0), constant_like(sums, 1), sums);
  if (bits_of(x->dtype) < 32) return power / expand(total, x->shape);
  return power * expand(1.0 / total, x->shape);
}

/// 0 where it is true, else -infinity.
Expr as_bias(Expr allowed, DType dtype) {
  return where(allowed, constant(*allowed->pool, dtype, 0, allowed->shape),
               constant(*allowed->pool, dtype, -kInfinity, allowed->shape));
}

/// A mask [..., up to kv], as a bias over all keys.
Expr mask_bias(Expr mask, const Dim& keys, DType dtype) {
  Expr bias = is_bool(mask->dtype) ? as_bias(mask, dtype) : cast(mask, dtype);
  const Dim& have = mask->shape.back();
  if (have == keys || !have.is_static() || !keys.is_static()) return bias;
  Ints amounts(2 * mask->shape.size(), 0);
  amounts.back() = keys.bound - have.bound;
  return pad_by(bias, amounts, -kInfinity);
}

/// Which key each query may look at: q at place i + offset and key j, both [.., q, kv].
struct Places {
  Expr query, key;
};

/// Keys before `offset` came earlier: a cache's length, or of each batch what is not padding.
Places places_of(Pool& pool, const Shape& scores, Expr offset) {
  Shape shape(scores.end() - 2, scores.end());
  if (offset->rank() > 0) shape.insert(shape.begin(), {scores[0], Dim(1)});
  const auto rank = static_cast<int64_t>(shape.size());
  const Expr wide = broadcast_to(offset->rank() > 0 ? unsqueeze(offset, {1, 2, 3}) : offset, shape);
  return {iota(pool, shape, rank - 2) + wide, iota(pool, shape, rank - 1)};
}

/// What is added to the scores [b, heads, q, kv], or nothing.
Expr attention_bias(Call& c, const Shape& scores, DType dtype, const Dim& past) {
  const int64_t left = c.integer("left_window_size", -1),
                right = c.integer("right_window_size", -1);
  const Expr valid = c.has(6) ? cast(reshape_to(c[6], {-1}), DType::i64) : Expr();
  const Expr offset =
      valid ? valid - static_cast<double>(scores[2].bound) : length_of(c.pool(), past);
  const Places at = places_of(c.pool(), scores, offset);
  Expr allowed;
  const auto demand = [&](Expr e) { allowed = allowed ? bitwise(Op::bit_and, allowed, e) : e; };
  if (c.integer("is_causal", 0) != 0) demand(logical_not(lt(at.query, at.key)));
  if (left >= 0) demand(logical_not(lt(at.key + static_cast<double>(left), at.query)));
  if (right >= 0) demand(logical_not(lt(at.query + static_cast<double>(right), at.key)));
  if (valid) demand(lt(at.key, broadcast_to(unsqueeze(valid, {1, 2, 3}), at.key->shape)));
  Expr bias = allowed ? as_bias(allowed, dtype) : Expr();
  if (!c.has(3)) return bias;
  const Expr mask = mask_bias(c[3], scores[3], dtype);
  return bias ? add(mask, bias) : mask;
}

/// softmax(cap(q √s (k √s)ᵀ) + bias) v. Further results: the keys and values with their past, and
/// the scores of the stage that qk_matmul_output_mode names.
Outputs attention(Call& c) {
  const bool flat = c[0]->rank() == 3;
  const Expr q = flat ? split_heads(c[0], c.integer("q_num_heads")) : c[0];
  Expr k = flat ? split_heads(c[1], c.integer("kv_num_heads")) : c[1];
  Expr v = flat ? split_heads(c[2], c.integer("kv_num_heads")) : c[2];
  if (q->rank() != 4 || k->rank() != 4 || v->rank() != 4) refuse("Attention wants 3 or 4 axes");
  const Dim past = c.has(4) ? c[4]->dim(2) : Dim(0);
  if (c.has(4)) k = join({c[4], k}, 2);
  if (c.has(5)) v = join({c[5], v}, 2);
  const int64_t heads = q->extent(1), mode = c.integer("qk_matmul_output_mode", 0);
  const double scale = std::sqrt(c.real("scale", 1 / std::sqrt(static_cast<double>(q->extent(3)))));
  const Expr keys = permute(repeat_heads(k, heads), {0, 1, 3, 2});
  Expr scores = matmul(q * scale, keys * scale), shown = scores;
  const double cap = c.real("softcap", 0);
  if (cap > 0) scores = shown = tanh(scores / cap) * cap;
  const Expr bias = attention_bias(c, scores->shape, scores->dtype, past);
  if (bias) scores = add(scores, broadcast_to(bias, scores->shape));
  if (mode == 2) shown = scores;
  const DType precise = c.has_attribute("softmax_precision")
                            ? dtype_of(static_cast<int32_t>(c.integer("softmax_precision")))
                            : scores->dtype;
  const Expr weights = cast(masked_softmax(cast(scores, precise)), q->dtype);
  if (mode == 3) shown = weights;
  const Expr result = matmul(weights, repeat_heads(v, heads));
  return {flat ? merge_heads(result) : result, k, v, shown};
}

/// A sub-graph with one input and one result, as a function.
Expr modified(Call& c, const char* graph, Expr x) {
  if (!c.has_attribute(graph)) return x;
  const Outputs outputs = c.tracer.trace_branch(c.attribute(graph, kGraph).g(), c.scope, {x});
  if (outputs.size() != 1) refuse(std::string(graph) + " must have one result");
  return cast(broadcast_to(outputs[0], x->shape), x->dtype);
}

/// Attention whose scores and probabilities go through functions of the model's own.
Expr flex_attention(Call& c) {
  const int64_t heads = c[0]->extent(1);
  const double scale =
      std::sqrt(c.real("scale", 1 / std::sqrt(static_cast<double>(c[0]->extent(3)))));
  const Expr keys = permute(repeat_heads(c[1], heads), {0, 1, 3, 2});
  const DType precise = c.has_attribute("softmax_precision")
                            ? dtype_of(static_cast<int32_t>(c.integer("softmax_precision")))
                            : widened(c[0])->dtype;
  const Expr scores = modified(c, "score_mod", cast(matmul(c[0] * scale, keys * scale), precise));
  const Expr weights = modified(c, "prob_mod", softmax(scores, -1));
  return cast(matmul(weights, cast(repeat_heads(c[2], heads), precise)), c[2]->dtype);
}

/// Row t of x [b, heads, t, d].
Expr at_step(Expr x, Expr step) { return gather_axis(x, step, 2); }

/// S = e^decay S + k ⊗ (β (v - Sᵀ k)), result scale Sᵀ q: a state [b, heads, k, v] instead of keys.
Outputs linear_attention(Call& c) {
  const int64_t heads = c.integer("kv_num_heads"), queries = c.integer("q_num_heads");
  const std::string rule = c.choice("update_rule", {"linear", "gated", "delta", "gated_delta"}, "gated_delta");
  const auto wide = [](Expr e) { return cast(e, DType::f32); };
  const Expr q = wide(split_heads(c[0], queries)), k = wide(split_heads(c[1], heads)),
             v = wide(split_heads(c[2], heads));
  const int64_t keys = k->extent(3), length = k->extent(2);
  const double given = c.real("scale", 0),
               scale = given != 0 ? given : 1 / std::sqrt(static_cast<double>(keys));
  const Shape shape{k->shape[0], Dim(heads), Dim(keys), v->shape[3]};
  Pool& pool = c.pool();
  const int64_t id = pool.fresh_id();
  const Expr step = counter(pool, id, length);
  const Expr old = carry(pool, id, 0, DType::f32, shape);
  const auto column = [&](Expr e) { return expand(unsqueeze(e, {-1}), shape); };  // [b, heads, k]
  const auto row = [&](Expr e) { return expand(unsqueeze(e, {-2}), shape); };     // [b, heads, v]
  Expr state = old, value = at_step(v, step);
  if (rule == "gated" || rule == "gated_delta") {
    const Expr decay = wide(split_heads(c[4], heads));  // [b, heads, t, 1 or k]
    state = state * broadcast_to(unsqueeze(exp(at_step(decay, step)), {-1}), shape);
  }
  const Expr key = at_step(k, step);
  if (rule == "delta" || rule == "gated_delta") {
    const Expr beta = wide(split_heads(c[5], c[5]->extent(2)));  // [b, heads or 1, t, 1]
    value = mul(at_step(beta, step), value - sum(state * column(key), {2}));
  }
  state = state + column(key) * row(value);
  const Expr read = repeat_heads(state, queries);
  const Expr result =
      sum(read * expand(unsqueeze(at_step(q, step), {-1}), read->shape), {2}) * scale;
  const Expr start = c.has(3) ? wide(c[3]) : constant(pool, DType::f32, 0, shape);
  const Expr all = scan(pool, id, length, {start}, {state}, {result});
  return {cast(merge_heads(permute(get(all, 1), {1, 2, 0, 3})), c[0]->dtype),
          cast(get(all, 0), c.has(3) ? c[3]->dtype : c[0]->dtype)};
}

/// A depthwise convolution over what came before and x; the last places are the next state.
Outputs causal_conv(Call& c) {
  if (c[0]->rank() != 3 || c[1]->rank() != 3) refuse("CausalConvWithState wants 3 axes");
  const int64_t before = c[1]->extent(2) - 1;
  const Expr padded = c.has(3) ? join({c[3], c[0]}, 2) : pad_by(c[0], {0, 0, 0, 0, before, 0}, 0);
  ConvOptions options;
  options.groups = c[0]->extent(1);
  const Expr y = conv(padded, c[1], c.or_none(2), options);
  const std::string activation = c.choice("activation", {"none", "silu", "swish"}, "none");
  const int64_t whole = padded->extent(2);
  return {activation == "none" ? y : swish(y), slice_axis(padded, 2, whole - before, whole)};
}

/// Angles by position, or as they are given.
Expr rotary_embedding(Call& c) {
  const bool flat = c[0]->rank() == 3;
  const Expr x = flat ? split_heads(c[0], c.integer("num_heads")) : c[0];  // [b, heads, t, d]
  if (x->rank() != 4) refuse("RotaryEmbedding wants 3 or 4 axes");
  const int64_t given = c.integer("rotary_embedding_dim", 0), size = x->extent(3),
                turned = given != 0 ? given : size;
  if (turned > size || turned % 2 != 0) refuse("rotary_embedding_dim does not fit");
  const auto table = [&](size_t i) {  // [b, 1, t, turned / 2]
    return unsqueeze(c.has(3) ? gather_axis(c[i], c[3], 0) : c[i], {1});
  };
  const Expr result = rotated(x, table(1), table(2), turned, c.integer("interleaved", 0) != 0);
  return flat ? merge_heads(result) : result;
}

const OpRow kRows[] = {
    {"Attention", 23, attention},
    {"CausalConvWithState", 27, causal_conv},
    {"FlexAttention", 1, flex_attention, "ai.onnx.preview"},
    {"LinearAttention", 27, linear_attention},
    {"RotaryEmbedding", 23, rotary_embedding},
};

}  // namespace

std::span<const OpRow> attention_ops() { return kRows; }

}  // namespace tinycc::onnx
