/* expect: external at 9 */
/* options: external=expf */
#include <math.h>

float t_run(float x);

float t_run(float x)
{
    return expf(x) + tanhf(x);
}
