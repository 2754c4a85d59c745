// lag_of() of a kernel; see reach.h. A read comes after a write in a later turn of a loop around both, the loops outside of
// it in the same turn; or in the same turn of all of them, further on in the text.
#include <set>

#include "ir/build.h"
#include "ir/reach.h"

namespace tinycc {
namespace {

/// On the way to a statement: a loop, or a place in a sequence.
struct Mark {
  Expr range;
  size_t place = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Touch {
  std::vector<Mark> path;
  Affine bits;  // where the element starts, from the start of the buffer
};

/// Every read of the one buffer and every write of the other.
class Touches {
 public:
  Touches(const Kernel& k, const Buffer& read, const Buffer& written)
      : read_(read), written_(written), in_order(k.parts == 1) {
    visit(k.body);
  }

  const Buffer &read_, &written_;
  bool in_order;
  std::vector<Touch> reads, writes;

 private:
  void visit(const StmtRef& s) {
    if (s->kind == StmtKind::store) return store(*s);
    in_order = in_order && s->kind != StmtKind::barrier;
    if (s->kind == StmtKind::loop)
      in_order = in_order && (s->loop == LoopKind::serial || s->loop == LoopKind::unroll ||
                              s->loop == LoopKind::idiom);
    for (size_t i = 0; i < s->body.size(); ++i) {
      path_.push_back({s->range, i});
      visit(s->body[i]);
      path_.pop_back();
    }
  }
  void store(const Stmt& s) {
    visit_accesses(s, [&](int64_t id, const std::vector<Expr>& index, bool is_store) {
      if (!is_store && id == read_.id) reads.push_back({path_, address_of(read_, index)});
      if (is_store && id == written_.id) writes.push_back({path_, address_of(written_, index)});
    });
    in_order = in_order && s.buffer->id != read_.id;
  }

  std::vector<Mark> path_;
};

class Lag {
 public:
  explicit Lag(const Kernel& k) : scalars_(k.scalars.begin(), k.scalars.end()) {}

  /// The greatest of write - read, in bits, over all reads that come after the write.
  void add(const Touch& write, const Touch& read) {
    std::set<Expr, ById> same(scalars_);  // loops in the same turn
    for (size_t i = 0; i < write.path.size() && i < read.path.size(); ++i) {
      if (write.path[i] != read.path[i]) {
        if (write.path[i].place < read.path[i].place) note(write.bits, read.bits, same, {});
        return;
      }
      const Expr range = write.path[i].range;
      if (!range) continue;
      if (extent_of(range) > 1) note(write.bits, read.bits, same, range);
      same.insert(range);
    }
  }

  bool known = true;
  int64_t most = INT64_MIN;

 private:
  void note(const Affine& write, const Affine& read, const std::set<Expr, ById>& same, Expr later) {
    Affine apart = write;  // what both have in common cancels out where it is the same in both
    apart.constant -= read.constant;
    Affine other;
    for (const auto& [term, factor] : read.terms)
      (is_same(term, same) ? apart : other).terms.emplace_back(term, -factor);
    std::erase_if(apart.terms, [&](const auto& t) { return t.first == later; });
    std::erase_if(other.terms, [&](const auto& t) { return t.first == later; });
    tidy(apart, DType::i64);
    const Interval a = bounds_of(apart, bounds_), b = bounds_of(other, bounds_);
    known = known && a.is_finite() && b.is_finite();
    if (!known) return;
    const int64_t turns =
        later ? in_later_turn(write.coefficient(later), read.coefficient(later), extent_of(later))
              : 0;
    most = std::max(most, a.high + b.high + turns);
  }

  /// Of w*t - r*u with 0 <= t < u < n: at a corner of that triangle.
  static int64_t in_later_turn(int64_t w, int64_t r, int64_t n) {
    return std::max({-r, -r * (n - 1), w * (n - 2) - r * (n - 1)});
  }

  static bool is_same(Expr term, const std::set<Expr, ById>& same) {
    for (Expr e : topological({term})) {
      if (e->is(Op::load) || (e->is(Op::range) && same.count(e) == 0)) return false;
    }
    return true;
  }

  std::set<Expr, ById> scalars_;
  Bounds bounds_;
};

}  // namespace

std::optional<int64_t> lag_of(const Kernel& k, const Buffer& read, const Buffer& written) {
  if (bits_of(read.dtype) % 8 != 0 || bits_of(written.dtype) % 8 != 0) return {};
  const Touches touches(k, read, written);
  if (!touches.in_order || touches.reads.empty() || touches.writes.empty()) return {};
  Lag lag(k);
  for (const Touch& w : touches.writes) {
    for (const Touch& r : touches.reads) lag.add(w, r);
  }
  if (!lag.known) return {};
  const int64_t none = -read.bytes();  // no read comes after any write
  return lag.most == INT64_MIN ? none : std::max(none, lag.most / 8 + bytes_of(written.dtype));
}

}  // namespace tinycc
