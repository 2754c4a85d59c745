// What distinguishes one C-like language from another, as a record. The walk over a kernel
// (cstyle.cc) reads it and knows no language by name.
#pragma once

#include <string>

#include "ir/target.h"

namespace tinycc {

struct Dialect {
  bool vectors = false;     // vector types; else a vector loop is a plain loop
  int64_t most_lanes = 64;  // of which the language, or a helper, has vectors
  const char* unroll = "";  // before loops that must be unrolled, {} times; may be empty
  /// Turns of a loop that its compiler would write out, whether there are registers enough or not; 0: it
  /// knows better.
  int64_t most_unrolled = 0;
  std::string index = "int32_t";  // type of loop variables
  /// Vector types of GNU C: lanes are v[i], bits are reinterpreted by casts, what lies in memory is an
  /// lvalue. Elsewhere helpers do that: F_LANE, F_SET, F_AS, F_PUT(place, v).
  bool gnu_vectors = true;
  bool whole_vectors = false;     // 16 bytes that are aligned are read and written at once
  const char* item = "";          // of a device: the number of this work-item,
  const char* group = "";         // of its work-group,
  const char* lane = "";          // and its own within that
  const char* barrier = "";       // where all items of a group meet
  const char* shared = "";        // what arrays that they share start with
  std::string matrix = "";        // how their warps multiply matrices (Target::matrix)
  const char* memory = "";        // of a device: what pointers to its memory start with
  const char* kernel = "";        // of a device: what a kernel starts with,
  const char* group_kernel = "";  // and in place of that, where its groups have {} items
  const char* function = "";      // of a device in C++: what its other functions start with
  const char* local = "";         // of a device in C++: what pointers to local variables start with
  const char* float_suffix = "";  // of functions of one float: expf
  const char* restricted = "restrict ";
  bool numbered = false;  // parameters have numbers, numbers come by reference, items are the last
  const char* on_device = "";  // what its compiler defines, where a CPU can stand in for it
};

/// iso: C99, nothing beyond. gnu: vector types of GCC and Clang. opencl: OpenCL C 1.2. cuda, hip: C++
/// of nvcc and of Clang for AMD. metal: the Metal shading language.
inline Dialect dialect_of(const Target& target) {
  const bool vectors = target.has_vectors() && target.vector_bytes >= 16;
  if (target.dialect == "opencl") {
    return {.vectors = vectors,
            .most_lanes = 16,
            .unroll = "#pragma unroll {}",
            .gnu_vectors = false,
            .item = "get_global_id(0)",
            .group = "get_group_id(0)",
            .lane = "get_local_id(0)",
            .barrier = "barrier(CLK_LOCAL_MEM_FENCE);",
            .shared = "__local ",
            .matrix = target.matrix,
            .memory = "__global ",
            .kernel = "__kernel ",
            .group_kernel = "__kernel __attribute__((reqd_work_group_size({}, 1, 1)))\n"};
  }
  if (target.dialect == "cuda" || target.dialect == "hip") {
    return {.vectors = vectors,
            .unroll = "#pragma unroll {}",
            .most_unrolled = target.dialect == "hip" ? 16 : 0,
            .gnu_vectors = false,
            .whole_vectors = true,
            .item = "(blockIdx.x * blockDim.x + threadIdx.x)",
            .group = "blockIdx.x",
            .lane = "threadIdx.x",
            .barrier = "__syncthreads();",
            .shared = "__shared__ __align__(16) ",
            .matrix = target.matrix,
            .kernel = "extern \"C\" __global__ ",
            .group_kernel = "extern \"C\" __global__ __launch_bounds__({})\n",
            .function = "__device__ ",
            .float_suffix = "f",
            .restricted = "__restrict__ ",
            .on_device = target.dialect == "cuda" ? "__CUDA_ARCH__" : "__HIP_DEVICE_COMPILE__"};
  }
  if (target.dialect == "metal") {
    return {.vectors = vectors,
            .unroll = "#pragma unroll",
            .gnu_vectors = false,
            .item = "item_index",
            .group = "group_index",
            .lane = "lane_index",
            .barrier = "threadgroup_barrier(mem_flags::mem_threadgroup);",
            .shared = "alignas(16) threadgroup ",
            .matrix = target.matrix,
            .memory = "device ",
            .kernel = "kernel ",
            .group_kernel = "[[max_total_threads_per_threadgroup({})]] kernel\n",
            .local = "thread ",
            .restricted = "",
            .numbered = true,
            .on_device = "__METAL_VERSION__"};
  }
  return {.vectors = vectors, .unroll = target.has_vectors() ? "#pragma GCC unroll {}" : ""};
}

}  // namespace tinycc
