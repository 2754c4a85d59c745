/* The most that one core multiplies and adds, in GFLOP/s: independent chains in registers, of
 * vectors of VECTOR_BYTES. Prints the best and the median of many short runs. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif
#define LANES (VECTOR_BYTES / 4)
#define CHAINS 12
#define TURNS 20000
#define RUNS 200

typedef float vector __attribute__((vector_size(VECTOR_BYTES)));

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (1e-9 * (double)now.tv_nsec);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

int main(void)
{
    static double times[RUNS];
    volatile float one = 0.9999f;
    vector total = {0.0f};
    const vector factor = total + one;
    const vector addend = total + (1.0f - one);
    for (int run = 0; run < RUNS; ++run) {
        const double start = seconds();
#define DECLARE(n) vector c##n = factor + (float)n;
#define STEP(n) c##n = (c##n * factor) + addend;
#define KEEP(n) total += c##n;
        EACH(DECLARE)
        for (int turn = 0; turn < TURNS; ++turn) {
            EACH(STEP)
            __asm__ volatile("" ::: "memory"); /* keeps the turns apart */
        }
        EACH(KEEP)
        times[run] = seconds() - start;
    }
    qsort(times, RUNS, sizeof times[0], ascending);
    const double work = 2.0 * LANES * CHAINS * TURNS * 1e-9;
    printf("{\"best\": %.2f, \"median\": %.2f, \"unused\": %g}\n", work / times[0],
           work / times[RUNS / 2], (double)total[0]);
    return 0;
}
