// The verifier of kernels; see verify.h.
#include <algorithm>
#include <unordered_set>

#include "ir/build.h"
#include "ir/free.h"
#include "ir/print.h"
#include "ir/simplify.h"
#include "ir/threads.h"
#include "ir/verify.h"

namespace tinycc {
namespace {

bool depends_on(FreeIds& free, Expr e, Expr range) { return contains(free.of(e), id_of(range)); }

/// A load or store of one buffer.
struct Use {
  int64_t buffer;
  std::vector<Expr> index;
  bool is_store;
};

class KernelVerifier {
 public:
  KernelVerifier(const Kernel& kernel, std::string_view after) : kernel_(kernel), after_(after) {}

  void run() {
    for (const BufferRef& b : kernel_.parameters) declare(b);
    for (const int64_t id : kernel_.outputs) {
      check(buffers_.contains(id), "an output is no parameter");
      writable_.insert(id);
    }
    for (Expr s : kernel_.scalars) bound_.push_back(id_of(s));
    std::sort(bound_.begin(), bound_.end());
    check(kernel_.body != nullptr, "no body");
    statement(kernel_.body);
    where_ = "";
    check(kernel_.parts >= 1, "no part");
    const std::string meet = has_threads(kernel_.body) ? thread_conflict(kernel_.body) : "";
    check(meet.empty(), meet);
  }

 private:
  void check(bool holds, const std::string& what) const {
    if (holds) return;
    const std::string pass = after_.empty() ? "" : "after " + std::string(after_) + ": ";
    bug(pass + "kernel " + kernel_.name + where_ + ": " + what, __FILE__, __LINE__);
  }
  /// Texts of expressions are long: made only for what is wrong.
  void check(bool holds, Expr e, const char* what, std::string_view more = "") const {
    if (!holds) check(false, to_text(e) + what + std::string(more));
  }
  void declare(const BufferRef& b);
  void statement(const StmtRef& s);
  void loop_statement(const Stmt& s);
  void store(const Stmt& s);
  void value(Expr e, DType wanted);
  void node(Expr e);
  void certain_loads(Expr e, std::unordered_set<Expr>& seen);
  void inside(const Buffer& b, const std::vector<Expr>& index);
  void separate(const Stmt& s);

  const Kernel& kernel_;
  std::string_view after_;
  std::string where_;  // which statement
  std::map<int64_t, BufferRef> buffers_;
  std::unordered_set<int64_t> writable_;
  Ids bound_;
  FreeIds free_;
  std::unordered_set<Expr> typed_;
};

void KernelVerifier::declare(const BufferRef& b) {
  check(!buffers_.contains(b->id), b->name + " is declared twice");
  for (const auto& [id, other] : buffers_)
    check(other->name != b->name, "two buffers called " + b->name);
  for (const Axis& a : b->layout.axes) {
    const bool known = a.dim >= 0 && a.dim < static_cast<int64_t>(b->shape.size());
    check(known && a.div >= 1 && a.mod >= 0, b->name + " has an axis that makes no sense");
  }
  buffers_[b->id] = b;
}

void KernelVerifier::statement(const StmtRef& s) {
  switch (s->kind) {
    case StmtKind::seq: {
      const auto outside = buffers_;
      for (const StmtRef& part : s->body) statement(part);
      buffers_ = outside;
      return;
    }
    case StmtKind::loop: return loop_statement(*s);
    case StmtKind::alloc:
      check(s->buffer->space == Space::local || s->buffer->space == Space::reg ||
                s->buffer->space == Space::shared,
            s->buffer->name + " is allocated, but not local");
      declare(s->buffer);
      writable_.insert(s->buffer->id);
      return;
    case StmtKind::store: return store(*s);
    case StmtKind::barrier: return;
  }
}

void KernelVerifier::loop_statement(const Stmt& s) {
  const int64_t id = id_of(s.range);
  where_ = ", loop over " + s.range->attr.name;
  check(!contains(bound_, id), "its range is bound already");
  check(extent_of(s.range) >= 0, "its extent is negative");
  for (Expr extent : s.range->sources) value(extent, DType::i64);
  // Loops that threads share are proven as a whole, by thread_conflict(). What a warp sums up is a sum.
  if (s.loop == LoopKind::vector) separate(s);
  const Ids outside = bound_;
  const auto buffers = buffers_;
  bound_.insert(std::lower_bound(bound_.begin(), bound_.end(), id), id);
  statement(s.body[0]);
  bound_ = outside;
  buffers_ = buffers;
}

void KernelVerifier::store(const Stmt& s) {
  where_ = ", store to " + s.buffer->name;
  const auto found = buffers_.find(s.buffer->id);
  check(found != buffers_.end(), "no such buffer here");
  const Buffer &known = *found->second, &used = *s.buffer;
  check(known.dtype == used.dtype && known.shape == used.shape && known.layout == used.layout &&
            known.image_axes == used.image_axes,
        "the buffer is declared otherwise");
  check(writable_.contains(s.buffer->id), "the buffer is no output");
  check(s.index.size() == s.buffer->shape.size(), "a wrong number of indices");
  for (Expr i : s.index) value(i, DType::i64);
  value(s.value, s.buffer->dtype);
  inside(*s.buffer, s.index);
}

/// A scalar of the type, in which everything is bound and of the type that its builder gives.
void KernelVerifier::value(Expr e, DType wanted) {
  check(e->dtype == wanted && e->shape.empty(), e, " is no ", name_of(wanted));
  check(within(free_.of(e), bound_), e, " reads a range that no loop binds");
  for (Expr n : topological({e})) node(n);
  std::unordered_set<Expr> seen;
  certain_loads(e, seen);
}

void KernelVerifier::node(Expr e) {
  if (e->is(Op::load)) {
    const auto b = buffers_.find(e->attr.ints.at(0));
    check(b != buffers_.end(), e, " is of no buffer here");
    check(b->second->dtype == e->dtype && b->second->shape.size() == e->sources.size(), e,
          " does not fit its buffer");
    for (Expr i : e->sources) check(i->dtype == DType::i64, e, " has an index that is no i64");
    return;
  }
  if (!typed_.insert(e).second) return;
  check(e->shape.empty(), e, " is no scalar");
  if (e->is(Op::constant) || e->is(Op::range)) return;
  check(is_elementwise(e->op) || is_reduce(e->op), e, " has no place in a kernel");
  try {
    check(type_by_builder(e).first == e->dtype, e, " has a wrong type");
  } catch (const Error& error) {
    check(false, e, ": ", error.what());
  }
}

/// Checks the indices of loads that are made whatever conditions say.
void KernelVerifier::certain_loads(Expr e, std::unordered_set<Expr>& seen) {
  if (!seen.insert(e).second) return;
  if (e->is(Op::load)) inside(*buffers_.at(e->attr.ints[0]), e->sources);
  if (e->is(Op::where)) return certain_loads(e[0], seen);
  for (Expr s : e->sources) certain_loads(s, seen);
}

/// An index that is a sum of multiples of loops' ranges takes both ends of its interval, so one beyond the
/// buffer is surely wrong; other indices are left to the interpreter.
void KernelVerifier::inside(const Buffer& b, const std::vector<Expr>& index) {
  for (size_t d = 0; d < index.size(); ++d) {
    const Affine sum = affine(index[d]);
    const std::vector<Expr>& given = kernel_.scalars;  // of some values only
    const bool exact = std::all_of(sum.terms.begin(), sum.terms.end(), [&](const auto& term) {
      return term.first->is(Op::range) && term.first->sources.empty() &&
             extent_of(term.first) > 0 &&
             std::find(given.begin(), given.end(), term.first) == given.end();
    });
    if (!exact) continue;
    int64_t low = sum.constant, high = sum.constant;
    for (const auto& [range, factor] : sum.terms) {
      (factor < 0 ? low : high) += factor * (extent_of(range) - 1);
    }
    const auto [first, end] = b.layout.reach(static_cast<int64_t>(d), b.shape[d]);
    if (low >= first && high < end) continue;
    check(false, "index " + to_text(index[d]) + " of " + b.name + " runs from " +
                     std::to_string(low) + " to " + std::to_string(high) + ", beyond [" +
                     std::to_string(first) + ", " + std::to_string(end) + ")");
  }
}

namespace {

/// Do two places of one dimension differ, whichever iterations they belong to?
bool is_elsewhere(Expr a, Expr b, Expr loop) {
  const Expr another = range(*loop->pool, extent_of(loop), loop->attr.name);
  Bounds bounds;
  const Interval between = bounds.of(simplify(a - substitute(b, {{loop, another}})));
  return between.low > 0 || between.high < 0;
}

}  // namespace

/// In a loop whose iterations run at once: whatever is stored belongs to the iteration, that is, an
/// index names it, and every load or store of that buffer uses the same index or lies elsewhere.
void KernelVerifier::separate(const Stmt& s) {
  std::unordered_set<int64_t> own;
  std::vector<Use> uses;
  walk(s.body[0], [&](const Stmt& part) {
    if (part.kind == StmtKind::alloc) own.insert(part.buffer->id);
    if (part.kind != StmtKind::store) return;
    uses.push_back({part.buffer->id, part.index, true});
    std::vector<Expr> roots = part.index;
    roots.push_back(part.value);
    for (Expr e : topological(roots)) {
      if (e->is(Op::load)) uses.push_back({e->attr.ints[0], e->sources, false});
    }
  });
  for (const Use& store : uses) {
    if (!store.is_store || own.contains(store.buffer)) continue;
    for (const Use& other : uses) {
      if (other.buffer != store.buffer) continue;
      bool apart = false;
      for (size_t d = 0; d < store.index.size() && d < other.index.size(); ++d) {
        apart |= store.index[d] == other.index[d]
                     ? depends_on(free_, store.index[d], s.range)
                     : is_elsewhere(store.index[d], other.index[d], s.range);
      }
      check(apart, "iterations share an element of buffer " + buffers_.at(store.buffer)->name);
    }
  }
}

}  // namespace

void verify(const Kernel& kernel, std::string_view after) { KernelVerifier(kernel, after).run(); }

}  // namespace tinycc
