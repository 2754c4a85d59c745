// See worked_cases.h.
#include "tests/unit/worked_cases.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "ir/pack.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"

namespace tinycc {
namespace {

std::string text_of(const std::string& name) {
  std::ifstream in(std::string(TINYCC_SOURCE_DIR) + "/tests/ir/" + name);
  REQUIRE_MESSAGE(in.good(), name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TensorData random_tensor(Expr e, std::mt19937& random) {
  std::vector<double> values(static_cast<size_t>(count_of(e->shape)));
  for (double& v : values) v = static_cast<double>(random() % 2001) / 1000 - 1;
  return TensorData::of_numbers(e->dtype, bounds_of(e->shape), values);
}

Graph worked_graph(const std::string& name, std::mt19937& random) {
  const std::string file = name + ".graph";
  Graph graph = parse_graph(text_of(file), file);
  const std::string text = to_text(graph);
  CHECK(to_text(parse_graph(text)) == text);
  for (Expr e : topological(graph.roots())) {
    if (e->is(Op::weight)) graph.weights.emplace(e->attr.name, random_tensor(e, random));
  }
  verify(graph, file);
  return graph;
}

Program worked_program(const std::string& name, const Graph& graph) {
  const std::string file = name + ".program";
  Program program = parse_program(text_of(file), file);
  const std::string text = to_text(program);
  CHECK(to_text(parse_program(text)) == text);
  for (const auto& [id, placed] : program.buffers) {
    const Buffer& b = *placed.buffer;
    if (b.space == Space::weight) program.weights[id] = pack(b, graph.weights.at(b.alias));
  }
  verify(program, file);
  return program;
}

}  // namespace tinycc
