// How much there is to do, and what that takes at least: multiply-adds of a model, and the two roofs
// that a machine sets to a kernel, its arithmetic and its memory.
#pragma once

#include "ir/graph.h"
#include "ir/program.h"

namespace tinycc {

/// Multiply-adds of one run, of what depends on inputs or states: terms of sums of products, as often
/// as the scans around them turn at most.
int64_t macs_of(const Graph& graph);

/// Billions of floating-point operations a second that one core can do.
double peak_gflops(const Target& target);
/// Gigabytes a second that one core reads of data that fits its second cache: a vector a cycle.
double cache_gbps(const Target& target);

/// What one call of a kernel takes, in microseconds.
struct Roof {
  double compute_us = 0;    // all its operations at the machine's peak
  double memory_us = 0;     // all its bytes, from the caches if they fit into the second one
  double predicted_us = 0;  // by the estimate that schedules are chosen by, no less than the memory's
  double least_us() const { return memory_us > compute_us ? memory_us : compute_us; }
  const char* name() const { return memory_us > compute_us ? "memory" : "compute"; }
};
/// Threads share the arithmetic of a kernel with parts, not its memory.
Roof roof_of(const Kernel& kernel, const Target& target);

}  // namespace tinycc
