/* expect: mutable-global at 2 */
static float t_last[4];

float t_run(float x);

float t_run(float x)
{
    t_last[1] = t_last[0];
    t_last[0] = x;
    return t_last[1];
}
