// What the compilers of devices know without a header: OpenCL C's vector types and macros (OpenCL C
// 1.2, 6.1). Its functions Clang declares itself.
#include "compiler/check/judge.h"

namespace tinycc {

namespace {

const ShimHeader kHeaders[] = {
    {"opencl_types.h", R"(#pragma once
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef __SIZE_TYPE__ size_t;
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
