// See names.h.
#include "emitters/names.h"

#include "emitters/dialect.h"
#include "emitters/host_files.h"
#include "ir/overlap.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "emitters/text.h"

namespace tinycc {

namespace {

/// Values of all constants together that may be number literals; what is beyond is text of bytes.
constexpr int64_t kLiteralValues = 65536;

/// Locals and parameters of the functions that the host emits: no port may be called so.
const char* const kLocals[] = {"arena", "inputs", "job",     "memory", "outputs", "parallel_for",
                               "part",  "parts",  "pool",    "run",    "state",   "status",
                               "step",  "bytes",  "threads", "weights"};

/// What the host emits at file scope, behind the prefix.
const char* const kHostNames[] = {
    "arena",    "arena_at", "bind",       "check",    "close",      "constants",
    "device",   "download", "functions",  "inputs",   "kernels",    "memories",
    "message",  "model",    "open",       "open_cpu", "outputs",    "parallel_for",
    "part",     "parts",    "place",      "port",     "program",    "read",
    "run",      "state",    "state_init", "status",   "status_of",  "step",
    "take_cpu", "threads",  "upload",     "weights",  "weights_at", "write"};

/// What the host appends to the name of a kernel that is split for threads.
const char* const kKernelSuffixes[] = {"", "_job", "_part", "_parts"};

/// Functions of a device's language that helpers are macros for: a parameter would hide them.
const char* const kDeviceFunctions[] = {"exp", "log", "sin", "sqrt", "trunc"};

/// Names in the functions around a kernel that is split, or at its beginning: no parameter of a kernel may
/// have one.
const char* const kWrapperLocals[] = {"part",       "parts",       "weights",   "inputs", "job",
                                      "call",       "item",        "group",     "lane",   "arena",
                                      "item_index", "group_index", "lane_index"};

const Buffer& known_buffer(const Program& program, int64_t id) {
  const auto found = program.buffers.find(id);
  TCC_CHECK(found != program.buffers.end(), fmt::format("a step names the unknown buffer {}", id));
  return *found->second.buffer;
}

void collect_calls(const std::vector<Step>& steps, std::vector<std::vector<const Step*>>& calls) {
  for (const Step& step : steps) {
    if (step.kind == Step::Kind::call) calls.at(step.kernel).push_back(&step);
    collect_calls(step.body, calls);
  }
}

/// Ranges that no loop, reduction or scan of the body binds, by id.
std::vector<Expr> ranges_from_outside(const StmtRef& body) {
  std::map<int64_t, Expr> used;
  std::set<int64_t> bound;
  const auto look = [&](Expr root) {
    for (const Expr e : root ? topological({root}) : std::vector<Expr>{}) {
      if (e->is(Op::range)) used.emplace(id_of(e), e);
      if (e->is(Op::scan)) bound.insert(e->attr.ints[0]);
      if (!is_reduce(e->op)) continue;
      for (size_t i = 1; i < e->sources.size(); ++i) bound.insert(id_of((*e)[i]));
    }
  };
  if (body) {
    walk(body, [&](const Stmt& s) {
      if (s.kind == StmtKind::loop) bound.insert(id_of(s.range));
      for (const Expr extent : s.range ? s.range->sources : std::vector<Expr>{}) look(extent);
      look(s.value);
      for (const Expr index : s.index) look(index);
    });
  }
  std::vector<Expr> out;
  for (const auto& [id, range] : used) {
    if (bound.count(id) == 0) out.push_back(range);
  }
  return out;
}

}  // namespace

bool has_weights(const Program& program) {
  return std::ranges::any_of(program.buffers, [](const auto& entry) {
    return entry.second.buffer->space == Space::weight;
  });
}

Names::Names(const Program& program, WeightsMode weights)
    : program_(program), mode_(has_weights(program) ? weights : WeightsMode::source) {
  calls_.resize(program.kernels.size());
  collect_calls(program.steps, calls_);
  name_ports();
  name_kernels();
  name_buffers();
  name_weights();
  name_types();
  parameters_.resize(program.kernels.size());
  for (size_t k = 0; k < program.kernels.size(); ++k) name_parameters(k);
}

std::string Names::macro(std::string_view suffix) const {
  return upper(prefix()) + "_" + std::string(suffix);
}

std::string Names::prefixed(std::string_view suffix) const {
  return fmt::format("{}_{}", prefix(), suffix);
}

bool Names::is_weight(int64_t buffer) const {
  return known_buffer(program_, buffer).space == Space::weight;
}

void Names::name_ports() {
  const auto of_port = [&](const std::string& member) { return port_prefix() + "_" + member; };
  for (const char* name : kHostNames) taken_.insert({prefixed(name), of_port(name)});
  for (size_t m = 0; m < program_.memories.size(); ++m)
    taken_.insert({prefixed(arena(m)), prefixed(arena(m) + "_at")});
  std::set<std::string> members(std::begin(kLocals), std::end(kLocals));
  const auto name_all = [&](const std::vector<Port>& ports, bool typed) {
    for (const Port& port : ports) {
      std::string member = unique_identifier(port.ident, members);
      while (typed && taken_.count(of_port(member)) != 0) {
        member = unique_identifier(port.ident, members);
      }
      const bool fresh = members_.emplace(port.buffer, member).second;
      TCC_CHECK(fresh, fmt::format("two ports share a buffer, one of them {}", port.name));
      if (!typed) continue;
      types_[port.buffer] = of_port(member);
      taken_.insert(of_port(member));
    }
  };
  name_all(program_.inputs, true);
  for (const ProgramDim& d : program_.dims) dims_.push_back(unique_identifier(d.ident, members));
  name_all(program_.outputs, true);
  name_all(program_.states, false);
}

void Names::name_kernels() {
  const auto is_free = [&](const std::string& name) {
    return std::ranges::none_of(kKernelSuffixes,
                                [&](const char* s) { return taken_.count(name + s); });
  };
  for (const Kernel& kernel : program_.kernels) {
    std::string plain = c_identifier(kernel.name);
    for (const char* others : {"t_", "w_", "f_"}) {  // tensors, weights, helpers
      if (plain.starts_with(others)) plain = "k_" + plain;
    }
    std::string name = prefixed(plain);
    for (int64_t k = 2; !is_free(name); ++k) name = prefixed(fmt::format("{}_{}", plain, k));
    kernels_.push_back(name);
    for (const char* suffix : kKernelSuffixes) taken_.insert(name + suffix);
  }
}

void Names::name_buffers() {
  std::set<std::string> arena{"bytes"}, weights;
  for (const auto& [id, placed] : program_.buffers) {
    if (members_.count(id) != 0) continue;
    const bool constant = placed.buffer->space == Space::weight;
    members_[id] = unique_identifier(placed.buffer->name, constant ? weights : arena);
  }
}

std::set<int64_t> Names::arguments_of(size_t kernel, size_t parameter) const {
  std::set<int64_t> out;
  for (const Step* call : calls_[kernel]) out.insert(call->arguments.at(parameter));
  return out;
}

/// Which weights need a struct, and which are too large for number literals: the largest ones.
void Names::name_weights() {
  for (const auto& [id, placed] : program_.buffers) {
    if (program_.target.is_device() && is_weight(id)) structs_.insert(id);
  }
  for (size_t k = 0; k < calls_.size(); ++k) {
    for (size_t i = 0; i < program_.kernels[k].parameters.size(); ++i) {
      const std::set<int64_t> arguments = arguments_of(k, i);
      if (arguments.size() > 1) structs_.insert(arguments.begin(), arguments.end());
    }
  }
  if (mode_ != WeightsMode::source) return;
  std::vector<std::pair<int64_t, int64_t>> by_size;
  for (const auto& [id, placed] : program_.buffers) {
    if (is_weight(id)) by_size.emplace_back(placed.buffer->elements(), id);
  }
  std::ranges::sort(by_size);
  int64_t values = 0;
  for (const auto& [elements, id] : by_size) {
    values += elements;
    if (values <= kLiteralValues) continue;
    apart_.insert(id);
    while (!taken_.insert(prefixed("w_" + members_.at(id))).second) members_.at(id) += "_w";
  }
}

void Names::name_types() {
  using Form = std::tuple<DType, std::vector<int64_t>>;
  std::vector<std::pair<Form, std::vector<int64_t>>> groups;
  const auto add = [&](int64_t id) {
    const Buffer& buffer = known_buffer(program_, id);
    const Form form{buffer.dtype, buffer.layout.extents(buffer.shape)};
    auto group = std::ranges::find(groups, form, &std::pair<Form, std::vector<int64_t>>::first);
    if (group == groups.end()) group = groups.insert(groups.end(), {form, {}});
    group->second.push_back(id);
  };
  std::vector<std::pair<int64_t, int64_t>> arena;
  for (const auto& [id, placed] : program_.buffers) {
    if (placed.offset >= 0) arena.emplace_back(placed.first, id);
  }
  std::ranges::sort(arena);
  for (const auto& [first, id] : arena) add(id);
  for (const Port& port : program_.states) add(port.buffer);
  for (const int64_t id : structs_) {
    if (is_weight(id)) add(id);
  }
  for (const auto& [form, ids] : groups) {
    const auto& [dtype, extents] = form;
    const std::string tag = dtype == DType::f32 ? "" : fmt::format("{}_", name_of(dtype));
    std::string name = ids.size() == 1
                           ? prefixed("t_" + members_.at(ids[0]))
                           : prefixed(fmt::format("t_{}{}", tag, fmt::join(extents, "x")));
    while (!taken_.insert(name).second) name += "_t";
    for (const int64_t id : ids) types_[id] = name;
    type_list_.emplace_back(name, ids[0]);
  }
}

void Names::name_parameters(size_t k) {
  const Kernel& kernel = program_.kernels[k];
  ranges_.push_back(ranges_from_outside(kernel.body));
  if (calls_[k].empty()) return;
  std::set<std::string> taken(std::begin(kWrapperLocals), std::end(kWrapperLocals));
  if (program_.target.is_device())
    taken.insert(std::begin(kDeviceFunctions), std::end(kDeviceFunctions));
  for (const Expr range : ranges_.back()) taken.insert(range_name(k, range));
  for (size_t m = 0; m < program_.memories.size(); ++m) taken.insert(arena(m));
  const std::vector<bool> shifted = program_.target.is_device()
                                        ? std::vector<bool>(kernel.parameters.size())
                                        : shifted_arguments(program_, *calls_[k][0]);
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    ParameterNames p;
    p.buffer = calls_[k][0]->arguments.at(i);
    p.written = std::ranges::count(kernel.outputs, kernel.parameters[i]->id) != 0;
    p.passed = !shifted[i] && (!is_weight(p.buffer) || program_.target.is_device() ||
                               arguments_of(k, i).size() > 1);
    if (shifted[i]) {
      TCC_CHECK(arguments_of(k, i).size() == 1, kernels_[k] + " writes over several buffers");
      p.element = arena_place(*this, p.buffer, false) + ".at";
    } else if (p.passed) {
      p.type = type(p.buffer);
      p.name = unique_identifier(kernel.parameters[i]->name, taken);
      p.image = known_buffer(program_, p.buffer).is_image();
      p.element = p.name + (p.image ? "" : "->at");
    } else {
      p.element = weight_element(p.buffer);
    }
    for (const Step* call : calls_[k]) {
      TCC_CHECK(!p.passed || type(call->arguments.at(i)) == p.type,
                fmt::format("calls of {} pass different types as {}", kernels_[k], p.name));
    }
    parameters_[k].push_back(p);
  }
}

std::string Names::range_name(size_t kernel, Expr range) const {
  std::set<std::string> taken(std::begin(kWrapperLocals), std::end(kWrapperLocals));
  for (const Expr other : ranges_[kernel]) {
    const std::string name = unique_identifier(other->attr.name, taken);
    if (other == range) return name;
  }
  bug(fmt::format("{} does not use the range {}", kernels_[kernel], range->attr.name), __FILE__,
      __LINE__);
}

bool Names::may_restrict(size_t kernel) const {
  if (!program_.target.has_vectors()) return false;
  const auto& parameters = parameters_[kernel];
  for (const Step* call : calls_[kernel]) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      for (size_t j = 0; j < parameters.size(); ++j) {
        if (i == j || !parameters[i].written || !parameters[j].passed || parameters[i].image)
          continue;
        if (overlap(program_.buffers.at(call->arguments[i]),
                    program_.buffers.at(call->arguments[j]))) {
          return false;
        }
      }
    }
  }
  return true;
}

std::string Names::signature(size_t kernel, bool whole) const {
  const Dialect dialect = dialect_of(program_.target);
  std::vector<std::string> list;
  for (const size_t m : arenas_of(*this, kernel))
    list.push_back(fmt::format("{0}_{1} *{1}", prefix(), arena(m)));
  const char* const restricted = may_restrict(kernel) ? dialect.restricted : "";
  for (const ParameterNames& p : parameters_[kernel]) {
    if (!p.passed) continue;
    if (p.image) {
      list.push_back(fmt::format("__{}_only image2d_t {}", p.written ? "write" : "read", p.name));
      continue;
    }
    list.push_back(fmt::format("{}{}{} *{}{}", dialect.memory, p.written ? "" : "const ", p.type,
                               restricted, p.name));
  }
  for (const Expr range : ranges_[kernel]) {
    const auto is_this = [&](const ProgramDim& d) { return d.range == range; };
    const bool dim =
        std::ranges::any_of(program_.dims, is_this);  // bounds loops, so must not change
    list.push_back((dialect.numbered ? "constant int32_t &"
                    : dim            ? "const int32_t "
                                     : "int32_t ") +
                   range_name(kernel, range));
  }
  for (size_t i = 0; dialect.numbered && i < list.size(); ++i)
    list[i] += fmt::format(" [[buffer({})]]", i);
  if (dialect.numbered) list.push_back("uint item_index [[thread_position_in_grid]]");
  if (dialect.numbered && program_.kernels[kernel].group > 0)
    list.insert(list.end(), {"uint group_index [[threadgroup_position_in_grid]]",
                             "uint lane_index [[thread_position_in_threadgroup]]"});
  if (takes_weights(kernel)) list.push_back(fmt::format("const {}_weights *weights", prefix()));
  if (!whole && *dialect.item == 0 && program_.kernels[kernel].parts > 1)
    list.insert(list.end(), {"int32_t part", "int32_t parts"});
  return fmt::format("{}void {}({})", dialect.kernel, kernels_[kernel],
                     list.empty() ? "void" : join(list, ", "));
}

const std::string& Names::type(int64_t buffer) const {
  static const std::string none;
  const auto found = types_.find(buffer);
  return found == types_.end() ? none : found->second;
}

const std::string& Names::member(int64_t buffer) const { return members_.at(buffer); }

bool Names::weight_is_struct(int64_t buffer) const { return structs_.count(buffer) != 0; }

std::string Names::weight_place(int64_t buffer) const {
  const std::string& name = member(buffer);
  if (mode_ == WeightsMode::bin) return "weights->" + name;
  if (!weight_is_apart(buffer)) return prefixed("constants.") + name;
  return prefixed("w_") + name + (weight_is_struct(buffer) ? ".tensor" : "");
}

std::string Names::weight_element(int64_t buffer) const {
  const bool plain = !weight_is_struct(buffer) && !weight_is_apart(buffer);
  return weight_place(buffer) + (plain ? "" : ".at");
}

bool Names::takes_weights(size_t kernel) const {
  return mode_ == WeightsMode::bin && std::ranges::any_of(parameters_[kernel], [&](const auto& p) {
           return !p.passed && is_weight(p.buffer);
         });
}

std::string Names::arena(size_t memory) const {
  return program_.memories.empty() ? "arena" : "arena_" + program_.memories[memory].name;
}

std::set<size_t> arenas_of(const Names& names, size_t kernel) {
  std::set<size_t> memories;
  for (const ParameterNames& p : names.parameters(kernel)) {
    const int64_t offset = names.program().buffers.at(p.buffer).offset;
    if (!p.passed && offset >= 0) memories.insert(place_in_memory(names.program(), offset).memory);
  }
  return memories;
}

std::string arena_pointer(const Names& names, size_t memory) {
  const std::vector<Bank>& memories = names.program().memories;
  return memories.empty() ? "arena" : "arena->" + c_identifier(memories[memory].name);
}

std::string arena_place(const Names& names, int64_t buffer, bool of_host) {
  const auto [memory, offset] =
      place_in_memory(names.program(), names.program().buffers.at(buffer).offset);
  return (of_host ? arena_pointer(names, memory) : names.arena(memory)) + "->" +
         names.member(buffer) + (offset == 0 ? "" : ".tensor");
}

}  // namespace tinycc
