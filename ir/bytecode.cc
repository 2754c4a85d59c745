// Expressions and statements to bytecode; see bytecode.h.
#include "ir/bytecode.h"

#include <unordered_map>

#include "ir/build.h"
#include "ir/free.h"
#include "ir/view.h"

namespace tinycc {
namespace {

/// Where code can stand: the kernel's start, the turns of a loop or of a reduction, a statement.
struct Scope {
  Scope* parent = nullptr;
  Code* code = nullptr;
  int64_t range = -1;      // id that it binds, or -1
  bool statement = false;  // loads stay inside: memory changes from statement to statement
  bool branch = false;     // of a `where`: code that may not run
  std::unordered_map<Expr, uint32_t> cells;
};

class Compiler {
 public:
  explicit Compiler(const Kernel& kernel) : kernel_(kernel) {}

  Bytecode compile() {
    for (const BufferRef& b : kernel_.parameters) declare(b);
    Scope start;
    start.code = out_.start = new_code();
    for (Expr s : kernel_.scalars) {
      out_.scalars.push_back(new_cell());
      bound_[id_of(s)] = out_.scalars.back();
    }
    out_.body = statement(kernel_.body, start);
    return std::move(out_);
  }

 private:
  uint32_t new_cell() {
    out_.cells.push_back({.whole = 0});
    return static_cast<uint32_t>(out_.cells.size() - 1);
  }
  Code* new_code() { return &out_.codes.emplace_back(); }
  void declare(const BufferRef& b) {
    slots_[b->id] = out_.buffers.size();
    out_.buffers.push_back(b);
  }
  size_t slot_of(int64_t id, const std::string& name) const {
    const auto found = slots_.find(id);
    TCC_CHECK(found != slots_.end(), kernel_.name + ": no buffer " + name);
    return found->second;
  }

  bool reads_memory(Expr e);
  Scope& scope_for(Expr e, Scope& from);
  uint32_t value(Expr e, Scope& from);
  uint32_t constant_cell(Expr e);
  uint32_t emit(Expr e, Scope& scope);
  uint32_t fold(Expr e, Scope& scope);
  void choose(Expr e, Instruction& made, Scope& scope);
  Turn turn(Expr range, Scope& outer, Scope& inner);
  size_t access(size_t slot, const Expr* index, Scope& scope);
  Action statement(const StmtRef& s, Scope& outer);

  const Kernel& kernel_;
  Bytecode out_;
  std::map<int64_t, size_t> slots_;
  std::unordered_map<int64_t, uint32_t> bound_;  // range id → its cell
  FreeIds free_;
  std::unordered_map<Expr, bool> reads_memory_;
};

bool Compiler::reads_memory(Expr e) {
  if (const auto found = reads_memory_.find(e); found != reads_memory_.end()) return found->second;
  bool reads = e->is(Op::load);
  for (Expr s : e->sources) reads = reads_memory(s) || reads;
  return reads_memory_[e] = reads;
}

/// The outermost scope in which `e` can be computed.
Scope& Compiler::scope_for(Expr e, Scope& from) {
  Scope* scope = &from;
  while (scope->parent != nullptr) {
    if (scope->statement ? reads_memory(e) : contains(free_.of(e), scope->range)) break;
    scope = scope->parent;
  }
  return *scope;
}

uint32_t Compiler::value(Expr e, Scope& from) {
  TCC_CHECK(e->shape.empty(), kernel_.name + ": a tensor where a scalar should be");
  if (e->is(Op::constant)) return constant_cell(e);
  if (e->is(Op::range)) {
    const auto found = bound_.find(id_of(e));
    TCC_CHECK(found != bound_.end(), kernel_.name + ": no loop over " + e->attr.name);
    return found->second;
  }
  Scope& scope = scope_for(e, from);
  for (Scope* at = &scope;; at = &scope_for(e, *at->parent)) {
    if (const auto found = at->cells.find(e); found != at->cells.end()) return found->second;
    if (!at->branch) break;  // around a branch the value may be there already
  }
  const uint32_t cell = is_reduce(e->op) ? fold(e, scope) : emit(e, scope);
  return scope.cells[e] = cell;
}

uint32_t Compiler::constant_cell(Expr e) {
  const uint32_t cell = new_cell();
  if (is_float(e->dtype)) {
    out_.cells[cell].real = number_of(e);
  } else {
    out_.cells[cell].whole = integer_of(e);
  }
  return cell;
}

uint32_t Compiler::emit(Expr e, Scope& scope) {
  using Kind = Instruction::Kind;
  Instruction made{Kind::any, e->op, e->dtype, e->dtype, 0, {}};
  if (e->is(Op::load)) {
    made.kind = Kind::load;
    const size_t slot = slot_of(e->attr.ints[0], e->attr.name);
    TCC_CHECK(e->sources.size() == out_.buffers[slot]->shape.size() &&
                  e->dtype == out_.buffers[slot]->dtype,
              kernel_.name + ": a load that does not fit " + e->attr.name);
    made.args[0] = static_cast<uint32_t>(access(slot, e->sources.data(), scope));
  } else {
    TCC_CHECK(is_elementwise(e->op),
              kernel_.name + ": no scalar op: " + std::string(name_of(e->op)));
    made.from = e->sources.back()->dtype;
    const bool lazy = e->is(Op::where) && (reads_memory(e[1]) || reads_memory(e[2]));
    if (lazy) {
      choose(e, made, scope);
    } else {
      for (size_t i = 0; i < e->sources.size(); ++i) made.args[i] = value(e[i], scope);
    }
    const bool plain = class_of(e->op) == OpClass::unary || class_of(e->op) == OpClass::binary;
    if (e->is(Op::where) && !lazy) made.kind = Kind::where;
    if (plain && made.from == DType::i64) made.kind = Kind::word;
    if (plain && made.from == DType::f32 && made.to == DType::f32) made.kind = Kind::single;
  }
  made.out = new_cell();
  scope.code->push_back(made);
  return made.out;
}

/// Code for each branch, to be run when it is taken: loads in the other one may lie outside.
void Compiler::choose(Expr e, Instruction& made, Scope& scope) {
  Choice choice{};
  made.args[0] = value(e[0], scope);
  for (size_t k = 0; k < 2; ++k) {
    Scope branch;
    branch.parent = &scope;
    branch.code = choice.code[k] = new_code();
    branch.statement = branch.branch = true;
    choice.value[k] = value(e[k + 1], branch);
  }
  made.kind = Instruction::Kind::choose;
  made.args[1] = static_cast<uint32_t>(out_.choices.size());
  out_.choices.push_back(choice);
}

Turn Compiler::turn(Expr range, Scope& outer, Scope& inner) {
  Turn t{new_cell(), 0, new_code()};
  if (range->sources.empty()) {
    t.extent = new_cell();
    out_.cells[t.extent].whole = extent_of(range);
  } else {
    t.extent = value(range[0], outer);
  }
  bound_[id_of(range)] = t.cell;
  inner.parent = &outer;
  inner.code = t.code;
  inner.range = id_of(range);
  return t;
}

uint32_t Compiler::fold(Expr e, Scope& scope) {
  Fold made{e->op, e->dtype, {}, 0};
  const auto outside = bound_;  // the same range may be bound outside, too
  std::deque<Scope> inner;
  Scope* outer = &scope;
  for (size_t i = 1; i < e->sources.size(); ++i) {
    made.turns.push_back(turn(e[i], *outer, inner.emplace_back()));
    outer = &inner.back();
  }
  made.body = value(e[0], *outer);
  bound_ = outside;
  Instruction run{Instruction::Kind::fold, e->op, e->dtype, e->dtype, new_cell(), {}};
  run.args[0] = static_cast<uint32_t>(out_.folds.size());
  out_.folds.push_back(std::move(made));
  scope.code->push_back(run);
  return run.out;
}

size_t Compiler::access(size_t slot, const Expr* index, Scope& scope) {
  const Buffer& b = *out_.buffers[slot];
  Access made{slot, b.dtype, bytes_of(b.dtype), 0, {}, {}};
  for (size_t d = 0; d < b.shape.size(); ++d) {
    const auto [low, high] = b.layout.reach(static_cast<int64_t>(d), b.shape[d]);
    made.indices.push_back({value(index[d], scope), low, high, 0});
  }
  const std::vector<int64_t> strides = dense_strides(b.layout.extents(b.shape));
  for (size_t a = 0; a < strides.size(); ++a) {
    const Axis& axis = b.layout.axes[a];
    const int64_t stride = strides[a] * bits_of(b.dtype);
    Access::Index& i = made.indices[static_cast<size_t>(axis.dim)];
    made.base += axis.lo * stride;
    if (axis.div == 1 && axis.mod == 0) {
      i.stride += stride;
    } else {
      made.terms.push_back({i.cell, axis.div, axis.mod, stride});
    }
  }
  out_.accesses.push_back(std::move(made));
  return out_.accesses.size() - 1;
}

Action Compiler::statement(const StmtRef& s, Scope& outer) {
  Action made;
  made.kind = s->kind;
  Scope own;
  own.parent = &outer;
  own.code = made.code = new_code();
  own.statement = true;
  Scope inner;
  switch (s->kind) {
    case StmtKind::seq:
      for (const StmtRef& part : s->body) made.body.push_back(statement(part, outer));
      break;
    case StmtKind::loop:
      made.turn = turn(s->range, own, inner);
      made.body.push_back(statement(s->body[0], inner));
      bound_.erase(id_of(s->range));
      break;
    case StmtKind::alloc:
      made.slot = out_.buffers.size();
      declare(s->buffer);
      break;
    case StmtKind::store:
      made.value = value(s->value, own);
      made.access = access(slot_of(s->buffer->id, s->buffer->name), s->index.data(), own);
      break;
    case StmtKind::barrier: break;
  }
  return made;
}

}  // namespace

Bytecode compile(const Kernel& kernel) { return Compiler(kernel).compile(); }

}  // namespace tinycc
