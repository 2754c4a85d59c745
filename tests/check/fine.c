/* expect: nothing */
/* What a kernel may be: constant tables, literal loops, a helper, a switch. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    float at[4][8];
} t_rows;

int t_run(const t_rows *rows, t_rows *out, int32_t step);

static float t_scale(float x)
{
    static const float factors[2] = {0.5f, 0x1p-3f};
    return (x < 0.0f) ? (x * factors[0]) : (x * factors[1]);
}

int t_run(const t_rows *rows, t_rows *out, int32_t step)
{
    int status = 0;

    if ((rows == NULL) || (out == NULL)) {
        status = 1;
    } else {
        switch (step) {
        case 0:
            for (int32_t y = 0; y < 4; ++y) {
                for (int32_t x = 0; x < 8; x += 2) {
                    out->at[y][x] = t_scale(rows->at[y][x]);
                    out->at[y][x + 1] = 0.0f;
                }
            }
            break;
        default:
            status = 2;
            break;
        }
    }
    return status;
}
