// Rows of the op table: what reads or writes images at computed places. See ops.h.
#include <algorithm>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

size_t at(int64_t i) { return static_cast<size_t>(i); }

/// A grid's numbers -1 … 1 as places in an axis of n elements.
Expr grid_place(Expr number, int64_t n, bool align_corners) {
  const auto extent = static_cast<double>(n);
  return align_corners ? (number + 1) * ((extent - 1) / 2) : ((number + 1) * extent - 1) * 0.5;
}

/// grid [n, out…, spatial]: the last number is the place along the first spatial axis.
Expr grid_sample(Call& c) {
  SampleOptions options;
  options.mode =
      c.choice("mode", {"nearest", "linear", "bilinear", "cubic", "bicubic"}, "linear");
  if (options.mode.starts_with("bi")) options.mode.erase(0, 2);  // before operator set 20
  options.padding = c.choice("padding_mode", {"zeros", "border", "reflection"}, "zeros");
  options.align_corners = c.integer("align_corners", 0) != 0;
  const int64_t spatial = c[0]->rank() - 2;
  if (spatial < 1 || c[1]->rank() != c[0]->rank() || c[1]->extent(spatial + 1) != spatial)
    refuse("a grid " + text_of(c[1]->shape) + " for " + text_of(c[0]->shape));
  const Expr grid = cast(c[1], DType::f32);
  std::vector<Expr> places;
  for (int64_t axis = 0; axis < spatial; ++axis) {
    const Expr number = pick(grid, spatial + 1, spatial - 1 - axis);
    places.push_back(grid_place(number, c[0]->extent(axis + 2), options.align_corners));
  }
  return sample(c[0], places, options);
}

/// theta [n, k, k + 1] times (…, y, x, 1) reversed, for each element of an image.
Expr affine_grid(Call& c) {
  const int64_t spatial = c[0]->extent(1);
  const bool corners = c.integer("align_corners", 0) != 0;
  Ints extents;
  if (c.known(1)) {
    extents = c.constant_ints(1);
    extents.erase(extents.begin(), extents.begin() + std::min<int64_t>(2, c[1]->extent(0)));
  } else {
    extents = c.stated(0, 1);
    extents = Ints(extents.begin() + 1, extents.end() - 1);
  }
  if (static_cast<int64_t>(extents.size()) != spatial) refuse("size does not fit theta");
  const Shape image(extents.begin(), extents.end());
  std::vector<Expr> base;
  for (int64_t k = 0; k < spatial; ++k) {
    const auto n = static_cast<double>(extents[at(spatial - 1 - k)]);
    const Expr i = index_along(c.pool(), image, spatial - 1 - k, c[0]->dtype);
    base.push_back(corners ? i * (2 / std::max(n - 1, 1.0)) - 1 : (i * 2 + 1) / n - 1);
  }
  base.push_back(constant(c.pool(), c[0]->dtype, 1, image));
  const Expr homogeneous = reshape_to(stack(base, 0), {spatial + 1, -1});
  const Expr flat = permute(matmul(c[0], homogeneous), {0, 2, 1});
  Ints shape{c[0]->extent(0)};
  shape.insert(shape.end(), extents.begin(), extents.end());
  shape.push_back(spatial);
  return reshape_to(flat, shape);
}

/// Places along one axis of a box's samples, [boxes, bins, samples]: `start` and `length` [boxes].
Expr box_places(Expr start, Expr length, int64_t bins, int64_t samples) {
  const Shape shape{start->shape[0], Dim(bins), Dim(samples)};
  const Expr bin = along(length / static_cast<double>(bins), 0, iota(*start->pool, shape, 0));
  const Expr number = index_along(*start->pool, shape, 1, start->dtype) +
                      (index_along(*start->pool, shape, 2, start->dtype) + 0.5) *
                          (1 / static_cast<double>(samples));
  return along(start, 0, bin) + number * bin;
}

/// Index and weight of the lower (k = 0) and upper neighbour of each place, with a new last axis k.
std::pair<Expr, Expr> neighbours(Expr place, int64_t n) {
  const auto last = static_cast<double>(n - 1);
  const Expr valid = logical_not(lt(place, -1)) & logical_not(lt(last + 1, place));
  const Expr inside = min(max(place, 0), last), low = floor(inside), share = inside - low;
  const Expr zero = constant_like(share, 0);
  return {cast(stack({low, min(low + 1, last)}, place->rank()), DType::i64),
          stack({where(valid, 1.0 - share, zero), where(valid, share, zero)}, place->rank())};
}

/// The mean (or greatest) of samples in each bin of a box. Samples are weighted sums of four
/// elements; `max` takes the greatest of the weighted elements.
Expr roi_align(Call& c) {
  const int64_t height = c.integer("output_height", 1), width = c.integer("output_width", 1),
                samples = c.integer("sampling_ratio", 0), boxes = c[1]->extent(0);
  if (samples < 1)
    throw Error(ExitCode::unsupported, "a number of samples that depends on the boxes",
                "give sampling_ratio");
  const std::string preset = c.version < 16 ? "output_half_pixel" : "half_pixel";
  const bool shifted = c.choice("coordinate_transformation_mode", {"half_pixel", "output_half_pixel"}, preset) == "half_pixel";
  const Expr scaled = c[1] * c.real("spatial_scale", 1) - (shifted ? 0.5 : 0.0);
  const auto places = [&](int64_t low, int64_t bins) {
    const Expr start = pick(scaled, 1, low), length = pick(scaled, 1, low + 2) - start;
    return box_places(start, shifted ? length : max(length, 1), bins, samples);
  };
  const auto [y, y_share] = neighbours(places(1, height), c[0]->extent(2));
  const auto [x, x_share] = neighbours(places(0, width), c[0]->extent(3));
  const Shape shape{Dim(boxes), c[0]->shape[1], Dim(height),  Dim(samples),
                    Dim(2),     Dim(width),     Dim(samples), Dim(2)};
  const auto rows = [&](Expr e) { return expand(unsqueeze(e, {1, 5, 6, 7}), shape); };
  const auto columns = [&](Expr e) { return expand(unsqueeze(e, {1, 2, 3, 4}), shape); };
  const Expr image = along(cast(c[2], DType::i64), 0, iota(c.pool(), shape, 0));
  const Expr seen = gather(c[0], {image, iota(c.pool(), shape, 1), rows(y), columns(x)});
  const Expr weighted = mul(seen, rows(y_share) * columns(x_share));
  const Ints axes{3, 4, 6, 7};
  if (c.choice("mode", {"avg", "max"}, "avg") == "max") return max_over(weighted, axes);
  return sum(weighted, axes) * (1 / static_cast<double>(samples * samples));
}

struct Windows {
  Ints strides, dilations, pads;  // pads: all before, then all after
};

Windows windows_of(Call& c, size_t spatial) {
  return {c.ints("strides", Ints(spatial, 1)), c.ints("dilations", Ints(spatial, 1)),
          c.ints("pads", Ints(2 * spatial, 0))};
}

/// A convolution whose kernel elements look aside by offsets [n, groups kernel… axes, out…], and are
/// weighted by a mask.
Expr deform_conv(Call& c) {
  const int64_t spatial = c[0]->rank() - 2, batch = c[0]->extent(0), channels = c[0]->extent(1);
  const int64_t groups = c.integer("group", 1), offset_groups = c.integer("offset_group", 1);
  const Windows w = windows_of(c, at(spatial));
  if (offset_groups < 1 || groups < 1 || channels % offset_groups != 0) refuse("bad groups");
  Ints kernel, out;
  for (int64_t i = 0; i < spatial; ++i) {
    kernel.push_back(c[1]->extent(i + 2));
    out.push_back(c[2]->extent(i + 2));
  }
  const auto shaped = [&](Ints front, const Ints& more) {
    for (const Ints& part : {kernel, more, out})
      front.insert(front.end(), part.begin(), part.end());
    return front;
  };
  const Ints window = shaped({batch * offset_groups}, {});
  const Expr offsets =
      cast(reshape_to(c[2], shaped({batch * offset_groups}, {spatial})), DType::f32);
  std::vector<Expr> places;
  for (int64_t i = 0; i < spatial; ++i) {
    const Shape shape(window.begin(), window.end());
    const Expr tap = index_along(c.pool(), shape, 1 + i, DType::f32) *
                     static_cast<double>(w.dilations.at(at(i)));
    const Expr start = index_along(c.pool(), shape, 1 + spatial + i, DType::f32) *
                           static_cast<double>(w.strides.at(at(i))) -
                       static_cast<double>(w.pads.at(at(i)));
    places.push_back(start + tap + pick(offsets, 1 + spatial, i));
  }
  Ints image = bounds_of(c[0]->shape);
  image[0] = batch * offset_groups;
  image[1] = channels / offset_groups;
  Expr seen = sample(reshape_to(c[0], image), places, {});
  if (c.has(4)) seen = mul(seen, reshape_to(c[4], shaped({batch * offset_groups, 1}, {})));
  int64_t taps = 1, results = 1;
  for (int64_t k : kernel) taps *= k;
  for (int64_t o : out) results *= o;
  const Expr columns = reshape_to(seen, {batch, groups, channels / groups * taps, results});
  const int64_t filters = c[1]->extent(0);
  const Expr weights = reshape_to(c[1], {groups, filters / groups, channels / groups * taps});
  Ints shape{batch, filters};
  shape.insert(shape.end(), out.begin(), out.end());
  const Expr y = reshape_to(matmul(weights, columns), shape);
  return c.has(3) ? y + along(c[3], 1, y) : y;
}

/// x [n, c kernel…, blocks…] added up where the blocks lay in the image.
Expr col2im(Call& c, const Ints& image, const Ints& kernel) {
  const size_t spatial = image.size();
  const Windows w = windows_of(c, spatial);
  int64_t taps = 1;
  Ints blocks, shape{c[0]->extent(0), 0}, result{c[0]->extent(0), 0};
  for (size_t i = 0; i < spatial; ++i) {
    taps *= kernel[i];
    const int64_t reach = w.dilations.at(i) * (kernel[i] - 1) + 1;
    blocks.push_back((image[i] + w.pads.at(i) + w.pads.at(spatial + i) - reach) / w.strides.at(i) +
                     1);
  }
  shape[1] = result[1] = c[0]->extent(1) / taps;
  shape.insert(shape.end(), kernel.begin(), kernel.end());
  shape.insert(shape.end(), blocks.begin(), blocks.end());
  result.insert(result.end(), image.begin(), image.end());
  const Expr x = reshape_to(c[0], shape);
  std::vector<Expr> where{iota(c.pool(), x->shape, 0), iota(c.pool(), x->shape, 1)};
  for (size_t i = 0; i < spatial; ++i) {
    const auto axis = static_cast<int64_t>(i + 2), n = static_cast<int64_t>(spatial);
    const Expr tap = iota(c.pool(), x->shape, axis) * static_cast<double>(w.dilations[i]);
    where.push_back(iota(c.pool(), x->shape, axis + n) * static_cast<double>(w.strides[i]) + tap -
                    static_cast<double>(w.pads[i]));
  }
  return scatter(constant(c.pool(), x->dtype, 0, Shape(result.begin(), result.end())), x, where,
                 "add");
}

/// Kernels that only a run knows: each that fits the shapes is a choice.
void kernels_that_fit(Call& c, const Ints& image, int64_t taps, Ints kernel,
                      std::vector<Ints>& fits) {
  if (kernel.size() == image.size()) {
    const Windows w = windows_of(c, image.size());
    int64_t blocks = 1;
    for (size_t i = 0; i < image.size(); ++i) {
      const int64_t free = image[i] + w.pads.at(i) + w.pads.at(image.size() + i) -
                           w.dilations.at(i) * (kernel[i] - 1) - 1;
      blocks *= free < 0 ? 0 : free / w.strides.at(i) + 1;
    }
    if (taps == 1 && blocks == c[0]->extent(2)) fits.push_back(kernel);
    return;
  }
  for (int64_t k = 1; k <= taps; ++k) {
    if (taps % k != 0) continue;
    kernel.push_back(k);
    kernels_that_fit(c, image, taps / k, kernel, fits);
    kernel.pop_back();
  }
}

Expr col2im_op(Call& c) {
  if (c[0]->rank() != 3) refuse("Col2Im wants 3 axes");
  if (c.known(1) && c.known(2)) return col2im(c, c.constant_ints(1), c.constant_ints(2));
  const Ints stated = c.stated(0, 2), image(stated.begin() + 2, stated.end());
  std::vector<Ints> fits;
  kernels_that_fit(c, image, c[0]->extent(1) / std::max<int64_t>(stated.at(1), 1), {}, fits);
  std::vector<std::pair<int64_t, Expr>> choices;
  constexpr int64_t kBase = 1 << 10;
  for (const Ints& kernel : fits) {
    int64_t key = 0;
    for (int64_t k : kernel) key = key * kBase + k;
    choices.emplace_back(key, col2im(c, image, kernel));
  }
  if (choices.empty()) refuse("no kernel fits the shapes");
  Expr key = constant_int(c.pool(), DType::i64, 0);
  for (Expr k : c.elements(2)) key = key * static_cast<double>(kBase) + k;
  return choose(key, choices);
}

/// Elements back at the places that MaxPool names, in a tensor of zeros.
Expr max_unpool(Call& c) {
  const Ints kernel = c.ints("kernel_shape");
  const Windows w = windows_of(c, kernel.size());
  Ints extents{c[0]->extent(0), c[0]->extent(1)};
  for (size_t i = 0; i < kernel.size(); ++i) {
    extents.push_back((c[0]->extent(static_cast<int64_t>(i + 2)) - 1) * w.strides.at(i) +
                      kernel[i] - w.pads.at(i) - w.pads.at(kernel.size() + i));
  }
  Shape shape(extents.begin(), extents.end());
  const Expr flat = constant(c.pool(), c[0]->dtype, 0, {Dim(count_of(shape))});
  const Expr y = reshape(
      scatter(flat, reshape_to(c[0], {-1}), {cast(reshape_to(c[1], {-1}), DType::i64)}, ""), shape);
  if (!c.has(2)) return y;
  const Ints wanted = c.known(2) ? c.constant_ints(2) : c.stated(0, 2);
  Ints amounts;
  for (size_t i = 0; i < extents.size(); ++i) {
    amounts.insert(amounts.end(), {0, wanted.at(i) - extents[i]});
  }
  return pad_by(y, amounts, 0);
}

const OpRow kRows[] = {
    {"AffineGrid", 20, affine_grid}, {"Col2Im", 18, col2im_op},
    {"DeformConv", 19, deform_conv}, {"Det", 11, [](Call& c) { return determinant(c[0]); }},
    {"GridSample", 16, grid_sample}, {"MaxUnpool", 9, max_unpool},
    {"RoiAlign", 10, roi_align},
};

}  // namespace

std::span<const OpRow> sample_ops() { return kRows; }

}  // namespace tinycc::onnx
