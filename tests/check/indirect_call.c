/* expect: indirect-call at 8 */
typedef float (*t_function)(float x);

float t_run(t_function f, float x);

float t_run(t_function f, float x)
{
    return f(x);
}
