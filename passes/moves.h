// Scheduling moves: each takes a kernel's statements and gives new ones that compute the same, or
// says why it may not. Loops are named by their ranges; a move that makes two of a loop x calls
// them xo and xi.
//
//   tile x 14          for x 56 { S(x) }      →  for xo 4 { for xi 14 { S(xo*14 + xi) } }
//                      for x 50               →  the last tile starts at 50-14 and recomputes
//   tail x 14          for x 50               →  for xo 3 { for xi 14 {…} } for xr 8 { S(42 + xr) }
//   peel x 1 1         for x 32               →  for xl 1 { S(xl) } for xm 30 { S(xm + 1) }
//                                                for xr 1 { S(xr + 31) }: loops inside whose ends
//                                                depend on x may have constant ones in the middle
//   order y jo x       for jo { for x { for y → for y { for jo { for x
//   register x j       for x { for j { alloc c; A; for k { B }; C } }
//                                             →  alloc c[x][j]; for x for j A; for k { for x for j B }; …
//   split_sum ko x     for x { for j { c = B; for ko { S }; Y = f(c) } }
//                      →  for x for j p[x,j] = B; for ko { for x for j { c = p; S; p = c } };
//                         for x for j Y = f(p): a block of the reduction at a time, sums in memory
//   lanes k 4 16       for k { c = c + f(k) } →  4 vectors of 16 partial sums, summed up behind
//   vectorize j 16     for j 32 { S }         →  for jo 2 { for ji 16 (vector) { S } }
//   unroll x           for x                  →  for x (unroll)
//   dot k              for k 4 { c = c + a*b } →  for k (idiom), of integers: see ir/idiom.h
//   madd c             for c 4 { s[c] = s[c] + a*b[c] } →  for c (idiom), likewise
//   scale c            for c 4 { y[c] = bytes((s[c]*f[c] + a) >> 40) } →  for c (idiom), likewise
//   start c            for c 4 { s[c] = b[c] } →  for c (idiom), likewise
//   thread y xo        for y { for xo         →  for y (thread) { for xo (thread): shared as one
//   expand p           for p 3 { S(p) }       →  S(0); S(1); S(2), without what p decides
//   share x            for x { A(t) } for x { B(t) }, t used by both or several times
//                                             →  alloc s; for x { s = t }; for x { A(s) } for x { B(s) }
//   stage jo k ji      for jo { for x { for k { for ji { … B(jo,ji,k) … } } } }
//                      →  for jo { alloc p[k][ji]; for k for ji p = B; for x { … p[k,ji] … } }: every
//                         operand that moves with k and ji and no other loop within jo is copied in
//                         the order of its use, to where it lies side by side
//   spread y j         register, but operands stay where they are: for loops that become lanes
//   hold k yo yi       the same in registers, yi by vectors
//   local ko k y+1 by y k   the panel of an operand as `stage ko k y`, but in memory that the items of a
//                         group share, with one y more, so that each k starts in another bank; items
//                         copy it side by side, in the order `y k`
//   ahead ko           →  two of each panel that ko's turns copy: while one is read, the other is filled
//                         for the next turn
//   matrix y x k       →  for y 16 (matrix) for x 8 (matrix) for k 16 (matrix): by a warp (ir/groups.h)
//   meet k 128         c = B; for k { c = c + f(k) }; Y = g(c)
//                         →  for kl 128 (lane) { part[kl] = Σ f(kl), f(kl + 128), … }; halves of them
//                            added up by ever fewer items; the first stores Y
//   lane y             →  for y (lane): an item each (ir/groups.h)
//   group yo           →  for yo (group), with barriers where its items would meet without
//   flatten y x        for y 4 { for x 7 { S(y, x) } }  →  for yx 28 { S(yx div 7, yx mod 7) }
#pragma once

#include "ir/stmt.h"

namespace tinycc {

/// Why a move may not be made; the message is for whoever wrote the schedule.
class IllegalMove : public Error {
 public:
  explicit IllegalMove(const std::string& why) : Error(ExitCode::bad_input, why) {}
};

StmtRef tile(const StmtRef& tree, const std::string& name, int64_t size);
StmtRef tail(const StmtRef& tree, const std::string& name, int64_t size);
StmtRef peel(const StmtRef& tree, const std::string& name, int64_t low, int64_t high);
StmtRef order(const StmtRef& tree, const std::vector<std::string>& names);
StmtRef into_registers(const StmtRef& tree, const std::vector<std::string>& names,
                       bool holds = true);
StmtRef split_sum(const StmtRef& tree, const std::string& reduced, const std::string& around);
StmtRef lanes(const StmtRef& tree, const std::string& name, int64_t vectors, int64_t width);
StmtRef vectorize(const StmtRef& tree, const std::string& name, int64_t count);
StmtRef dot(const StmtRef& tree, const std::string& name);
StmtRef madd(const StmtRef& tree, const std::string& name);
StmtRef scale(const StmtRef& tree, const std::string& name);
StmtRef start(const StmtRef& tree, const std::string& name);
StmtRef expand(const StmtRef& tree, const std::string& name);
/// Every loop that is to be unrolled, for languages that cannot ask a compiler to do so.
StmtRef expand_unrolled(const StmtRef& tree);
StmtRef share(const StmtRef& tree, const std::string& name);
/// The most bytes of a panel: it lies on the stack.
inline constexpr int64_t kMostStaged = 65536;
StmtRef stage(const StmtRef& tree, const std::string& name, const std::vector<std::string>& within);
StmtRef hold(const StmtRef& tree, const std::string& name, const std::vector<std::string>& within);
/// The same in the memory of a group. "y+1": loop y has one turn more there. `copied`: the order of the
/// copy.
StmtRef stage_shared(const StmtRef& tree, const std::string& name,
                     const std::vector<std::string>& within,
                     const std::vector<std::string>& copied);
StmtRef ahead(const StmtRef& tree, const std::string& name);
StmtRef meet(const StmtRef& tree, const std::string& name, int64_t items);
StmtRef flatten(const StmtRef& tree, const std::string& outer, const std::string& inner);
StmtRef mark(const StmtRef& tree, const std::string& name, LoopKind kind);

/// Makes the moves of a schedule, "tile j 32; tile x 14; …", in order.
StmtRef apply_schedule(const StmtRef& tree, const std::string& schedule);

/// The range that the first loop called `name` runs over, or empty.
Expr find_range(const StmtRef& tree, const std::string& name);
/// The same; IllegalMove where there is none.
Expr must_find(const StmtRef& tree, const std::string& name);

}  // namespace tinycc
