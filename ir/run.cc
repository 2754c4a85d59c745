// Runs kernels on logical tensors, and planned programs; see eval.h.
#include <algorithm>

#include "ir/build.h"
#include "ir/memory.h"
#include "ir/pack.h"

namespace tinycc {

std::map<int64_t, TensorData> run_kernel(const Kernel& kernel,
                                         const std::map<int64_t, TensorData>& parameters,
                                         const std::vector<int64_t>& scalars) {
  std::map<int64_t, Memory> memories;
  std::map<int64_t, Place> places;
  for (const BufferRef& b : kernel.parameters) {
    const auto given = parameters.find(b->id);
    memories[b->id] =
        given == parameters.end() ? empty_memory(*b) : memory_of(*b, pack(*b, given->second), 1);
    places[b->id] = {&memories[b->id], 0, 1};
  }
  run_kernel(kernel, places, scalars);
  std::map<int64_t, TensorData> results;
  for (const BufferRef& b : kernel.parameters) {
    const bool is_output = std::count(kernel.outputs.begin(), kernel.outputs.end(), b->id) != 0;
    if (is_output) results.emplace(b->id, tensor_in(*b, places[b->id]));
  }
  return results;
}

namespace {

class Runner {
 public:
  explicit Runner(const Program& program) : program_(program) {
    const auto size = static_cast<size_t>(program.arena_bytes);
    arena_ = {std::vector<std::byte>(size), std::vector<int32_t>(size)};
    for (const auto& [id, placed] : program.buffers) place(id, placed);
  }

  void set(const Port& port, const TensorData& value) {
    const Place& place = places_.at(port.buffer);
    const Buffer& buffer = *program_.buffers.at(port.buffer).buffer;
    const Memory filled = memory_of(buffer, pack(buffer, value), place.tag);
    std::copy(filled.bytes.begin(), filled.bytes.end(), place.memory->bytes.begin() + place.offset);
    std::copy(filled.writers.begin(), filled.writers.end(),
              place.memory->writers.begin() + place.offset);
  }
  void set(const ProgramDim& dim, const TensorData& value) {
    counters_.emplace_back(dim.range, constant_int(*program_.pool, DType::i64, value.integer(0)));
  }
  TensorData get(const Port& port) const {
    return tensor_in(*program_.buffers.at(port.buffer).buffer, places_.at(port.buffer));
  }
  void run() {
    for (const Step& s : program_.steps) run(s);
  }

 private:
  void place(int64_t id, const Placed& placed);
  void run(const Step& step);
  void call(const Step& step);
  void repeat(const Step& step);
  bool is_true(int64_t id) const {
    return tensor_in(*program_.buffers.at(id).buffer, places_.at(id)).integer(0) != 0;
  }

  const Program& program_;
  Memory arena_;
  std::map<int64_t, Memory> memories_;  // of buffers outside of the arena
  std::map<int64_t, Place> places_;
  std::vector<std::pair<Expr, Expr>> counters_;  // ranges of the repeats under way, their values
};

void Runner::place(int64_t id, const Placed& placed) {
  const Buffer& b = *placed.buffer;
  const auto tag = static_cast<int32_t>(id + 1);
  if (placed.offset >= 0) {
    TCC_CHECK(placed.offset + b.bytes() <= program_.arena_bytes, b.name + " leaves the arena");
    places_[id] = {&arena_, placed.offset, tag};
    return;
  }
  const auto given = program_.weights.find(id);
  Memory& m = memories_[id];
  m = given == program_.weights.end() ? empty_memory(b) : memory_of(b, given->second, tag);
  if (b.space == Space::weight) m.writers.clear();
  if (b.space == Space::state) std::fill(m.writers.begin(), m.writers.end(), tag);
  places_[id] = {&m, 0, tag};
}

void Runner::run(const Step& step) {
  switch (step.kind) {
    case Step::Kind::call: return call(step);
    case Step::Kind::repeat: return repeat(step);
    case Step::Kind::select: return run(step.body[is_true(step.condition) ? 0 : 1]);
    case Step::Kind::block:
      for (const Step& part : step.body) run(part);
  }
}

void Runner::call(const Step& step) {
  const Kernel& kernel = program_.kernels.at(step.kernel);
  TCC_CHECK(step.arguments.size() == kernel.parameters.size(), kernel.name + ": wrong arguments");
  std::map<int64_t, Place> parameters;
  for (size_t i = 0; i < step.arguments.size(); ++i) {
    parameters[kernel.parameters[i]->id] = places_.at(step.arguments[i]);
  }
  std::vector<int64_t> scalars;
  for (Expr s : step.scalars) scalars.push_back(eval({substitute(s, counters_)}, {})[0].integer(0));
  run_kernel(kernel, parameters, scalars);
}

void Runner::repeat(const Step& step) {
  for (int64_t t = 0; t < extent_of(step.range); ++t) {
    counters_.emplace_back(step.range, constant_int(*program_.pool, DType::i64, t));
    for (const Step& part : step.body) run(part);
    counters_.pop_back();
    if (step.condition >= 0 && is_true(step.condition)) return;
  }
}

}  // namespace

std::vector<TensorData> run_program(const Program& program, const Values& inputs, Values* states) {
  Runner runner(program);
  for (const Port& port : program.inputs) {
    const auto found = inputs.find(port.name);
    TCC_CHECK(found != inputs.end(), "no value for input " + port.name);
    runner.set(port, found->second);
  }
  for (const ProgramDim& dim : program.dims) {
    const auto found = inputs.find(dim.name);
    TCC_CHECK(found != inputs.end(), "no value for dimension " + dim.name);
    runner.set(dim, found->second);
  }
  for (const Port& port : program.states) {
    if (states != nullptr && states->contains(port.name)) runner.set(port, states->at(port.name));
  }
  runner.run();
  std::vector<TensorData> outputs;
  for (const Port& port : program.outputs) outputs.push_back(runner.get(port));
  for (const Port& port : program.states) {
    if (states != nullptr) (*states)[port.name] = runner.get(port);
  }
  return outputs;
}

}  // namespace tinycc
