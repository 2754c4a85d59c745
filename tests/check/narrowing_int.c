/* expect: -Wimplicit-int-conversion at 8 */
#include <stdint.h>

int8_t t_run(int32_t x);

int8_t t_run(int32_t x)
{
    return x;
}
