// Headers of the system that emitted tools and the run-time stub may include: atomics, clocks,
// threads, files. What a system declares only on request (POSIX under -std=c99) is declared only
// on request here too.
#include "compiler/check/judge.h"

namespace tinycc {

namespace {

const ShimHeader kHeaders[] = {
    {"stdatomic.h", R"(#pragma once
typedef enum {
    memory_order_relaxed = __ATOMIC_RELAXED,
    memory_order_consume = __ATOMIC_CONSUME,
    memory_order_acquire = __ATOMIC_ACQUIRE,
    memory_order_release = __ATOMIC_RELEASE,
    memory_order_acq_rel = __ATOMIC_ACQ_REL,
    memory_order_seq_cst = __ATOMIC_SEQ_CST
} memory_order;
#ifdef __cplusplus
typedef _Atomic(bool) atomic_bool;
#else
typedef _Atomic(_Bool) atomic_bool;
#endif
typedef _Atomic(int) atomic_int;
typedef _Atomic(unsigned) atomic_uint;
typedef _Atomic(unsigned long) atomic_ulong;
typedef _Atomic(__SIZE_TYPE__) atomic_size_t;
#define ATOMIC_VAR_INIT(value) (value)
#define atomic_init __c11_atomic_init
#define atomic_thread_fence(order) __c11_atomic_thread_fence(order)
#define atomic_load(at) __c11_atomic_load(at, __ATOMIC_SEQ_CST)
#define atomic_load_explicit __c11_atomic_load
#define atomic_store(at, value) __c11_atomic_store(at, value, __ATOMIC_SEQ_CST)
#define atomic_store_explicit __c11_atomic_store
#define atomic_exchange(at, value) __c11_atomic_exchange(at, value, __ATOMIC_SEQ_CST)
#define atomic_exchange_explicit __c11_atomic_exchange
#define atomic_fetch_add(at, value) __c11_atomic_fetch_add(at, value, __ATOMIC_SEQ_CST)
#define atomic_fetch_add_explicit __c11_atomic_fetch_add
#define atomic_fetch_sub(at, value) __c11_atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST)
#define atomic_fetch_sub_explicit __c11_atomic_fetch_sub
#define atomic_compare_exchange_strong(at, expected, value) \
    __c11_atomic_compare_exchange_strong(at, expected, value, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define atomic_compare_exchange_strong_explicit __c11_atomic_compare_exchange_strong
#define atomic_compare_exchange_weak_explicit __c11_atomic_compare_exchange_weak
)"},
    {"tcc_shim_posix.h", R"(#pragma once
#if defined(_POSIX_C_SOURCE) || defined(_GNU_SOURCE) || defined(_DEFAULT_SOURCE)
#define TCC_SHIM_POSIX
#elif (defined(__unix__) || defined(__APPLE__)) && !defined(__STRICT_ANSI__)
#define TCC_SHIM_POSIX
#endif
typedef long time_t;
typedef int pid_t;
struct timespec { time_t tv_sec; long tv_nsec; };
)"},
    {"time.h", R"(#pragma once
#include <stddef.h>
#include <tcc_shim_posix.h>
typedef long clock_t;
#define CLOCKS_PER_SEC ((clock_t)1000000)
#ifdef __cplusplus
extern "C" {
#endif
clock_t clock(void);
time_t time(time_t *now);
double difftime(time_t later, time_t earlier);
#ifdef TCC_SHIM_POSIX
typedef int clockid_t;
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
int clock_gettime(clockid_t id, struct timespec *now);
int nanosleep(const struct timespec *time, struct timespec *rest);
#endif
#ifdef __cplusplus
}
#endif
)"},
    {"pthread.h", R"(#pragma once
#include <sched.h>
#include <time.h>
typedef unsigned long pthread_t;
typedef union { char bytes[56]; long align; } pthread_attr_t;
typedef union { char bytes[40]; long align; } pthread_mutex_t;
typedef union { char bytes[4]; int align; } pthread_mutexattr_t;
typedef union { char bytes[48]; long align; } pthread_cond_t;
typedef union { char bytes[4]; int align; } pthread_condattr_t;
typedef int pthread_once_t;
#define PTHREAD_MUTEX_INITIALIZER {{0}}
#define PTHREAD_COND_INITIALIZER {{0}}
#define PTHREAD_ONCE_INIT 0
#ifdef __cplusplus
extern "C" {
#endif
int pthread_create(pthread_t *__restrict thread, const pthread_attr_t *__restrict attributes,
                   void *(*start)(void *), void *__restrict argument);
int pthread_join(pthread_t thread, void **result);
int pthread_detach(pthread_t thread);
pthread_t pthread_self(void);
int pthread_once(pthread_once_t *once, void (*start)(void));
int pthread_attr_init(pthread_attr_t *attributes);
int pthread_attr_destroy(pthread_attr_t *attributes);
int pthread_attr_setstacksize(pthread_attr_t *attributes, __SIZE_TYPE__ bytes);
int pthread_mutex_init(pthread_mutex_t *__restrict mutex,
                       const pthread_mutexattr_t *__restrict how);
int pthread_mutex_destroy(pthread_mutex_t *mutex);
int pthread_mutex_lock(pthread_mutex_t *mutex);
int pthread_mutex_trylock(pthread_mutex_t *mutex);
int pthread_mutex_unlock(pthread_mutex_t *mutex);
int pthread_cond_init(pthread_cond_t *__restrict condition,
                      const pthread_condattr_t *__restrict how);
int pthread_cond_destroy(pthread_cond_t *condition);
int pthread_cond_wait(pthread_cond_t *__restrict condition, pthread_mutex_t *__restrict mutex);
int pthread_cond_timedwait(pthread_cond_t *__restrict condition, pthread_mutex_t *__restrict mutex,
                           const struct timespec *__restrict until);
int pthread_cond_signal(pthread_cond_t *condition);
int pthread_cond_broadcast(pthread_cond_t *condition);
#ifdef __cplusplus
}
#endif
)"},
    {"sched.h", R"(#pragma once
#include <tcc_shim_posix.h>
#ifdef __cplusplus
extern "C"
#endif
int sched_yield(void);
)"},
    {"sys/types.h", R"(#pragma once
#include <stddef.h>
#include <tcc_shim_posix.h>
typedef long off_t;
typedef long ssize_t;
)"},
    {"sys/stat.h", R"(#pragma once
#include <sys/types.h>
struct stat { off_t st_size; unsigned st_mode; };
int fstat(int file, struct stat *about);
int mkdir(const char *path, unsigned mode);
int stat(const char *__restrict path, struct stat *__restrict about);
int mkdir(const char *path, unsigned mode);
)"},
    {"sys/mman.h", R"(#pragma once
#include <sys/types.h>
#define PROT_READ 1
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FAILED ((void *)-1)
void *mmap(void *at, size_t bytes, int protection, int flags, int file, off_t offset);
int munmap(void *at, size_t bytes);
)"},
    {"dlfcn.h", R"(#pragma once
#define RTLD_NOW 2
#define RTLD_LOCAL 0
void *dlopen(const char *path, int mode);
void *dlsym(void *library, const char *name);
int dlclose(void *library);
)"},
    {"fcntl.h", R"(#pragma once
#include <sys/types.h>
#define O_RDONLY 0
int open(const char *path, int flags, ...);
)"},
    {"unistd.h", R"(#pragma once
#include <sys/types.h>
#define _SC_PAGESIZE 30
#define _SC_NPROCESSORS_ONLN 84
long sysconf(int name);
int close(int file);
ssize_t read(int file, void *to, size_t bytes);
ssize_t write(int file, const void *from, size_t bytes);
pid_t getpid(void);
)"},
};

}  // namespace

std::span<const ShimHeader> system_headers() { return kHeaders; }

}  // namespace tinycc
