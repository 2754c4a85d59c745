/* expect: heap at 10 */
/* expect: heap at 14 */
#include <stdlib.h>

int t_run(float *out);

int t_run(float *out)
{
    int status = 1;
    float *copy = (float *)malloc(64u);
    if (copy != NULL) {
        copy[0] = 1.0f;
        out[0] = copy[0];
        free(copy);
        status = 0;
    }
    return status;
}
