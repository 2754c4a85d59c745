/* expect: loop-kind at 6 */
void t_run(float *x, int n);

void t_run(float *x, int n)
{
    while (n > 0) {
        --n;
        x[n] = 0.0f;
    }
}
