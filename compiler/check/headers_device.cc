// What the compilers of devices know without a header: OpenCL C's vector types and macros (OpenCL C
// 1.2, 6.1; its functions Clang declares itself), CUDA's and HIP's words, Metal's library and the
// part of CUDA's runtime that the stub calls. Metal is parsed as C++ for OpenCL, which has the same
// address spaces under other names.
#include "compiler/check/judge.h"

namespace tinycc {

namespace {

const ShimHeader kHeaders[] = {
    {"cuda_types.h", R"(#pragma once
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#ifdef __HIP__
#define __launch_bounds__(most) __attribute__((amdgpu_flat_work_group_size(1, most)))
#else
#define __launch_bounds__(most) __attribute__((launch_bounds(most)))
#endif
#define __shared__ __attribute__((shared))
#define __align__(n) __attribute__((aligned(n)))
__attribute__((device, convergent)) void __syncthreads();
__attribute__((device)) unsigned long __cvta_generic_to_shared(const void *place);
__attribute__((device)) int __dp4a(int a, int b, int sum);
__attribute__((device)) float __uint_as_float(unsigned bits);
#define TCC_SHUFFLE(type) \
  __attribute__((device, convergent)) type __shfl_down_sync(unsigned items, type x, unsigned step);
TCC_SHUFFLE(float)
TCC_SHUFFLE(int)
TCC_SHUFFLE(unsigned)
struct tcc_place {
    unsigned x, y, z;
};
extern const __attribute__((device)) tcc_place blockIdx, blockDim, threadIdx;
#pragma clang force_cuda_host_device begin
#include <math.h>
#pragma clang force_cuda_host_device end
)"},
    {"hip/hip_runtime.h", R"(#pragma once
#include <cuda_types.h>
)"},
    {"metal_stdlib", R"(#pragma once
typedef signed char int8_t;
typedef unsigned char uint8_t, uchar;
typedef short int16_t;
typedef unsigned short uint16_t, ushort;
typedef int int32_t;
typedef unsigned int uint32_t, uint;
typedef long int64_t;
typedef unsigned long uint64_t, ulong;
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define __METAL_VERSION__ 310
typedef ushort bfloat;
#define INFINITY (__builtin_inff())
#define NAN (__builtin_nanf(""))
#define device __global
#define constant __constant
#define thread __private
#define threadgroup __local
namespace metal {
#define TCC_UNARY_OF_METAL(name) float name(float x);
TCC_UNARY_OF_METAL(exp)
TCC_UNARY_OF_METAL(log)
TCC_UNARY_OF_METAL(sin)
TCC_UNARY_OF_METAL(sqrt)
TCC_UNARY_OF_METAL(trunc)
template <typename T, typename F> T as_type(F x) { return __builtin_bit_cast(T, x); }
enum class mem_flags { mem_none, mem_device, mem_threadgroup };
void threadgroup_barrier(mem_flags flags);
template <typename T> T simd_shuffle_down(T x, ushort step);
typedef ulong ulong2 __attribute__((ext_vector_type(2)));
template <typename T, int columns, int rows> struct simdgroup_matrix {
  typedef T elements __attribute__((ext_vector_type(2)));
  thread elements &thread_elements();
};
template <typename T, int n>
void simdgroup_load(thread simdgroup_matrix<T, n, n> &matrix, const threadgroup T *place,
                    ulong step = n, ulong2 origin = 0, bool transpose = false);
template <typename S, typename T, int n>
void simdgroup_multiply_accumulate(thread simdgroup_matrix<S, n, n> &to,
                                   simdgroup_matrix<T, n, n> a, simdgroup_matrix<T, n, n> b,
                                   simdgroup_matrix<S, n, n> c);
}
)"},
    {"cuda_runtime_api.h", R"(#pragma once
#include <stddef.h>
typedef int cudaError_t;
typedef struct CUstream_st *cudaStream_t;
typedef struct CUevent_st *cudaEvent_t;
typedef struct { unsigned x, y, z; } dim3;
struct cudaDeviceProp { char name[256]; };
enum { cudaSuccess = 0 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaStreamCreate(cudaStream_t *stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
typedef struct CUgraph_st *cudaGraph_t;
typedef struct CUgraphExec_st *cudaGraphExec_t;
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *made, cudaGraph_t graph,
                                          unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph);
cudaError_t cudaMalloc(void **memory, size_t bytes);
cudaError_t cudaFree(void *memory);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaLaunchKernel(const void *function, dim3 groups, dim3 group, void **arguments,
                             size_t shared_bytes, cudaStream_t stream);
cudaError_t cudaEventCreate(cudaEvent_t *event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end);
cudaError_t cudaEventDestroy(cudaEvent_t event);
)"},
    {"opencl_types.h", R"(#pragma once
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef __SIZE_TYPE__ size_t;
typedef uint cl_mem_fence_flags;
#define CLK_LOCAL_MEM_FENCE 1
uint get_num_sub_groups(void);
uint get_sub_group_id(void);
uint get_sub_group_local_id(void);
#define TCC_SUB_GROUP(type) \
  type __attribute__((overloadable, convergent)) sub_group_reduce_add(type x);
TCC_SUB_GROUP(int)
TCC_SUB_GROUP(uint)
TCC_SUB_GROUP(float)
#define TCC_VECTOR(type, n) typedef type type##n __attribute__((ext_vector_type(n)));
#define TCC_VECTORS(type) \
  TCC_VECTOR(type, 2) TCC_VECTOR(type, 3) TCC_VECTOR(type, 4) TCC_VECTOR(type, 8) TCC_VECTOR(type, 16)
TCC_VECTORS(char)
TCC_VECTORS(uchar)
TCC_VECTORS(short)
TCC_VECTORS(ushort)
TCC_VECTORS(int)
TCC_VECTORS(uint)
TCC_VECTORS(long)
TCC_VECTORS(ulong)
TCC_VECTORS(float)
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
TCC_VECTORS(double)
#define __opencl_c_named_address_space_builtins 1
#define CLK_NORMALIZED_COORDS_FALSE 0
#define CLK_ADDRESS_CLAMP 4
#define CLK_FILTER_NEAREST 0x10
#define INFINITY (__builtin_inff())
#define NAN (__builtin_nanf(""))
#define as_char(x) __builtin_astype((x), char)
#define as_char2(x) __builtin_astype((x), char2)
#define as_char4(x) __builtin_astype((x), char4)
#define as_char8(x) __builtin_astype((x), char8)
#define as_char16(x) __builtin_astype((x), char16)
#define as_uchar(x) __builtin_astype((x), uchar)
#define as_uchar2(x) __builtin_astype((x), uchar2)
#define as_uchar4(x) __builtin_astype((x), uchar4)
#define as_uchar8(x) __builtin_astype((x), uchar8)
#define as_uchar16(x) __builtin_astype((x), uchar16)
#define as_short(x) __builtin_astype((x), short)
#define as_short2(x) __builtin_astype((x), short2)
#define as_short4(x) __builtin_astype((x), short4)
#define as_short8(x) __builtin_astype((x), short8)
#define as_short16(x) __builtin_astype((x), short16)
#define as_ushort(x) __builtin_astype((x), ushort)
#define as_ushort2(x) __builtin_astype((x), ushort2)
#define as_ushort4(x) __builtin_astype((x), ushort4)
#define as_ushort8(x) __builtin_astype((x), ushort8)
#define as_ushort16(x) __builtin_astype((x), ushort16)
#define as_int(x) __builtin_astype((x), int)
#define as_int2(x) __builtin_astype((x), int2)
#define as_int4(x) __builtin_astype((x), int4)
#define as_int8(x) __builtin_astype((x), int8)
#define as_int16(x) __builtin_astype((x), int16)
#define as_uint(x) __builtin_astype((x), uint)
#define as_uint2(x) __builtin_astype((x), uint2)
#define as_uint4(x) __builtin_astype((x), uint4)
#define as_uint8(x) __builtin_astype((x), uint8)
#define as_uint16(x) __builtin_astype((x), uint16)
#define as_long(x) __builtin_astype((x), long)
#define as_long2(x) __builtin_astype((x), long2)
#define as_long4(x) __builtin_astype((x), long4)
#define as_long8(x) __builtin_astype((x), long8)
#define as_long16(x) __builtin_astype((x), long16)
#define as_ulong(x) __builtin_astype((x), ulong)
#define as_ulong2(x) __builtin_astype((x), ulong2)
#define as_ulong4(x) __builtin_astype((x), ulong4)
#define as_ulong8(x) __builtin_astype((x), ulong8)
#define as_ulong16(x) __builtin_astype((x), ulong16)
#define as_float(x) __builtin_astype((x), float)
#define as_float2(x) __builtin_astype((x), float2)
#define as_float4(x) __builtin_astype((x), float4)
#define as_float8(x) __builtin_astype((x), float8)
#define as_float16(x) __builtin_astype((x), float16)
)"},
};

}  // namespace

std::span<const ShimHeader> device_headers() { return kHeaders; }

}  // namespace tinycc
