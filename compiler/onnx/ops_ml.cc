// Rows of the op table: ai.onnx.ml and what counts words. See ops.h.
#include <algorithm>
#include <functional>
#include <limits>
#include <map>

#include "compiler/onnx/ops.h"
#include "compiler/tensor/text.h"

namespace tinycc::onnx {
namespace {

constexpr const char* kDomain = "ai.onnx.ml";

/// An attribute's numbers as a vector of the given type.
Expr vector_of(Call& c, DType dtype, const std::vector<double>& numbers) {
  return c.literal()(
      TensorData::of_numbers(dtype, {static_cast<int64_t>(numbers.size())}, numbers));
}

TensorData tensor_attribute(Call& c, const char* name) {
  return c.tracer.read(c.attribute(name, kTensor).t());
}

Expr binarizer(Call& c) { return cast(lt(c.real("threshold", 0), c[0]), c[0]->dtype); }

/// Columns of the last axis.
Expr feature_extractor(Call& c) { return gather_axis(c[0], reshape_to(c[1], {-1}), -1); }

/// (x - offset) * scale by feature.
Expr scaler(Call& c) {
  const std::vector<double> offset = c.reals("offset"), scale = c.reals("scale");
  const Expr x = cast(c[0], DType::f32);
  return mul(sub(x, vector_of(c, DType::f32, offset)), vector_of(c, DType::f32, scale));
}

/// What ends a classifier or regressor; tree ensembles number these words.
Expr transformed(const std::string& word, Expr y) {
  if (word == "PROBIT" || word == "SOFTMAX_ZERO")
    throw Error(ExitCode::unsupported, "post_transform " + word + " is not supported");
  return word == "SOFTMAX" ? softmax(y, -1) : word == "LOGISTIC" ? sigmoid(y) : y;
}

const std::vector<std::string> kTransforms = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO",
                                              "PROBIT"};

/// x W^T + b.
Expr linear_regressor(Call& c) {
  const int64_t targets = c.integer("targets", 1);
  const Expr weights = reshape_to(vector_of(c, DType::f32, c.reals("coefficients")), {targets, -1});
  const Expr y = matmul(cast(c[0], DType::f32), permute(weights, {1, 0}));
  const std::vector<double> bias = c.reals("intercepts");
  return transformed(c.choice("post_transform", kTransforms, "NONE"),
                     bias.empty() ? y : add(y, vector_of(c, DType::f32, bias)));
}

/// The word that a number stands for, in lists that begin with 0.
std::string numbered(Call& c, const char* name, const std::vector<std::string>& words,
                     int64_t otherwise) {
  const int64_t number = c.integer(name, otherwise);
  if (number < 0 || number >= static_cast<int64_t>(words.size()))
    throw Error(ExitCode::unsupported, std::string(name) + " " + std::to_string(number) +
                                           " is not known");
  return words[static_cast<size_t>(number)];
}

/// Rows divided by their norm.
Expr normalizer(Call& c) {
  const std::string norm = c.choice("norm", {"MAX", "L1", "L2"}, "MAX");
  const Expr x = cast(c[0], DType::f32), size = abs(x);
  const Expr total = norm == "MAX"  ? max_over(size, {-1}, true)
                     : norm == "L1" ? sum(size, {-1}, true)
                                    : sqrt(sum(x * x, {-1}, true));
  return div(x, where(eq(total, 0), constant_like(total, 1), total));
}

/// One side of a table of labels: numbers, or strings.
struct Labels {
  std::optional<TensorData> numbers;
  std::vector<std::string> strings;
  int64_t count() const {
    return numbers ? numbers->count() : static_cast<int64_t>(strings.size());
  }
};

Labels labels(Call& c, const std::string& name) {
  if (c.has_attribute(name + "_strings")) return {{}, c.texts(name + "_strings")};
  if (c.has_attribute(name + "_tensor")) {
    const proto::Tensor& t = c.attribute(name + "_tensor", kTensor).t();
    if (t.string_data_size() > 0) return {{}, {t.string_data().begin(), t.string_data().end()}};
    return {c.tracer.read(t), {}};
  }
  if (c.has_attribute(name + "_int64s")) {
    const auto& values = c.attribute(name + "_int64s", kInts).ints();
    return {TensorData::of_integers(DType::i64, {values.size()}, {values.begin(), values.end()}),
            {}};
  }
  const std::vector<double> values = c.reals(name + "_floats");
  return {TensorData::of_numbers(DType::f32, {static_cast<int64_t>(values.size())}, values), {}};
}

/// Which of the keys each element of operand 0 equals: bool [shape…, keys].
Expr hits(Call& c, const Labels& keys) {
  if (!keys.numbers) {
    const Expr x = unsqueeze(c.cells(0), {-2});
    Shape ones(c[0]->shape.size(), Dim(1));
    const Expr table = c.literal()(cells_of(keys.strings, {keys.count()}));
    ones.insert(ones.end(), table->shape.begin(), table->shape.end());
    return text_equal(x, reshape(table, ones));
  }
  Shape pairs = c[0]->shape;
  pairs.push_back(Dim(keys.count()));
  const Expr key = broadcast_to(c.literal()(*keys.numbers), pairs);
  return eq(expand(unsqueeze(c[0], {-1}), pairs), cast(key, c[0]->dtype));
}

Expr default_label(Call& c, DType dtype) {
  if (c.has_attribute("default_tensor"))
    return squeeze_all(c.literal()(tensor_attribute(c, "default_tensor")));
  return dtype == DType::i64 ? constant_int(c.pool(), DType::i64, c.integer("default_int64", -1))
                             : constant(c.pool(), dtype, c.real("default_float", -0.0));
}

/// The value beside the key; else the default.
Expr found_label(Call& c, const Labels& keys, const Labels& values) {
  if (keys.count() != values.count()) refuse("keys and values differ in number");
  const Expr hit = hits(c, keys);
  const Expr place = arg_max(cast(hit, DType::i64), -1, false, false), any = max_over(hit, {-1});
  if (values.numbers) {
    const Expr found = gather_axis(c.literal()(*values.numbers), place, 0);
    return select(any, found, default_label(c, values.numbers->dtype));
  }
  std::vector<std::string> all = values.strings;  // the default is the last
  all.push_back(c.text("default_string", "_Unused"));
  const Expr last =
      constant(c.pool(), DType::i64, static_cast<double>(values.count()), place->shape);
  const Expr table = c.literal()(cells_of(all, {values.count() + 1}));
  return c.tracer.strings(gather_axis(table, where(any, place, last), 0));
}

// ---- trees: places 0 … n-1 are nodes, n … leaves; all trees of all rows step down at once ------

/// Longest way from a root to a leaf. Errors: Error(bad_input) for a node below itself.
int64_t depth_of(const Ints& yes, const Ints& no, const Ints& roots) {
  const auto n = static_cast<int64_t>(yes.size());
  Ints level(yes.size(), 0);
  const std::function<int64_t(int64_t, int64_t)> walk = [&](int64_t node, int64_t above) {
    if (node >= n) return above;
    if (above > n) refuse("a tree's node is below itself");
    const auto i = static_cast<size_t>(node);
    return std::max(walk(yes[i], above + 1), walk(no[i], above + 1));
  };
  int64_t depth = 1;
  for (int64_t root : roots) depth = std::max(depth, walk(root, 0));
  return depth;
}

enum Mode : int64_t { kLessEqual, kLess, kGreaterEqual, kGreater, kEqual, kNotEqual, kMember };

/// The sets of the nodes that ask for membership, a row each, filled up with NaN.
TensorData member_table(Call& c, const Ints& modes, DType dtype) {
  std::vector<std::vector<double>> rows(modes.size());
  const TensorData all = c.has_attribute("membership_values")
                             ? tensor_attribute(c, "membership_values")
                             : TensorData::of_numbers(dtype, {0}, {});
  int64_t at = 0;
  size_t width = 1;
  for (size_t i = 0; i < modes.size(); ++i) {
    if (modes[i] != kMember) continue;
    for (; at < all.count() && all.number(at) == all.number(at); ++at)
      rows[i].push_back(all.number(at));
    ++at;
    width = std::max(width, rows[i].size());
  }
  std::vector<double> flat;
  for (std::vector<double>& row : rows) {
    row.resize(width, std::numeric_limits<double>::quiet_NaN());
    flat.insert(flat.end(), row.begin(), row.end());
  }
  return TensorData::of_numbers(
      dtype, {static_cast<int64_t>(modes.size()), static_cast<int64_t>(width)}, flat);
}

/// The answer of node `at` [rows, trees] to the feature x.
Expr answer(Call& c, const Ints& modes, Expr at, Expr x, Expr split) {
  const Expr mode = gather_axis(c.tracer.literal(modes), at, 0);
  const auto is = [&](Mode m) { return eq(mode, static_cast<double>(m)); };
  const auto among = [&](Mode m) { return std::count(modes.begin(), modes.end(), m) > 0; };
  Expr result = less_equal(x, split);
  const auto by = [&](Mode m, Expr says) {
    if (among(m)) result = where(is(m), says, result);
  };
  by(kLess, lt(x, split));
  by(kGreaterEqual, less_equal(split, x));
  by(kGreater, lt(split, x));
  by(kEqual, eq(x, split));
  by(kNotEqual, logical_not(eq(x, split)));
  if (!among(kMember)) return result;
  const Expr set = gather_axis(c.literal()(member_table(c, modes, x->dtype)), at, 0);
  const Expr hit = eq(set, expand(unsqueeze(x, {-1}), set->shape));
  by(kMember, max_over(hit, {-1}));
  return result;
}

Expr combined_trees(Call& c, Expr values, Expr targets, int64_t count) {
  Shape all = values->shape;  // [rows, trees, targets]
  all.push_back(Dim(count));
  const Expr mine = eq(expand(unsqueeze(targets, {-1}), all), iota(c.pool(), all, 2));
  const Expr spread = expand(unsqueeze(values, {-1}), all);
  const std::string function =
      numbered(c, "aggregate_function", {"AVERAGE", "SUM", "MIN", "MAX"}, 1);
  const auto filled = [&](Expr with) { return where(mine, spread, broadcast_to(with, all)); };
  if (function == "MIN") return min_over(filled(highest(c.pool(), values->dtype)), {1});
  if (function == "MAX") return max_over(filled(lowest(c.pool(), values->dtype)), {1});
  const Expr total = sum(filled(constant(c.pool(), values->dtype, 0)), {1});
  return function == "AVERAGE" ? total * (1 / static_cast<double>(values->extent(1))) : total;
}

Expr tree_ensemble(Call& c) {
  const Ints modes = tensor_attribute(c, "nodes_modes").integers(),
             features = c.ints("nodes_featureids"), roots = c.ints("tree_roots");
  for (const int64_t mode : modes) {
    if (mode < kLessEqual || mode > kMember)
      throw Error(ExitCode::unsupported, "a node's mode " + std::to_string(mode) + " is not known");
  }
  const auto n = static_cast<int64_t>(features.size());
  const auto next_of = [&](const char* ids, const char* leaves) {
    Ints next = c.ints(ids);
    const Ints is_leaf = c.ints(leaves);
    if (next.size() != features.size() || is_leaf.size() != next.size())
      refuse("lists of nodes differ");
    for (size_t i = 0; i < next.size(); ++i) next[i] += is_leaf[i] != 0 ? n : 0;
    return next;
  };
  const Ints yes = next_of("nodes_truenodeids", "nodes_trueleafs"),
             no = next_of("nodes_falsenodeids", "nodes_falseleafs");
  const Expr x = c[0], splits = c.literal()(tensor_attribute(c, "nodes_splits"));
  const Shape shape{x->shape[0], Dim(static_cast<int64_t>(roots.size()))};
  const int64_t id = c.pool().fresh_id(), depth = depth_of(yes, no, roots);
  const Expr place = carry(c.pool(), id, 0, DType::i64, shape);
  const Expr node = min(place, static_cast<double>(n - 1));
  const auto looked_up = [&](const Ints& table) {
    return gather_axis(c.tracer.literal(table), node, 0);
  };
  const Expr feature = gather(x, {iota(c.pool(), shape, 0), looked_up(features)});
  Expr says = answer(c, modes, node, feature, cast(gather_axis(splits, node, 0), x->dtype));
  if (c.has_attribute("nodes_missing_value_tracks_true")) {
    const Expr tracks = looked_up(c.ints("nodes_missing_value_tracks_true"));
    says = where(is_nan(feature), logical_not(eq(tracks, 0)), says);
  }
  const Expr below = where(says, looked_up(yes), looked_up(no));
  const Expr next = where(lt(place, static_cast<double>(n)), below, place);
  const Expr start = broadcast_to(c.tracer.literal(roots), shape);
  const Expr leaf = get(scan(c.pool(), id, depth, {start}, {next}, {}), 0) - static_cast<double>(n);
  const Expr values = gather_axis(c.literal()(tensor_attribute(c, "leaf_weights")), leaf, 0);
  const Expr targets = gather_axis(c.tracer.literal(c.ints("leaf_targetids")), leaf, 0);
  const Expr y = combined_trees(c, cast(values, x->dtype), targets, c.integer("n_targets"));
  return transformed(numbered(c, "post_transform", kTransforms, 0), y);
}

// ---- n-grams ------------------------------------------------------------------------------------

/// How often each n-gram [g, n] occurs in rows [b, length] with `stride` between its words: [b, g].
Expr occurrences(Expr rows, Expr grams, int64_t stride) {
  const int64_t n = grams->extent(1), count = rows->extent(1) - (n - 1) * stride;
  const Shape shape{rows->shape[0], grams->shape[0], Dim(std::max<int64_t>(count, 0))};
  if (count <= 0) return constant(*rows->pool, DType::f32, 0, {shape[0], shape[1]});
  Expr hit;
  for (int64_t k = 0; k < n; ++k) {
    const Expr words = narrow(rows, 1, k * stride, count);
    const Expr same = eq(expand(unsqueeze(words, {1}), shape),
                         expand(reshape_to(pick(grams, 1, k), {1, -1, 1}), shape));
    hit = hit ? hit & same : same;
  }
  return sum(cast(hit, DType::f32), {2});
}

/// Counts of the pool's n-grams, perhaps with words skipped between theirs.
Expr tf_idf(Call& c) {
  const bool single = c[0]->rank() == 1;
  if (!c.has_attribute("pool_int64s")) throw Error(ExitCode::unsupported, "n-grams of strings");
  const Ints pool = c.ints("pool_int64s"), starts = c.ints("ngram_counts"),
             columns = c.ints("ngram_indexes");
  const Expr rows = cast(single ? unsqueeze(c[0], {0}) : c[0], DType::i64);
  const int64_t least = c.integer("min_gram_length"), most = c.integer("max_gram_length");
  std::vector<Expr> parts;
  int64_t done = 0;
  for (int64_t n = 1; n <= static_cast<int64_t>(starts.size()); ++n) {
    const auto i = static_cast<size_t>(n);
    const int64_t from = starts[i - 1],
                  to = i < starts.size() ? starts[i] : static_cast<int64_t>(pool.size());
    if (from < 0 || to < from || to > static_cast<int64_t>(pool.size()))
      refuse("ngram_counts does not fit");
    const int64_t grams = (to - from) / n;
    if (grams == 0) continue;
    const Expr words = reshape_to(
        c.tracer.literal(Ints(pool.begin() + from, pool.begin() + from + grams * n)), {grams, n});
    Expr total = constant(c.pool(), DType::f32, 0, {rows->shape[0], Dim(grams)});
    const int64_t skips = n == 1 ? 0 : c.integer("max_skip_count");
    for (int64_t skip = 0; n >= least && n <= most && skip <= skips; ++skip)
      total = total + occurrences(rows, words, skip + 1);
    parts.push_back(total);
    done += grams;
  }
  if (done != static_cast<int64_t>(columns.size())) refuse("ngram_indexes has the wrong length");
  Expr counts = join(parts, 1);
  const std::string mode = c.choice("mode", {"TF", "IDF", "TFIDF"});
  if (mode == "IDF") counts = cast(lt(0, counts), DType::f32);
  const std::vector<double> weights = c.reals("weights");
  if (mode != "TF" && !weights.empty()) counts = mul(counts, vector_of(c, DType::f32, weights));
  const int64_t width = *std::max_element(columns.begin(), columns.end()) + 1;
  const Expr column = broadcast_to(c.tracer.literal(columns), counts->shape);
  const Expr y = scatter(constant(c.pool(), DType::f32, 0, {rows->shape[0], Dim(width)}), counts,
                         {iota(c.pool(), counts->shape, 0), column}, "");
  return single ? squeeze(y, {0}) : y;
}

const OpRow kRows[] = {
    {"ArrayFeatureExtractor", 1, feature_extractor, kDomain},
    {"Binarizer", 1, binarizer, kDomain},
    {"CategoryMapper", 1, category_mapper, kDomain},
    {"LabelEncoder", 2, label_encoder, kDomain},
    {"LinearRegressor", 1, linear_regressor, kDomain},
    {"Normalizer", 1, normalizer, kDomain},
    {"Scaler", 1, scaler, kDomain},
    {"TfIdfVectorizer", 9, tf_idf},
    {"TreeEnsemble", 5, tree_ensemble, kDomain},
};

}  // namespace

Expr label_encoder(Call& c) { return found_label(c, labels(c, "keys"), labels(c, "values")); }

/// Strings to numbers, and numbers to strings, by the same table.
Expr category_mapper(Call& c) {
  const Labels names{{}, c.texts("cats_strings")};
  const Ints numbers = c.ints("cats_int64s");
  const Labels codes{
      TensorData::of_integers(DType::i64, {static_cast<int64_t>(numbers.size())}, numbers), {}};
  return c.has_strings() ? found_label(c, names, codes) : found_label(c, codes, names);
}

std::span<const OpRow> ml_ops() { return kRows; }

}  // namespace tinycc::onnx
