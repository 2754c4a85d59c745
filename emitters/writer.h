// The inside of the kernel emitter: one kernel being written. Statements: cstyle.cc; expressions:
// expression.cc; loops in vector types: vector.cc, what they compute: vector_expression.cc; threads'
// shares: shares.cc; work-groups: groups.cc.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "emitters/cstyle.h"
#include "ir/free.h"
#include "ir/idiom.h"
#include "ir/simplify.h"
#include "ir/threads.h"

namespace tinycc {

/// How tightly the outermost operator of a text binds.
enum Precedence { kTernary, kLogic, kCompare, kSum, kProduct, kUnary, kAtom };

struct Text {
  std::string text;
  int precedence = kAtom;
  bool vector = false;  // a vector of elements of type kept(e)
  char op = ' ';        // the operator, so that a + b + c needs no parentheses
};

class KernelWriter {
 public:
  KernelWriter(const Names& names, size_t kernel);
  std::string body();

 private:
  // ---- statements
  void write(const StmtRef& s);
  void write_seq(const Stmt& s);
  void write_loop(const StmtRef& s);
  int64_t unrolled_turns(const Stmt& s) const;
  void write_plain_loop(const Stmt& s);
  void name_starts(const Stmt& loop);
  void unroll(int64_t extent);
  std::string end_of(Expr range);
  std::string named_end_of(Expr range);
  void write_alloc(const Buffer& b, const std::string& initial);
  void write_store(const Stmt& s);
  void write_vector_loop(const Stmt& s, bool declares);
  void write_texel(const Stmt& s);
  bool write_idiom(const Stmt& loop);
  int64_t step_along(Expr load, Expr r);
  std::optional<ByteProduct> products_in(const Stmt& loop, int64_t terms);
  std::optional<ByteProduct> quads_in(const Stmt& loop);
  const Stmt* products_of_rows(const Stmt& rows);
  void find_row_pairs();
  int touches(const StmtRef& in, int64_t buffer) const;
  void write_exchange(const Stmt& s);
  void write_exchange(const Stmt& sum, Expr rows);
  bool write_row_pair(const Stmt& products);
  bool is_row_pairs(const Stmt& loop) const;
  bool write_quads(const Stmt& loop);
  bool lie_in_a_row(const Stmt& loop, const Stmt& sum, const ByteProduct& p);
  bool has_quads() const;
  std::optional<Text> scaled(Expr e);
  std::optional<Text> lane_product(Expr e);
  std::optional<Text> nearest_bytes(Expr e);
  std::string byte_lanes(DType from, DType to) const;
  bool write_dot(const Stmt& loop, const ByteProduct& p);
  void begin_sum(const std::string& sum);
  bool write_start(const Stmt& loop);
  bool write_scaling(const Stmt& loop);
  std::optional<std::pair<Scaling, std::vector<Expr>>> scaling_of(const Stmt& loop);
  bool lie_side_by_side(const Stmt& loop, const std::vector<Expr>& loads);
  void find_sums();
  bool write_products(const Stmt& loop, const ByteProduct& p, bool one_a);
  std::string run_of(const Stmt& loop, int64_t turn, int64_t buffer, std::vector<Expr> index);
  bool starts_vector(int64_t buffer, const Stmt& s) const;
  void keep(const Stmt& s, DType element);
  void line(const std::string& text);

  // ---- what threads share (splits_ is set until a statement is one thread's alone)
  void write_shared(const StmtRef& s);
  void write_by_first(const std::vector<StmtRef>& statements);
  void write_unshared(const StmtRef& s);
  void write_share(const StmtRef& s);
  void write_item(const StmtRef& s);
  void write_group(const StmtRef& s);
  void write_group_head();
  void write_lanes(const StmtRef& s);
  void write_meeting(const Stmt& s);
  bool is_copy(const Stmt& s) const;
  void write_copy(const Stmt& s, int bytes);
  void write_barrier(int64_t outstanding);
  bool write_matrices(const StmtRef& s);
  void write_products(const LoopNest& tiles);
  std::string write_operand(const std::vector<Expr>& tiles, const LoopNest& matrix, Expr load,
                            bool rows);
  void write_tiles(const std::vector<Expr>& tiles, const std::vector<Expr>& roots,
                   const std::function<std::string()>& text);
  std::string tile_index(const std::vector<Expr>& tiles, const std::vector<Expr>& roots);
  bool runs_by(int64_t buffer, const std::vector<Expr>& logical, Expr r, int64_t count);
  std::optional<LoopNest> copied_by(const LoopNest& nest, int64_t bytes);
  void name_turns(const LoopNest& nest, const std::string& turn);

  // ---- expressions
  Text value(Expr e);
  Text fresh_value(Expr e);
  bool stays_in_type(Expr e);
  Text operation(Expr e);
  Text index(Expr e);
  Text clamped(Expr e);
  Text quotient(Expr e);
  Text constant_text(Expr e) const;
  Text loaded(Expr e);
  bool is_packed(const Buffer& b) const;
  std::string texel(int64_t buffer, const std::vector<Expr>& logical);
  std::string texel_place(int64_t buffer, const std::vector<Expr>& logical);
  Text rounded(Expr e, const Text& t);
  Text infix(const char* op, Expr a, Expr b, int precedence);
  Text wrapped(Expr e, const Text& a, const Text& b);
  Text call(const std::string& function, const std::vector<std::string>& arguments);
  Text convert(Expr e);
  Expr saturating(Expr cast) const;
  void load_before(Expr where);
  std::string place(int64_t buffer, const std::vector<Expr>& logical, bool drop_last);
  std::vector<Expr> physical(int64_t buffer, const std::vector<Expr>& logical);
  void find_shared(const std::vector<Expr>& roots);
  std::string temporary(const std::string& type, const std::string& text);

  // ---- vectors (lane_ is set while the body of a vector loop is written)
  bool vectorizable(const Stmt& loop);
  bool has_types(Expr e);
  bool lies_within(Expr load);
  bool reads_within(Expr e);
  bool is_stored_half(Expr e, bool is_stored) const;
  bool reads_safely(Expr e);
  bool walks_memory(Expr e);
  bool goes_lane_by_lane(Expr e);
  enum class Access { invariant, vector_register, contiguous, other };
  Access access(int64_t buffer, const std::vector<Expr>& logical);
  void find_vector_registers();
  std::vector<Expr> first_lane(std::vector<Expr> index) const;
  void store_lanes(const Stmt& s, const Text& v);
  bool varies(Expr e);

  DType kept(Expr e);  // type of the elements of a vector that holds e
  int mask_bits(Expr e);
  std::string vector_type(DType element) const;
  std::string lane_text(DType element, const std::string& v, const std::string& l) const;
  std::string reinterpreted(const Text& t, DType element) const;
  std::string helper(const char* name, DType element) const;
  Text vector_operation(Expr e);
  bool is_whole(int64_t buffer, const std::vector<Expr>& logical);
  Text vector_load(Expr e);
  Text vector_index(Expr e);
  Text vector_integer(Expr e);
  Text vector_comparison(Expr e);
  Text vector_extremum(Expr e);
  Text vector_where(Expr e);
  Text vector_function(Expr e);
  Text vector_cast(Expr e);
  Text saturated(Expr e);
  Text vector_of(Expr e, DType element);
  std::string vector_name(Expr e, DType element);
  Text splat(const Text& t, DType element) const;
  Text converted(const Text& t, DType from, DType to) const;
  Text lane_by_lane(Expr e);
  Text across_lanes(Expr e);

  const Names& names_;
  const Kernel& kernel_;
  const MatrixForm* const form_;
  const Expr lane_number_;  // of a group's item
  const StmtRef body_;      // the kernel's, as one item sees it
  const Dialect dialect_;
  bool splits_;
  bool copies_ = false;  // to shared memory, which barriers wait for
  std::string out_;
  std::map<int64_t, BufferRef> buffers_;
  std::map<int64_t, std::string> elements_;       // what indices are appended to
  std::map<int64_t, int64_t> vector_registers_;   // reg buffers whose last dimension is a vector
  std::set<std::string> added_;                   // sums, in this step of an idiom
  std::set<int64_t> side_by_side_, paired_;       // see find_sums()
  std::map<const Stmt*, const Stmt*> row_pairs_;  // vector loops of products, and their rows
  std::map<const Stmt*, std::vector<const Stmt*>> exchanged_;  // statements around such loops
  std::map<int64_t, int> stores_;                              // statements that write a buffer
  std::unordered_map<Expr, std::string> ranges_;
  std::map<std::string, std::string> rows_;       // where runs of bytes begin, by their names
  std::unordered_map<Expr, std::string> starts_;  // clamped places of tiles that have a name
  std::set<std::string> taken_;
  Bounds bounds_;                          // of integers, without what loops leave in memory
  FreeIds free_;                           // of expressions: ids of ranges
  std::unordered_map<Expr, Text> shared_;  // values that have a name in this statement
  std::unordered_map<Expr, int> uses_;     // unconditional uses in this statement
  Expr root_;                              // of this statement's value
  bool finding_ = false;                   // find_vector_registers is at work
  Expr lane_;
  int64_t lanes_ = 0;
};

/// "1.5f", "-3", "INFINITY".
std::string number_text(DType dtype, double number, int64_t integer);
/// The C type that arithmetic on a dtype uses: float for f16 too.
std::string scalar_type(DType dtype);
/// The type whose functions compute in it: f32 for f16, i8 for i4; most types themselves.
DType computing(DType dtype);
/// Arithmetic on it ends with f_round_TYPE: floats and integers that C does not have.
inline bool is_narrow(DType dtype) { return computing(dtype) != dtype; }
std::string parenthesised(const Text& t, int least);
DType integer_type(int bits, bool is_signed);
/// Arithmetic on loop variables and constants alone, within int32_t.
bool is_index(Expr e);

}  // namespace tinycc
