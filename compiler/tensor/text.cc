// See text.h.
#include "compiler/tensor/text.h"

#include <algorithm>

namespace tinycc {
namespace {

size_t at(int64_t axis) { return static_cast<size_t>(axis); }

Shape without_last(const Shape& shape) { return {shape.begin(), shape.end() - 1}; }

Expr spread_last(Expr e, const Shape& shape) { return expand(unsqueeze(e, {-1}), shape); }

Expr byte(Pool& pool, int64_t n) { return constant_int(pool, DType::u8, n); }

/// Where a byte lies within [first, last].
Expr within(Expr cells, int64_t first, int64_t last) {
  Pool& pool = *cells->pool;
  return logical_not(less(cells, byte(pool, first))) & logical_not(less(byte(pool, last), cells));
}

/// Blanks as Python's str.split sees them, of those that are ASCII.
Expr is_blank(Expr cells) {
  return within(cells, 9, 13) | within(cells, 28, 31) | equal(cells, byte(*cells->pool, ' '));
}

/// Where the delimiter begins: [shape…, width].
Expr matches(Expr cells, const std::string& delimiter) {
  Pool& pool = *cells->pool;
  const int64_t width = cells->extent(-1 + cells->rank()),
                size = static_cast<int64_t>(delimiter.size());
  const Expr wide = widen_cells(cells, width + size);
  Expr all;
  for (int64_t k = 0; k < size; ++k) {
    const Expr one =
        equal(narrow(wide, -1, k, width), byte(pool, static_cast<unsigned char>(delimiter[at(k)])));
    all = all ? all & one : one;
  }
  return all;
}

/// One step over the bytes of all strings: which piece the byte goes to and where in it, or -1.
struct Walk {
  Expr piece, offset, flag;  // carried: the number of the piece; bytes in it so far; see below
  Expr next_piece, next_offset, next_flag, place;
};

/// `flag`: how many bytes of a delimiter still follow.
void step_delimited(Walk& w, Expr match, int64_t size, int64_t splits) {
  Expr starts = match & eq(w.flag, 0.0);
  if (splits >= 0) starts = starts & lt(w.piece, static_cast<double>(splits));
  const Expr skips = logical_not(eq(w.flag, 0.0)) | starts;
  w.next_piece = where(starts, w.piece + 1.0, w.piece);
  w.next_flag =
      where(starts, constant_like(w.flag, static_cast<double>(size - 1)), max(w.flag - 1.0, 0));
  w.next_offset = where(starts, constant_like(w.offset, 0), where(skips, w.offset, w.offset + 1.0));
  w.place = where(skips, constant_like(w.offset, -1), w.offset);
}

/// `flag`: 1 within a word. The first piece starts at the first word; the last may have blanks in it.
void step_words(Walk& w, Expr blank, Expr byte_here, int64_t splits) {
  const Expr in_word = eq(w.flag, 1.0), ends = equal(byte_here, byte(*blank->pool, 0));
  Expr skips = blank;
  if (splits >= 0) skips = skips & logical_not(in_word & eq(w.piece, static_cast<double>(splits)));
  const Expr starts = logical_not(skips | ends | in_word);
  const Expr drops = skips | ends;
  w.next_piece = where(starts, w.piece + 1.0, w.piece);
  w.next_flag =
      where(skips, constant_like(w.flag, 0), where(starts, constant_like(w.flag, 1), w.flag));
  const Expr here = where(starts, constant_like(w.offset, 0), w.offset);
  w.next_offset = where(drops, here, here + 1.0);
  w.place = where(drops, constant_like(here, -1), here);
}

}  // namespace

TensorData cells_of(const std::vector<std::string>& strings, std::vector<int64_t> shape) {
  size_t width = 1;
  for (const std::string& s : strings) width = std::max(width, s.size());
  std::vector<std::byte> bytes(strings.size() * width);
  for (size_t i = 0; i < strings.size(); ++i) {
    for (size_t k = 0; k < strings[i].size(); ++k)
      bytes[i * width + k] = static_cast<std::byte>(strings[i][k]);
  }
  shape.push_back(static_cast<int64_t>(width));
  return TensorData::of_bytes(DType::u8, std::move(shape), std::move(bytes));
}

Expr widen_cells(Expr cells, int64_t width) {
  Ints amounts(2 * cells->shape.size(), 0);
  amounts.back() = width - cells->extent(cells->rank() - 1);
  return amounts.back() == 0 ? cells : pad_by(cells, amounts, 0);
}

Expr text_lengths(Expr cells) {
  return sum(cast(logical_not(equal(cells, byte(*cells->pool, 0))), DType::i64), {-1});
}

Expr text_equal(Expr a, Expr b) {
  const int64_t width = std::max(a->extent(a->rank() - 1), b->extent(b->rank() - 1));
  const Expr same = equal(widen_cells(a, width), widen_cells(b, width));
  return logical_not(max_over(logical_not(same), {-1}));
}

/// Byte k is a's, or behind its end b's byte k - length.
Expr text_concat(Expr a, Expr b) {
  Pool& pool = *a->pool;
  const int64_t first = a->extent(a->rank() - 1), second = b->extent(b->rank() - 1);
  Shape shape = broadcast_shape({text_lengths(a), text_lengths(b)});
  const auto spread = [&](Expr e, int64_t width) {
    Shape whole = shape;
    whole.emplace_back(width);
    return broadcast_to(e, whole);
  };
  a = spread(a, first);
  b = spread(b, second);
  shape.emplace_back(first + second);
  const Expr k = iota(pool, shape, -1 + static_cast<int64_t>(shape.size()));
  const Expr behind = k - spread_last(text_lengths(a), shape);
  std::vector<Expr> place;
  for (int64_t i = 0; i + 1 < a->rank(); ++i) place.push_back(iota(pool, shape, i));
  place.push_back(behind);
  const Expr there = lt(behind, static_cast<double>(second));
  const Expr rest = where(there, gather(b, place), constant(pool, DType::u8, 0, shape));
  return where(lt(behind, 0), widen_cells(a, first + second), rest);
}

Expr text_case(Expr cells, LetterCase to) {
  if (to == LetterCase::keep) return cells;
  const int64_t from = to == LetterCase::lower ? 'A' : 'a';
  const Expr other = bitwise(Op::bit_xor, cells, byte(*cells->pool, 'a' - 'A'));
  return where(within(cells, from, from + 25), other, cells);
}

/// A scan over the bytes says where each goes; then all are stored there.
SplitText text_split(Expr cells, const std::string& delimiter, int64_t splits) {
  Pool& pool = *cells->pool;
  const Shape shape = without_last(cells->shape);
  const int64_t width = cells->extent(cells->rank() - 1),
                size = static_cast<int64_t>(delimiter.size());
  int64_t most = size == 0 ? (width + 1) / 2 : width / size + 1;
  if (splits >= 0) most = std::min(most, splits + 1);
  Shape pieces = shape;
  pieces.insert(pieces.end(), {Dim(most), Dim(width)});
  if (count_of(shape) == 0) {
    pieces[shape.size()] = Dim(0);
    return {constant(pool, DType::u8, 0, pieces), constant(pool, DType::i64, 0, shape)};
  }
  const int64_t id = pool.fresh_id();
  const Expr step = counter(pool, id, width);
  Walk w{carry(pool, id, 0, DType::i64, shape),
         carry(pool, id, 1, DType::i64, shape),
         carry(pool, id, 2, DType::i64, shape),
         {},
         {},
         {},
         {}};
  const Expr here = gather_axis(cells, step, -1);
  if (size == 0)
    step_words(w, is_blank(here), here, splits);
  else
    step_delimited(w, gather_axis(matches(cells, delimiter), step, -1), size, splits);
  const auto start = [&](int64_t n) {
    return constant(pool, DType::i64, static_cast<double>(n), shape);
  };
  const Expr all = scan(pool, id, width, {start(size == 0 ? -1 : 0), start(0), start(0)},
                        {w.next_piece, w.next_offset, w.next_flag}, {w.next_piece, w.place});
  const Expr counts = get(all, 0) + 1.0;
  std::vector<Expr> place;
  const Expr piece = move_axis(get(all, 3), 0, -1 + cells->rank()),
             offset = move_axis(get(all, 4), 0, -1 + cells->rank());
  for (size_t i = 0; i < shape.size(); ++i)
    place.push_back(iota(pool, cells->shape, static_cast<int64_t>(i)));
  place.insert(place.end(), {piece, offset});
  const Expr stored = scatter(constant(pool, DType::u8, 0, pieces), cells, place, "");
  const Expr longest = shape.empty() ? counts : max_over(reshape_to(counts, {-1}), {0});
  return {cut(stored, static_cast<int64_t>(shape.size()),
              Dim(most, min(longest, static_cast<double>(most)))),
          counts};
}

Expr text_matches(Expr cells, Expr classes, Expr next, Expr accepts) {
  Pool& pool = *cells->pool;
  const Shape shape = without_last(cells->shape);
  if (count_of(shape) == 0) return constant(pool, DType::boolean, 0, shape);
  const int64_t id = pool.fresh_id(), width = cells->extent(cells->rank() - 1);
  const Expr step = counter(pool, id, width);
  const Expr state = carry(pool, id, 0, DType::i64, shape);
  const Expr here = cast(gather_axis(cells, step, -1), DType::i64);
  const Expr moved = gather(next, {state, gather(classes, {here})});
  const Expr all = scan(pool, id, width, {constant(pool, DType::i64, 0, shape)},
                        {where(eq(here, 0), state, moved)}, {});
  return gather(accepts, {get(all, 0)});
}

}  // namespace tinycc
