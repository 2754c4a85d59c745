// Dimensions as a user writes them: a number, or a name with a bound, "seq<=512".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace tinycc {

struct DimSpec {
  std::string symbol;  // empty: the extent is fixed
  int64_t extent = 0;  // or the bound
};

/// What --shape says: dims of inputs, and bounds of the model's own symbols ("seq<=512", or with an
/// empty symbol a number for it).
struct ShapeOptions {
  std::map<std::string, std::vector<DimSpec>> inputs;
  std::map<std::string, DimSpec> symbols;
};

/// The dimension in a graph, which gets the symbol when it is new. Error(bad_input) if the symbol has
/// another bound already.
Dim dim_in(Graph& graph, const DimSpec& spec);

}  // namespace tinycc
