/* The thread pool under load: every part of every job runs exactly once, in parallel, nested in two
 * callers at once, with sleeping workers, and after a restart. Built and run, also with
 * ThreadSanitizer, by tests/unit/stub_test.cc. Exit status 0: all is well. */
#define _POSIX_C_SOURCE 200112L
#include "tinycc_rt_threads.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define PARTS_MAX 64

typedef struct {
    int32_t count[PARTS_MAX]; /* how often each part ran; only the owner of a part touches it */
} job;

static int failures;

static void count_part(void *context, int32_t part)
{
    ((job *)context)->count[part] += 1;
}

static void many_jobs(tinycc_rt_pool *pool, int32_t jobs, tinycc_rt_part part)
{
    for (int32_t k = 0; k < jobs; ++k) {
        job work = {{0}};
        const int32_t parts = 1 + (k % PARTS_MAX);

        tinycc_rt_parallel_for(pool, parts, part, &work);
        for (int32_t i = 0; i < PARTS_MAX; ++i) {
            if (work.count[i] != ((i < parts) ? 1 : 0)) {
                ++failures;
            }
        }
    }
}

static void *second_caller(void *pool)
{
    many_jobs((tinycc_rt_pool *)pool, 500, count_part);
    return NULL;
}

static void rest(long milliseconds)
{
    const struct timespec time = {0, milliseconds * 1000000L};

    (void)nanosleep(&time, NULL);
}

int main(void)
{
    static tinycc_rt_pool pool;
    pthread_t other;

    many_jobs(NULL, 10, count_part);
    many_jobs(&pool, 10, count_part); /* not started: the caller alone */
    for (int32_t threads = 1; threads <= 4; ++threads) {
        const int32_t got = tinycc_rt_pool_start(&pool, threads);

        failures += ((got < 1) || (got > threads)) ? 1 : 0;
        many_jobs(&pool, 500, count_part);
        for (int32_t k = 0; k < 5; ++k) { /* longer than the workers look for work */
            rest(20);
            many_jobs(&pool, 3, count_part);
        }
        if (pthread_create(&other, NULL, second_caller, &pool) == 0) {
            many_jobs(&pool, 500, count_part);
            (void)pthread_join(other, NULL);
        }
        tinycc_rt_pool_stop(&pool);
    }
    (void)printf("threads: %d failures\n", failures);
    return (failures == 0) ? 0 : 1;
}
