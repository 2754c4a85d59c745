/* expect: -Wunused-variable at 6 */
float t_run(float x);

float t_run(float x)
{
    const float twice = x + x;
    return x;
}
