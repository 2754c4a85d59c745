/* expect: nothing */
/* options: symbolic */
#include <stdint.h>

void t_run(float *x, int32_t length, int32_t part);

void t_run(float *x, int32_t length, int32_t part)
{
    const int32_t first = part * 16;
    const int32_t last = (length < (first + 16)) ? length : (first + 16);

    for (int32_t i = first; i < last; ++i) {
        x[i] = 0.0f;
    }
}
