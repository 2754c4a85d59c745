/* expect: loop-counter at 6 */
void t_run(float *x);

void t_run(float *x)
{
    for (int i = 0; i < 16; ++i) {
        if (x[i] > 0.0f) {
            i += 2;
        }
        x[i] = 0.0f;
    }
}
