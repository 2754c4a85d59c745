// Images; see images.h.
#include "passes/images.h"

#include <algorithm>
#include <set>

#include "ir/build.h"
#include "ir/image.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kMostHeld = 16;  // texels in registers

using Buffers = std::map<int64_t, Buffer>;  // by id

bool is_kind(const Buffer& b, Space space) {
  return b.space == space && (b.dtype == DType::f32 || b.dtype == DType::f16);
}

const Buffer* find(const Buffers& buffers, int64_t id) {
  const auto found = buffers.find(id);
  return found == buffers.end() ? nullptr : &found->second;
}

/// Calls visit(store, lane) for each store; lane: of the vector loop that it is all of, or empty.
void for_stores(const StmtRef& s, const std::function<void(const Stmt&, Expr)>& visit,
                Expr lane = {}) {
  if (s->kind == StmtKind::store) visit(*s, lane);
  if (s->kind == StmtKind::loop) lane = s->loop == LoopKind::vector ? s->range : Expr();
  for (const StmtRef& part : s->body) for_stores(part, visit, lane);
}

/// Takes those out that a kernel reaches otherwise than by texels, or both reads and writes.
void drop_others(const StmtRef& body, Buffers& images) {
  std::set<int64_t> read, written, others;
  const auto note = [&](int64_t id, const std::vector<Expr>& index, Expr lane) {
    const Buffer* b = find(images, id);
    if (b != nullptr && !(lane && is_texel(*b, index, lane))) others.insert(id);
  };
  for_stores(body, [&](const Stmt& s, Expr lane) {
    written.insert(s.buffer->id);
    note(s.buffer->id, s.index, lane);
    std::vector<Expr> roots = s.index;
    roots.push_back(s.value);
    for (Expr n : topological(roots)) {
      if (!n->is(Op::load)) continue;
      read.insert(n->attr.ints[0]);
      note(n->attr.ints[0], n->sources, lane);
    }
  });
  std::erase_if(images, [&](const auto& image) {
    return others.contains(image.first) ||
           (read.contains(image.first) && written.contains(image.first));
  });
}

// ---- whole texels

bool is_fixed(const Stmt& s) {
  return s.kind == StmtKind::loop && s.range->sources.empty() &&
         (s.loop == LoopKind::serial || s.loop == LoopKind::unroll);
}

/// A loop that stores constants, as one that stores texels of them.
StmtRef filled_by_texels(const StmtRef& s, const Buffers& images) {
  if (!is_fixed(*s) || extent_of(s->range) % kTexel != 0) return s;
  const bool several = s->body[0]->kind == StmtKind::seq;
  const std::vector<StmtRef> stores = several ? s->body[0]->body : s->body;
  const Expr lane = range(*s->range->pool, kTexel, "l"),
             outer = range(*s->range->pool, extent_of(s->range) / kTexel, s->range->attr.name);
  const bool one = extent_of(s->range) == kTexel;
  const Expr at = one ? lane : outer * static_cast<double>(kTexel) + lane;
  std::vector<StmtRef> all;
  for (const StmtRef& part : stores) {
    const Buffer* b = part->kind == StmtKind::store ? find(images, part->buffer->id) : nullptr;
    if (b == nullptr || !part->value->is(Op::constant)) return s;
    const StmtRef now =
        map_exprs(substitute(part, {{s->range, at}}), [](Expr e) { return simplify(e); });
    if (!is_texel(*b, now->index, lane)) return s;
    all.push_back(loop(lane, now, LoopKind::vector));
  }
  return one ? seq(std::move(all)) : loop(outer, seq(std::move(all)));
}

/// What a loop over the elements of texels reads of images, held in registers before it.
class Holder {
 public:
  Holder(const StmtRef& quad, const Buffers& images, int& count)
      : quad_(quad), images_(images), count_(count) {
    walk(quad->body[0], [&](const Stmt& s) {
      if (s.kind == StmtKind::loop) inner_.push_back(&s);
    });
  }

  StmtRef build() {
    walk(quad_->body[0], [&](const Stmt& s) {
      if (s.kind != StmtKind::store) return;
      for (Expr n : certain_nodes({s.value})) hold(n);
    });
    if (reads_.empty()) return quad_;
    all_.push_back(loop(quad_->range, substitute(quad_->body[0], reads_), LoopKind::unroll));
    return seq(std::move(all_));
  }

 private:
  /// Elements of f16 are held as f32.
  void hold(Expr e) {
    const Expr l = e->is(Op::cast) && e->dtype == DType::f32 ? e[0] : e;
    const Buffer* b = l->is(Op::load) ? find(images_, l->attr.ints[0]) : nullptr;
    const bool known =
        std::any_of(reads_.begin(), reads_.end(), [&](const auto& r) { return r.first == e; });
    if (b == nullptr || known || e->dtype != DType::f32 || !is_texel(*b, l->sources, quad_->range))
      return;
    const std::vector<Expr> parts = topological({e});
    std::vector<Expr> rows;
    Buffer t;
    for (const Stmt* s : inner_) {
      if (std::find(parts.begin(), parts.end(), s->range) == parts.end()) continue;
      if (!is_fixed(*s)) return;
      rows.push_back(s->range);
      t.shape.push_back(extent_of(s->range));
    }
    if (std::any_of(parts.begin(), parts.end(), [&](Expr n) { return n->is(Op::load) && n != l; }))
      return;
    t.shape.push_back(kTexel);
    t.layout = Layout::row_major(t.shape.size());
    if (t.elements() > kTexel * kMostHeld) return;
    t.id = e->pool->fresh_id();
    t.name = ++count_ == 1 ? "texel" : "texel_" + std::to_string(count_);
    t.space = Space::reg;
    add(e, std::make_shared<const Buffer>(std::move(t)), rows);
  }

  void add(Expr e, const BufferRef& t, std::vector<Expr> rows) {
    const Expr lane = range(*e->pool, kTexel, "l");
    rows.push_back(lane);
    StmtRef copy =
        loop(lane, store(t, rows, substitute(e, {{quad_->range, lane}})), LoopKind::vector);
    rows.pop_back();
    for (size_t i = rows.size(); i-- > 0;) copy = loop(rows[i], copy, LoopKind::unroll);
    all_.insert(all_.end(), {alloc(t), copy});
    rows.push_back(quad_->range);
    reads_.emplace_back(e, load(*e->pool, *t, rows));
  }

  const StmtRef& quad_;
  const Buffers& images_;
  int& count_;
  std::vector<const Stmt*> inner_;
  std::vector<StmtRef> all_;
  std::vector<std::pair<Expr, Expr>> reads_;
};

StmtRef by_texels(const StmtRef& body, const Buffers& images) {
  int held = 0;
  return rewrite_stmt(body, [&](const StmtRef& s) {
    const StmtRef now = filled_by_texels(s, images);
    const bool quad = now == s && is_fixed(*s) && extent_of(s->range) == kTexel;
    return quad ? Holder(s, images, held).build() : now;
  });
}

/// The kernel on images in the place of buffers.
void put_into(Kernel& k, const Buffers& images) {
  std::map<int64_t, BufferRef> refs;
  for (BufferRef& p : k.parameters) {
    const Buffer* b = find(images, p->id);
    if (b != nullptr) refs[p->id] = p = std::make_shared<const Buffer>(*b);
  }
  if (refs.empty()) return;
  k.body = rewrite_stmt(by_texels(k.body, images), [&](const StmtRef& s) {
    const bool moved = s->kind == StmtKind::store && refs.contains(s->buffer->id);
    return moved ? store(refs.at(s->buffer->id), s->index, s->value) : s;
  });
}

}  // namespace

void use_images(Draft& draft, std::vector<Unit>& units) {
  Buffers images;
  for (const auto& [id, b] : draft.buffers) {
    if (!is_kind(b, Space::arena)) continue;
    Buffer image = b;
    image.image_axes = image_axes_of(b, draft.target.image_side, draft.target.image_pitch);
    if (image.is_image()) images.emplace(id, image);
  }
  for (const Unit& u : units) drop_others(by_texels(u.kernel.body, images), images);
  for (Unit& u : units) put_into(u.kernel, images);
  for (const auto& [id, b] : images) draft.buffers.at(id) = b;
}

void make_images(std::vector<Buffer>& packed, const StmtRef& body, const Target& target) {
  Buffers images;
  for (const Buffer& b : packed) {
    if (!is_kind(b, Space::weight) || b.layout.axes.empty()) continue;
    Buffer image = b;
    const int64_t extent = b.layout.extents(b.shape).back();
    image.layout.axes.back().pad += (kTexel - extent % kTexel) % kTexel;
    image.image_axes = image_axes_of(image, target.image_side, target.image_pitch);
    if (image.is_image()) images.emplace(b.id, image);
  }
  drop_others(body, images);
  for (Buffer& b : packed) {
    if (const Buffer* image = find(images, b.id)) b = *image;
  }
}

}  // namespace tinycc
