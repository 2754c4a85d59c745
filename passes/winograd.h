// Winograd's minimal filtering as a rewrite of graphs: sums over 3×3 windows and channels, with step
// 1 and constant weights, become products of transformed tiles. In: a rewritten graph and what the
// target has. Out: the same outputs, but for rounding, with fewer multiplications where that pays.
//
// A tile of m×m outputs reads (m+2)×(m+2) inputs d. As polynomials, output times weights in the
// points 0, ±√s …, ∞ is input; so with the matrices B, G, A of evaluation and interpolation
//   V[e,t,ci] = (Bt d B)[e]   M[e,t,co] = Σ_ci V[e,t,ci] * U[e,ci,co]   out = (At M A)   U = G w Gt
// where e counts the (m+2)² points and t the tiles. U is computed here. Multiplications an output:
// 36/16 of F(4×4,3×3), 16/4 of F(2×2,3×3), against 9.
//
// Error: the points of F(4,3), s = ½ and 2, keep it below that of a sum in float32 one term after the
// other, as that of F(2,3) is: under 3e-6 of the largest output for normal data (under test up to 64
// channels). What is not finite spreads over its tile.
#pragma once

#include "ir/graph.h"
#include "ir/target.h"
#include "passes/decide.h"

namespace tinycc {

/// `decide` is asked for each such sum: "direct", "F(2x2,3x3)" or "F(4x4,3x3)".
void use_winograd(Graph& graph, const Target& target, const Decide& decide = {});

}  // namespace tinycc
