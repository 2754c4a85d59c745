/* expect: -Wunused-function at 4 */
float t_run(float x);

static float t_twice(float x)
{
    return x + x;
}

float t_run(float x)
{
    return x;
}
