/* expect: -Wdouble-promotion at 6 */
float t_run(float x);

float t_run(float x)
{
    return (float)(x * 0.1);
}
