// ISO C's headers that emitted code may include, in a few declarations each, so that a check needs
// no C library and gives the same result for every target on every machine. Another header is a
// row here, or in headers_system.cc.
#include "compiler/check/judge.h"

namespace tinycc {

namespace {

const ShimHeader kHeaders[] = {
    {"stddef.h", R"(#pragma once
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#ifdef __cplusplus
#define NULL __null
#else
typedef __WCHAR_TYPE__ wchar_t;
#define NULL ((void *)0)
#endif
#define offsetof(type, member) __builtin_offsetof(type, member)
#if defined(__cplusplus) || __STDC_VERSION__ >= 201112L
typedef struct { long long at __attribute__((aligned)); } max_align_t;
#endif
)"},
    {"stdint.h", R"(#pragma once
typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INT_LEAST8_TYPE__ int_least8_t;
typedef __INT_LEAST16_TYPE__ int_least16_t;
typedef __INT_LEAST32_TYPE__ int_least32_t;
typedef __UINT_LEAST8_TYPE__ uint_least8_t;
typedef __UINT_LEAST16_TYPE__ uint_least16_t;
typedef __UINT_LEAST32_TYPE__ uint_least32_t;
typedef __INT_FAST32_TYPE__ int_fast32_t;
typedef __UINT_FAST32_TYPE__ uint_fast32_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef __INTMAX_TYPE__ intmax_t;
typedef __UINTMAX_TYPE__ uintmax_t;
#define INT8_MAX __INT8_MAX__
#define INT16_MAX __INT16_MAX__
#define INT32_MAX __INT32_MAX__
#define INT64_MAX __INT64_MAX__
#define INT8_MIN (-__INT8_MAX__ - 1)
#define INT16_MIN (-__INT16_MAX__ - 1)
#define INT32_MIN (-__INT32_MAX__ - 1)
#define INT64_MIN (-__INT64_MAX__ - 1)
#define UINT8_MAX __UINT8_MAX__
#define UINT16_MAX __UINT16_MAX__
#define UINT32_MAX __UINT32_MAX__
#define UINT64_MAX __UINT64_MAX__
#define INTPTR_MAX __INTPTR_MAX__
#define UINTPTR_MAX __UINTPTR_MAX__
#define PTRDIFF_MAX __PTRDIFF_MAX__
#define SIZE_MAX __SIZE_MAX__
#define TCC_JOIN_(a, b) a##b
#define TCC_JOIN(a, b) TCC_JOIN_(a, b)
#define INT8_C(value) value
#define INT16_C(value) value
#define INT32_C(value) value
#define UINT8_C(value) value
#define UINT16_C(value) value
#define UINT32_C(value) TCC_JOIN(value, U)
#define INT64_C(value) TCC_JOIN(value, __INT64_C_SUFFIX__)
#define UINT64_C(value) TCC_JOIN(value, __UINT64_C_SUFFIX__)
)"},
    {"inttypes.h", R"(#pragma once
#include <stdint.h>
#define PRId32 __INT32_FMTd__
#define PRIi32 __INT32_FMTi__
#define PRIu32 __UINT32_FMTu__
#define PRIx32 __UINT32_FMTx__
#define PRId64 __INT64_FMTd__
#define PRIi64 __INT64_FMTi__
#define PRIu64 __UINT64_FMTu__
#define PRIx64 __UINT64_FMTx__
)"},
    {"stdbool.h", R"(#pragma once
#ifndef __cplusplus
#define bool _Bool
#define true 1
#define false 0
#endif
#define __bool_true_false_are_defined 1
)"},
    {"stdarg.h", R"(#pragma once
typedef __builtin_va_list va_list;
#define va_start(list, last) __builtin_va_start(list, last)
#define va_arg(list, type) __builtin_va_arg(list, type)
#define va_end(list) __builtin_va_end(list)
)"},
    {"stdalign.h", R"(#pragma once
#ifndef __cplusplus
#define alignas _Alignas
#define alignof _Alignof
#endif
)"},
    {"limits.h", R"(#pragma once
#define CHAR_BIT __CHAR_BIT__
#define SCHAR_MAX __SCHAR_MAX__
#define SCHAR_MIN (-__SCHAR_MAX__ - 1)
#define UCHAR_MAX (__SCHAR_MAX__ * 2 + 1)
#define SHRT_MAX __SHRT_MAX__
#define SHRT_MIN (-__SHRT_MAX__ - 1)
#define USHRT_MAX (__SHRT_MAX__ * 2 + 1)
#define INT_MAX __INT_MAX__
#define INT_MIN (-__INT_MAX__ - 1)
#define UINT_MAX (__INT_MAX__ * 2U + 1U)
#define LONG_MAX __LONG_MAX__
#define LONG_MIN (-__LONG_MAX__ - 1L)
#define ULONG_MAX (__LONG_MAX__ * 2UL + 1UL)
#define LLONG_MAX __LONG_LONG_MAX__
#define LLONG_MIN (-__LONG_LONG_MAX__ - 1LL)
#define ULLONG_MAX (__LONG_LONG_MAX__ * 2ULL + 1ULL)
)"},
    {"float.h", R"(#pragma once
#define FLT_RADIX 2
#define FLT_MANT_DIG __FLT_MANT_DIG__
#define FLT_MAX __FLT_MAX__
#define FLT_MIN __FLT_MIN__
#define FLT_EPSILON __FLT_EPSILON__
#define DBL_MANT_DIG __DBL_MANT_DIG__
#define DBL_MAX __DBL_MAX__
#define DBL_MIN __DBL_MIN__
#define DBL_EPSILON __DBL_EPSILON__
)"},
    {"errno.h", R"(#pragma once
#ifdef __cplusplus
extern "C"
#endif
int *__errno_location(void);
#define errno (*__errno_location())
#define EINTR 4
#define EAGAIN 11
#define ENOMEM 12
#define EEXIST 17
#define EINVAL 22
#define ERANGE 34
)"},
    {"string.h", R"(#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
void *memchr(const void *in, int value, size_t bytes);
size_t strlen(const char *text);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t bytes);
char *strcat(char *to, const char *from);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t bytes);
char *strchr(const char *in, int value);
char *strrchr(const char *in, int value);
char *strstr(const char *in, const char *text);
size_t strspn(const char *in, const char *set);
size_t strcspn(const char *in, const char *set);
char *strerror(int error);
#ifdef __cplusplus
}
#endif
)"},
    {"stdlib.h", R"(#pragma once
#include <stddef.h>
#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#ifdef __cplusplus
extern "C" {
#endif
void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *memory, size_t bytes);
void free(void *memory);
#if defined(__cplusplus) || __STDC_VERSION__ >= 201112L
void *aligned_alloc(size_t alignment, size_t bytes);
#endif
__attribute__((noreturn)) void exit(int status);
__attribute__((noreturn)) void abort(void);
int abs(int value);
int atoi(const char *text);
double atof(const char *text);
long strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);
long long strtoll(const char *text, char **end, int base);
unsigned long long strtoull(const char *text, char **end, int base);
float strtof(const char *text, char **end);
double strtod(const char *text, char **end);
char *getenv(const char *name);
void qsort(void *at, size_t count, size_t bytes, int (*compare)(const void *, const void *));
#ifdef __cplusplus
}
#endif
)"},
    {"stdio.h", R"(#pragma once
#include <stdarg.h>
#include <stddef.h>
typedef struct tcc_shim_file FILE;
extern FILE *stdin, *stdout, *stderr;
#define stdin stdin
#define stdout stdout
#define stderr stderr
#define EOF (-1)
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define BUFSIZ 8192
#ifdef __cplusplus
extern "C" {
#endif
int printf(const char *__restrict format, ...);
int fprintf(FILE *__restrict file, const char *__restrict format, ...);
int snprintf(char *__restrict to, size_t bytes, const char *__restrict format, ...);
int vfprintf(FILE *__restrict file, const char *__restrict format, va_list list);
int vsnprintf(char *__restrict to, size_t bytes, const char *__restrict format, va_list list);
int sscanf(const char *__restrict text, const char *__restrict format, ...);
FILE *fopen(const char *__restrict path, const char *__restrict mode);
int fclose(FILE *file);
size_t fread(void *__restrict to, size_t bytes, size_t count, FILE *__restrict file);
size_t fwrite(const void *__restrict from, size_t bytes, size_t count, FILE *__restrict file);
int fseek(FILE *file, long offset, int from);
long ftell(FILE *file);
void rewind(FILE *file);
int feof(FILE *file);
int ferror(FILE *file);
int fflush(FILE *file);
int fgetc(FILE *file);
char *fgets(char *__restrict to, int bytes, FILE *__restrict file);
int fputc(int value, FILE *file);
int fputs(const char *__restrict text, FILE *__restrict file);
int putchar(int value);
int puts(const char *text);
int remove(const char *path);
void perror(const char *text);
#ifdef __cplusplus
}
#endif
)"},
    {"math.h", R"(#pragma once
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define HUGE_VAL __builtin_huge_val()
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)
#define signbit(x) __builtin_signbit(x)
#ifdef __cplusplus
extern "C" {
#endif
#define TCC_UNARY(name) double name(double x); float name##f(float x);
#define TCC_BINARY(name) double name(double x, double y); float name##f(float x, float y);
TCC_UNARY(fabs) TCC_UNARY(sqrt) TCC_UNARY(cbrt) TCC_UNARY(floor) TCC_UNARY(ceil)
TCC_UNARY(trunc) TCC_UNARY(round) TCC_UNARY(rint) TCC_UNARY(nearbyint)
TCC_UNARY(exp) TCC_UNARY(exp2) TCC_UNARY(expm1)
TCC_UNARY(log) TCC_UNARY(log2) TCC_UNARY(log10) TCC_UNARY(log1p)
TCC_UNARY(sin) TCC_UNARY(cos) TCC_UNARY(tan) TCC_UNARY(asin) TCC_UNARY(acos) TCC_UNARY(atan)
TCC_UNARY(sinh) TCC_UNARY(cosh) TCC_UNARY(tanh) TCC_UNARY(asinh) TCC_UNARY(acosh)
TCC_UNARY(atanh) TCC_UNARY(erf) TCC_UNARY(erfc) TCC_UNARY(tgamma) TCC_UNARY(lgamma)
TCC_BINARY(pow) TCC_BINARY(fmod) TCC_BINARY(fmin) TCC_BINARY(fmax) TCC_BINARY(atan2)
TCC_BINARY(hypot) TCC_BINARY(copysign) TCC_BINARY(nextafter)
double fma(double x, double y, double z);
float fmaf(float x, float y, float z);
double ldexp(double x, int exponent);
float ldexpf(float x, int exponent);
double frexp(double x, int *exponent);
float frexpf(float x, int *exponent);
long lrint(double x);
long lrintf(float x);
#ifdef __cplusplus
}
#endif
)"},
};

}  // namespace

std::span<const ShimHeader> standard_headers() { return kHeaders; }

}  // namespace tinycc
