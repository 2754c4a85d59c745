// Worked cases in tests/ir/ as C: the emitters take the programs as they stand there, two
// compilers accept what comes out, and its self-test finds the values of the graphs.
#include <doctest/doctest.h>

#include "compiler/check/check.h"
#include "emitters/cstyle.h"
#include "ir/build.h"
#include "ir/parse.h"
#include "ir/verify.h"
#include "passes/nest.h"
#include "tests/unit/folder.h"
#include "tests/unit/worked_cases.h"

namespace tinycc {
namespace {

Target target_of(const std::string& dialect) {
  Target target;
  target.dialect = dialect;
  target.vector_bytes = 64;
  target.registers = 32;
  return target;
}

/// Copies all of a tensor from one buffer to another; a frame around it gets its value.
Kernel copying(Pool& pool, const BufferRef& from, const BufferRef& to) {
  Kernel kernel;
  kernel.name = "copy_" + to->name;
  kernel.parameters = {from, to};
  kernel.outputs = {to->id};
  std::vector<Expr> ranges;
  for (const int64_t extent : to->shape) ranges.push_back(range(pool, extent, "i"));
  const StmtRef copy = loops(ranges, store(to, ranges, load(pool, *from, ranges)));
  Computation copied;
  copied.value = constant(pool, to->dtype, 0);
  kernel.body = to->layout.has_halo() ? seq({halo_fill(copied, to), copy}) : copy;
  return kernel;
}

/// The cases take and give tensors in the layouts of their kernels; callers of emitted code see
/// row-major ones. So each port gets a buffer of its own, and a step that copies.
class PlainPorts {
 public:
  explicit PlainPorts(Program& program) : program_(program) {
    for (auto& [id, placed] : program_.buffers) shift(placed);
    for (size_t k = 0; k < program_.inputs.size(); ++k) {
      const auto [plain, inner] = split(program_.inputs[k], Space::input);
      add(plain, inner, program_.steps.begin());
    }
    for (Port& port : program_.outputs) {
      const auto [plain, inner] = split(port, Space::output);
      add(inner, plain, program_.steps.end());
    }
  }

 private:
  void shift(Placed& placed) const {
    placed.first += static_cast<int64_t>(program_.inputs.size());
    placed.last += static_cast<int64_t>(program_.inputs.size());
  }

  int64_t last_step() const {
    return static_cast<int64_t>(program_.inputs.size() + program_.outputs.size() +
                                program_.steps.size());
  }

  /// The port's new buffer, and the old one, which now lies in the arena.
  std::pair<BufferRef, BufferRef> split(Port& port, Space space) {
    Placed& placed = program_.buffers.at(port.buffer);
    Buffer inner = *placed.buffer, plain = inner;
    plain.id = program_.pool->fresh_id();
    plain.name = port.name + "_port";
    plain.layout = Layout::row_major(plain.shape.size());
    plain.space = space;
    if (placed.offset < 0) {
      inner.space = Space::arena;
      placed.offset = program_.arena_bytes;
      program_.arena_bytes += (inner.bytes() + 63) / 64 * 64;
      placed.buffer = std::make_shared<const Buffer>(inner);
    }
    placed.first = 0;
    placed.last = last_step();
    port.buffer = plain.id;
    const BufferRef result = std::make_shared<const Buffer>(plain);
    program_.buffers[plain.id] = {result, -1, 0, last_step(), -1};
    return {result, placed.buffer};
  }

  void add(const BufferRef& from, const BufferRef& to, std::vector<Step>::iterator at) {
    Step step;
    step.kernel = program_.kernels.size();
    step.arguments = {from->id, to->id};
    program_.kernels.push_back(copying(*program_.pool, from, to));
    program_.steps.insert(at, step);
  }

  Program& program_;
};

GoldenCase golden_case(const Graph& graph) {
  GoldenCase golden;
  golden.what = "generated numbers";
  golden.seed = 1;
  Values values;
  for (size_t k = 0; k < graph.inputs.size(); ++k) {
    const Expr in = graph.inputs[k].node;
    golden.inputs.push_back(golden_input(in->dtype, bounds_of(in->shape), 1, k));
    values[graph.inputs[k].name] = golden.inputs.back();
  }
  golden.outputs = eval(graph, values);
  return golden;
}

void emit(const Program& program, const Graph& graph, const Folder& folder) {
  const Names names(program);
  std::vector<KernelText> kernels;
  for (size_t k = 0; k < program.kernels.size(); ++k) kernels.push_back(emit_kernel(names, k));
  const HostInputs host{names, kernels, kernel_helpers(names), {golden_case(graph)}, {}, {}};
  for (SourceFile file : emit_host(host)) {
    if (file.name == program.name + ".c") file.text = format_c(file.text);
    folder.write(file);
  }
}

void emits(const std::string& name) {
  std::mt19937 random(1);
  const Graph graph = worked_graph(name, random);
  Program program = worked_program(name, graph);
  const PlainPorts plain(program);
  verify(program, "plain ports");
  const std::pair<const char*, const char*> builds[] = {
      {"gcc", "gnu"}, {"clang-19", "gnu"}, {"gcc", "iso"}};
  for (const auto& [compiler, dialect] : builds) {
    if (!has_tool(compiler)) continue;
    CAPTURE(compiler);
    CAPTURE(dialect);
    program.target = target_of(dialect);
    const Folder folder;
    emit(program, graph, folder);
    const bool sanitize = dialect == std::string("iso");
    const std::string flags =
        sanitize ? "-O1 -fsanitize=address,undefined -fno-sanitize-recover=all" : "-O2";
    const bool ok =
        folder.run(fmt::format("make check CC={} CFLAGS='{}{}'", compiler, flags, kWarnings));
    CHECK_MESSAGE(ok, folder.log());
  }
}

}  // namespace

TEST_CASE("case 1 as C: a register-tiled convolution") { emits("conv"); }
TEST_CASE("case 5 as C: concatenation in place") { emits("concat"); }
TEST_CASE("case 6 as C: a block of three layers by two rows, over rings of rows") {
  emits("mobile");
}

TEST_CASE("a clamped place that the loop computes has no name before it is computed") {
  const Program p = parse_program(
      "program p { arena 0 align 4 bound 0 buffer x: i64[3] input buffer s: f32[5,4] input "
      "buffer y: f32[3,4] output buffer z: f32[3,4] output input x = x as x input s = s as s "
      "output y = y as y output z = z as z "
      "kernel k { in X: i64[3] in S: f32[5,4] out Y: f32[3,4] out Z: f32[3,4] "
      "  alloc row: i64[3] local for j 3 { row[j] = X[j] + 1 "
      "  for i 4 { Y[j, i] = S[min(max(row[j], 0), 4), i] } "
      "  for i 4 { Z[j, i] = S[min(max(row[j], 0), 4), i] } } } steps { call k(x, s, y, z) } }");
  const std::string body = emit_kernel(Names(p), 0).body;
  CHECK(body.find("row[j] =") < body.find("(int32_t)row[j]"));
}

}  // namespace tinycc
