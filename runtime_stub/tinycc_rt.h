/* tinycc run-time stub: time and statistics, for the programs around a model (benchmark, command
 * line). The library of a model never calls it. Yours to use and change, free of conditions. */
#ifndef TINYCC_RT_H
#define TINYCC_RT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Microseconds on a clock that never runs backwards where the system has one; only differences
 * mean something. On a board without a clock: build with -DTINYCC_RT_OWN_CLOCK and supply this
 * function, from a cycle counter for instance. */
double tinycc_rt_microseconds(void);

/* Puts `count` numbers in ascending order, in place. */
void tinycc_rt_sort(double *numbers, size_t count);

/* Of sorted numbers, the one that `percent` % of the others do not exceed: 50 gives the median.
 * count is at least 1, percent at most 100. */
double tinycc_rt_percentile(const double *sorted, size_t count, unsigned percent);

#ifdef __cplusplus
}
#endif

#endif
