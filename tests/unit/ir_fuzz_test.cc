// Random small graphs of every tensor op: they verify, print and read back the same, and what is
// read computes the same. A failure names its seed.
#include <doctest/doctest.h>

#include <random>

#include "ir/build.h"
#include "ir/eval.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"

using namespace tinycc;

namespace {

/// Grows a graph node by node; every kind of node picks operands among what is there.
class Grower {
 public:
  explicit Grower(unsigned seed) : random_(seed) {
    graph_.name = "fuzz";
    add_input("x", DType::f32, {2, 3});
    add_input("n", DType::i32, {2, 3});
    add_input("v", DType::f32, {4});
    all_.push_back(weight(*graph_.pool, "layer.0.w", DType::f32, {2, 3}));
    graph_.weights["layer.0.w"] =
        TensorData::of_numbers(DType::f32, {2, 3}, {0.5, -1, 2, 0, 3, -0.25});
  }

  Graph grow(int nodes) {
    for (int k = 0; k < nodes; ++k) all_.push_back(node());
    for (int k = 0; k < 3; ++k) {
      graph_.outputs.push_back({"y" + std::to_string(k), all_[all_.size() - 1 - below(4)]});
    }
    return graph_;
  }

 private:
  size_t below(size_t n) { return random_() % n; }
  int64_t whole(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<size_t>(high - low + 1)));
  }
  void add_input(const std::string& name, DType type, Shape shape) {
    graph_.inputs.push_back({name, input(*graph_.pool, name, type, std::move(shape)), ""});
    all_.push_back(graph_.inputs.back().node);
  }
  Expr any() { return all_[below(all_.size())]; }
  /// Something of this type and shape; a number if there is nothing.
  Expr like(Expr e, DType type) {
    for (int tries = 0; tries < 20; ++tries) {
      const Expr other = any();
      if (other->dtype == type && other->shape == e->shape) return other;
    }
    return constant(*graph_.pool, type, static_cast<double>(whole(-3, 3)), e->shape);
  }
  /// A bounded number of elements, so that nothing explodes.
  Expr small() {
    for (int tries = 0; tries < 20; ++tries) {
      const Expr e = any();
      if (count_of(e->shape) <= 64 && e->rank() <= 4) return e;
    }
    return all_[0];
  }
  Expr node();
  Expr elementwise();
  Expr movement();
  Expr indexing();
  Expr loop();

  std::mt19937 random_;
  Graph graph_;
  std::vector<Expr> all_;
};

Expr Grower::node() {
  switch (below(5)) {
    case 0: return movement();
    case 1: return indexing();
    case 2: return loop();
    default: return elementwise();
  }
}

Expr Grower::elementwise() {
  constexpr Op kFloat[] = {Op::add, Op::mul, Op::max, Op::min, Op::lt, Op::eq, Op::div};
  constexpr Op kWhole[] = {Op::add, Op::mul,     Op::div,    Op::mod,     Op::max, Op::lt,
                           Op::eq,  Op::bit_and, Op::bit_or, Op::bit_xor, Op::shl, Op::shr};
  constexpr DType kTypes[] = {DType::f32, DType::f16, DType::i8,  DType::u64, DType::boolean,
                              DType::i64, DType::u4,  DType::f64, DType::bf16};
  const Expr a = small();
  switch (below(5)) {
    case 0: return cast(a, kTypes[below(std::size(kTypes))]);
    case 1: return where(like(a, DType::boolean), a, like(a, a->dtype));
    case 2:
      if (is_float(a->dtype)) return below(2) == 0 ? exp(min(a, 3.0)) : trunc(a);
      return is_bool(a->dtype) ? logical_not(a) : -a;
    default: break;
  }
  const Op op =
      is_float(a->dtype) ? kFloat[below(std::size(kFloat))] : kWhole[below(std::size(kWhole))];
  return below(2) == 0 ? binary(op, a, like(a, a->dtype)) : binary(op, like(a, a->dtype), a);
}

Expr Grower::movement() {
  const Expr a = small();
  if (a->rank() == 0) return expand(reshape(a, {1, 1}), {2, 3});
  const auto last = static_cast<size_t>(a->rank() - 1);
  const int64_t axis = whole(0, a->rank() - 1), extent = a->extent(axis);
  std::vector<int64_t> order, starts, counts, steps, amounts;
  for (int64_t d = a->rank(); d-- > 0;) order.push_back(d);
  for (const Dim& d : a->shape) {
    const bool backwards = below(2) == 0;
    starts.push_back(backwards ? d.bound - 1 : 0);
    counts.push_back((d.bound + 1) / 2);
    steps.push_back(backwards ? -2 : 2);
    amounts.insert(amounts.end(), {whole(0, 1), whole(0, 2)});
  }
  switch (below(7)) {
    case 0: return permute(a, order);
    case 1: return reshape(a, {count_of(a->shape)});
    case 2: return slice(a, starts, counts, steps);
    case 3: return pad(a, amounts, constant(*graph_.pool, a->dtype, 1));
    case 4: return concat({a, like(a, a->dtype), a}, axis);
    case 5: return extent < 2 || last > 2 ? a : window(a, axis, 2, whole(1, 2), 1);
    default: {
      Shape shape = a->shape;
      shape.insert(shape.begin(), Dim(1));
      const Expr wider = reshape(a, shape);
      shape[0] = Dim(3);
      return expand(wider, shape);
    }
  }
}

Expr Grower::indexing() {
  const Expr a = small();
  if (a->rank() == 0 || count_of(a->shape) == 0) return a;  // nothing to gather
  std::vector<int64_t> axes{whole(0, a->rank() - 1)};
  constexpr Op kReduce[] = {Op::reduce_add, Op::reduce_mul, Op::reduce_max};
  if (below(3) == 0) return reduce(kReduce[below(3)], a, axes);
  std::vector<Expr> indices;
  for (int64_t d = 0; d < a->rank(); ++d) {
    const Expr i = iota(*graph_.pool, {5}, 0);
    indices.push_back(i * static_cast<double>(whole(-1, 2)) + static_cast<double>(whole(-2, 2)));
  }
  if (below(2) == 0) return gather(a, indices);
  const char* kCombine[] = {"", "add", "max"};
  const Expr updates = constant(*graph_.pool, a->dtype, 2, {5});
  return scatter(a, updates, indices, kCombine[below(3)]);
}

Expr Grower::loop() {
  Pool& pool = *graph_.pool;
  const Expr start = small();
  if (!is_float(start->dtype)) return start;
  const int64_t id = pool.fresh_id(), extent = whole(0, 4);
  const Expr c = carry(pool, id, 0, start->dtype, start->shape);
  const Expr t = cast(counter(pool, id, extent), DType::f32);
  const Expr next = c * 0.5 + like(start, start->dtype);
  const Expr until = below(2) == 0 ? lt(1.0, t) : Expr();
  const Expr s = scan(pool, id, extent, {start}, {next}, {t + 1.0, c}, until);
  return get(s, whole(0, 2));
}

bool same_bytes(const TensorData& a, const TensorData& b) {
  return a.dtype == b.dtype && a.shape == b.shape && *a.bytes == *b.bytes;
}

}  // namespace

TEST_CASE("random graphs verify, print, read back and compute the same") {
  const Values inputs{{"x", TensorData::of_numbers(DType::f32, {2, 3}, {1, -2, 0.5, 0, -0.25, 7})},
                      {"n", TensorData::of_integers(DType::i32, {2, 3}, {3, -1, 0, 100, -7, 2})},
                      {"v", TensorData::of_numbers(DType::f32, {4}, {-1, 2, -3, 4})}};
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const Graph graph = Grower(seed).grow(12);
    REQUIRE_NOTHROW(verify(graph));
    const std::string text = to_text(graph);
    CAPTURE(text);
    Graph read;
    REQUIRE_NOTHROW(read = parse_graph(text));
    REQUIRE(to_text(read) == text);
    read.weights = graph.weights;
    const auto a = eval(graph, inputs), b = eval(read, inputs);
    for (size_t k = 0; k < a.size(); ++k) REQUIRE(same_bytes(a[k], b[k]));
  }
}
