/* tinycc run-time stub: see tinycc_rt_threads.h.
 *
 * A caller publishes a job by storing the number of its parts in `open`. Whoever lowers `open`, by
 * compare and swap, owns the part of that number; when `finished` has counted all of them, the
 * caller returns. So nobody waits for a worker that sleeps or was preempted before it took a part,
 * and a worker that comes late finds nothing to take. A part is owned only while its job is
 * unfinished: what the owner then reads from the pool cannot be of another job. */
#if (defined(__unix__) || defined(__APPLE__)) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L
#endif

#include "tinycc_rt_threads.h"

#include <stddef.h>

static void tinycc_rt_serial(int32_t parts, tinycc_rt_part part, void *job)
{
    for (int32_t i = 0; i < parts; ++i) {
        part(job, i);
    }
}

#ifdef TINYCC_RT_NO_THREADS

int32_t tinycc_rt_pool_start(tinycc_rt_pool *pool, int32_t threads)
{
    (void)pool;
    (void)threads;
    return 1;
}

void tinycc_rt_pool_stop(tinycc_rt_pool *pool)
{
    (void)pool;
}

void tinycc_rt_parallel_for(void *pool, int32_t parts, tinycc_rt_part part, void *job)
{
    (void)pool;
    tinycc_rt_serial(parts, part, job);
}

#else

#include <sched.h>

/* ---- numbers that threads share; all accesses are sequentially consistent ---- */

#if defined(__GNUC__) && !defined(TINYCC_RT_C11_ATOMICS)
#define LOAD(counter) __atomic_load_n(&(counter).value, __ATOMIC_SEQ_CST)
#define STORE(counter, number) __atomic_store_n(&(counter).value, (number), __ATOMIC_SEQ_CST)
#define ADD(counter, number) \
    ((void)__atomic_fetch_add(&(counter).value, (number), __ATOMIC_SEQ_CST))
#define SWAP(counter, number) __atomic_exchange_n(&(counter).value, (number), __ATOMIC_SEQ_CST)
#define REPLACE(counter, expected, number)                                       \
    (__atomic_compare_exchange_n(&(counter).value, &(expected), (number), 0,     \
                                 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? 1 : 0)
#else
#define LOAD(counter) atomic_load(&(counter).value)
#define STORE(counter, number) atomic_store(&(counter).value, (number))
#define ADD(counter, number) ((void)atomic_fetch_add(&(counter).value, (number)))
#define SWAP(counter, number) atomic_exchange(&(counter).value, (number))
#define REPLACE(counter, expected, number) \
    (atomic_compare_exchange_strong(&(counter).value, &(expected), (number)) ? 1 : 0)
#endif

/* Tells the processor that this is a waiting loop: cheaper, and kinder to a thread beside it. */
static void tinycc_rt_pause(void)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#elif defined(__GNUC__) && (defined(__aarch64__) || (defined(__ARM_ARCH) && (__ARM_ARCH >= 7)))
    __asm__ volatile("yield");
#endif
}

/* ---- what callers and workers do ---- */

/* Takes and computes parts until none is open. */
static void tinycc_rt_take_parts(tinycc_rt_pool *pool)
{
    int32_t open = LOAD(pool->open);

    while (open > 0) {
        if (REPLACE(pool->open, open, open - 1) != 0) { /* a failure loads the new number */
            pool->part(pool->job, open - 1);
            ADD(pool->finished, 1);
            open = LOAD(pool->open);
        }
    }
}

/* Looks for work a while, then sleeps until there is some. The number of sleepers is raised before
 * `open` is looked at, and a caller looks at them in the other order: one of the two sees it. */
static void tinycc_rt_await_parts(tinycc_rt_pool *pool)
{
    int32_t spins = 0;

    while ((spins < TINYCC_RT_SPINS) && (LOAD(pool->open) <= 0) && (LOAD(pool->stopping) == 0)) {
        tinycc_rt_pause();
        ++spins;
    }
    if (spins >= TINYCC_RT_SPINS) {
        (void)pthread_mutex_lock(&pool->mutex);
        ADD(pool->sleepers, 1);
        while ((LOAD(pool->open) <= 0) && (LOAD(pool->stopping) == 0)) {
            (void)pthread_cond_wait(&pool->work, &pool->mutex);
        }
        ADD(pool->sleepers, -1);
        (void)pthread_mutex_unlock(&pool->mutex);
    }
}

static void *tinycc_rt_worker(void *argument)
{
    tinycc_rt_pool *const pool = (tinycc_rt_pool *)argument;

    while (LOAD(pool->stopping) == 0) {
        tinycc_rt_await_parts(pool);
        tinycc_rt_take_parts(pool);
    }
    return NULL;
}

static void tinycc_rt_wake(tinycc_rt_pool *pool)
{
    if (LOAD(pool->sleepers) > 0) {
        (void)pthread_mutex_lock(&pool->mutex);
        (void)pthread_cond_broadcast(&pool->work);
        (void)pthread_mutex_unlock(&pool->mutex);
    }
}

/* Waits for the parts that workers have taken: soon done, unless a worker lost its core. */
static void tinycc_rt_await_finish(tinycc_rt_pool *pool, int32_t parts)
{
    int32_t spins = 0;

    while (LOAD(pool->finished) < parts) {
        tinycc_rt_pause();
        ++spins;
        if (spins >= 1000) {
            (void)sched_yield();
            spins = 0;
        }
    }
}

static void tinycc_rt_publish(tinycc_rt_pool *pool, int32_t parts, tinycc_rt_part part, void *job)
{
    pool->part = part;
    pool->job = job;
    STORE(pool->finished, 0);
    STORE(pool->open, parts);
    tinycc_rt_wake(pool);
    tinycc_rt_take_parts(pool);
    tinycc_rt_await_finish(pool, parts);
}

/* ---- interface ---- */

void tinycc_rt_parallel_for(void *pool, int32_t parts, tinycc_rt_part part, void *job)
{
    tinycc_rt_pool *const threads = (tinycc_rt_pool *)pool;

    if ((threads == NULL) || (threads->workers == 0) || (SWAP(threads->busy, 1) != 0)) {
        tinycc_rt_serial(parts, part, job);
    } else {
        tinycc_rt_publish(threads, parts, part, job);
        STORE(threads->busy, 0);
    }
}

int32_t tinycc_rt_pool_start(tinycc_rt_pool *pool, int32_t threads)
{
    const int32_t wanted = (threads < TINYCC_RT_THREADS_MAX) ? threads : TINYCC_RT_THREADS_MAX;
    int32_t workers = 0;

    STORE(pool->open, 0);
    STORE(pool->sleepers, 0);
    STORE(pool->busy, 0);
    STORE(pool->stopping, 0);
    if ((pthread_mutex_init(&pool->mutex, NULL) == 0) &&
        (pthread_cond_init(&pool->work, NULL) == 0)) {
        while ((workers < (wanted - 1)) &&
               (pthread_create(&pool->threads[workers], NULL, tinycc_rt_worker, pool) == 0)) {
            ++workers;
        }
    }
    pool->workers = workers;
    return workers + 1;
}

void tinycc_rt_pool_stop(tinycc_rt_pool *pool)
{
    STORE(pool->stopping, 1);
    tinycc_rt_wake(pool);
    for (int32_t i = 0; i < pool->workers; ++i) {
        (void)pthread_join(pool->threads[i], NULL);
    }
    pool->workers = 0;
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->mutex);
}

#endif
