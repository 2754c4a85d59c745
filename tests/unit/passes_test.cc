// Every pass at once: random graphs, lowered, scheduled, planned and interpreted, must give what the
// reference interpreter computes from the graph. Seeds are fixed; a failure names its own.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "ir/build.h"
#include "ir/eval.h"
#include "ir/image.h"
#include "ir/overlap.h"
#include "ir/verify.h"
#include "passes/bands.h"
#include "passes/build_program.h"
#include "passes/pipeline.h"
#include "passes/proposals.h"

namespace tinycc {
namespace {

TensorData random_tensor(std::mt19937& random, const std::vector<int64_t>& shape) {
  std::vector<double> values(static_cast<size_t>(count_of(shape)));
  for (double& v : values) v = (static_cast<double>(random() % 2001) - 1000) / 500;
  return TensorData::of_numbers(DType::f32, shape, values);
}

/// Grows a graph of image-like tensors [1, c, y, x] by one random operator at a time.
class RandomGraph {
 public:
  explicit RandomGraph(uint32_t seed) : random_(seed) {
    graph_.name = "m";
    graph_.source = "random";
    const Shape shape{1, pick(1, 9), pick(3, 9), pick(3, 9)};
    const Expr x = input(*graph_.pool, "x", DType::f32, shape);
    graph_.inputs = {{"x", x, ""}};
    tensors_ = {x};
    for (int64_t n = pick(1, 7); n > 0; --n) grow();
    graph_.outputs = {{"y", tensors_.back()}};
    if (tensors_.size() > 3 && pick(0, 2) == 0)
      graph_.outputs.push_back({"z", tensors_[tensors_.size() - 2]});
  }

  Graph& graph() { return graph_; }
  Values inputs() {
    return {{"x", random_tensor(random_, bounds_of(graph_.inputs[0].node->shape))}};
  }

 private:
  int64_t pick(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random_() % static_cast<uint64_t>(high - low + 1));
  }

  Expr any() {
    return tensors_[static_cast<size_t>(pick(0, static_cast<int64_t>(tensors_.size()) - 1))];
  }

  Expr fresh_weight(const std::vector<int64_t>& shape) {
    const std::string name = "w" + std::to_string(graph_.weights.size());
    graph_.weights[name] = random_tensor(random_, shape);
    return weight(*graph_.pool, name, DType::f32, Shape(shape.begin(), shape.end()));
  }

  Expr zero_padded(Expr x, int64_t p) {
    return pad(x, {0, 0, 0, 0, p, p, p, p}, constant(*graph_.pool, DType::f32, 0));
  }

  Expr conv(Expr x, bool depthwise) {
    return conv(x, depthwise, pick(1, 3), pick(1, 2), pick(1, 20));
  }

  Expr conv(Expr x, bool depthwise, int64_t k, int64_t s, int64_t filters) {
    const int64_t c = x->extent(1), out = depthwise ? c : filters;
    Expr w = window(window(zero_padded(x, k / 2), 2, k, s, 1), 3, k, s, 1);  // n c y x ky kx
    const int64_t h = w->extent(2), v = w->extent(3);
    const Expr bias = expand(reshape(fresh_weight({out}), {1, out, 1, 1}), {1, out, h, v});
    if (depthwise) {
      const Shape all{1, c, h, v, k, k};
      return reduce(Op::reduce_add,
                    w * expand(reshape(fresh_weight({c, 1, k, k}), {1, c, 1, 1, k, k}), all),
                    {4, 5}) +
             bias;
    }
    const Shape all{1, out, h, v, c, k, k};
    w = expand(reshape(permute(w, {0, 2, 3, 1, 4, 5}), {1, 1, h, v, c, k, k}), all);
    const Expr filter = expand(reshape(fresh_weight({out, c, k, k}), {1, out, 1, 1, c, k, k}), all);
    return reduce(Op::reduce_add, w * filter, {4, 5, 6}) + bias;
  }

  Expr pool(Expr x) {
    const Expr padded =
        pad(x, {0, 0, 0, 0, 1, 1, 1, 1}, constant(*graph_.pool, DType::f32, -INFINITY));
    return reduce(Op::reduce_max, window(window(padded, 2, 3, 2, 1), 3, 3, 2, 1), {4, 5});
  }

  Expr softmax(Expr x) {
    const Expr shifted =
        x - expand(reshape(reduce(Op::reduce_max, x, {1}), spread(x, 1)), x->shape);
    const Expr e = exp(shifted);
    return e / expand(reshape(reduce(Op::reduce_add, e, {1}), spread(x, 1)), x->shape);
  }

  static Shape spread(Expr x, size_t axis) {
    Shape s = x->shape;
    s[axis] = Dim(1);
    return s;
  }

  /// h = h / 2 + row y of x, turn by turn; the rows of h, or the last one spread again.
  Expr recurrence(Expr x) {
    Pool& p = *graph_.pool;
    const int64_t id = p.fresh_id(), c = x->extent(1), h = x->extent(2), w = x->extent(3);
    const Shape row{c, w};
    const Expr t = expand(reshape(counter(p, id, h), {1, 1}), row);
    const Expr read =
        gather(x, {constant_int(p, DType::i64, 0, row), iota(p, row, 0), t, iota(p, row, 1)});
    const Expr next = carry(p, id, 0, DType::f32, row) * 0.5 + read;
    const Expr all = scan(p, id, h, {constant(p, DType::f32, 0.25, row)}, {next}, {next});
    if (pick(0, 1) == 0) return reshape(permute(get(all, 1), {1, 0, 2}), x->shape);
    return expand(reshape(get(all, 0), {1, c, 1, w}), x->shape) + x;
  }

  /// x scattered by rows to data-dependent places.
  Expr scattered(Expr x) {
    Pool& p = *graph_.pool;
    const Expr where_to = cast(x * 2.0, DType::i64);
    return scatter(x * 0.5, x,
                   {iota(p, x->shape, 0), iota(p, x->shape, 1), where_to, iota(p, x->shape, 3)},
                   pick(0, 1) == 0 ? "" : "add");
  }

  /// Two halves of one convolution, as gates are: each reads it at other places.
  Expr gated(Expr x) {
    const Expr both = conv(x, false, 1, 1, 8);
    const auto half = [&](int64_t start) {
      return slice(both, {0, start, 0, 0}, {1, 4, both->extent(2), both->extent(3)}, {1, 1, 1, 1});
    };
    return half(0) * max(half(4), 0.0);
  }

  Expr upsample(Expr x) {
    const Shape to{1, x->extent(1), 2 * x->extent(2), 2 * x->extent(3)};
    Pool& p = *graph_.pool;
    return gather(x, {iota(p, to, 0), iota(p, to, 1), iota(p, to, 2) / 2.0, iota(p, to, 3) / 2.0});
  }

  void grow() {
    const Expr x = any();
    const int64_t c = x->extent(1), h = x->extent(2), w = x->extent(3);
    if (count_of(x->shape) > 4000) return;
    Expr y;
    switch (pick(0, 16)) {
      case 0:
      case 1: y = max(conv(x, false), 0.0); break;
      case 2: y = conv(x, true); break;
      case 3: y = pool(x); break;
      case 4: y = x + any_like(x); break;
      case 5: y = reshape(x, {1, h, c, w}); break;
      case 6: y = permute(x, {0, 2, 3, 1}); break;
      case 7: y = concat({x, any_like(x), max(x, 0.5)}, pick(1, 3)); break;
      case 8: y = slice(x, {0, c - 1, 0, 0}, {1, c, (h + 1) / 2, w}, {1, -1, 2, 1}); break;
      case 9: y = softmax(x); break;
      case 10: y = upsample(x); break;
      case 11:
        y = expand(reshape(reduce(Op::reduce_add, x, {2, 3}), {1, c, 1, 1}), x->shape) * x;
        break;
      case 12: y = zero_padded(x * 0.5, 1); break;
      case 13: y = recurrence(x); break;
      case 14: y = scattered(x); break;
      case 15: y = gated(x); break;
      default: y = max(conv(x, false, 3, 1, 6) + conv(x, false, 1, 1, 6), 0.0); break;
    }
    tensors_.push_back(y);
  }

  Expr any_like(Expr x) {
    for (Expr t : tensors_) {
      if (t != x && t->shape == x->shape) return t;
    }
    return x * 2.0;
  }

  std::mt19937 random_;
  Graph graph_;
  std::vector<Expr> tensors_;
};

Target target_of(int which) {
  Target t;
  t.dialect = which < 2 ? "gnu" : "iso";
  t.vector_bytes = which == 0 ? 64 : 16;
  t.registers = which == 0 ? 32 : 16;
  t.prefer = which == 1 || which == 3 ? Prefer::ram : Prefer::speed;
  return t;
}

/// A device with images; the second one's are too small for most tensors.
Target images_of(int which) {
  Target t;
  t.language = t.dialect = "opencl";
  t.threads = 1 << 22;
  t.vector_bytes = 16;
  t.half = which == 2;
  t.images = true;
  t.image_side = which == 1 ? 8 : 16384;
  return t;
}

void check_close(const TensorData& got, const TensorData& want, double bound = 1e-5) {
  REQUIRE(got.shape == want.shape);
  const std::vector<double> a = got.numbers(), b = want.numbers();
  double largest = 1;
  for (double v : b) largest = std::max(largest, std::abs(v));
  for (size_t i = 0; i < a.size(); ++i) REQUIRE(std::abs(a[i] - b[i]) <= bound * largest);
}

}  // namespace

TEST_CASE("random graphs: programs compute what their graphs mean") {
  for (uint32_t seed = 1; seed <= 250; ++seed) {
    CAPTURE(seed);
    for (int which = 0; which < 4; ++which) {
      CAPTURE(which);
      RandomGraph random(seed);
      const Values inputs = random.inputs();
      const std::vector<TensorData> want = eval(random.graph(), inputs);
      const Program program = build_program(lowered(random.graph(), target_of(which)), {});
      const std::vector<TensorData> got = run_program(program, inputs);
      REQUIRE(got.size() == want.size());
      for (size_t k = 0; k < got.size(); ++k) check_close(got[k], want[k]);
    }
  }
}

TEST_CASE("random graphs: programs on images compute what their graphs mean") {
  int64_t tensors = 0;
  for (uint32_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    for (int which = 0; which < 3; ++which) {
      CAPTURE(which);
      RandomGraph random(seed);
      const Values inputs = random.inputs();
      const std::vector<TensorData> want = eval(random.graph(), inputs);
      const Program program = build_program(lowered(random.graph(), images_of(which)), {});
      verify(program);
      for (const auto& [id, placed] : program.buffers) {
        tensors += placed.image >= 0 ? 1 : 0;
        if (!placed.buffer->is_image()) continue;
        const auto [width, height] = image_size(*placed.buffer);
        REQUIRE(std::max(width, height) <= program.target.image_side);
      }
      const std::vector<TensorData> got = run_program(program, inputs);
      REQUIRE(got.size() == want.size());
      for (size_t k = 0; k < got.size(); ++k)
        check_close(got[k], want[k], which == 2 ? 1e-2 : 1e-5);
    }
  }
  CHECK(tensors > 50);
}

/// Pairs of tensors that share memory at the same time, other than element by element.
static int64_t overlaps(const Program& program) {
  int64_t count = 0;
  for (const auto& [a, first] : program.buffers) {
    for (const auto& [b, second] : program.buffers)
      count += first.last == second.first && shifted(first, second) ? 1 : 0;
  }
  return count;
}

TEST_CASE("random graphs: in less memory, over what was read, by rows, and in several memories, they compute the same") {
  size_t bands = 0;
  int64_t over = 0, parts = 0;
  for (uint32_t seed = 1; seed <= 250; ++seed) {
    CAPTURE(seed);
    Target tight;
    tight.dialect = "iso";
    tight.vector_bytes = 0;
    tight.prefer = Prefer::ram;
    tight.dot = seed % 2 == 0 ? Dot::smlad : Dot::none;
    RandomGraph random(seed);
    const Values inputs = random.inputs();
    const std::vector<TensorData> want = eval(random.graph(), inputs);
    const Draft plain = lowered(random.graph(), tight);
    const Banded banded = *with_bands(plain, 0);
    bands += banded.bands.size();
    Draft parted = plain;
    parted.target.memories = {{"tcm", 64 + 64 * (seed % 8)}, {"sram", 512}, {"psram", 1 << 20}};
    for (const Program& program :
         {build_program(plain, {}), build_program(banded, {}), build_program(parted, {})}) {
      verify(program);
      over += overlaps(program);
      parts += std::ranges::count_if(program.memories, [](const Bank& m) { return m.bytes > 0; });
      const std::vector<TensorData> got = run_program(program, inputs);
      for (size_t k = 0; k < got.size(); ++k) check_close(got[k], want[k]);
    }
  }
  CHECK(bands > 50);
  CHECK(over > 20);
  CHECK(parts > 100);
}

TEST_CASE("devices: what is padded lies in f16 with its frame, and is widened where it is read") {
  Graph graph;
  graph.name = "m";
  Pool& pool = *graph.pool;
  const Expr x = input(pool, "x", DType::f32, {1, 32, 6, 6});
  const Expr wide = cast(cast(x * 3.0 + 1.0, DType::f16), DType::f32);
  const Expr padded = pad(wide, {0, 0, 0, 0, 1, 1, 1, 1}, constant(pool, DType::f32, 0));
  const Expr windows = window(window(padded, 2, 3, 1, 1), 3, 3, 1, 1);
  graph.inputs = {{"x", x, ""}};
  graph.outputs = {{"y", reduce(Op::reduce_add, windows, {4, 5})}};
  std::mt19937 random(1);
  const Values inputs{{"x", random_tensor(random, {1, 32, 6, 6})}};
  const Program program = build_program(lowered(graph, images_of(0)), {});
  verify(program);
  CHECK(program.kernels.size() == 2);
  for (const auto& [id, placed] : program.buffers) {
    if (placed.buffer->space == Space::arena) CHECK(placed.buffer->dtype == DType::f16);
  }
  check_close(run_program(program, inputs)[0], eval(graph, inputs)[0]);
}

TEST_CASE("random graphs: schedules that are proposed compute the same") {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    RandomGraph random(seed);
    const Values inputs = random.inputs();
    const std::vector<TensorData> want = eval(random.graph(), inputs);
    Draft draft = lowered(random.graph(), target_of(static_cast<int>(seed) % 3));
    for (size_t c = 0; c < draft.computations.size(); ++c) {
      const ScheduleSpace space(draft, draft.computations[c]);
      std::vector<Proposal> all = space.tiles();
      if (!all.empty()) {
        for (const Proposal& near : space.neighbours(all[seed % all.size()])) all.push_back(near);
      }
      for (size_t p = seed % 3; p < all.size(); p += 1 + all.size() / 8) {
        CAPTURE(all[p].moves);
        REQUIRE(is_legal(draft, draft.computations[c], all[p].moves));
        const MovesOf moves = [&](const Draft& now, const Computation& at, const std::string&) {
          return &at - now.computations.data() == static_cast<ptrdiff_t>(c)
                     ? std::optional(all[p].moves)
                     : std::nullopt;
        };
        const std::vector<TensorData> got = run_program(build_program(draft, moves), inputs);
        for (size_t k = 0; k < got.size(); ++k) check_close(got[k], want[k]);
      }
    }
  }
}

}  // namespace tinycc
