// The IR as text, for --stop-after and --print-after, for tests and for people. parse.h reads it
// back: print(parse(text)) is the canonical text, parse(print(x)) equals x.
//
//   graph NAME {                                kernel NAME {
//     x: f32[1,64,56,56] = input                  in X: f32[64,56,56] layout(d1(1,1) d2(1,1) d0)
//     t0 = pad(x, 0, amounts=[0,0,1,1])           out Y: f32[64,56,56]
//     t1 = scan t 16 (h = t0) {                   for y 56 {
//       t2 = h + x                                  alloc c: f32[14,16] reg
//       next t2                                     for m 14 unroll { for l 16 vector {
//     }                                               c[m, l] = sum{k 64}(X[k, y, m] * W[k, l])
//     output y = t1.0                               } } } }
//   }
//
// A number takes its type and shape from the operand beside it; f32(1), f32[2,3](1) say it. f32(x)
// casts. Everything behind # is a comment.
#pragma once

#include "ir/graph.h"
#include "ir/program.h"

namespace tinycc {

std::string to_text(const Graph& graph);
std::string to_text(const Kernel& kernel);
std::string to_text(const Program& program);
std::string to_text(const StmtRef& statement);
/// One expression, nested; for messages.
std::string to_text(Expr e);
/// "f32[1,64]" with the bounds.
std::string type_text(Expr e);

}  // namespace tinycc
