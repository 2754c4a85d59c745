/* tinycc run-time stub: a pool of threads that run the parts of a kernel. For models compiled with
 * threads=N; such a model calls whatever function its inputs name, this pool's or one of your own:
 *
 *     static tinycc_rt_pool pool;
 *     inputs.threads = tinycc_rt_pool_start(&pool, 4);   the caller of the model is one of the four
 *     inputs.parallel_for = tinycc_rt_parallel_for;
 *     inputs.pool = &pool;
 *     ... any number of runs ...
 *     tinycc_rt_pool_stop(&pool);
 *
 * No heap: the pool is an object of the caller's. Which thread computes which part differs from run
 * to run, what is computed does not. Two threads may run models with one pool at the same time: the
 * later one then works alone. POSIX threads; with -DTINYCC_RT_NO_THREADS the same interface runs
 * everything on the calling thread. */
#ifndef TINYCC_RT_THREADS_H
#define TINYCC_RT_THREADS_H

#include <stdint.h>

#ifndef TINYCC_RT_NO_THREADS
#include <pthread.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The most threads of a pool, the caller included. */
#ifndef TINYCC_RT_THREADS_MAX
#define TINYCC_RT_THREADS_MAX 16
#endif

/* How often an idle worker looks for work before it sleeps. A look takes about 30 ns, so the
 * default covers the serial kernels of a run: workers sleep between runs, not within one. */
#ifndef TINYCC_RT_SPINS
#define TINYCC_RT_SPINS 20000
#endif

/* A number that several threads change: GCC's and Clang's builtins, else C11's atomics. */
#if defined(__GNUC__) && !defined(TINYCC_RT_C11_ATOMICS)
typedef int32_t tinycc_rt_number;
#else
#include <stdatomic.h>
typedef atomic_int tinycc_rt_number;
#endif

/* Alone on its cache line, whatever lies beside it in the pool. */
typedef struct {
    unsigned char before[64];
    tinycc_rt_number value;
    unsigned char behind[64];
} tinycc_rt_counter;

/* Computes one part of `job`. */
typedef void (*tinycc_rt_part)(void *job, int32_t part);

/* All members are the pool's own. Zero-initialised, it is a pool of the caller alone. */
typedef struct {
    tinycc_rt_part part; /* what to do; constant while parts are open or unfinished */
    void *job;
    tinycc_rt_counter open;     /* parts that no thread has taken */
    tinycc_rt_counter finished; /* parts that are done */
    tinycc_rt_counter sleepers; /* workers that wait on `work` */
    tinycc_rt_counter busy;     /* 1 while a caller is in tinycc_rt_parallel_for */
    tinycc_rt_counter stopping;
#ifndef TINYCC_RT_NO_THREADS
    int32_t workers;
    pthread_t threads[TINYCC_RT_THREADS_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t work;
#endif
} tinycc_rt_pool;

/* Starts threads - 1 workers in a pool that is not running. Returns how many threads it has now,
 * the caller's included: fewer than asked for beyond TINYCC_RT_THREADS_MAX, or where the system
 * refuses. */
int32_t tinycc_rt_pool_start(tinycc_rt_pool *pool, int32_t threads);

/* Ends the workers. Not during a run. The pool can be started again. */
void tinycc_rt_pool_stop(tinycc_rt_pool *pool);

/* Calls part(job, 0) .. part(job, parts - 1), each once, on the threads of the pool; returns when
 * all are done. `pool` is a tinycc_rt_pool *, or null: the caller alone. */
void tinycc_rt_parallel_for(void *pool, int32_t parts, tinycc_rt_part part, void *job);

#ifdef __cplusplus
}
#endif

#endif
