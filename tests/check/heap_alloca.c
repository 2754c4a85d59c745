/* expect: heap at 7 */
/* options: gnu */
void t_run(float *out, unsigned n);

void t_run(float *out, unsigned n)
{
    float *copy = (float *)__builtin_alloca(n);
    copy[0] = 1.0f;
    out[0] = copy[0];
}
