/* expect: error at 6 */
float t_run(float x);

float t_run(float x)
{
    return x +;
}
