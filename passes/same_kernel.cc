// Equality of kernels; see same_kernel.h.
#include "passes/same_kernel.h"

#include <map>
#include <unordered_map>

#include "ir/build.h"

namespace tinycc {
namespace {

class Canonical {
 public:
  Canonical(const Kernel& kernel, Pool& pool) : pool_(pool) {
    for (const BufferRef& b : kernel.parameters) buffers_[b->id] = renumbered(*b);
    for (Expr s : kernel.scalars) ranges_[s] = s;
  }

  StmtRef stmt(const StmtRef& s) {
    Stmt copy = *s;
    if (s->kind == StmtKind::alloc) buffers_[s->buffer->id] = renumbered(*s->buffer);
    if (s->range) copy.range = range(s->range);
    if (s->buffer) copy.buffer = buffers_.at(s->buffer->id);
    if (s->value) copy.value = expr(s->value);
    for (Expr& i : copy.index) i = expr(i);
    for (StmtRef& part : copy.body) part = stmt(part);
    return std::make_shared<const Stmt>(std::move(copy));
  }

  BufferRef buffer(int64_t id) const { return buffers_.at(id); }

 private:
  /// Negative numbers: no range or buffer of the pool has them.
  BufferRef renumbered(const Buffer& b) const {
    Buffer copy = b;
    copy.id = -1 - static_cast<int64_t>(buffers_.size());
    copy.name = copy.alias = "";
    return std::make_shared<const Buffer>(std::move(copy));
  }

  Expr range(Expr r) {
    if (const auto known = ranges_.find(r); known != ranges_.end()) return known->second;
    std::vector<Expr> extent;
    for (Expr s : r->sources) extent.push_back(expr(s));
    const int64_t number = -1 - static_cast<int64_t>(ranges_.size());
    return ranges_[r] =
               pool_.make(Op::range, DType::i64, {}, extent, {{number, extent_of(r)}, "r"});
  }

  Expr expr(Expr e) {
    std::vector<std::pair<Expr, Expr>> renewed;
    for (Expr n : topological({e})) {
      if (n->is(Op::range)) renewed.emplace_back(n, range(n));
    }
    return rewrite_expr(substitute(e, renewed), [&](Expr n) -> Expr {
      if (!n->is(Op::load)) return n;
      return pool_.make(Op::load, n->dtype, {}, n->sources,
                        {{buffers_.at(n->attr.ints[0])->id}, ""});
    });
  }

  Pool& pool_;
  std::map<int64_t, BufferRef> buffers_;
  std::unordered_map<Expr, Expr> ranges_;
};

/// Inputs and outputs have types of their own in C, so a kernel that touches one is never shared.
bool same_form(const Buffer& a, const Buffer& b) {
  const bool shareable =
      a.space != Space::input && a.space != Space::output && a.space != Space::state;
  return a.id == b.id && shareable && a.space == b.space && a.dtype == b.dtype &&
         a.shape == b.shape && a.layout == b.layout && a.halo_value == b.halo_value &&
         a.image_axes == b.image_axes;
}

bool same_stmt(const Stmt& a, const Stmt& b) {
  const bool fields = a.kind == b.kind && a.range == b.range && a.loop == b.loop &&
                      a.index == b.index && a.value == b.value && a.outstanding == b.outstanding &&
                      a.body.size() == b.body.size() &&
                      (a.buffer == nullptr) == (b.buffer == nullptr) &&
                      (a.buffer == nullptr || a.buffer->id == b.buffer->id);
  if (!fields) return false;
  if (a.kind == StmtKind::alloc && !same_form(*a.buffer, *b.buffer)) return false;
  for (size_t i = 0; i < a.body.size(); ++i) {
    if (!same_stmt(*a.body[i], *b.body[i])) return false;
  }
  return true;
}

}  // namespace

Kernel canonical(const Kernel& kernel, Pool& pool) {
  Canonical rename(kernel, pool);
  Kernel copy = kernel;
  copy.body = rename.stmt(kernel.body);
  for (BufferRef& b : copy.parameters) b = rename.buffer(b->id);
  return copy;
}

bool same_kernel(const Kernel& a, const Kernel& b) {
  if (a.scalars != b.scalars || a.schedule != b.schedule || a.parts != b.parts ||
      a.parameters.size() != b.parameters.size())
    return false;
  for (size_t i = 0; i < a.parameters.size(); ++i) {
    if (!same_form(*a.parameters[i], *b.parameters[i])) return false;
  }
  return same_stmt(*a.body, *b.body);
}

}  // namespace tinycc
