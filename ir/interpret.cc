// Runs the bytecode of a kernel on memory; see bytecode.h and run_kernel in eval.h.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "ir/arith.h"
#include "ir/bytecode.h"
#include "ir/memory.h"
#include "ir/scalar.h"

namespace tinycc {
namespace {

int64_t on_words(Op op, int64_t a, int64_t b) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return on_int;
#define TCC_BINARY(name, result, spelling, on_float, on_int) \
  case Op::name: return on_int;
#include "ir/ops.def"
    default: TCC_CHECK(false, "no scalar op"); return 0;
  }
}

double on_reals(Op op, double a, double b) {
  switch (op) {
#define TCC_UNARY(name, result, spelling, on_float, on_int) \
  case Op::name: return on_float;
#define TCC_BINARY(name, result, spelling, on_float, on_int) \
  case Op::name: return on_float;
#include "ir/ops.def"
    default: TCC_CHECK(false, "no scalar op"); return 0;
  }
}

Number number_in(DType type, Cell cell) {
  return is_float(type) ? Number{cell.real, 0} : Number{0, cell.whole};
}
Cell cell_of(DType type, Number n) {
  return is_float(type) ? Cell{.real = n.real} : Cell{.whole = n.whole};
}

class Machine {
 public:
  Machine(const std::string& name, const Bytecode& code, std::vector<Place> places)
      : name_(name),
        code_(code),
        cells_(code.cells),
        places_(std::move(places)),
        locals_(code.buffers.size()) {
    places_.resize(code.buffers.size());
  }

  void run(const std::vector<int64_t>& scalars) {
    TCC_CHECK(scalars.size() == code_.scalars.size(), name_ + ": other number of scalars");
    for (size_t i = 0; i < scalars.size(); ++i) cells_[code_.scalars[i]].whole = scalars[i];
    run(*code_.start);
    run(code_.body);
  }

 private:
  void run(const Action& a);
  void run(const Code& code) {
    for (const Instruction& i : code) run(i);
  }
  void run(const Instruction& i);
  Cell any(const Instruction& i) const;
  Cell fold(const Fold& f);
  void fold_turns(const Fold& f, size_t depth, Number& sum);
  void allocate(size_t slot);
  int64_t bit_of(const Access& a) const;
  [[noreturn]] void fail(const Access& a, const std::string& what) const;
  const Place& place_of(const Access& a) const;
  Cell load(const Access& a) const;
  void store(const Access& a, Cell value);

  const std::string& name_;
  const Bytecode& code_;
  std::vector<Cell> cells_;
  std::vector<Place> places_;
  std::vector<Memory> locals_;
};

void Machine::run(const Action& a) {
  run(*a.code);
  switch (a.kind) {
    case StmtKind::seq:
      for (const Action& part : a.body) run(part);
      break;
    case StmtKind::loop: {
      const int64_t extent = cells_[a.turn.extent].whole;
      for (int64_t i = 0; i < extent; ++i) {
        cells_[a.turn.cell].whole = i;
        run(*a.turn.code);
        run(a.body[0]);
      }
      break;
    }
    case StmtKind::alloc: allocate(a.slot); break;
    case StmtKind::store: store(code_.accesses[a.access], cells_[a.value]); break;
    case StmtKind::barrier: break;
  }
}

void Machine::run(const Instruction& i) {
  using Kind = Instruction::Kind;
  Cell& out = cells_[i.out];
  switch (i.kind) {
    case Kind::word:
      out.whole = on_words(i.op, cells_[i.args[0]].whole, cells_[i.args[1]].whole);
      break;
    case Kind::single: {
      const double value = on_reals(i.op, cells_[i.args[0]].real, cells_[i.args[1]].real);
      out.real = static_cast<double>(static_cast<float>(value));
      break;
    }
    case Kind::where: out = cells_[i.args[cells_[i.args[0]].whole != 0 ? 1 : 2]]; break;
    case Kind::choose: {
      const Choice& choice = code_.choices[i.args[1]];
      const size_t taken = cells_[i.args[0]].whole != 0 ? 0 : 1;
      run(*choice.code[taken]);
      cells_[i.out] = cells_[choice.value[taken]];
      break;
    }
    case Kind::any: out = any(i); break;
    case Kind::load: out = load(code_.accesses[i.args[0]]); break;
    case Kind::fold: {
      const Cell sum = fold(code_.folds[i.args[0]]);
      out = sum;
      break;
    }
  }
}

Cell Machine::any(const Instruction& i) const {
  Number args[3];
  for (size_t k = 0; k < 3; ++k) args[k] = number_in(i.from, cells_[i.args[k]]);
  return cell_of(i.to, apply(i.op, i.from, i.to, args));
}

/// As in eval: floats are summed in double and rounded at the end.
Cell Machine::fold(const Fold& f) {
  Number sum = neutral_of(f.reduce, f.dtype);
  fold_turns(f, 0, sum);
  sum = {is_float(f.dtype) ? round_to(f.dtype, sum.real) : 0, sum.whole};
  return cell_of(f.dtype, sum);
}

void Machine::fold_turns(const Fold& f, size_t depth, Number& sum) {
  if (depth == f.turns.size()) {
    const DType type = is_float(f.dtype) ? DType::f64 : f.dtype;
    const Number args[2] = {sum, number_in(f.dtype, cells_[f.body])};
    sum = apply(combiner_of(f.reduce), type, type, args);
    return;
  }
  const Turn& t = f.turns[depth];
  const int64_t extent = cells_[t.extent].whole;
  for (int64_t i = 0; i < extent; ++i) {
    cells_[t.cell].whole = i;
    run(*t.code);
    fold_turns(f, depth + 1, sum);
  }
}

void Machine::allocate(size_t slot) {
  const auto bytes = static_cast<size_t>(code_.buffers[slot]->bytes());
  Memory& m = locals_[slot];
  m.bytes.resize(bytes);
  m.writers.assign(bytes, 0);
  places_[slot] = {&m, 0, 1};
}

/// Where the element starts, in bits.
int64_t Machine::bit_of(const Access& a) const {
  int64_t bit = a.base + places_[a.slot].offset * 8;
  for (const Access::Index& index : a.indices) {
    const int64_t i = cells_[index.cell].whole;
    if (i < index.low || i >= index.high) fail(a, " lies outside");
    bit += i * index.stride;
  }
  for (const Access::Term& t : a.terms) {
    int64_t part = floor_div(cells_[t.cell].whole, t.div);
    if (t.mod != 0) part = floor_mod(part, t.mod);
    bit += part * t.stride;
  }
  return bit;
}

void Machine::fail(const Access& a, const std::string& what) const {
  std::string at;
  for (const Access::Index& i : a.indices) {
    at += (at.empty() ? "" : ", ") + std::to_string(cells_[i.cell].whole);
  }
  bug(name_ + ": " + code_.buffers[a.slot]->name + "[" + at + "]" + what, __FILE__, __LINE__);
}

const Place& Machine::place_of(const Access& a) const {
  const Place& place = places_[a.slot];
  if (place.memory == nullptr) fail(a, " is used before its alloc");
  return place;
}

Cell Machine::load(const Access& a) const {
  const Place& place = place_of(a);
  const int64_t bit = bit_of(a);
  if (!place.memory->writers.empty()) {
    const int32_t* writers = place.memory->writers.data() + bit / 8;
    for (int64_t i = 0; i < a.bytes; ++i) {
      if (writers[i] != place.tag) fail(a, " is read where it was not written");
    }
  }
  if (a.dtype != DType::f32) return load_cell(a.dtype, place.memory->bytes.data(), bit);
  float value;
  std::memcpy(&value, place.memory->bytes.data() + bit / 8, sizeof value);
  return {.real = static_cast<double>(value)};
}

void Machine::store(const Access& a, Cell value) {
  const Place& place = place_of(a);
  if (place.memory->writers.empty()) fail(a, " is constant");
  const int64_t bit = bit_of(a);
  store_cell(a.dtype, place.memory->bytes.data(), bit, value);
  std::fill_n(place.memory->writers.begin() + bit / 8, a.bytes, place.tag);
}

}  // namespace

void run_kernel(const Kernel& kernel, const std::map<int64_t, Place>& parameters,
                const std::vector<int64_t>& scalars) {
  const Bytecode code = compile(kernel);
  std::vector<Place> places;
  for (const BufferRef& b : kernel.parameters) {
    const auto found = parameters.find(b->id);
    TCC_CHECK(found != parameters.end(), kernel.name + ": no memory for " + b->name);
    places.push_back(found->second);
  }
  Machine(kernel.name, code, std::move(places)).run(scalars);
}

}  // namespace tinycc
