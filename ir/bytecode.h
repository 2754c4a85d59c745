// A kernel compiled for interpretation: registers, straight-line code, and a tree of actions. Each
// expression is computed in the outermost loop that it allows, as a C compiler would hoist it.
#pragma once

#include <deque>
#include <map>

#include "ir/program.h"

namespace tinycc {

/// A register: the number of the type that its instruction gives.
union Cell {
  double real;
  int64_t whole;
};

/// How to find an element: one entry a logical dimension. Its position, in bits, is `base` and for
/// each dimension i * stride, and what `terms` add for axes that divide or wrap.
struct Access {
  struct Index {
    uint32_t cell;
    int64_t low, high;  // low <= i < high
    int64_t stride;
  };
  struct Term {
    uint32_t cell;
    int64_t div, mod, stride;  // (i / div) % mod * stride; mod 0: none
  };
  size_t slot;  // which buffer
  DType dtype;
  int64_t bytes;  // that an element touches
  int64_t base;
  std::vector<Index> indices;
  std::vector<Term> terms;
};

struct Instruction {
  enum class Kind : uint8_t { word, single, any, where, choose, load, fold } kind;
  Op op;
  DType from, to;
  uint32_t out;
  uint32_t args[3];  // cells; load, fold: their number; choose: condition, number
};
using Code = std::vector<Instruction>;

/// A loop variable: `code` runs at the start of every turn.
struct Turn {
  uint32_t cell, extent;  // cells
  Code* code;
};

/// A scalar reduction over nested turns.
struct Fold {
  Op reduce;
  DType dtype;
  std::vector<Turn> turns;
  uint32_t body;
};

/// The branches of a `where` that reads memory: only the one that is taken runs.
struct Choice {
  Code* code[2];
  uint32_t value[2];  // cells
};

/// A statement: `code` runs first.
struct Action {
  StmtKind kind = StmtKind::seq;
  Code* code = nullptr;
  Turn turn{};
  size_t access = 0, slot = 0;  // store; alloc
  uint32_t value = 0;
  std::vector<Action> body;
};

struct Bytecode {
  std::vector<BufferRef> buffers;  // by slot: parameters, then what the kernel allocates
  std::vector<Cell> cells;         // initial values: constants
  std::vector<uint32_t> scalars;   // cells of kernel.scalars
  std::vector<Access> accesses;
  std::vector<Fold> folds;
  std::vector<Choice> choices;
  std::deque<Code> codes;  // stable addresses
  Code* start = nullptr;
  Action body;
};

Bytecode compile(const Kernel& kernel);

}  // namespace tinycc
