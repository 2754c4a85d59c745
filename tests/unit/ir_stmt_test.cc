// Layouts, packing, and rewriting of statements and graphs.
#include "ir/stmt.h"

#include <doctest/doctest.h>

#include "ir/build.h"
#include "ir/eval.h"
#include "ir/groups.h"
#include "ir/image.h"
#include "ir/pack.h"
#include "ir/print.h"
#include "ir/simplify.h"

using namespace tinycc;

namespace {

using Extents = std::vector<int64_t>;

Buffer buffer_of(Extents shape, Layout layout, double halo = 0) {
  Buffer b;
  b.name = "b";
  b.shape = std::move(shape);
  b.layout = std::move(layout);
  b.halo_value = halo;
  return b;
}

}  // namespace

TEST_CASE("layouts: blocking, halo, ring") {
  // NCHWc by 4 of 6 channels, with a halo of one around rows, and 3 values of padding.
  const Layout blocked{
      {{.dim = 0, .div = 4}, {.dim = 1, .lo = 1, .hi = 1}, {.dim = 0, .mod = 4, .pad = 3}}};
  CHECK(blocked.extents({6, 5}) == Extents{2, 7, 7});
  CHECK(blocked.place(Extents{5, -1}) == Extents{1, 0, 1});
  CHECK(blocked.has_halo());
  CHECK(blocked.reach(1, 5) == std::pair<int64_t, int64_t>{-1, 6});
  CHECK(blocked.reach(0, 6) == std::pair<int64_t, int64_t>{0, 6});
  const Layout ring{{{.dim = 0, .mod = 4}}};
  CHECK(ring.extents({100}) == Extents{4});
  CHECK(ring.place(Extents{7}) == Extents{3});
  CHECK(Layout::of_order({1, 0}).extents({2, 3}) == Extents{3, 2});
}

TEST_CASE("images: rows, columns and components") {
  // [8, 34, 34, 16] as [8][34][34][4 texels]: 272 by 136 is closest to a square.
  Buffer b = buffer_of({8, 34, 34, 16}, Layout::row_major(4));
  CHECK(image_axes_of(b, 16384, 64) == 2);
  CHECK(image_axes_of(b, 1200, 1) == 2);
  CHECK(image_axes_of(b, 64, 64) == -1);  // no side is short enough
  CHECK(image_axes_of(buffer_of({8, 6}, Layout::row_major(2)), 16384, 64) == -1);  // half a texel
  CHECK(image_axes_of(buffer_of({}, Layout::row_major(0)), 16384, 64) == -1);
  b.image_axes = 2;
  CHECK(image_size(b).width == 136);
  CHECK(image_size(b).height == 272);
  Pool pool;
  const Expr y = range(pool, 34, "y"), x = range(pool, 34, "x"), c = range(pool, 16, "c"),
             l = range(pool, 4, "l"), n = constant_int(pool, DType::i64, 2);
  const TexelPlace at = texel_of(b, {n, y, x, c});
  CHECK(to_text(at.y) == "y + 68");
  CHECK(to_text(at.x) == "x * 4 + c / 4");
  CHECK(to_text(at.component) == "c % 4");
  CHECK(is_texel(b, {n, y, x, l + 8.0}, l));
  CHECK(is_texel(b, {n, y, x, min(c * 4.0, 12.0) + l}, l));
  CHECK(!is_texel(b, {n, y, x, l + 2.0}, l));
  CHECK(!is_texel(b, {n, y, x, min(c * 4.0, 9.0) + l}, l));
  CHECK(!is_texel(b, {n, y, l, l}, l));
  CHECK(!is_texel(b, {n, y, l, x}, l));
}

TEST_CASE("placing expressions adds no op that changes nothing") {
  Pool pool;
  const Expr i = range(pool, 6, "i"), j = range(pool, 5, "j");
  const Layout plain = Layout::row_major(2);
  CHECK(plain.place(std::vector<Expr>{i, j}) == std::vector<Expr>{i, j});
  const Layout blocked{{{.dim = 0, .div = 4}, {.dim = 1, .lo = 1}, {.dim = 0, .mod = 4}}};
  const std::vector<Expr> placed = blocked.place(std::vector<Expr>{i, j});
  CHECK(to_text(placed[0]) == "i / 4");
  CHECK(to_text(placed[1]) == "j + 1");
  CHECK(to_text(placed[2]) == "i % 4");
}

TEST_CASE("packing: halo holds its value, padding zero, and unpacking gives back the tensor") {
  const Buffer b = buffer_of({2, 3}, {{{.dim = 1, .lo = 1, .hi = 1}, {.dim = 0, .pad = 1}}}, 9);
  CHECK(b.elements() == 15);
  CHECK(b.bytes() == 60);
  const TensorData t = TensorData::of_numbers(DType::f32, {2, 3}, {1, 2, 3, 4, 5, 6});
  const TensorData packed = pack(b, t);
  CHECK(packed.numbers() == std::vector<double>{9, 9, 0, 1, 4, 0, 2, 5, 0, 3, 6, 0, 9, 9, 0});
  CHECK(unpack(b, packed).numbers() == t.numbers());
}

TEST_CASE("substitution looks nodes up as they were") {
  Pool pool;
  const Expr i = range(pool, 8, "i"), j = range(pool, 8, "j");
  const Expr sum = i + j * 2;
  CHECK(substitute(sum, {{i, i + 1}}) == (i + 1) + j * 2);
  CHECK(substitute(sum, {{i, j}, {j, i}}) == j + i * 2);
  const auto b = std::make_shared<Buffer>(buffer_of({8}, Layout::row_major(1)));
  const StmtRef tree = loops({i, j}, store(b, {i}, load(pool, *b, {j})));
  const Expr k = range(pool, 8, "k");
  const StmtRef renamed = substitute(tree, {{i, k}});
  CHECK(renamed->range == k);
  CHECK(renamed->body[0]->body[0]->index[0] == k);
  CHECK(substitute(tree, {{k, i}}) == tree);  // unchanged parts are shared
  int statements = 0;
  walk(tree, [&](const Stmt&) { ++statements; });
  CHECK(statements == 3);
}

TEST_CASE("sequences are flat") {
  Pool pool;
  const auto b = std::make_shared<Buffer>(buffer_of({1}, Layout::row_major(1)));
  const StmtRef one = barrier();
  CHECK(seq({one}) == one);
  CHECK(seq({one, seq({one, one})})->body.size() == 3);
  CHECK_THROWS(store(b, {}, constant(pool, DType::f32, 0)));
}

TEST_CASE("rewriting a graph moves origins to the replacements") {
  Graph g;
  Pool& pool = *g.pool;
  const Expr x = input(pool, "x", DType::f32, {4});
  const Expr twice = x * 2.0, result = twice + 1.0;
  g.inputs.push_back({"x", x, ""});
  g.outputs.push_back({"y", result});
  g.note_origin(twice, "mul_1", "x * 2");
  g.note_origin(twice, "mul_1");
  rewrite_graph(g, [&](Expr e) { return e == twice ? x + x : e; });
  CHECK(g.outputs[0].value == (x + x) + 1.0);
  CHECK(g.origins.at(x + x).nodes == std::vector<std::string>{"mul_1"});
  CHECK(g.origins.at(x + x).computes == "x * 2");
  CHECK(!g.origins.contains(twice));
}

TEST_CASE("a warp's items hold each element of a tile once") {
  Pool pool;
  const auto number = [](Expr e) {
    REQUIRE(e->is(Op::constant));
    return e->attr.ints[0];
  };
  for (const char* name : {"mma", "mma75", "mfma", "wmma11", "wmma12", "simdgroup", "dot"}) {
    CAPTURE(name);
    const MatrixForm& form = *matrix_form(name);
    std::set<int64_t> held;
    for (int64_t i = 0; i < form.items * form.parts; ++i) {
      const Expr item = constant_int(pool, DType::i64, i / form.parts);
      const Expr part = constant_int(pool, DType::i64, i % form.parts);
      const int64_t column = number(simplify(form.column(item, part)));
      CHECK(column < form.columns);
      held.insert(number(simplify(form.row(item, part))) * form.columns + column);
    }
    CHECK(held.size() == static_cast<size_t>(form.rows * form.columns));
    CHECK(*held.rbegin() == form.rows * form.columns - 1);
    CHECK(form.items * form.parts == form.rows * form.columns);
  }
}
