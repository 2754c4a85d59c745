// Rows of the op table: pictures in files that are not compressed, BMP, PNM and TIFF. See ops.h. Which
// of them the bytes are is seen in each run; of anything else the picture has no rows. Each format says
// where each byte of each pixel stands, and whether the header fits what the model states.
#include <algorithm>

#include "compiler/onnx/ops.h"

namespace tinycc::onnx {
namespace {

/// The file, and the picture that it must hold: indices of rows, columns and channels (R, G, B).
struct File {
  Expr bytes;  // i64 [n]
  int64_t height, width;
  Expr y, x, channel;  // i64 [height, width, 3]

  Pool& pool() const { return *bytes->pool; }
  const Shape& shape() const { return y->shape; }
  Expr number(int64_t n) const { return constant_int(pool(), DType::i64, n); }
  Expr spread(Expr scalar) const { return broadcast_to(scalar, shape()); }
  /// `size` bytes from a place on, little-endian. Beyond the end: any number.
  Expr at(Expr place, int64_t size = 1) const {
    Expr sum = gather(bytes, {place});
    for (int64_t i = 1; i < size; ++i)
      sum = sum + gather(bytes, {place + static_cast<double>(i)}) *
                      static_cast<double>(int64_t{1} << (8 * i));
    return sum;
  }
  Expr at(int64_t place, int64_t size = 1) const { return at(number(place), size); }
  Expr is(int64_t place, const std::string& word) const {
    Expr all = constant(pool(), DType::boolean, 1);
    for (size_t i = 0; i < word.size(); ++i)
      all = all & eq(at(place + static_cast<int64_t>(i)), static_cast<unsigned char>(word[i]));
    return all;
  }
};

struct Format {
  Expr fits;   // bool: it is this format, of the right size
  Expr place;  // of each byte
};

Format bmp(const File& f) {
  const Expr high = f.at(22, 4), bits = f.at(28, 2), packing = f.at(30, 4), pixel = bits / 8.0;
  const double down = 4294967296.0;  // a negative height, two's complement: rows from the top
  const Expr top_down = eq(high, down - static_cast<double>(f.height));
  const Expr stride = (bits * static_cast<double>(f.width) + 31.0) / 32.0 * 4.0;
  const Expr fits = f.is(0, "BM") & (eq(bits, 24) | eq(bits, 32)) &
                    (eq(packing, 0) | eq(packing, 3)) &
                    eq(f.at(18, 4), static_cast<double>(f.width)) &
                    (top_down | eq(high, static_cast<double>(f.height)));
  const Expr row = where(f.spread(top_down), f.y, static_cast<double>(f.height - 1) - f.y);
  return {fits, f.spread(f.at(10, 4)) + row * f.spread(stride) + f.x * f.spread(pixel) +
                    (2.0 - f.channel)};
}

/// "P6 width height 255" or P5, with blanks and comments between: numbers are read by a scan.
Format pnm(const File& f) {
  Pool& pool = f.pool();
  const int64_t id = pool.fresh_id(), most = std::min<int64_t>(f.bytes->extent(0), 512);
  const Expr t = counter(pool, id, most), b = f.at(t);
  std::vector<Expr> c;  // which number comes; the three numbers; within one; within a comment; end
  for (int64_t k = 0; k < 7; ++k) c.push_back(carry(pool, id, k, DType::i64, {}));
  const Expr header = lt(1, t) & eq(c[6], 0), comment = eq(c[5], 1), zero = f.number(0),
             one = f.number(1);
  const Expr digit = header & logical_not(comment) & lt(47, b) & lt(b, 58);
  const Expr ends = header & eq(c[4], 1) & logical_not(digit), last = ends & eq(c[0], 2);
  std::vector<Expr> next{c[0] + cast(ends, DType::i64)};
  for (int64_t k = 0; k < 3; ++k) {
    const Expr old = c[static_cast<size_t>(1 + k)], more = min(old * 10.0 + b - 48.0, 1e9);
    next.push_back(where(digit & eq(c[0], static_cast<double>(k)), more, old));
  }
  next.push_back(where(digit, one, zero));
  next.push_back(
      where(comment, where(eq(b, '\n'), zero, one), where(header & eq(b, '#'), one, zero)));
  next.push_back(where(last, t + 1.0, c[6]));
  const Expr all = scan(pool, id, most, std::vector<Expr>(7, zero), next, {});
  const Expr colour = f.is(0, "P6"), channels = where(colour, f.number(3), one);
  const Expr fits = (colour | f.is(0, "P5")) & eq(get(all, 1), static_cast<double>(f.width)) &
                    eq(get(all, 2), static_cast<double>(f.height)) & eq(get(all, 3), 255);
  const Expr pixel = f.y * static_cast<double>(f.width) + f.x;
  return {fits, f.spread(get(all, 6)) + pixel * f.spread(channels) +
                    where(f.spread(colour), f.channel, constant_like(f.channel, 0))};
}

/// The value and the count of a tag in the first directory; 0 if it is not there.
struct Tag {
  Expr value, count, size;  // size: bytes of one value
};

Tag tag(const File& f, int64_t number) {
  constexpr int64_t kMost = 64;
  const Shape line{Dim(kMost)};
  const Expr k = iota(f.pool(), line, 0), directory = f.at(4, 4);
  const Expr entry = broadcast_to(directory + 2.0, line) + k * 12.0;
  const Expr hit = lt(k, broadcast_to(f.at(directory, 2), line)) &
                   eq(f.at(entry, 2), static_cast<double>(number));
  const auto found = [&](Expr e) { return sum(where(hit, e, constant_like(e, 0)), {0}); };
  const Expr is_short = eq(f.at(entry + 2.0, 2), 3), count = f.at(entry + 4.0, 4);
  const Expr inside = where(is_short & eq(count, 1), f.at(entry + 8.0, 2), f.at(entry + 8.0, 4));
  return {found(inside), found(count),
          found(where(is_short, constant_like(k, 2), constant_like(k, 4)))};
}

/// Little-endian; strips of rows.
Format tiff(const File& f) {
  const Tag offsets = tag(f, 273), bits = tag(f, 258);
  const auto value = [&](int64_t number) { return tag(f, number).value; };
  const Expr planes = value(284), given = value(278), whole = f.number(f.height);
  const Expr rows = where(eq(given, 0), whole, min(given, whole));
  const Expr eight = where(eq(bits.count, 1), bits.value, f.at(bits.value, 2));
  const Expr fits = f.is(0, std::string("II*\0", 4)) &
                    eq(value(256), static_cast<double>(f.width)) &
                    eq(value(257), static_cast<double>(f.height)) & eq(eight, 8) &
                    eq(value(259), 1) & eq(value(262), 2) & eq(value(277), 3) & lt(planes, 2);
  const Expr strip = f.y / f.spread(rows),
             listed = f.spread(offsets.value) + strip * f.spread(offsets.size);
  const Expr many = where(f.spread(eq(offsets.size, 2)), f.at(listed, 2), f.at(listed, 4));
  const Expr start = where(f.spread(eq(offsets.count, 1)), f.spread(offsets.value), many);
  const Expr pixel = f.y % f.spread(rows) * static_cast<double>(f.width) + f.x;
  return {fits, start + pixel * 3.0 + f.channel};
}

Expr image_decoder(Call& c) {
  const Ints shape = c.stated(0, 0);
  if (shape.size() != 3 || c[0]->rank() != 1 || c[0]->dtype != DType::u8)
    refuse("bytes [n] become a picture [height, width, channels]");
  const Shape rgb{Dim(shape[0]), Dim(shape[1]), Dim(3)};
  Pool& pool = c.pool();
  const File f{cast(c[0], DType::i64), shape[0],           shape[1],
               iota(pool, rgb, 0),     iota(pool, rgb, 1), iota(pool, rgb, 2)};
  Expr place = constant(pool, DType::i64, 0, rgb), fits = constant(pool, DType::boolean, 0);
  for (const Format& format : {bmp(f), pnm(f), tiff(f)}) {
    place = where(f.spread(format.fits), format.place, place);
    fits = fits | format.fits;
  }
  const Expr last = max_over(reshape_to(place, {-1}), {0}),
             first = min_over(reshape_to(place, {-1}), {0});
  fits = fits & lt(last, static_cast<double>(f.bytes->extent(0))) & lt(-1, first);
  const Expr pixels = where(f.spread(fits), gather(f.bytes, {place}), constant_like(place, 0));
  const Expr rows = where(fits, f.number(f.height), f.number(0));
  const auto picture = [&](Expr e) { return cut(cast(e, DType::u8), 0, dim_of(rows)); };
  const std::string format = c.choice("pixel_format", {"RGB", "BGR", "Grayscale"}, "RGB");
  if (format != "Grayscale") return picture(format == "BGR" ? reverse(pixels, 2) : pixels);
  const auto weighted = [&](int64_t k, double w) { return narrow(pixels, 2, k, 1) * w; };
  const Expr grey = weighted(0, 19595) + weighted(1, 38470) + weighted(2, 7471) + 32768.0;
  return picture(grey / 65536.0);
}

const OpRow kRows[] = {{"ImageDecoder", 20, image_decoder}};

}  // namespace

std::span<const OpRow> image_ops() { return kRows; }

}  // namespace tinycc::onnx
