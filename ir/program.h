// Kernels, steps and the planned program: what emitters read, and all that they need.
#pragma once

#include <algorithm>
#include <map>

#include "ir/port_form.h"
#include "ir/stmt.h"
#include "ir/target.h"
#include "ir/tensor.h"

namespace tinycc {

/// A function of its buffers. The same kernel may be called by several steps.
struct Kernel {
  std::string name;                   // "conv2_relu": an identifier, without the model's prefix
  std::vector<BufferRef> parameters;  // inputs first, then outputs; weights too
  std::vector<int64_t> outputs;       // ids of the parameters that it writes
  std::vector<Expr> scalars;          // further parameters: ranges that the caller gives a value
  StmtRef body;
  std::string schedule;            // the moves, as text; empty when none
  std::string computes;            // for people: "relu(conv2d(h1, conv2.weight, …))"
  std::vector<std::string> nodes;  // names of the model's nodes that it computes
  int64_t flops = 0, macs = 0, bytes_read = 0, bytes_written = 0;
  int64_t cost =
      0;  // on one thread, by the estimate that schedules are chosen by: vector multiply-adds
  int64_t parts = 1;  // at most so many threads share its thread loops; 1: all loops are serial
  int64_t group = 0;  // of a device: so many of them are a work-group (groups.h); 0: as it likes
};

/// One element of the call sequence. call: kernel with the program's buffers as arguments, in the
/// order of its parameters, and `scalars`, expressions over the ranges of the enclosing repeats, as
/// values of the kernel's scalars. repeat: `body` for each value of range (a bounded loop; `until`, a
/// scalar buffer, ends it early). select: body[0] if the scalar `condition` is true, else body[1].
struct Step {
  enum class Kind : uint8_t { call, repeat, select, block } kind = Kind::call;
  size_t kernel = 0;
  std::vector<int64_t> arguments;  // ids of the program's buffers
  std::vector<Expr> scalars;
  Expr range;
  int64_t condition = -1;
  std::vector<Step> body;
  std::string computes;
  std::vector<std::string> nodes;
};

/// A buffer of the program and where it lies.
struct Placed {
  BufferRef buffer;
  int64_t offset = -1;          // bytes from the start of the arena; -1: not in the arena
  int64_t first = 0, last = 0;  // steps that write it first and read it last
  int64_t same_as = -1;         // id of the buffer whose memory it takes over in place, or -1
  int64_t image = -1;           // which of the program's images it takes, if it is one (image.h)
};

/// An image of a device that buffers take one after the other, none larger than it.
struct Image {
  DType dtype = DType::f32;
  int64_t width = 0, height = 0;  // texels
  friend bool operator==(const Image&, const Image&) = default;
};

/// What the caller sees: an input, an output or a state.
struct Port {
  std::string name;   // as the model calls it
  std::string ident;  // as C calls it
  int64_t buffer = 0;
  std::string meaning;  // for the header's comment; may be empty
  /// By axis: the index among the outputs of the i64 scalar that says how long it is in this run (at
  /// most the bound in the buffer's shape), or -1. Empty: all fixed. Elements are dense in the bound.
  std::vector<int64_t> lengths = {};
  bool is_length = false;  // an output that is such a scalar: no output of the model's own
  /// By axis: which of the program's dims it is, or -1. Empty: none.
  std::vector<int64_t> dims = {};
  PortForm form = {};
};

/// A symbolic dimension that the caller gives, 1 <= value <= bound: a scalar of the kernels and steps
/// that name its range, whose extent is the bound + 1.
struct ProgramDim {
  std::string name;
  std::string ident;
  Expr range;
  int64_t bound() const { return extent_of(range) - 1; }
};

struct Program {
  std::string name;    // prefix of every emitted symbol
  std::string family;  // where targets share inputs and outputs: prefix of their types; else empty
  std::string source;  // file name of the model, without its folder
  std::shared_ptr<Pool> pool;
  Target target;
  std::vector<Kernel> kernels;
  std::vector<Step> steps;
  std::map<int64_t, Placed> buffers;  // by id
  // By buffer id, already in the buffer's layout (flat): weights, and where states start (else: 0).
  std::map<int64_t, TensorData> weights;
  std::vector<Port> inputs, outputs, states;
  std::vector<ProgramDim> dims;
  std::vector<Image> images;
  // What the arena consists of, one behind the other, each a multiple of its alignment; empty: one.
  std::vector<Bank> memories;
  int64_t arena_bytes = 0, arena_align = 4, arena_bound_bytes = 0;
  int64_t macs = 0;  // of the model as it was written: see macs_of()
};

/// Of a place in the arena: which memory it lies in, and how far behind its start.
struct PlaceInMemory {
  size_t memory = 0;
  int64_t offset = 0;
};
inline PlaceInMemory place_in_memory(const Program& program, int64_t offset) {
  PlaceInMemory place{0, offset};
  while (place.memory + 1 < program.memories.size() &&
         place.offset >= program.memories[place.memory].bytes)
    place.offset -= program.memories[place.memory++].bytes;
  return place;
}
inline int64_t bytes_of_memory(const Program& program, size_t memory) {
  return program.memories.empty() ? program.arena_bytes : program.memories[memory].bytes;
}

/// Has a kernel of it a loop whose extent is computed?
inline bool ends_early(const Program& program) {
  return std::any_of(program.kernels.begin(), program.kernels.end(),
                     [](const Kernel& k) { return ends_early(k.body); });
}

}  // namespace tinycc
