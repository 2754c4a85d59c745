// Work-groups of a device: items that run together, meet at barriers, and share a small fast memory.
// They are written the way a loop nest is read, so that running its loops one after the other gives
// the same numbers: loops over groups outermost, and within them nests of `lane` loops whose turns are
// the group's items. What is allocated outside of the lanes is either `shared`, or each item's own: then
// its leading dimensions are the lanes, and an item keeps its part of it in registers.
//
//   for yo 8 group { for xo 8 group {
//     alloc sum[16][16][4][4] reg
//     for yl 16 lane { for xl 16 lane { … sum[yl,xl,y,x] = 0 } }
//     for ko 32 {
//       alloc panel[16][64] shared
//       for k 16 lane { for y 64 lane { panel[k,y] = … } }        more turns than items: several each
//       barrier
//       for yl 16 lane { for xl 16 lane { … sum[yl,xl,y,x] += panel[k,yl*4 + y] * … } }
//       barrier
//     }
//     for yl 16 lane { for xl 16 lane { … } } } }
//
// Lanes around `matrix` loops are warps, whose items hold a tile of sums between them, some each; which, the
// target's instruction decides (MatrixForm).
//   for m 16 matrix { for n 8 matrix { for k 16 matrix { c[m,n] += a[m,k] * b[n,k] } } }
// Or an item's own, where its instruction is a sum of four products of bytes. All items together add up what
// each of them has just written, in any order:
//   for l 256 lane { … part[l] = … }   for k 255 meet { part[0] += part[k + 1] }
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "ir/stmt.h"

namespace tinycc {

bool has_groups(const StmtRef& s);

/// Loops of one kind that are nested perfectly, from `loop` on, and what they run.
struct LoopNest {
  std::vector<Expr> ranges;  // outermost first
  StmtRef body;
  int64_t turns() const;
};
LoopNest nest_of(const StmtRef& loop, LoopKind kind);

/// A warp's product: sums[rows][columns] += a[rows][depth] * b[depth][columns]. Each of its items holds
/// so many `parts` of the sums; part p of item l stands in row(l, p), column(l, p).
struct MatrixForm {
  struct Operand {
    DType dtype;
    int64_t depth;  // 0: none
    double cycles;  // that a unit takes for 16 by 16 by 8
    bool turns;     // can be read where it lies the other way round
    bool
        rounds;  // floats to ten bits behind the point (tf32), so only where the target asks for it
  };
  std::string_view name;
  int64_t rows, columns, items, parts;
  std::array<Operand, 4> operands;
  Expr (*row)(Expr item, Expr part);
  Expr (*column)(Expr item, Expr part);
  const Operand* operand(DType dtype) const;  // null: it does not multiply these
};
/// By Target::matrix; null where there is none.
const MatrixForm* matrix_form(std::string_view name);

/// The items of a group: those of the largest nest of lanes that keeps something of its own, whole
/// warps of 32.
int64_t items_of_group(const StmtRef& kernel_body, const MatrixForm* form);

/// Why two groups, or two items of one, might meet between barriers; empty where they cannot. Two groups
/// may write the same element if nothing reads it: they compute the same.
std::string group_conflict(const StmtRef& kernel_body);

/// Of all that the items of a group share.
int64_t shared_bytes(const StmtRef& kernel_body);

/// The tree with barriers where items of a group would meet without.
StmtRef with_barriers(const StmtRef& kernel_body);

/// Are there matrix loops within?
bool has_matrices(const StmtRef& s);

/// What one item does: buffers that are each item's own without the dimensions that are its lanes, tiles
/// of a warp as its parts, in one matrix loop; products, in three, name the first. `lane`: the item's
/// number.
StmtRef as_item(const StmtRef& kernel_body, Expr lane, const MatrixForm* form);

}  // namespace tinycc
