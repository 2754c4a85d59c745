// The tensor library: operators as functions over the IR's primitives, called by every front end.
// In: nodes and plain numbers. Out: nodes. Operands may differ in shape and type here: NumPy's
// broadcasting, and promotion to a common type. An axis may be negative, counted from the end.
// Errors: Error(bad_input) that says which operand does not fit; front ends add the place.
// A tensor of rank n has the axes [n, c, spatial…] where the words batch and channel are used.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ir/build.h"
#include "ir/tensor.h"

namespace tinycc {

using Ints = std::vector<int64_t>;

/// Throws Error(bad_input, message).
[[noreturn]] void refuse(const std::string& message);
/// "[1, 3, 8]"
std::string text_of(const Shape& shape);

/// The most elements that a tensor can have, and the longest axis: products of two extents or of two
/// tensors still fit 64 bits.
inline constexpr int64_t kMostElements = int64_t{1} << 31;
/// Refuses a shape of more elements.
void expect_size(const Shape& shape, int64_t limit = kMostElements);

// ---- types and shapes (broadcast.cc) ---------------------------------------------------------

/// The type that holds both: float over integer, else the wider; f16 with bf16 gives f32.
DType promoted(DType a, DType b);
/// NumPy's rule over all of them.
Shape broadcast_shape(const std::vector<Expr>& xs);
/// `x` repeated along missing leading axes and axes of extent 1.
Expr broadcast_to(Expr x, const Shape& shape);
/// All of one type and one shape.
void broadcast(std::vector<Expr>& xs);
/// `axis` in 0 … rank - 1, from -rank … rank - 1.
int64_t axis_of(int64_t axis, int64_t rank);
Ints axes_of(const Ints& axes, int64_t rank);
/// 0, 1, …, count - 1.
Ints iota_ints(int64_t count);
/// A vector [c] as [1, c, 1, …] spread over x's shape: the operand of a bias or a scale.
Expr along(Expr vector, int64_t axis, Expr x);
/// Number k of `shape`'s index along `axis`, as `dtype`.
Expr index_along(Pool& pool, const Shape& shape, int64_t axis, DType dtype = DType::i64);
/// Computes in f32 what is narrower (f16, bf16, f8), and rounds the result once.
Expr widened(Expr x);
/// The largest number of a float8 type, to which casts saturate; 0 for other types.
double largest_of(DType dtype);
/// A type's least and greatest value (floats: infinities).
Expr lowest(Pool& pool, DType dtype);
Expr highest(Pool& pool, DType dtype);

// ---- lengths that only a run knows (dims.cc, entries.cc) -------------------------------------

/// The number, if it is one.
std::optional<int64_t> known(Expr length);
/// As an i64 scalar over constants and symbolic dimensions; and back. Error(unsupported) for one
/// without a bound.
Expr length_of(Pool& pool, const Dim& dim);
Dim dim_of(Expr length);
/// The number of elements.
Expr count_of_dims(Pool& pool, const Shape& shape);
/// i64[rank]: what ONNX Shape gives.
Expr shape_tensor(Expr x);
/// The elements of a small integer tensor as such scalars; nothing if they depend on other inputs.
std::optional<std::vector<Expr>> entries_of(Expr e,
                                            const std::map<std::string, TensorData>& weights);
/// A new shape of x; one length may be -1: what is left.
Shape resolved_shape(Expr x, const std::vector<Expr>& lengths);
/// Reshapes between any two shapes that hold the same elements in every run.
Expr reshape_dims(Expr x, const Shape& shape);
/// x of which, along an axis, only so many elements are meant.
Expr cut(Expr x, int64_t axis, const Dim& dim);
/// slice_axis, join and reverse along an axis of any length.
Expr slice_dim(Expr x, int64_t axis, Expr start, Expr end, int64_t step);
Expr join_dims(const std::vector<Expr>& parts, int64_t axis);
Expr reversed_dim(Expr x, int64_t axis);
/// Ends a scan over a dimension at its length: true in the last step. Empty where it is the bound.
Expr last_of(Expr step, const Dim& dim);

// ---- movement by numbers that only a run knows (computed.cc) ---------------------------------

/// x[starts + steps * i] in this shape; one i64 scalar an axis.
Expr slice_by(Expr x, const std::vector<Expr>& starts, const std::vector<Expr>& steps,
              const Shape& shape);
enum class PadMode : uint8_t { constant, reflect, edge, wrap };
/// x with so many elements before it, filled up to this shape.
Expr pad_by(Expr x, const std::vector<Expr>& before, const Shape& shape, PadMode mode, Expr value);
/// The choice whose number the scalar `key` is, or the last one.
Expr choose(Expr key, const std::vector<std::pair<int64_t, Expr>>& choices);

// ---- elementwise (elementwise.cc, functions.cc) ----------------------------------------------

Expr add(Expr a, Expr b);
Expr sub(Expr a, Expr b);
Expr mul(Expr a, Expr b);
Expr div(Expr a, Expr b);        // integers: towards zero, as C does
Expr modulo(Expr a, Expr b);     // sign of b, as Python does
Expr remainder(Expr a, Expr b);  // sign of a, as C's fmod does
Expr power(Expr a, Expr b);      // type of a
Expr maximum(Expr a, Expr b);
Expr minimum(Expr a, Expr b);
Expr less(Expr a, Expr b);
Expr greater(Expr a, Expr b);
Expr equal(Expr a, Expr b);
Expr less_equal(Expr a, Expr b);  // false where either is NaN
Expr greater_equal(Expr a, Expr b);
Expr bitwise(Op op, Expr a, Expr b);          // also logical and, or, xor on bool; shl, shr
Expr select(Expr condition, Expr a, Expr b);  // ONNX Where

Expr abs(Expr x);
Expr sign(Expr x);
Expr floor(Expr x);
Expr ceil(Expr x);
Expr round(Expr x);  // half to even
Expr is_nan(Expr x);
Expr is_inf(Expr x, bool negative, bool positive);
Expr cos(Expr x);
Expr tan(Expr x);
Expr asin(Expr x);
Expr acos(Expr x);
Expr atan(Expr x);
Expr sinh(Expr x);
Expr cosh(Expr x);
Expr asinh(Expr x);
Expr acosh(Expr x);
Expr atanh(Expr x);
Expr tanh(Expr x);
Expr erf(Expr x);

Expr relu(Expr x);
Expr clip(Expr x, std::optional<Expr> low, std::optional<Expr> high);
Expr sigmoid(Expr x);
Expr hard_sigmoid(Expr x, double alpha, double beta);
Expr hard_swish(Expr x);
Expr softplus(Expr x);
Expr softsign(Expr x);
Expr gelu(Expr x, bool tanh_form);
Expr swish(Expr x, double alpha = 1);
Expr mish(Expr x);
Expr leaky_relu(Expr x, double alpha);
Expr prelu(Expr x, Expr slope);
Expr elu(Expr x, double alpha);
Expr celu(Expr x, double alpha);
Expr selu(Expr x, double alpha, double gamma);
Expr thresholded_relu(Expr x, double alpha);
Expr shrink(Expr x, double bias, double lambda);

// ---- shape (shape.cc) ------------------------------------------------------------------------

/// One extent may be -1: what is left.
Expr reshape_to(Expr x, Ints extents);
Expr flatten(Expr x, int64_t axis);
Expr squeeze(Expr x, const Ints& axes);
Expr squeeze_all(Expr x);
/// Axes of extent 1 at these places of the result.
Expr unsqueeze(Expr x, const Ints& axes);
Expr transpose(Expr x, const Ints& order);
Expr move_axis(Expr x, int64_t from, int64_t to);
/// Parts are promoted to a common type.
Expr join(std::vector<Expr> parts, int64_t axis);
Expr stack(const std::vector<Expr>& parts, int64_t axis);
std::vector<Expr> split(Expr x, const Ints& lengths, int64_t axis);
/// Elements start, start + step, … up to `end` (excluded) along one axis, Python's rules.
Expr slice_axis(Expr x, int64_t axis, int64_t start, int64_t end, int64_t step = 1);
/// `count` elements of one axis from `start` on.
Expr narrow(Expr x, int64_t axis, int64_t start, int64_t count, int64_t step = 1);
/// Element `index` of an axis, which vanishes.
Expr pick(Expr x, int64_t axis, int64_t index);
Expr reverse(Expr x, int64_t axis);
/// before_0, after_0, before_1, …; a negative amount cuts off.
Expr pad_with(Expr x, const Ints& amounts, PadMode mode, Expr value);
/// The same with a number.
Expr pad_by(Expr x, const Ints& amounts, double value);
Expr tile(Expr x, const Ints& repeats);
Expr depth_to_space(Expr x, int64_t block, bool column_row_depth);
Expr space_to_depth(Expr x, int64_t block, bool column_row_depth);
/// ONNX Trilu: x where column - row >= k (upper) or <= k, else 0.
Expr trilu(Expr x, Expr k, bool upper);
inline Expr trilu(Expr x, int64_t k, bool upper) {
  return trilu(x, constant_int(*x->pool, DType::i64, k), upper);
}

// ---- indexing (indexing.cc) ------------------------------------------------------------------
// Integer index tensors of any integer type; negative ones count from the end of the axis.

Expr gather_axis(Expr x, Expr indices, int64_t axis);
Expr gather_elements(Expr x, Expr indices, int64_t axis);
Expr gather_nd(Expr x, Expr indices, int64_t batch_axes);
Expr scatter_elements(Expr x, Expr indices, Expr updates, int64_t axis, const std::string& combine);
Expr scatter_nd(Expr x, Expr indices, Expr updates, const std::string& combine);
Expr one_hot(Expr indices, int64_t depth, Expr off, Expr on, int64_t axis);
/// The running sum (add) or product (mul).
Expr cumulative(Op combine, Expr x, int64_t axis, bool exclusive, bool reversed);
/// Row k of the result is the k-th row of x along `axis` that `kept` (bool, one a row) keeps; as many
/// as there are, a symbolic dimension.
Expr kept_rows(Expr x, Expr kept, int64_t axis);
struct Distinct {
  Expr values, first, inverse, counts;
};
/// ONNX Unique of x along an axis; in order of value, or of their first occurrence.
Distinct unique(Expr x, int64_t axis, bool sorted);
/// Values and their i64 indices, in order; equal values keep their order.
std::pair<Expr, Expr> top_k(Expr x, int64_t k, int64_t axis, bool largest);

struct NmsOptions {
  bool centre_form = false;     // boxes are centre and size instead of two corners
  int64_t per_class_bound = 0;  // most boxes of one class in one batch
  Expr per_class;               // the same as a computed number, or empty
  Expr iou_threshold;
  Expr score_threshold;  // or empty
};
/// ONNX NonMaxSuppression on boxes [b, n, 4] and scores [b, classes, n]: i64 [count, 3], where count
/// is a symbolic dimension bounded by b * classes * min(per_class_bound, n).
Expr non_max_suppression(Expr boxes, Expr scores, const NmsOptions& options);

// ---- reductions (reduce.cc) ------------------------------------------------------------------
// `keep` leaves the axes with extent 1. No axes at all: x itself.

Expr sum(Expr x, const Ints& axes, bool keep = false);
Expr mean(Expr x, const Ints& axes, bool keep = false);
Expr product(Expr x, const Ints& axes, bool keep = false);
Expr max_over(Expr x, const Ints& axes, bool keep = false);
Expr min_over(Expr x, const Ints& axes, bool keep = false);
Expr log_sum_exp(Expr x, const Ints& axes, bool keep = false);
/// i64; of equal values the first, or the last.
Expr arg_max(Expr x, int64_t axis, bool keep, bool last);
Expr arg_min(Expr x, int64_t axis, bool keep, bool last);
/// The axis stays. Rounded once, but for bf16 after each term: so do ONNX's reference and NumPy.
Expr rounded_sum(Expr x, int64_t axis);
/// Narrow floats are rounded after each operation, as in ONNX's own function: no quotient twice.
Expr softmax(Expr x, int64_t axis);
Expr log_softmax(Expr x, int64_t axis);

// ---- products (matmul.cc) --------------------------------------------------------------------

/// NumPy's matmul: vectors and batches too.
Expr matmul(Expr a, Expr b);
/// "bij,bjk->bik"; spaces and "..." are allowed, the arrow may be missing.
Expr einsum(const std::string& equation, std::vector<Expr> operands);

// ---- convolution, pooling (conv.cc, pool.cc) -------------------------------------------------

struct ConvOptions {
  Ints strides, dilations;  // one a spatial axis; empty: ones
  Ints pads;                // before_0, after_0, before_1, …; empty: zeros
  int64_t groups = 1;
};
/// x [n, c, spatial…], w [co, c/groups, kernel…], bias [co] or empty.
Expr conv(Expr x, Expr w, Expr bias, ConvOptions options);
/// w [c, co/groups, kernel…]; pads cut the result, output_padding lengthens it at the end.
Expr conv_transpose(Expr x, Expr w, Expr bias, ConvOptions options, Ints output_padding);

struct PoolOptions {
  Ints kernel, strides, dilations, pads;
  bool ceil_mode = false;          // a last, partial window counts
  bool count_include_pad = false;  // average: padding counts as elements
};
Expr max_pool(Expr x, PoolOptions options);
/// Index of each maximum in x flattened (i64), row- or column-major within the spatial axes.
Expr max_pool_indices(Expr x, PoolOptions options, bool column_major);
Expr average_pool(Expr x, PoolOptions options);
Expr lp_pool(Expr x, PoolOptions options, int64_t p);
Expr global_average_pool(Expr x);
Expr global_max_pool(Expr x);
/// Before and after for "same" padding of one axis; the odd element goes after, or before.
std::pair<int64_t, int64_t> same_padding(int64_t extent, int64_t kernel, int64_t stride,
                                         int64_t dilation, bool odd_before);

// ---- normalisation (norm.cc) -----------------------------------------------------------------

Expr batch_norm(Expr x, Expr scale, Expr bias, Expr mean, Expr variance, double epsilon);
/// Over `axes`; ONNX MeanVarianceNormalization when epsilon is added to the deviation instead.
Expr normalise(Expr x, const Ints& axes, double epsilon);
Expr layer_norm(Expr x, std::optional<Expr> scale, std::optional<Expr> bias, int64_t axis,
                double epsilon);
Expr rms_norm(Expr x, std::optional<Expr> scale, int64_t axis, double epsilon);
/// Scale and bias [c]; groups = c is instance normalisation.
Expr group_norm(Expr x, Expr scale, Expr bias, int64_t groups, double epsilon);
Expr local_response_norm(Expr x, int64_t size, double alpha, double beta, double bias);

// ---- recurrent (recurrent.cc) ----------------------------------------------------------------

enum class Cell : uint8_t { rnn, gru, lstm };
struct RecurrentOptions {
  Cell cell = Cell::lstm;
  enum class Direction : uint8_t { forward, reverse, both } direction = Direction::forward;
  std::vector<std::function<Expr(Expr)>> activations;  // of the first direction, then the second
  double clip = 0;                                     // of the gates' sums; 0: none
  bool linear_before_reset = false;                    // GRU
  bool input_forget = false;                           // LSTM: f = 1 - i
};
struct RecurrentInputs {
  Expr x;          // [t, n, inputs]
  Expr w, r;       // [directions, gates*hidden, inputs], [directions, gates*hidden, hidden]
  Expr bias;       // [directions, 2*gates*hidden] or empty
  Expr lengths;    // i32 [n] or empty
  Expr h, c;       // initial [directions, n, hidden] or empty
  Expr peepholes;  // [directions, 3*hidden] or empty
};
/// ONNX RNN, GRU, LSTM with its gate order: y [t, directions, n, hidden], last h, last c (LSTM).
std::vector<Expr> recurrent(const RecurrentInputs& in, const RecurrentOptions& options);

// ---- resize (resize.cc) ----------------------------------------------------------------------

struct ResizeOptions {
  std::string mode = "nearest";            // nearest, linear, cubic
  std::string coordinates = "half_pixel";  // ONNX's coordinate_transformation_mode
  std::string nearest = "round_prefer_floor";
  double cubic_a = -0.75;
  bool exclude_outside = false, antialias = false;
  double extrapolation = 0;
};
/// One axis to `extent`; `scale` is the stated one, roi the region of tf_crop_and_resize.
struct ResizeAxis {
  int64_t axis = 0, extent = 0;
  double scale = 1, roi_start = 0, roi_end = 1;
  Expr computed_scale, computed_start, computed_end;  // scalars where only a run knows them
};
/// `literal` makes a node for a table of numbers.
using Literal = std::function<Expr(TensorData)>;
/// The interpolating kernel at a distance: a triangle (linear), or Keys' cubic with coefficient a.
Expr resize_kernel(Expr distance, const std::string& mode, double a);
Expr resize(Expr x, const std::vector<ResizeAxis>& axes, const ResizeOptions& options,
            const Literal& literal);

// ---- sampling (sample.cc) --------------------------------------------------------------------

struct SampleOptions {
  std::string mode = "linear";    // nearest, linear, cubic
  std::string padding = "zeros";  // zeros, border, reflection
  bool align_corners = true;      // where reflection mirrors: the outermost elements, or their rims
};
/// x [n, c, spatial…] at places[axis] [n, out…], in elements: [n, c, out…].
Expr sample(Expr x, const std::vector<Expr>& places, const SampleOptions& options);
/// Of the last two axes.
Expr determinant(Expr x);

}  // namespace tinycc
