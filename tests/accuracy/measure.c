/* Runs the model f, y = f(x) for each element, on every 997th float; compares with REFERENCE, an
 * expression of the long double x. Fails where the error is beyond BOUND, in which `ulp` is the
 * distance between floats near the reference. Prints the largest error in ulp, and where. */
#include "f.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = sizeof(f_x) / sizeof(float), STEP = 997 };

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The error in ulp; infinity if a NaN or an overflow is missing, or too much. */
static long double error_of(float number, float got, int *fine)
{
    const long double x = number, want = REFERENCE;
    const int exponent = want == 0 || !isfinite(want) ? -126 : ilogbl(want);
    const long double ulp = ldexpl(1, (exponent < -126 ? -126 : exponent) - 23);
    const long double error = fabsl(got - want), bound = BOUND;

    if (isnan(want) || isnan(got) || !isfinite((float)want) || isinf(got)) {
        const int near_end = fabsl(want) > FLT_MAX / (1 + 4 * FLT_EPSILON) && fabsf(got) >= FLT_MAX;
        *fine = (isnan(want) && isnan(got)) || (float)want == got || near_end;
        return *fine ? 0 : INFINITY;
    }
    *fine = error <= bound;
    return error / ulp;
}

int main(void)
{
    static f_x x;
    static f_y y;
    static f_arena arena;
    const f_inputs inputs = {&x};
    const f_outputs outputs = {&y};
    float *numbers = (float *)&x, *results = (float *)&y;
    long double worst = 0;
    float worst_at = 0;
    uint64_t bits = 0, wrong = 0;

    while (bits <= UINT32_MAX) {
        for (int i = 0; i < COUNT; ++i) {
            numbers[i] = from_bits((uint32_t)bits);
            bits += STEP;
        }
        if (f_run(&inputs, &outputs, &arena) != F_OK) return 2;
        for (int i = 0; i < COUNT; ++i) {
            int fine;
            const long double error = error_of(numbers[i], results[i], &fine);
            if (error > worst) {
                worst = error;
                worst_at = numbers[i];
            }
            if (!fine && wrong++ < 5) printf("f(%.9g) is %.9g\n", numbers[i], results[i]);
        }
    }
    printf("%.3Lf ulp at %.9g; %llu beyond the bound\n", worst, worst_at, (unsigned long long)wrong);
    return wrong != 0;
}
