/* What one core can do at most, with vectors of VECTOR_BYTES: GFLOP/s of multiply-adds in independent
 * chains of registers, the best and the median of many short runs; GB/s of a loop that reads so many
 * bytes again and again. Prints JSON. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif
#define LANES (VECTOR_BYTES / 4)
#define CHAINS 12
#define TURNS 20000
#define RUNS 200
#define MOST_BYTES (64u << 20)
#define SUMS 8

typedef float vector __attribute__((vector_size(VECTOR_BYTES)));

static vector memory[MOST_BYTES / VECTOR_BYTES];
static volatile float sink;

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

static void print_compute(void)
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
    sink = total[0];
    qsort(times, RUNS, sizeof times[0], ascending);
    const double work = 2.0 * LANES * CHAINS * TURNS * 1e-9;
    printf("\"best\": %.2f, \"median\": %.2f", work / times[0], work / times[RUNS / 2]);
}

/* The best of a few runs, each of at least 4 MiB. */
static double read_rate(size_t bytes)
{
    const size_t again = (bytes < (4u << 20)) ? ((4u << 20) / bytes) : 1;
    vector sums[SUMS] = {{0.0f}};
    double least = 1e30;
    for (int run = 0; run < 10; ++run) {
        const double start = seconds();
        for (size_t turn = 0; turn < again; ++turn) {
            for (size_t i = 0; i < bytes / VECTOR_BYTES; i += SUMS) {
                for (size_t j = 0; j < SUMS; ++j) {
                    sums[j] += memory[i + j];
                }
            }
        }
        const double took = seconds() - start;
        least = (took < least) ? took : least;
    }
    for (size_t j = 0; j < SUMS; ++j) {
        sink = sums[j][0];
    }
    return (double)bytes * (double)again * 1e-9 / least;
}

int main(void)
{
    static const unsigned kibibytes[] = {16, 256, 4096, 65536};
    (void)memset(memory, 0x3C, sizeof memory);
    printf("{");
    print_compute();
    printf(", \"read\": {");
    for (size_t k = 0; k < sizeof kibibytes / sizeof kibibytes[0]; ++k) {
        printf("%s\"%u KiB\": %.1f", (k == 0) ? "" : ", ", kibibytes[k],
               read_rate((size_t)kibibytes[k] << 10));
    }
    printf("}}\n");
    return 0;
}
