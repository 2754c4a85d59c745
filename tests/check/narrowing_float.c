/* expect: -Wimplicit-float-conversion at 6 */
float t_run(double x);

float t_run(double x)
{
    return x;
}
