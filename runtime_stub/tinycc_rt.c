/* tinycc run-time stub: see tinycc_rt.h. */
#if (defined(__unix__) || defined(__APPLE__)) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L /* for clock_gettime under -std=c99 */
#endif

#include "tinycc_rt.h"

#include <time.h>

#ifndef TINYCC_RT_OWN_CLOCK
double tinycc_rt_microseconds(void)
{
#ifdef CLOCK_MONOTONIC
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return ((double)now.tv_sec * 1e6) + ((double)now.tv_nsec / 1e3);
#else
    return ((double)clock() * 1e6) / (double)CLOCKS_PER_SEC;
#endif
}
#endif

/* Moves the number at `root` down a heap of `count` numbers until its children are not larger. */
static void tinycc_rt_sift(double *heap, size_t root, size_t count)
{
    const double number = heap[root];
    size_t child = (2u * root) + 1u;

    while (child < count) {
        if (((child + 1u) < count) && (heap[child] < heap[child + 1u])) {
            ++child;
        }
        if (heap[child] <= number) {
            break;
        }
        heap[root] = heap[child];
        root = child;
        child = (2u * root) + 1u;
    }
    heap[root] = number;
}

/* Heap sort: no recursion, no callback, no memory, and never slow. */
void tinycc_rt_sort(double *numbers, size_t count)
{
    for (size_t root = count / 2u; root > 0u; --root) {
        tinycc_rt_sift(numbers, root - 1u, count);
    }
    for (size_t last = count; last > 1u; --last) {
        const double largest = numbers[0];

        numbers[0] = numbers[last - 1u];
        numbers[last - 1u] = largest;
        tinycc_rt_sift(numbers, 0u, last - 1u);
    }
}

double tinycc_rt_percentile(const double *sorted, size_t count, unsigned percent)
{
    return sorted[((count - 1u) * (size_t)percent) / 100u];
}
