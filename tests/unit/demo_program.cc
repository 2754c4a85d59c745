// See demo_program.h.
#include "tests/unit/demo_program.h"

#include <algorithm>
#include <cmath>

#include "ir/build.h"

namespace tinycc {

namespace {

enum Id : int64_t { kX, kQ, kFlag, kH, kG, kScale, kUp, kDown, kTable, kLimits, kY, kR, kCount };

constexpr int64_t kTableRows = 35000;  // times 2: more values than literals are allowed

BufferRef buffer(Id id, const char* name, DType dtype, std::vector<int64_t> shape, Space space) {
  Buffer b;
  b.id = id;
  b.name = name;
  b.dtype = dtype;
  b.layout = Layout::row_major(shape.size());
  b.shape = std::move(shape);
  b.space = space;
  return std::make_shared<Buffer>(b);
}

BufferRef haloed(Id id, const char* name) {
  Buffer b = *buffer(id, name, DType::f32, {8, 8, 2}, Space::arena);
  for (size_t axis : {0, 1}) b.layout.axes[axis].lo = b.layout.axes[axis].hi = 1;
  b.alias = "pad(x * scale + q)";
  return std::make_shared<Buffer>(b);
}

std::vector<BufferRef> all_buffers() {
  return {buffer(kX, "x", DType::f32, {8, 8, 2}, Space::input),
          buffer(kQ, "int", DType::i8, {8, 8, 2}, Space::input),
          buffer(kFlag, "flag", DType::boolean, {}, Space::input),
          haloed(kH, "h"),
          haloed(kG, "block/g"),
          buffer(kScale, "conv.scale", DType::f32, {2}, Space::weight),
          buffer(kUp, "up", DType::f32, {2}, Space::weight),
          buffer(kDown, "down", DType::f32, {2}, Space::weight),
          buffer(kTable, "table", DType::f32, {kTableRows, 2}, Space::weight),
          buffer(kLimits, "limits", DType::i32, {3}, Space::weight),
          buffer(kY, "y", DType::f32, {8, 8, 2}, Space::output),
          buffer(kR, "r", DType::i8, {4}, Space::output),
          buffer(kCount, "count", DType::f32, {2}, Space::state)};
}

double table_value(int64_t i) { return static_cast<double>((i * 37) % 1001 - 500) / 64.0; }

std::map<int64_t, TensorData> weights() {
  std::vector<double> table;
  for (int64_t i = 0; i < kTableRows * 2; ++i) table.push_back(table_value(i));
  return {{kScale, TensorData::of_numbers(DType::f32, {2}, {0.5, -0.1})},
          {kUp, TensorData::of_numbers(DType::f32, {2}, {1, 2})},
          {kDown, TensorData::of_numbers(DType::f32, {2}, {-0.5, -1.5})},
          {kTable, TensorData::of_numbers(DType::f32, {kTableRows, 2}, table)},
          {kLimits, TensorData::of_integers(DType::i32, {3}, {-128, 127, INT32_MIN})},
          {kCount, TensorData::of_numbers(DType::f32, {2}, {3, 4})}};
}

Step call(size_t kernel, std::vector<int64_t> arguments, const char* node) {
  Step step;
  step.kernel = kernel;
  step.arguments = std::move(arguments);
  step.nodes = {node};
  return step;
}

const char* const kPadScale = R"({
    for (int32_t i = 0; i < 10; ++i) {
        for (int32_t c = 0; c < 2; ++c) {
            h->at[0][i][c] = 0.0f;
            h->at[9][i][c] = 0.0f;
            h->at[i][0][c] = 0.0f;
            h->at[i][9][c] = 0.0f;
        }
    }
    for (int32_t y = 0; y < 8; ++y) {
        for (int32_t x_2 = 0; x_2 < 8; ++x_2) {
            for (int32_t c = 0; c < 2; ++c) {
                const float number = (float)int_->at[y][x_2][c];
                h->at[y + 1][x_2 + 1][c] = (x->at[y][x_2][c] * @scale@[c]) + number;
            }
        }
    }
}
)";

/// The same in shares of rows; the halo belongs to the first.
const char* const kPadScalePart = R"({
    if (part == 0) {
        for (int32_t i = 0; i < 10; ++i) {
            for (int32_t c = 0; c < 2; ++c) {
                h->at[0][i][c] = 0.0f;
                h->at[9][i][c] = 0.0f;
                h->at[i][0][c] = 0.0f;
                h->at[i][9][c] = 0.0f;
            }
        }
    }
    const int32_t end = (8 * (part + 1)) / parts;
    for (int32_t y = (8 * part) / parts; y < end; ++y) {
        for (int32_t x_2 = 0; x_2 < 8; ++x_2) {
            for (int32_t c = 0; c < 2; ++c) {
                const float number = (float)int_->at[y][x_2][c];
                h->at[y + 1][x_2 + 1][c] = (x->at[y][x_2][c] * @scale@[c]) + number;
            }
        }
    }
}
)";

const char* const kShift = R"({
    for (int32_t y = 1; y < 9; ++y) {
        for (int32_t x = 1; x < 9; ++x) {
            for (int32_t c = 0; c < 2; ++c) {
                to->at[y][x][c] = from->at[y][x][c] + (by->at[c] * (float)(t + 1));
            }
        }
    }
}
)";

const char* const kFinish = R"({
    for (int32_t i = 0; i < 8; ++i) {
        for (int32_t j = 0; j < 8; ++j) {
            for (int32_t c = 0; c < 2; ++c) {
                const float value = h->at[i + 1][j + 1][c] + count->at[c];
                y->at[i][j][c] = demo_f_twice(value) + @table@[(i * 1000) + j][c];
            }
        }
    }
    for (int32_t c = 0; c < 2; ++c) {
        count->at[c] = count->at[c] + 1.0f;
    }
}
)";

const char* const kClassify = R"({
    for (int32_t i = 0; i < 4; ++i) {
        const float value = y->at[i][i][0];
        const float above = (value < (float)@limits@[0]) ? (float)@limits@[0] : value;
        const float within = (above > (float)@limits@[1]) ? (float)@limits@[1] : above;
        r->at[i] = (int8_t)within;
    }
}
)";

/// What the steps compute: y and r after `runs` runs.
std::vector<TensorData> expected(const std::vector<TensorData>& in, int64_t runs) {
  const bool flag = in[2].integer(0) != 0;
  const double scale[] = {0.5, -0.1}, up[] = {1, 2}, down[] = {-0.5, -1.5};
  std::vector<double> y(128), r(4);
  for (int64_t i = 0; i < 128; ++i) {
    const auto c = static_cast<size_t>(i % 2);
    double h = in[0].number(i) * scale[c] + static_cast<double>(in[1].integer(i));
    for (int t = 1; t <= 3; ++t) h += (up[c] + (flag ? down[c] : scale[c])) * t;
    const double count = (c == 0 ? 3 : 4) + static_cast<double>(runs) - 1;
    y[static_cast<size_t>(i)] = 2 * (h + count) + table_value(i / 16 * 2000 + i % 16);
  }
  for (size_t i = 0; i < 4; ++i) {
    r[i] = std::trunc(std::clamp(y[(i * 8 + i) * 2], -128.0, 127.0));
  }
  return {TensorData::of_numbers(DType::f32, {8, 8, 2}, y),
          TensorData::of_numbers(DType::i8, {4}, r)};
}

void add_buffers(Program& program) {
  for (const BufferRef& b : all_buffers()) program.buffers[b->id] = Placed{.buffer = b};
  const auto place = [&](Id id, int64_t offset, int64_t first, int64_t last) {
    Placed& placed = program.buffers.at(id);
    placed.offset = offset;
    placed.first = first;
    placed.last = last;
  };
  place(kH, 0, 0, 2);
  place(kG, 832, 1, 1);
  program.arena_bytes = program.arena_bound_bytes = 1664;
  program.arena_align = program.target.dialect == "gnu" ? 32 : 4;
  program.inputs = {
      {"x", "x", kX, "grey levels"}, {"int", "int", kQ, ""}, {"flag", "flag", kFlag, ""}};
  program.outputs = {{"y", "y", kY, ""}, {"model/r:0", "r", kR, "saturated"}};
  program.states = {{"count", "count", kCount, "runs so far"}};
}

void add_kernels(Program& program) {
  const auto at = [&](Id id) { return program.buffers.at(id).buffer; };
  const Expr t = range(*program.pool, 3, "t");
  const auto add = [&](const char* name, std::vector<BufferRef> parameters,
                       std::vector<int64_t> outputs, StmtRef body) {
    Kernel kernel;
    kernel.name = name;
    kernel.parameters = std::move(parameters);
    kernel.outputs = std::move(outputs);
    kernel.body = std::move(body);
    kernel.schedule = "none";
    kernel.computes = std::string("by hand /* ") + name;
    kernel.nodes = {name};
    kernel.flops = 128;
    kernel.bytes_read = 1024;
    kernel.bytes_written = 512;
    program.kernels.push_back(kernel);
  };
  add("pad_scale", {at(kX), at(kQ), at(kScale), at(kH)}, {kH}, nullptr);
  Buffer from = *at(kH), to = *at(kG), by = *at(kUp);
  from.name = "from";
  to.name = "to";
  by.name = "by";
  const auto target = std::make_shared<Buffer>(to);
  const Expr zero = constant_int(*program.pool, DType::i64, 0);
  add("shift", {std::make_shared<Buffer>(from), std::make_shared<Buffer>(by), target}, {kG},
      store(target, {zero, zero, zero}, cast(t, DType::f32)));
  add("finish", {at(kH), at(kTable), at(kCount), at(kY)}, {kY, kCount}, nullptr);
  add("classify", {at(kY), at(kLimits), at(kR)}, {kR}, nullptr);
  Step down, loop;
  down.kind = Step::Kind::select;
  down.condition = kFlag;
  down.body = {call(1, {kG, kDown, kH}, "sub"), call(1, {kG, kScale, kH}, "scale")};
  loop.kind = Step::Kind::repeat;
  loop.range = t;
  loop.body = {call(1, {kH, kUp, kG}, "add"), down};
  loop.computes = "three times up and down";
  program.steps = {call(0, {kX, kQ, kScale, kH}, "pad"), loop,
                   call(2, {kH, kTable, kCount, kY}, "finish"), call(3, {kY, kLimits, kR}, "cast")};
}

std::string with_weight(const char* text, const std::string& key, const std::string& element) {
  std::string out = text;
  for (size_t at = out.find(key); at != std::string::npos; at = out.find(key, at)) {
    out.replace(at, key.size(), element);
  }
  return out;
}

}  // namespace

Demo::Demo(const std::string& dialect, WeightsMode weights_mode, bool parallel, bool with_golden) {
  program.name = "demo";
  program.source = "by hand";
  program.pool = std::make_shared<Pool>();
  program.target.dialect = dialect;
  program.target.vector_bytes = dialect == "gnu" ? 32 : 0;
  program.target.threads = parallel ? 4 : 1;
  program.macs = 12345;
  program.weights = weights();
  add_buffers(program);
  add_kernels(program);
  program.kernels[0].parts = program.target.threads;
  names = std::make_unique<Names>(program, weights_mode);
  kernels = {
      {with_weight(parallel ? kPadScalePart : kPadScale, "@scale@", names->weight_element(kScale)),
       ""},
      {kShift, ""},
      {with_weight(kFinish, "@table@", names->weight_element(kTable)), ""},
      {with_weight(kClassify, "@limits@", names->weight_element(kLimits)), "a note"}};
  if (!with_golden) return;
  for (const uint32_t seed : {1u, 2u}) {
    GoldenCase c;
    c.what = seed == 1 ? "generated" : "embedded, second run";
    c.runs = seed;
    for (const Port& port : program.inputs) {
      const Buffer& b = *program.buffers.at(port.buffer).buffer;
      c.inputs.push_back(golden_input(b.dtype, b.shape, seed, c.inputs.size()));
    }
    if (seed == 1) c.seed = seed;
    c.outputs = expected(c.inputs, c.runs);
    golden.push_back(c);
  }
}

Program tiny_program(const std::string& dialect) {
  Program program;
  program.name = "tiny";
  program.source = "by hand";
  program.target.dialect = dialect;
  program.buffers[0] = Placed{.buffer = buffer(Id{}, "numbers", DType::f16, {3}, Space::output)};
  program.outputs = {{"numbers", "numbers", 0, ""}};
  Kernel kernel;
  kernel.name = "fill";
  kernel.parameters = {program.buffers[0].buffer};
  kernel.outputs = {0};
  program.kernels = {kernel};
  program.steps = {call(0, {0}, "fill")};
  return program;
}

HostInputs Demo::host() const {
  HostInputs inputs{*names, {}, {}, {}, {}, {}};
  inputs.kernels = kernels;
  inputs.helpers = {
      {"demo_f_twice",
       "/* Twice x. */\nstatic float demo_f_twice(float x)\n{\n    return 2.0f * x;\n}\n"},
      {"demo_f_never", "static float demo_f_never(void);\n"}};
  inputs.golden = golden;
  inputs.dependencies = {"models/my model.yaml", "demo.npz"};
  return inputs;
}

}  // namespace tinycc
