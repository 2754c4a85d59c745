// What calls reach of a buffer: which rows, which bytes. In: a kernel and values of its scalars, or
// calls in the order in which they run. Out: intervals, exact but for dimensions that depend on each
// other. What plans and proofs about memory stand on.
#pragma once

#include <optional>

#include "ir/affine.h"
#include "ir/program.h"

namespace tinycc {

/// Bits from the start of the buffer to an element.
Affine address_of(const Buffer& buffer, const std::vector<Expr>& index);

/// `known`, and how far ranges among `roots` go whose extents these facts decide. Nothing: some of
/// them have no turn, so what stands there is never computed.
std::optional<Known> with_turns(const std::vector<Expr>& roots, Known known);

/// All that a kernel does with one of its parameters.
class Reach {
 public:
  Reach(const Kernel& kernel, const Buffer& buffer);
  /// Indices of dimension `dim` that reads, or writes, can have; low > high: there are none.
  Interval rows(size_t dim, bool writes, const Known& scalars) const;
  /// First byte, and the one behind the last.
  Interval bytes(bool writes, const Known& scalars) const;

 private:
  struct Access {
    bool writes;
    std::vector<Expr> index;
    Affine start;
  };
  Buffer buffer_;
  std::vector<Access> all_;
};

/// The parameter that a call passes the buffer as; null: none.
const Buffer* parameter_of(const Kernel& kernel, const Step& call, int64_t buffer);

/// A call with the values of its scalars.
struct Called {
  const Step* step;
  Known scalars;
};
/// Those that a step makes, in their order; its scalars may depend on counters within it alone.
std::vector<Called> calls_in(const Program& program, const Step& step);

/// The dimension that a buffer keeps the last rows of alone, and how many; -1: it keeps all.
std::pair<int64_t, int64_t> ring_of(const Buffer& buffer);

/// How far behind its input a kernel may write. What it writes may lie over what it reads for the
/// last time where no element is overwritten before its last read:
///
///   for y { for x { out[y, x] = f(in[y-1 … y+1, x-1 … x+1]) } }   in may start two rows behind out
///
/// Bytes by which `read` has to start behind `written`, at least; negative: it may start before it.
/// Nothing: they have to lie apart, or none can be proven.
std::optional<int64_t> lag_of(const Kernel& kernel, const Buffer& read, const Buffer& written);
/// The same of calls, each as a whole; the buffers are the program's.
std::optional<int64_t> lag_of(const Program& program, const std::vector<Called>& calls,
                              int64_t read, int64_t written);

}  // namespace tinycc
