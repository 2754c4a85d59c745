// Counts and roofs; see work.h.
#include "ir/work.h"

#include <algorithm>
#include <map>

namespace tinycc {
namespace {

/// What a node depends on: the turns of the scans around it by their id, and whether on data.
struct Needs {
  std::map<int64_t, int64_t> scans;
  bool data = false;
};

Needs needs_of(Expr n, const std::unordered_map<Expr, Needs>& known,
               const std::map<int64_t, int64_t>& turns) {
  Needs needs;
  needs.data = n->is(Op::input) || n->is(Op::state);
  for (Expr s : n->sources) {
    const Needs& other = known.at(s);
    needs.scans.insert(other.scans.begin(), other.scans.end());
    needs.data |= other.data;
  }
  if (n->is(Op::scan)) needs.scans.erase(n->attr.ints[0]);
  const auto around = turns.find(n->is(Op::carry) || n->is(Op::range) ? n->attr.ints[0] : -1);
  if (around != turns.end()) needs.scans.insert(*around);
  if (n->is(Op::carry)) needs.data = true;
  return needs;
}

double ghz(const Target& t) { return static_cast<double>(t.clock_mhz) * 1e-3; }

}  // namespace

int64_t macs_of(const Graph& graph) {
  const std::vector<Expr> order = topological(graph.roots());
  std::map<int64_t, int64_t> turns;
  for (Expr n : order) {
    if (n->is(Op::scan)) turns[n->attr.ints[0]] = n->attr.ints[1];
  }
  std::unordered_map<Expr, Needs> known;
  int64_t macs = 0;
  for (Expr n : order) {
    const Needs& needs = known[n] = needs_of(n, known, turns);
    if (!n->is(Op::reduce_add) || !n[0]->is(Op::mul) || !needs.data) continue;
    int64_t times = count_of(n[0]->shape);
    for (const auto& [id, count] : needs.scans) times *= count;
    macs += times;
  }
  return macs;
}

double peak_gflops(const Target& t) {
  return 2 * static_cast<double>(t.lanes()) / t.madd_cycles * ghz(t);
}

double cache_gbps(const Target& t) {
  return static_cast<double>(std::max<int64_t>(t.vector_bytes, 4)) * ghz(t);
}

Roof roof_of(const Kernel& k, const Target& t) {
  const int64_t bytes = k.bytes_read + k.bytes_written;
  const double memory = static_cast<double>(t.memory_mbps) * 1e-3;
  const double gbps = bytes <= t.l2_bytes ? std::max(cache_gbps(t), memory) : memory;
  const auto parts = static_cast<double>(k.parts);
  Roof roof;
  const bool quads = t.sums_quads() && has_loop(k.body, LoopKind::idiom);
  const int64_t terms =
      std::max(t.terms_a_lane(), t.terms_of_row_pairs());  // two take two instructions
  const double work = quads && terms > 2
                          ? 2 * static_cast<double>(k.macs) / static_cast<double>(terms)
                          : static_cast<double>(k.flops);
  roof.compute_us = work / peak_gflops(t) * 1e-3 / parts;
  roof.memory_us = static_cast<double>(bytes) / gbps * 1e-3;
  const double units_us = t.madd_cycles / ghz(t) * 1e-3;
  roof.predicted_us = std::max(static_cast<double>(k.cost) * units_us / parts, roof.memory_us);
  return roof;
}

}  // namespace tinycc
