/* expect: loop-form at 6 */
void t_run(float *x);

void t_run(float *x)
{
    for (int i = 15; i >= 0; --i) {
        x[i] = 0.0f;
    }
}
