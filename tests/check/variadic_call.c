/* expect: variadic-call at 8 */
#include <stdio.h>

void t_run(float x);

void t_run(float x)
{
    (void)printf("%g\n", (double)x);
}
