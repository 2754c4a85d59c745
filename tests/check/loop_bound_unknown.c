/* expect: loop-bound at 6 */
void t_run(float *x, int n);

void t_run(float *x, int n)
{
    for (int i = 0; i < n; ++i) {
        x[i] = 0.0f;
    }
}
