// Strings as rows of bytes, sequences as rows of tensors, and the automata of regular expressions.
#include <doctest/doctest.h>

#include "compiler/onnx/regex.h"
#include "compiler/tensor/ragged.h"
#include "compiler/tensor/text.h"
#include "ir/eval.h"
#include "passes/settle_dims.h"

namespace tinycc {
namespace {

using Strings = std::vector<std::string>;

Expr given(Pool& pool, const std::string& name, const Strings& strings, Values& values) {
  values[name] = cells_of(strings, {static_cast<int64_t>(strings.size())});
  return input(pool, name, DType::u8, Shape(values[name].shape.begin(), values[name].shape.end()));
}

Strings strings_of(const TensorData& cells) {
  Strings all;
  const int64_t width = cells.shape.back();
  for (int64_t i = 0; i < cells.count(); ++i) {
    if (i % width == 0) all.emplace_back();
    if (cells.integer(i) != 0) all.back() += static_cast<char>(cells.integer(i));
  }
  return all;
}

/// Pieces of each string, as many as its count says.
std::vector<Strings> pieces(const Strings& strings, const std::string& delimiter, int64_t splits) {
  Graph graph;
  Values values;
  const Expr cells = given(*graph.pool, "x", strings, values);
  const SplitText split = text_split(cells, delimiter, splits);
  graph.inputs = {{"x", cells, ""}};
  graph.outputs = {{"y", split.cells}, {"n", split.counts}};
  settle_dims(graph);
  const std::vector<TensorData> results = eval(graph, values);
  const Strings all = strings_of(results[0]);
  const size_t most = all.size() / strings.size();
  std::vector<Strings> result;
  for (size_t i = 0; i < strings.size(); ++i) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(i * most);
    result.emplace_back(from, from + results[1].integer(static_cast<int64_t>(i)));
  }
  return result;
}

bool matches(const std::string& pattern, const std::string& text) {
  const onnx::Automaton a = onnx::automaton_of(pattern);
  int64_t state = 0;
  for (const char c : text) {
    const int64_t kind = a.classes[static_cast<unsigned char>(c)];
    state = a.next[static_cast<size_t>(state * a.class_count + kind)];
  }
  return a.accepts[static_cast<size_t>(state)] != 0;
}

}  // namespace

TEST_CASE("strings are joined and compared") {
  Pool pool;
  Values values;
  const Expr a = given(pool, "a", {"", "ab", "abc"}, values),
             b = given(pool, "b", {"x", "", "defg"}, values), c = given(pool, "c", {"ab"}, values);
  const auto results = eval(
      {text_concat(a, b), text_concat(a, c), text_equal(a, c), text_case(a, LetterCase::upper)},
      values);
  CHECK(strings_of(results[0]) == Strings{"x", "ab", "abcdefg"});
  CHECK(strings_of(results[1]) == Strings{"ab", "abab", "abcab"});
  CHECK(results[2].integers() == std::vector<int64_t>{0, 1, 0});
  CHECK(strings_of(results[3]) == Strings{"", "AB", "ABC"});
}

TEST_CASE("strings are split as Python splits them") {
  using Lists = std::vector<Strings>;
  CHECK(pieces({"a.b", ".x..", ""}, ".", -1) == Lists{{"a", "b"}, {"", "x", "", ""}, {""}});
  CHECK(pieces({"aaa", "aaaa"}, "aa", -1) == Lists{{"", "a"}, {"", "", ""}});
  CHECK(pieces({"a-b-c", "a"}, "-", 1) == Lists{{"a", "b-c"}, {"a"}});
  CHECK(pieces({" a  b ", "", "   ", "ab"}, "", -1) == Lists{{"a", "b"}, {}, {}, {"ab"}});
  CHECK(pieces({"  a  b  c ", "a b"}, "", 1) == Lists{{"a", "b  c "}, {"a", "b"}});
}

TEST_CASE("regular expressions match whole strings") {
  CHECK(matches("ab*c?", "abbb"));
  CHECK(!matches("ab*c?", "abbbd"));
  CHECK(matches("(x|yz){2,3}", "xyzx"));
  CHECK(!matches("(x|yz){2,3}", "yz"));
  CHECK(matches("[^a-c]+\\d{2}",
                "q\xC3\xA9"
                "42"));
  CHECK(!matches(".", "\n"));
  CHECK(matches("\\bab\\b.cd", "ab cd"));
  CHECK(!matches("a\\bb", "ab"));
  CHECK(matches("(\\W|^)[\\w.]{0,5}@(a|b)($|\\W)", "x.y@a"));
  CHECK(!matches("(\\W|^)[\\w.]{0,5}@(a|b)($|\\W)", "abcdef@a"));
  CHECK(matches("a{,2}", "a{,2}"));
  CHECK_THROWS_WITH(matches("(?i)a", "A"), doctest::Contains("'(?'"));
  CHECK_THROWS_WITH(matches("a)", "a"), doctest::Contains("unmatched"));
  CHECK_THROWS_WITH(matches("\\p{L}", "a"), doctest::Contains("not supported"));
}

TEST_CASE("rows of tensors of different shapes") {
  Pool pool;
  const auto number = [&](int64_t n) { return constant_int(pool, DType::i64, n); };
  const Expr a = iota(pool, {Dim(2), Dim(3)}, 1), b = iota(pool, {Dim(1), Dim(4)}, 1);
  const Ragged two = ragged_of(pool, {a, b}, number(2), DType::i64);
  const Ragged three = inserted(two, iota(pool, {Dim(2), Dim(1)}, 0), number(1));
  const Ragged rest = erased(three, number(0));
  const auto results = eval({three.shapes, three.count, rest.data, rest.count}, {});
  CHECK(results[0].integers() == std::vector<int64_t>{2, 2, 3, 2, 2, 1, 2, 1, 4});
  CHECK(results[1].integer(0) == 3);
  const std::vector<int64_t> data = results[2].integers();
  CHECK(std::vector<int64_t>(data.begin(), data.begin() + 12) ==
        std::vector<int64_t>{0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0});
  CHECK(results[3].integer(0) == 2);
}

}  // namespace tinycc
