// See dims.h.
#include "compiler/dims.h"

#include <algorithm>

#include "ir/build.h"

namespace tinycc {

Dim dim_in(Graph& graph, const DimSpec& spec) {
  if (spec.symbol.empty()) return Dim(spec.extent);
  const auto found = std::find_if(graph.dims.begin(), graph.dims.end(),
                                  [&](const GraphInput& d) { return d.name == spec.symbol; });
  if (found == graph.dims.end()) {
    graph.dims.push_back({spec.symbol, dim_input(*graph.pool, spec.symbol, spec.extent), ""});
    return {spec.extent, graph.dims.back().node};
  }
  const int64_t bound = found->node->attr.ints[0];
  if (bound == spec.extent) return {bound, found->node};
  throw Error(ExitCode::bad_input,
              "the dimension '" + spec.symbol + "' has two bounds, " + std::to_string(bound) +
                  " and " + std::to_string(spec.extent),
              "give it the same bound everywhere, or another name");
}

}  // namespace tinycc
