/* expect: error at 2 */
#include <arpa/inet.h>

float t_run(float x);

float t_run(float x)
{
    return x;
}
