// Sums of products of bytes of which an instruction makes two rows by two columns, eight terms at a time
// (Arm's SMMLA):
//
//   for r 2n unroll { for c 4 vector { for k 8 idiom { sum[r,c] = sum[r,c] + (a[r,k] + zero) * b[c,k] } } }
//
// While products are added the vectors of two rows, which hold 0 1 2 3 and 4 5 6 7, hold 0 1 4 5 and
// 2 3 6 7: halves are exchanged before the first product and after the last one, and every product between
// goes through the helper that knows so.
#include <algorithm>

#include <fmt/format.h>

#include "emitters/writer.h"
#include "ir/build.h"
#include "ir/simplify.h"

namespace tinycc {
namespace {

bool is_unrolled(const Stmt& s) {
  return s.kind == StmtKind::loop && s.loop == LoopKind::unroll && s.body.size() == 1 &&
         s.range->sources.empty();
}

/// The dimension that a sum moves along with the rows, alone; -1: none.
int64_t row_dimension(const Stmt& sum, Expr rows) {
  int64_t found = -1;
  for (size_t d = 0; d < sum.index.size(); ++d) {
    if (!occurs(rows, sum.index[d])) continue;
    if (found >= 0 || sum.index[d] != rows) return -1;
    found = static_cast<int64_t>(d);
  }
  return found + 1 < static_cast<int64_t>(sum.index.size()) ? found : -1;
}

}  // namespace

/// The vector loop of products within a loop over rows, which come in pairs; empty: it is none.
const Stmt* KernelWriter::products_of_rows(const Stmt& rows) {
  if (!is_unrolled(rows) || extent_of(rows.range) % 2 != 0) return nullptr;
  const Stmt* inner = rows.body[0].get();
  while (is_unrolled(*inner)) inner = inner->body[0].get();
  const bool is_vector = inner->kind == StmtKind::loop && inner->loop == LoopKind::vector;
  const auto p =
      is_vector ? products_in(*inner, names_.program().target.terms_of_row_pairs()) : std::nullopt;
  if (!p) return nullptr;
  const Stmt& sum = *inner->body[0]->body[0];
  const auto moves = [&](Expr load) {
    return std::ranges::any_of(load->sources, [&](Expr i) { return occurs(rows.range, i); });
  };
  return row_dimension(sum, rows.range) >= 0 && !moves(p->b) ? inner : nullptr;
}

/// Finds them in each statement behind the declaration of their sums, which nothing else in it may touch.
void KernelWriter::find_row_pairs() {
  if (names_.program().target.terms_of_row_pairs() == 0 || !dialect_.gnu_vectors) return;
  walk(body_, [&](const Stmt& seq) {
    if (seq.kind != StmtKind::seq) return;
    for (const StmtRef& s : seq.body) {
      std::vector<std::pair<const Stmt*, const Stmt*>> found;  // vector loop, rows
      walk(s, [&](const Stmt& rows) {
        const Stmt* const products = products_of_rows(rows);
        const bool is_new =
            std::ranges::none_of(found, [&](const auto& pair) { return pair.first == products; });
        if (products != nullptr && is_new) found.emplace_back(products, &rows);
      });
      for (const auto& [products, rows] : found) {
        const Stmt& sum = *products->body[0]->body[0];
        const bool declared = std::ranges::any_of(seq.body, [&](const StmtRef& a) {
          return a->kind == StmtKind::alloc && a->buffer->id == sum.buffer->id;
        });
        if (!declared || touches(s, sum.buffer->id) != 1) continue;
        row_pairs_[products] = rows;
        exchanged_[s.get()].push_back(products);
      }
    }
  });
}

/// How many statements read or write a buffer.
int KernelWriter::touches(const StmtRef& in, int64_t buffer) const {
  int count = 0;
  walk(in, [&](const Stmt& s) {
    if (s.kind != StmtKind::store) return;
    const std::vector<Expr> all = topological({s.value});
    count += s.buffer->id == buffer || std::ranges::any_of(all, [&](Expr e) {
               return e->is(Op::load) && e->attr.ints[0] == buffer;
             });
  });
  return count;
}

/// Before and behind a statement of such products: all vectors of sums, by pairs of rows.
void KernelWriter::write_exchange(const Stmt& s) {
  const auto found = exchanged_.find(&s);
  if (found == exchanged_.end()) return;
  for (const Stmt* products : found->second)
    write_exchange(*products->body[0]->body[0], row_pairs_.at(products)->range);
}

void KernelWriter::write_exchange(const Stmt& sum, Expr rows) {
  const int64_t dimension = row_dimension(sum, rows);
  const std::set<std::string> outside = taken_;
  std::string low = elements_.at(sum.buffer->id), high = low;
  const size_t loops = sum.buffer->shape.size() - 1;
  for (size_t d = 0; d < loops; ++d) {
    const bool pairs = static_cast<int64_t>(d) == dimension;
    const int64_t extent = sum.buffer->shape[d];
    const std::string i = unique_identifier(pairs ? "row" : "column", taken_);
    unroll(pairs ? extent / 2 : extent);
    line(fmt::format("for ({0} {1} = 0; {1} < {2}; {3}) {{", dialect_.index, i, extent,
                     pairs ? i + " += 2" : "++" + i));
    low += fmt::format("[{}]", i);
    high += pairs ? fmt::format("[{} + 1]", i) : fmt::format("[{}]", i);
  }
  line(fmt::format("{}(&{}, &{});", names_.prefixed("f_exchange_x4"), low, high));
  for (size_t d = 0; d < loops; ++d) line("}");
  taken_ = outside;
}

/// The products of two rows: the loop around it takes two turns at once.
bool KernelWriter::write_row_pair(const Stmt& products) {
  const auto found = row_pairs_.find(&products);
  if (found == row_pairs_.end()) return false;
  const ByteProduct p = *products_in(products, names_.program().target.terms_of_row_pairs());
  const Stmt& sum = *products.body[0]->body[0];
  const Expr r = found->second->range, one = constant_int(*r->pool, DType::i64, 1),
             zero = constant_int(*r->pool, DType::i64, 0);
  const auto row = [&](std::vector<Expr> index, bool second) {
    for (Expr& i : index) {
      i = substitute(i, {{products.range, zero}, {products.body[0]->range, zero}});
      i = simplify(second ? substitute(i, {{r, r + one}}) : i);
    }
    return index;
  };
  const auto at = [&](Expr load, bool second) {
    return "&" + place(load->attr.ints[0], row(load->sources, second), false);
  };
  line(fmt::format("{}(&{}, &{}, {}, {}, {});",
                   names_.prefixed(fmt::format("f_octs_{}x4", name_of(p.a->dtype))),
                   place(sum.buffer->id, row(sum.index, false), true),
                   place(sum.buffer->id, row(sum.index, true), true), at(p.a, false), at(p.a, true),
                   at(p.b, false)));
  return true;
}

/// Does a loop take the turns of rows by twos?
bool KernelWriter::is_row_pairs(const Stmt& loop) const {
  return std::ranges::any_of(row_pairs_, [&](const auto& p) { return p.second == &loop; });
}

}  // namespace tinycc
