/* expect: -Wsign-conversion at 8 */
#include <stdint.h>

uint32_t t_run(int32_t x);

uint32_t t_run(int32_t x)
{
    return x;
}
