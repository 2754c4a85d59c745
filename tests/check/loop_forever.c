/* expect: loop-form at 6 */
void t_run(volatile float *x);

void t_run(volatile float *x)
{
    for (;;) {
        x[0] = 0.0f;
    }
}
