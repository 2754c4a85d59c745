// Work-groups; see groups.h.
#include "ir/groups.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

constexpr int64_t kWarp = 32;

Expr quotient(Expr e, int64_t by) { return e / constant_int(*e->pool, DType::i64, by); }
Expr remainder(Expr e, int64_t by) { return e % constant_int(*e->pool, DType::i64, by); }

using Operands = std::array<MatrixForm::Operand, 4>;
constexpr MatrixForm::Operand kHalf{DType::f16, 16, 2, true, false},
    kBrain{DType::bf16, 16, 2, true, false}, kByte{DType::i8, 32, 1, false, false},
    kByte16{DType::i8, 16, 1, false, false}, kDot{DType::i8, 4, 4, false, false},
    kFloat{DType::f32, 16, 8, true, false}, kRounded{DType::f32, 8, 4, false, true},
    kAppleHalf{DType::f16, 16, 16, true, false}, kAppleBrain{DType::bf16, 16, 16, true, false},
    kAppleFloat{DType::f32, 16, 16, true, false};

Expr mma_row(Expr l, Expr p) { return quotient(remainder(l, 32), 4) + quotient(p, 2) * 8.0; }
Expr mma_column(Expr l, Expr p) { return remainder(l, 4) * 2.0 + remainder(p, 2); }
Expr column_of_16(Expr l, Expr) { return remainder(l, 16); }

// mma.sync m16n8's C fragment (PTX ISA 9.7.14), which Turing's smaller matrices make up too; v_mfma_*_16x16
// (CDNA 3 ISA, 7); v_wmma_*_16x16x16 of RDNA 3 (every other row), of RDNA 4 (eight rows). simdgroup:
// matrices of 8×8, four rows for each half of a SIMD group, two columns an item; Apple's own library MLX
// relies on that.
constexpr MatrixForm kForms[] = {
    {"mma", 16, 8, 32, 4, Operands{{kHalf, kBrain, kByte, kRounded}}, mma_row, mma_column},
    {"mma75", 16, 8, 32, 4, Operands{{kHalf, kByte}}, mma_row, mma_column},
    {"mfma", 16, 16, 64, 4, Operands{{kHalf, kBrain, kByte, kFloat}},
     [](Expr l, Expr p) { return quotient(remainder(l, 64), 16) * 4.0 + p; }, column_of_16},
    {"wmma11", 16, 16, 32, 8, Operands{{kHalf, kBrain, kByte16}},
     [](Expr l, Expr p) { return p * 2.0 + quotient(remainder(l, 32), 16); }, column_of_16},
    {"wmma12", 16, 16, 32, 8, Operands{{kHalf, kBrain, kByte16}},
     [](Expr l, Expr p) { return quotient(remainder(l, 32), 16) * 8.0 + p; }, column_of_16},
    {"simdgroup", 16, 8, 32, 4, Operands{{kAppleHalf, kAppleBrain, kAppleFloat}},
     [](Expr l, Expr p) {
       return quotient(remainder(l, 32), 16) * 4.0 + quotient(remainder(l, 8), 2) +
              quotient(p, 2) * 8.0;
     },
     [](Expr l, Expr p) {
       return quotient(remainder(l, 16), 8) * 4.0 + remainder(l, 2) * 2.0 + remainder(p, 2);
     }},
    {"dot", 4, 4, 1, 16, Operands{{kDot}}, [](Expr, Expr p) { return quotient(p, 4); },
     [](Expr, Expr p) { return remainder(p, 4); }},
};

bool is_loop(const Stmt& s, LoopKind kind) { return s.kind == StmtKind::loop && s.loop == kind; }
bool is_loop(const StmtRef& s, LoopKind kind) { return is_loop(*s, kind); }

int64_t barriers_in(const StmtRef& s) {
  int64_t count = 0;
  walk(s, [&](const Stmt& part) { count += part.kind == StmtKind::barrier ? 1 : 0; });
  return count;
}

/// Every buffer that is allocated outside of all lanes, by id.
void allocated_outside(const StmtRef& s, std::map<int64_t, BufferRef>& found) {
  if (is_loop(s, LoopKind::lane)) return;
  if (s->kind == StmtKind::alloc) found[s->buffer->id] = s->buffer;
  for (const StmtRef& part : s->body) allocated_outside(part, found);
}

using Ids = std::set<int64_t>;

bool meet(const Ids& a, const Ids& b) {
  return std::ranges::any_of(a, [&](int64_t id) { return b.contains(id); });
}

/// What items have touched since they last met, of that which is not their own.
struct Touched {
  Ids read, written;
  bool conflicts(const Touched& next) const {
    return meet(written, next.read) || meet(written, next.written) || meet(read, next.written);
  }
  void add(const Touched& more) {
    read.insert(more.read.begin(), more.read.end());
    written.insert(more.written.begin(), more.written.end());
  }
};

class Barriers {
 public:
  explicit Barriers(const StmtRef& body) { allocated_outside(body, outside_); }

  /// The statement with barriers before what would meet. `since`: what was touched before, and after.
  StmtRef placed(const StmtRef& s, Touched& since) {
    if (s->kind == StmtKind::barrier) since = {};
    if (is_loop(s, LoopKind::lane)) return placed_before(s, since);
    if (is_loop(s, LoopKind::meet)) {  // (each item starts with what it has written itself)
      since.add(touched(s));
      return s;
    }
    if (s->kind == StmtKind::loop) return placed_in_loop(s, since);
    std::vector<StmtRef> all;
    for (const StmtRef& part : s->body) all.push_back(placed(part, since));
    return s->body.empty() ? s : with_body(s, std::move(all));
  }

 private:
  StmtRef placed_before(const StmtRef& nest, Touched& since) const {
    const Touched now = touched(nest);
    const bool conflict = since.conflicts(now);
    if (conflict) since = {};
    since.add(now);
    return conflict ? seq({barrier(), nest}) : nest;
  }

  /// The end of a turn meets the beginning of the next.
  StmtRef placed_in_loop(const StmtRef& s, Touched& since) {
    Touched first = since;
    const StmtRef once = placed(s->body[0], since);
    if (is_loop(s, LoopKind::group)) return with_body(s, {once});
    Touched again = since;
    const StmtRef twice = placed(once, again);
    first.add(since);
    since = first;
    if (barriers_in(twice) == barriers_in(once)) return with_body(s, {once});
    since = {};
    return with_body(s, {seq({once, barrier()})});
  }

  Touched touched(const StmtRef& nest) const {
    Touched t;
    visit_accesses(nest, [&](int64_t id, const std::vector<Expr>&, bool is_store) {
      const auto found = outside_.find(id);  // else a parameter, or of an item alone
      if (found != outside_.end() && found->second->space != Space::shared) return;
      (is_store ? t.written : t.read).insert(id);
    });
    return t;
  }

  std::map<int64_t, BufferRef> outside_;
};

class Proof {
 public:
  explicit Proof(const StmtRef& body) : body_(body) { allocated_outside(body, outside_); }

  std::string run() {
    check_parameters();
    walk_outside(body_);
    Touched since;
    if (why_.empty() && barriers_in(Barriers(body_).placed(body_, since)) != barriers_in(body_))
      refuse("items meet in shared memory without a barrier");
    return why_;
  }

 private:
  void refuse(const std::string& why) {
    if (why_.empty()) why_ = why;
  }

  /// What the kernel writes it reads only where each group keeps to a part of its own.
  void check_parameters() {
    Ids own;
    walk(body_, [&](const Stmt& s) {
      if (s.kind == StmtKind::alloc) own.insert(s.buffer->id);
    });
    struct Uses {
      bool read = false, written = false;
      std::vector<std::vector<Expr>> places;
    };
    std::map<int64_t, Uses> all;
    visit_accesses(body_, [&](int64_t id, const std::vector<Expr>& index, bool is_store) {
      if (own.contains(id)) return;
      Uses& uses = all[id];
      (is_store ? uses.written : uses.read) = true;
      uses.places.push_back(index);
    });
    for (const auto& [id, uses] : all) {
      if (uses.read && uses.written && !are_apart(uses.places))
        refuse("a group might read what another writes");
    }
  }

  /// Is each group's number an index by itself, the same one everywhere?
  bool are_apart(const std::vector<std::vector<Expr>>& places) const {
    return std::ranges::all_of(nest_of(body_, LoopKind::group).ranges, [&](Expr r) {
      if (extent_of(r) == 1) return true;
      for (size_t d = 0; d < places[0].size(); ++d) {
        if (std::ranges::all_of(places, [&](const auto& index) { return index[d] == r; }))
          return true;
      }
      return false;
    });
  }

  void walk_outside(const StmtRef& s) {
    if (is_loop(s, LoopKind::lane)) return check_lanes(nest_of(s, LoopKind::lane));
    if (is_loop(s, LoopKind::meet)) return check_meeting(*s);
    if (s->kind == StmtKind::store) refuse(s->buffer->name + " is stored to outside of the lanes");
    for (const StmtRef& part : s->body) walk_outside(part);
  }

  /// part[0] = part[0] op part[k + 1], where the nest before has written part[l].
  void check_meeting(const Stmt& s) {
    const Stmt& sum = *s.body[0];
    const bool sums = sum.kind == StmtKind::store && sum.buffer->space == Space::shared &&
                      sum.buffer->shape == std::vector<int64_t>{extent_of(s.range) + 1} &&
                      sum.value->sources.size() == 2;
    const auto loads = [&](Expr e, Expr index) {
      return e->is(Op::load) && e->attr.ints[0] == sum.buffer->id && e[0] == simplify(index);
    };
    const Expr zero = constant_int(*s.range->pool, DType::i64, 0);
    bool fits = sums && sum.index[0] == zero && loads(sum.value[0], zero) &&
                loads(sum.value[1], s.range + 1.0) && last_.ranges.size() == 1 &&
                extent_of(last_.ranges[0]) == extent_of(s.range) + 1;
    bool written = false;
    if (fits)
      visit_accesses(last_.body, [&](int64_t id, const std::vector<Expr>& index, bool is_store) {
        if (id == sum.buffer->id) written |= is_store, fits &= index[0] == last_.ranges[0];
      });
    if (!fits || !written) refuse("items meet that have not each written a part of their own");
  }

  void check_lanes(const LoopNest& nest) {
    last_ = nest;
    if (has_loop(nest.body, LoopKind::lane) || has_groups(nest.body))
      refuse("there are lanes within lanes");
    Ids inside;
    walk(nest.body, [&](const Stmt& s) {
      if (s.kind == StmtKind::alloc) inside.insert(s.buffer->id);
    });
    visit_accesses(nest.body, [&](int64_t id, const std::vector<Expr>& index, bool is_store) {
      const auto found = outside_.find(id);
      if (found != outside_.end() && found->second->space != Space::shared)
        check_own(*found->second, index, nest);
      else if (is_store && !inside.contains(id))
        check_apart(index, nest);
    });
  }

  /// An item's own part: the lanes are the leading indices, of the same extents everywhere.
  void check_own(const Buffer& b, const std::vector<Expr>& index, const LoopNest& nest) {
    bool fits = nest.ranges.size() <= index.size();
    for (size_t d = 0; fits && d < nest.ranges.size(); ++d)
      fits = index[d] == nest.ranges[d] && b.shape[d] == extent_of(nest.ranges[d]);
    if (!fits) refuse("an item reaches for another's part of " + b.name);
    int64_t& lanes = lanes_[b.id];
    const auto count = static_cast<int64_t>(nest.ranges.size());
    if (lanes != 0 && lanes != count) refuse(b.name + " belongs to different lanes");
    lanes = count;
  }

  /// Each lane shows in the place that is written: else two items write one element.
  void check_apart(const std::vector<Expr>& index, const LoopNest& nest) {
    const std::vector<Expr> reached = topological(index);
    for (Expr r : nest.ranges) {
      if (extent_of(r) > 1 && std::ranges::find(reached, r) == reached.end())
        refuse("the items of `" + r->attr.name + "` share what they write");
    }
  }

  const StmtRef& body_;
  std::map<int64_t, BufferRef> outside_;
  std::map<int64_t, int64_t> lanes_;  // by buffer: how many of its dimensions are lanes
  LoopNest last_;                     // of lanes
  std::string why_;
};

/// How many leading dimensions of each buffer that is an item's own are lanes.
std::map<int64_t, size_t> lane_dimensions(const StmtRef& body) {
  std::map<int64_t, BufferRef> outside;
  std::map<int64_t, size_t> found;
  const std::function<void(const StmtRef&)> look = [&](const StmtRef& s) {
    if (!is_loop(s, LoopKind::lane)) {
      for (const StmtRef& part : s->body) look(part);
      return;
    }
    const LoopNest nest = nest_of(s, LoopKind::lane);
    visit_accesses(nest.body, [&](int64_t id, const std::vector<Expr>&, bool) {
      const auto b = outside.find(id);
      if (b != outside.end() && b->second->space != Space::shared) found[id] = nest.ranges.size();
    });
  };
  allocated_outside(body, outside);
  look(body);
  return found;
}

/// See as_item().
class Item {
 public:
  Item(const StmtRef& body, Expr lane, const MatrixForm* form)
      : lane_(lane), form_(form), lanes_(lane_dimensions(body)) {
    walk(body, [&](const Stmt& s) {
      if (is_loop(s, LoopKind::matrix) && is_loop(s.body[0], LoopKind::matrix) &&
          is_loop(s.body[0]->body[0], LoopKind::matrix))
        fragments_.insert(s.body[0]->body[0]->body[0]->buffer->id);
    });
  }

  StmtRef of(const StmtRef& s) {
    if (is_loop(s, LoopKind::matrix)) return of_matrix(nest_of(s, LoopKind::matrix));
    if (s->kind == StmtKind::alloc) return alloc(of(s->buffer));
    if (s->kind == StmtKind::store) return of_store(*s, {});
    std::vector<StmtRef> body;
    for (const StmtRef& part : s->body) body.push_back(of(part));
    return s->body.empty() ? s : with_body(s, std::move(body));
  }

 private:
  /// Without the lanes; a fragment's last two dimensions are one of its parts.
  BufferRef of(const BufferRef& b) const {
    const auto found = lanes_.find(b->id);
    if (found == lanes_.end()) return b;
    Buffer own = *b;
    own.shape.erase(own.shape.begin(), own.shape.begin() + static_cast<ptrdiff_t>(found->second));
    if (fragments_.contains(b->id)) {
      own.shape.pop_back();
      own.shape.back() = form_->parts;
    }
    own.layout = Layout::row_major(own.shape.size());
    return std::make_shared<const Buffer>(std::move(own));
  }

  std::vector<Expr> index_of(int64_t buffer, const std::vector<Expr>& index, Expr part) const {
    const auto found = lanes_.find(buffer);
    if (found == lanes_.end()) return index;
    std::vector<Expr> own(index.begin() + static_cast<ptrdiff_t>(found->second), index.end());
    if (fragments_.contains(buffer)) {
      own.pop_back();
      own.back() = part;
    }
    return own;
  }

  StmtRef of_store(const Stmt& s, Expr part) const {
    const auto renewed = [&](Expr e) {
      return rewrite_expr(e, [&](Expr n) -> Expr {
        if (!n->is(Op::load) || !lanes_.contains(n->attr.ints[0])) return n;
        return n->pool->make(Op::load, n->dtype, {}, index_of(n->attr.ints[0], n->sources, part),
                             n->attr);
      });
    };
    std::vector<Expr> index = index_of(s.buffer->id, s.index, part);
    for (Expr& i : index) i = renewed(i);
    return store(of(s.buffer), index, renewed(s.value));
  }

  /// Sums of products stay loops; what is done for each element is done for the item's parts, in one
  /// loop.
  StmtRef of_matrix(const LoopNest& nest) {
    Pool& pool = *lane_->pool;
    if (nest.ranges.size() == 3) {
      const StmtRef product = of_store(*nest.body, constant_int(pool, DType::i64, 0));
      return loop(
          nest.ranges[0],
          loop(nest.ranges[1], loop(nest.ranges[2], product, LoopKind::matrix), LoopKind::matrix),
          LoopKind::matrix);
    }
    const Expr part = range(pool, form_->parts, "part");
    const StmtRef body = substitute(
        of_store(*nest.body, part),
        {{nest.ranges[0], form_->row(lane_, part)}, {nest.ranges[1], form_->column(lane_, part)}});
    return loop(part, map_exprs(body, [](Expr e) { return simplify(e); }), LoopKind::matrix);
  }

  Expr lane_;
  const MatrixForm* form_;
  const std::map<int64_t, size_t> lanes_;
  std::set<int64_t> fragments_;
};

}  // namespace

const MatrixForm* matrix_form(std::string_view name) {
  for (const MatrixForm& form : kForms) {
    if (form.name == name) return &form;
  }
  return nullptr;
}

const MatrixForm::Operand* MatrixForm::operand(DType dtype) const {
  for (const Operand& o : operands) {
    if (o.depth > 0 && o.dtype == dtype) return &o;
  }
  return nullptr;
}

bool has_groups(const StmtRef& s) { return has_loop(s, LoopKind::group); }

LoopNest nest_of(const StmtRef& loop, LoopKind kind) {
  LoopNest nest{{}, loop};
  while (is_loop(nest.body, kind)) {
    nest.ranges.push_back(nest.body->range);
    nest.body = nest.body->body[0];
  }
  return nest;
}

int64_t LoopNest::turns() const { return turns_of(ranges); }

int64_t items_of_group(const StmtRef& kernel_body, const MatrixForm* form) {
  int64_t most = 0, any = 1;
  const std::map<int64_t, size_t> own = lane_dimensions(kernel_body);
  const std::function<void(const StmtRef&)> look = [&](const StmtRef& s) {
    if (!is_loop(s, LoopKind::lane)) {
      for (const StmtRef& part : s->body) look(part);
      return;
    }
    const LoopNest nest = nest_of(s, LoopKind::lane);
    bool keeps = false;
    visit_accesses(nest.body,
                   [&](int64_t id, const std::vector<Expr>&, bool) { keeps |= own.contains(id); });
    const int64_t items = nest.turns() * (has_matrices(nest.body) ? form->items : 1);
    (keeps ? most : any) = std::max(keeps ? most : any, items);
  };
  look(kernel_body);
  const int64_t items = most > 0 ? most : std::min<int64_t>(any, 256);
  return (items + kWarp - 1) / kWarp * kWarp;
}

std::string group_conflict(const StmtRef& kernel_body) { return Proof(kernel_body).run(); }

int64_t shared_bytes(const StmtRef& kernel_body) {
  int64_t bytes = 0;
  walk(kernel_body, [&](const Stmt& s) {
    if (s.kind == StmtKind::alloc && s.buffer->space == Space::shared) bytes += s.buffer->bytes();
  });
  return bytes;
}

StmtRef with_barriers(const StmtRef& kernel_body) {
  Touched since;
  return Barriers(kernel_body).placed(kernel_body, since);
}

bool has_matrices(const StmtRef& s) { return has_loop(s, LoopKind::matrix); }

StmtRef as_item(const StmtRef& kernel_body, Expr lane, const MatrixForm* form) {
  return Item(kernel_body, lane, form).of(kernel_body);
}

}  // namespace tinycc
